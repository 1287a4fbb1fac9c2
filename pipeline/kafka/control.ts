/** The control log: read whole before the first message, as what it says holds from an offset or a time on, whenever that is read. */
import { formatTime, parseTime } from '../contract/index.ts'
import { REFUSAL_REASONS, type Carried, type ControlRecord, type JudgeFrom, type RefusalReason, type RuleDecision } from '../contract/source.ts'
import { ConfirmingProducer, type KafkaOptions, partitionCounts, type PullConsumer } from './client.ts'
import { readToEnd } from './read-topic.ts'

export const CONTROL_TOPIC = 'lookthrough.control'

/** The whole control log, before anything is judged: what it says holds from an offset on, whenever that offset is read. */
export async function readControl(consumer: PullConsumer, topic: string, partitions: number): Promise<ControlRecord[]> {
  const { messages } = await readToEnd(consumer, topic, [...Array(partitions).keys()])
  return messages.flatMap((m) => toControl(m.value) ?? [])
}

/** `at` in ms; -Infinity takes an earlier one back. Throws LT-2001, LT-2002, LT-2003. */
export async function writeJudgeFrom(options: KafkaOptions, at: number): Promise<void> {
  const producer = await ConfirmingProducer.connect(options)
  try {
    await partitionCounts(producer.client, [`${options.prefix ?? ''}${CONTROL_TOPIC}`])
    await producer.send([controlMessage({ kind: 'judge-from', at }, options.prefix)])
  } finally {
    await producer.close()
  }
}

export function controlMessage(record: ControlRecord, prefix = ''): { topic: string; partition: number; key: string; value: Buffer } {
  const [key, body] = written(record)
  return { topic: `${prefix}${CONTROL_TOPIC}`, partition: 0, key, value: Buffer.from(JSON.stringify(body)) }
}

function written(record: ControlRecord): [key: string, body: object] {
  if (!('kind' in record)) return [`${record.topic}/${record.partition}`, { ...record, watermark: formatTime(record.watermark) }]
  if (record.kind === 'rule') return [`rule/${record.offset}`, record]
  return [record.kind, { ...record, at: Number.isFinite(record.at) ? formatTime(record.at) : null }]
}

/** Undefined for what is no control record. */
export function toControl(value: Buffer | string | null): ControlRecord | undefined {
  try {
    const record = JSON.parse(String(value)) as Record<string, unknown>
    if (record['kind'] === 'rule') return toDecision(record)
    return record['kind'] === 'judge-from' ? toJudgeFrom(record) : toCarried(record)
  } catch {
    return undefined
  }
}

function toJudgeFrom({ at: text }: Record<string, unknown>): JudgeFrom | undefined {
  const at = text === null ? -Infinity : timeOf(text)
  return at === undefined ? undefined : { kind: 'judge-from', at }
}

function toDecision({ offset, accepted, reason, why }: Record<string, unknown>): RuleDecision | undefined {
  if (typeof offset !== 'number') return undefined
  if (accepted === true) return { kind: 'rule', offset, accepted }
  const named = REFUSAL_REASONS.find((r): r is RefusalReason => r === reason)
  return named === undefined ? undefined : { kind: 'rule', offset, accepted: false, reason: named, why: String(why) }
}

function toCarried({ topic, partition, nextOffset, watermark: text }: Record<string, unknown>): Carried | undefined {
  const watermark = timeOf(text)
  if (typeof topic !== 'string' || typeof partition !== 'number' || typeof nextOffset !== 'number' || watermark === undefined) return undefined
  return { topic, partition, nextOffset, watermark }
}

function timeOf(value: unknown): number | undefined {
  return typeof value === 'string' ? parseTime(value) : undefined
}
