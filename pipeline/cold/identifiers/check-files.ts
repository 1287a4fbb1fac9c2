/** Event files looked through for identifiers that cannot be: nothing is judged, nothing refused. */
import { decoder } from '../../hot/accept/decode.ts'
import { openFiles } from '../../hot/accept/file-source.ts'
import { type Wrong, wrongIn } from './wrong.ts'

export type WrongEvent = Wrong & { event: string; type: string; institution: string }
/** `dead`: what is no event, and was not looked at. */
export type Checked = { events: number; dead: number; wrong: number }

const AT_ONCE = 10_000

/** Tells each wrong identifier as it is found. `-` is standard input. Throws LT-1001 when a file cannot be read. */
export async function checkFiles(files: string[], tell: (wrong: WrongEvent) => void): Promise<Checked> {
  const source = await openFiles(files)
  const decode = decoder({ keepJson: true })
  const checked: Checked = { events: 0, dead: 0, wrong: 0 }
  try {
    for (let raw = await source.pull(AT_ONCE, 0); raw !== null; raw = await source.pull(AT_ONCE, 0)) {
      const { streams, dead } = decode(raw)
      checked.dead += dead.length
      for (const { type, count, source: from, id, institution, json } of streams) {
        checked.events += count
        for (let row = 0; row < count; row++) {
          const found = wrongIn(JSON.parse(json?.at(row) ?? '{}') as Record<string, unknown>)
          checked.wrong += found.length
          for (const wrong of found) tell({ event: `${from.at(row)}|${id.at(row)}`, type, institution: institution.at(row) ?? '', ...wrong })
        }
      }
    }
  } finally {
    await source.close()
  }
  return checked
}
