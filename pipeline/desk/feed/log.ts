/**
 * The alerts as the desk knows them: every revision, in one order per stream (one for the authority, one per institution).
 * In memory, rebuilt from the alerts topic at start.
 */
import type { PublishedAlert } from '../../contract/index.ts'
import { streamOf, viewFor } from '../entitlements/see.ts'
import type { DeskUser } from '../entitlements/users.ts'

export type Entry = { seq: number; alert: PublishedAlert }

export type AlertFilter = { state?: string; severity?: string; rule?: string; institution?: string; subject?: string }

export class AlertLog {
  readonly #revisions = new Map<string, PublishedAlert[]>()
  readonly #streams = new Map<string, Entry[]>()
  readonly #listeners = new Set<(stream: string, entry: Entry) => void>()

  /** Takes a revision in; one that is known already (sent again after a crash) changes nothing. */
  add(alert: PublishedAlert): void {
    const known = this.#revisions.get(alert.id) ?? []
    if (known.some((r) => r.revision === alert.revision)) return
    this.#revisions.set(
      alert.id,
      [...known, alert].sort((a, b) => a.revision - b.revision),
    )
    this.#append('all', alert)
    if (alert.disclosure === 'institution') this.#append(`institution/${alert.institution}`, alert)
  }

  /** All revisions of an alert as this user sees them; empty when for this user there is no such alert. */
  revisions(user: DeskUser, id: string): PublishedAlert[] {
    return (this.#revisions.get(id) ?? []).flatMap((alert) => viewFor(user, alert) ?? [])
  }

  /** Last revisions, newest first, with the position of the newest entry that this answer reflects. */
  latest(user: DeskUser, filter: AlertFilter = {}): { items: PublishedAlert[]; seq: number } {
    const items = [...this.#revisions.values()].flatMap((all) => {
      const last = all.at(-1)
      const view = last === undefined ? undefined : viewFor(user, last)
      return view !== undefined && matches(view, filter) ? [view] : []
    })
    items.sort((a, b) => (a.at < b.at ? 1 : a.at > b.at ? -1 : a.id < b.id ? -1 : 1))
    return { items, seq: this.#of(streamOf(user)).length }
  }

  /** Entries of the user's stream after `seq`, as the user sees them. */
  after(user: DeskUser, seq: number): Entry[] {
    return this.#of(streamOf(user))
      .slice(seq)
      .flatMap((entry) => {
        const alert = viewFor(user, entry.alert)
        return alert === undefined ? [] : [{ seq: entry.seq, alert }]
      })
  }

  /** Highest sequence of the user's stream. */
  end(user: DeskUser): number {
    return this.#of(streamOf(user)).length
  }

  /** Calls back with each new entry, per stream; returns how to stop. */
  listen(listener: (stream: string, entry: Entry) => void): () => void {
    this.#listeners.add(listener)
    return () => this.#listeners.delete(listener)
  }

  #append(stream: string, alert: PublishedAlert): void {
    const entries = this.#of(stream)
    const entry = { seq: entries.length + 1, alert }
    entries.push(entry)
    for (const listener of this.#listeners) listener(stream, entry)
  }

  #of(stream: string): Entry[] {
    let entries = this.#streams.get(stream)
    if (entries === undefined) this.#streams.set(stream, (entries = []))
    return entries
  }
}

export function matches(alert: PublishedAlert, filter: AlertFilter): boolean {
  return (
    (filter.state === undefined || alert.state === filter.state) &&
    (filter.severity === undefined || alert.severity === filter.severity) &&
    (filter.rule === undefined || alert.rule.code === filter.rule || alert.rule.id === filter.rule) &&
    (filter.institution === undefined || alert.institution === filter.institution) &&
    (filter.subject === undefined || alert.subject.id === filter.subject)
  )
}
