/**
 * Promises over the callback API of the Kafka client (never its KafkaJS layer). The native module is loaded on first use,
 * so that commands over files do without it; it loads in one thread of a process only.
 */
import type { KafkaConsumer, LibrdKafkaError, Message, Producer } from '@confluentinc/kafka-javascript'
import { LookthroughError } from '../contract/index.ts'

export type KafkaOptions = {
  brokers: string
  /** Put before every topic name on the broker. */
  prefix?: string
  /** Further librdkafka settings, such as security. */
  client?: Record<string, unknown>
}

/** What runs but is missing from the library's typings. */
export type PullConsumer = KafkaConsumer & { setDefaultIsTimeoutOnlyForFirstMessage(only: boolean): void }
export type ReceivedMessage = Message

export const CONNECT_MS = 10_000
/** The largest message we take in: an Arrow or batch message (contract §1). */
export const MAX_FETCH_BYTES = 17 << 20

export async function loadKafka(): Promise<typeof import('@confluentinc/kafka-javascript')> {
  const module = (await import('@confluentinc/kafka-javascript')) as unknown as { default: typeof import('@confluentinc/kafka-javascript') }
  return module.default
}

/** A consumer that is handed partitions and offsets by us; no group, nothing committed at Kafka. */
export async function connectConsumer(options: KafkaOptions, extra: Record<string, unknown> = {}): Promise<PullConsumer> {
  const kafka = await loadKafka()
  const consumer = new kafka.KafkaConsumer(
    {
      'bootstrap.servers': options.brokers,
      'group.id': 'lookthrough',
      'client.id': 'lookthrough-engine',
      'enable.auto.commit': false,
      'enable.auto.offset.store': false,
      'enable.partition.eof': false,
      'queued.min.messages': 100_000,
      'queued.max.messages.kbytes': 32_768,
      'fetch.queue.backoff.ms': 10,
      'fetch.wait.max.ms': 50,
      'fetch.message.max.bytes': MAX_FETCH_BYTES,
      'fetch.max.bytes': MAX_FETCH_BYTES * 4,
      'receive.message.max.bytes': MAX_FETCH_BYTES * 5,
      'check.crcs': true,
      'isolation.level': 'read_committed',
      ...options.client,
      ...extra,
    } as never,
    { 'auto.offset.reset': 'error' } as never,
  ) as PullConsumer
  await connected(options, consumer)
  return consumer
}

/** `topic`: settings of librdkafka that belong to topics, such as `message.timeout.ms`; among those of the client they would count for nothing. */
export async function connectProducer(options: KafkaOptions, topic: Record<string, unknown> = {}): Promise<Producer> {
  const kafka = await loadKafka()
  const producer = new kafka.Producer(
    {
      'bootstrap.servers': options.brokers,
      'client.id': 'lookthrough',
      'enable.idempotence': true,
      'linger.ms': 1,
      'message.max.bytes': MAX_FETCH_BYTES,
      dr_cb: true,
      ...options.client,
    } as never,
    { acks: -1, partitioner: 'murmur2_random', ...topic } as never,
  )
  await connected(options, producer)
  producer.setPollInBackground(true)
  return producer
}

/** Partition counts of all topics there are. Throws LT-2002 for one of `topics` that does not exist. */
export async function partitionCounts(client: KafkaConsumer | Producer, topics: string[] = []): Promise<Map<string, number>> {
  const metadata = await ask<{ topics: { name: string; partitions: unknown[] }[] }>((done) =>
    client.getMetadata({ allTopics: true, timeout: CONNECT_MS }, done as never),
  )
  const counts = new Map(metadata.topics.map((t) => [t.name, t.partitions.length]))
  mustExist(counts, topics)
  return counts
}

/** Throws LT-2002. */
export function mustExist(counts: Map<string, number>, topics: string[]): void {
  for (const topic of topics) if ((counts.get(topic) ?? 0) === 0) throw new LookthroughError('LT-2002', { topic })
}

