/** An occurrence against those before it, exactly: |value ÷ (Σ value × weight ÷ Σ weight) − 1| > most, as a product of whole numbers. */
import { divideHalfEven, formatDecimal, parseDecimal, ratioText } from '../../../contract/index.ts'
import type { EvidenceRef } from '../../../contract/finding.ts'
import type { OutlierRule } from '../../../contract/rule.ts'
import { EVIDENCE_SHOWN } from '../evidence.ts'
import { parameterText, type Whose } from '../expression.ts'

/** Prices and quantities have so many decimals. */
const SCALE = 10
const PART_SCALE = 20
const DEVIATION_DECIMALS = 4

export type Compared = { holds: boolean; values: Record<string, string>; refs: EvidenceRef[]; count: number }

/** Takes in the others one by one, in event order; of one thing the first counts. */
export class Comparison {
  readonly #rule: OutlierRule
  readonly #things = new Set<string>()
  readonly #refs: EvidenceRef[] = []
  #weighted = 0n
  #weight = 0n

  constructor(rule: OutlierRule) {
    this.#rule = rule
  }

  add(thing: string, value: string, weight: string, ref: () => EvidenceRef): void {
    if (this.#things.has(thing)) return
    this.#things.add(thing)
    const [v, w] = [unitsOf(value), unitsOf(weight)]
    this.#weighted += v * w
    this.#weight += w
    if (this.#refs.length < EVIDENCE_SHOWN) this.#refs.push(ref())
  }

  /** Without a mean above zero nothing is judged. `whose` parameters it is judged by. */
  of(value: string, whose: Whose): Compared {
    const { least, most, value: name } = this.#rule
    const price = unitsOf(value)
    const [there, mean] = [price * this.#weight, this.#weighted]
    const off = there > mean ? there - mean : mean - there
    const part = parseDecimal(parameterText(this.#rule, most, whose), PART_SCALE) ?? 0n
    const isKnown = this.#things.size >= Number(parameterText(this.#rule, least, whose)) && mean > 0n
    return {
      holds: isKnown && off * 10n ** BigInt(PART_SCALE) > part * mean,
      values: {
        [name]: formatDecimal(price, SCALE),
        vwap: isKnown ? formatDecimal(divideHalfEven(mean, this.#weight), SCALE) : '',
        deviation: isKnown ? ratioText(off, mean, DEVIATION_DECIMALS) : '',
      },
      refs: this.#refs,
      count: this.#things.size,
    }
  }
}

function unitsOf(text: string): bigint {
  return parseDecimal(text, SCALE) ?? 0n
}
