/** How much of the log the brokers hold, and whether that is everything from its first event on. */
import { EVENT_TYPES } from '../contract/index.ts'
import type { SourcePartition } from '../contract/source.ts'
import { connectConsumer, disconnect, type KafkaOptions, partitionCounts, watermarks } from './client.ts'

/** Offsets from `low` on are held, up to before `high`. */
export type Held = SourcePartition & { low: number; high: number }

/** Throws LT-2001, LT-2002. */
export async function holdsBeginning(options: KafkaOptions): Promise<boolean> {
  return (await heldOf(options)).every((p) => p.low === 0)
}

/** Every partition of the topics of events. Throws LT-2001, LT-2002. */
export async function heldOf(options: KafkaOptions): Promise<Held[]> {
  const name = (topic: string) => `${options.prefix ?? ''}${topic}`
  const consumer = await connectConsumer(options)
  try {
    const counts = await partitionCounts(consumer, EVENT_TYPES.map(name))
    const partitions = EVENT_TYPES.flatMap((topic) => Array.from({ length: counts.get(name(topic)) ?? 0 }, (_, partition) => ({ topic, partition })))
    return await Promise.all(
      partitions.map(async (p) => {
        const { lowOffset, highOffset } = await watermarks(consumer, name(p.topic), p.partition)
        return { ...p, low: lowOffset, high: highOffset }
      }),
    )
  } finally {
    await disconnect(consumer)
  }
}
