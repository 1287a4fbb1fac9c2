/** From an idea to an alert: a rule is begun, written, looked over, tried and brought into a running engine, and then made stricter, without a stop. */
import { type ChildProcess, spawn } from 'node:child_process'
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { formatTime, type PublishedAlert } from '../contract/index.ts'
import { connect } from '../desk/testing/world.ts'

/** Between a change and its effect: the command, the desk and the engine each look the rule over before it. */
const AHEAD_MS = 45_000

describe('a rule author', () => {
  const [data, rulesDir] = ['data', 'rules'].map((name) => mkdtempSync(join(tmpdir(), `lookthrough-author-${name}-`))) as [string, string]
  const folder = join(rulesDir, 'credit/my-rule')
  let child: ChildProcess
  let start: { url: string; users: { name: string; token: string }[] }
  const token = (name: string) => start.users.find((u) => u.name === name)?.token ?? ''

  beforeAll(async () => {
    child = spawn(process.execPath, ['pipeline/launch.cjs', 'start', '--port', '0', '--data', data, '--speed', '0.2'], {
      stdio: ['ignore', 'ignore', 'inherit'],
    })
    await until(() => existsSync(join(data, 'start.json')), 60_000)
    start = JSON.parse(readFileSync(join(data, 'start.json'), 'utf8')) as typeof start
  }, 90_000)
  afterAll(() => {
    child.kill('SIGKILL')
    for (const directory of [data, rulesDir]) rmSync(directory, { recursive: true, force: true })
  })

  test('begins a rule of under 20 lines, brings it into the running engine, sees its alert on the feed, and then that of its second version', {
    timeout: 400_000,
  }, async () => {
    expect(await lookthrough('rules', 'new', 'credit/my-rule', '--code', 'CR-90', '--rules-dir', rulesDir)).toMatchObject({ status: 0 })
    edit('rule.ts', {
      'count(5)': 'count(3)',
      "duration('24h')": "duration('10s')",
      一日内: '十秒内',
      'in a day': 'in ten seconds',
    })
    edit('cases.ts', {
      'the fifth payee': 'the third payee',
      'payees(5)': 'payees(3)',
      'four payees': 'two payees',
      'payees(4)': 'payees(2)',
      "'02:00:00'": "'01:00:05'",
      "at: '01:00:04'": "at: '01:00:02'",
      "payees: '5', total: '500.00'": "payees: '3', total: '300.00'",
    })
    expect(linesOfRecord(), 'lines between the braces of defineRule').toBeLessThan(20)
    for (const step of ['lint', 'test']) expect(await lookthrough('rules', step, 'CR-90', '--rules-dir', rulesDir)).toMatchObject({ status: 0 })

    const feed = await connect(start.url, token('supervisor'))
    feed.send({ op: 'subscribe', sid: 'mine', from: 'now', filter: { rule: 'CR-90' } })
    const alerts = () => feed.of('event', 'mine').map((f) => (f['event'] as { data: PublishedAlert }).data)

    const first = Date.now() + AHEAD_MS
    expect(await activate(first)).toMatchObject({ status: 0, stdout: expect.stringContaining('CR-90 0.1.0') })
    expect(await ruling()).toMatchObject({ version: '0.1.0', isInForce: false, effective: expect.stringMatching(/Z$/) })
    await until(() => Date.now() > first + 10_000, AHEAD_MS + 60_000)
    await pay(3, 'A')
    await feed.until(() => alerts().length > 0, 60_000)
    expect(alerts()[0]).toMatchObject({
      subject: { id: 'A' },
      rule: { code: 'CR-90', version: '0.1.0', hash: (await ruling())?.hash },
      values: { payees: '3' },
    })

    edit('rule.ts', { 'count(3)': 'count(2)' })
    expect(await activate(Date.now() + AHEAD_MS)).toMatchObject({ status: 1, stderr: expect.stringContaining('LT-3010') })
    edit('rule.ts', { "'0.1.0'": "'0.2.0'" })
    edit('cases.ts', {
      'payees(2)': 'payees(1)',
      'the third payee': 'the second payee',
      'payees(3)': 'payees(2)',
      "at: '01:00:02'": "at: '01:00:01'",
      "payees: '3', total: '300.00'": "payees: '2', total: '200.00'",
    })
    const second = Date.now() + AHEAD_MS
    expect(await activate(second)).toMatchObject({ status: 0, stdout: expect.stringContaining('CR-90 0.2.0') })
    await until(() => Date.now() > second + 10_000, AHEAD_MS + 60_000)
    await pay(2, 'B')
    await feed.until(() => alerts().some((a) => a.subject.id === 'B'), 60_000)
    expect(alerts().find((a) => a.subject.id === 'B')).toMatchObject({ rule: { code: 'CR-90', version: '0.2.0' }, threshold: '2', values: { payees: '2' } })
    feed.socket.close()
  })

  const activate = (at: number) => lookthrough('rules', 'activate', folder, '--at', formatTime(at), '--data', data)
  const edit = (file: string, changes: Record<string, string>) => {
    for (const [from, to] of Object.entries(changes)) {
      const text = readFileSync(join(folder, file), 'utf8')
      if (!text.includes(from)) throw new Error(`${file} has no ${from}`)
      writeFileSync(join(folder, file), text.replaceAll(from, to))
    }
  }
  const linesOfRecord = () => /defineRule\(\{\n(.*)\n\}\)/s.exec(readFileSync(join(folder, 'rule.ts'), 'utf8'))?.[1]?.split('\n').length ?? Infinity
  const ruling = async () => {
    const answer = await fetch(`${start.url}/v1/rules`, { headers: { authorization: `Bearer ${token('analyst')}` } })
    return ((await answer.json()) as { code: string; version: string; hash: string }[]).find((r) => r.code === 'CR-90')
  }
  let sequence = 0
  /** At once, from one account to so many others. */
  const pay = async (payees: number, debtorAccount: string) => {
    const time = formatTime(Date.now())
    const events = Array.from({ length: payees }, (_, i) => ({
      specversion: '1.0',
      id: `${debtorAccount}${i}`,
      source: '/author',
      type: 'pay.payment',
      time,
      subject: debtorAccount,
      institution: 'B0001',
      sequence: String(++sequence),
      data: {
        paymentId: `${debtorAccount}${i}`,
        debtorId: debtorAccount,
        debtorAccount,
        creditorId: `P${i}`,
        creditorAccount: `P${i}`,
        amount: '100.00',
        ccy: 'CNY',
        channel: 'online',
        crossBorder: false,
      },
    }))
    const headers = { authorization: `Bearer ${token('desk-B0001')}`, 'content-type': 'application/json' }
    const answer = await fetch(`${start.url}/v1/events`, { method: 'POST', headers, body: JSON.stringify(events) })
    expect([answer.status, await answer.json()]).toEqual([202, expect.objectContaining({ accepted: payees })])
  }
})

/** Not `spawnSync`: who does not answer is taken off the feed. */
async function lookthrough(...args: string[]): Promise<{ status: number | null; stdout: string; stderr: string }> {
  const child = spawn(process.execPath, ['pipeline/launch.cjs', ...args], { env: { ...process.env, LOOKTHROUGH_LANG: 'en' }, timeout: 120_000 })
  let [stdout, stderr] = ['', '']
  child.stdout.setEncoding('utf8').on('data', (text: string) => (stdout += text))
  child.stderr.setEncoding('utf8').on('data', (text: string) => (stderr += text))
  const status = await new Promise<number | null>((resolve) => child.once('close', resolve))
  return { status, stdout, stderr }
}

async function until(condition: () => boolean, withinMs: number): Promise<void> {
  const deadline = Date.now() + withinMs
  while (!condition()) {
    if (Date.now() > deadline) throw new Error(`not within ${withinMs} ms: ${condition.toString()}`)
    await new Promise((resolve) => setTimeout(resolve, 200))
  }
}
