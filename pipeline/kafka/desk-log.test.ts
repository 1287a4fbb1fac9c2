import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { startSystem } from '../cold/run/system.ts'
import type { PublishedAlert } from '../contract/index.ts'
import { alertOf, connect, USERS } from '../desk/testing/world.ts'
import { type EmbeddedBroker, startEmbeddedBroker } from '../scenario/embedded.ts'
import { cloudEvent } from '../contract/alert-event.ts'
import { ACTIONS_TOPIC } from './desk-log.ts'
import { readTopic } from './read-topic.ts'
import { ALERTS_TOPIC, openKafkaSink } from './sink.ts'

let broker: EmbeddedBroker
const data = mkdtempSync(join(tmpdir(), 'lookthrough-desk-log-'))
beforeAll(async () => {
  broker = await startEmbeddedBroker()
})
afterAll(async () => {
  await broker.stop()
  rmSync(data, { recursive: true, force: true })
})

const notices: string[] = []
const startDesk = () =>
  startSystem({
    kafka: { brokers: broker.brokers },
    data,
    roles: ['desk'],
    rules: [],
    parameters: [],
    desk: { host: '127.0.0.1', port: 0 },
    users: Object.values(USERS),
    onNotice: (notice) => notices.push(notice.code),
    log: () => undefined,
  })

async function deliver(...alerts: PublishedAlert[]): Promise<void> {
  const sink = await openKafkaSink({ brokers: broker.brokers })
  await sink.deliver(alerts.map((alert, n) => ({ sequence: n + 1, id: alert.id, revision: alert.revision, body: JSON.stringify(alert) })))
  await sink.close()
}

test('a desk on Kafka goes on from its file; what was done is on the action log, and builds the desk again without it', async () => {
  const id = alertOf(1).id
  const auth = { authorization: `Bearer ${USERS.b1.token}` }
  const one = async (url: string) => (await (await fetch(`${url}/v1/alerts/${id}`, { headers: auth })).json()) as { state?: string; actions?: unknown[] }
  await deliver(alertOf(1), alertOf(2))
  let system = await startDesk()
  let url = system.desk?.url ?? ''
  await expect.poll(async () => (await one(url)).state, { timeout: 60_000 }).toBe('new')
  const body = JSON.stringify({ action: 'comment', text: '已核实' })
  const answer = await fetch(`${url}/v1/alerts/${id}/actions`, { method: 'POST', headers: { ...auth, 'content-type': 'application/json' }, body })
  expect(answer.status).toBe(201)
  expect((await one(url)).actions).toMatchObject([{ text: '已核实' }])
  const before = await connect(url, USERS.b1.token)
  before.send({ op: 'subscribe', sid: 's', from: 'now' })
  await before.until(() => before.of('live').length > 0)
  const cursor = before.of('live')[0]?.cursor
  await system.stop()

  await deliver(alertOf(1, { revision: 2 }))
  system = await startDesk()
  url = system.desk?.url ?? ''
  const after = await connect(url, USERS.b1.token)
  after.send({ op: 'subscribe', sid: 's', from: { cursor } })
  await after.until(() => after.of('event').length === 1, 60_000)
  expect(after.of('subscribed')).toMatchObject([{ recovered: true }])
  expect(after.of('event').map((f) => [f.seq, (f['event'] as { id: string }).id])).toEqual([[3, `${id}/2`]])
  await system.stop()

  const written: { key: string; type: unknown }[] = []
  for await (const m of readTopic({ brokers: broker.brokers }, ACTIONS_TOPIC, { follow: false }))
    written.push({ key: String(m.key), type: (JSON.parse(String(m.value)) as { type: unknown }).type })
  expect(written).toEqual([{ key: id, type: 'lookthrough.action.comment' }])

  rmSync(join(data, 'desk.duckdb'))
  system = await startDesk()
  url = system.desk?.url ?? ''
  await expect.poll(async () => (await one(url)).actions?.length, { timeout: 60_000 }).toBe(1)
  const anew = await connect(url, USERS.b1.token)
  anew.send({ op: 'subscribe', sid: 's', from: { cursor } })
  await anew.until(() => anew.of('live').length > 0)
  expect(anew.of('subscribed')).toMatchObject([{ recovered: false }])
  await system.stop()
  expect(notices).toEqual([])
})

test('on Kafka an alert is the CloudEvent of the feed in binary mode: its attributes in the headers, its value the bytes of the alert', async () => {
  const told = [alertOf(71, { state: 'resolved', revision: 2, institution: 'B0002' }), alertOf(72, { institution: '银行' })]
  await deliver(...told)
  const found: { event: object; type: string; value: string }[] = []
  for await (const { value, headers, key } of readTopic({ brokers: broker.brokers }, ALERTS_TOPIC, { follow: false })) {
    if (!told.some(({ id }) => id === String(key))) continue
    const all = new Map((headers ?? []).flatMap((header) => Object.entries(header).map(([name, text]) => [name, String(text)])))
    const attributes = [...all].filter(([name]) => name.startsWith('ce_')).map(([name, text]) => [name.slice(3), text])
    found.push({ event: Object.fromEntries(attributes) as object, type: all.get('content-type') ?? '', value: value?.toString() ?? '' })
  }
  const expected = told.map((alert) => {
    const { data, datacontenttype: type, ...event } = cloudEvent(alert)
    return { event, type, value: JSON.stringify(data) }
  })
  expect(found.sort((a, b) => (a.value < b.value ? -1 : 1))).toEqual(expected.sort((a, b) => (a.value < b.value ? -1 : 1)))
})
