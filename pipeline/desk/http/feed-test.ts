/** `POST /v1/feed/test`: a test event to the open WebSockets of the caller's own stream, and to nobody else. It is kept nowhere and counts for nothing. */
import { randomUUID } from 'node:crypto'
import type { FastifyInstance } from 'fastify'
import type { FeedTest } from '../../contract/feed.ts'
import { say } from '../../messages/index.ts'
import { streamOf } from '../entitlements/see.ts'
import type { Feed } from '../feed/feed.ts'
import { userOf } from './access.ts'

export function feedTestRoute(v1: FastifyInstance, feed: Feed): void {
  v1.post('/feed/test', (request, reply) => {
    const stream = streamOf(userOf(request))
    const frame = testFrame()
    const readers = [...feed.readers].filter((reader) => reader.test !== undefined && streamOf(reader.user) === stream)
    for (const reader of readers) reader.test?.(frame)
    return reply.code(202).send({ id: frame.event.id, connections: readers.length })
  })
}

function testFrame(): FeedTest {
  const says = { zh: say('desk.feed.test', 'zh'), en: say('desk.feed.test', 'en') }
  const time = new Date().toISOString()
  return {
    type: 'test',
    event: {
      specversion: '1.0',
      id: randomUUID(),
      source: '/lookthrough',
      type: 'lookthrough.feed.test',
      time,
      datacontenttype: 'application/json',
      data: { says },
    },
  }
}
