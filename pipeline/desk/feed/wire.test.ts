import { afterEach, describe, expect, test } from 'vitest'
import { WebSocket } from 'ws'
import { FEED_PROTOCOL, type FeedFrom } from '../../contract/feed.ts'
import type { PublishedAlert } from '../../contract/index.ts'
import { alertOf, connect, type Frame, openDesk, USERS } from '../testing/world.ts'
import type { Durables } from './durables.ts'

const closers: (() => Promise<void>)[] = []
afterEach(async () => {
  for (const close of closers.splice(0)) await close()
})

async function open(history: PublishedAlert[] = [], durables?: Durables) {
  const desk = await openDesk(history, durables && { durables })
  closers.push(desk.close)
  return desk
}

const numbers = (frames: Frame[]) => frames.map((f) => Number.parseInt((f['event'] as { subject: string }).subject.slice(2), 16))
const snapshotOf = (frames: Frame[]) => frames.flatMap((f) => (f['items'] as PublishedAlert[]).map((a) => Number.parseInt(a.id.slice(2), 16)))

/** Everything that is there before `live`, with this beginning. */
async function begun(url: string, asked: { from?: FeedFrom; filter?: object; onGap?: string; sid?: string }, token = USERS.supervisor.token) {
  const client = await connect(url, token)
  client.send({ op: 'subscribe', sid: 's', ...asked })
  await client.until(() => client.of('live').length > 0 || client.closed() !== undefined)
  return client
}

describe('a subscription begins', () => {
  const at = (minutes: number) => new Date(Date.now() - minutes * 60_000).toISOString()
  const history = [alertOf(1, { at: at(90) }), alertOf(2, { at: at(20) }), alertOf(3, { at: at(5) }), alertOf(4, { at: at(30) }), alertOf(5, { at: at(1) })]

  test('some time ago or at a time, with all that has come in since, whatever its own time', async () => {
    const { url, push } = await open(history)
    const all = await begun(url, {})
    await new Promise((resolve) => setTimeout(resolve, 1200))
    const since = new Date().toISOString()
    push(alertOf(6, { at: at(120) }), alertOf(7))
    await all.until(() => all.of('event').length === 2)
    const last = await begun(url, { from: { since } })
    expect(last.of('subscribed')).toMatchObject([{ recovered: true, replay: 2 }])
    expect(numbers(last.of('event'))).toEqual([6, 7])
    expect(numbers((await begun(url, { from: { last: '1h' }, filter: { subject: ['P2', 'party:P6'] } })).of('event'))).toEqual([2, 6])
    await new Promise((resolve) => setTimeout(resolve, 1100))
    expect(numbers((await begun(url, { from: { last: '1s' } })).of('event'))).toEqual([])
  })

  test('with everything where its cursor leads nowhere, or ends with 4410 where it asked to', async () => {
    const { url } = await open(history)
    const over = await begun(url, { from: { cursor: 'bm93aGVyZQ' } })
    expect(over.of('subscribed')).toMatchObject([{ recovered: false }])
    expect(snapshotOf(over.of('snapshot'))).toHaveLength(5)
    const failed = await begun(url, { from: { cursor: 'bm93aGVyZQ' }, onGap: 'fail' })
    expect(failed.closed()).toBe(4410)
    expect(failed.frames.at(-1)).toMatchObject({ type: 'bye', code: 4410, retryable: false })
  })

  test('nowhere with a cursor somebody made up or changed', async () => {
    const { url } = await open(history)
    const cursor = (await begun(url, {})).of('live')[0]?.cursor ?? ''
    const bytes = Buffer.from(cursor, 'base64url')
    bytes.write('1', bytes.length - 2)
    for (const wrong of [bytes.toString('base64url'), Buffer.from('["x","all",1]').toString('base64url')]) {
      expect((await begun(url, { from: { cursor: wrong } })).of('subscribed')).toMatchObject([{ recovered: false }])
    }
    expect((await begun(url, { from: { cursor } })).of('subscribed')).toMatchObject([{ recovered: true }])
  })
})

test('a filter takes severities from one upwards, rules by their beginning, states and subjects', async () => {
  const rule = (code: string, id: string) => ({ code, id, version: '1.0.0', hash: 'sha256:0' })
  const { url } = await open([
    alertOf(1, { severity: 'yellow', rule: rule('CR-01', 'credit/large-exposure') }),
    alertOf(2, { severity: 'red', rule: rule('OP-08', 'operations/structuring') }),
    alertOf(3, { severity: 'orange', state: 'resolved' }),
    alertOf(4, { severity: 'blue' }),
  ])
  const found = async (filter: object) => snapshotOf((await begun(url, { filter })).of('snapshot')).sort((a, b) => a - b)
  expect(await found({ severity: { gte: 'orange' } })).toEqual([2, 3])
  expect(await found({ severity: { gte: 'blue' } })).toEqual([1, 2, 3, 4])
  expect(await found({ rule: 'CR-*' })).toEqual([1, 3, 4])
  expect(await found({ rule: ['operations/*', 'CR-01'] })).toEqual([1, 2])
  expect(await found({ rule: 'CR-0' })).toEqual([])
  expect(await found({ state: 'resolved', severity: 'orange' })).toEqual([3])
  expect(await found({ subject: 'party:P4' })).toEqual([4])
})

