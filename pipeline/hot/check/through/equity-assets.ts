/** Equity of insurers, through products and held directly, beside their solvency: IN-04. */
import { formatDecimal } from '../../../contract/index.ts'
import type { EvidenceRef } from '../../../contract/finding.ts'
import type { CapitalBook } from '../capital.ts'
import { type Locate, refOf } from '../evidence.ts'
import type { FxBook } from '../fx.ts'
import type { LookthroughStage } from '../lookthrough.ts'
import type { Change, Part } from './part.ts'
import { Grouped } from './grouped.ts'
import { captured, restingOn, Rows } from './rows.ts'

const RATIO_DECIMALS = 20
type Share = { ccy: string; amount: bigint; ref: EvidenceRef }

export class EquityAssets implements Part {
  readonly reads = { 'book.position': ['kind', 'issuerId', 'productId', 'side', 'value', 'ccy'], 'inst.metric': ['metric'] }
  readonly recalls = {
    'book.position': `kind = 'equity' AND side = 'long' AND "productId" IS NULL`,
    'inst.metric': `metric IN ('actual-capital', 'minimum-capital')`,
  }
  readonly tables = { equity_assets: new Rows() }
  readonly #lookthrough: LookthroughStage
  readonly #capital: CapitalBook
  readonly #fx: FxBook
  readonly #locate: Locate
  /** By institution. */
  readonly #shares = new Grouped<Share>()

  constructor(lookthrough: LookthroughStage, capital: CapitalBook, fx: FxBook, locate: Locate) {
    this.#lookthrough = lookthrough
    this.#capital = capital
    this.#fx = fx
    this.#locate = locate
  }

  apply({ type, is, after }: Change): void {
    const { institution, key } = after
    if (type === 'inst.metric') return this.#shares.mark(institution)
    if (is === undefined || is['kind'] !== 'equity' || is['side'] !== 'long' || is['productId'] !== undefined) return this.#shares.remove(key)
    this.#shares.set(key, institution, {
      ccy: String(is['ccy'] ?? 'CNY'),
      amount: (is['value'] ?? 0n) as bigint,
      ref: refOf(after, 'book.position', this.#locate),
    })
  }

  ratesChanged(): void {
    this.#shares.markWhere(({ ccy }) => ccy !== 'CNY')
  }

  settle(at: number): void {
    for (const institution of this.#lookthrough.takeLineChanges('equity')) this.#shares.mark(institution)
    for (const institution of this.#shares.takeStale()) this.#write(institution, at)
  }

  #write(institution: string, at: number): void {
    const shares = this.#shares.of(institution)
    const direct = shares.reduce((sum, s) => sum + (this.#fx.toCny(s.amount, s.ccy, at) ?? 0n), 0n)
    const equity = direct + this.#lookthrough.products.amountInLines(institution, 'equity')
    const subject = { kind: 'institution', id: institution }
    if (equity <= 0n) return this.tables.equity_assets.delete(institution, subject)
    const refs = shares.map((s) => s.ref)
    const cells = { equity, solvency: this.#solvency(institution) }
    this.tables.equity_assets.set({ institution, subject, cells, capture: () => captured(restingOn(refs)) })
  }

  /** Actual ÷ minimum capital, null where either is not known. */
  #solvency(institution: string): string | null {
    const [actual, minimum] = ['actual-capital', 'minimum-capital'].map((metric) => this.#capital.latest(institution, metric)?.value)
    if (actual === undefined || minimum === undefined || minimum <= 0n) return null
    return formatDecimal((actual * 10n ** BigInt(RATIO_DECIMALS)) / minimum, RATIO_DECIMALS)
  }
}
