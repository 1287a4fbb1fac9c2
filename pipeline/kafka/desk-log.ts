/** `lookthrough.alerts` and `lookthrough.actions` as the desk reads and writes them. */
import { type Action, actionEvent, actionIn } from '../contract/action.ts'
import type { DeskLog, LogRecord } from '../contract/desk-log.ts'
import type { PublishedAlert } from '../contract/index.ts'
import type { ConfirmingProducer, KafkaOptions, ReceivedMessage } from './client.ts'
import { endsOf, readTopics } from './read-topic.ts'
import { ALERTS_TOPIC } from './sink.ts'

export const ACTIONS_TOPIC = 'lookthrough.actions'
const TOPICS = [ALERTS_TOPIC, ACTIONS_TOPIC] as const

/** Places name topics without the prefix. `read` and `isMissing` throw LT-2001, LT-2002; `write` LT-2003. */
export function openDeskLog(options: KafkaOptions, producer: ConfirmingProducer): DeskLog {
  const { prefix = '' } = options
  return {
    async *read(from, signal) {
      const starts = new Map(from.map((p) => [`${p.topic}/${p.partition}`, p.offset]))
      for await (const message of readTopics(options, TOPICS, { follow: true, signal, starts })) yield recordOf(message, prefix)
    },
    async isMissing(from) {
      const ends = await endsOf(options, TOPICS)
      return from.find((p) => p.offset > (ends.get(`${p.topic}/${p.partition}`) ?? 0))
    },
    write: (actions) =>
      producer.send(
        actions.map((action) => ({
          topic: `${prefix}${ACTIONS_TOPIC}`,
          key: action.alert,
          value: bytesOf(action),
          headers: { 'content-type': 'application/cloudevents+json' },
        })),
      ),
  }
}

function bytesOf(action: Action): Buffer {
  return Buffer.from(JSON.stringify(actionEvent(action)))
}

function recordOf({ topic: name, partition, offset, timestamp, value }: ReceivedMessage, prefix: string): LogRecord {
  const topic = name.slice(prefix.length)
  const place = { topic, partition, offset, at: timestamp ?? Date.now() }
  if (value === null) return place
  if (topic === ALERTS_TOPIC) return { ...place, alert: JSON.parse(value.toString()) as PublishedAlert }
  const action = actionIn(value.toString())
  return action === undefined ? place : { ...place, action }
}
