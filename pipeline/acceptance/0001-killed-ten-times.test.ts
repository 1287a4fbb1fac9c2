import { type ChildProcess, spawn } from 'node:child_process'
import { existsSync, mkdtempSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { loadRules } from '../cold/catalogue/catalogue.ts'
import { replay } from '../cold/replay/replay.ts'
import { digestLine, type Event, type PublishedAlert } from '../contract/index.ts'
import { ConfirmingProducer } from '../kafka/client.ts'
import { addressOf } from '../kafka/produce.ts'
import { readAlerts } from '../kafka/sink.ts'
import { openKafkaSource } from '../kafka/source.ts'
import { brokerAvailable, startBroker, type TestBroker } from '../kafka/testing/broker.ts'
import { ensureTopics } from '../kafka/topics.ts'
import { scenarioEvents } from '../scenario/steps.ts'

const available = brokerAvailable()
const KILLS = Number(process.env['LOOKTHROUGH_KILLS'] ?? 10)
const STORY_MS = 60_000

describe.skipIf(!available.ok)('an engine killed in the middle', () => {
  let broker: TestBroker
  let child: ChildProcess | undefined

  beforeAll(async () => {
    broker = await startBroker()
  })
  afterAll(async () => {
    child?.kill('SIGKILL')
    await broker.stop()
  })

  test(`${KILLS} kills -9 under load lose no alert and send none twice: ids and bodies are those of an unbroken run`, { timeout: 300_000 }, async () => {
    const options = { brokers: broker.brokers }
    await ensureTopics({ ...options, partitions: 4 })
    const folder = mkdtempSync(join(tmpdir(), 'lookthrough-kill-'))
    const config = join(folder, 'config.yaml')
    writeFileSync(config, `kafka: { brokers: '${broker.brokers}' }\ndata: ${join(folder, 'data')}\n`)
    const state = join(folder, 'data', 'state.duckdb')
    let said = ''
    const start = () => {
      said = ''
      const args = ['pipeline/launch.cjs', 'run', '--config', config, '--role', 'engine']
      child = spawn(process.execPath, args, { env: { ...process.env, LOOKTHROUGH_LANG: 'en' }, stdio: ['ignore', 'ignore', 'pipe'] })
      child.stderr?.setEncoding('utf8').on('data', (text: string) => (said += text))
    }
    const began = Date.now() - STORY_MS
    const events = [...scenarioEvents(11, began, STORY_MS)]
    const producer = await ConfirmingProducer.connect(options)
    const send = (slice: Event[]) => producer.send(slice.map((e) => ({ topic: e.type, key: addressOf(e)?.key ?? '', value: Buffer.from(JSON.stringify(e)) })))
    let sent = 0
    for (let kill = 0; kill < KILLS; kill++) {
      start()
      // Every other life is counted from when the engine runs, so that on a slow machine not all are killed while they start.
      while (kill % 2 === 0 && !(said.includes('running:') && existsSync(state))) await sleep(20)
      const lifetimeMs = 900 + ((kill * 7919) % 1700)
      const until = Date.now() + lifetimeMs
      const share = Math.ceil(events.length / KILLS / 8)
      while (Date.now() < until) {
        await send(events.slice(sent, sent + share))
        sent = Math.min(events.length, sent + share)
        await sleep(lifetimeMs / 8)
      }
      await ended(child)
    }
    await send(events.slice(sent))
    start()
    const cutoff = await carryOn(producer)
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
    expect(lines(live).length).toBeGreaterThan(50)
    expect(lines(live)).toEqual(lines(unbroken.revisions))
  })
})

/** Lets time go on with a loan a tick until the engine has judged the whole story; returns the last tick it must have judged. */
async function carryOn(producer: ConfirmingProducer): Promise<number> {
  const story = Date.now()
  for (let i = 0; i < 60; i++) {
    const time = new Date().toISOString()
    const loan = { loanId: 'CLOSING', customerId: 'CLOSING', product: 'corporate', balance: `${i + 1}.00`, ccy: 'CNY', dpd: 0, class: 'normal' }
    const event = {
      specversion: '1.0',
      id: `closing-${i}`,
      source: '/closing',
      type: 'credit.loan',
      time,
      subject: 'CLOSING',
      institution: 'B0001',
      sequence: String(i + 1),
      data: loan,
    }
    await producer.send([{ topic: 'credit.loan', key: 'CLOSING', value: Buffer.from(JSON.stringify(event)) }])
    await sleep(500)
  }
  return story
}

function ended(child: ChildProcess | undefined, signal: NodeJS.Signals = 'SIGKILL'): Promise<void> {
  return new Promise((resolve) => {
    if (child === undefined || child.exitCode !== null || child.signalCode !== null) return resolve()
    child.once('exit', () => resolve())
    child.kill(signal)
  })
}

function sleep(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms))
}
