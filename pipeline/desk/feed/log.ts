/**
 * The alerts as the desk knows them: per stream (one for the authority, one per institution) the revisions its viewers may see, already reduced to what they
 * may see of them, in one order with a sequence of its own from 1 on. Here are the last revision of each alert and the newest entries; the archive has the rest.
 */
import { randomBytes } from 'node:crypto'
import type { AlertFilter } from '../../contract/feed.ts'
import type { PublishedAlert } from '../../contract/index.ts'
import { streamOf, type Viewer, viewFor } from '../entitlements/see.ts'
import { matches } from './filter.ts'

/** `at`: when it came in, wall ms. */
export type Entry = { seq: number; at: number; alert: PublishedAlert }

/** Where entries lie that are no longer in memory. */
export type Archive = {
  /** Entries of a stream with `from` < seq ≤ `to`, the first `max`. */
  entries(stream: string, from: number, to: number, max: number): Promise<Entry[]>
  /** Entries of one alert in a stream, seq ≤ `to`, in order. */
  entriesOf(stream: string, alert: string, to: number): Promise<Entry[]>
  /** The last sequence of a stream, up to `to`, that came before `at`, wall ms; undefined where none that is kept did. */
  lastBefore(stream: string, to: number, at: number): Promise<number | undefined>
}

/** A revision that has a number in a stream and is not shown yet; without an entry: the alert is not this stream's any more. `length`: of its JSON, known once it is written. */
export type Admitted = { stream: AlertStream; id: string; entry?: Entry; length?: number }

/** `epoch`: numbers hold within it. `key`: cursors are authenticated with it. Both live as long as what the numbers are kept in. */
export type LogOptions = { epoch?: string; key?: Buffer; archive?: Archive }

const AUTHORITY: Viewer = { role: 'admin', institution: null }

export class AlertLog {
  readonly epoch: string
  readonly key: Buffer
  readonly #archive: Archive | undefined
  readonly #streams = new Map<string, AlertStream>()

  constructor({ epoch = randomBytes(6).toString('base64url'), key = randomBytes(32), archive }: LogOptions = {}) {
    this.epoch = epoch
    this.key = key
    this.#archive = archive
  }

  /** Takes a revision in and shows it; one that is known already (sent again after a crash) changes nothing. */
  add(alert: PublishedAlert): void {
    this.show(this.admit([{ alert, at: Date.now() }]))
  }

  /** Numbers what comes in. Nobody sees any of it until `show`; between the two, nothing else is admitted. `at`: when it came, wall ms. */
  admit(revisions: readonly { alert: PublishedAlert; at: number }[]): Admitted[] {
    const admitted: Admitted[] = []
    for (const { alert, at } of revisions) {
      for (const viewer of [AUTHORITY, { role: 'desk', institution: alert.institution } as const]) {
        const stream = this.of(viewer)
        const view = viewFor(viewer, alert)
        const entry = view === undefined ? undefined : stream.admit(view, at)
        if (entry !== undefined) admitted.push({ stream, id: alert.id, entry })
        // An alert is what its last revision says: once that is not disclosed any more, the bank finds none.
        else if (view === undefined && stream.withdraw(alert.id)) admitted.push({ stream, id: alert.id })
      }
    }
    return admitted
  }

  show(admitted: readonly Admitted[]): void {
    for (const { stream, id, entry } of admitted) stream.show(id, entry)
  }

  of(viewer: Viewer): AlertStream {
    return this.stream(streamOf(viewer))
  }

  /** One that nothing has come to is empty. */
  stream(name: string): AlertStream {
    let stream = this.#streams.get(name)
    if (stream === undefined) this.#streams.set(name, (stream = new AlertStream(name, this.#archive)))
    return stream
  }
}

/** So many entries are held; older ones are read from the archive, or, without one, start from a snapshot. */
const KEPT_ENTRIES = 20_000

/** What a stream was when it was last written down. `floor`: nothing up to it can be replayed. `recent`: its newest entries without a hole. */
export type StreamState = { seq: number; floor: number; latest: Iterable<PublishedAlert>; recent: Entry[] }

export class AlertStream {
  readonly name: string
  readonly #archive: Archive | undefined
  readonly #latest = new Map<string, PublishedAlert>()
  readonly #listeners = new Set<(entry: Entry) => void>()
  /** Revisions of what is admitted and not shown; 0: withdrawn. */
  readonly #coming = new Map<string, number>()
  #entries: Entry[] = []
  #admitted = 0
  #seq = 0
  #floor = 0

