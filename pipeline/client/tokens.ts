/** Where a connection's token comes from, and a new one shortly before a JWT ends. */
import type { FeedOptions } from './feed.ts'
import type { Session } from './session.ts'

const BEFORE_END_MS = 30_000
const LONGEST_TIMER_MS = 2 ** 31 - 1

export class Tokens {
  readonly #source: FeedOptions['token']
  #renewing: NodeJS.Timeout | undefined

  constructor(source: FeedOptions['token']) {
    this.#source = source
  }

  get canRenew(): boolean {
    return typeof this.#source === 'function'
  }

  async get(): Promise<string> {
    return typeof this.#source === 'function' ? this.#source() : this.#source
  }

  /** Sends a new token over the session when half a minute, or a third of the time left, is left of this one. */
  renewFor(session: Session, token: string): void {
    const end = endOf(token)
    if (!this.canRenew || end === undefined) return
    const left = end - Date.now()
    const ms = Math.max(1000, left - Math.min(BEFORE_END_MS, left / 3))
    this.forget()
    if (ms < LONGEST_TIMER_MS) this.#renewing = setTimeout(() => void this.#renew(session), ms).unref()
  }

  forget(): void {
    clearTimeout(this.#renewing)
  }

  async #renew(session: Session): Promise<void> {
    try {
      const token = await this.get()
      session.send({ op: 'auth', token })
      this.renewFor(session, token)
    } catch {
      // The desk ends the connection when the old one has ended, and the next connection asks again.
    }
  }
}

/** `exp` of a JWT in ms; undefined for any other token. It is read, not trusted: the desk decides. */
export function endOf(token: string): number | undefined {
  try {
    const claims = JSON.parse(Buffer.from(token.split('.')[1] ?? '', 'base64url').toString()) as { exp?: unknown }
    return typeof claims.exp === 'number' ? claims.exp * 1000 : undefined
  } catch {
    return undefined
  }
}
