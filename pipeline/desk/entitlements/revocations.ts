/** Tokens that hold no longer, though their time is not over: one by its id, or all that a user had been given by then. */
import type { SignedIn } from './session.ts'

/** `at`: ms since 1970. By name: the user's tokens issued until then; whoever signs in anew is let in again. */
export type Revocation = { tokenId: string } | { name: string; at: number }

export class Revocations {
  readonly #tokens = new Set<string>()
  readonly #names = new Map<string, number>()
  readonly #listeners = new Set<() => void>()

  constructor(known: readonly Revocation[] = []) {
    for (const revocation of known) this.#take(revocation)
  }

  add(revocation: Revocation): void {
    this.#take(revocation)
    for (const listener of this.#listeners) listener()
  }

  include({ user, issuedAt, tokenId }: Pick<SignedIn, 'issuedAt' | 'tokenId'> & { user: { name: string } }): boolean {
    if (tokenId !== undefined && this.#tokens.has(tokenId)) return true
    return issuedAt !== null && issuedAt <= (this.#names.get(user.name) ?? -Infinity)
  }

  /** Calls back after each revocation; returns how to stop. */
  listen(listener: () => void): () => void {
    this.#listeners.add(listener)
    return () => this.#listeners.delete(listener)
  }

  #take(revocation: Revocation): void {
    if ('tokenId' in revocation) this.#tokens.add(revocation.tokenId)
    else this.#names.set(revocation.name, Math.max(revocation.at, this.#names.get(revocation.name) ?? -Infinity))
  }
}
