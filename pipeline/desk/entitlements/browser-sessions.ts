/**
 * Those whom a browser has signed in: a cookie stands for a session of theirs, which is over with its token, when that is taken back, or when they sign out.
 * Kept in memory: after a restart one signs in again. The cookie is told apart by its hash, is of no use to scripts and is sent to this origin alone.
 */
import { createHash, randomBytes } from 'node:crypto'
import type { IncomingHttpHeaders } from 'node:http'
import { LookthroughError } from '../../contract/index.ts'
import type { Session, SessionEnd } from './session.ts'

const MAX_PER_USER = 20

type Held = { session: Session; end(): void }

export class BrowserSessions {
  readonly #origin: string
  readonly #name: string
  /** By the hash of what the cookie says, the oldest first. */
  readonly #held = new Map<string, Held>()

  /** `origin`: where the browser finds the desk, `https://desk.example`. */
  constructor(origin: string) {
    this.#origin = origin
    this.#name = cookieName(origin, 'session')
  }

  /** The `Set-Cookie` by which the browser is known from now on. Of a user's sessions the oldest goes when there are too many. */
  open(session: Session): string {
    const value = randomBytes(32).toString('base64url')
    const key = hashOf(value)
    const his = [...this.#held.values()].filter((held) => held.session.user.name === session.user.name)
    for (const held of his.slice(0, Math.max(0, his.length - MAX_PER_USER + 1))) held.end()
    this.#held.set(
      key,
      endable(session, () => this.#held.delete(key)),
    )
    return setCookie(this.#origin, 'session', value, 'Strict')
  }

  /** `isChange`: whether the request changes something, or stays open. Throws LT-2105 for one that another origin's page may have made. */
  callerOf(headers: IncomingHttpHeaders, { isChange }: { isChange: boolean }): Session | undefined {
    const session = this.#heldBy(headers)?.session
    if (session === undefined || (session.expiresAt !== null && session.expiresAt <= Date.now())) return undefined
    if (!this.#isOwn(headers, isChange)) throw new LookthroughError('LT-2105', { origin: this.#origin })
    return session
  }

  /** The session is over, with all it has open; returns the `Set-Cookie` that takes the cookie back. */
  end(headers: IncomingHttpHeaders): string {
    this.#heldBy(headers)?.end()
    return setCookie(this.#origin, 'session', '', 'Strict')
  }

  #heldBy(headers: IncomingHttpHeaders): Held | undefined {
    const value = cookieIn(headers, this.#name)
    return value === undefined ? undefined : this.#held.get(hashOf(value))
  }

  /** Browsers name the origin of whatever changes something or opens a WebSocket. */
  #isOwn({ origin, 'sec-fetch-site': site }: IncomingHttpHeaders, isChange: boolean): boolean {
    return origin === undefined ? !isChange || site === 'same-origin' : origin === this.#origin
  }
}

/** The session, which can be ended by hand as well; `onGone` is called once, however it ends. */
function endable(session: Session, onGone: () => void): Held {
  const listening = new Set<(why: SessionEnd) => void>()
  let ended: SessionEnd | undefined
  const over = (why: SessionEnd) => {
    ended = why
    stop()
    onGone()
    for (const listener of listening) listener(why)
    listening.clear()
  }
  const stop = session.onEnd(over)
  const onEnd = (listener: (why: SessionEnd) => void) => {
    // A ticket may bring it back after its end.
    const told = ended === undefined ? undefined : setTimeout(listener, 0, ended)
    listening.add(listener)
    return () => {
      clearTimeout(told)
      listening.delete(listener)
    }
  }
  return { session: { ...session, onEnd }, end: () => over('expired') }
}

/** What the cookie of this name says; an empty one says nothing. */
export function cookieIn({ cookie = '' }: IncomingHttpHeaders, name: string): string | undefined {
  const pair = cookie.split(';').find((part) => part.trim().startsWith(`${name}=`))
  return pair?.trim().slice(name.length + 1) || undefined
}

/** `__Host-`: no other host of the domain, and nothing unprotected, can have set it (RFC 6265bis §4.1.3). */
export function cookieName(origin: string, what: 'session' | 'sign-in'): string {
  return `${origin.startsWith('https:') ? '__Host-' : ''}lookthrough-${what}`
}

/** An empty value takes the cookie back. */
export function setCookie(origin: string, what: 'session' | 'sign-in', value: string, sameSite: 'Strict' | 'Lax', maxAge?: number): string {
  const age = value === '' ? 0 : maxAge
  const parts = [`${cookieName(origin, what)}=${value}`, 'Path=/', 'HttpOnly', `SameSite=${sameSite}`]
  return [...parts, ...(origin.startsWith('https:') ? ['Secure'] : []), ...(age === undefined ? [] : [`Max-Age=${age}`])].join('; ')
}

function hashOf(value: string): string {
  return createHash('sha256').update(value).digest('base64url')
}
