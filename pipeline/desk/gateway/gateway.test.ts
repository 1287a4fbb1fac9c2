import { gzipSync } from 'node:zlib'
import { afterEach, describe, expect, test } from 'vitest'
import type { StaticUser } from '../entitlements/users.ts'
import { openDoor } from '../testing/door.ts'
import { loanEvent, USERS } from '../testing/world.ts'
import { LIMITS } from './limits.ts'

let door: Awaited<ReturnType<typeof openDoor>>
const open = async (...[publish]: Parameters<typeof openDoor>) => (door = await openDoor(publish))
afterEach(() => door.close())

const withData = (data: Record<string, unknown>, over: Record<string, unknown> = {}) => loanEvent({ ...over, data: { ...loanEvent().data, ...data } })
const soon = (ms: number) => new Date(Date.now() + ms).toISOString()

describe('every event has an answer', () => {
  test('with its number, its id, the reason the engine would give, where, and what was expected', async () => {
    await open()
    const cases: [body: unknown, reason: string, pointer?: string | undefined, expected?: string][] = [
      [loanEvent({ id: 'good' }), 'accepted'],
      [{ nothing: true }, 'not-cloudevent', undefined, 'specversion "1.0", and id, source and type as text that is not empty'],
      [loanEvent({ type: 'credit.lone' }), 'unknown-type', '/type', 'one of: ref.party '],
      [withData({ balance: 1000 }), 'bad-money', '/data/balance', 'an amount as decimal text'],
      [withData({ balance: '1,000.00' }), 'bad-money', '/data/balance', 'an amount as decimal text'],
      [withData({ class: 'excellent' }), 'schema', '/data/class', 'one of: normal special-mention'],
      [withData({ dpd: undefined }), 'schema', '/data/dpd', 'a whole number'],
      [withData({ customerId: '' }), 'schema', '/data/customerId', 'text of 1 to 256 characters'],
      [loanEvent({ sequence: 'x' }), 'schema', '/sequence', 'text of 1 to 18 digits'],
      [loanEvent({ op: 'correct' }), 'schema', '/recordedtime', 'a time by RFC 3339'],
      [loanEvent({ time: 'soon' }), 'bad-time', '/time', 'a time by RFC 3339'],
      [loanEvent({ time: soon(660_000) }), 'future-time', '/time', 'no later than 10 minutes'],
      [withData({ purpose: 'x'.repeat(1 << 20) }), 'too-large', undefined, 'at most 1048576 bytes'],
      [JSON.parse('['.repeat(65) + ']'.repeat(65)), 'too-deep', undefined, 'at most 64 levels'],
      [loanEvent({ op: 'delete', subject: '', type: 'pay.payment', data: { paymentId: 'P1' } }), 'no-key', '/data/debtorAccount', 'text of 1 to 256'],
    ]
    const { status, accepted, events } = await door.post(JSON.stringify(cases.map(([body]) => body)))
    expect([status, accepted, events.length]).toEqual([202, 1, cases.length])
    for (const [i, [body, reason, pointer, expected]] of cases.entries()) {
      const event = events[i]
      expect([event?.index, event?.id]).toEqual([i, (body as { id?: string }).id !== undefined && reason !== 'too-large' ? (body as { id: string }).id : null])
      if (event?.accepted !== false) expect(reason).toBe('accepted')
      else {
        expect([event.reason, event.pointer]).toEqual([reason, pointer])
        expect(event.expected).toContain(expected)
        expect(event.message).not.toContain('{')
      }
    }
    expect(door.told.accepted).toBe(1)
    expect(Object.fromEntries(door.told.rejected)).toMatchObject({ schema: 5, 'bad-money': 2, 'no-key': 1 })
  })

  test('in Chinese unless English is preferred', async () => {
    await open()
    const { events } = await door.post(JSON.stringify(withData({ balance: 1 })), { 'accept-language': 'zh-CN' })
    expect(events[0]).toMatchObject({ message: '事件不可判定：金额或数量无法理解', expected: '金额为十进制文本，至多 15 位整数、2 位小数，如 "132.00"' })
  })

  test('and what is published are the bytes that were sent, under the record key', async () => {
    await open()
    const text = ` ${JSON.stringify(loanEvent(), null, 1)}`
    await door.post(`[${text} , ${JSON.stringify(loanEvent({ op: 'delete', type: 'pay.payment', subject: 'A1', data: { paymentId: 'P1' } }))}]`)
    expect(door.published.map((m) => [m.type, m.key])).toEqual([
      ['credit.loan', 'L1'],
      ['pay.payment', 'A1'],
    ])
    expect(door.published[0]?.value.toString()).toBe(text.trim())
  })

  test('a line that is none takes no other with it, and blank lines are not counted', async () => {
    await open()
    const lines = `${JSON.stringify(loanEvent())}\r\n\n{"half":\n\xff\n  \n${JSON.stringify(loanEvent())}`
    const { accepted, events } = await door.post(Buffer.from(lines, 'latin1'), { 'content-type': 'application/x-ndjson; charset=utf-8' })
    expect([accepted, events.map((e) => e.accepted)]).toEqual([2, [true, false, false, true]])
    expect(events.map((e) => (e.accepted ? '' : e.reason))).toEqual(['', 'not-json', 'not-json', ''])
  })
})

