/**
 * The alerts as the desk knows them: per stream (one for the authority, one per bank with a desk) the revisions its viewers may see,
 * already reduced to what they may see of them, in one order with a sequence of its own. In memory, rebuilt from the alerts topic at start.
 */
import { randomBytes } from 'node:crypto'
import type { AlertFilter } from '../../contract/feed.ts'
import type { PublishedAlert } from '../../contract/index.ts'
import { streamOf, type Viewer, viewFor } from '../entitlements/see.ts'
import { matches } from './filter.ts'

/** `at`: when it came in, wall ms. */
export type Entry = { seq: number; at: number; alert: PublishedAlert }

export class AlertLog {
  /** Sequences hold for one run of the desk; a cursor of another is not taken for one of this. */
  readonly epoch = randomBytes(6).toString('base64url')
  /** With which cursors are authenticated. */
  readonly key = randomBytes(32)
  readonly #streams = new Map<string, { viewer: Viewer; stream: AlertStream }>([
    ['all', { viewer: { role: 'admin', institution: null }, stream: new AlertStream() }],
  ])

  constructor(viewers: readonly Viewer[] = []) {
    for (const viewer of viewers) this.of(viewer)
  }

  /** Takes a revision in; one that is known already (sent again after a crash) changes nothing. */
  add(alert: PublishedAlert): void {
    for (const name of ['all', `institution/${alert.institution}`]) {
      const found = this.#streams.get(name)
      const view = found === undefined ? undefined : viewFor(found.viewer, alert)
      // An alert is what its last revision says: once that is not disclosed any more, the bank finds none.
      if (view === undefined) found?.stream.forget(alert.id)
      else found?.stream.add(view)
    }
  }

  /** The stream of this viewer. Viewers are known from the start; one that is not finds nothing of the past. */
  of(viewer: Viewer): AlertStream {
    const name = streamOf(viewer)
    const { stream } = this.#streams.get(name) ?? { stream: new AlertStream() }
    if (!this.#streams.has(name)) this.#streams.set(name, { viewer, stream })
    return stream
  }
}

/** So many entries can be replayed after a cursor; who was away longer starts from a snapshot. */
const KEPT_ENTRIES = 100_000

export class AlertStream {
  readonly #revisions = new Map<string, PublishedAlert[]>()
  readonly #listeners = new Set<(entry: Entry) => void>()
  #entries: Entry[] = []
  #seq = 0

  /** Sequence of the newest entry; 0: none yet. */
  get seq(): number {
    return this.#seq
  }

  /** Alerts, not revisions. */
  get size(): number {
    return this.#revisions.size
  }

  add(alert: PublishedAlert): void {
    const known = this.#revisions.get(alert.id) ?? []
    if (alert.revision <= (known.at(-1)?.revision ?? 0)) return
    this.#revisions.set(alert.id, [...known, alert])
    const entry = { seq: ++this.#seq, at: Date.now(), alert }
    this.#entries.push(entry)
    if (this.#entries.length >= 2 * KEPT_ENTRIES) this.#entries = this.#entries.slice(-KEPT_ENTRIES)
    for (const listener of this.#listeners) listener(entry)
  }

  forget(id: string): void {
    this.#revisions.delete(id)
  }

  /** All revisions of an alert, first to last; empty when there is none. */
  revisions(id: string): readonly PublishedAlert[] {
    return this.#revisions.get(id) ?? []
  }

  /** Last revisions, newest first by `at`, then by id. */
  latest(filter: AlertFilter = {}): PublishedAlert[] {
    const found: PublishedAlert[] = []
    for (const all of this.#revisions.values()) {
      const last = all.at(-1)
      if (last !== undefined && matches(last, filter)) found.push(last)
    }
    return found.sort(newestFirst)
  }

  /** Whether everything after `seq` can still be read. */
  holds(seq: number): boolean {
    return this.after(seq, 0) !== undefined
  }

  /**
   * The sequence before the first entry whose alert's time is not before `at` (RFC 3339 in UTC); what came later with an earlier time follows it. Undefined
   * where older ones may have been that are no longer kept.
   */
  seqBefore(at: string): Promise<number | undefined> {
    const first = this.#entries.find((entry) => entry.alert.at >= at)?.seq ?? this.#seq + 1
    const oldest = this.#seq - this.#entries.length + 1
    return Promise.resolve(first === oldest && oldest > 1 ? undefined : first - 1)
  }

  /** Entries after `seq`, wherever they lie. */
  read(seq: number, max: number): Promise<Entry[] | undefined> {
    return Promise.resolve(this.after(seq, max))
  }

  /** Entries after `seq`, at most `max`; undefined when they are not, or no longer, all in memory, or `seq` never was. */
  after(seq: number, max: number): Entry[] | undefined {
    const first = this.#seq - this.#entries.length
    return seq < first || seq > this.#seq ? undefined : this.#entries.slice(seq - first, seq - first + max)
  }

  /** Calls back with each new entry; returns how to stop. */
  listen(listener: (entry: Entry) => void): () => void {
    this.#listeners.add(listener)
    return () => this.#listeners.delete(listener)
  }
}

export function newestFirst(a: { at: string; id: string }, b: { at: string; id: string }): number {
  return a.at < b.at ? 1 : a.at > b.at ? -1 : a.id < b.id ? 1 : a.id > b.id ? -1 : 0
}
