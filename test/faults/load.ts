/**
 * A load on the broker whose alerts are known beforehand: payments round a ring that raise nothing, and every 200 ms of event time a planted group
 * (eight accounts pay into a fresh one: OP-08; a loan 200 days past due that is called normal: CR-09). Every event carries the time at which it was due,
 * also where the broker took it later.
 */
import type { EventType } from '../../pipeline/contract/index.ts'
import { ConfirmingProducer, type KafkaOptions } from '../../pipeline/kafka/client.ts'

export type Planted = { at: number; account: string; loan: string }
export type LoadOptions = {
  kafka: KafkaOptions
  /** Events per second. */
  rate: number
  /** Told apart from other loads by this. */
  name: string
  /** Added to the time of the n-th payment of the ring, ms. */
  skew?: (n: number) => number
}

export type Message = { topic: string; key: string; value: Buffer }

const PLANT_EVERY_MS = 200
const AT_ONCE = 4000
const RING = 10_000
const SENDERS = 8

export class Load {
  readonly planted: Planted[] = []
  sent = 0
  /** Payments of the ring by what skew they got, for those that got one. */
  readonly skewed = { ahead: 0, behind: 0 }
  rate: number
  readonly #options: LoadOptions
  readonly #producer: ConfirmingProducer
  #made = 0
  #time: number
  #nextPlant: number
  #running: Promise<void> | undefined
  #stopping = false

  private constructor(options: LoadOptions, producer: ConfirmingProducer) {
    this.#options = options
    this.#producer = producer
    this.rate = options.rate
    this.#time = Date.now()
    this.#nextPlant = this.#time
  }

  static async start(options: LoadOptions): Promise<Load> {
    const client = { 'linger.ms': 5, 'queue.buffering.max.messages': 200_000, ...options.kafka.client }
    const load = new Load(options, await ConfirmingProducer.connect({ ...options.kafka, client }))
    load.#running = load.#run()
    load.#running.catch(() => undefined)
    return load
  }

  /** Ends once all that was due is acknowledged. Throws what the producer threw. */
  async stop(): Promise<void> {
    this.#stopping = true
    try {
      await this.#running
    } finally {
      await this.#producer.close()
    }
  }

  /** How far what is due lies behind what the broker has taken, ms. */
  get behindMs(): number {
    return Date.now() - this.#time
  }

  async #run(): Promise<void> {
    for (;;) {
      const messages = this.#due(Date.now())
      if (messages.length > 0) await this.#producer.send(messages)
      this.sent += messages.length
      if (messages.length >= AT_ONCE) continue
      if (this.#stopping) return
      await new Promise((resolve) => setTimeout(resolve, 20))
    }
  }

  #due(now: number): Message[] {
    const messages: Message[] = []
    while (this.#time < now && messages.length < AT_ONCE) {
      const n = this.#made++
      if (this.#time >= this.#nextPlant) {
        messages.push(...this.#plant(Math.floor(this.#time)))
        this.#nextPlant += PLANT_EVERY_MS
      }
      const skew = this.#options.skew?.(n) ?? 0
      if (skew > 0) this.skewed.ahead++
      else if (skew < 0) this.skewed.behind++
      messages.push(this.#payment(`${this.#options.name}-${n}`, Math.floor(this.#time) + skew, `R${n % RING}`, `R${(n + 1) % RING}`))
      this.#time += 1000 / this.rate
    }
    return messages
  }

  #plant(at: number): Message[] {
    const name = `${this.#options.name}-${this.planted.length}`
    this.planted.push({ at, account: `F${name}`, loan: `Q${name}` })
    const payments = Array.from({ length: SENDERS }, (_, k) => this.#payment(`${name}-plant-${k}`, at, `S${name}-${k}`, `F${name}`))
    const loan = { loanId: `Q${name}`, customerId: `C${name}`, product: 'corporate', balance: '1.00', ccy: 'CNY', dpd: 200, class: 'normal' }
    return [...payments, this.#message('credit.loan', `${name}-loan`, at, `Q${name}`, loan)]
  }

  #payment(id: string, time: number, debtorAccount: string, creditorAccount: string): Message {
    return this.#message('pay.payment', id, time, debtorAccount, {
      paymentId: id,
      debtorId: 'D',
      debtorAccount,
      creditorId: 'C',
      creditorAccount,
      amount: '10.00',
      ccy: 'CNY',
      channel: 'online',
      crossBorder: false,
    })
  }

  #message(type: EventType, id: string, time: number, key: string, data: object): Message {
    const event = {
      specversion: '1.0',
      id,
      source: '/load',
      type,
      time: new Date(time).toISOString(),
      subject: key,
      institution: 'B0001',
      sequence: String(this.#made),
      data,
    }
    return { topic: `${this.#options.kafka.prefix ?? ''}${type}`, key, value: Buffer.from(JSON.stringify(event)) }
  }
}
