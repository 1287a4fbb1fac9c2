/**
 * Kafka as a source: all partitions of the topics, from given offsets, by one pull loop. While the engine works on a batch
 * the next is gathered; values go into one slab of bytes, nothing is parsed here.
 */
import { EVENT_TYPES, type EventType, LookthroughError, steadyClock } from '../contract/index.ts'
import { type ControlRecord, type RawBatch, type RuleRecord, type Source, type SourcePartition, type WireForm } from '../contract/source.ts'
import {
  ConfirmingProducer,
  connectConsumer,
  consume,
  disconnect,
  type KafkaOptions,
  mustExist,
  partitionCounts,
  type PullConsumer,
  type ReceivedMessage,
  watermarks,
} from './client.ts'
import { formOf, joinBinary } from './binary.ts'
import { CONTROL_TOPIC, controlMessage, readControl } from './control.ts'
import { readRules, RULES_PARTITION, RULES_TOPIC, ruleRecordIn } from './rules.ts'
import { Slab } from './slab.ts'

export type KafkaSourceOptions = KafkaOptions & {
  topics?: readonly EventType[]
  /** Topics that are not called prefix and event type on the broker. */
  names?: Partial<Record<EventType, string>>
  /** How events lie in the messages of a topic that carry no content type; else one event in JSON. */
  forms?: Partial<Record<EventType, WireForm>>
  /** Without a control topic nothing can be carried along: for logs that are read to their end. */
  control?: boolean
  /** Where a state file goes on. Its partitions keep their places in it; all others come after them and start at their first message. */
  starts?: readonly Start[]
  /** End where the partitions end now, instead of following them. */
  toEnd?: boolean
  /** How long a batch goes on gathering after its first message. */
  lingerMs?: number
}

export type Start = SourcePartition & { nextOffset: number }

export type LiveSource = Source & {
  /** Messages the broker holds that were not handed out yet, per topic. */
  lag(): Map<string, number>
  /** Partitions (`topic/number`) the broker has by now and this source does not read. */
  unread(): Promise<string[]>
}

const CONSUME_MS = 10

/** Throws LT-2001 (unreachable), LT-2002 (no such topic), LT-2004 (an offset no longer kept), LT-2005 (a partition that is gone), LT-2006 (a topic made anew). */
export async function openKafkaSource(options: KafkaSourceOptions): Promise<LiveSource> {
  const prefix = options.prefix ?? ''
  const topics = options.topics ?? EVENT_TYPES
  const consumer = await connectConsumer(options)
  const controlled = options.control !== false
  const starts = options.starts ?? []
  const counts = await partitionCounts(consumer)
  mustHold(starts, (topic) => counts.get(nameOf(options, topic as EventType)) ?? 0)
  mustExist(counts, [...topics.map((t) => nameOf(options, t)), ...(controlled ? [prefix + CONTROL_TOPIC] : [])])
  const partitions = inOrderOf(starts, partitionsOf(options, counts))
  const control = controlled ? await readControl(consumer, prefix + CONTROL_TOPIC, counts.get(prefix + CONTROL_TOPIC) ?? 0) : []
  // A log made before rules could change has no such topic.
  const rules = controlled && counts.has(prefix + RULES_TOPIC) ? await readRules(consumer, prefix + RULES_TOPIC) : undefined
  const bounds = await Promise.all(partitions.map((p) => boundsOf(consumer, nameOf(options, p.topic), p, starts)))
  consumer.setDefaultConsumeTimeout(CONSUME_MS)
  consumer.setDefaultIsTimeoutOnlyForFirstMessage(true)
  consumer.assign([
    ...partitions.map((p, i) => ({ topic: nameOf(options, p.topic), partition: p.partition, offset: bounds[i]?.from ?? 0 })),
    ...(rules !== undefined && options.toEnd !== true ? [{ topic: prefix + RULES_TOPIC, partition: RULES_PARTITION, offset: rules.end }] : []),
  ])
  const producer = options.toEnd === true ? undefined : await ConfirmingProducer.connect(options)
  return new KafkaSource(options, { consumer, producer, partitions, bounds, control, rules: rules?.records })
}

