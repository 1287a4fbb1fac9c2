import { type ChildProcess, spawn } from 'node:child_process'
import { copyFileSync, mkdirSync, mkdtempSync, readdirSync, rmSync, statSync, truncateSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { loadRules } from '../cold/catalogue/catalogue.ts'
import { replay } from '../cold/replay/replay.ts'
import { SmallDisk } from '../cold/testing/small-disk.ts'
import { digestLine, type Event, type PublishedAlert } from '../contract/index.ts'
import { ConfirmingProducer } from '../kafka/client.ts'
import { addressOf } from '../kafka/produce.ts'
import { readAlerts } from '../kafka/sink.ts'
import { openKafkaSource } from '../kafka/source.ts'
import { brokerAvailable, startBroker, type TestBroker } from '../kafka/testing/broker.ts'
import { ensureTopics } from '../kafka/topics.ts'
import { scenarioEvents } from '../scenario/steps.ts'

const disk = SmallDisk.mount(160)
const STORY_MS = 40_000

describe.skipIf(!brokerAvailable().ok || disk === undefined)('engine and desk on a real Kafka', () => {
  const folder = mkdtempSync(join(tmpdir(), 'lookthrough-recovery-'))
  const data = join(disk?.folder ?? folder, 'data')
  let broker: TestBroker
  let child: ChildProcess
  let said = ''
  let url = ''

  beforeAll(async () => {
    broker = await startBroker()
  })
  afterAll(async () => {
    await ended(child, 'SIGKILL')
    await broker.stop()
    disk?.unmount()
  })

  const start = async () => {
    said = ''
    child = spawn(process.execPath, ['pipeline/launch.cjs', 'run', '--config', join(folder, 'config.yaml')], {
      env: { ...process.env, LOOKTHROUGH_LANG: 'en' },
      stdio: ['ignore', 'ignore', 'pipe'],
    })
    child.stderr?.setEncoding('utf8').on('data', (text: string) => (said += text))
    await until(() => /running: .* (http\S+)/.test(said))
    url = /running: .* (http\S+)/.exec(said)?.[1] ?? ''
  }
  const ready = async () => (await fetch(`${url}/readyz`)).status
  const metric = async (name: string) => new RegExp(`^${name} (\\S+)$`, 'm').exec(await (await fetch(`${url}/metrics`)).text())?.[1]

  test('says so while its disk is full, goes on by itself, and after its file was torn sends no alert twice and none that differs', {
    timeout: 300_000,
  }, async () => {
    const options = { brokers: broker.brokers }
    await ensureTopics({ ...options, partitions: 2 })
    mkdirSync(data)
    writeFileSync(
      join(folder, 'config.yaml'),
      `kafka: { brokers: '${broker.brokers}' }\ndata: ${data}\ndesk: { port: 0 }\nstate: { snapshotMinutes: 0.05, snapshots: 2 }\n`,
    )
    const producer = await ConfirmingProducer.connect(options)
    const events = [...scenarioEvents(11, Date.now() - STORY_MS, STORY_MS)]
    const send = (slice: Event[]) => producer.send(slice.map((e) => ({ topic: e.type, key: addressOf(e)?.key ?? '', value: Buffer.from(JSON.stringify(e)) })))
    const part = Math.ceil(events.length / 3)

    await start()
    expect(await ready()).toBe(200)
    await send(events.slice(0, part))
    await until(() => snapshots(data).length > 0)
    const early = snapshots(data)[0] ?? ''
    copyFileSync(join(data, early), join(folder, early))
    disk?.fill()
    await send(events.slice(part, 2 * part))
    await until(async () => (await ready()) === 503)
    expect(await metric('lookthrough_engine_paused')).toBe('1')
    expect(said).toMatch(/LT-2406 .*reading is paused, nothing acknowledged is lost/)
    disk?.free()
    await until(async () => (await ready()) === 200)

    await send(events.slice(2 * part))
    const cutoff = Date.now()
    await timeGoesOn(producer, 24)
    await ended(child, 'SIGKILL')
    // The only snapshot there is has seen none of the alerts that were sent since.
    for (const snapshot of snapshots(data)) rmSync(join(data, snapshot))
    copyFileSync(join(folder, early), join(data, early))
    const file = join(data, 'state.duckdb')
    truncateSync(file, Math.floor(statSync(file).size / 2))
    await start()
    expect(said).toMatch(/LT-2410 .*going on from .*snapshot-/)
    await timeGoesOn(producer, 24)
    expect(Number(await metric('lookthrough_snapshot_age_seconds'))).toBeGreaterThanOrEqual(0)
    await ended(child, 'SIGTERM')
    await producer.close()

    const live: PublishedAlert[] = []
    for await (const alert of readAlerts(options, { follow: false })) live.push(alert)
    const unbroken = await replay({ source: await openKafkaSource({ ...options, toEnd: true }), rules: await loadRules() })
    const lines = (alerts: PublishedAlert[]) =>
      alerts
        .filter((a) => Date.parse(a.at) <= cutoff)
        .map(digestLine)
        .sort()
    expect(new Set(live.map((a) => `${a.id}/${a.revision}`)).size).toBe(live.length)
    expect(lines(live).length).toBeGreaterThan(20)
    expect(lines(live)).toEqual(lines(unbroken.revisions))
  })
})

function snapshots(data: string): string[] {
  return readdirSync(data).filter((f) => /\.snapshot-\d{6}-\w+$/.test(f))
}

let closing = 0

/** A loan every half second, so that the watermark moves on. */
async function timeGoesOn(producer: ConfirmingProducer, loans: number): Promise<void> {
  for (let i = 0; i < loans; i++) {
    const n = ++closing
    const data = { loanId: 'CLOSING', customerId: 'CLOSING', product: 'corporate', balance: `${n}.00`, ccy: 'CNY', dpd: 0, class: 'normal' }
    const attributes = { specversion: '1.0', id: `closing-${n}`, source: '/closing', type: 'credit.loan', subject: 'CLOSING', institution: 'B0001' }
    const event = { ...attributes, time: new Date().toISOString(), sequence: String(n), data }
    await producer.send([{ topic: 'credit.loan', key: 'CLOSING', value: Buffer.from(JSON.stringify(event)) }])
    await new Promise((resolve) => setTimeout(resolve, 500))
  }
}

function ended(child: ChildProcess | undefined, signal: NodeJS.Signals): Promise<void> {
  return new Promise((resolve) => {
    if (child === undefined || child.exitCode !== null || child.signalCode !== null) return resolve()
    child.once('exit', () => resolve())
    child.kill(signal)
  })
}

async function until(condition: () => boolean | Promise<boolean>): Promise<void> {
  while (!(await condition())) await new Promise((resolve) => setTimeout(resolve, 100))
}
