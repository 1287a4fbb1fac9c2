import { type ChildProcess, execFile, spawn } from 'node:child_process'
import { mkdtempSync, readFileSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { ConfirmingProducer } from '../kafka/client.ts'
import { readTopic } from '../kafka/read-topic.ts'
import { brokerFor, startBroker, type TestBroker } from '../kafka/testing/broker.ts'
import { keptLetters, loan } from '../kafka/testing/letters.ts'
import { ensureTopics } from '../kafka/topics.ts'

const run = promisify(execFile)
const ENV = { ...process.env, LOOKTHROUGH_LANG: 'en' }
const TOKEN = 'of-the-analyst-of-this-test'

describe.skipIf(!brokerFor('dead letters on a running desk'))('dead letters on a running desk', () => {
  const folder = mkdtempSync(join(tmpdir(), 'lookthrough-dead-desk-'))
  let broker: TestBroker
  let system: ChildProcess
  let url = ''

  beforeAll(async () => {
    broker = await startBroker()
    await ensureTopics({ brokers: broker.brokers, partitions: 2 })
    writeFileSync(join(folder, 'token'), TOKEN)
    writeFileSync(
      join(folder, 'config.yaml'),
      `kafka: { brokers: '${broker.brokers}' }\ndata: data\ndesk: { port: 0 }\nusers: [{ name: analyst, role: analyst, tokenFile: token }]\n`,
    )
    let said = ''
    system = spawn(process.execPath, ['pipeline/launch.cjs', 'run', '--config', join(folder, 'config.yaml')], { env: ENV, stdio: ['ignore', 'ignore', 'pipe'] })
    system.stderr?.setEncoding('utf8').on('data', (text: string) => (said += text))
    await until(() => /running: .* (http\S+)/.test(said) || system.exitCode !== null, 100_000)
    url = /running: .* (http\S+)/.exec(said)?.[1] ?? said
  })
  afterAll(async () => {
    system.kill('SIGKILL')
    await broker.stop()
  })

  /** What the command prints, as this language's people see it. */
  const dead = async (...args: string[]) => {
    const at = ['--url', url, '--token', TOKEN, '--data', join(folder, 'data')]
    return run(process.execPath, ['pipeline/launch.cjs', 'dead', ...args, ...at], { env: ENV })
  }
  const json = async (...args: string[]) => JSON.parse((await dead(...args, '--json')).stdout) as Record<string, unknown>
  /** Once there are so many; the tables are there a moment after the first commit. */
  const listed = async (count: number): Promise<Listed> => {
    let list: Listed | undefined
    await until(async () => {
      list = (await json('list').catch(() => undefined)) as Listed | undefined
      return list?.newest.length === count
    }, 120_000)
    return list as Listed
  }

  test('are listed, shown and handed back to be judged anew, and each goes out on its topic', { timeout: 600_000 }, async () => {
    const producer = await ConfirmingProducer.connect({ brokers: broker.brokers })
    const send = (value: string, headers: Record<string, string> = {}) =>
      producer.send([{ topic: 'credit.loan', partition: 1, key: 'L1', value: Buffer.from(value), headers }])
    const excellent = loan('b', { class: 'excellent' })
    await send(loan('a'))
    await send(excellent)
    await send('oops')
    await send(`[${loan('c')},${loan('d', { balance: 7 })}]`, { 'content-type': 'application/cloudevents-batch+json' })
    await producer.close()

    const before = await listed(3)
    expect(before.counts).toEqual([
      { reason: 'bad-money', institution: 'B0001', topic: 'credit.loan', letters: 1 },
      { reason: 'not-json', institution: null, topic: 'credit.loan', letters: 1 },
      { reason: 'schema', institution: 'B0001', topic: 'credit.loan', letters: 1 },
    ])
    expect(before.newest.map((l) => [l.topic, l.partition, l.offset, l.id])).toEqual([
      ['credit.loan', 1, 3, 'd'],
      ['credit.loan', 1, 2, null],
      ['credit.loan', 1, 1, 'b'],
    ])
    expect((await dead('list', '--reason', 'schema')).stdout).toMatch(/^1 dead letters\n[^]*credit\.loan\/1\/1 {2}schema \/data\/class {2}B0001 b\n$/)

    expect(await json('show', 'credit.loan/1/1')).toMatchObject({
      reason: 'schema',
      pointer: '/data/class',
      expected: 'normal | special-mention | substandard | doubtful | loss',
      got: '"excellent"',
      bytes: Buffer.from(excellent).toString('base64'),
    })
    expect((await dead('show', 'credit.loan/1/2')).stdout).toContain('6f 6f 70 73')
    await expect(dead('show', 'credit.loan/1/0')).rejects.toMatchObject({ code: 2, stderr: expect.stringContaining('LT-1012') as string })

    const retry = () => json('retry', '--reason', 'schema', '--brokers', broker.brokers)
    expect(await retry()).toEqual({ sent: 1, before: 0, cut: 0, homeless: 0 })
    const after = await listed(4)
    expect(after.newest[0]).toMatchObject({ partition: 1, offset: 4, reason: 'schema', id: 'b', bytes: Buffer.from(excellent).toString('base64') })
    expect(await retry()).toEqual({ sent: 1, before: 1, cut: 0, homeless: 0 })
    expect(readFileSync(join(folder, 'data', 'dead.retried'), 'utf8').match(/^credit\.loan\/1\/[14] /gm)).toHaveLength(2)
    await listed(5)

    const values = []
    for await (const { value } of readTopic({ brokers: broker.brokers }, 'credit.loan', { follow: false })) values.push(String(value))
    expect(values.filter((value) => value === excellent)).toHaveLength(3)
    const kept = await keptLetters({ brokers: broker.brokers })
    expect(kept.map((k) => [k.key, k.value.toString()])).toEqual([
      ['credit.loan/1/1', excellent],
      ['credit.loan/1/2', 'oops'],
      ['credit.loan/1/3', loan('d', { balance: 7 })],
      ['credit.loan/1/4', excellent],
      ['credit.loan/1/5', excellent],
    ])
  })
})

type Listed = {
  counts: Record<string, unknown>[]
  newest: { topic: string; partition: number; offset: number; reason: string; id: string | null; bytes: string }[]
}

async function until(condition: () => boolean | Promise<boolean>, withinMs: number): Promise<void> {
  const deadline = Date.now() + withinMs
  while (!(await condition())) {
    if (Date.now() > deadline) throw new Error(`not within ${withinMs} ms: ${condition.toString()}`)
    await new Promise((resolve) => setTimeout(resolve, 200))
  }
}
