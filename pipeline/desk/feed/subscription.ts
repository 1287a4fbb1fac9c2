/**
 * A reader of one stream, whatever the channel: it catches up (a snapshot, or the entries after a place) at its own pace, then goes live in the
 * same turn of the event loop in which nothing is left to catch up on: no gap, no double. `prev` is the sequence sent before on the
 * subscription, so filters never look like loss.
 *
 * A live reader that is slow has its entries held back. From half a mebibyte on, held revisions of one alert become the last one, which carries
 * the whole state; with a whole mebibyte the reader is let go with a cursor to come back with. What is held are references: the bytes are shared.
 */
import type { AlertFilter } from '../../contract/feed.ts'
import type { PublishedAlert } from '../../contract/index.ts'
import type { Channel, LiveReader } from './channel.ts'
import { testOf } from './filter.ts'
import type { EntryFrames } from './frames.ts'
import { thisTurn } from './turn.ts'

/** What a reader may leave unread, in bytes; from half of it on its entries are conflated. */
export const MAX_QUEUED_BYTES = 1 << 20
/** As much as this is handed to the system; the rest is held, where it can still be conflated. */
export const ROOM_BYTES = 64 << 10
/** So many entries or alerts at a time, of a snapshot no more than so many bytes. */
const PORTION = 200
const PART_BYTES = 256 << 10

/** An alert of a snapshot, and it in JSON. */
export type Standing = { alert: PublishedAlert; json: string }

/** Where subscriptions write to: a WebSocket, an event stream, a request that waits. Nothing of it throws. */
export type Outlet = {
  /** Bytes written and not yet taken. */
  readonly queued: number
  /** Bytes that all subscriptions of this outlet hold back. */
  held: number
  readonly isOpen: boolean
  /** Resolves once there is room again, or never will be. */
  room(): Promise<void>
  snapshot(sid: string, items: readonly Standing[], part: number, last: boolean, seq: number): void
  event(sid: string, frames: EntryFrames, prev: number, conflated: number): void
  live(sid: string, seq: number): void
  /** Told when half of what may be queued is. */
  lagging?(sid: string, queuedBytes: number, conflating: boolean): void
  tooSlow(): void
}

export type SubscriptionOptions = {
  channel: Channel
  outlet: Outlet
  /** Its name, where an outlet has several. */
  sid?: string
  filter?: AlertFilter | undefined
  conflate?: boolean | undefined
}

type Held = { frames: EntryFrames; conflated: number }

export class Subscription implements LiveReader {
  readonly channel: Channel
  readonly #outlet: Outlet
  readonly #sid: string
  readonly #filter: AlertFilter
  readonly #lets: ((alert: PublishedAlert) => boolean) | undefined
  readonly #mayConflate: boolean
  /** By sequence; by alert while conflating. In the order of their sequences. */
  readonly #held = new Map<number | string, Held>()
  /** Sequence last sent, and sequence last looked at: the filter may have let entries go by, others may be held. */
  #sent = 0
  #seen = 0
  /** Where the reader stands: everything up to here it has got, or something newer is on its way. */
  #at: number | undefined
  #isOver = false
  #hasBeenLive = false
  #conflating = false
  /** The turn of the event loop in which the first of the held entries came. */
  #laggingSince: number | undefined
  #isTold = false

  constructor({ channel, outlet, sid = '', filter = {}, conflate = true }: SubscriptionOptions) {
    this.channel = channel
    this.#sid = sid
    this.#outlet = outlet
    this.#filter = filter
    this.#lets = testOf(filter)
    this.#mayConflate = conflate
  }

  /** The sequence its cursor stands at; undefined as long as a snapshot is not all there. */
  get at(): number | undefined {
    return this.#at
  }

