/** What comes one by one, taken together: the first at once, and from then on no more often than every few milliseconds. */
export type BatchOptions<T> = {
  most: number
  everyMs: number
  signal: AbortSignal
  take(batch: T[]): Promise<void>
  /** Told each time when everything that was there is taken. */
  onIdle(): void
}

/**
 * Hands `take` what has come, `most` at most, one batch after the other; no more than that is read ahead. Resolves when the source ends or `signal` aborts;
 * rejects with what the source or `take` threw.
 */
export async function inBatches<T>(source: AsyncIterable<T>, { most, everyMs, signal, take, onIdle }: BatchOptions<T>): Promise<void> {
  const waiting: T[] = []
  const [came, left] = [new Bell(), new Bell()]
  const iterator = source[Symbol.asyncIterator]()
  let ended: { error?: unknown } | undefined
  const fill = async () => {
    for (let next = await iterator.next(); next.done !== true && !signal.aborted; next = await iterator.next()) {
      waiting.push(next.value)
      came.ring()
      while (waiting.length >= most && !signal.aborted) await left.rung()
    }
  }
  fill().then(
    () => end({}),
    (error: unknown) => end({ error }),
  )
  const end = (how: { error?: unknown }) => {
    ended = how
    came.ring()
  }
  const abort = () => {
    came.ring()
    left.ring()
  }
  signal.addEventListener('abort', abort, { once: true })
  try {
    while (!signal.aborted) {
      // What is there comes within a turn.
      await new Promise((resolve) => setImmediate(resolve))
      if (waiting.length === 0) {
        if (ended !== undefined) break
        onIdle()
        await came.rung()
        continue
      }
      const started = Date.now()
      const batch = waiting.splice(0, most)
      left.ring()
      await take(batch)
      if (waiting.length < most) await new Promise((resolve) => setTimeout(resolve, everyMs - (Date.now() - started)))
    }
    if (ended !== undefined && 'error' in ended) throw ended.error
  } finally {
    signal.removeEventListener('abort', abort)
    // It may be in the middle of waiting for the next one: it is let go of without waiting.
    iterator.return?.().catch(() => undefined)
  }
}

/** Wakes whoever waits for it. */
class Bell {
  #wake: (() => void) | undefined

  ring(): void {
    this.#wake?.()
    this.#wake = undefined
  }

  rung(): Promise<void> {
    return new Promise((resolve) => (this.#wake = resolve))
  }
}
