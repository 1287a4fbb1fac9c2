/** The CloudEvent that an alert revision is the `data` of (contract §3): the same on the feed, in webhooks and, in binary mode, on Kafka. */
import type { AlertEvent } from './feed.ts'
import type { PublishedAlert } from './index.ts'

export function cloudEvent(alert: PublishedAlert): AlertEvent {
  return {
    specversion: '1.0',
    id: `${alert.id}/${alert.revision}`,
    source: '/lookthrough',
    type: eventType(alert),
    subject: alert.id,
    time: alert.at,
    datacontenttype: 'application/json',
    partitionkey: alert.institution,
    data: alert,
  }
}

/** CloudEvents 1.0, Kafka binding §3.2: the attributes as headers, the data as the value. */
export function binaryHeaders(alert: PublishedAlert): Record<string, string> {
  const { datacontenttype, data: _, ...attributes } = cloudEvent(alert)
  return { 'content-type': datacontenttype, ...Object.fromEntries(Object.entries(attributes).map(([name, value]) => [`ce_${name}`, value])) }
}

export function eventType({ state, revision }: PublishedAlert): AlertEvent['type'] {
  return `lookthrough.alert.${state === 'resolved' ? 'resolved' : revision === 1 ? 'opened' : 'updated'}`
}
