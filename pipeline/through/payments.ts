/**
 * The payments of the last while, as money along and round trips read them: in columns, each payment in two lists, the latest first:
 * those out of the payer's account and those into the payee's. Places are numbers from 1 on that are never used again (up to 2^32 between two starts).
 */
import type { PathStep } from '../contract/index.ts'
import { formatDecimal } from '../contract/money.ts'
import { TextColumn } from '../contract/text.ts'
import { Ids } from './ids.ts'
import { AMOUNT, Chunk, CHUNK, FROM, IN, OUT, type Records, TIME, TO } from './payment-chunk.ts'
import { type Payment, type PaymentRecord, recordOf, spanOf } from './payment-record.ts'
import { PlacesByText } from './places-by-text.ts'
import { grown, GROWTH } from './rows.ts'
import type { Span } from './span.ts'

/** Who follows the payments. Of a place that is taken out everything can still be read while it is told. */
export type PaymentReader = {
  /** The latest payment in event order. */
  appended(place: number): void
  /** A payment that came in before others, or was taken out. */
  inserted(place: number): void
  removed(place: number): void
  /** In event order: it is older than `keep` and will not be found any more. */
  expired(place: number): void
}

export class Payments {
  readonly accounts = new Ids()
  readonly parties = new Ids()
  readonly loans = new Ids()
  readonly sources = new Ids()
  readonly #keep: number
  readonly #readers: PaymentReader[] = []
  readonly #places: PlacesByText
  #chunks: Chunk[] = []
  #freed = 0
  /** The first that is kept, and the next to be given. */
  #start = 1
  #next = 1
  #latest = 0
  /** Places out of turn, in event order. */
  #strays: number[] = []
  #lastOut = new Uint32Array(64)
  #lastIn = new Uint32Array(64)

  /** `keep`: how long before the latest a payment may lie, ms. */
  constructor(keep: number) {
    this.#keep = keep
    this.#places = new PlacesByText((place) => [this.#chunk(place).keys, place & (CHUNK - 1)])
  }

  read(reader: PaymentReader): void {
    this.#readers.push(reader)
  }

  /** Replaces or takes out the payment `key`, which is at place `old`. False: it is older than what is kept, and nothing changed. */
  put(key: Span, payment: PaymentRecord | undefined, old = this.#places.find(key)): boolean {
    if (payment !== undefined && payment.e < this.since) return false
    if (old !== undefined) this.#remove(old)
    if (payment !== undefined) this.#add(key, payment)
    return payment !== undefined || old !== undefined
  }

  /** The same of names that are texts. */
  set(key: string, payment: Payment | undefined): boolean {
    return this.put(spanOf(key), payment && recordOf(payment, this))
  }

  /** The place of the payment `key`. */
  find(key: string | Span): number | undefined {
    return this.#places.find(typeof key === 'string' ? spanOf(key) : key)
  }

  /** Payments before this are not kept, ms. */
  get since(): number {
    return this.#latest === 0 ? Number.NEGATIVE_INFINITY : this.e(this.#latest) - this.#keep
  }

  /** Payments kept. */
  get size(): number {
    return this.#places.size
  }

  e(place: number): number {
    return this.#chunk(place).money[4 * (place & (CHUNK - 1)) + TIME] as number
  }

  amount(place: number): number {
    return this.#chunk(place).money[4 * (place & (CHUNK - 1)) + AMOUNT] as number
  }

  from(place: number): number {
    return this.#chunk(place).links[8 * (place & (CHUNK - 1)) + FROM] as number
  }

  to(place: number): number {
    return this.#chunk(place).links[8 * (place & (CHUNK - 1)) + TO] as number
  }

  records(place: number): Records {
    return this.#chunk(place)
  }

  creditor(place: number): number {
    return this.#chunk(place).creditor[place & (CHUNK - 1)] as number
  }

