import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { WebSocket } from 'ws'
import type { PublishedAlert } from '../contract/index.ts'
import { type Desk, startDesk } from './desk.ts'
import type { EventMessage } from './http/events.ts'

const users = [
  { name: 'supervisor', role: 'supervisor' as const, institution: null, token: 'token-of-the-supervisor' },
  { name: 'desk-B0001', role: 'desk' as const, institution: 'B0001', token: 'token-of-desk-b0001' },
  { name: 'desk-B0002', role: 'desk' as const, institution: 'B0002', token: 'token-of-desk-b0002' },
]
const [SUPERVISOR, B1, B2] = users.map((u) => u.token) as [string, string, string]

const alertOf = (n: number, institution: string, disclosure = 'institution', revision = 1): PublishedAlert =>
  ({
    id: `A-${String(n).padStart(20, '0')}`,
    revision,
    state: revision === 3 ? 'resolved' : 'new',
    mode: 'live',
    rule: { code: n % 2 ? 'CR-01' : 'OP-08', id: 'x/y', version: '1.0.0', hash: '' },
    institution,
    subject: { kind: 'party', id: `P${n}` },
    severity: 'red',
    band: null,
    at: new Date(1_700_000_000_000 + n * 1000).toISOString(),
    window: null,
    values: {},
    threshold: null,
    says: { zh: '', en: '' },
    law: [],
    path: [],
    evidence: [`/institutions/${institution}/core|e${n}`],
    evidenceCount: 1,
    disclosure,
  }) as unknown as PublishedAlert

/** An alerts stream that the test feeds. */
function stream() {
  const waiting: PublishedAlert[] = []
  let wake = () => {}
  let ended = false
  return {
    push: (...alerts: PublishedAlert[]) => {
      waiting.push(...alerts)
      wake()
    },
    end: () => {
      ended = true
      wake()
    },
    async *[Symbol.asyncIterator]() {
      while (!ended) {
        for (const alert of waiting.splice(0)) yield alert
        await new Promise<void>((resolve) => (wake = resolve))
      }
    },
  }
}

type Frame = {
  type: string
  sid?: string
  seq: number
  prev: number
  cursor: string
  items: PublishedAlert[]
  event: { type: string; data: PublishedAlert }
  code: number | string
}

class Reader {
  readonly frames: Frame[] = []
  readonly ws: WebSocket
  closed: Promise<number>

  constructor(url: string, token: string, origin?: string) {
    this.ws = new WebSocket(`${url.replace('http', 'ws')}/v1/feed`, ['lookthrough.feed.v1+json', `bearer.${Buffer.from(token).toString('base64url')}`], {
      ...(origin !== undefined && { origin }),
    })
    this.ws.on('message', (data) => this.frames.push(JSON.parse(String(data)) as Frame))
    this.closed = new Promise((resolve) => {
      this.ws.on('close', resolve)
      this.ws.on('error', () => resolve(-1))
    })
  }

  async subscribe(from: unknown, filter?: Record<string, string>): Promise<void> {
    await this.until((f) => f.type === 'hello')
    this.ws.send(JSON.stringify({ op: 'subscribe', sid: 's', from, filter }))
    await this.until((f) => f.type === 'live' || f.type === 'error')
  }

  async until(found: (frame: Frame) => boolean): Promise<void> {
    for (let i = 0; i < 500 && !this.frames.some(found); i++) await sleep(10)
    expect(this.frames.some(found)).toBe(true)
  }

  get events(): Frame[] {
    return this.frames.filter((f) => f.type === 'event')
  }
  get snapshot(): PublishedAlert[] {
    return this.frames.filter((f) => f.type === 'snapshot').flatMap((f) => f.items)
  }
}

