/**
 * Durable subscriptions: readers that have a name in their stream, and how far each has confirmed. What is confirmed is a receipt per alert revision in the
 * action log; after the loss of the desk's file a reader goes on from its receipts.
 */
import { randomUUID } from 'node:crypto'
import type { Receipt } from '../../contract/action.ts'
import type { AlertFilter } from '../../contract/feed.ts'
import { LookthroughError } from '../../contract/index.ts'
import { quote } from '../../store/database.ts'
import type { Durables } from '../feed/durables.ts'
import { matches } from '../feed/filter.ts'
import type { AlertLog } from '../feed/log.ts'
import type { ActionLog } from './action-log.ts'
import type { DeskStore } from './desk-store.ts'

/** Names in one stream. */
export const MAX_DURABLES = 1000
const SLAB = 1000

export class StoredDurables implements Durables {
  readonly #store: DeskStore
  readonly #alerts: AlertLog
  readonly #actions: ActionLog
  readonly #moved = new Map<string, { stream: string; name: string; seq: number }>()
  /** What is being confirmed under each name: one after the other. */
  readonly #busy = new Map<string, Promise<void>>()
  #writing: Promise<void> | undefined

  constructor(store: DeskStore, alerts: AlertLog, actions: ActionLog) {
    this.#store = store
    this.#alerts = alerts
    this.#actions = actions
  }

  /** The last sequence confirmed; undefined: this name has confirmed nothing yet. */
  async position(stream: string, name: string): Promise<number | undefined> {
    await this.#busy.get(keyOf(stream, name))
    return this.#positionOf(stream, name)
  }

  /**
   * Confirms everything up to `seq` for this name; returns once that is durable. Receipts are written for what the reader was sent: with a filter, for what it
   * lets through. Throws LT-2126 when the log takes nothing, LT-2160 for one name too many.
   */
  acknowledge(stream: string, name: string, seq: number, user: string, filter: AlertFilter = {}): Promise<void> {
    const key = keyOf(stream, name)
    const done = (this.#busy.get(key) ?? Promise.resolve()).then(() => this.#confirm(stream, name, seq, user, filter))
    const over = done
      .catch(() => undefined)
      .then(() => {
        if (this.#busy.get(key) === over) this.#busy.delete(key)
      })
    this.#busy.set(key, over)
    return done
  }

  async #positionOf(stream: string, name: string): Promise<number | undefined> {
    const moved = this.#moved.get(keyOf(stream, name))
    if (moved !== undefined) return moved.seq
    const [row] = await this.#store.read('SELECT seq FROM feed.durable WHERE stream = $1 AND name = $2', stream, name)
    if (row !== undefined) return Number(row[0])
    const [last] = await this.#store.read(BY_RECEIPTS, stream, name)
    return last?.[0] === null || last === undefined ? undefined : Number(last[0])
  }

  async #confirm(streamName: string, name: string, seq: number, user: string, filter: AlertFilter): Promise<void> {
    const stream = this.#alerts.stream(streamName)
    const before = await this.#positionOf(streamName, name)
    if (before === undefined) await this.#mustHaveRoom(streamName)
    if (seq <= (before ?? 0) || seq > stream.seq) return
    for (let from = before ?? 0; from < seq; ) {
      const entries = await stream.read(from, Math.min(SLAB, seq - from))
      // What is no longer kept has no receipt.
      if (entries === undefined || entries.length === 0) break
      const taken = entries.filter((entry) => matches(entry.alert, filter))
      const at = new Date().toISOString()
      const by = { user, institution: institutionOf(streamName) }
      await this.#actions.write(
        taken.map(
          ({ alert }): Receipt => ({
            id: randomUUID(),
            action: 'receipt',
            alert: alert.id,
            revision: alert.revision,
            stream: streamName,
            subscription: name,
            at,
            by,
          }),
        ),
      )
      from = entries.at(-1)?.seq ?? seq
    }
    await this.#move(streamName, name, seq)
  }

  /** Many move at once: what came while one write was under way goes with the next. */
  async #move(stream: string, name: string, seq: number): Promise<void> {
    const key = keyOf(stream, name)
    this.#moved.set(key, { stream, name, seq: Math.max(seq, this.#moved.get(key)?.seq ?? 0) })
    while (this.#moved.has(key)) await (this.#writing ??= this.#write())
  }

  async #write(): Promise<void> {
    const moved = [...this.#moved]
    const rows = moved.map(([, { stream, name, seq }]) => `(${quote(stream)}, ${quote(name)}, ${seq}, ${Date.now()})`).join(', ')
    try {
      await this.#store.transaction(async (db) => {
        await db.run(`DELETE FROM feed.durable d USING (VALUES ${rows}) v(s, n, q, u) WHERE d.stream = v.s AND d.name = v.n`)
        await db.run(`INSERT INTO feed.durable VALUES ${rows}`)
      })
      for (const [key, written] of moved) if (this.#moved.get(key) === written) this.#moved.delete(key)
    } finally {
      this.#writing = undefined
    }
  }

  async #mustHaveRoom(stream: string): Promise<void> {
    const [row] = await this.#store.read('SELECT count(*) FROM feed.durable WHERE stream = $1', stream)
    if (Number(row?.[0]) >= MAX_DURABLES) throw new LookthroughError('LT-2160', { max: MAX_DURABLES })
  }
}

/** Whose stream it is; null: the authority's. */
function institutionOf(stream: string): string | null {
  return stream.startsWith('institution/') ? stream.slice('institution/'.length) : null
}

const BY_RECEIPTS = `SELECT max(e.seq) FROM feed.receipt r JOIN feed.entry e ON e.stream = r.stream AND e.alert = r.alert AND e.revision = r.revision
  WHERE r.stream = $1 AND r.subscription = $2`

function keyOf(stream: string, name: string): string {
  return `${stream}\n${name}`
}
