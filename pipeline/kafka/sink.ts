/** Alerts to `lookthrough.alerts`: idempotent, in order, key = alert id; and the same topic read back. */
import type { PublishedAlert } from '../contract/index.ts'
import type { OutboxMessage, Sink } from '../contract/source.ts'
import { ConfirmingProducer, connectConsumer, consume, disconnect, type KafkaOptions, partitionCounts, type PullConsumer, watermarks } from './client.ts'

export const ALERTS_TOPIC = 'lookthrough.alerts'

export async function openKafkaSink(options: KafkaOptions): Promise<Sink> {
  const topic = `${options.prefix ?? ''}${ALERTS_TOPIC}`
  const producer = await ConfirmingProducer.connect(options)
  await partitionCounts(producer.client, [topic])
  return {
    deliver: (messages: OutboxMessage[]) =>
      producer.send(
        messages.map((m) => ({
          topic,
          key: m.id,
          value: Buffer.from(m.body),
          headers: { 'content-type': 'application/json', 'lookthrough-sequence': String(m.sequence) },
        })),
      ),
    close: () => producer.close(),
  }
}

/** Which of these revisions, as `id/revision`, the alerts topic holds already. */
export async function findDelivered(options: KafkaOptions, pending: { id: string; revision: number }[]): Promise<Set<string>> {
  const wanted = new Set(pending.map((m) => `${m.id}/${m.revision}`))
  const there = new Set<string>()
  for await (const { id, revision } of readAlerts(options, { follow: false })) if (wanted.has(`${id}/${revision}`)) there.add(`${id}/${revision}`)
  return there
}

/** All alert revisions from the beginning; with `follow`, then each as it comes until `signal` aborts. */
export async function* readAlerts(options: KafkaOptions, how: { follow: boolean; signal?: AbortSignal }): AsyncGenerator<PublishedAlert> {
  for await (const body of readBodies(options, how)) yield JSON.parse(body) as PublishedAlert
}

/** The same in the bytes in which they lie there. */
export async function* readBodies(options: KafkaOptions, how: { follow: boolean; signal?: AbortSignal }): AsyncGenerator<string> {
  const topic = `${options.prefix ?? ''}${ALERTS_TOPIC}`
  const consumer = await connectConsumer(options, { 'client.id': 'lookthrough-alerts', 'group.id': 'lookthrough-alerts' })
  try {
    const ends = await assignAll(consumer, topic)
    consumer.setDefaultConsumeTimeout(20)
    consumer.setDefaultIsTimeoutOnlyForFirstMessage(true)
    while (how.signal?.aborted !== true && (how.follow || ends.size > 0)) {
      for (const m of await consume(consumer, 500)) {
        if (m.offset + 1 >= (ends.get(m.partition) ?? Infinity)) ends.delete(m.partition)
        if (m.value !== null) yield m.value.toString()
      }
    }
  } finally {
    await disconnect(consumer)
  }
}

/** Assigns every partition from its first message; returns the ends of those that hold any. */
async function assignAll(consumer: PullConsumer, topic: string): Promise<Map<number, number>> {
  const count = (await partitionCounts(consumer, [topic])).get(topic) ?? 0
  const bounds = await Promise.all(Array.from({ length: count }, (_, partition) => watermarks(consumer, topic, partition)))
  consumer.assign(bounds.map((b, partition) => ({ topic, partition, offset: b.lowOffset })))
  return new Map([...bounds.entries()].filter(([, b]) => b.highOffset > b.lowOffset).map(([partition, b]) => [partition, b.highOffset]))
}