  /** The loan it names, -1: none. */
  loan(place: number): number {
    return (this.#chunk(place).loan.at(place & (CHUNK - 1)) as number) - 1
  }

  key(place: number): string {
    return this.#chunk(place).keys.at(place & (CHUNK - 1)) as string
  }

  /** The payment as a step of a path. */
  step(place: number): PathStep {
    const [chunk, i] = [this.#chunk(place), place & (CHUNK - 1)]
    return {
      from: this.accounts.text(this.from(place)),
      to: this.accounts.text(this.to(place)),
      kind: 'payment',
      amount: formatDecimal(BigInt(this.amount(place)), 2),
      event: `${this.sources.text(chunk.source.at(i) as number)}|${chunk.ids.at(i)}`,
    }
  }

  /** The first that is kept. */
  get first(): number {
    return this.#start
  }

  /** The latest payment out of, or into, an account, whether or not it is kept; 0: there was none. */
  latestOut(account: number): number {
    return this.#lastOut[account] ?? 0
  }

  latestIn(account: number): number {
    return this.#lastIn[account] ?? 0
  }

  /** The same where it is kept; 0: none. */
  lastOut(account: number): number {
    return this.#kept(this.#lastOut[account] ?? 0)
  }

  lastIn(account: number): number {
    return this.#kept(this.#lastIn[account] ?? 0)
  }

  /** The one before it out of the same account, or into the same; 0: none. */
  beforeOut(place: number): number {
    return this.#kept(this.#chunk(place).links[8 * (place & (CHUNK - 1)) + OUT] as number)
  }

  beforeIn(place: number): number {
    return this.#kept(this.#chunk(place).links[8 * (place & (CHUNK - 1)) + IN] as number)
  }

  /** The same four, where it took effect at `since`, ms, or later. */
  lastOutSince(account: number, since: number): number {
    return this.#fromOn(since, this.#lastOut[account] ?? 0)
  }

  lastInSince(account: number, since: number): number {
    return this.#fromOn(since, this.#lastIn[account] ?? 0)
  }

  beforeOutSince(place: number, since: number): number {
    return this.#fromOn(since, this.#chunk(place).links[8 * (place & (CHUNK - 1)) + OUT] as number)
  }

  beforeInSince(place: number, since: number): number {
    return this.#fromOn(since, this.#chunk(place).links[8 * (place & (CHUNK - 1)) + IN] as number)
  }

  /** Event order: negative when `a` comes first. */
  compare(a: number, b: number): number {
    const [x, y, i, j] = [this.#chunk(a), this.#chunk(b), a & (CHUNK - 1), b & (CHUNK - 1)]
    const earlier = (x.money[4 * i + TIME] as number) - (y.money[4 * j + TIME] as number)
    if (earlier !== 0) return earlier
    const [here, there] = [x.source.at(i) as number, y.source.at(j) as number]
    const source = here === there ? 0 : bytesOf(this.sources.text(here)).compare(bytesOf(this.sources.text(there)))
    if (source !== 0) return source
    const [before, after] = [x.sequence.at(i), y.sequence.at(j)]
    return before < after ? -1 : before > after ? 1 : Buffer.compare(textOf(x.ids, i), textOf(y.ids, j))
  }

  /** Every payment out of or into an account, in event order. */
  ofAccount(account: number): number[] {
    const places: number[] = []
    let [out, into] = [this.lastOut(account), this.lastIn(account)]
    while (out !== 0 || into !== 0) {
      if (into === 0 || (out !== 0 && this.compare(out, into) > 0)) {
        places.push(out)
        out = this.beforeOut(out)
      } else {
        places.push(into)
        into = this.beforeIn(into)
      }
    }
    return places.reverse()
  }

  /** Tells the payments kept that move anything, in event order. */
  each(tell: (place: number) => void): void {
    const moves = (place: number) => this.isKept(place) && this.from(place) !== this.to(place)
    const strays = this.#strays.filter(moves)
    let next = 0
    for (let place = this.#start; place < this.#next; place++) {
      if (this.#isStray(place) || !moves(place)) continue
      for (; next < strays.length && this.compare(strays[next] as number, place) < 0; next++) tell(strays[next] as number)
      tell(place)
    }
    for (; next < strays.length; next++) tell(strays[next] as number)
  }

  /** Where in `places`, which are in event order, a payment lies or would lie. */
  placeIn(places: readonly number[], place: number): number {
    let [low, high] = [0, places.length]
    while (low < high) {
      const middle = (low + high) >> 1
      if (this.compare(places[middle] as number, place) < 0) low = middle + 1
      else high = middle
    }
    return low
  }

  isKept(place: number): boolean {
    return place >= this.#start && this.#chunk(place).gone[place & (CHUNK - 1)] === 0
  }

  #fromOn(since: number, place: number): number {
    if (place < this.#start) return 0
    const [chunk, i] = [this.#chunk(place), place & (CHUNK - 1)]
    return (chunk.money[4 * i + TIME] as number) >= since && chunk.gone[i] === 0 ? place : 0
  }

  #isStray(place: number): boolean {
    return this.#chunk(place).stray[place & (CHUNK - 1)] === 1
  }

  #kept(place: number): number {
    return place !== 0 && this.isKept(place) ? place : 0
  }

  #chunk(place: number): Chunk {
    return this.#chunks[(place >>> 14) - this.#freed] as Chunk
  }

  #add(key: Span, payment: PaymentRecord): void {
    const place = this.#written(key, payment)
    const isLast = this.#latest === 0 || this.compare(this.#latest, place) < 0
    if (isLast) {
      this.#latest = place
      this.#expire()
    } else this.#stray(place)
    if (payment.from === payment.to) return
    this.#link(place)
    for (const reader of this.#readers) {
      if (isLast) reader.appended(place)
      else reader.inserted(place)
    }
  }

  #written(key: Span, payment: PaymentRecord): number {
    const place = this.#next++
    if (place > 0xffff_ffff) throw new RangeError('more than 2^32 payments since the start')
    if (place >>> 14 === this.#freed + this.#chunks.length) this.#open()
    const [chunk, i] = [this.#chunk(place), place & (CHUNK - 1)]
    if (place === 1) for (const column of [chunk.keys, chunk.ids]) column.addNull()
    chunk.money[4 * i + TIME] = payment.e
    chunk.money[4 * i + AMOUNT] = payment.amount
    chunk.links[8 * i + FROM] = payment.from
    chunk.links[8 * i + TO] = payment.to
    chunk.creditor[i] = payment.creditor
    if (payment.loan >= 0) chunk.loan.set(i, payment.loan + 1)
    chunk.source.set(i, payment.source)
    chunk.sequence.set(i, payment.sequence)
    chunk.keys.addBytes(key.view, key.start, key.end)
    chunk.ids.addBytes(payment.id.view, payment.id.start, payment.id.end)
    this.#places.add(place)
    return place
  }

  #open(): void {
    this.#chunks.at(-1)?.close()
    this.#chunks.push(new Chunk())
  }

  /** Into both lists, at its place in event order: almost always the first. */
  #link(place: number): void {
    const [chunk, i] = [this.#chunk(place), place & (CHUNK - 1)]
    this.#reserve(this.accounts.size)
    const [from, to] = [this.from(place), this.to(place)]
    let [later, before] = [0, this.lastOut(from)]
    for (; before !== 0 && this.compare(before, place) > 0; before = this.beforeOut(before)) later = before
    chunk.links[8 * i + OUT] = before
    this.#setOut(from, later, place)
    later = 0
    before = this.lastIn(to)
    for (; before !== 0 && this.compare(before, place) > 0; before = this.beforeIn(before)) later = before
    chunk.links[8 * i + IN] = before
    this.#setIn(to, later, place)
  }

  #remove(place: number): void {
    const [chunk, i] = [this.#chunk(place), place & (CHUNK - 1)]
    this.#places.remove(place)
    const [from, to] = [this.from(place), this.to(place)]
    const moves = from !== to
    if (moves) {
      let later = 0
      for (let p = this.lastOut(from); p !== place; p = this.beforeOut(p)) later = p
      this.#setOut(from, later, this.beforeOut(place))
      later = 0
      for (let p = this.lastIn(to); p !== place; p = this.beforeIn(p)) later = p
      this.#setIn(to, later, this.beforeIn(place))
    }
    chunk.gone[i] = 1
    if (moves) for (const reader of this.#readers) reader.removed(place)
  }

  #setOut(account: number, later: number, place: number): void {
    if (later === 0) this.#lastOut[account] = place
    else this.#chunk(later).links[8 * (later & (CHUNK - 1)) + OUT] = place
  }

  #setIn(account: number, later: number, place: number): void {
    if (later === 0) this.#lastIn[account] = place
    else this.#chunk(later).links[8 * (later & (CHUNK - 1)) + IN] = place
  }