/** A topic's name on the broker. */
function nameOf(options: KafkaSourceOptions, topic: EventType): string {
  return options.names?.[topic] ?? `${options.prefix ?? ''}${topic}`
}

type TopicPartition = SourcePartition & { topic: EventType }

function partitionsOf(options: KafkaSourceOptions, counts: Map<string, number>): TopicPartition[] {
  return (options.topics ?? EVENT_TYPES).flatMap((topic) =>
    Array.from({ length: counts.get(nameOf(options, topic)) ?? 0 }, (_, partition) => ({ topic, partition })),
  )
}

/** A topic that shrank, or is gone, was deleted: what was read of it cannot be read again. */
function mustHold(starts: readonly Start[], count: (topic: string) => number): void {
  for (const { topic, partition, nextOffset } of starts)
    if (partition >= count(topic)) throw new LookthroughError('LT-2005', { topic, partition, wanted: nextOffset, count: count(topic) })
}

/** The known first, as they lie in the file: their places stand in its rows. */
function inOrderOf(known: readonly SourcePartition[], partitions: TopicPartition[]): TopicPartition[] {
  const place = new Map(known.map((p, i) => [keyOf(p), i]))
  return partitions
    .map((p, i) => ({ p, at: place.get(keyOf(p)) ?? known.length + i }))
    .sort((a, b) => a.at - b.at)
    .map(({ p }) => p)
}

function keyOf({ topic, partition }: SourcePartition): string {
  return `${topic}/${partition}`
}

type Bounds = { from: number; end: number }
type Opened = {
  consumer: PullConsumer
  producer: ConfirmingProducer | undefined
  partitions: TopicPartition[]
  bounds: Bounds[]
  control: ControlRecord[]
  rules: RuleRecord[] | undefined
}

class KafkaSource implements LiveSource {
  readonly partitions: readonly TopicPartition[]
  readonly control: readonly ControlRecord[]
  readonly rules: readonly RuleRecord[]
  readonly newRules?: () => RuleRecord[]
  readonly #options: KafkaSourceOptions
  readonly #consumer: PullConsumer
  readonly #producer: ConfirmingProducer | undefined
  readonly #index: Map<string, number>
  readonly #forms: WireForm[]
  readonly #ends: number[]
  readonly #next: number[]
  readonly #since: number[]
  readonly #open: Set<number>
  readonly #newRules: RuleRecord[] = []
  #closing = false
  #gathering: Promise<RawBatch | null> | undefined
  readonly #spent: RawBatch[] = []
  /** Someone waits for what is being gathered. */
  #wanted = false

  constructor(options: KafkaSourceOptions, { consumer, producer, partitions, bounds, control, rules }: Opened) {
    this.#options = options
    this.#consumer = consumer
    this.#producer = producer
    this.partitions = partitions
    this.control = control
    this.rules = rules ?? []
    if (rules !== undefined && options.toEnd !== true) this.newRules = () => this.#newRules.splice(0)
    this.#index = new Map(partitions.map((p, i) => [`${nameOf(options, p.topic)}/${p.partition}`, i]))
    this.#forms = partitions.map((p) => options.forms?.[p.topic] ?? 'event')
    this.#ends = bounds.map((b) => b.end)
    this.#next = bounds.map((b) => b.from)
    this.#since = bounds.map(() => steadyClock.now())
    this.#open = new Set(partitions.keys())
  }

