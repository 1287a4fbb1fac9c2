/** How many readers there may be at once, on all channels together: in all, and of one user. */
import type { DeskUser } from '../entitlements/users.ts'

export type FeedLimits = { connections: number; connectionsPerUser: number }
export const FEED_LIMITS: FeedLimits = { connections: 10_000, connectionsPerUser: 2_000 }

export class Places {
  readonly limits: FeedLimits
  readonly #changed: (taken: number) => void
  readonly #byUser = new Map<string, number>()
  #taken = 0

  /** `changed` is told how many are taken. */
  constructor(limits: FeedLimits, changed: (taken: number) => void = () => undefined) {
    this.limits = limits
    this.#changed = changed
  }

  /** How to give the place back; undefined when there is none. */
  take({ name }: Pick<DeskUser, 'name'>): (() => void) | undefined {
    const his = this.#byUser.get(name) ?? 0
    if (this.#taken >= this.limits.connections || his >= this.limits.connectionsPerUser) return undefined
    this.#set(name, his + 1, 1)
    let isGiven = false
    return () => {
      if (!isGiven) this.#set(name, (this.#byUser.get(name) ?? 1) - 1, -1)
      isGiven = true
    }
  }

  #set(name: string, his: number, more: 1 | -1): void {
    if (his === 0) this.#byUser.delete(name)
    else this.#byUser.set(name, his)
    this.#taken += more
    this.#changed(this.#taken)
  }
}
