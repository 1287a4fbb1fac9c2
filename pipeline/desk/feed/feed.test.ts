import { once } from 'node:events'
import { afterEach, describe, expect, test } from 'vitest'
import { WebSocket } from 'ws'
import type { PublishedAlert } from '../../contract/index.ts'
import { alertOf, connect, type Frame, openDesk, USERS } from '../testing/world.ts'
import { FEED_PROTOCOL } from '../../contract/feed.ts'

let desk: Awaited<ReturnType<typeof openDesk>> | undefined
afterEach(async () => {
  await desk?.close()
  desk = undefined
})

async function open(history: PublishedAlert[] = []) {
  desk = await openDesk(history)
  return desk
}

const alertsIn = (frames: Frame[]) =>
  frames.flatMap((f) => (f.type === 'snapshot' ? (f['items'] as PublishedAlert[]) : [(f['event'] as { data: PublishedAlert }).data]))
const names = (frames: Frame[]) => alertsIn(frames).map((a) => `${a.id}/${a.revision}`)
const breathe = () => new Promise((resolve) => setTimeout(resolve, 20))

/** The HTTP status with which an upgrade is refused, or `open`. */
function handshake(url: string, protocols: string[], headers: Record<string, string> = {}): Promise<number | 'open'> {
  const socket = new WebSocket(url, protocols, { headers })
  return new Promise((resolve) => {
    socket.on('open', () => {
      resolve('open')
      socket.close()
    })
    socket.on('unexpected-response', (_, response) => resolve(response.statusCode ?? 0))
    socket.on('error', () => undefined)
  })
}

describe('who may open the feed', () => {
  test('a token in the header or in the subprotocol; nobody else, from no other address and no other page', async () => {
    const { port } = await open()
    const url = `ws://127.0.0.1:${port}/v1/feed`
    const bearer = { authorization: `Bearer ${USERS.b1.token}` }
    const inProtocol = `bearer.${Buffer.from(USERS.b1.token).toString('base64url')}`
    expect(await handshake(url, [FEED_PROTOCOL], bearer)).toBe('open')
    expect(await handshake(url, [], bearer)).toBe('open')
    expect(await handshake(url, [FEED_PROTOCOL, inProtocol], { origin: `http://127.0.0.1:${port}` })).toBe('open')
    expect(await handshake(url, [FEED_PROTOCOL])).toBe(401)
    expect(await handshake(url, [FEED_PROTOCOL, 'bearer.d3Jvbmc'])).toBe(401)
    expect(await handshake(url, [FEED_PROTOCOL], { ...bearer, origin: 'https://elsewhere.example' })).toBe(403)
    expect(await handshake(`ws://127.0.0.1:${port}/v1/alerts`, [FEED_PROTOCOL], bearer)).toBe(404)
  })

  test('the protocol that is spoken is named, never the token', async () => {
    const { port } = await open()
    const socket = new WebSocket(`ws://127.0.0.1:${port}/v1/feed`, [FEED_PROTOCOL, `bearer.${Buffer.from(USERS.b1.token).toString('base64url')}`])
    await once(socket, 'open')
    expect(socket.protocol).toBe(FEED_PROTOCOL)
    socket.close()
  })
})

