import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { afterEach, expect, test } from 'vitest'
import { WebSocket, WebSocketServer } from 'ws'
import { FEED_PROTOCOL } from '../../contract/feed-close.ts'
import type { PublishedAlert } from '../../contract/alert.ts'
import { startDesk } from '../../desk/desk.ts'
import { alertOf, openLog, USERS } from '../../desk/testing/world.ts'
import { CHECKS, conformance, type Result } from './conformance.ts'

const closing: (() => Promise<unknown> | void)[] = []
afterEach(async () => {
  for (const close of closing.splice(0).reverse()) await close()
})

const HISTORY = Array.from({ length: 60 }, (_, n) =>
  alertOf(n, {
    institution: n % 3 === 0 ? 'B0002' : 'B0001',
    rule: { code: n % 5 === 0 ? 'LQ-01' : 'CR-02', id: 'of/one', version: '1.0.0', hash: 'sha256:0' },
  }),
)

type Frame = { type: string; [field: string]: unknown }
/** What a relay in front of a desk does wrong. */
type Fault = {
  frame?: (frame: Frame, nth: number) => Frame[]
  /** The token that is shown to the desk instead. */
  token?: string
  request?: (path: string) => Promise<void>
  /** Takes a token in the address. */
  isLax?: boolean
}

const FAULTS: [fault: string, found: string, how: Fault][] = [
  ['loses an event', 'chain', { frame: (frame, nth) => (frame.type === 'event' && nth === 20 ? [] : [frame]) }],
  ['says an event twice', 'chain', { frame: (frame, nth) => (frame.type === 'event' && nth === 20 ? [frame, frame] : [frame]) }],
  ['takes any cursor for a good one', 'gap', { frame: (frame) => [{ ...frame, ...(frame.type === 'subscribed' && { recovered: true }) }] }],
  ['takes a token in the address', 'tokenInAddress', { isLax: true }],
  ['has a clock of its own', 'clock', { frame: (frame) => [{ ...frame, ...(frame.type === 'hello' && { serverTime: '2026-01-01T00:00:00Z' }) }] }],
  ['promises more heartbeats than it gives', 'heartbeats', { frame: (frame) => [{ ...frame, ...(frame.type === 'hello' && { heartbeatMs: 500 }) }] }],
  ['sends what is no frame of the protocol', 'schema', { frame: (frame) => [{ ...frame, ...(frame.type === 'live' && { seq: 'last' }) }] }],
  [
    'counts across institutions',
    'noHoles',
    { frame: (frame) => [{ ...frame, ...(frame.type === 'event' && { seq: Number(frame['seq']) * 3, prev: Number(frame['prev']) * 3 }) }] },
  ],
  ['shows a bank everything', 'wildcards', { token: USERS.supervisor.token }],
  ['answers a guessed id', 'guessedIds', { token: USERS.supervisor.token }],
  ['takes longer for what exists', 'timing', { request: (path) => new Promise((resolve) => setTimeout(resolve, isThere(path) ? 60 : 0)) }],
]

const isThere = (path: string) => HISTORY.some(({ id }) => path.endsWith(id))

for (const [fault, found, how] of FAULTS)
  test(`a desk that ${fault} fails “${found}”`, async () => {
    expect(await checked(await openRelay(how), [found, 'snapshot', ...(found === 'schema' ? ['schema'] : [])])).toMatchObject({ [found]: 'failed' })
  })

test('a token that sees everything, and one alone, skip what needs another; so does a desk without alerts', async () => {
  const { url } = await openDesk(HISTORY)
  const names = ['chain', 'foreignCursor', 'guessedIds']
  expect(await checked(url, names, { token: USERS.supervisor.token })).toEqual({ chain: 'passed', foreignCursor: 'skipped', guessedIds: 'skipped' })
  expect(await checked(url, names, { otherToken: undefined })).toEqual({ chain: 'passed', foreignCursor: 'skipped', guessedIds: 'passed' })
  expect(await checked((await openDesk([])).url, ['chain', 'snapshot'])).toEqual({ chain: 'skipped', snapshot: 'passed' })
})

async function checked(url: string, names: string[], over: object = {}): Promise<Record<string, Result['outcome']>> {
  const setup = { url, token: USERS.b1.token, otherToken: USERS.b2.token, offlineMs: 100, slowMs: 100, patienceMs: 1500, language: 'en' as const, ...over }
  const checks = CHECKS.filter(({ name }) => names.includes(name.slice('conformance.'.length)))
  const results = await conformance(setup, () => undefined, checks)
  return Object.fromEntries(results.map(({ check, outcome }) => [check, outcome]))
}

async function openDesk(history: PublishedAlert[]) {
  const desk = await startDesk({
    port: 0,
    users: Object.values(USERS),
    alerts: openLog(history).alerts,
    publish: () => Promise.resolve(),
    rules: { list: () => [] },
  })
  closing.push(desk.close)
  return desk
}

/** A desk behind a relay that does one thing wrong. */
async function openRelay(fault: Fault): Promise<string> {
  const { url } = await openDesk(HISTORY)
  const shown = (authorization: string | undefined, address: string) => {
    const inAddress = /access_token=([^&]*)|token=([^&]*)/.exec(address)
    if (fault.isLax === true && inAddress !== null) return `Bearer ${inAddress[1] ?? inAddress[2] ?? ''}`
    return fault.token !== undefined && authorization === `Bearer ${USERS.b1.token}` ? `Bearer ${fault.token}` : (authorization ?? '')
  }
  const isWhoAmI = (path: string) => path.startsWith('/v1/me')
  const relay = async (request: IncomingMessage, response: ServerResponse) => {
    const path = request.url ?? ''
    await fault.request?.(path)
    const authorization = isWhoAmI(path) ? (request.headers.authorization ?? '') : shown(request.headers.authorization, path)
    const answer = await fetch(`${url}${path}`, { headers: { authorization } })
    response.writeHead(answer.status, { 'content-type': answer.headers.get('content-type') ?? '' }).end(await answer.text())
  }
  const server = createServer((request, response) => void relay(request, response))
  const sockets = new WebSocketServer({ noServer: true, handleProtocols: () => FEED_PROTOCOL })
  server.on('upgrade', (request, raw, head) => {
    const authorization = shown(request.headers.authorization, request.url ?? '')
    const desk = new WebSocket(`${url.replace('http', 'ws')}/v1/feed`, FEED_PROTOCOL, { headers: { authorization } })
    desk.on('error', () => undefined)
    desk.on('unexpected-response', (_, { statusCode }) => raw.end(`HTTP/1.1 ${statusCode} No\r\nConnection: close\r\n\r\n`))
    closing.push(() => desk.terminate())
    const early: string[] = []
    const counts = new Map<string, number>()
    let pass = (text: string): void => void early.push(text)
    desk.on('message', (data: Buffer) => {
      const frame = JSON.parse(data.toString()) as Frame
      const nth = counts.get(frame.type) ?? 0
      counts.set(frame.type, nth + 1)
      for (const passed of fault.frame?.(frame, nth) ?? [frame]) pass(JSON.stringify(passed))
    })
    desk.on('open', () =>
      sockets.handleUpgrade(request, raw, head, (client) => {
        pass = (text) => client.send(text)
        for (const text of early) client.send(text)
        client.on('message', (data: Buffer) => desk.send(data.toString()))
        client.on('close', () => desk.terminate())
        desk.on('close', (code, reason) => client.close(code === 1006 ? 1011 : code, reason))
      }),
    )
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  closing.push(() => {
    for (const client of sockets.clients) client.terminate()
    server.close()
    server.closeAllConnections()
  })
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`
}
