/** Names as numbers: each text gets the next number from 0 on, and keeps it. */
export class Ids {
  readonly #numbers = new Map<string, number>()
  readonly #texts: string[] = []

  /** The number of `text`, a new one when it has none. */
  of(text: string): number {
    const known = this.#numbers.get(text)
    if (known !== undefined) return known
    const id = this.#texts.length
    this.#numbers.set(text, id)
    this.#texts.push(text)
    return id
  }

  find(text: string): number | undefined {
    return this.#numbers.get(text)
  }

  /** The text of a number that was given out; another is a RangeError. */
  text(id: number): string {
    const text = this.#texts[id]
    if (text === undefined) throw new RangeError(`no text has the number ${id}`)
    return text
  }

  get size(): number {
    return this.#texts.length
  }
}
