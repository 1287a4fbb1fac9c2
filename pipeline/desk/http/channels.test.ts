import { type IncomingMessage, request } from 'node:http'
import { afterEach, describe, expect, test } from 'vitest'
import type { AlertChanges } from '../../contract/feed.ts'
import type { PublishedAlert } from '../../contract/index.ts'
import { alertOf, openDesk, USERS } from '../testing/world.ts'

const closers: (() => Promise<void> | void)[] = []
afterEach(async () => {
  for (const close of closers.splice(0).reverse()) await close()
})

async function open(history: PublishedAlert[] = []) {
  const desk = await openDesk(history)
  closers.push(desk.close)
  return desk
}

type Block = { id?: string; event?: string; data?: string; comment?: string; retry?: string }

/** Reads an event stream as a browser does. */
async function listen(url: string, query = '', headers: Record<string, string> = {}, token = USERS.supervisor.token) {
  const response = await new Promise<IncomingMessage>((resolve, reject) => {
    const asking = request(`${url}/v1/alerts/stream?${query}`, { headers: { authorization: `Bearer ${token}`, ...headers } }, resolve)
    asking.on('error', reject)
    asking.end()
    closers.push(() => void asking.destroy())
  })
  const blocks: Block[] = []
  let rest = ''
  response.setEncoding('utf8')
  response.on('error', () => undefined)
  response.on('data', (text: string) => {
    const parts = (rest + text).split('\n\n')
    rest = parts.pop() ?? ''
    for (const part of parts)
      blocks.push(Object.fromEntries(part.split('\n').map((line) => [line.slice(0, line.indexOf(':')) || 'comment', line.slice(line.indexOf(':') + 2)])))
  })
  const of = (event: string) => blocks.filter((b) => b.event === event)
  return {
    response,
    blocks,
    of,
    alerts: () => blocks.filter((b) => b.event?.startsWith('lookthrough.')).map((b) => (JSON.parse(b.data ?? '') as { id: string }).id),
    id: () => blocks.findLast((b) => b.id !== undefined)?.id ?? '',
    until: (ready: () => boolean) => expect.poll(ready, { timeout: 30_000 }).toBe(true),
  }
}

const name = (n: number, revision = 1) => `${alertOf(n).id}/${revision}`

describe('an event stream', () => {
  test('brings a snapshot, then what comes, each as a CloudEvent under its type with its cursor as id', async () => {
    const { url, push } = await open([alertOf(1), alertOf(2)])
    const stream = await listen(url)
    await stream.until(() => stream.of('live').length === 1)
    push(alertOf(1, { revision: 2 }), alertOf(2, { revision: 2, state: 'resolved' }))
    await stream.until(() => stream.alerts().length === 4)
    expect(stream.response.headers).toMatchObject({ 'content-type': 'text/event-stream; charset=utf-8', 'x-content-type-options': 'nosniff' })
    expect(stream.blocks[0]).toEqual({ retry: '1500' })
    expect(stream.alerts()).toEqual([name(2), name(1), name(1, 2), name(2, 2)])
    expect(stream.blocks.slice(-2).map((b) => [b.event, b.id !== undefined])).toEqual([
      ['lookthrough.alert.updated', true],
      ['lookthrough.alert.resolved', true],
    ])
    expect(JSON.parse(stream.blocks.at(-1)?.data ?? '')).toMatchObject({ specversion: '1.0', subject: alertOf(2).id, data: { state: 'resolved' } })
  })

  test('goes on after Last-Event-ID, filtered as asked; an id of another’s stream gets a snapshot of one’s own', async () => {
    const { url, push } = await open([alertOf(1)])
    const first = await listen(url)
    await first.until(() => first.of('live').length === 1)
    first.response.destroy()
    push(alertOf(2, { severity: 'red' }), alertOf(3), alertOf(4, { severity: 'orange', institution: 'B0002' }))
    const again = await listen(url, 'severity=gte:orange', { 'last-event-id': first.id() })
    await again.until(() => again.of('live').length === 1 && again.alerts().length === 2)
    expect(again.alerts()).toEqual([name(2), name(4)])
    const foreign = await listen(url, '', { 'last-event-id': again.id() }, USERS.b2.token)
    await foreign.until(() => foreign.of('live').length === 1)
    expect(foreign.alerts()).toEqual([name(4)])
  })

  test('that reads nothing is let go once it is a mebibyte behind, and loses nothing', async () => {
    const { url, push, told } = await open()
    const slow = await listen(url, 'conflate=false')
    await slow.until(() => slow.of('live').length === 1)
    slow.response.pause()
    let n = 0
    while (told.slow === 0 && n < 4000) {
      for (let k = 0; k < 20; k++) push(alertOf(n++, { says: { zh: '长'.repeat(20_000), en: '' } }))
      await new Promise((resolve) => setTimeout(resolve, 20))
    }
    expect(told.slow).toBe(1)
    slow.response.resume()
    await slow.until(() => slow.of('bye').length === 1)
    expect(JSON.parse(slow.of('bye')[0]?.data ?? '')).toMatchObject({ code: 4413, retryable: true })
    expect(slow.of('lagging')).toHaveLength(1)
    const back = await listen(url, '', { 'last-event-id': slow.id() })
    await back.until(() => slow.alerts().length + back.alerts().length >= n)
    expect([...slow.alerts(), ...back.alerts()]).toEqual(Array.from({ length: n }, (_, k) => name(k)))
  })

  test('says where to go on when the desk stops', async () => {
    const desk = await openDesk([alertOf(1)])
    const stream = await listen(desk.url)
    await stream.until(() => stream.of('live').length === 1)
    await desk.close()
    await stream.until(() => stream.of('bye').length === 1)
    expect(JSON.parse(stream.of('bye')[0]?.data ?? '')).toMatchObject({ code: 4503, retryable: true })
    expect(stream.of('bye')[0]?.id).toBe(stream.of('live')[0]?.id)
  })

  test('of what it cannot understand, or a cursor gone with onGap=fail, says so', async () => {
    const { url } = await open()
    expect((await listen(url, 'severity=gte:purple')).response.statusCode).toBe(400)
    expect((await listen(url, 'last=yesterday')).response.statusCode).toBe(400)
    expect((await listen(url, 'cursor=gone&onGap=fail')).response.statusCode).toBe(410)
    expect((await listen(url, '', {}, 'nobody')).response.statusCode).toBe(401)
  })
})

