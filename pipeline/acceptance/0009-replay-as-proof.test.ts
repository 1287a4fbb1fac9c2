import { type ChildProcess, spawn, spawnSync } from 'node:child_process'
import { mkdtempSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type { ProofRun } from '../cold/proof/proof.ts'
import { canonicalJson, type Event, type PublishedAlert } from '../contract/index.ts'
import { ConfirmingProducer } from '../kafka/client.ts'
import { addressOf } from '../kafka/produce.ts'
import { ALERTS_TOPIC, readAlerts } from '../kafka/sink.ts'
import { brokerAvailable, startBroker, type TestBroker } from '../kafka/testing/broker.ts'
import { openAdmin } from '../kafka/testing/admin.ts'
import { ensureTopics } from '../kafka/topics.ts'
import { scenarioEvents } from '../scenario/steps.ts'

const STORY_MS = 40_000

describe.skipIf(!brokerAvailable().ok)('alerts that a live engine raised before and after a kill -9', () => {
  const folder = mkdtempSync(join(tmpdir(), 'lookthrough-prove-'))
  const data = join(folder, 'data')
  const raised: PublishedAlert[] = []
  let broker: TestBroker
  let child: ChildProcess | undefined
  let producer: ConfirmingProducer

  beforeAll(async () => {
    broker = await startBroker()
    const options = { brokers: broker.brokers }
    await ensureTopics({ ...options, partitions: 2 })
    writeFileSync(join(folder, 'config.yaml'), `kafka: { brokers: '${broker.brokers}' }\ndata: ${data}\nparameters: [CR-02.limit=0.1000]\n`)
    producer = await ConfirmingProducer.connect(options)
    const events = [...scenarioEvents(11, Date.now() - STORY_MS, STORY_MS)]
    const send = (slice: Event[]) => producer.send(slice.map((e) => ({ topic: e.type, key: addressOf(e)?.key ?? '', value: Buffer.from(JSON.stringify(e)) })))
    const slowly = async (slice: Event[]) => {
      const share = Math.ceil(slice.length / 8)
      for (let i = 0; i < slice.length; i += share) {
        await send(slice.slice(i, i + share))
        await new Promise((resolve) => setTimeout(resolve, 400))
      }
    }
    const part = Math.ceil((events.length * 3) / 4)
    await start()
    await slowly(events.slice(0, part))
    await ended('SIGKILL')
    const before = (await alertsOnTopic()).length
    await start()
    await slowly(events.slice(part))
    for (let n = 1; (await alertsOnTopic()).length < before + 10; n++) await send([closing(n)])
    await ended('SIGKILL')
    raised.push(...(await alertsOnTopic()))
  }, 240_000)
  afterAll(async () => {
    await ended('SIGKILL')
    await producer.close()
    await broker.stop()
  })

  const start = async () => {
    let said = ''
    const args = ['pipeline/launch.cjs', 'run', '--config', join(folder, 'config.yaml'), '--role', 'engine']
    child = spawn(process.execPath, args, { env: { ...process.env, LOOKTHROUGH_LANG: 'en' }, stdio: ['ignore', 'ignore', 'pipe'] })
    child.stderr?.setEncoding('utf8').on('data', (text: string) => (said += text))
    await until(() => said.includes('running:'))
  }
  const ended = (signal: NodeJS.Signals) =>
    new Promise<void>((resolve) => {
      if (child === undefined || child.exitCode !== null || child.signalCode !== null) return resolve()
      child.once('exit', () => resolve())
      child.kill(signal)
    })
  const alertsOnTopic = async () => {
    const all: PublishedAlert[] = []
    for await (const alert of readAlerts({ brokers: broker.brokers }, { follow: false })) all.push(alert)
    return all
  }
  const prove = (ids: string[], ...more: string[]) => {
    const args = ['pipeline/launch.cjs', 'replay', ...ids.flatMap((id) => ['--alert', id]), '--kafka', '--brokers', broker.brokers, ...more]
    return spawnSync(process.execPath, args, { env: { ...process.env, LOOKTHROUGH_LANG: 'en' }, encoding: 'utf8', maxBuffer: 1 << 28 })
  }
  const set = ['--param', 'CR-02.limit=0.1000']
  const runOf = (stdout: string) => JSON.parse(stdout) as ProofRun
  const ofRule = (code: string) => raised.find((a) => a.rule.code === code && a.revision === 1) as PublishedAlert

  test('are the same from the offsets of the log, positions and all, against the alerts topic and against the file the kill left behind', {
    timeout: 300_000,
  }, () => {
    const ids = [...new Set(raised.map((a) => a.id))]
    expect(ids.length).toBeGreaterThan(5)
    for (const record of [[], ['--record', data]]) {
      const { stdout, stderr, status } = prove(ids, ...set, ...record, '--json')
      expect([status, stderr]).toEqual([0, ''])
      const { proofs } = runOf(stdout)
      expect(proofs.filter((p) => p.outcome !== 'same' || !p.positions)).toEqual([])
      const proven = proofs.flatMap((p) => p.revisions.map((r) => `${p.id} ${r.revision}`))
      // The file may hold revisions more: committed, and the kill came before they were sent.
      expect(raised.map((a) => `${a.id} ${a.revision}`).filter((revision) => !proven.includes(revision))).toEqual([])
      if (record.length === 0) expect(proven.length).toBe(raised.length)
    }
    const { stdout, status } = prove([ids[0] ?? ''], ...set)
    expect(status).toBe(0)
    expect(stdout).toMatch(/✓ A-\w+ .* is the same as on record, byte for byte[^]*log read from its beginning: \d+ messages/)
  })

  test('differ where a parameter is not the one they were raised with, and it is named', { timeout: 300_000 }, () => {
    const { stdout, status } = prove([ofRule('CR-02').id])
    expect(status).toBe(1)
    expect(stdout).toMatch(/✗ A-\w+ CR-02 differs[^]*why\n +parameter CR-02\.limit was 0\.1000 when the alert was raised/)
  })

  test('differ where a revision was sent to the topic in other words, and the field is named', { timeout: 300_000 }, async () => {
    const alert = ofRule('OP-08')
    const changed = { ...alert, severity: alert.severity === 'red' ? 'blue' : 'red' }
    await producer.send([{ topic: ALERTS_TOPIC, key: alert.id, value: Buffer.from(canonicalJson(changed)) }])
    const { stdout, status } = prove([alert.id], ...set, '--json')
    expect(status).toBe(1)
    expect(runOf(stdout).proofs[0]?.revisions.map((r) => [r.revision, r.differences.map((d) => d.pointer)])).toEqual([
      [1, []],
      [1, ['/severity']],
    ])
  })

  test('cannot be judged where they are not on record, or where retention took the log they came from', { timeout: 300_000 }, async () => {
    const unknown = prove(['A-00000000000000000000'])
    expect([unknown.status, unknown.stderr]).toEqual([2, expect.stringMatching(/LT-1009 there is no alert A-0+ in lookthrough\.alerts\n {2}fix: /)])
    const alert = raised.find((a) => a.positions?.some((p) => p.partition === 0 && a.rule.code === 'CR-02')) as PublishedAlert
    const place = alert.positions?.find((p) => p.partition === 0)
    const admin = await openAdmin({ brokers: broker.brokers })
    await admin.forgetBefore(place?.topic ?? '', (place?.offset ?? 0) + 1)
    admin.close()
    const { stdout, stderr, status } = prove([alert.id], ...set)
    expect(status).toBe(2)
    expect(stdout).toContain(`? ${alert.id} CR-02 cannot be judged`)
    expect(stdout).toMatch(/evidence \S+ is not in the log that was read/)
    expect(stderr).toMatch(/LT-1010 [^]*retention deleted what came before\n {2}fix: take a copy of the log/)
  })
})

/** Lets time go on. */
function closing(n: number): Event {
  const time = new Date().toISOString()
  const data = { loanId: 'CLOSING', customerId: 'CLOSING', product: 'corporate', balance: `${n}.00`, ccy: 'CNY', dpd: 0, class: 'normal' }
  const facts = { source: '/closing', type: 'credit.loan', subject: 'CLOSING', institution: 'B0001', sequence: String(n) }
  return { specversion: '1.0', id: `closing-${n}`, time, ...facts, data } as unknown as Event
}

async function until(done: () => boolean | Promise<boolean>): Promise<void> {
  while (!(await done())) await new Promise((resolve) => setTimeout(resolve, 100))
}
