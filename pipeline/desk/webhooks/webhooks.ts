/** The webhooks of all streams, and the couriers that serve them. */
import { randomBytes, randomUUID } from 'node:crypto'
import { setTimeout as sleep } from 'node:timers/promises'
import type { AlertFilter } from '../../contract/feed.ts'
import { LookthroughError } from '../../contract/index.ts'
import { Revocations } from '../entitlements/revocations.ts'
import type { AlertLog } from '../feed/log.ts'
import type { DeskStore } from '../store/desk-store.ts'
import { type Delivery, type Maker, type Webhook, WebhookBook } from './book.ts'
import { Courier, type CourierClock, messageOf } from './courier.ts'
import { Reach, type WebhookReach } from './guard.ts'

export type WebhooksOptions = {
  store: DeskStore
  alerts: AlertLog
  reach?: WebhookReach | undefined
  clock?: CourierClock | undefined
  /** Whose webhooks pause; none: nobody's. */
  revocations?: Revocations | undefined
  onFailure(error: unknown): void
}

/** In one stream. */
export const MAX_WEBHOOKS = 20
/** How long the secret before still signs. */
const ROTATION_MS = 86_400_000
/** Deliveries that are listed. */
const LISTED = 200

const WALL: CourierClock = { now: () => Date.now(), sleep: (ms, signal) => sleep(ms, undefined, { signal }).catch(() => undefined) }

export class Webhooks {
  readonly #options: WebhooksOptions
  readonly #book: WebhookBook
  readonly #reach: Reach
  readonly #clock: CourierClock
  readonly #revocations: Revocations
  readonly #deafen: () => void
  readonly #couriers = new Map<string, Courier>()

  private constructor(options: WebhooksOptions) {
    this.#options = options
    this.#book = new WebhookBook(options.store)
    this.#reach = new Reach(options.reach)
    this.#clock = options.clock ?? WALL
    this.#revocations = options.revocations ?? new Revocations()
    this.#deafen = this.#revocations.listen(() => void this.#pauseRevoked().catch(options.onFailure))
  }

  static async open(options: WebhooksOptions): Promise<Webhooks> {
    const webhooks = new Webhooks(options)
    for (const webhook of await webhooks.#book.all()) webhooks.#serve(webhook)
    await webhooks.#pauseRevoked()
    return webhooks
  }

  of(stream: string): Webhook[] {
    return [...this.#couriers.values()].map(({ webhook }) => webhook).filter((webhook) => webhook.stream === stream)
  }

  /** From now on. Throws LT-2161 for an address that nothing is sent to, LT-2162 for one webhook too many, LT-2163 while the disk takes no writes. */
  async add(stream: string, maker: Maker, { url, filter = {} }: { url: string; filter?: AlertFilter | undefined }): Promise<Webhook> {
    const why = this.#reach.refuses(url)
    if (why !== undefined) throw new LookthroughError('LT-2161', { url, why })
    this.#book.mustBeOpen()
    if (this.of(stream).length >= MAX_WEBHOOKS) throw new LookthroughError('LT-2162', { max: MAX_WEBHOOKS })
    const position = this.#options.alerts.stream(stream).seq
    const [id, secrets] = [randomUUID(), [{ secret: newSecret() }]]
    const webhook: Webhook = { ...maker, id, stream, url, filter, secrets, position, disabled: null, createdAt: this.#time() }
    await this.#book.add(webhook)
    this.#serve(webhook)
    // The request may have come before the revocation, and its body after.
    await this.#pauseRevoked()
    return webhook
  }

  async remove(stream: string, id: string): Promise<void> {
    const courier = this.#find(stream, id)
    this.#couriers.delete(id)
    await courier.stop()
    await this.#book.remove(id)
  }

  /** A new secret; the one before signs beside it for a day. */
  async rotate(stream: string, id: string): Promise<string> {
    const { webhook } = this.#find(stream, id)
    const now = this.#clock.now()
    const secret = newSecret()
    const before = webhook.secrets.filter((known) => known.retired === undefined).map((known) => ({ ...known, retired: now + ROTATION_MS }))
    webhook.secrets = [{ secret }, ...before]
    await this.#book.change(webhook)
    return secret
  }

  /** Goes on where it was disabled; from then on `maker` answers for it. */
  async enable(stream: string, id: string, maker: Maker): Promise<Webhook> {
    const courier = this.#find(stream, id)
    const { webhook } = courier
    if (webhook.disabled === null) return webhook
    await courier.stop()
    Object.assign(webhook, { token: undefined, ...maker, disabled: null })
    await this.#book.change(webhook)
    this.#serve(webhook)
    await this.#pauseRevoked()
    return webhook
  }

  async deliveries(stream: string, id: string): Promise<Delivery[]> {
    return this.#book.deliveries(this.#find(stream, id).webhook.id, LISTED)
  }

  /** An event of no alert, sent once and at once. */
  async test(stream: string, id: string): Promise<Delivery> {
    const event = { specversion: '1.0', id: randomUUID(), source: '/lookthrough', type: 'lookthrough.test', time: this.#time(), data: { webhook: id } }
    return this.#find(stream, id).sendOnce({ id: event.id, body: JSON.stringify(event) }, null)
  }

  /** What was sent, sent again. Throws LT-2111 when it is not known, or no longer kept. */
  async redeliver(stream: string, id: string, delivery: string): Promise<Delivery> {
    const courier = this.#find(stream, id)
    const { seq } = (await this.deliveries(stream, id)).find((known) => known.id === delivery) ?? {}
    const [entry] = typeof seq === 'number' ? ((await this.#options.alerts.stream(stream).read(seq - 1, 1)) ?? []) : []
    if (entry === undefined) throw new LookthroughError('LT-2111')
    return courier.sendOnce(messageOf(entry.alert), entry.seq)
  }

  async stop(): Promise<void> {
    this.#deafen()
    await Promise.all([...this.#couriers.values()].map((courier) => courier.stop()))
  }

  /** Throws LT-2111, for one of another stream as for one that is not, and LT-2163. */
  #find(stream: string, id: string): Courier {
    const courier = this.#couriers.get(id)
    if (courier?.webhook.stream !== stream) throw new LookthroughError('LT-2111')
    this.#book.mustBeOpen()
    return courier
  }

  async #pauseRevoked(): Promise<void> {
    const revoked = [...this.#couriers.values()].filter(({ webhook }) => webhook.disabled === null && this.#isRevoked(webhook))
    for (const { webhook } of revoked) webhook.disabled = 'revoked'
    for (const courier of revoked) {
      await courier.stop()
      await this.#book.change(courier.webhook)
    }
  }

  #isRevoked({ user, createdAt, token = { issuedAt: Date.parse(createdAt) } }: Webhook): boolean {
    return this.#revocations.include({ user: { name: user }, issuedAt: token.issuedAt, tokenId: token.tokenId })
  }

  #serve(webhook: Webhook): void {
    const { alerts, onFailure } = this.#options
    this.#couriers.set(
      webhook.id,
      new Courier({ webhook, stream: alerts.stream(webhook.stream), book: this.#book, reach: this.#reach, clock: this.#clock, onFailure }),
    )
  }

  #time(): string {
    return new Date(this.#clock.now()).toISOString()
  }
}

function newSecret(): string {
  return `whsec_${randomBytes(24).toString('base64')}`
}
