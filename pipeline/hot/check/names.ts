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

  text(n: number): string | undefined {
    return n === 0 ? undefined : this.#texts[n]
  }
}
