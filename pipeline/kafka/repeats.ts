/**
 * An engine that goes on from an older state (a snapshot, or a file whose last commits were torn off) judges again what it has judged before.
 * It comes to the same revisions; the alerts topic has them already and does not get them twice.
 */
import type { Sink } from '../contract/source.ts'
import { connectConsumer, disconnect, type KafkaOptions, partitionCounts, watermarks } from './client.ts'
import { ALERTS_TOPIC, readAlerts } from './sink.ts'

/** `sequence`: how many revisions the engine's file knows of. Reads the topic only where it holds more than that. */
export async function withoutRepeats(sink: Sink, options: KafkaOptions, sequence: number): Promise<Sink> {
  if ((await produced(options)) <= sequence) return sink
  const there = new Set<string>()
  for await (const { id, revision } of readAlerts(options, { follow: false })) there.add(`${id}/${revision}`)
  return {
    async deliver(messages) {
      const missing = messages.filter((m) => !there.delete(`${m.id}/${m.revision}`))
      if (missing.length > 0) await sink.deliver(missing)
    },
    close: () => sink.close(),
  }
}

/** Messages ever written to the alerts topic. */
async function produced(options: KafkaOptions): Promise<number> {
  const topic = `${options.prefix ?? ''}${ALERTS_TOPIC}`
  const consumer = await connectConsumer(options, { 'client.id': 'lookthrough-alerts', 'group.id': 'lookthrough-alerts' })
  try {
    const count = (await partitionCounts(consumer, [topic])).get(topic) ?? 0
    const bounds = await Promise.all(Array.from({ length: count }, (_, partition) => watermarks(consumer, topic, partition)))
    return bounds.reduce((n, b) => n + b.highOffset, 0)
  } finally {
    await disconnect(consumer)
  }
}