  constructor(name = 'all', archive?: Archive) {
    this.name = name
    this.#archive = archive
  }

  /** Sequence of the newest entry; 0: none yet. */
  get seq(): number {
    return this.#seq
  }

  /** Alerts, not revisions. */
  get size(): number {
    return this.#latest.size
  }

  restore({ seq, floor, latest, recent }: StreamState): void {
    this.#seq = seq
    this.#admitted = seq
    this.#floor = floor
    this.#entries = recent
    for (const alert of latest) this.#latest.set(alert.id, alert)
  }

  /** A new revision with its number; undefined when it is known already. */
  admit(alert: PublishedAlert, at: number): Entry | undefined {
    if (alert.revision <= this.#revisionOf(alert.id)) return undefined
    this.#coming.set(alert.id, alert.revision)
    return { seq: ++this.#admitted, at, alert }
  }

  /** Whether there is anything to take back. */
  withdraw(id: string): boolean {
    if (this.#revisionOf(id) === 0) return false
    this.#coming.set(id, 0)
    return true
  }

  show(id: string, entry: Entry | undefined): void {
    this.#coming.clear()
    if (entry === undefined) return void this.#latest.delete(id)
    this.#seq = entry.seq
    this.#latest.set(id, entry.alert)
    this.#entries.push(entry)
    if (this.#entries.length >= 2 * KEPT_ENTRIES) this.#entries = this.#entries.slice(-KEPT_ENTRIES)
    for (const listener of this.#listeners) listener(entry)
  }

  /** Entries up to `floor` are gone, and with them alerts that nothing is left of. */
  forget(floor: number, alerts: Iterable<string>): void {
    this.#floor = floor
    this.#entries = this.#entries.filter((entry) => entry.seq > floor)
    for (const id of alerts) this.#latest.delete(id)
  }

  /** The last revision of an alert; undefined: it does not exist here. */
  last(id: string): PublishedAlert | undefined {
    return this.#latest.get(id)
  }

  /** All revisions of an alert that are kept, first to last; empty when there is none. */
  async revisions(id: string): Promise<PublishedAlert[]> {
    if (!this.#latest.has(id)) return []
    const entries = await (this.#archive?.entriesOf(this.name, id, this.#seq) ?? this.#entries.filter((entry) => entry.alert.id === id))
    return entries.map((entry) => entry.alert)
  }

  /** Last revisions, newest first by `at`, then by id. */
  latest(filter: AlertFilter = {}): PublishedAlert[] {
    return [...this.#latest.values()].filter((alert) => matches(alert, filter)).sort(newestFirst)
  }

  /** Everything after this sequence can still be read. */
  get kept(): number {
    return this.#archive === undefined ? this.#first : this.#floor
  }

  /** Whether everything after `seq` can still be read. */
  holds(seq: number): boolean {
    return seq <= this.#seq && seq >= this.kept
  }

  /** Entries after `seq`, at most `max`; undefined when they are no longer all here, or `seq` never was. */
  async read(seq: number, max: number): Promise<Entry[] | undefined> {
    const here = this.after(seq, max)
    if (here !== undefined || !this.holds(seq)) return here
    return this.#archive?.entries(this.name, seq, this.#seq, max)
  }

  /** The sequence after which to read for what came at `at`, wall ms, or later; of what is still kept. */
  async seqBefore(at: number): Promise<number> {
    const here = this.#entries.findLast((entry) => entry.at < at)?.seq
    return here ?? (await this.#archive?.lastBefore(this.name, this.#seq, at)) ?? this.kept
  }

  /** As `read`, of what is in memory. */
  after(seq: number, max: number): Entry[] | undefined {
    return seq < this.#first || seq > this.#seq ? undefined : this.#entries.slice(seq - this.#first, seq - this.#first + max)
  }

  /** Calls back with each new entry; returns how to stop. */
  listen(listener: (entry: Entry) => void): () => void {
    this.#listeners.add(listener)
    return () => this.#listeners.delete(listener)
  }

  /** The sequence before the oldest entry in memory. */
  get #first(): number {
    return this.#seq - this.#entries.length
  }

  #revisionOf(id: string): number {
    return this.#coming.get(id) ?? this.#latest.get(id)?.revision ?? 0
  }
}

export function newestFirst(a: { at: string; id: string }, b: { at: string; id: string }): number {
  return a.at < b.at ? 1 : a.at > b.at ? -1 : a.id < b.id ? 1 : a.id > b.id ? -1 : 0
}
