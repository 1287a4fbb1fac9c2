/** How many processes of their own callers may have at work at once: each, and all together. */
import { LookthroughError } from '../../contract/index.ts'

const MAX_PER_USER = 2
const MAX_IN_ALL = 4

export class Turns {
  readonly #running: string[] = []

  /** Throws LT-2133 when as many are at work as may be. */
  async take<T>(user: string, work: () => Promise<T>): Promise<T> {
    if (this.#running.length >= MAX_IN_ALL || this.#running.filter((name) => name === user).length >= MAX_PER_USER) throw new LookthroughError('LT-2133')
    this.#running.push(user)
    try {
      return await work()
    } finally {
      this.#running.splice(this.#running.indexOf(user), 1)
    }
  }
}
