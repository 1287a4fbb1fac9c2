import { mkdtempSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { gzipSync } from 'node:zlib'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { startSystem, type System } from '../cold/run/system.ts'
import { arrowOf, loanEvent, USERS } from '../desk/testing/world.ts'
import { brokerAvailable, startBroker, type TestBroker } from '../kafka/testing/broker.ts'
import { valuesIn } from '../kafka/testing/values.ts'
import { ensureTopics } from '../kafka/topics.ts'

describe.skipIf(!brokerAvailable().ok)('events that are sent to the desk', () => {
  let broker: TestBroker
  let system: System
  const kafka = () => ({ brokers: broker.brokers, prefix: 'door.' })

  beforeAll(async () => {
    broker = await startBroker()
    await ensureTopics({ ...kafka(), partitions: 3 })
    system = await startSystem({
      kafka: kafka(),
      data: mkdtempSync(join(tmpdir(), 'lookthrough-door-')),
      roles: ['desk'],
      rules: [],
      parameters: [],
      desk: { host: '127.0.0.1', port: 0 },
      users: Object.values(USERS),
      log: () => undefined,
    })
  })
  afterAll(async () => {
    await system.stop()
    await broker.stop()
  })

  const url = () => system.desk?.url ?? ''
  const post = async (body: Buffer, contentType: string, more: Record<string, string> = {}) => {
    const headers = { authorization: `Bearer ${USERS.b1.token}`, 'content-type': contentType, ...more }
    const response = await fetch(`${url()}/v1/events`, { method: 'POST', headers, body: new Uint8Array(body) })
    return {
      status: response.status,
      headers: response.headers,
      body: (await response.json()) as { accepted?: number; rejected?: number; error?: { code: string } },
    }
  }
  const loan = (id: string, over: Record<string, unknown> = {}) => loanEvent({ id, data: { ...loanEvent().data, loanId: id, ...over } })
  const idsInLog = async () => (await valuesIn(kafka(), 'credit.loan')).map((v) => (JSON.parse(v.toString()) as { id: string }).id).sort()

  test('come as one event, an array, lines or an Arrow stream, with gzip or without, and those accepted are in the log, once', async () => {
    const json = (value: unknown) => Buffer.from(JSON.stringify(value))
    const sent: string[] = []
    for (const encoding of ['identity', 'gzip']) {
      const id = (name: string) => `${encoding}-${name}`
      const forms: [type: string, body: Buffer, accepted: string[], rejected: number][] = [
        ['application/json', json(loan(id('one'))), ['one'], 0],
        ['application/cloudevents+json; charset=utf-8', json(loan(id('event'))), ['event'], 0],
        ['application/cloudevents-batch+json', json([loan(id('list-1')), loan(id('bad'), { balance: 'x' }), loan(id('list-2'))]), ['list-1', 'list-2'], 1],
        ['application/x-ndjson', Buffer.concat([json(loan(id('line-1'))), Buffer.from('\n{"half":\n'), json(loan(id('line-2')))]), ['line-1', 'line-2'], 1],
        ['application/vnd.apache.arrow.stream', arrowOf([loan(id('row-1')), loan(id('bad'), { class: 'x' }), loan(id('row-2'))]), ['row-1', 'row-2'], 1],
      ]
      for (const [type, body, accepted, rejected] of forms) {
        const packed = encoding === 'gzip'
        const answer = await post(packed ? gzipSync(body) : body, type, { 'idempotency-key': id(type), ...(packed && { 'content-encoding': 'gzip' }) })
        expect([type, answer.status, answer.body.accepted, answer.body.rejected]).toEqual([type, 202, accepted.length, rejected])
        // The same again: the same answer, and nothing new in the log.
        expect((await post(packed ? gzipSync(body) : body, type, { 'idempotency-key': id(type), ...(packed && { 'content-encoding': 'gzip' }) })).body).toEqual(
          answer.body,
        )
        sent.push(...accepted.map(id))
      }
    }
    expect(await idsInLog()).toEqual(sent.sort())
    const metrics = await (await fetch(`${url()}/metrics`)).text()
    expect(metrics).toContain(`lookthrough_gateway_accepted_events_total ${sent.length}\n`)
    for (const line of [
      'rejected_events_total{reason="schema"} 2',
      'rejected_events_total{reason="bad-money"} 2',
      'rejected_events_total{reason="not-json"} 2',
      'in_flight_events 0',
    ])
      expect(metrics).toContain(`lookthrough_gateway_${line}\n`)
  })

  test('while the broker is away are refused with when to come back, and taken once it is there again', async () => {
    await broker.kill()
    const [away, other] = await Promise.all([
      post(Buffer.from(JSON.stringify(loan('away'))), 'application/json'),
      post(Buffer.from(JSON.stringify(loan('other'))), 'application/json'),
    ])
    expect([away.status, away.body.error?.code, away.headers.get('retry-after'), other.status]).toEqual([503, 'LT-2126', '5', 503])
    await broker.restart()
    await expect.poll(async () => (await post(Buffer.from(JSON.stringify(loan('back'))), 'application/json')).status, { timeout: 60_000 }).toBe(202)
    expect(await idsInLog()).toContain('back')
  })
})
