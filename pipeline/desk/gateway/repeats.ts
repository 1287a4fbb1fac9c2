/**
 * Requests that say by an `Idempotency-Key` that they may be sent again (draft-ietf-httpapi-idempotency-key-header-07). What is kept of one is the hash of its body
 * and when it was judged: the same body judged by the same time has the same answer. Kept in memory: after a restart a repetition is published again, and the
 * engine counts an event that comes twice once.
 */
import { createHash } from 'node:crypto'
import { type Clock, LookthroughError, steadyClock } from '../../contract/index.ts'
import { LIMITS } from './limits.ts'

/** `judgedAt`: wall time in ms to judge by. One that is no repetition must end with `keep` or `drop`. */
export type Attempt = { isRepeat: boolean; judgedAt: number; keep(): void; drop(): void }

type Known = { body: string; judgedAt: number; since: number; done: boolean }

export class Repeats {
  readonly #known = new Map<string, Known>()
  readonly #clock: Clock

  /** `clock`: how long a key has been kept. */
  constructor(clock: Clock = steadyClock) {
    this.#clock = clock
  }

  get size(): number {
    return this.#known.size
  }

  /** `scope`: whose key it is. Throws LT-2113 for a key that is none, LT-2155 for a key that came with another body, LT-2154 while the first request is in hand. */
  begin(scope: string, header: string, body: readonly (string | Buffer)[], now: number): Attempt {
    const key = hashOf(scope, keyIn(header))
    const hash = hashOf(...body)
    this.#forgetOld()
    const known = this.#known.get(key)
    if (known !== undefined) {
      if (known.body !== hash) throw new LookthroughError('LT-2155')
      if (!known.done) throw new LookthroughError('LT-2154')
      return { isRepeat: true, judgedAt: known.judgedAt, keep: () => undefined, drop: () => undefined }
    }
    const own: Known = { body: hash, judgedAt: now, since: this.#clock.now(), done: false }
    this.#known.set(key, own)
    return { isRepeat: false, judgedAt: now, keep: () => (own.done = true), drop: () => own.done || this.#known.delete(key) }
  }

  /** The oldest stand first. What is in hand stays: there is no more of that than requests. */
  #forgetOld(): void {
    const oldest = this.#clock.now() - LIMITS.keepKeyMs
    for (const [key, { since, done }] of this.#known) {
      if (since > oldest && this.#known.size < LIMITS.keys) return
      if (done) this.#known.delete(key)
    }
  }
}

/** Throws LT-2113. A quoted string, as the draft asks for, or the bare text most senders write. */
export function keyIn(header: string): string {
  const key = /^\s*"(.*)"\s*$/.exec(header)?.[1] ?? header.trim()
  if (key === '' || key.length > LIMITS.keyLength) throw new LookthroughError('LT-2113', { why: `Idempotency-Key: 1–${LIMITS.keyLength}` })
  return key
}

function hashOf(...parts: readonly (string | Buffer)[]): string {
  const hash = createHash('sha256')
  for (const part of parts) hash.update(`${part.length} `).update(part)
  return hash.digest('base64')
}
