/** Statements to be refused or taken, and what the topic of dead letters holds now. */
import type { Event } from '../../contract/index.ts'
import type { KafkaOptions } from '../client.ts'
import { DEAD_LETTERS_TOPIC } from '../dead-letters.ts'
import { readTopic } from '../read-topic.ts'

export const LOAN = { loanId: 'L1', customerId: 'C1', product: 'corporate', balance: '1000.00', ccy: 'CNY', dpd: 0, class: 'normal' }

export const attributesOf = (id: string) => ({
  specversion: '1.0' as const,
  id,
  source: '/b/core',
  type: 'credit.loan' as const,
  time: '2026-03-02T01:00:00Z',
  subject: 'L1',
  institution: 'B0001',
  sequence: '1',
})

/** A statement of a loan, in structured JSON; `data` takes the place of what it says. */
export function loan(id: string, data: object = {}): string {
  return JSON.stringify({ ...attributesOf(id), data: { ...LOAN, ...data } } satisfies Event)
}

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
