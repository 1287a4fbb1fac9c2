import { spawnSync } from 'node:child_process'
import { mkdtempSync, readFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, describe, expect, test } from 'vitest'
import { WebSocket, WebSocketServer } from 'ws'
import type { PublishedAlert } from '../contract/alert.ts'
import { FEED_PROTOCOL } from '../contract/feed-close.ts'
import { type Desk, startDesk } from '../desk/desk.ts'
import { alertOf, openLog, USERS } from '../desk/testing/world.ts'
import { openLine, type Line } from './conformance/line.ts'
import { type AlertsOptions, type FeedAlert, type FeedOptions, type FeedState, fileCursor, type Gap, memoryCursor, openFeed } from './index.ts'

const closing: (() => Promise<unknown> | void)[] = []
afterEach(async () => {
  for (const close of closing.splice(0).reverse()) await close()
})

async function open(history: PublishedAlert[] = [], port = 0) {
  const log = openLog(history)
  const desk: Desk = await startDesk({ port, users: Object.values(USERS), alerts: log.alerts, publish: () => Promise.resolve(), rules: { list: () => [] } })
  let isClosed = false
  const close = async () => {
    if (!isClosed) await desk.close()
    isClosed = true
  }
  closing.push(close)
  return { ...desk, push: log.push, close }
}

async function lineTo(port: number): Promise<Line & { url: string }> {
  const line = await openLine('127.0.0.1', port)
  closing.push(line.close)
  return { ...line, url: `http://127.0.0.1:${line.port}` }
}

/** A reading that runs by itself and keeps what it gets. */
function read(options: Partial<FeedOptions> & { url: string }, wanted: AlertsOptions = {}) {
  const stop = new AbortController()
  const got: FeedAlert[] = []
  const gaps: Gap[] = []
  const states: FeedState[] = []
  const feed = openFeed({ token: USERS.supervisor.token, onGap: (gap) => gaps.push(gap), onState: (state) => states.push(state), ...options })
  let failure: unknown
  const run = async () => {
    for await (const alert of feed.alerts({ signal: stop.signal, ...wanted })) got.push(alert)
  }
  const done = run().catch((error: unknown) => (failure = error))
  const end = async () => {
    stop.abort()
    await done
  }
  closing.push(end)
  return {
    got,
    gaps,
    states,
    end,
    done,
    failure: () => failure,
    names: () => got.map(nameOf),
    is: (state: FeedState['state']) => states.some((s) => s.state === state),
  }
}

const nameOf = ({ id, revision }: { id: string; revision: number }) => `${id}/${revision}`
const range = (from: number, to: number) => Array.from({ length: to - from }, (_, k) => alertOf(from + k))

async function until(ready: () => boolean, ms = 60_000): Promise<void> {
  const end = Date.now() + ms
  while (!ready()) {
    if (Date.now() > end) throw new Error(`not within ${ms} ms: ${ready.toString()}`)
    await new Promise((resolve) => setTimeout(resolve, 10))
  }
}

