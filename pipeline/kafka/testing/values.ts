/** What a log holds now. */
import type { EventType } from '../../contract/index.ts'
import type { KafkaOptions } from '../client.ts'
import { type LiveSource, openKafkaSource } from '../source.ts'

/** The values of a topic's messages, copied, in the order in which they are read. */
export async function valuesIn(kafka: KafkaOptions, topic: EventType): Promise<Buffer[]> {
  const source = await opened(kafka, topic)
  const values: Buffer[] = []
  try {
    for (let raw = await source.pull(10_000, 100); raw !== null; raw = await source.pull(10_000, 100)) {
      for (let i = 0; i < raw.count; i++) values.push(Buffer.from(raw.bytes.slice(i === 0 ? 0 : raw.ends[i - 1], raw.ends[i])))
    }
  } finally {
    await source.close()
  }
  return values
}

const NOT_LEADER = 6

/** A broker that has just come back does not lead its partitions yet. */
async function opened(kafka: KafkaOptions, topic: EventType): Promise<LiveSource> {
  for (;;) {
    try {
      return await openKafkaSource({ ...kafka, topics: [topic], control: false, toEnd: true })
    } catch (error) {
      if ((error as { code?: unknown }).code !== NOT_LEADER) throw error
      await new Promise((resolve) => setTimeout(resolve, 500))
    }
  }
}
