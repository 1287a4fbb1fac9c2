/**
 * Value at risk held against what came of it: MR-04. Per period an institution reports var-99 and pnl; an exception is a loss beyond it. Solo figures, and
 * consolidated ones only where no period has both solo.
 */
import { parseDecimal } from '../../../contract/index.ts'
import { BASE_SCALE } from '../capital.ts'
import { type Locate, refOf } from '../evidence.ts'
import type { Statement } from '../statement.ts'
import type { Change, Part } from './part.ts'
import { captured, restingOn, Rows } from './rows.ts'

const METRICS = ['var-99', 'pnl'] as const
type MetricName = (typeof METRICS)[number]
type Figure = { value: bigint; statement: Statement }
type Period = Partial<Record<MetricName, Figure>>
type Both = Required<Period>

export class Backtest implements Part {
  readonly reads = { 'inst.metric': ['metric', 'basis', 'period', 'value'] }
  readonly recalls = { 'inst.metric': `metric IN ('var-99', 'pnl')` }
  readonly tables = { backtest: new Rows() }
  readonly #days: number
  readonly #locate: Locate
  /** Per institution and basis, by period. */
  readonly #periods = new Map<string, Record<string, Map<string, Period>>>()
  readonly #stale = new Set<string>()

  /** `days`: how many periods that have both figures count, the latest. */
  constructor(days: number, locate: Locate) {
    this.#days = days
    this.#locate = locate
  }

  apply({ is, was, after }: Change): void {
    const { metric, basis, period, value } = is ?? was ?? {}
    const name = METRICS.find((m) => m === metric)
    if (name === undefined) return
    const { institution } = after
    this.#stale.add(institution)
    const bases = this.#periods.get(institution) ?? {}
    this.#periods.set(institution, bases)
    const periods = (bases[String(basis)] ??= new Map())
    const { [name]: _, ...others } = periods.get(String(period)) ?? {}
    const figure = { value: parseDecimal(String(value), BASE_SCALE) ?? 0n, statement: after }
    periods.set(String(period), is === undefined ? others : { ...others, [name]: figure })
  }

  settle(): void {
    for (const institution of this.#stale) this.#write(institution)
    this.#stale.clear()
  }

  #write(institution: string): void {
    const bases = this.#periods.get(institution) ?? {}
    const subject = { kind: 'institution', id: institution }
    const solo = this.#latest(bases['solo'])
    const counted = solo.length > 0 ? solo : this.#latest(bases['consolidated'])
    if (counted.length === 0) return this.tables.backtest.delete(institution, subject)
    const exceptions = counted.filter((p) => p.pnl.value < -p['var-99'].value)
    const refs = exceptions.flatMap((p) => METRICS.map((m) => refOf(p[m].statement, 'inst.metric', this.#locate)))
    const cells = { exceptions: exceptions.length, days: counted.length }
    this.tables.backtest.set({ institution, subject, cells, capture: () => captured(restingOn(refs)) })
  }

  /** The latest periods that have both figures. */
  #latest(periods: ReadonlyMap<string, Period> = new Map()): Both[] {
    const both = [...periods].filter((of): of is [string, Both] => METRICS.every((m) => of[1][m] !== undefined))
    return both
      .sort(([a], [b]) => (a < b ? 1 : -1))
      .slice(0, this.#days)
      .map(([, period]) => period)
  }
}