describe('a reading', () => {
  test('begins with the alerts as they stand and goes on with each revision, its event and its cursor', async () => {
    const desk = await open([alertOf(1), alertOf(2)])
    const reading = read({ url: desk.url })
    await until(() => reading.is('live'))
    desk.push(alertOf(2, { revision: 2, severity: 'red' }), alertOf(2, { revision: 3, state: 'resolved' }), alertOf(3))
    await until(() => reading.got.length === 5)
    expect(reading.got.map(({ id, revision, kind }) => [id, revision, kind])).toEqual([
      [alertOf(2).id, 1, 'snapshot'],
      [alertOf(1).id, 1, 'snapshot'],
      [alertOf(2).id, 2, 'updated'],
      [alertOf(2).id, 3, 'resolved'],
      [alertOf(3).id, 1, 'opened'],
    ])
    expect(reading.got[0]).toMatchObject({ event: null, cursor: null, severity: 'blue' })
    expect(reading.got[2]).toMatchObject({ severity: 'red', cursor: expect.any(String) as string, event: { type: 'lookthrough.alert.updated' } })
    await reading.end()
    expect(reading.failure()).toBeUndefined()
  })

  test('keeps its place in a file, and the next one goes on behind what was taken', async () => {
    const cursors = fileCursor(join(mkdtempSync(join(tmpdir(), 'lookthrough-client-')), 'place'))
    const desk = await open(range(0, 10))
    const first = read({ url: desk.url, cursors })
    await until(() => first.is('live'))
    desk.push(...range(10, 20))
    await until(() => first.got.length === 20)
    await first.end()
    desk.push(...range(20, 25))
    const second = read({ url: desk.url, cursors })
    await until(() => second.got.length >= 5 && second.is('live'))
    expect(second.names()).toEqual(range(20, 25).map(nameOf))
  })

  test('is told of a gap, and a snapshot follows; where it prefers that, it ends with the reason', async () => {
    const desk = await open(range(0, 3))
    const told = read({ url: desk.url, cursors: memoryCursor('of-another-desk') })
    await until(() => told.got.length === 3)
    expect(told.gaps).toEqual([{ cursor: 'of-another-desk', epoch: expect.any(String) as string }])
    expect(told.got.every(({ kind }) => kind === 'snapshot')).toBe(true)
    const strict = read({ url: desk.url, cursors: memoryCursor('of-another-desk') }, { onGap: 'fail' })
    await strict.done
    expect([strict.failure(), strict.got]).toMatchObject([{ code: 'LT-2182' }, []])
  })

  test('with a filter gets nothing else, across a gap too', async () => {
    const banks = (n: number) => alertOf(n, n % 2 === 0 ? {} : { institution: 'B0002', severity: 'red' })
    const all = Array.from({ length: 20 }, (_, n) => banks(n))
    const desk = await open(all.slice(0, 10))
    const reading = read({ url: desk.url, cursors: memoryCursor('of-another-desk') }, { filter: { severity: { gte: 'orange' } } })
    await until(() => reading.is('live'))
    desk.push(...all.slice(10))
    await until(() => reading.got.length === 10)
    expect(reading.gaps).toHaveLength(1)
    expect(new Set(reading.names())).toEqual(new Set(all.filter(({ severity }) => severity === 'red').map(nameOf)))
  })

  test('that is durable goes on where it was acknowledged, without a cursor of its own', async () => {
    const desk = await open(range(0, 5))
    const first = read({ url: desk.url }, { durable: 'ledger' })
    await until(() => first.is('live'))
    desk.push(...range(5, 8))
    await until(() => first.got.length === 8)
    await first.end()
    desk.push(...range(8, 10))
    const second = read({ url: desk.url }, { durable: 'ledger' })
    await until(() => second.got.length >= 2 && second.is('live'))
    expect(second.names()).toEqual(range(8, 10).map(nameOf))
    expect([...first.gaps, ...second.gaps]).toEqual([])
  })

  test('acknowledges a revision only when the next one is asked for', async () => {
    const desk = await open()
    const states: FeedState[] = []
    const reading = openFeed({ url: desk.url, token: USERS.supervisor.token, onState: (state) => states.push(state) }).alerts({ durable: 'careful' })
    const first = reading.next()
    await until(() => states.some(({ state }) => state === 'live'))
    desk.push(alertOf(1), alertOf(2))
    expect((await first).value).toMatchObject({ id: alertOf(1).id })
    // It falls over while it works on the second.
    expect((await reading.next()).value).toMatchObject({ id: alertOf(2).id })
    await reading.return()
    const again = read({ url: desk.url }, { durable: 'careful' })
    await until(() => again.got.length > 0)
    expect(again.names()[0]).toBe(nameOf(alertOf(2)))
  })
})

