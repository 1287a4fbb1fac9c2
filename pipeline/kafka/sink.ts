/**
 * Alerts to `lookthrough.alerts`, dead letters to `lookthrough.dead-letters`: idempotent, in order, key = alert id or position; and the alerts read back. An
 * alert is a CloudEvent in binary mode: its attributes are headers, its value is the alert alone (contract §3).
 */
import { cloudEvent } from '../contract/alert-event.ts'
import type { PublishedAlert } from '../contract/index.ts'
import type { OutboxMessage, OutgoingLetter, Sink } from '../contract/source.ts'
import { binaryHeaders } from './binary.ts'
import { ConfirmingProducer, type KafkaOptions, partitionCounts } from './client.ts'
import { DEAD_LETTERS_TOPIC, letterMessage } from './dead-letters.ts'
import { readTopic } from './read-topic.ts'

export const ALERTS_TOPIC = 'lookthrough.alerts'

export async function openKafkaSink(options: KafkaOptions): Promise<Sink> {
  const [topic, deadLetters] = [ALERTS_TOPIC, DEAD_LETTERS_TOPIC].map((name) => `${options.prefix ?? ''}${name}`) as [string, string]
  const producer = await ConfirmingProducer.connect(options)
  const partitions = (await partitionCounts(producer.client, [topic, deadLetters])).get(deadLetters) ?? 1
  return {
    deliver: (messages: OutboxMessage[]) =>
      producer.send(
        messages.map((m) => ({
          topic,
          key: m.id,
          value: Buffer.from(m.body),
          headers: { ...eventHeaders(m), 'lookthrough-sequence': String(m.sequence) },
        })),
      ),
    deliverDead: (letters: OutgoingLetter[]) => producer.send(letters.map((letter) => letterMessage(letter, options, partitions))),
    close: () => producer.close(),
  }
}

function eventHeaders({ body }: OutboxMessage): Record<string, string> {
  const { data: _data, ...attributes } = cloudEvent(JSON.parse(body) as PublishedAlert)
  return binaryHeaders(attributes)
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
  for await (const { value } of readTopic(options, ALERTS_TOPIC, how)) if (value !== null) yield value.toString()
}
