/**
 * The alerts this tab knows, one (the latest revision) per id, and how the connection stands.
 * Frames change it at once; readers see a new view at most once per animation frame, and less often when there is much to sort.
 */
import type { PublishedAlert } from '../../../../pipeline/contract/alert.ts'

export type Phase = 'connecting' | 'loading' | 'live' | 'waiting' | 'closed'
export type Notice = { kind: 'resumed'; count: number } | { kind: 'reloaded' }
export type Connection = {
  phase: Phase
  /** When the last frame came, in ms of Date.now(); undefined before the first. */
  lastFrameAt: number | undefined
  heartbeatMs: number
  attempt: number
  /** When the next attempt starts, while `waiting`. */
  retryAt: number | undefined
  /** Alerts received so far of a snapshot still coming in. */
  loaded: number
  notice: Notice | undefined
  closedWhy: string | undefined
  /** The token is not, or no longer, accepted. */
  refused: boolean
}
export type View = { alerts: readonly PublishedAlert[]; byId: ReadonlyMap<string, PublishedAlert>; ready: boolean; capped: boolean; connection: Connection }

/** More than this is kept on the server only. */
export const ALERTS_KEPT = 20_000
const MANY = 2_000
const MANY_PAUSE_MS = 250
const HIDDEN_PAUSE_MS = 1_000

const AT_START: Connection = {
  phase: 'connecting',
  lastFrameAt: undefined,
  heartbeatMs: 10_000,
  attempt: 0,
  retryAt: undefined,
  loaded: 0,
  notice: undefined,
  closedWhy: undefined,
  refused: false,
}

export class FeedStore {
  #alerts = new Map<string, PublishedAlert>()
  #incoming: Map<string, PublishedAlert> | undefined
  #capped = false
  #ready = false
  #connection = AT_START
  #view: View = { alerts: [], byId: new Map(), ready: false, capped: false, connection: AT_START }
  #alertsChanged = false
  #scheduled = false
  #shownAt = 0
  readonly #readers = new Set<() => void>()
  readonly #arrivals = new Set<(alert: PublishedAlert) => void>()

  readonly subscribe = (reader: () => void): (() => void) => {
    this.#readers.add(reader)
    return () => this.#readers.delete(reader)
  }
  readonly view = (): View => this.#view

  /** Told of every alert that a live event opens; never of a snapshot. */
  onArrival(listener: (alert: PublishedAlert) => void): () => void {
    this.#arrivals.add(listener)
    return () => this.#arrivals.delete(listener)
  }

  connection(): Connection {
    return this.#connection
  }

  setConnection(change: Partial<Connection>): void {
    this.#connection = { ...this.#connection, ...change }
    this.#changed()
  }

  /** One part of a snapshot. The old alerts stay in view until the last part is in. */
  addSnapshot(items: readonly PublishedAlert[], first: boolean, last: boolean): void {
    const incoming = first || this.#incoming === undefined ? new Map<string, PublishedAlert>() : this.#incoming
    for (const alert of items) incoming.set(alert.id, alert)
    this.#incoming = last ? undefined : incoming
    this.setConnection({ loaded: incoming.size })
    if (!last) return
    this.#alerts = incoming
    this.#capped = false
    this.#ready = true
    this.#alertsTouched()
  }

  /** The present state is known although no snapshot came: a resumed subscription. */
  markReady(): void {
    this.#ready = true
    this.#alertsTouched()
  }

  addRevision(alert: PublishedAlert): void {
    const known = this.#alerts.get(alert.id)
    if (known !== undefined && known.revision >= alert.revision) return
    this.#alerts.set(alert.id, alert)
    if (known === undefined) for (const listener of this.#arrivals) listener(alert)
    this.#alertsTouched()
  }

  #alertsTouched(): void {
    this.#alertsChanged = true
    this.#changed()
  }

  #changed(): void {
    if (this.#scheduled) return
    this.#scheduled = true
    const show = () => {
      this.#scheduled = false
      this.#show()
    }
    const pause = document.hidden ? HIDDEN_PAUSE_MS : this.#alerts.size > MANY ? Math.max(0, MANY_PAUSE_MS - (performance.now() - this.#shownAt)) : 0
    // A hidden page gets no animation frames, but its title and its memory must keep up.
    if (document.hidden) window.setTimeout(show, pause)
    else if (pause > 0) window.setTimeout(() => requestAnimationFrame(show), pause)
    else requestAnimationFrame(show)
  }

  #show(): void {
    if (this.#alertsChanged) this.#trim()
    const alerts = this.#alertsChanged ? [...this.#alerts.values()] : this.#view.alerts
    const byId = this.#alertsChanged ? new Map(this.#alerts) : this.#view.byId
    this.#alertsChanged = false
    this.#shownAt = performance.now()
    this.#view = { alerts, byId, ready: this.#ready, capped: this.#capped, connection: this.#connection }
    for (const reader of this.#readers) reader()
  }

  /** Drops what is resolved, then what is oldest, a tenth at a time. */
  #trim(): void {
    if (this.#alerts.size <= ALERTS_KEPT) return
    const rank = (a: PublishedAlert) => (a.state === 'resolved' ? 0 : 1)
    const sorted = [...this.#alerts.values()].sort((a, b) => rank(a) - rank(b) || (a.at < b.at ? -1 : 1))
    for (const alert of sorted.slice(0, this.#alerts.size - ALERTS_KEPT * 0.9)) this.#alerts.delete(alert.id)
    this.#capped = true
  }
}