describe('whatever the network does', () => {
  test('a line cut again and again in the middle of a burst loses nothing and repeats nothing', async () => {
    const desk = await open(range(0, 100))
    const line = await lineTo(desk.port)
    const reading = read({ url: line.url })
    for (let n = 100; n < 1000; n += 10) {
      desk.push(...range(n, n + 10))
      if (n % 150 === 100) line.cut()
      await new Promise((resolve) => setTimeout(resolve, 10))
    }
    await until(() => reading.got.length >= 1000)
    expect(new Set(reading.names()).size).toBe(1000)
    expect(reading.got).toHaveLength(1000)
    expect(reading.gaps).toEqual([])
    expect(reading.states.filter(({ state }) => state === 'waiting').length).toBeGreaterThanOrEqual(2)
  })

  test('a line that falls silent is given up after three heartbeats, and what came meanwhile follows', async () => {
    const { url, sendTo } = await openImpatientDesk(200)
    const reading = read({ url })
    await until(() => reading.is('live'))
    sendTo.isSilent = true
    await until(() => reading.is('waiting'), 10_000)
    expect(reading.states.find((s) => s.state === 'waiting')).toMatchObject({ end: { code: 1006, reason: expect.stringContaining('600 ms') as string } })
    sendTo.isSilent = false
    await until(() => reading.states.filter(({ state }) => state === 'live').length === 2)
  })

  test('at 1 KB/s it is slow and whole; a second connection that says the same does no harm', async () => {
    const desk = await open(range(0, 30))
    const line = await lineTo(desk.port)
    line.twin(true)
    line.trickle(1024)
    const slow = read({ url: line.url }, { durable: 'slow' })
    await until(() => slow.got.length > 0, 20_000)
    desk.push(...range(30, 40))
    await new Promise((resolve) => setTimeout(resolve, 3000))
    expect(slow.got.length).toBeLessThan(40)
    line.flow()
    await until(() => slow.got.length >= 40)
    expect(new Set(slow.names()).size).toBe(40)
    expect(slow.got).toHaveLength(40)
  })

  test('a desk that stops and comes back at the same address is waited for; every alert gets to its end state once', async () => {
    const before = range(0, 50)
    const first = await open(before)
    const reading = read({ url: first.url })
    await until(() => reading.is('live'))
    await first.close()
    await until(() => reading.is('waiting'))
    const changed = alertOf(7, { revision: 2, severity: 'red' })
    const second = await open([...before, changed, ...range(50, 55)], first.port)
    await until(() => reading.got.length >= 56)
    second.push(alertOf(60))
    await until(() => reading.got.length >= 57)
    expect(reading.names()).toHaveLength(new Set(reading.names()).size)
    expect(new Set(reading.names())).toEqual(new Set([...range(0, 55), changed, alertOf(60)].map(nameOf)))
    expect(reading.states.find((s) => s.state === 'waiting')).toMatchObject({ end: { code: 4503, retryAfterMs: 1500 } })
  })

  test('a consumer that takes its time holds the line back, and gets everything once', async () => {
    const desk = await open()
    const states: FeedState[] = []
    const reading = openFeed({ url: desk.url, token: USERS.supervisor.token, onState: (state) => states.push(state) }).alerts({ from: 'now' })
    const got: string[] = []
    const first = reading.next()
    await until(() => states.some(({ state }) => state === 'live'))
    for (let n = 0; n < 4000; n += 200) {
      desk.push(...range(n, n + 200))
      await new Promise((resolve) => setTimeout(resolve, 10))
    }
    // More than is kept waiting here has come by now.
    await new Promise((resolve) => setTimeout(resolve, 1000))
    for (let next = await first; next.done !== true; next = await reading.next()) {
      got.push(nameOf(next.value))
      if (got.length === 4000) break
    }
    await reading.return()
    expect(got).toEqual(range(0, 4000).map(nameOf))
  })

  test('an event lost on the way is noticed by prev, and comes after all', async () => {
    const desk = await open(range(0, 5))
    const url = await openLossyRelay(desk.url, 4)
    const reading = read({ url })
    await until(() => reading.is('live'))
    desk.push(...range(5, 15))
    await until(() => reading.got.length >= 15)
    expect(new Set(reading.names())).toEqual(new Set(range(0, 15).map(nameOf)))
    expect(reading.got).toHaveLength(15)
  })
})

describe('a token', () => {
  test('that is refused ends the reading with the code and the fix; one that can be got anew is got once more', async () => {
    const desk = await open([alertOf(1)])
    const refused = read({ url: desk.url, token: 'of-nobody' })
    await refused.done
    expect(refused.failure()).toMatchObject({ code: 'LT-2180' })
    const tokens = ['of-nobody', USERS.b1.token]
    const renewed = read({ url: desk.url, token: () => Promise.resolve(tokens.shift() ?? '') })
    await until(() => renewed.is('live'))
    expect(renewed.names()).toEqual([nameOf(alertOf(1))])
    const never = read({ url: desk.url, token: () => 'of-nobody' })
    await never.done
    expect(never.failure()).toMatchObject({ code: 'LT-2180' })
    expect(never.states.filter(({ state }) => state === 'connecting')).toHaveLength(2)
  })

  test('that is a JWT is renewed over the open connection before it ends', async () => {
    const claims = Buffer.from(JSON.stringify({ exp: Math.floor(Date.now() / 1000) + 3 })).toString('base64url')
    const { url, sendTo } = await openImpatientDesk(500)
    let asked = 0
    const reading = read({ url, token: () => `e30.${claims}.${++asked}` })
    await until(() => sendTo.said.some(({ op }) => op === 'auth'), 10_000)
    expect(sendTo.said.find(({ op }) => op === 'auth')).toEqual({ op: 'auth', token: `e30.${claims}.2` })
    expect(reading.is('waiting')).toBe(false)
  })
})

