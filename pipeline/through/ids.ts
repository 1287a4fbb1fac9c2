/** Texts as dense whole numbers, from 0 on in the order they first came. A number says nothing of its text: what is shown or compared is the text. */
export class Ids {
  readonly #numbers = new Map<string, number>()
  readonly #texts: string[] = []

  /** The number of a text, a new one for a new text. */
  of(text: string): number {
    let id = this.#numbers.get(text)
    if (id === undefined) {
      id = this.#texts.push(text) - 1
      this.#numbers.set(text, id)
    }
    return id
  }

  find(text: string): number | undefined {
    return this.#numbers.get(text)
  }

  text(id: number): string {
    return this.#texts[id] as string
  }

  get size(): number {
    return this.#texts.length
  }
}