describe('a durable subscription', () => {
  test('goes on after what was acknowledged, on another connection, of the same stream alone', async () => {
    const { url, push } = await open([alertOf(1)])
    const first = await begun(url, { from: { durable: 'desk-1' } }, USERS.b1.token)
    expect(snapshotOf(first.of('snapshot'))).toEqual([1])
    push(alertOf(2), alertOf(3))
    await first.until(() => first.of('event').length === 2)
    first.send({ op: 'ack', sid: 's', cursor: first.of('event')[0]?.cursor })
    first.send({ op: 'subscribe', sid: 'after', from: 'now' })
    await first.until(() => first.of('live').length === 2)
    first.socket.terminate()
    const again = await begun(url, { from: { durable: 'desk-1' } }, USERS.b1.token)
    expect(again.of('subscribed')).toMatchObject([{ recovered: true, replay: 1 }])
    expect(numbers(again.of('event'))).toEqual([3])
    const other = await begun(url, { from: { durable: 'desk-1' } }, USERS.supervisor.token)
    expect(other.of('subscribed')).toMatchObject([{ recovered: false }])
    expect(other.closed()).toBeUndefined()
  })

  test('takes no acknowledgement of what it was not sent, nor does one that is not durable', async () => {
    const { url, push } = await open([alertOf(1)])
    const client = await begun(url, { from: { durable: 'd' }, filter: { severity: 'red' } })
    const ahead = await begun(url, { from: 'now' })
    push(alertOf(2))
    await ahead.until(() => ahead.of('event').length === 1)
    ahead.send({ op: 'ack', sid: 's', cursor: ahead.of('event')[0]?.cursor })
    await ahead.until(() => ahead.of('error').length === 1)
    const foreign = await begun(url, {}, USERS.b1.token)
    client.send({ op: 'ack', sid: 's', cursor: foreign.of('live')[0]?.cursor })
    client.send({ op: 'ack', sid: 'nobody', cursor: client.of('live')[0]?.cursor })
    await client.until(() => client.of('error').length === 2)
    expect([...ahead.of('error'), ...client.of('error')].map((f) => f['code'])).toEqual(['LT-2142', 'LT-2142', 'LT-2142'])
  })

  test('says that the position cannot be had at present, and goes on', async () => {
    const broken = () => Promise.reject(new Error('disk'))
    const { url } = await open([alertOf(1)], { position: broken, acknowledge: broken })
    const client = await connect(url, USERS.b1.token)
    client.send({ op: 'subscribe', sid: 'd', from: { durable: 'd' } })
    client.send({ op: 'subscribe', sid: 's' })
    await client.until(() => client.of('live', 's').length === 1 && client.of('error').length === 1)
    expect(client.of('error')).toMatchObject([{ sid: 'd', code: 'LT-2144', temporary: true }])
  })
})

describe('a connection', () => {
  test('that subscribes to nothing for 10 s ends with 4408; one that does stays', async () => {
    const { url } = await open()
    const idle = await connect(url, USERS.b1.token)
    const reading = await begun(url, {})
    await idle.until(() => idle.closed() !== undefined, 30_000)
    expect(idle.frames.at(-1)).toMatchObject({ type: 'bye', code: 4408, retryable: true })
    expect(reading.closed()).toBeUndefined()
  })

  test('takes another token of its user, and no one else’s', async () => {
    const { url } = await open()
    const client = await begun(url, {}, USERS.b1.token)
    client.send({ op: 'auth', token: USERS.b1.token })
    client.send({ op: 'auth', token: USERS.b2.token })
    client.send({ op: 'auth', token: 'nobody' })
    await client.until(() => client.of('error').length === 2)
    expect(client.of('error')).toMatchObject([{ code: 'LT-2143' }, { code: 'LT-2143' }])
    expect(client.closed()).toBeUndefined()
  })

  test('that floods the desk with frames ends with 4429; acknowledgements are no flood', async () => {
    const { url } = await open([alertOf(1)])
    const client = await begun(url, { from: { durable: 'd' } })
    const { cursor } = client.of('live')[0] ?? {}
    for (let n = 0; n < 500; n++) client.send({ op: 'ack', sid: 's', cursor })
    client.send({ op: 'subscribe', sid: 'after' })
    await client.until(() => client.of('live', 'after').length === 1)
    for (let n = 0; n < 500; n++) client.send({ op: 'unsubscribe', sid: 'x' })
    await client.until(() => client.closed() !== undefined)
    expect(client.closed()).toBe(4429)
  })

  test('opens with a ticket once, and not with one that nobody was given', async () => {
    const { url } = await open([alertOf(1)])
    const answer = await fetch(`${url}/v1/feed/tickets`, { method: 'POST', headers: { authorization: `Bearer ${USERS.b1.token}` } })
    const { ticket, expiresInSeconds } = (await answer.json()) as { ticket: string; expiresInSeconds: number }
    const handshake = (name: string) =>
      new Promise<string>((resolve) => {
        const socket = new WebSocket(`${url.replace('http', 'ws')}/v1/feed`, [FEED_PROTOCOL, `ticket.${name}`])
        socket.on('open', () => {
          resolve(socket.protocol)
          socket.close()
        })
        socket.on('unexpected-response', (_, { statusCode }) => resolve(String(statusCode)))
        socket.on('error', () => undefined)
      })
    expect(expiresInSeconds).toBe(60)
    expect([await handshake(ticket), await handshake(ticket), await handshake('made-up')]).toEqual([FEED_PROTOCOL, '401', '401'])
  })

  test('is refused with 429 when there are as many as may be, until one goes', async () => {
    const desk = await openDesk([], { feedLimits: { connectionsPerUser: 1 } })
    closers.push(desk.close)
    const { url, told } = desk
    const first = await connect(url, USERS.b1.token)
    await expect(connect(url, USERS.b1.token)).rejects.toThrow('429')
    expect((await fetch(`${url}/v1/alerts/stream`, { headers: { authorization: `Bearer ${USERS.b1.token}` } })).status).toBe(429)
    expect(told.open).toBe(1)
    first.socket.close()
    await expect.poll(() => told.open).toBe(0)
    await connect(url, USERS.b1.token)
  })
})
