import { mkdtempSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Event } from '../../../contract/index.ts'
import { checkFor } from '../../../hot/accept/schema.ts'
import { type Format, importFile } from '../importers.ts'
import { type ImportReport, totals } from '../intake.ts'

type Data = Record<string, unknown>
export type Imported = { events: Event<Data>[]; report: ImportReport; data: (id: string) => Data | undefined; reasons: Record<string, number> }

const folder = mkdtempSync(join(tmpdir(), 'lookthrough-import-'))

/** The import of a file, every event of it checked by the engine's own schema and the report added up. */
export async function imported(format: Format, file: string): Promise<Imported> {
  const events: Event<Data>[] = []
  const report = await importFile(format, file, (line) => void events.push(JSON.parse(line) as Event<Data>))
  for (const event of events) {
    const check = checkFor(event.type, event.op)
    if (!check.Check(event)) throw new Error(`${JSON.stringify(event)}: ${JSON.stringify(check.Errors(event))}`)
  }
  const { mapped, details, skipped, written } = totals(report)
  if (report.read !== mapped + details + skipped || written !== events.length) throw new Error('the report does not add up')
  const reasons = Object.fromEntries([...report.skipped.values()].map(({ why, count }) => [why.replace('import.why.', ''), count]))
  return { events, report, data: (id) => events.findLast((e) => e.id === id)?.data, reasons }
}

/** A file of this content in a folder of the test. */
export function fileOf(name: string, content: string | Uint8Array): string {
  writeFileSync(join(folder, name), content)
  return join(folder, name)
}
