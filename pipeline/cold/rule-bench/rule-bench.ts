/** What rules cost on a log: processor time per event and what they keep, each beside a run without any rule; and all of them beside five. */
import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'
import type { Rule } from '../../contract/index.ts'
import { replay } from '../replay/replay.ts'
import { sourceOf } from '../score/log.ts'

/** `micros`: of processor time per event. `bytes`: in DuckDB and in memory of the process at the end of the log. */
export type Cost = { micros: number; bytes: number; seconds: number }

/** Five rules as most would begin with: loans, exposures looked through, grades, and a window. */
export const FIVE = ['CR-01', 'CR-02', 'CR-05', 'CR-09', 'OP-08']

/** One run over the log. */
export async function costOf(rules: readonly Rule[], lines: readonly Buffer[]): Promise<Cost> {
  collectGarbage()
  const [heap, busy, started] = [held(), cpu(), performance.now()]
  let bytes = 0
  await replay({
    source: sourceOf(lines),
    rules,
    async inspect(db) {
      collectGarbage()
      const [row] = await db.rows('SELECT sum(memory_usage_bytes) FROM duckdb_memory()')
      bytes = Number(row?.[0]) + held() - heap
    },
  })
  return { micros: ((cpu() - busy) * 1e6) / lines.length, bytes, seconds: (performance.now() - started) / 1000 }
}

/** Of several runs the one in the middle, by processor time. */
export function middle(costs: readonly Cost[]): Cost {
  const sorted = [...costs].sort((a, b) => a.micros - b.micros)
  return sorted[Math.floor(sorted.length / 2)] ?? { micros: 0, bytes: 0, seconds: 0 }
}

function held(): number {
  const { heapUsed, arrayBuffers } = process.memoryUsage()
  return heapUsed + arrayBuffers
}

/** Processor time of this process, s: all threads. */
function cpu(): number {
  const { user, system } = process.cpuUsage()
  return (user + system) / 1e6
}

function collectGarbage(): void {
  setFlagsFromString('--expose_gc')
  ;(runInNewContext('gc') as () => void)()
}
