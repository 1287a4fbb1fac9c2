/**
 * The alerts as the desk knows them: per stream (one for the authority, one per bank) the revisions its viewers may see,
 * already reduced to what they may see of them, in one order with a sequence of its own. In memory, rebuilt from the alerts topic at start.
 */
import { randomBytes } from 'node:crypto'
import type { PublishedAlert } from '../../contract/index.ts'
import { streamOf, type Viewer, viewFor } from '../entitlements/see.ts'

export type Entry = { seq: number; alert: PublishedAlert }

/** Each names one value or several; a field left out lets everything through. */
export type AlertFilter = Partial<Record<'state' | 'severity' | 'rule' | 'institution' | 'subject', string | string[]>>

export class AlertLog {
  /** Sequences hold for one run of the desk; a cursor of another is not taken for one of this. */
  readonly epoch = randomBytes(6).toString('base64url')
  readonly #streams = new Map<string, AlertStream>()

  /** Takes a revision in; one that is known already (sent again after a crash) changes nothing. */
  add(alert: PublishedAlert): void {
    for (const viewer of [AUTHORITY, { role: 'desk', institution: alert.institution } as const]) {
      const stream = this.of(viewer)
      const view = viewFor(viewer, alert)
      // An alert is what its last revision says: once that is not disclosed any more, the bank finds none.
      if (view === undefined) stream.forget(alert.id)
      else stream.add(view)
    }
  }

  of(viewer: Viewer): AlertStream {
    const name = streamOf(viewer)
    const stream = this.#streams.get(name) ?? new AlertStream()
    this.#streams.set(name, stream)
    return stream
  }
}

const AUTHORITY: Viewer = { role: 'admin', institution: null }

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
    const entry = { seq: ++this.#seq, alert }
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

  /** Entries after `seq`, at most `max`; undefined when they are no longer all here, or `seq` never was. */
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

export function matches(alert: PublishedAlert, filter: AlertFilter): boolean {
  const { rule, subject } = alert
  return (
    within(filter.state, alert.state) &&
    within(filter.severity, alert.severity) &&
    within(filter.rule, rule.code, rule.id) &&
    within(filter.institution, alert.institution) &&
    within(filter.subject, subject.id, `${subject.kind}:${subject.id}`)
  )
}

function within(wanted: string | string[] | undefined, ...names: string[]): boolean {
  return wanted === undefined || names.some((name) => (typeof wanted === 'string' ? wanted === name : wanted.includes(name)))
}
