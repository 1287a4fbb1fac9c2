/** Lines in memory as the log of a run. */
import { batchOf, type Source } from '../../contract/source.ts'

const AT_ONCE = 20_000

export function sourceOf(lines: readonly Buffer[]): Source {
  let first = 0
  return {
    partitions: [{ topic: 'scored', partition: 0 }],
    control: [],
    silent: () => [],
    writeControl: () => Promise.resolve(),
    close: () => Promise.resolve(),
    pull() {
      if (first >= lines.length) return Promise.resolve(null)
      const batch = batchOf(lines.slice(first, first + AT_ONCE), { first, ended: first + AT_ONCE >= lines.length })
      first += AT_ONCE
      return Promise.resolve(batch)
    },
  }
}
