/** Topics of our own read back. */
import { connectConsumer, consume, disconnect, type KafkaOptions, partitionCounts, type PullConsumer, type ReceivedMessage, watermarks } from './client.ts'

/**
 * `last`: at most so many of each partition; `starts`: from these offsets on, by `<topic>/<partition>`; else all from the beginning. `follow`: then each as it
 * comes until `signal` aborts.
 */
export type Reading = { follow: boolean; signal?: AbortSignal; last?: number; starts?: ReadonlyMap<string, number> }

/** `topic` without the prefix. Throws LT-2001, LT-2002. */
export function readTopic(options: KafkaOptions, topic: string, reading: Reading): AsyncGenerator<ReceivedMessage> {
  return readTopics(options, [topic], reading)
}

/** Several by one consumer: in order within each partition. Throws LT-2001, LT-2002. */
export async function* readTopics(
  options: KafkaOptions,
  topics: readonly string[],
  { follow, signal, last = Infinity, starts }: Reading,
): AsyncGenerator<ReceivedMessage> {
  const consumer = await connectReader(options, topics)
  try {
    const bounds = await boundsOf(options, consumer, topics)
    const from = (b: Bounds) => Math.max(b.low, b.high - last, starts?.get(placeOf(b)) ?? 0)
    consumer.assign(bounds.map((b) => ({ topic: nameOf(options, b.topic), partition: b.partition, offset: from(b) })))
    const ends = new Map(bounds.filter((b) => b.high > from(b)).map((b) => [nameOf(options, placeOf(b)), b.high]))
    consumer.setDefaultConsumeTimeout(20)
    consumer.setDefaultIsTimeoutOnlyForFirstMessage(true)
    while (signal?.aborted !== true && (follow || ends.size > 0)) {
      for (const m of await consume(consumer, 500)) {
        if (m.offset + 1 >= (ends.get(placeOf(m)) ?? Infinity)) ends.delete(placeOf(m))
        yield m
      }
    }
  } finally {
    await disconnect(consumer)
  }
}

/** Partitions of a topic as they are now, by a consumer that reads nothing else meanwhile, and where each ends. */
export async function readToEnd(
  consumer: PullConsumer,
  topic: string,
  partitions: readonly number[],
): Promise<{ messages: ReceivedMessage[]; ends: Map<number, number> }> {
  const bounds = await Promise.all(partitions.map(async (partition) => ({ partition, ...(await watermarks(consumer, topic, partition)) })))
  const ends = new Map(bounds.map((b) => [b.partition, b.highOffset]))
  const open = new Map(bounds.filter((b) => b.highOffset > b.lowOffset).map((b) => [b.partition, b.highOffset]))
  const messages: ReceivedMessage[] = []
  if (open.size === 0) return { messages, ends }
  consumer.assign(bounds.filter((b) => open.has(b.partition)).map(({ partition, lowOffset }) => ({ topic, partition, offset: lowOffset })))
  consumer.setDefaultConsumeTimeout(100)
  while (open.size > 0) {
    for (const m of await consume(consumer, 1000)) {
      if (m.offset < (ends.get(m.partition) ?? 0)) messages.push(m)
      if (m.offset + 1 >= (open.get(m.partition) ?? 0)) open.delete(m.partition)
    }
  }
  consumer.unassign()
  return { messages, ends }
}

/** Messages ever written to it. Throws LT-2001, LT-2002. */
export async function writtenTo(options: KafkaOptions, topic: string): Promise<number> {
  return [...(await endsOf(options, [topic])).values()].reduce((n, end) => n + end, 0)
}

/** Where each partition ends, by `<topic>/<partition>`. Throws LT-2001, LT-2002. */
export async function endsOf(options: KafkaOptions, topics: readonly string[]): Promise<Map<string, number>> {
  const consumer = await connectReader(options, topics)
  try {
    return new Map((await boundsOf(options, consumer, topics)).map((b) => [placeOf(b), b.high]))
  } finally {
    await disconnect(consumer)
  }
}

type Bounds = { topic: string; partition: number; low: number; high: number }

function placeOf({ topic, partition }: { topic: string; partition: number }): string {
  return `${topic}/${partition}`
}

function nameOf({ prefix = '' }: KafkaOptions, name: string): string {
  return `${prefix}${name}`
}

function connectReader(options: KafkaOptions, topics: readonly string[]): Promise<PullConsumer> {
  const name = topics.join('-').replaceAll('.', '-')
  return connectConsumer(options, { 'client.id': name, 'group.id': name })
}

async function boundsOf(options: KafkaOptions, consumer: PullConsumer, topics: readonly string[]): Promise<Bounds[]> {
  const names = topics.map((topic) => nameOf(options, topic))
  const counts = await partitionCounts(consumer, names)
  const partitions = topics.flatMap((topic) => Array.from({ length: counts.get(nameOf(options, topic)) ?? 0 }, (_, partition) => ({ topic, partition })))
  return Promise.all(
    partitions.map(async ({ topic, partition }) => {
      const { lowOffset, highOffset } = await watermarks(consumer, nameOf(options, topic), partition)
      return { topic, partition, low: lowOffset, high: highOffset }
    }),
  )
}
