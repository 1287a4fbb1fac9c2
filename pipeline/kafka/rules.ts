/** The rules topic: every change of rules there was, key = rule code, one after the other in its first partition (docs/decisions/0032). */
import type { RuleRecord } from '../contract/source.ts'
import { type OutgoingMessage, type PullConsumer, type ReceivedMessage } from './client.ts'
import { readToEnd } from './read-topic.ts'

export const RULES_TOPIC = 'lookthrough.rules'
export const RULES_PARTITION = 0

/** All of it as it is now, and the offset after it. */
export async function readRules(consumer: PullConsumer, topic: string): Promise<{ records: RuleRecord[]; end: number }> {
  const { messages, ends } = await readToEnd(consumer, topic, [RULES_PARTITION])
  return { records: messages.map(ruleRecordIn), end: ends.get(RULES_PARTITION) ?? 0 }
}

export function ruleRecordIn({ offset, value }: Pick<ReceivedMessage, 'offset' | 'value'>): RuleRecord {
  return { offset, value: String(value) }
}

export function ruleMessage({ key, value }: { key: string; value: string }, prefix = ''): OutgoingMessage {
  return {
    topic: `${prefix}${RULES_TOPIC}`,
    partition: RULES_PARTITION,
    key,
    value: Buffer.from(value),
    headers: { 'content-type': 'application/cloudevents+json' },
  }
}