describe('a running desk', () => {
  const alerts = stream()
  const published: EventMessage[] = []
  let broken = false
  let desk: Desk
  const get = (path: string, token?: string) => fetch(`${desk.url}${path}`, token === undefined ? {} : { headers: { authorization: `Bearer ${token}` } })
  const post = (body: unknown, token: string) =>
    fetch(`${desk.url}/v1/events`, {
      method: 'POST',
      headers: { authorization: `Bearer ${token}`, 'content-type': 'application/json' },
      body: JSON.stringify(body),
    })

  beforeAll(async () => {
    desk = await startDesk({
      port: 0,
      users,
      alerts,
      rules: [{ code: 'CR-01' }],
      publish: (events) => (broken ? Promise.reject(new Error('down')) : (published.push(...events), Promise.resolve())),
      metrics: { contentType: 'text/plain', render: () => Promise.resolve('x 1\n') },
    })
    alerts.push(...Array.from({ length: 450 }, (_, i) => alertOf(i, i % 3 === 0 ? 'B0001' : 'B0002', i % 5 === 0 ? 'supervisor' : 'institution')))
    await sleep(50)
  })
  afterAll(async () => {
    alerts.end()
    await desk.close()
  })

  test('answers 401 without a good token, and health and metrics without any', async () => {
    expect([(await get('/v1/alerts')).status, (await get('/v1/alerts', 'wrong')).status, (await get('/v1/me', B1)).status]).toEqual([401, 401, 200])
    expect([(await get('/livez')).status, (await get('/readyz')).status, (await get('/metrics')).status]).toEqual([200, 200, 200])
    expect(await new Reader(desk.url, 'wrong').closed).toBe(-1)
    expect(await new Reader(desk.url, SUPERVISOR, 'http://evil.example').closed).toBe(-1)
  })

  test('a bank lists, opens and gets evidence of its own disclosed alerts; what it may not know of does not exist, in the same words', async () => {
    const all = (await (await get('/v1/alerts?limit=1000', SUPERVISOR)).json()) as { items: PublishedAlert[]; total: number }
    const own = (await (await get('/v1/alerts?limit=1000', B1)).json()) as { items: PublishedAlert[]; total: number }
    expect(all.total).toBe(450)
    expect(own.total).toBe(all.items.filter((a) => a.institution === 'B0001' && a.disclosure === 'institution').length)
    expect(new Set(own.items.map((a) => `${a.institution}/${a.disclosure}`))).toEqual(new Set(['B0001/institution']))
    expect((await get(`/v1/alerts/${own.items[0]?.id}`, B1)).status).toBe(200)
    const body = async (path: string) => {
      const response = await get(path, B1)
      const { error } = (await response.json()) as { error: Record<string, unknown> }
      return [response.status, { ...error, ref: '' }]
    }
    const nothing = await body('/v1/alerts/A-ffffffffffffffffffff')
    expect(await body(`/v1/alerts/${alertOf(1, 'B0002').id}`)).toEqual(nothing)
    expect(await body(`/v1/alerts/${alertOf(0, 'B0001').id}/evidence`)).toEqual(nothing)
    expect((await (await get('/v1/alerts?rule=CR-01&limit=1000', SUPERVISOR)).json()) as object).toMatchObject({ total: 225 })
  })

  test('the feed gives a snapshot and then what comes, without gap or double, while alerts keep coming', async () => {
    const reader = new Reader(desk.url, SUPERVISOR)
    const pushing = (async () => {
      for (let n = 1000; n < 1100; n++) {
        alerts.push(alertOf(n, 'B0001'))
        if (n % 7 === 0) await sleep(2)
      }
    })()
    await reader.subscribe('snapshot')
    await pushing
    await reader.until((f) => f.event?.data.id === alertOf(1099, '').id)
    const ids = [...reader.snapshot, ...reader.events.map((f) => f.event.data)].map((a) => a.id)
    expect(ids.length).toBe(550)
    expect(new Set(ids).size).toBe(550)
    const chain = reader.events
    chain.forEach((f, i) => i > 0 && expect(f.prev).toBe(chain[i - 1]?.seq))
    expect(chain[0]?.event.type).toBe('lookthrough.alert.opened')
    reader.ws.close()
  })

  test('a bank’s feed has its own alerts only, counted on its own', async () => {
    const reader = new Reader(desk.url, B2)
    await reader.subscribe('now')
    const before = reader.frames.find((f) => f.type === 'live')?.seq ?? 0
    alerts.push(alertOf(2000, 'B0001'), alertOf(2001, 'B0002', 'supervisor'), alertOf(2002, 'B0002'), alertOf(2003, 'B0001'), alertOf(2004, 'B0002'))
    await reader.until((f) => f.event?.data.id === alertOf(2004, '').id)
    expect(reader.events.map((f) => [f.event.data.id, f.seq])).toEqual([
      [alertOf(2002, '').id, before + 1],
      [alertOf(2004, '').id, before + 2],
    ])
    reader.ws.close()
  })

  test('a cursor goes on where it was; one of another stream is refused', async () => {
    const first = new Reader(desk.url, B1)
    await first.subscribe('now')
    alerts.push(alertOf(3000, 'B0001'))
    await first.until((f) => f.type === 'event')
    const cursor = first.events[0]?.cursor
    first.ws.terminate()
    alerts.push(alertOf(3001, 'B0001'), alertOf(3001, 'B0001', 'institution', 2), alertOf(3001, 'B0001', 'institution', 2))
    await sleep(30)
    const again = new Reader(desk.url, B1)
    await again.subscribe({ cursor })
    await again.until((f) => f.type === 'event' && f.event.data.revision === 2)
    expect(again.events.map((f) => `${f.event.data.id}/${f.event.data.revision}`)).toEqual([`${alertOf(3001, '').id}/1`, `${alertOf(3001, '').id}/2`])
    const other = new Reader(desk.url, B2)
    await other.subscribe({ cursor })
    expect(other.frames.at(-1)).toMatchObject({ type: 'error', code: 'cursor_invalid' })
    again.ws.close()
    other.ws.close()
  })

  test('a reader that stops reading is let go; the desk keeps at most a little for it', async () => {
    const reader = new Reader(desk.url, SUPERVISOR)
    await reader.subscribe('now')
    reader.ws.pause()
    const big = 'x'.repeat(20_000)
    for (let n = 0; n < 1500; n++) {
      alerts.push({ ...alertOf(10_000 + n, 'B0001'), says: { zh: big, en: '' } })
      if (n % 50 === 0) await sleep(1)
    }
    await sleep(100)
    reader.ws.resume()
    expect(await reader.closed).toBe(4413)
    expect(reader.frames.at(-1)).toMatchObject({ type: 'bye', code: 4413, retryable: true })
    expect(reader.events.length).toBeLessThan(1500)
  })

  test('events are taken once the log has them, a bank reports only as itself, and a broken log is 503', async () => {
    const event = (institution: string, rest: object = {}) => ({
      specversion: '1.0',
      id: 'e',
      source: '/x',
      type: 'pay.payment',
      time: '2026-03-02T01:00:00Z',
      institution,
      data: { debtorAccount: 'D1' },
      ...rest,
    })
    const answer = await post([event('B0001'), event('B0002'), event('B0001', { type: 'nope' }), 7, event('B0001', { data: {} })], B1)
    expect(answer.status).toBe(202)
    expect(await answer.json()).toMatchObject({
      accepted: 1,
      rejected: [
        { index: 1, code: 'not_your_institution' },
        { index: 2, code: 'unknown_type' },
        { index: 3, code: 'not_an_event' },
        { index: 4, code: 'no_key' },
      ],
    })
    expect(published.map((m) => [m.type, m.key])).toEqual([['pay.payment', 'D1']])
    expect((await post([7], B1)).status).toBe(400)
    broken = true
    const down = await post(event('B0001'), SUPERVISOR)
    broken = false
    expect([down.status, down.headers.get('retry-after')]).toEqual([503, '5'])
  })

  test('a taken port is said with the way out', async () => {
    await expect(startDesk({ port: desk.port, users, alerts: stream(), rules: [], publish: () => Promise.resolve() })).rejects.toMatchObject({
      code: 'LT-2101',
      facts: { port: desk.port, other: desk.port + 1 },
    })
  })
})

function sleep(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms))
}
