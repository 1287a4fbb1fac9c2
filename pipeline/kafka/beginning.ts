/** Whether the log still holds everything from its first event on. */
import { EVENT_TYPES } from '../contract/index.ts'
import { connectConsumer, disconnect, type KafkaOptions, partitionCounts, watermarks } from './client.ts'

/** Throws LT-2001, LT-2002. */
export async function holdsBeginning(options: KafkaOptions): Promise<boolean> {
  const consumer = await connectConsumer(options)
  try {
    const counts = await partitionCounts(
      consumer,
      EVENT_TYPES.map((t) => `${options.prefix ?? ''}${t}`),
    )
    const partitions = [...counts].flatMap(([topic, n]) => Array.from({ length: n }, (_, partition) => ({ topic, partition })))
    const bounds = await Promise.all(partitions.map((p) => watermarks(consumer, p.topic, p.partition)))
    return bounds.every((b) => b.lowOffset === 0)
  } finally {
    await disconnect(consumer)
  }
}
