/** Webhooks and their deliveries in the desk's file: whose, where to, how far, and what became of each message. */
import type { DuckDBValue } from '@duckdb/node-api'
import type { AlertFilter } from '../../contract/feed.ts'
import type { DeskStore } from '../store/desk-store.ts'
import type { Sent } from './send.ts'

/** `retired`: until when the secret before still signs, wall ms. */
export type Secret = { secret: string; retired?: number }
/** Who answers for a webhook, and by which token; undefined: by any from before it was made. */
export type Maker = { user: string; token?: { issuedAt: number | null; tokenId?: string | undefined } }
/** `position`: the sequence in its stream that was delivered last. `disabled`: why nothing is sent any more: `revoked`, `410`, or how often it was tried. */
export type Webhook = Maker & {
  id: string
  stream: string
  url: string
  filter: AlertFilter
  secrets: Secret[]
  position: number
  disabled: string | null
  createdAt: string
}
/** `seq`: of the entry; null: a test. */
export type Delivery = { id: string; event: string; seq: number | null; attempt: number; at: string } & Sent

export class WebhookBook {
  readonly #store: DeskStore

  constructor(store: DeskStore) {
    this.#store = store
  }

  /** Throws LT-2163 while nothing can be written. */
  mustBeOpen(): void {
    this.#store.mustBeOpen()
  }

  /** Resolves once something can be written; rejects when nobody waits for that any more. */
  opened(): Promise<void> {
    return this.#store.opened()
  }

  async all(): Promise<Webhook[]> {
    return (await this.#store.read('SELECT body, position FROM feed.webhook ORDER BY rowid')).map(webhookOf)
  }

  async add(webhook: Webhook): Promise<void> {
    await this.#store.transaction(async (db) => {
      await run(db.connection, 'DELETE FROM feed.webhook WHERE id = $1', webhook.id)
      await run(db.connection, 'INSERT INTO feed.webhook VALUES ($1, $2, $3)', webhook.id, webhook.position, JSON.stringify(webhook))
    })
  }

  /** Everything but how far it is. */
  async change(webhook: Webhook): Promise<void> {
    await this.#store.transaction((db) => run(db.connection, 'UPDATE feed.webhook SET body = $2 WHERE id = $1', webhook.id, JSON.stringify(webhook)))
  }

  async remove(id: string): Promise<void> {
    await this.#store.transaction(async (db) => {
      await run(db.connection, 'DELETE FROM feed.webhook WHERE id = $1', id)
      await run(db.connection, 'DELETE FROM feed.delivery WHERE webhook = $1', id)
    })
  }

  /** What became of a message, and how far its webhook is now. */
  async note(webhook: Webhook, delivery: Delivery): Promise<void> {
    await this.#store.transaction(async (db) => {
      await run(db.connection, 'DELETE FROM feed.delivery WHERE id = $1', delivery.id)
      await run(db.connection, 'INSERT INTO feed.delivery VALUES ($1, $2, $3, $4)', delivery.id, webhook.id, Date.parse(delivery.at), JSON.stringify(delivery))
      await run(db.connection, 'UPDATE feed.webhook SET position = $2 WHERE id = $1', webhook.id, webhook.position)
    })
  }

  /** Newest first. */
  async deliveries(webhook: string, most: number): Promise<Delivery[]> {
    const rows = await this.#store.read('SELECT body FROM feed.delivery WHERE webhook = $1 ORDER BY came DESC, rowid DESC LIMIT $2', webhook, most)
    return rows.map(([body]) => JSON.parse(String(body)) as Delivery)
  }
}

async function run(connection: { run(sql: string, values: DuckDBValue[]): Promise<unknown> }, sql: string, ...values: DuckDBValue[]): Promise<void> {
  await connection.run(sql, values)
}

function webhookOf([body, position]: DuckDBValue[]): Webhook {
  return { ...(JSON.parse(String(body)) as Webhook), position: Number(position) }
}
