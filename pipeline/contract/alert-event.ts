/** A revision of an alert as a CloudEvent (contract §3), the same on every channel. */
import type { PublishedAlert } from './alert.ts'
import type { AlertEvent } from './feed.ts'

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

export function eventType({ state, revision }: PublishedAlert): AlertEvent['type'] {
  return `lookthrough.alert.${state === 'resolved' ? 'resolved' : revision === 1 ? 'opened' : 'updated'}`
}
