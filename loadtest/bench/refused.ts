/**
 * A stream of which nothing can be judged: Arrow messages of 1,000 payments whose column `type` has another name, so that every row is a dead letter, drained
 * from memory by the engine in batches of 64 MiB, a file on disk under it. Prints how long it took, and the most memory the process had.
 *
 *     node dist/loadtest/bench/refused.js [--rows 300000]
 */
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { loadRules } from '../../pipeline/cold/catalogue/catalogue.ts'
import { processorMs } from '../../pipeline/cold/telemetry/timing.ts'
import { memorySource, type RawBatch, WIRE_FORMS } from '../../pipeline/contract/source.ts'
import { runEngine } from '../../pipeline/engine.ts'
import { threadedDecoder } from '../../pipeline/hot/accept/threaded.ts'
import { Database } from '../../pipeline/store/database.ts'
import { arrowStream } from '../../test/wire/arrow.ts'
import { payment } from './payments.ts'

const { values } = parseArgs({ options: { rows: { type: 'string', default: '300000' } } })
const [ROWS_EACH, BATCH_BYTES] = [1000, 64 << 20]

const messages = Array.from({ length: Math.ceil(Number(values.rows) / ROWS_EACH) }, (_, m) => withoutType(m * ROWS_EACH))
const folder = mkdtempSync(join(tmpdir(), 'lookthrough-refused-'))
const db = await Database.open(join(folder, 'state.duckdb'))
const decoding = threadedDecoder({ keepJson: false })
const source = memorySource(messages, { atOnce: Math.floor(BATCH_BYTES / (messages[0]?.length ?? 1)) })
const rules = (await loadRules()).filter((r) => r.code === 'DQ-01')
const letters = { out: 0, commits: 0 }
const busy = processorMs()
const ledger = await runEngine({
  db,
  source: { ...source, pull: async (...asked) => asArrow(await source.pull(...asked)) },
  rules,
  decode: decoding.decode,
  sink: { deliver: () => Promise.resolve(), deliverDead: async (some) => void (letters.out += some.length), close: () => Promise.resolve() },
  onDelivered: () => void letters.commits++,
})
const dead = ledger.books[0]?.dead
if (dead !== messages.length * ROWS_EACH || letters.out !== dead) throw new Error(`${dead} are refused, ${letters.out} went out`)
const micros = ((processorMs() - busy) * 1000) / dead
console.log(
  `${dead} refused in ${letters.commits} commits, ${micros.toFixed(0)} µs of processor time each, at most ${Math.round(process.resourceUsage().maxRSS / 1024)} MiB`,
)
await decoding.close()
db.close()
rmSync(folder, { recursive: true, force: true })

/** The name of a column is as long as it was: the stream is whole but for that. */
function withoutType(first: number): Buffer {
  const events = Array.from({ length: ROWS_EACH }, (_, i) => payment(first + i))
  const bytes = arrowStream(events, { text: 'dictionary', money: 'int64', time: 'ms', day: 'date' })
  const name = bytes.indexOf('type\0\0\0\0')
  if (name < 0) throw new Error('no column of types')
  bytes.write('kind', name)
  return bytes
}

function asArrow(raw: RawBatch | null): RawBatch | null {
  raw?.form.fill(WIRE_FORMS.indexOf('arrow'))
  return raw
}
