/** Who reports in which partition, and up to when each has said that nothing older will come; of this run, in memory. */
import { parseTime } from '../../contract/index.ts'
import type { EventColumns } from '../../contract/stage.ts'
import type { StreamArrivals } from './arrive.ts'

/** So long, wall ms, a heartbeat is left to settle: what was sent before it may be on its way to us through another partition. */
const SETTLE_MS = 250

export class Heartbeats {
  readonly #clock: () => number
  readonly #reporters = new Map<number, Set<string>>()
  /** Per institution what it said last, in the order of coming; only the last of those that have settled is kept. */
  readonly #said = new Map<string, { until: number; seen: number }[]>()

  constructor(clock: () => number) {
    this.#clock = clock
  }

  /** An institution reports through a partition. */
  reports(partition: number, institution: string): void {
    const reporters = this.#reporters.get(partition)
    if (reporters === undefined) this.#reporters.set(partition, new Set([institution]))
    else reporters.add(institution)
  }

  /** Nothing older will come through this partition; -Infinity where nobody has reported, or one who has not said so. */
  until(p: number): number {
    const settled = this.#clock() - SETTLE_MS
    const reporters = [...(this.#reporters.get(p) ?? [])]
    return reporters.length === 0 ? -Infinity : Math.min(...reporters.map((r) => this.#said.get(r)?.findLast((h) => h.seen <= settled)?.until ?? -Infinity))
  }

  /** Takes in one stream of a batch. */
  note(columns: EventColumns, arrivals: StreamArrivals): void {
    if (columns.type !== 'sys.heartbeat') return
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
