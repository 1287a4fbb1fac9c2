/**
 * Brings one webhook its stream, entry by entry, in order and at least once: what comes next waits until the receiver has said 2xx, is tried again over three
 * days (Standard Webhooks' schedule, with jitter, or when the receiver asks), and is given up only by disabling the webhook, never by leaving it out.
 */
import { randomUUID } from 'node:crypto'
import { cloudEvent } from '../../contract/alert-event.ts'
import { LookthroughError, type PublishedAlert } from '../../contract/index.ts'
import { matches } from '../feed/filter.ts'
import type { AlertStream, Entry } from '../feed/log.ts'
import type { Delivery, Webhook, WebhookBook } from './book.ts'
import type { Reach } from './guard.ts'
import { type Message, send, type Sent } from './send.ts'

/** Wall time, and how to wait; `sleep` ends early when `signal` aborts. */
export type CourierClock = { now(): number; sleep(ms: number, signal: AbortSignal): Promise<void> }

const SECOND = 1000
const HOUR = 3_600_000
/** After each failed attempt. */
const RETRY_AFTER_MS = [5 * SECOND, 300 * SECOND, HOUR / 2, 2 * HOUR, 5 * HOUR, 10 * HOUR, 14 * HOUR, 20 * HOUR, 24 * HOUR]
const MAX_WAIT_MS = 24 * HOUR
const JITTER = 0.2
const PORTION = 100

export type CourierOptions = { webhook: Webhook; stream: AlertStream; book: WebhookBook; reach: Reach; clock: CourierClock; onFailure(error: unknown): void }

export class Courier {
  readonly webhook: Webhook
  readonly #options: CourierOptions
  readonly #stop = new AbortController()
  readonly #done: Promise<void>

  constructor(options: CourierOptions) {
    this.webhook = options.webhook
    this.#options = options
    this.#done = this.#carry().catch((error: unknown) => {
      if (!this.#stop.signal.aborted) options.onFailure(error)
    })
  }

  /** Resolves when the message in hand is done with. */
  async stop(): Promise<void> {
    this.#stop.abort()
    await this.#done
  }

  /** Sends a message once, whatever the schedule says, and notes it. */
  async sendOnce(message: Message, seq: number | null, attempt = 1): Promise<Delivery> {
    const { webhook, book, reach, clock } = this.#options
    const now = clock.now()
    const secrets = webhook.secrets.filter(({ retired = Infinity }) => retired > now).map(({ secret }) => secret)
    const sent = await send(webhook.url, message, secrets, reach, now, this.#stop.signal)
    if (seq !== null && isTaken(sent) && seq === webhook.position + 1) webhook.position = seq
    const delivery = { id: randomUUID(), event: message.id, seq, attempt, at: new Date(now).toISOString(), ...sent }
    await book.note(webhook, delivery)
    return delivery
  }

  async #carry(): Promise<void> {
    const { webhook, stream } = this.#options
    const { signal } = this.#stop
    while (!signal.aborted && webhook.disabled === null) {
      // What is no longer kept cannot be brought.
      if (!stream.holds(webhook.position)) webhook.position = Math.min(stream.seq, Math.max(webhook.position, stream.kept))
      const entries = await this.#next()
      if (entries.length === 0) await this.#another()
      for (const entry of entries) {
        if (signal.aborted || webhook.disabled !== null) break
        if (matches(entry.alert, webhook.filter)) await this.#bring(entry)
        else webhook.position = entry.seq
      }
    }
  }

  /** Where they cannot be read while the disk takes no writes, once it does. */
  async #next(): Promise<Entry[]> {
    const { webhook, stream, book, clock } = this.#options
    const { signal } = this.#stop
    for (;;) {
      await book.opened()
      try {
        return (await stream.read(webhook.position, PORTION)) ?? []
      } catch (error) {
        if (signal.aborted || !(error instanceof LookthroughError) || error.code !== 'LT-2163') throw error
        await clock.sleep(SECOND, signal)
      }
    }
  }

  async #bring(entry: Entry): Promise<void> {
    const { webhook, book, clock } = this.#options
    const { signal } = this.#stop
    webhook.position = entry.seq - 1
    for (let attempt = 1; !signal.aborted; attempt++) {
      const sent = await this.sendOnce(messageOf(entry.alert), entry.seq, attempt)
      if (isTaken(sent)) return
      const wait = RETRY_AFTER_MS[attempt - 1]
      if (sent.status === 410 || wait === undefined) {
        webhook.disabled = sent.status === 410 ? '410' : `${attempt} attempts failed`
        return book.change(webhook)
      }
      const jittered = wait * (1 + JITTER * (2 * Math.random() - 1))
      await clock.sleep(Math.min(MAX_WAIT_MS * (1 + JITTER), Math.max(jittered, sent.retryAfterMs ?? 0)), signal)
    }
  }

  /** Waits for the next entry of the stream. */
  #another(): Promise<void> {
    const { signal } = this.#stop
    return new Promise((resolve) => {
      const done = () => {
        deafen()
        signal.removeEventListener('abort', done)
        resolve()
      }
      const deafen = this.#options.stream.listen(done)
      signal.addEventListener('abort', done, { once: true })
      if (signal.aborted || this.#options.stream.seq > this.webhook.position) done()
    })
  }
}

export function messageOf(alert: PublishedAlert): Message {
  const event = cloudEvent(alert)
  return { id: String(event.id), body: JSON.stringify(event) }
}

function isTaken({ status = 0 }: Sent): boolean {
  return status >= 200 && status < 300
}
