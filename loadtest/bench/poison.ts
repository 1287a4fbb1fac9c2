/**
 * What messages that cannot be read cost a stream: payments drained from memory by the engine, a file on disk under it, once sound and once with one in a hundred
 * damaged, in turns, in batches of one size however busy the machine is: the largest an engine takes from a backlog, unless told otherwise. Every damaged message ends as a dead letter with its reason and place, and raises DQ-01.
 *
 *     node dist/loadtest/bench/poison.js [--events 786432] [--part 0.01] [--batch 131072] [--pairs 5]
 */
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { loadRules } from '../../pipeline/cold/catalogue/catalogue.ts'
import { spread, processorMs } from '../../pipeline/cold/telemetry/timing.ts'
import { memorySource } from '../../pipeline/contract/source.ts'
import { DEFAULT_PACE, runEngine } from '../../pipeline/engine.ts'
import { threadedDecoder } from '../../pipeline/hot/accept/threaded.ts'
import { randomFor } from '../../pipeline/scenario/random.ts'
import { Database } from '../../pipeline/store/database.ts'
import { mutate } from '../../test/wire/mutate.ts'
import { payment } from './payments.ts'

const { values } = parseArgs({
  options: {
    events: { type: 'string', default: '786432' },
    part: { type: 'string', default: '0.01' },
    batch: { type: 'string', default: String(DEFAULT_PACE.maxEvents) },
    pairs: { type: 'string', default: '5' },
  },
})
const [count, part, atOnce] = [Number(values.events), Number(values.part), Number(values.batch)]
const RULES = ['CR-01', 'CR-02', 'CR-05', 'CR-09', 'OP-08', 'DQ-01']

/** `dead`: messages refused. */
type Run = { seconds: number; cpu: number; dead: number }

const sound = Array.from({ length: count }, (_, i) => Buffer.from(JSON.stringify(payment(i))))
const random = randomFor(1, 'poison')
const poisoned = sound.map((bytes) => (random.chance(part) ? mutate(random, { form: 'event', bytes, events: 1 }).bytes : bytes))
const pairs: [Run, Run][] = []
for (let pair = 0; pair < Number(values.pairs); pair++) {
  pairs.push([await drain(sound), await drain(poisoned)])
  const [a, b] = pairs[pair] as [Run, Run]
  console.log(`pair ${pair + 1}: sound ${told(a)} · poisoned ${told(b)}`)
}
for (const of of ['seconds', 'cpu'] as const) {
  const [low, middle, high] = spread(pairs.map(([a, b]) => a[of] / b[of])).map((ratio) => ratio.toFixed(3))
  console.log(`throughput kept, by ${of}: ${middle} (${low}–${high})`)
}

async function drain(messages: readonly Buffer[]): Promise<Run> {
  const folder = mkdtempSync(join(tmpdir(), 'lookthrough-poison-'))
  const db = await Database.open(join(folder, 'state.duckdb'))
  const decoding = threadedDecoder({ keepJson: false })
  const rules = (await loadRules()).filter((r) => RULES.includes(r.code))
  const [started, busy] = [performance.now(), processorMs()]
  await runEngine({
    db,
    source: memorySource(messages, { atOnce }),
    rules,
    pace: { ...DEFAULT_PACE, longestMs: Infinity },
    decode: decoding.decode,
    sink: { deliver: () => Promise.resolve(), close: () => Promise.resolve() },
  })
  const run = {
    seconds: (performance.now() - started) / 1000,
    cpu: (processorMs() - busy) / 1000,
    dead: Number((await db.rows('SELECT count(*) FROM lt.dead_letters'))[0]?.[0]),
  }
  await decoding.close()
  db.close()
  rmSync(folder, { recursive: true, force: true })
  return run
}

function told({ seconds, cpu: busy, dead }: Run): string {
  return `${Math.round(count / seconds).toLocaleString('en')}/s, CPU ${busy.toFixed(1)} s, ${dead} refused`
}
