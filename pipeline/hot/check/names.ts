/** Texts as numbers, from 1 on in the order they first came; 0 is no text. */
export class Names {
  readonly #numbers = new Map<string, number>()
  readonly #texts: string[] = ['']

  number(text: string | null | undefined): number {
    if (text === null || text === undefined) return 0
    let n = this.#numbers.get(text)
    if (n === undefined) {
      n = this.#texts.push(text) - 1
      this.#numbers.set(text, n)
    }
    return n
  }

  /** Gives a text the next number, whether or not it has one. */
  append(text: string): void {
    this.#numbers.set(text, this.#texts.push(text) - 1)
  }

  /** The last number given. */
  get size(): number {
    return this.#texts.length - 1
  }

  text(n: number): string | undefined {
    return n === 0 ? undefined : this.#texts[n]
  }
}
