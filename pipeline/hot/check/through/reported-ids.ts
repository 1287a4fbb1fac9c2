/** When payments were last reported, by id alone, as far as it matters: another report soon after is the same payment, whoever makes it. */
import { grown } from '../../../through/grown.ts'
import type { Span } from '../../../through/span.ts'
import { TextIndex } from '../../../through/text-index.ts'

export class ReportedIds {
  readonly #within: number
  readonly #ids = new TextIndex()
  /** Of each number when its id was last reported, ms, and the numbers reported next and before it; 0: none. */
  #at = new Float64Array(64)
  #later = new Int32Array(64)
  #earlier = new Int32Array(64)
  #first = 0
  #last = 0
  #numbers = 0
  readonly #free: number[] = []

  /** `within`: so long after a report another one is the same payment, ms. */
  constructor(within: number) {
    this.#within = within
  }

  /** An id is reported, no earlier than all before it; whether it was shortly before. */
  isRepeated({ bytes, start, end }: Span, e: number): boolean {
    while (this.#first !== 0 && e - (this.#at[this.#first] as number) > this.#within) this.#forget(this.#first)
    const fresh = this.#free.at(-1) ?? this.#numbers + 1
    const number = this.#ids.numberOf(bytes, start, end, fresh)
    const isKnown = number !== fresh
    if (isKnown) this.#unlink(number)
    else if (this.#free.pop() === undefined) this.#reserve(++this.#numbers)
    this.#append(number, e)
    return isKnown
  }

  #forget(number: number): void {
    this.#ids.delete(number)
    this.#unlink(number)
    this.#free.push(number)
  }

  #append(number: number, e: number): void {
    this.#at[number] = e
    this.#earlier[number] = this.#last
    this.#later[number] = 0
    if (this.#last === 0) this.#first = number
    else this.#later[this.#last] = number
    this.#last = number
  }

  #unlink(number: number): void {
    const [earlier, later] = [this.#earlier[number] as number, this.#later[number] as number]
    if (earlier === 0) this.#first = later
    else this.#later[earlier] = later
    if (later === 0) this.#last = earlier
    else this.#earlier[later] = earlier
  }

  #reserve(number: number): void {
    this.#at = grown(this.#at, number + 1)
    this.#later = grown(this.#later, number + 1)
    this.#earlier = grown(this.#earlier, number + 1)
  }
}
