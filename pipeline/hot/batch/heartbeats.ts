/** Who reports in which partition, and up to when each has said that nothing older will come; of this run, in memory. */
import { parseTime } from '../../contract/index.ts'
import type { EventColumns } from '../../contract/stage.ts'
import { fnv } from '../../contract/text.ts'
import type { StreamArrivals } from './arrive.ts'

/** So long, wall ms, a heartbeat is left to settle: what was sent before it may be on its way to us through another partition. */
const SETTLE_MS = 250

export class Heartbeats {
  readonly #clock: () => number
  /** Partition and hash of the institution. */
  readonly #seen = new Set<number>()
  readonly #reporters = new Map<number, string[]>()
  /** Per institution what it said last, in the order of coming; only the last of those that have settled is kept. */
  readonly #said = new Map<string, { until: number; seen: number }[]>()

  constructor(clock: () => number) {
    this.#clock = clock
  }

  /** Takes in one stream of a batch. */
  note(columns: EventColumns, arrivals: StreamArrivals): void {
    for (let row = 0; row < columns.count; row++) {
      if (arrivals.fate[row] === 0) continue
      const p = arrivals.partition[row] as number
      const key = p * 2 ** 32 + (fnv(columns.institution.bytes, columns.institution.start(row), columns.institution.end(row)) >>> 0)
      if (this.#seen.has(key)) continue
      this.#seen.add(key)
      this.#reporters.set(p, [...(this.#reporters.get(p) ?? []), columns.institution.at(row) ?? ''])
    }
    if (columns.type === 'sys.heartbeat') this.#heartbeats(columns, arrivals)
  }

  /** Nothing older will come through this partition; -Infinity where nobody has reported, or one who has not said so. */
  until(p: number): number {
    const settled = this.#clock() - SETTLE_MS
    const reporters = this.#reporters.get(p) ?? []
    return reporters.length === 0 ? -Infinity : Math.min(...reporters.map((r) => this.#said.get(r)?.findLast((h) => h.seen <= settled)?.until ?? -Infinity))
  }

  #heartbeats(columns: EventColumns, arrivals: StreamArrivals): void {
    const seen = this.#clock()
    const field = columns.fields['until']
    if (field?.kind !== 'text') return
    for (let row = 0; row < columns.count; row++) {
      const until = parseTime(field.values.at(row) ?? '')
      if (arrivals.fate[row] === 0 || until === undefined) continue
      const institution = columns.institution.at(row) ?? ''
      const said = this.#said.get(institution) ?? []
      const settled = said.findLastIndex((h) => h.seen <= seen - SETTLE_MS)
      this.#said.set(institution, [...said.slice(Math.max(0, settled)), { until: Math.max(until, said.at(-1)?.until ?? -Infinity), seen }])
    }
  }
}