describe('a subscription', () => {
  test('gets a snapshot in parts, then live, then every revision as a CloudEvent', async () => {
    const { url, push } = await open(Array.from({ length: 450 }, (_, n) => alertOf(n)))
    const client = await connect(url, USERS.supervisor.token)
    client.send({ op: 'subscribe', sid: 's1', from: 'snapshot', unknown: 'field' })
    await client.until(() => client.of('live').length > 0)
    push(alertOf(7, { revision: 2, severity: 'red' }), alertOf(7, { revision: 3, state: 'resolved' }), alertOf(900))
    await client.until(() => client.of('event').length === 3)
    expect(client.frames[0]).toMatchObject({ type: 'hello', v: 1, heartbeatMs: 10_000 })
    expect(client.of('subscribed')).toMatchObject([{ sid: 's1', recovered: false }])
    expect(client.of('snapshot').map((f) => [f['part'], f['last'], (f['items'] as unknown[]).length])).toEqual([
      [1, false, 200],
      [2, false, 200],
      [3, true, 50],
    ])
    expect(client.of('event').map((f) => (f['event'] as { type: string }).type)).toEqual([
      'lookthrough.alert.updated',
      'lookthrough.alert.resolved',
      'lookthrough.alert.opened',
    ])
    expect(client.of('event')[0]).toMatchObject({
      sid: 's1',
      seq: 451,
      prev: 450,
      event: { specversion: '1.0', id: `${alertOf(7).id}/2`, source: '/lookthrough', subject: alertOf(7).id, time: alertOf(7).at, data: { severity: 'red' } },
    })
  })

  test('misses nothing and gets nothing twice, whenever it begins, while alerts keep coming', async () => {
    const { url, push } = await open(Array.from({ length: 300 }, (_, n) => alertOf(n)))
    const clients = []
    for (let n = 300; n < 1500; n++) {
      push(alertOf(n))
      if (n % 3 === 0) push(alertOf(n - 250, { revision: 2 }))
      if (n % 100 === 0) {
        const client = await connect(url, n % 200 === 0 ? USERS.supervisor.token : USERS.b1.token)
        client.send({ op: 'subscribe', sid: 'x', from: 'snapshot' })
        clients.push(client)
      }
      if (n % 10 === 0) await breathe()
    }
    const last = alertOf(1499).id
    for (const client of clients) {
      await client.until(() => names(client.of('event')).includes(`${last}/1`))
      const asOf = client.of('snapshot')[0]?.['asOf'] as { seq: number }
      const events = client.of('event')
      expect(events.map((f) => f.prev)).toEqual([asOf.seq, ...events.slice(0, -1).map((f) => f.seq)])
      const seen = [...names(client.of('snapshot')), ...names(events)]
      expect(new Set(seen).size).toBe(seen.length)
      const final = new Map(alertsIn([...client.of('snapshot'), ...events]).map((a) => [a.id, a.revision]))
      expect(final.size).toBe(1500)
      expect([...final.values()].filter((revision) => revision === 2)).toHaveLength(400)
    }
  })

  test('what comes again after a crash is not sent again', async () => {
    const { url, push } = await open([alertOf(1)])
    const client = await connect(url, USERS.supervisor.token)
    client.send({ op: 'subscribe', sid: 's', from: 'now' })
    await client.until(() => client.of('live').length > 0)
    push(alertOf(1), alertOf(1, { revision: 2 }), alertOf(1), alertOf(1, { revision: 2 }), alertOf(2))
    await client.until(() => client.of('event').length === 2)
    await breathe()
    expect(names(client.of('event'))).toEqual([`${alertOf(1).id}/2`, `${alertOf(2).id}/1`])
  })

  test('goes on from a cursor, with what came meanwhile; a cursor that leads nowhere gets everything', async () => {
    const { url, push } = await open([alertOf(1)])
    const first = await connect(url, USERS.b1.token)
    first.send({ op: 'subscribe', sid: 's', from: 'snapshot' })
    await first.until(() => first.of('live').length > 0)
    push(alertOf(2))
    await first.until(() => first.of('event').length === 1)
    const { cursor } = first.of('event')[0] ?? {}
    first.socket.terminate()
    push(alertOf(3), alertOf(4, { disclosure: 'supervisor' }), alertOf(5))
    const headers = { authorization: `Bearer ${USERS.b1.token}` }
    await expect.poll(async () => (await fetch(`${url}/v1/alerts/${alertOf(5).id}`, { headers })).status, { timeout: 30_000 }).toBe(200)
    const again = await connect(url, USERS.b1.token)
    again.send({ op: 'subscribe', sid: 's', from: { cursor } })
    await again.until(() => again.of('live').length > 0)
    expect(again.of('subscribed')).toMatchObject([{ recovered: true, replay: 2 }])
    expect(names(again.of('event'))).toEqual([`${alertOf(3).id}/1`, `${alertOf(5).id}/1`])
    expect(again.of('event').map((f) => [f.prev, f.seq])).toEqual([
      [2, 3],
      [3, 4],
    ])
    const foreign = await connect(url, USERS.b2.token)
    foreign.send({ op: 'subscribe', sid: 's', from: { cursor } })
    foreign.send({ op: 'subscribe', sid: 't', from: { cursor: 'nonsense' } })
    await foreign.until(() => foreign.of('live').length === 2)
    expect(foreign.of('subscribed').map((f) => f['recovered'])).toEqual([false, false])
    expect(alertsIn(foreign.of('snapshot'))).toEqual([])
  })

  test('with a filter gets what it asked for, and `prev` shows that nothing else is missing', async () => {
    const { url, push } = await open([alertOf(1, { severity: 'red' }), alertOf(2)])
    const client = await connect(url, USERS.supervisor.token)
    client.send({ op: 'subscribe', sid: 'red', filter: { severity: ['red', 'orange'], institution: 'B0001' } })
    client.send({ op: 'subscribe', sid: 'b2', from: 'now', filter: { institution: 'B0002' } })
    await client.until(() => client.of('live').length === 2)
    push(alertOf(3), alertOf(4, { severity: 'orange' }), alertOf(5, { institution: 'B0002', severity: 'red' }), alertOf(6, { severity: 'red' }))
    await client.until(() => client.of('event').length === 3)
    expect(names(client.of('snapshot', 'red'))).toEqual([`${alertOf(1).id}/1`])
    expect(client.of('event', 'red').map((f) => [f.prev, f.seq])).toEqual([
      [2, 4],
      [4, 6],
    ])
    expect(client.of('event', 'b2').map((f) => [f.prev, f.seq])).toEqual([[2, 5]])
    client.send({ op: 'unsubscribe', sid: 'red' })
    // What comes after it in the same order is taken after it.
    client.send({ op: 'subscribe', sid: 'after', from: 'now', filter: { severity: 'none' } })
    await client.until(() => client.of('live').length === 3)
    push(alertOf(7, { severity: 'red' }), alertOf(8, { institution: 'B0002' }))
    await client.until(() => client.of('event', 'b2').length === 2)
    expect(client.of('event', 'red')).toHaveLength(2)
  })

  test('a bank’s sequence counts its own alerts alone', async () => {
    const { url, push } = await open([alertOf(1, { institution: 'B0002' }), alertOf(2, { disclosure: 'supervisor' }), alertOf(3)])
    const client = await connect(url, USERS.b1.token)
    client.send({ op: 'subscribe', sid: 's', from: 'snapshot', filter: { institution: 'B0002' } })
    client.send({ op: 'subscribe', sid: 'all', from: 'snapshot' })
    await client.until(() => client.of('live').length === 2)
    push(alertOf(4, { institution: 'B0002' }), alertOf(5, { disclosure: 'supervisor' }), alertOf(6))
    await client.until(() => client.of('event').length === 1)
    expect(client.of('live').map((f) => f.seq)).toEqual([1, 1])
    expect(client.of('event')).toMatchObject([{ sid: 'all', seq: 2, prev: 1 }])
    expect(JSON.stringify(client.frames)).not.toContain('B0002')
  })
})

