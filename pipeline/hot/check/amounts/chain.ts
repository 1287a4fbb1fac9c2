/** What a subject's statements add up to under an amount rule, one after the other. Amounts in minor units. */
import { rescale } from '../../../contract/index.ts'
import type { EvidenceRef } from '../../../contract/finding.ts'
import type { AmountRule } from '../../../contract/rule.ts'
import { BASE_SCALE } from '../capital.ts'
import { PARAMETER_SCALE, parameterText, parameterUnits, type Whose } from '../expression.ts'

/** An amount and the base it was held against; no base: none was known. */
export type Weighed = { amount: bigint; base: bigint | undefined }
/**
 * A thing that counts: `event` (`<source>|<id>`), the statement that began it, `begun`, its place in event order, `e` and `time` its effective and valid
 * time, ms; `refs` it rests on: its last statement, and its base.
 */
export type Counted = Weighed & { thing: string; event: string; begun: string; e: number; time: number; refs: EvidenceRef[] }
/** `sum` includes the amount, and began `since` statements before it. */
export type Verdict = { holds: boolean; sum: bigint; since: number; threshold: string }

/** Where a chain stands: the sum since it last reached what it had to, over how many statements, and whether it ever did. */
type Stand = { sum: bigint; over: number; isAgain: boolean }
const START: Stand = { sum: 0n, over: 0, isAgain: false }

export class Chain {
  readonly counted: Counted[] = []
  readonly verdicts: Verdict[] = []
  readonly #rule: AmountRule
  readonly #institution: string
  #stand = START

  constructor(rule: AmountRule, institution: string) {
    this.#rule = rule
    this.#institution = institution
  }

  add(counted: Counted): Verdict {
    const { verdict, stand } = weighed(this.#rule, { institution: this.#institution, at: counted.e }, counted, this.#stand)
    this.counted.push(counted)
    this.verdicts.push(verdict)
    this.#stand = stand
    return verdict
  }

  /** Puts another statement, or none, in the place of one; gives what was said before of all that are left. */
  replace(place: number, counted: Counted | undefined): Verdict[] {
    const before = [...this.verdicts]
    if (counted === undefined) before.splice(place, 1)
    this.counted.splice(place, 1, ...(counted === undefined ? [] : [counted]))
    const all = this.counted.splice(0)
    this.verdicts.splice(0)
    this.#stand = START
    for (const one of all) this.add(one)
    return before
  }

  /** What the verdict in a place rests on: the statements of its sum, and its own base. */
  refsOf(place: number): EvidenceRef[] {
    const since = this.verdicts[place]?.since ?? 0
    const [own, ...base] = this.counted[place]?.refs ?? []
    const others = this.counted.slice(place - since, place).flatMap(({ refs }) => refs.slice(0, 1))
    return [...others, ...(own === undefined ? [] : [own]), ...base]
  }
}

/** A verdict on an amount by itself, and with a running sum as it stands before it. */
export function weighed(rule: AmountRule, whose: Whose, { amount, base }: Weighed, before = START): { verdict: Verdict; stand: Stand } {
  const sum = before.sum + amount
  const reaches = (units: bigint, parameter: string) =>
    base !== undefined && units > 0n && rescale(units, 2, BASE_SCALE + PARAMETER_SCALE) >= parameterUnits(rule, parameter, whose) * base
  const { part, floor, running } = rule
  const due = running === undefined ? undefined : before.isAgain ? running.step : running.first
  const hasFloor = floor !== undefined && amount > 0n && rescale(amount, 2, PARAMETER_SCALE) >= parameterUnits(rule, floor, whose)
  const isDue = due !== undefined && reaches(sum, due)
  const reached = hasFloor ? floor : reaches(amount, part) ? part : isDue ? due : undefined
  const verdict = { holds: reached !== undefined, sum, since: before.over, threshold: parameterText(rule, reached ?? part, whose) }
  return { verdict, stand: isDue ? { sum: 0n, over: 0, isAgain: true } : { sum, over: before.over + 1, isAgain: before.isAgain } }
}
