/** The formats of others that can be imported; docs/importers.md says field by field what becomes what. */
import { LookthroughError } from '../../contract/index.ts'
import { importAmlsim } from './amlsim.ts'
import { importBods } from './bods.ts'
import { importFire } from './fire.ts'
import { type ImportReport, Intake, type Write } from './intake.ts'
import { importIso20022 } from './iso20022.ts'

const IMPORTERS = {
  amlsim: { name: 'AMLSim CSV', read: importAmlsim },
  bods: { name: 'BODS 0.4 JSON', read: importBods },
  fire: { name: 'FIRE JSON', read: importFire },
  iso20022: { name: 'ISO 20022 XML', read: importIso20022 },
}

export type Format = keyof typeof IMPORTERS
export const FORMATS = Object.keys(IMPORTERS) as Format[]

/**
 * The events of one file, as NDJSON lines handed to `write` in the order of its records. `numbers` is shared by the files of a run.
 * Throws LT-1001 when the file cannot be opened, LT-1004 when it is not of the format.
 */
export async function importFile(format: Format, file: string, write: Write, numbers?: Map<string, number>): Promise<ImportReport> {
  const { name, read } = IMPORTERS[format]
  const intake = new Intake(write, numbers)
  try {
    await read(file, intake)
  } catch (error) {
    if (error instanceof LookthroughError) throw error
    throw new LookthroughError('LT-1004', { file, format: name, why: error instanceof Error ? error.message : String(error) }, error)
  }
  return intake.settled()
}
