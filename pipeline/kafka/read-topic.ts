/** A topic of our own read back. */
import { connectConsumer, consume, disconnect, type KafkaOptions, partitionCounts, type PullConsumer, type ReceivedMessage, watermarks } from './client.ts'

/** `last`: at most so many of each partition; else all from the beginning. `follow`: then each as it comes until `signal` aborts. */
export type Reading = { follow: boolean; signal?: AbortSignal; last?: number }

/** `topic` without the prefix. Throws LT-2001, LT-2002. */
export async function* readTopic(options: KafkaOptions, topic: string, { follow, signal, last = Infinity }: Reading): AsyncGenerator<ReceivedMessage> {
  const consumer = await connectReader(options, topic)
  try {
    const ends = await assignAll(consumer, `${options.prefix ?? ''}${topic}`, last)
    consumer.setDefaultConsumeTimeout(20)
    consumer.setDefaultIsTimeoutOnlyForFirstMessage(true)
    while (signal?.aborted !== true && (follow || ends.size > 0)) {
      for (const m of await consume(consumer, 500)) {
        if (m.offset + 1 >= (ends.get(m.partition) ?? Infinity)) ends.delete(m.partition)
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
  const consumer = await connectReader(options, topic)
  try {
    return (await boundsOf(consumer, `${options.prefix ?? ''}${topic}`)).reduce((n, b) => n + b.highOffset, 0)
  } finally {
    await disconnect(consumer)
  }
}

function connectReader(options: KafkaOptions, topic: string): Promise<PullConsumer> {
  const name = topic.replace('.', '-')
  return connectConsumer(options, { 'client.id': name, 'group.id': name })
}

async function boundsOf(consumer: PullConsumer, name: string): Promise<{ lowOffset: number; highOffset: number }[]> {
  const count = (await partitionCounts(consumer, [name])).get(name) ?? 0
  return Promise.all(Array.from({ length: count }, (_, partition) => watermarks(consumer, name, partition)))
}

/** Assigns every partition; returns the ends of those that hold any of what is to be read. */
async function assignAll(consumer: PullConsumer, name: string, last: number): Promise<Map<number, number>> {
  const bounds = await boundsOf(consumer, name)
  consumer.assign(bounds.map((b, partition) => ({ topic: name, partition, offset: Math.max(b.lowOffset, b.highOffset - last) })))
  return new Map([...bounds.entries()].filter(([, b]) => b.highOffset > b.lowOffset).map(([partition, b]) => [partition, b.highOffset]))
}
