/** Interbank claims as both sides report them: DQ-07. What A says it lent B stands against what B says it borrowed from A, in CNY. */
import type { EvidenceRef } from '../../../contract/finding.ts'
import { type Locate, refOf } from '../evidence.ts'
import type { FxBook } from '../fx.ts'
import type { Change, Part } from './part.ts'
import { Grouped } from './grouped.ts'
import { captured, restingOn, Rows } from './rows.ts'

type Side = { side: 'lent' | 'borrowed'; ccy: string; amount: bigint; ref: EvidenceRef }

export class TwoSided implements Part {
  readonly reads = { 'book.position': ['kind', 'issuerId', 'side', 'value', 'ccy'] }
  readonly recalls = { 'book.position': `kind = 'interbank'` }
  readonly tables = { two_sided: new Rows() }
  /** By pair. */
  readonly #sides = new Grouped<Side>()
  readonly #fx: FxBook
  readonly #locate: Locate

  constructor(fx: FxBook, locate: Locate) {
    this.#fx = fx
    this.#locate = locate
  }

  apply({ is, after }: Change): void {
    const other = is?.['kind'] === 'interbank' ? is['issuerId'] : undefined
    if (is === undefined || other === undefined) return this.#sides.remove(after.key)
    const isLent = is['side'] === 'long'
    const pair = isLent ? `${after.institution}>${other}` : `${other}>${after.institution}`
    const amount = (is['value'] ?? 0n) as bigint
    const side: Side = { side: isLent ? 'lent' : 'borrowed', ccy: String(is['ccy'] ?? 'CNY'), amount, ref: refOf(after, 'book.position', this.#locate) }
    this.#sides.set(after.key, pair, side)
  }

  settle(at: number): void {
    for (const pair of this.#sides.takeStale()) this.#write(pair, at)
  }

  /** Foreign amounts have another value. */
  ratesChanged(): void {
    this.#sides.markWhere(({ ccy }) => ccy !== 'CNY')
  }

  #write(pair: string, at: number): void {
    const sides = this.#sides.of(pair)
    const subject = { kind: 'pair', id: pair }
    if (sides.length === 0) return this.tables.two_sided.delete('*', subject)
    const sum = (of: Side['side']) => sides.filter((s) => s.side === of).reduce((total, s) => total + (this.#fx.toCny(s.amount, s.ccy, at) ?? 0n), 0n)
    const refs = sides.map((s) => s.ref)
    const cells = { lent: sum('lent'), borrowed: sum('borrowed') }
    this.tables.two_sided.set({ institution: '*', subject, cells, capture: () => captured(restingOn(refs)) })
  }
}
