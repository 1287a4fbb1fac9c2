/** Tickets: what a browser shows instead of its token when it opens the feed. One use, one minute. */
import { randomBytes } from 'node:crypto'
import type { DeskUser } from '../entitlements/users.ts'

export const TICKET_SECONDS = 60
const MAX_PER_USER = 20

type Ticket = { user: DeskUser; until: number }

export class Tickets {
  /** The oldest first. */
  readonly #tickets = new Map<string, Ticket>()

  /** Of a user's tickets the oldest goes when there are too many. */
  issue(user: DeskUser, now = Date.now()): string {
    for (const [ticket, { until }] of this.#tickets) if (until <= now) this.#tickets.delete(ticket)
    const his = [...this.#tickets].filter(([, other]) => other.user.name === user.name)
    for (const [ticket] of his.slice(0, Math.max(0, his.length - MAX_PER_USER + 1))) this.#tickets.delete(ticket)
    const ticket = randomBytes(24).toString('base64url')
    this.#tickets.set(ticket, { user, until: now + TICKET_SECONDS * 1000 })
    return ticket
  }

  /** Whose it is; the same ticket is nobody's after that. */
  use(ticket: string, now = Date.now()): DeskUser | undefined {
    const found = this.#tickets.get(ticket)
    this.#tickets.delete(ticket)
    return found !== undefined && now < found.until ? found.user : undefined
  }
}
