/** Where durable subscriptions stand: kept by the desk, so that a reader may forget its cursor. */
import type { AlertFilter } from '../../contract/feed.ts'

export type Durables = {
  /** The sequence acknowledged last; undefined for a name that is new to the stream. */
  position(stream: string, name: string): Promise<number | undefined>
  /** Everything up to `seq` that the filter lets through has arrived; one before the position changes nothing. Is kept once it resolves. */
  acknowledge(stream: string, name: string, seq: number, user: string, filter?: AlertFilter): Promise<void>
}

/** For as long as the process lives. */
export class DurablesInMemory implements Durables {
  readonly #positions = new Map<string, number>()

  position(stream: string, name: string): Promise<number | undefined> {
    return Promise.resolve(this.#positions.get(`${stream} ${name}`))
  }

  acknowledge(stream: string, name: string, seq: number): Promise<void> {
    const key = `${stream} ${name}`
    this.#positions.set(key, Math.max(seq, this.#positions.get(key) ?? 0))
    return Promise.resolve()
  }
}

/** The acknowledgements of one subscription: one is kept at a time, and of those that come meanwhile the last. */
export class Acknowledgements {
  readonly #keep: (seq: number) => Promise<void>
  #wanted = -1
  #kept = -1
  #isBusy = false

  constructor(keep: (seq: number) => Promise<void>) {
    this.#keep = keep
  }

  /** Rejects when it could not be kept; a later one may. */
  async take(seq: number): Promise<void> {
    this.#wanted = Math.max(seq, this.#wanted)
    if (this.#isBusy) return
    this.#isBusy = true
    try {
      while (this.#kept < this.#wanted) {
        const next = this.#wanted
        await this.#keep(next)
        this.#kept = next
      }
    } finally {
      this.#isBusy = false
    }
  }
}
