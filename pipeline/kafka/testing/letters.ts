/** What the topic of dead letters holds now. */
import type { KafkaOptions } from '../client.ts'
import { DEAD_LETTERS_TOPIC } from '../dead-letters.ts'
import { readTopic } from '../read-topic.ts'

export type KeptLetter = { key: string; value: Buffer; headers: Record<string, string> }

/** In the order in which they lie there, copied. */
export async function keptLetters(kafka: KafkaOptions): Promise<KeptLetter[]> {
  const letters: KeptLetter[] = []
  for await (const { key, value, headers } of readTopic(kafka, DEAD_LETTERS_TOPIC, { follow: false })) {
    const pairs = (headers ?? []).flatMap((header) => Object.entries(header as Record<string, Buffer>))
    letters.push({ key: String(key), value: Buffer.from(value ?? ''), headers: Object.fromEntries(pairs.map(([name, text]) => [name, text.toString()])) })
  }
  return letters
}

/** What the headers say of it, without what the names have in common. */
export function errorOf({ headers }: KeptLetter): Record<string, string> {
  const prefix = '__lookthrough.errors.'
  const told = Object.entries(headers).filter(([name]) => name.startsWith(prefix))
  return Object.fromEntries(told.map(([name, text]) => [name.slice(prefix.length), text]))
}