test('a bank reports only as itself, and uses up nobody else’s event ids', async () => {
  await open()
  const events = [loanEvent(), loanEvent({ institution: 'B0002', source: '/institutions/B0002/core' }), loanEvent({ source: '/institutions/B0002/core' })]
  const answer = await door.post(JSON.stringify(events), {}, USERS.b1)
  expect([answer.status, answer.accepted]).toEqual([202, 1])
  expect(answer.events.map((e) => (e.accepted ? '' : `${e.reason} ${e.pointer}`))).toEqual(['', 'not-yourself /institution', 'not-yourself /source'])
  expect((await door.post(JSON.stringify(events[1]), {}, USERS.b1)).status).toBe(400)
  expect((await door.post(JSON.stringify(loanEvent()), {}, USERS.analyst)).status).toBe(403)
  const twice = JSON.stringify(loanEvent()).replace('"institution":"B0001"', '"institution":"B0001","institution":"B0002"')
  expect((await door.post(twice, {}, USERS.b1)).events).toMatchObject([{ reason: 'not-yourself' }])
})

describe('a body as a whole is refused', () => {
  test('when its type or encoding is not one of ours, or it is not what it says', async () => {
    await open()
    const good = JSON.stringify(loanEvent())
    const cases: [string | Buffer, Record<string, string>, number, string][] = [
      [good, { 'content-type': 'text/plain' }, 415, 'LT-2150'],
      [good, { 'content-type': 'application/constructor' }, 415, 'LT-2150'],
      [good, { 'content-encoding': 'br' }, 415, 'LT-2151'],
      [good, { 'content-encoding': 'gzip' }, 400, 'LT-2156'],
      [gzipSync(good).subarray(0, -9), { 'content-encoding': 'gzip' }, 400, 'LT-2156'],
      [`[${good}`, {}, 400, 'LT-2156'],
      [`[${good},]`, {}, 400, 'LT-2156'],
      [Buffer.from('ARROW1'), { 'content-type': 'application/vnd.apache.arrow.stream' }, 400, 'LT-2156'],
      ['', {}, 400, 'LT-2120'],
      ['[]', {}, 400, 'LT-2120'],
      [`[${'1,'.repeat(LIMITS.events)}1]`, {}, 413, 'LT-2152'],
      ['1\n'.repeat(LIMITS.events + 1), { 'content-type': 'application/x-ndjson' }, 413, 'LT-2152'],
      [Buffer.alloc(LIMITS.bodyBytes + 1, 32), {}, 413, 'LT-2115'],
    ]
    for (const [body, headers, status, code] of cases) {
      const answer = await door.post(body, headers)
      expect([answer.status, answer.code], `${JSON.stringify(headers)} ${body.slice(0, 20).toString()}`).toEqual([status, code])
    }
    expect(door.published).toEqual([])
  })
})

