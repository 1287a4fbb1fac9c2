/** What metrics were worth at any valid time, as far as it is known: for rules that compare one with its own past. */
import { BASE_SCALE } from '../capital.ts'
import { parseDecimal } from '../../../contract/index.ts'
import type { Statement } from '../statement.ts'

/** `value` undefined: struck out. */
type Stated = { time: number; value: bigint | undefined; statement: Statement }
/** What one basis and period said, by valid time. */
type Period = { basis: string; period: string; stated: Stated[] }
export type PastValue = { value: bigint; statement: Statement }

export class PastBook {
  /** Metric and institution → basis and period. */
  readonly #series = new Map<string, Map<string, Period>>()

  /** Takes statements in event order: of two about one valid time the later one holds. */
  add(metric: string, statement: Statement): void {
    const { institution, data, op, time } = statement
    const key = keyOf(metric, institution)
    const periods = this.#series.get(key) ?? new Map<string, Period>()
    this.#series.set(key, periods)
    const [basis, period] = [String(data['basis']), String(data['period'])]
    const of = periods.get(keyOf(basis, period)) ?? { basis, period, stated: [] }
    periods.set(keyOf(basis, period), of)
    const value = op === 'delete' ? undefined : parseDecimal(String(data['value']), BASE_SCALE)
    const place = of.stated.findLastIndex((s) => s.time <= time)
    const isSame = of.stated[place]?.time === time
    of.stated.splice(isSame ? place : place + 1, isSame ? 1 : 0, { time, value, statement })
  }

  /** The value valid at `time`, ms, chosen as a capital base is: of the latest period, solo unless only consolidated exists. */
  at(metric: string, institution: string, time: number): PastValue | undefined {
    const periods = [...(this.#series.get(keyOf(metric, institution))?.values() ?? [])]
    const valid = periods.flatMap(({ basis, period, stated }) => {
      const last = stated.findLast((s) => s.time <= time)
      return last?.value === undefined ? [] : [{ basis, period, value: last.value, statement: last.statement }]
    })
    const solo = valid.filter(({ basis }) => basis === 'solo')
    const chosen = solo.length > 0 ? solo : valid
    return chosen.reduce<(typeof valid)[number] | undefined>((best, v) => (best === undefined || v.period > best.period ? v : best), undefined)
  }

  /** What nobody asks for any more, at `before` (ms) or later, is let go. */
  forget(metric: string, institution: string, before: number): void {
    for (const { stated } of this.#series.get(keyOf(metric, institution))?.values() ?? []) {
      const first = stated.findLastIndex((s) => s.time <= before)
      if (first > 0) stated.splice(0, first)
    }
  }
}

function keyOf(...names: string[]): string {
  return names.join('\u0000')
}
