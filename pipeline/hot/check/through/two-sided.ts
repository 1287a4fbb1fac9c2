/** Interbank claims as both sides report them: DQ-07. What A says it lent B stands against what B says it borrowed from A, in CNY. */
import type { EvidenceRef } from '../../../contract/finding.ts'
import { type Locate, refOf } from '../evidence.ts'
import type { FxBook } from '../fx.ts'
import type { Change, Part } from './part.ts'
import { Rows } from './rows.ts'

type Side = { pair: string; side: 'lent' | 'borrowed'; ccy: string; amount: bigint; ref: EvidenceRef }

export class TwoSided implements Part {
  readonly reads = { 'book.position': ['kind', 'issuerId', 'side', 'value', 'ccy'] }
  readonly recalls = { 'book.position': `kind = 'interbank'` }
  readonly tables = { two_sided: new Rows() }
  readonly #sides = new Map<string, Side>()
  readonly #of = new Map<string, Set<string>>()
  readonly #stale = new Set<string>()
  readonly #fx: FxBook
  readonly #locate: Locate

  constructor(fx: FxBook, locate: Locate) {
    this.#fx = fx
    this.#locate = locate
  }

  apply({ is, after }: Change): void {
    const before = this.#sides.get(after.key)
    if (before !== undefined) this.#remove(after.key, before)
    const other = is?.['kind'] === 'interbank' ? is['issuerId'] : undefined
    if (is === undefined || other === undefined) return
    const isLent = is['side'] === 'long'
    const pair = isLent ? `${after.institution}>${other}` : `${other}>${after.institution}`
    const amount = (is['value'] ?? 0n) as bigint
    const side: Side = { pair, side: isLent ? 'lent' : 'borrowed', ccy: String(is['ccy'] ?? 'CNY'), amount, ref: refOf(after, 'book.position', this.#locate) }
    this.#sides.set(after.key, side)
    this.#of.set(pair, (this.#of.get(pair) ?? new Set()).add(after.key))
    this.#stale.add(pair)
  }

  settle(at: number): void {
    for (const pair of this.#stale) this.#write(pair, at)
    this.#stale.clear()
  }

  /** Foreign amounts have another value. */
  ratesChanged(): void {
    for (const { ccy, pair } of this.#sides.values()) if (ccy !== 'CNY') this.#stale.add(pair)
  }

  #remove(key: string, { pair }: Side): void {
    this.#sides.delete(key)
    const of = this.#of.get(pair)
    of?.delete(key)
    if (of?.size === 0) this.#of.delete(pair)
    this.#stale.add(pair)
  }

  #write(pair: string, at: number): void {
    const sides = [...(this.#of.get(pair) ?? [])].sort().map((key) => this.#sides.get(key) as Side)
    const subject = { kind: 'pair', id: pair }
    if (sides.length === 0) return this.tables.two_sided.delete('*', subject)
    const sum = (of: Side['side']) => sides.filter((s) => s.side === of).reduce((total, s) => total + (this.#fx.toCny(s.amount, s.ccy, at) ?? 0n), 0n)
    const refs = sides.map((s) => s.ref)
    const cells = { lent: sum('lent'), borrowed: sum('borrowed') }
    this.tables.two_sided.set({ institution: '*', subject, cells, capture: () => () => ({ refs, count: refs.length, path: [] }) })
  }
}