describe('a connection', () => {
  test.each([
    ['not json', 4400],
    ['{"op":"subscribe"}', 4400],
    ['{"op":"subscribe","sid":"a","from":"yesterday"}', 4400],
    ['{"op":"subscribe","sid":"taken"}', 4409],
    ['x'.repeat(70_000), 1009],
  ])('ends with a frame that cannot be taken: %.50s', async (frame, code) => {
    const { url } = await open()
    const client = await connect(url, USERS.b1.token, { 'accept-language': 'en' })
    client.send({ op: 'subscribe', sid: 'taken' })
    client.socket.send(frame)
    await client.until(() => client.closed() !== undefined)
    expect(client.closed()).toBe(code)
    if (code !== 1009) expect(client.frames.at(-1)).toMatchObject({ type: 'bye', code, retryable: false })
    if (code === 4400) expect(client.of('error')).toMatchObject([{ code: 'LT-2140', temporary: false }])
  })

  test('is told of a frame that another version may know, in its language, and stays open', async () => {
    const { url } = await open()
    const client = await connect(url, USERS.b1.token, { 'accept-language': 'en' })
    client.send({ op: 'dance', sid: 'a' })
    client.send({ op: 'subscribe', sid: 'a', from: 'now', tempo: 'allegro' })
    await client.until(() => client.of('live').length === 1)
    expect(String(client.of('error')[0]?.['message'])).toContain('the frame cannot be understood')
    expect(client.closed()).toBeUndefined()
  })

  test('that reads nothing is cut off with its cursor once it is a mebibyte behind, and misses nothing when it comes back', async () => {
    const { url, push, told } = await open()
    const slow = await connect(url, USERS.supervisor.token)
    slow.send({ op: 'subscribe', sid: 's', from: 'now' })
    await slow.until(() => slow.of('live').length > 0)
    slow.socket.pause()
    const long = { zh: '长'.repeat(20_000), en: '' }
    let n = 0
    while (told.slow === 0 && n < 2000) {
      for (let k = 0; k < 20; k++) push(alertOf(n++, { says: long }))
      await breathe()
    }
    expect(told.slow).toBe(1)
    slow.socket.resume()
    await slow.until(() => slow.closed() !== undefined, 20_000)
    expect(slow.closed()).toBe(4413)
    const bye = slow.frames.at(-1)
    expect(bye).toMatchObject({ type: 'bye', code: 4413, retryable: true })
    push(alertOf(n++))
    const back = await connect(url, USERS.supervisor.token)
    back.send({ op: 'subscribe', sid: 's', from: { cursor: bye?.cursors?.['s'] } })
    await back.until(() => names(slow.of('event')).length + names(back.of('event')).length >= n, 20_000)
    expect([...names(slow.of('event')), ...names(back.of('event'))]).toEqual(Array.from({ length: n }, (_, k) => `${alertOf(k).id}/1`))
    await expect.poll(() => told.open).toBe(1)
  })

  test('is told when the desk stops, with a cursor, and closed', async () => {
    const { url } = await open([alertOf(1)])
    const client = await connect(url, USERS.b1.token)
    client.send({ op: 'subscribe', sid: 's' })
    await client.until(() => client.of('live').length > 0)
    await desk?.close()
    desk = undefined
    await client.until(() => client.closed() !== undefined)
    expect(client.frames.at(-1)).toMatchObject({ type: 'bye', code: 4503, retryable: true, cursors: { s: client.of('live')[0]?.cursor } })
    expect(client.closed()).toBe(4503)
  })

  test('hears a heartbeat that moves its cursor on', async () => {
    const { url, push } = await open()
    const client = await connect(url, USERS.b1.token)
    client.send({ op: 'subscribe', sid: 's', from: 'now', filter: { severity: 'red' } })
    await client.until(() => client.of('live').length > 0)
    push(alertOf(1), alertOf(2))
    await client.until(() => client.of('heartbeat').length > 0, 15_000)
    expect(client.of('event')).toEqual([])
    const cursor = client.of('heartbeat')[0]?.cursors?.['s']
    client.send({ op: 'subscribe', sid: 'again', from: { cursor } })
    await client.until(() => client.of('live', 'again').length > 0)
    expect(client.of('subscribed', 'again')).toMatchObject([{ recovered: true, replay: 0 }])
  })
})
