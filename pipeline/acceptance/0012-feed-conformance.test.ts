import { type ChildProcess, execFile, spawn } from 'node:child_process'
import { createHash } from 'node:crypto'
import { mkdtempSync, readFileSync, writeFileSync } from 'node:fs'
import { createServer, type AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type { Result } from '../client/conformance/conformance.ts'
import { type FeedAlert, fileCursor, type Gap, openFeed } from '../client/index.ts'
import { writeLog } from '../cold/testing/engine.ts'
import type { PublishedAlert } from '../contract/index.ts'
import { ConfirmingProducer } from '../kafka/client.ts'
import { ALERTS_TOPIC } from '../kafka/sink.ts'
import { brokerFor, startBroker, type TestBroker } from '../kafka/testing/broker.ts'
import { ensureTopics } from '../kafka/topics.ts'

const run = promisify(execFile)
const ENV = { ...process.env, LOOKTHROUGH_LANG: 'en' }
const USERS = ['supervisor', 'admin', 'B0002', 'B0003', 'B0008']
const tokenOf = (name: string) => `token-of-${name}-of-this-test`
const nameOf = ({ id, revision }: { id: string; revision: number }) => `${id}/${revision}`

describe.skipIf(!brokerFor('the feed of a running desk'))('the feed of a running desk, with what the engine says about a scenario', () => {
  const folder = mkdtempSync(join(tmpdir(), 'lookthrough-feed-'))
  const sent: PublishedAlert[] = []
  let alerts: PublishedAlert[] = []
  let broker: TestBroker
  let producer: ConfirmingProducer
  let desk: ChildProcess | undefined
  let url = ''
  let round = 0

  beforeAll(async () => {
    broker = await startBroker()
    await ensureTopics({ brokers: broker.brokers, partitions: 2 })
    producer = await ConfirmingProducer.connect({ brokers: broker.brokers })
    const { log } = writeLog(11, 60_000)
    const out = join(folder, 'alerts.ndjson')
    await lookthrough('replay', log, '--param', 'CR-02.limit=0.1000', '--alerts', out)
    alerts = readFileSync(out, 'utf8')
      .split('\n')
      .filter((line) => line !== '')
      .map((line) => JSON.parse(line) as PublishedAlert)
    for (const name of USERS) writeFileSync(join(folder, name), tokenOf(name))
    const port = await freePort()
    url = `http://127.0.0.1:${port}`
    const users = USERS.map((name) => {
      const who = name.startsWith('B') ? `role: desk, institution: ${name}` : `role: ${name}`
      return `{ name: ${name}, ${who}, tokenFile: ${name} }`
    })
    const config = [`kafka: { brokers: '${broker.brokers}' }`, 'data: data', `desk: { port: ${port} }`, `users: [${users.join(', ')}]`]
    writeFileSync(join(folder, 'config.yaml'), `${config.join('\n')}\n`)
    for (let k = 0; k < 4; k++) await publish(nextRound())
    await start()
  })
  afterAll(async () => {
    await kill()
    await producer.close()
    await broker.stop()
  })

  const lookthrough = (...args: string[]) => run(process.execPath, ['pipeline/launch.cjs', ...args], { env: ENV, maxBuffer: 1 << 26 })

  /** The alerts of the engine as those of another episode each. */
  const nextRound = (): PublishedAlert[] => {
    round += 1
    return alerts.map((alert) => ({ ...alert, id: `A-${createHash('sha256').update(`${alert.id}${round}`).digest('hex').slice(0, 20)}` }))
  }
  const publish = async (some: PublishedAlert[]) => {
    await producer.send(some.map((alert) => ({ topic: ALERTS_TOPIC, key: alert.id, value: Buffer.from(JSON.stringify(alert)) })))
    sent.push(...some)
  }
  const start = async () => {
    let said = ''
    const args = ['pipeline/launch.cjs', 'run', '--config', join(folder, 'config.yaml'), '--role', 'desk']
    desk = spawn(process.execPath, args, { env: ENV, stdio: ['ignore', 'ignore', 'pipe'] })
    desk.stderr?.setEncoding('utf8').on('data', (text: string) => (said += text))
    await until(
      () => said.includes('running:') || desk?.exitCode !== null,
      () => said,
    )
    expect(said).toContain(url)
  }
  const kill = () =>
    new Promise<void>((resolve) => {
      if (desk === undefined || desk.exitCode !== null || desk.signalCode !== null) return resolve()
      desk.once('exit', () => resolve())
      desk.kill('SIGKILL')
    })
  const read = (name: string, file: string) => {
    const stop = new AbortController()
    const got: FeedAlert[] = []
    const gaps: Gap[] = []
    let isLive = false
    const feed = openFeed({
      url,
      token: tokenOf(name),
      cursors: fileCursor(join(folder, file)),
      onGap: (gap) => gaps.push(gap),
      onState: ({ state }) => (isLive = state === 'live'),
    })
    const reading = async () => {
      for await (const alert of feed.alerts({ signal: stop.signal })) got.push(alert)
    }
    const done = reading().then(
      () => undefined,
      (error: unknown) => error,
    )
    return { got, gaps, done, isLive: () => isLive, stop: () => stop.abort() }
  }

  /** Alerts whose last revision has not arrived, of those somebody may see. */
  const missing = (got: PublishedAlert[], maySee: (alert: PublishedAlert) => boolean = () => true) => {
    const last = new Map(sent.filter(maySee).map((alert) => [alert.id, alert.revision]))
    for (const { id, revision } of got) if (last.get(id) === revision) last.delete(id)
    return [...last.keys()]
  }

  test('keeps every promise, seen from outside, while alerts come', { timeout: 400_000 }, async () => {
    const more = nextRound()
    const timer = setInterval(() => void publish(more.splice(0, 1)), 1000)
    const files = ['--token-file', join(folder, 'B0003'), '--other-token-file', join(folder, 'B0002')]
    const short = ['--offline', '5s', '--slow', '3s', '--patience', '20s']
    const { stdout } = await lookthrough('feed', 'conformance', url, ...files, ...short, '--json').catch((error: unknown) => error as { stdout: string })
    clearInterval(timer)
    const results = JSON.parse(stdout) as Result[]
    expect(results.filter(({ outcome }) => outcome !== 'passed')).toEqual([])
    expect(results.length).toBeGreaterThanOrEqual(25)
  })

  test('loses nothing and gives nothing twice when it is killed with -9 in the middle of bursts', { timeout: 400_000 }, async () => {
    const reading = read('supervisor', 'place')
    await until(reading.isLive)
    const [got, before] = [reading.got.length, sent.length]
    for (let k = 0; k < 2; k++) {
      const burst = [...nextRound(), ...nextRound()]
      await publish(burst.splice(0, 60))
      const rest = publish(burst)
      await kill()
      await rest
      await start()
    }
    await until(
      () => missing(reading.got).length === 0,
      () => `${missing(reading.got).length} of ${sent.length} are missing`,
    )
    await publish(nextRound())
    await until(
      () => missing(reading.got).length === 0,
      () => `${missing(reading.got).length} of ${sent.length} are missing`,
    )
    reading.stop()
    expect(await reading.done).toBeUndefined()
    expect(new Set(reading.got.map(nameOf)).size).toBe(reading.got.length)
    expect(reading.got.filter((alert) => !sent.some((s) => nameOf(s) === nameOf(alert)))).toEqual([])
    if (reading.gaps.length === 0) expect(reading.got.length - got).toBe(sent.length - before)
    // A place that is gone is one of a store that is gone: each gap is told with another epoch.
    expect(new Set(reading.gaps.map(({ epoch }) => epoch)).size).toBe(reading.gaps.length)
  })

  test('ends at once for a user whose access is taken back, and for nobody else', async (context) => {
    const [taken, other] = [read('B0008', 'taken'), read('B0002', 'other')]
    await until(() => taken.got.length > 0 && other.got.length > 0)
    const headers = { authorization: `Bearer ${tokenOf('admin')}`, 'content-type': 'application/json' }
    const { status } = await fetch(`${url}/v1/admin/revoke`, { method: 'POST', headers, body: JSON.stringify({ name: 'B0008' }) })
    if (status === 404) context.skip('this desk cannot take access back')
    expect(status).toBe(204)
    expect(await taken.done).toMatchObject({ code: 'LT-2181' })
    const before = taken.got.length
    await publish(nextRound())
    const isOthers = (alert: PublishedAlert) => alert.institution === 'B0002' && alert.disclosure === 'institution'
    await until(() => missing(other.got, isOthers).length === 0)
    other.stop()
    expect([await other.done, taken.got.length]).toEqual([undefined, before])
    expect(other.got.every(({ institution }) => institution === 'B0002')).toBe(true)
  })
})

async function until(ready: () => boolean, about = (): string => '', ms = 120_000): Promise<void> {
  const end = Date.now() + ms
  while (!ready()) {
    if (Date.now() > end) throw new Error(`not within ${ms} ms: ${ready.toString()} ${about()}`)
    await new Promise((resolve) => setTimeout(resolve, 20))
  }
}

function freePort(): Promise<number> {
  return new Promise((resolve) => {
    const server = createServer().listen(0, '127.0.0.1', () => {
      const { port } = server.address() as AddressInfo
      server.close(() => resolve(port))
    })
  })
}
