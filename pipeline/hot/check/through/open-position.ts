/**
 * What an institution has open in foreign currency and gold: MR-01. Net positions per currency at the latest rate; the larger of all long and all short ones,
 * and gold beside them whichever way it lies. A currency without a rate is left out.
 */
import type { BookAsOf } from '../evidence.ts'
import { fxCurrency, type FxBook } from '../fx.ts'
import type { Data } from '../statement.ts'
import type { Change, Part } from './part.ts'
import { Rows } from './rows.ts'

const GOLD = 'XAU'

export class OpenPosition implements Part {
  readonly reads = { 'book.position': ['side', 'value', 'ccy'], 'mkt.price': ['kind', 'instrumentId'] }
  readonly keeps = { 'book.position': ['side', 'value', 'ccy'] }
  readonly recalls = { 'book.position': `ccy <> 'CNY'` }
  readonly tables = { open_position: new Rows() }
  readonly #book: BookAsOf
  readonly #fx: FxBook
  /** Long less short per institution and currency, minor units of it. */
  readonly #net = new Map<string, Map<string, bigint>>()
  readonly #stale = new Set<string>()

  constructor(book: BookAsOf, fx: FxBook) {
    this.#book = book
    this.#fx = fx
  }

  apply({ type, was, from, is, after }: Change): void {
    if (type === 'mkt.price') return this.#rateChanged(is)
    this.#add(from ?? after.institution, was, -1n)
    this.#add(after.institution, is, 1n)
  }

  settle(at: number): void {
    for (const institution of this.#stale) this.#write(institution, at)
    this.#stale.clear()
  }

  #rateChanged(is: Data | undefined): void {
    const ccy = is?.['kind'] === 'fx' ? fxCurrency(String(is['instrumentId'])) : undefined
    if (ccy !== undefined) for (const [institution, net] of this.#net) if (net.has(ccy)) this.#stale.add(institution)
  }

  #add(institution: string, data: Data | undefined, sign: bigint): void {
    const ccy = String(data?.['ccy'] ?? 'CNY')
    if (data === undefined || ccy === 'CNY') return
    const net = this.#net.get(institution) ?? new Map<string, bigint>()
    this.#net.set(institution, net)
    const amount = sign * (data['side'] === 'long' ? 1n : -1n) * ((data['value'] ?? 0n) as bigint)
    net.set(ccy, (net.get(ccy) ?? 0n) + amount)
    this.#stale.add(institution)
  }

  #write(institution: string, at: number): void {
    const subject = { kind: 'institution', id: institution }
    const nop = this.#open(this.#net.get(institution) ?? new Map())
    if (nop === 0n) return this.tables.open_position.delete(institution, subject)
    const book = { type: 'book.position' as const, where: `s.ccy <> 'CNY'` }
    const evidence = async () => {
      const { refs, count } = await this.#book(book, institution, at)
      return { refs, count, path: [] }
    }
    this.tables.open_position.set({ institution, subject, cells: { nop }, capture: () => evidence })
  }

  /** max(Σ long, Σ short) of the net positions, and |gold|. */
  #open(net: ReadonlyMap<string, bigint>): bigint {
    let [long, short, gold] = [0n, 0n, 0n]
    for (const [ccy, amount] of net) {
      const cny = this.#fx.toCnyNow(amount, ccy) ?? 0n
      if (ccy === GOLD) gold = cny
      else if (cny > 0n) long += cny
      else short -= cny
    }
    return (long > short ? long : short) + (gold < 0n ? -gold : gold)
  }
}