describe('a long poll', () => {
  async function changes(url: string, query: string, token = USERS.supervisor.token) {
    const answer = await fetch(`${url}/v1/alerts/changes?${query}`, { headers: { authorization: `Bearer ${token}` } })
    return { status: answer.status, ...((await answer.json()) as AlertChanges) }
  }
  const found = ({ items }: AlertChanges) => items.map((item) => item.id)

  test('answers with everything, then with what is there, then with what comes, each once', async () => {
    const { url, push } = await open([alertOf(1), alertOf(2)])
    await expect.poll(async () => (await changes(url, '')).items.length).toBe(2)
    const all = await changes(url, 'limit=1')
    expect(found(all)).toEqual([name(2), name(1)])
    expect(all).toMatchObject({ more: false, recovered: false })
    push(...[3, 4, 5].map((n) => alertOf(n)))
    await expect.poll(async () => found(await changes(url, `cursor=${all.cursor}&wait=0s`)).length).toBe(3)
    const two = await changes(url, `cursor=${all.cursor}&limit=2`)
    expect(found(two)).toEqual([name(3), name(4)])
    expect(two).toMatchObject({ more: true, recovered: true })
    const one = await changes(url, `cursor=${two.cursor}&limit=2`)
    expect(found(one)).toEqual([name(5)])
    expect(one.more).toBe(false)
    const waiting = changes(url, `cursor=${one.cursor}&wait=20s`)
    await new Promise((resolve) => setTimeout(resolve, 300))
    push(alertOf(6), alertOf(7))
    const next = await waiting
    expect(found(next)[0]).toBe(name(6))
    const rest = await changes(url, `cursor=${next.cursor}&wait=1s`)
    expect([...found(next), ...found(rest)]).toEqual([name(6), name(7)])
  })

  test('whose wait is over answers with a cursor that has moved on, though its filter let nothing through', async () => {
    const { url, push } = await open([alertOf(1)])
    const { cursor } = await changes(url, '')
    const waiting = changes(url, `cursor=${cursor}&wait=2s&severity=red`)
    await new Promise((resolve) => setTimeout(resolve, 200))
    push(alertOf(2), alertOf(3))
    const answer = await waiting
    expect(answer).toMatchObject({ items: [], more: false, recovered: true })
    expect(answer.cursor).not.toBe(cursor)
    expect(found(await changes(url, `cursor=${answer.cursor}&wait=0s`))).toEqual([])
  })

  test('is answered when the desk stops; what it cannot understand it says', async () => {
    const desk = await openDesk([alertOf(1)])
    const { cursor } = await changes(desk.url, '')
    const [wrong, gone] = [await changes(desk.url, 'wait=long'), await changes(desk.url, 'cursor=gone&onGap=fail')]
    expect([wrong.status, gone.status]).toEqual([400, 410])
    const waiting = changes(desk.url, `cursor=${cursor}&wait=60s`)
    await new Promise((resolve) => setTimeout(resolve, 300))
    await desk.close()
    expect(found(await waiting)).toEqual([])
  })
})