  /** Catches up from after `seq` on, or from a snapshot of now, and goes live. Resolves when that is done, or the reader is gone. */
  async begin(after: number | 'snapshot'): Promise<void> {
    const seq = after === 'snapshot' ? this.channel.stream.seq : after
    this.#sent = seq
    this.#seen = seq
    if (after === 'snapshot' && !(await this.#snapshot(this.channel.stream.latest(this.#filter), seq))) return
    this.#at = seq
    await this.#catchUp()
  }

  end(): void {
    this.#isOver = true
    this.channel.leave(this)
    this.#drop()
  }

  /** A new entry of the stream, while live. */
  take(frames: EntryFrames): void {
    const { seq, alert } = frames.entry
    // It went live while the others were told of an entry that it has already caught up on.
    if (seq <= this.#seen) return
    this.#seen = seq
    if (this.#lets?.(alert) === false) {
      if (this.#held.size === 0) this.#at = seq
    } else if (this.#held.size === 0 && this.#outlet.queued < ROOM_BYTES) this.#write(frames, 0)
    else this.#hold(frames)
  }

  /** There is room again: what was held goes out. Returns whether all of it did. */
  flush(): boolean {
    for (const [key, { frames, conflated }] of this.#held) {
      if (this.#outlet.queued >= ROOM_BYTES) return false
      this.#held.delete(key)
      this.#outlet.held -= frames.bytes
      this.#write(frames, conflated)
    }
    if (this.#at !== undefined) this.#at = this.#seen
    this.#drop()
    return true
  }

  async #snapshot(alerts: readonly PublishedAlert[], seq: number): Promise<boolean> {
    let from = 0
    for (let part = 1; part === 1 || from < alerts.length; part++) {
      if (!(await this.#hasRoom())) return false
      const items = partOf(alerts, from)
      from += items.length
      this.#outlet.snapshot(this.#sid, items, part, from >= alerts.length, seq)
    }
    return !this.#isGone()
  }

  async #catchUp(): Promise<void> {
    const { channel } = this
    while (this.#seen < channel.stream.seq) {
      const missed = channel.stream.after(this.#seen, PORTION) ?? (await channel.stream.read(this.#seen, PORTION).catch(() => undefined))
      if (missed === undefined || missed.length === 0) return this.#outlet.tooSlow()
      for (const entry of missed) {
        if (this.#lets?.(entry.alert) !== false) {
          if ((this.#isGone() || this.#outlet.queued >= ROOM_BYTES) && !(await this.#hasRoom())) return
          this.#write(channel.frames(entry), 0)
        }
        this.#seen = entry.seq
        this.#at = entry.seq
      }
    }
    if (this.#isGone()) return
    channel.join(this)
    if (!this.#hasBeenLive) this.#outlet.live(this.#sid, this.#seen)
    this.#hasBeenLive = true
  }

  /** Waits until there is room; false when the reader is gone. */
  async #hasRoom(): Promise<boolean> {
    while (!this.#isGone() && this.#outlet.queued >= ROOM_BYTES) await this.#outlet.room()
    return !this.#isGone()
  }

  #isGone(): boolean {
    return this.#isOver || !this.#outlet.isOpen
  }

  #write(frames: EntryFrames, conflated: number): void {
    const { seq } = frames.entry
    this.#outlet.event(this.#sid, frames, this.#sent, conflated)
    this.#sent = seq
    this.#at = seq
  }

  #hold(frames: EntryFrames): void {
    const outlet = this.#outlet
    this.#laggingSince ??= thisTurn()
    this.#put(this.#conflating ? frames.entry.alert.id : frames.entry.seq, { frames, conflated: 0 })
    const queued = outlet.queued + outlet.held
    if (queued < MAX_QUEUED_BYTES / 2) return
    if (!this.#isTold) outlet.lagging?.(this.#sid, queued, this.#mayConflate)
    this.#isTold = true
    if (this.#mayConflate && !this.#conflating) this.#conflate()
    if (outlet.queued + outlet.held >= MAX_QUEUED_BYTES) this.#overflow()
  }

  /** Last in the order; what was held under this key is left out. */
  #put(key: number | string, { frames, conflated }: Held): void {
    const older = this.#held.get(key)
    this.#held.delete(key)
    this.#held.set(key, { frames, conflated: conflated + (older === undefined ? 0 : older.conflated + 1) })
    this.#outlet.held += frames.bytes - (older?.frames.bytes ?? 0)
  }

  #conflate(): void {
    const held = [...this.#held.values()]
    for (const { frames } of held) this.#outlet.held -= frames.bytes
    this.#held.clear()
    this.#conflating = true
    for (const one of held) this.#put(one.frames.entry.alert.id, one)
  }

  /** What comes in one turn of the event loop, before any socket could take something, says nothing about the reader: it catches up again. */
  #overflow(): void {
    if (this.#laggingSince !== thisTurn()) return this.#outlet.tooSlow()
    this.channel.leave(this)
    this.#drop()
    this.#seen = this.#at ?? this.#seen
    // Cannot fail: what it writes to does not throw.
    void this.#catchUp()
  }

  /** Holds nothing any more. */
  #drop(): void {
    for (const { frames } of this.#held.values()) this.#outlet.held -= frames.bytes
    this.#held.clear()
    this.#conflating = false
    this.#laggingSince = undefined
    this.#isTold = false
  }
}

function partOf(alerts: readonly PublishedAlert[], from: number): Standing[] {
  const items: Standing[] = []
  let bytes = 0
  for (const alert of alerts.slice(from, from + PORTION)) {
    const json = JSON.stringify(alert)
    items.push({ alert, json })
    bytes += json.length
    if (bytes >= PART_BYTES) break
  }
  return items
}