test('the cursor file holds one cursor, whole, however many are kept', async () => {
  const file = join(mkdtempSync(join(tmpdir(), 'lookthrough-client-')), 'place')
  const store = fileCursor(file)
  expect(await store.load()).toBeUndefined()
  for (const cursor of ['a', 'b', 'c']) await store.save(cursor)
  expect([await store.load(), readFileSync(file, 'utf8')]).toEqual(['c', 'c\n'])
})

test('it is what a program gets as lookthrough/client, and brings nothing along but ws', () => {
  const script = `import { openFeed } from 'lookthrough/client'; console.log(typeof openFeed)`
  const { stdout, stderr } = spawnSync(process.execPath, ['--input-type=module', '-e', script], { encoding: 'utf8' })
  expect([stdout.trim(), stderr]).toEqual(['function', ''])
  const files = ['backoff', 'cursors', 'feed', 'index', 'known', 'reading', 'session', 'tokens'].map((name) =>
    readFileSync(`pipeline/client/${name}.ts`, 'utf8'),
  )
  const packages = files.flatMap((text) => [...text.matchAll(/^import (?!type).* from '([^.].*)'$/gm)].map((match) => match[1]))
  expect(packages.filter((name) => name?.startsWith('node:') === false)).toEqual(['ws'])
})

/** A desk of another make, with a short heartbeat, which falls silent on request and keeps what it is told. */
async function openImpatientDesk(heartbeatMs: number) {
  const server = new WebSocketServer({ port: 0, host: '127.0.0.1', handleProtocols: () => FEED_PROTOCOL })
  const sendTo = { isSilent: false, said: [] as { op: string }[] }
  await new Promise((resolve) => server.once('listening', resolve))
  server.on('connection', (socket) => {
    const send = (frame: unknown) => {
      if (!sendTo.isSilent) socket.send(JSON.stringify(frame))
    }
    const timer = setInterval(() => send({ type: 'heartbeat', cursors: { alerts: 'c' }, serverTime: new Date().toISOString() }), heartbeatMs)
    socket.on('close', () => clearInterval(timer))
    socket.on('message', (data: Buffer) => {
      const frame = JSON.parse(data.toString()) as { op: string; sid: string }
      sendTo.said.push(frame)
      if (frame.op !== 'subscribe') return
      send({ type: 'subscribed', sid: frame.sid, epoch: 'e', recovered: true, replay: 0, cursor: 'c' })
      send({ type: 'live', sid: frame.sid, seq: 0, cursor: 'c' })
    })
    send({ type: 'hello', v: 1, heartbeatMs, serverTime: new Date().toISOString() })
  })
  closing.push(() => {
    for (const socket of server.clients) socket.terminate()
    server.close()
  })
  return { url: `http://127.0.0.1:${(server.address() as { port: number }).port}`, sendTo }
}

/** Between client and desk, and loses the event number `lost` of the first connection. */
async function openLossyRelay(url: string, lost: number): Promise<string> {
  const server = new WebSocketServer({ port: 0, host: '127.0.0.1', handleProtocols: () => FEED_PROTOCOL })
  await new Promise((resolve) => server.once('listening', resolve))
  let events = 0
  server.on('connection', (client, request) => {
    const headers = { authorization: request.headers.authorization ?? '' }
    const desk = new WebSocket(`${url.replace('http', 'ws')}/v1/feed`, FEED_PROTOCOL, { headers })
    desk.on('message', (data: Buffer) => {
      if (data.toString().startsWith('{"type":"event"') && ++events === lost) return
      client.send(data.toString())
    })
    desk.on('error', () => client.terminate())
    client.on('message', (data: Buffer) => desk.send(data.toString()))
    client.on('close', () => desk.terminate())
    closing.push(() => desk.terminate())
  })
  closing.push(() => {
    for (const socket of server.clients) socket.terminate()
    server.close()
  })
  return `http://127.0.0.1:${(server.address() as { port: number }).port}`
}