  async pull(max: number, waitMs: number): Promise<RawBatch | null> {
    this.#wanted = true
    const batch = await (this.#gathering ?? this.#gather(max, waitMs))
    this.#wanted = false
    this.#gathering = batch === null || this.#closing ? undefined : this.#gather(max, waitMs)
    this.#gathering?.catch(() => undefined)
    return batch
  }

  silent(): { partition: number; nextOffset: number; since: number }[] {
    return this.partitions.flatMap((p, i) => {
      const nextOffset = this.#next[i] ?? 0
      const { highOffset } = this.#consumer.getWatermarkOffsets(nameOf(this.#options, p.topic), p.partition)
      return nextOffset >= Math.max(highOffset, this.#ends[i] ?? 0) ? [{ partition: i, nextOffset, since: this.#since[i] ?? 0 }] : []
    })
  }

  lag(): Map<string, number> {
    const lag = new Map<string, number>()
    this.partitions.forEach((p, i) => {
      const { highOffset } = this.#consumer.getWatermarkOffsets(nameOf(this.#options, p.topic), p.partition)
      lag.set(p.topic, (lag.get(p.topic) ?? 0) + Math.max(0, highOffset - (this.#next[i] ?? 0)))
    })
    return lag
  }

  async unread(): Promise<string[]> {
    const read = new Set(this.partitions.map(keyOf))
    const counts = await partitionCounts(this.#consumer)
    return partitionsOf(this.#options, counts)
      .map(keyOf)
      .filter((key) => !read.has(key))
  }

  release(raw: RawBatch): void {
    this.#spent.push(raw)
  }

  async writeControl(records: ControlRecord[]): Promise<void> {
    await this.#producer?.send(records.map((r) => controlMessage(r, this.#options.prefix)))
  }

  async close(): Promise<void> {
    this.#closing = true
    await this.#gathering?.catch(() => undefined)
    await disconnect(this.#consumer)
    await this.#producer?.close()
  }

  /**
   * A commit tick's worth: what comes within the linger after the first message, and more, up to `max` messages, only while nobody is there to take it:
   * batches grow with the backlog, because large ones cost less per event, and shrink again with it.
   */
  async #gather(max: number, waitMs: number): Promise<RawBatch | null> {
    const ended = this.#takeEnded()
    if (ended.length === 0 && this.#open.size === 0) return null
    const slab = new Slab(this.#spent.pop())
    let until = steadyClock.now() + (ended.length > 0 ? 0 : waitMs)
    do {
      const messages = await consume(this.#consumer, Math.min(2000, max - slab.count, slab.room))
      if (slab.count === 0 && messages.length > 0) until = Math.min(until, steadyClock.now() + (this.#options.lingerMs ?? 20))
      for (const m of messages) this.#take(slab, m)
      ended.push(...this.#takeEnded())
      if ((messages.length < 200 || this.#wanted) && slab.count > 0 && steadyClock.now() >= until) break
    } while (!this.#closing && this.#open.size > 0 && slab.count < max && slab.room > 0 && (steadyClock.now() < until || slab.count > 0))
    return slab.done(ended)
  }

  #take(slab: Slab, m: ReceivedMessage): void {
    const i = this.#index.get(`${m.topic}/${m.partition}`)
    // Of what is read there is nothing else without a place.
    if (i === undefined) this.#newRules.push(ruleRecordIn(m))
    if (i === undefined || (this.#options.toEnd === true && m.offset >= (this.#ends[i] ?? 0))) return
    const form = formOf(m.headers) ?? this.#forms[i] ?? 'event'
    slab.add(i, m.offset, m.timestamp ?? Number.NaN, form, form === 'binary' ? joinBinary(m.headers, m.value) : m.value)
    this.#next[i] = m.offset + 1
    this.#since[i] = steadyClock.now()
  }

  /** In a bounded run: partitions whose end was reached since the last call. */
  #takeEnded(): number[] {
    if (this.#options.toEnd !== true) return []
    const ended = [...this.#open].filter((i) => (this.#next[i] ?? 0) >= (this.#ends[i] ?? 0))
    for (const i of ended) this.#open.delete(i)
    return ended
  }
}

/** An offset outside what the broker holds means lost or foreign data: never skipped in silence. */
async function boundsOf(consumer: PullConsumer, name: string, p: SourcePartition, starts: readonly Start[]): Promise<Bounds> {
  const { lowOffset, highOffset } = await watermarks(consumer, name, p.partition)
  const start = starts.find((s) => s.topic === p.topic && s.partition === p.partition)?.nextOffset ?? 0
  const facts = { topic: p.topic, name, partition: p.partition, wanted: start, low: lowOffset, high: highOffset }
  // A log only ever grows at its end: one that ends before what was read of it is another log.
  if (start > highOffset) throw new LookthroughError('LT-2006', facts)
  if (start !== 0 && start < lowOffset) throw new LookthroughError('LT-2004', facts)
  return { from: Math.max(start, lowOffset), end: highOffset }
}
