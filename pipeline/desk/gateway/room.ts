/** How much the gateway has in hand, of all requests: what does not fit is refused (LT-2153) instead of waiting in memory. */
import { LookthroughError } from '../../contract/index.ts'
import { LIMITS } from './limits.ts'

export class Room {
  #bytes = 0
  #events = 0
  readonly #onInFlight: (events: number) => void

  /** `onInFlight`: told how many events are on their way to the log. */
  constructor(onInFlight: (events: number) => void) {
    this.#onInFlight = onInFlight
  }

  get eventsInFlight(): number {
    return this.#events
  }

  /** The place of one request, which must be left. */
  enter(): Place {
    const own = { bytes: 0, events: 0 }
    return {
      bytes: (more) => {
        if (this.#bytes + more > LIMITS.heldBytes) throw new LookthroughError('LT-2153')
        this.#bytes += more
        own.bytes += more
      },
      events: (more) => {
        if (this.#events + more > LIMITS.inFlightEvents) throw new LookthroughError('LT-2153')
        this.#events += more
        own.events += more
        this.#onInFlight(this.#events)
      },
      leave: () => {
        this.#bytes -= own.bytes
        this.#events -= own.events
        if (own.events > 0) this.#onInFlight(this.#events)
        own.bytes = own.events = 0
      },
    }
  }
}

/** `bytes` and `events` take so much more of the room, or throw LT-2153. */
export type Place = { bytes(more: number): void; events(more: number): void; leave(): void }