describe('a request with an idempotency key', () => {
  const send = (body: unknown, key = '"k-1"', user: StaticUser = USERS.admin) => door.post(JSON.stringify(body), { 'idempotency-key': key }, user)

  test('that comes again has the same answer and is not published again; with another body it is refused', async () => {
    await open()
    const body = [loanEvent(), withData({ balance: 'x' }), loanEvent({ time: soon(660_000) })]
    const first = await send(body)
    const second = await send(body, 'k-1')
    expect([first.status, second.status, second.text]).toEqual([202, 202, first.text])
    expect(door.published.length).toBe(1)
    expect([door.told.accepted, door.told.rejected.get('bad-money')]).toEqual([1, 1])
    const other = await send([loanEvent({ id: 'e2' })])
    expect([other.status, other.code]).toEqual([422, 'LT-2155'])
    expect((await send(body, '"k-2"')).accepted).toBe(1)
    expect((await send([loanEvent()], '"k-1"', USERS.b1)).accepted).toBe(1)
    expect(door.published.length).toBe(3)
    for (const key of ['""', 'x'.repeat(LIMITS.keyLength + 1)]) expect((await send(body, key)).status).toBe(400)
  })

  test('is told to wait while the first is in hand, and is tried again where the log had not taken it', async () => {
    let release: (error?: Error) => void = () => undefined
    await open(() => new Promise<void>((resolve, reject) => (release = (error) => (error === undefined ? resolve() : reject(error)))))
    const first = send(loanEvent())
    await expect.poll(() => door.told.inFlight).toBe(1)
    const meanwhile = await send(loanEvent())
    expect([meanwhile.status, meanwhile.code, meanwhile.headers['retry-after']]).toEqual([409, 'LT-2154', '1'])
    release(new Error('no broker'))
    expect((await first).status).toBe(503)
    expect([door.told.inFlight, door.published]).toEqual([0, []])
    const again = send(loanEvent())
    await expect.poll(() => door.told.inFlight).toBe(1)
    release()
    expect((await again).status).toBe(202)
    expect((await send(loanEvent())).status).toBe(202)
    expect(door.published.length).toBe(1)
  })
})

describe('more than can be taken in', () => {
  test('is told to come back, and nothing of it is published; what was in hand is taken', async () => {
    let release: () => void = () => undefined
    const held = new Promise<void>((resolve) => (release = resolve))
    await open(() => held)
    const full = JSON.stringify(Array.from({ length: LIMITS.events }, () => loanEvent()))
    const requests = Math.floor(LIMITS.inFlightEvents / LIMITS.events)
    const taken = Array.from({ length: requests }, () => door.post(full))
    await expect.poll(() => door.told.inFlight, { timeout: 60_000 }).toBe(requests * LIMITS.events)
    const over = await door.post(full)
    expect([over.status, over.code, over.headers['retry-after'], door.told.throttled]).toEqual([429, 'LT-2153', '1', 1])
    release()
    expect((await Promise.all(taken)).map((a) => a.accepted)).toEqual(Array.from({ length: requests }, () => LIMITS.events))
    expect([door.published.length, door.told.inFlight]).toEqual([requests * LIMITS.events, 0])
    expect((await door.post(full)).status).toBe(202)
  })

  test('while the log is down one request finds out, and the others are told at once', async () => {
    let fails: () => void = () => undefined
    await open(() => new Promise<void>((_, reject) => (fails = () => reject(new Error('no broker')))))
    const first = door.post(JSON.stringify(loanEvent()))
    await expect.poll(() => door.told.inFlight).toBe(1)
    fails()
    expect((await first).status).toBe(503)
    const probing = door.post(JSON.stringify(loanEvent()))
    await expect.poll(() => door.told.inFlight).toBe(1)
    const other = await door.post(JSON.stringify(loanEvent()))
    expect([other.status, other.code, other.headers['retry-after']]).toEqual([503, 'LT-2126', '5'])
    fails()
    expect((await probing).status).toBe(503)
    expect(door.told.unavailable).toBe(3)
  })
})