export function watermarks(client: KafkaConsumer | Producer, topic: string, partition: number): Promise<{ lowOffset: number; highOffset: number }> {
  return ask((done) => client.queryWatermarkOffsets(topic, partition, CONNECT_MS, done as never))
}

export function consume(consumer: PullConsumer, max: number): Promise<ReceivedMessage[]> {
  return ask((done) => consumer.consume(max, done as never))
}

export type OutgoingMessage = { topic: string; partition?: number; key: string; value: Buffer; headers?: Record<string, string> }

/** Produces and waits for the broker's acknowledgement of all of it. */
export class ConfirmingProducer {
  readonly #producer: Producer
  readonly #waiting = new Map<number, (error: LibrdKafkaError | null) => void>()
  #next = 0

  private constructor(producer: Producer) {
    this.#producer = producer
    producer.on('delivery-report', (error: LibrdKafkaError | null, report: { opaque?: number }) => {
      const done = this.#waiting.get(report.opaque ?? -1)
      this.#waiting.delete(report.opaque ?? -1)
      done?.(error)
    })
  }

  static async connect(options: KafkaOptions, topic: Record<string, unknown> = {}): Promise<ConfirmingProducer> {
    return new ConfirmingProducer(await connectProducer(options, topic))
  }

  get client(): Producer {
    return this.#producer
  }

  /** Resolves once every message is acknowledged by all in-sync replicas; order within a key is kept. Throws LT-2003, once it is known of each what became of it. */
  async send(messages: OutgoingMessage[]): Promise<void> {
    const results = messages.map(async (m) => {
      const id = this.#next++
      const confirmed = new Promise<LibrdKafkaError | null>((resolve) => this.#waiting.set(id, resolve))
      try {
        await this.#offer(() => this.#producer.produce(m.topic, m.partition ?? null, m.value, m.key, null, id, headersOf(m.headers)))
      } catch (error) {
        this.#waiting.delete(id)
        throw error
      }
      const error = await confirmed
      if (error) throw new LookthroughError('LT-2003', { topic: m.topic, why: error.message }, error)
    })
    for (const result of await Promise.allSettled(results)) if (result.status === 'rejected') throw result.reason
  }

  async close(): Promise<void> {
    await ask((done) => this.#producer.flush(CONNECT_MS, done as never)).catch(() => undefined)
    await new Promise<void>((resolve) => this.#producer.disconnect(() => resolve()))
  }

  async #offer(produce: () => void): Promise<void> {
    for (;;) {
      try {
        produce()
        return
      } catch (error) {
        if ((error as Partial<LibrdKafkaError>).code !== QUEUE_FULL) throw error
        await new Promise((resolve) => setTimeout(resolve, 5))
      }
    }
  }
}

const QUEUE_FULL = -184

/** One object each: of an object the client takes the first name alone. */
function headersOf(headers: Record<string, string> | undefined): Record<string, string>[] | undefined {
  return headers && Object.entries(headers).map(([name, value]) => ({ [name]: value }))
}

export function disconnect(client: KafkaConsumer | Producer): Promise<void> {
  return new Promise((resolve) => client.disconnect(() => resolve()))
}

/** Without a listener an error event would end the process; librdkafka reconnects by itself. */
async function connected(options: KafkaOptions, client: KafkaConsumer | Producer): Promise<void> {
  ;(client as KafkaConsumer).on('event.error', () => undefined)
  try {
    await ask((done) => client.connect({ timeout: CONNECT_MS }, done as never))
  } catch (error) {
    try {
      client.disconnect(() => undefined)
    } catch {
      // What never connected has nothing to let go of.
    }
    throw new LookthroughError('LT-2001', { brokers: options.brokers, why: (error as Error).message }, error)
  }
}

function ask<T>(call: (done: (error: LibrdKafkaError | null | undefined, result: T) => void) => void): Promise<T> {
  return new Promise((resolve, reject) => call((error, result) => (error ? reject(error as unknown as Error) : resolve(result))))
}
