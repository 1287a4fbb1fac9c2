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