  #stray(place: number): void {
    this.#chunk(place).stray[place & (CHUNK - 1)] = 1
    let i = this.#strays.length
    while (i > 0 && this.compare(this.#strays[i - 1] as number, place) > 0) i--
    this.#strays.splice(i, 0, place)
  }

  /** Lets go of what is older than `keep`. What came out of turn goes in its turn. */
  #expire(): void {
    const since = this.since
    for (;;) {
      while (this.#strays.length > 0 && !this.isKept(this.#strays[0] as number)) this.#strays.shift()
      while (this.#start < this.#latest && !this.isKept(this.#start)) this.#start++
      const stray = this.#strays[0]
      const place = stray !== undefined && this.compare(stray, this.#start) < 0 ? stray : this.#start
      if (this.e(place) >= since) break
      this.#places.remove(place)
      const [chunk, i] = [this.#chunk(place), place & (CHUNK - 1)]
      if (this.from(place) !== this.to(place)) for (const reader of this.#readers) reader.expired(place)
      chunk.gone[i] = 1
    }
    while ((this.#start >>> 14) - this.#freed > 0) {
      this.#chunks.shift()
      this.#freed++
    }
  }

  #reserve(accounts: number): void {
    if (accounts <= this.#lastOut.length) return
    this.#lastOut = grown(this.#lastOut, Math.ceil(accounts * GROWTH))
    this.#lastIn = grown(this.#lastIn, Math.ceil(accounts * GROWTH))
  }
}

function bytesOf(text: string): Buffer {
  return Buffer.from(text)
}

function textOf(column: TextColumn, i: number): Uint8Array {
  return column.bytes.subarray(column.start(i), column.end(i))
}

/** Where among its `records` a payment lies. */
export function slotOf(place: number): number {
  return place & (CHUNK - 1)
}
