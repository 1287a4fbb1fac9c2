/** Texts as dense numbers, in the order in which they came: string ids outside, numbers inside. */
export class Ids {
  readonly #numbers = new Map<string, number>()
  readonly #texts: string[] = []

  /** The number of `text`, a new one where it has none. */
  of(text: string): number {
    let id = this.#numbers.get(text)
    if (id === undefined) {
      id = this.#texts.length
      this.#numbers.set(text, id)
      this.#texts.push(text)
    }
    return id
  }

  find(text: string): number | undefined {
    return this.#numbers.get(text)
  }

  /** Throws RangeError for a number that no text has. */
  text(id: number): string {
    const text = this.#texts[id]
    if (text === undefined) throw new RangeError(`no text has the number ${id}`)
    return text
  }

  get size(): number {
    return this.#texts.length
  }
}
