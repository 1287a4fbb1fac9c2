/** Somebody signed in, for as long as that lasts: a connection that stays open asks to be told of the end. */
import type { Revocations } from './revocations.ts'
import type { DeskUser } from './users.ts'

/** Why a session ended: its token's time is over, or an administrator took it back. */
export type SessionEnd = 'expired' | 'revoked'

export type Session = {
  readonly user: DeskUser
  /** What it rests on, for what outlives it and has to end with that token. */
  readonly token: Pick<SignedIn, 'issuedAt' | 'tokenId'>
  /** ms since 1970; null: it does not end by itself. */
  readonly expiresAt: number | null
  /** Calls back once, never before it returns; at once for a session that is over already. Returns how to stop listening. */
  onEnd(listener: (why: SessionEnd) => void): () => void
}

/** What a token says. `issuedAt` and `expiresAt` in ms since 1970, null for a token of the configuration; `tokenId`: its `jti`, or its hash. */
export type SignedIn = { user: DeskUser; issuedAt: number | null; expiresAt: number | null; tokenId: string | undefined }

/** As long as a timer can be set for. */
const LONGEST_TIMER_MS = 2 ** 31 - 1

export function openSession(signedIn: SignedIn, revocations: Revocations): Session {
  const { user, issuedAt, expiresAt, tokenId } = signedIn
  const onEnd = (listener: (why: SessionEnd) => void) => {
    let timer: NodeJS.Timeout | undefined
    const stop = () => {
      clearTimeout(timer)
      deafen()
    }
    const end = (why: SessionEnd) => {
      stop()
      listener(why)
    }
    const deafen = revocations.listen(() => revocations.include(signedIn) && end('revoked'))
    const wait = () => {
      const left = expiresAt === null ? Infinity : expiresAt - Date.now()
      if (revocations.include(signedIn)) end('revoked')
      else if (left <= 0) end('expired')
      else if (expiresAt !== null) timer = setTimeout(wait, Math.min(left, LONGEST_TIMER_MS)).unref()
    }
    timer = setTimeout(wait, 0).unref()
    return stop
  }
  return { user, token: { issuedAt, tokenId }, expiresAt, onEnd }
}
