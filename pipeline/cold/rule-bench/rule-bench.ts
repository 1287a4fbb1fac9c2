/** What rules cost on a log: processor time per event and what they keep, each beside a run without any rule; and all of them beside five. */
import { memorySource } from '../../contract/source.ts'
import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'
import type { Rule } from '../../contract/index.ts'
import { processorMs, spread } from '../telemetry/timing.ts'
import { replay } from '../replay/replay.ts'

/** `micros`: of processor time per event. `bytes`: in DuckDB and in memory of the process at the end of the log. */
export type Cost = { micros: number; bytes: number }

/** Five rules as most would begin with: loans, exposures looked through, grades, and a window. */
export const FIVE = ['CR-01', 'CR-02', 'CR-05', 'CR-09', 'OP-08']

/** In every batch. How many an engine takes at once depends on how long the last ones took: on a busy machine few, and each batch has statements of its own. */
const BATCH = 20_000

/** One run over the log. */
export async function costOf(rules: readonly Rule[], lines: readonly Buffer[]): Promise<Cost> {
  collectGarbage()
  const [heap, busy] = [held(), processorMs()]
  let bytes = 0
  await replay({
    source: memorySource(lines),
    rules,
    maxEvents: BATCH,
    longestMs: Infinity,
    async inspect(db) {
      collectGarbage()
      const [row] = await db.rows('SELECT sum(memory_usage_bytes) FROM duckdb_memory()')
      bytes = Number(row?.[0]) + held() - heap
    },
  })
  return { micros: ((processorMs() - busy) * 1000) / lines.length, bytes }
}

/** What a run without any rule costs: of several the one in the middle, after one that warms up. */
export async function costOfNone(lines: readonly Buffer[], runs: number): Promise<Cost> {
  await costOf([], lines)
  const costs: Cost[] = []
  for (let i = 0; i < runs; i++) costs.push(await costOf([], lines))
  costs.sort((a, b) => a.micros - b.micros)
  return costs[Math.floor(runs / 2)] as Cost
}

/** All rules beside `five` of them, in turns: µs per event of either in the middle, and which part of the throughput of five all keep. */
export async function besideFive(rules: readonly Rule[], five: readonly Rule[], lines: readonly Buffer[], pairs: number) {
  const costs: { five: number; all: number }[] = []
  for (let i = 0; i < pairs; i++) costs.push({ five: (await costOf(five, lines)).micros, all: (await costOf(rules, lines)).micros })
  const [some, all] = [spread(costs.map((c) => c.five))[1], spread(costs.map((c) => c.all))[1]]
  return { five: some, all, kept: spread(costs.map((c) => c.five / c.all)) }
}

function held(): number {
  const { heapUsed, arrayBuffers } = process.memoryUsage()
  return heapUsed + arrayBuffers
}

function collectGarbage(): void {
  setFlagsFromString('--expose_gc')
  ;(runInNewContext('gc') as () => void)()
}
