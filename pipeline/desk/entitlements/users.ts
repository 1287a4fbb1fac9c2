/** Who may sign in to the desk. */
import { createHash, timingSafeEqual } from 'node:crypto'

export const ROLES = ['supervisor', 'approver', 'desk', 'analyst', 'auditor', 'admin'] as const
export type Role = (typeof ROLES)[number]

/** `institution`: set for a bank's desk, null for the authority's own people. */
export type DeskUser = { name: string; role: Role; institution: string | null; token: string }

export type Users = {
  all: readonly DeskUser[]
  find(token: string): DeskUser | undefined
}

/** Tokens are compared as hashes in constant time, all of them, so that the time taken tells nothing. An empty token is nobody's. */
export function usersOf(users: readonly DeskUser[]): Users {
  const hashed = users.filter((user) => user.token !== '').map((user) => ({ user, hash: sha256(user.token) }))
  return {
    all: users,
    find(token) {
      const given = sha256(token)
      let found: DeskUser | undefined
      for (const { user, hash } of hashed) if (timingSafeEqual(hash, given)) found = user
      return found
    },
  }
}

/** The token of an `Authorization` header. */
export function tokenIn(authorization: string | undefined): string | undefined {
  return /^Bearer +(\S+) *$/i.exec(authorization ?? '')?.[1]
}

function sha256(text: string): Buffer {
  return createHash('sha256').update(text).digest()
}
