/**
 * Figures an institution reports against the detail it reports (DQ-05): at every tick in which one of them or a rate changed. Nothing reported, no verdict;
 * a figure that is taken back ends what rested on it.
 */
import type { AlertSubject } from '../../contract/alert.ts'
import type { Evidence, Held } from '../../contract/finding.ts'
import { formatDecimal, rescale } from '../../contract/money.ts'
import type { SummaryRule } from '../../contract/rule.ts'
import { Subjects } from '../../contract/subjects.ts'
import { type Base, BASE_SCALE, type CapitalBook } from './capital.ts'
import { type Dirty, type Effects, WHOLE } from './effects.ts'
import { type BookAsOf, type Locate, refOf } from './evidence.ts'
import { PARAMETER_SCALE, parameterUnits, type Whose } from './expression.ts'
import type { FxBook } from './fx.ts'
import type { Totals } from './totals.ts'

export type SummaryPart = {
  rules: readonly SummaryRule[]
  capital: CapitalBook
  fx: FxBook
  effects: Effects
  /** Subjects of a rule in an institution that have an episode open, by `subjectKey`. */
  open(code: string, institution: string): ReadonlyMap<string, AlertSubject>
  /** The statements of an institution in force at a tick. */
  book: BookAsOf
  locate: Locate
}

const MONEY_SCALE = 2
/** Of a part of a figure: what is compared has so many decimals. */
const EXACT_SCALE = BASE_SCALE + PARAMETER_SCALE

export class Summaries {
  readonly #part: SummaryPart
  /** Whose figure did not match in the ticks since the last `take`. */
  readonly #named = new Subjects()
  #found: Held[] = []

  constructor(part: SummaryPart) {
    this.#part = part
  }

  /** Compares where something changed in this tick. */
  tick(at: number, { touched, marked }: Dirty): void {
    for (const rule of this.#part.rules) {
      const totals = this.#part.effects.totals.get(rule.code)
      if (totals === undefined) continue
      const institutions = new Set([...(touched.get(totals)?.keys() ?? []), ...(marked.get(rule.code)?.keys() ?? [])])
      for (const institution of [...institutions].sort()) this.#compare(rule, totals, institution, at)
    }
  }

  take(): Held[] {
    const found = this.#found
    this.#found = []
    this.#named.clear()
    return found
  }

  #compare(rule: SummaryRule, totals: Totals, institution: string, at: number): void {
    const figure = this.#part.capital.latest(institution, rule.reported)
    const detail = totals.cny(institution, WHOLE, at, this.#part.fx)
    const verdict = figure === undefined ? NOTHING_REPORTED : compared(rule, { institution, at }, detail, figure.value)
    const { holds, threshold, reported, difference } = verdict
    if (!holds && this.#part.open(rule.code, institution).size === 0 && this.#named.of(rule.code, institution).size === 0) return
    const subject = { kind: 'institution', id: institution }
    this.#named.add(rule.code, institution, subject)
    const values = { detail: formatDecimal(detail, MONEY_SCALE), reported, difference }
    const evidence = () => this.#evidence(rule, institution, at, figure)
    this.#found.push({ kind: 'held', rule, institution, subject, at, holds, event: '', threshold, values, evidence })
  }

  /** The detail, and the figure where one is reported. */
  async #evidence({ detail }: SummaryRule, institution: string, at: number, figure: Base | undefined): Promise<Evidence> {
    const { refs, count } = await this.#part.book({ type: detail.from }, institution, at)
    const reported = figure === undefined ? [] : [refOf(figure.statement, 'inst.metric', this.#part.locate)]
    return { refs: [...refs, ...reported], count: count + reported.length, path: [] }
  }
}

type Verdict = { holds: boolean; threshold: string | null; reported: string; difference: string }

const NOTHING_REPORTED: Verdict = { holds: false, threshold: null, reported: '', difference: '' }

/** |detail − reported| > max(part × reported, floor), exactly. `detail` in minor units, `reported` at the scale of bases. */
function compared(rule: SummaryRule, whose: Whose, detail: bigint, reported: bigint): Verdict {
  const difference = rescale(detail, MONEY_SCALE, BASE_SCALE) - reported
  const part = parameterUnits(rule, rule.part, whose) * reported
  const floor = rescale(parameterUnits(rule, rule.floor, whose), PARAMETER_SCALE, EXACT_SCALE)
  const most = part > floor ? part : floor
  return {
    holds: rescale(difference < 0n ? -difference : difference, BASE_SCALE, EXACT_SCALE) > most,
    threshold: formatDecimal(rescale(most, EXACT_SCALE, MONEY_SCALE), MONEY_SCALE),
    reported: formatDecimal(rescale(reported, BASE_SCALE, MONEY_SCALE), MONEY_SCALE),
    difference: formatDecimal(rescale(difference, BASE_SCALE, MONEY_SCALE), MONEY_SCALE),
  }
}
