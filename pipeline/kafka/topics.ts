/** The topics: one per event type, `lookthrough.alerts`, `lookthrough.actions`, `lookthrough.control`, `lookthrough.rules`, `lookthrough.dead-letters`. */
import { EVENT_TYPES } from '../contract/index.ts'
import { CONNECT_MS, type KafkaOptions, loadKafka, MAX_FETCH_BYTES } from './client.ts'
import { ALERTS_TOPIC } from './sink.ts'
import { CONTROL_TOPIC } from './control.ts'
import { DEAD_LETTERS_TOPIC } from './dead-letters.ts'
import { ACTIONS_TOPIC } from './desk-log.ts'
import { RULES_TOPIC } from './rules.ts'

const ALREADY_EXISTS = 36
/** As long as windows can be corrected; the original lies in its own topic besides. */
const DEAD_LETTERS_MS = 35 * 86_400_000

/**
 * Creates what is missing; what is there stays as it is. Event topics carry `LogAppendTime`; alerts, actions, control and rules are kept for ever, dead letters
 * for 35 days.
 * Returns once the brokers name all of them: a topic just created is unknown to them for a moment.
 */
export async function ensureTopics(options: KafkaOptions & { partitions: number; replication?: number }): Promise<void> {
  const kafka = await loadKafka()
  const admin = kafka.AdminClient.create({ 'bootstrap.servers': options.brokers, 'client.id': 'lookthrough-admin', ...options.client } as never)
  const create = (topic: string, partitions: number, config: Record<string, string>) =>
    new Promise<void>((resolve, reject) => {
      const spec = { topic: `${options.prefix ?? ''}${topic}`, num_partitions: partitions, replication_factor: options.replication ?? 1, config }
      admin.createTopic(spec as never, CONNECT_MS, ((error: { code: number } | null) =>
        error && error.code !== ALREADY_EXISTS ? reject(error as unknown as Error) : resolve()) as never)
    })
  try {
    const large = { 'max.message.bytes': String(16 << 20) }
    for (const type of EVENT_TYPES) await create(type, options.partitions, { ...large, 'message.timestamp.type': 'LogAppendTime' })
    for (const topic of [ALERTS_TOPIC, ACTIONS_TOPIC, CONTROL_TOPIC, RULES_TOPIC]) await create(topic, 1, { ...large, 'retention.ms': '-1' })
    // A letter is the longest message and what is said about it.
    await create(DEAD_LETTERS_TOPIC, 1, { 'max.message.bytes': String(MAX_FETCH_BYTES), 'retention.ms': String(DEAD_LETTERS_MS) })
    await named(
      admin,
      [...EVENT_TYPES, ALERTS_TOPIC, ACTIONS_TOPIC, CONTROL_TOPIC, RULES_TOPIC, DEAD_LETTERS_TOPIC].map((topic) => `${options.prefix ?? ''}${topic}`),
    )
  } finally {
    admin.disconnect()
  }
}

/** Waits as long as a connection may take; what is missing then is said by whoever reads it (LT-2002). */
async function named(admin: { listTopics: unknown }, topics: string[]): Promise<void> {
  const list = admin.listTopics as (options: { timeout: number }, done: (error: unknown, names: string[]) => void) => void
  const deadline = Date.now() + CONNECT_MS
  while (Date.now() < deadline) {
    const there = await new Promise<string[]>((resolve) => list.call(admin, { timeout: CONNECT_MS }, (error, names) => resolve(error ? [] : names)))
    if (topics.every((topic) => there.includes(topic))) return
    await new Promise((resolve) => setTimeout(resolve, 20))
  }
}
