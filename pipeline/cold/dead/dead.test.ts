import { mkdtempSync, readFileSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { openFiles } from '../../hot/accept/file-source.ts'
import { ConfirmingProducer } from '../../kafka/client.ts'
import { openKafkaSource } from '../../kafka/source.ts'
import { brokerFor, startBroker, type TestBroker } from '../../kafka/testing/broker.ts'
import { attributesOf, LOAN, loan } from '../../kafka/testing/letters.ts'
import { ensureTopics } from '../../kafka/topics.ts'
import { replay } from '../replay/replay.ts'
import { explain, readable } from './explain.ts'
import { openTables } from '../tables.ts'
import { countsOf, lettersOf } from './letters.ts'
import { retry } from './retry.ts'

const folder = mkdtempSync(join(tmpdir(), 'lookthrough-dead-'))

/** What a replay leaves of these lines. */
async function judged(name: string, lines: string[]): Promise<string> {
  const [file, db] = [join(folder, `${name}.ndjson`), join(folder, `${name}.duckdb`)]
  writeFileSync(file, lines.map((line) => `${line}\n`).join(''))
  await replay({ source: await openFiles([file]), rules: [], db })
  return db
}

const read = async <T>(db: string, act: (letters: Awaited<ReturnType<typeof openTables>>) => Promise<T>): Promise<T> => {
  const letters = await openTables({ db, data: folder }, 'en')
  try {
    return await act(letters)
  } finally {
    letters.close()
  }
}

describe('dead letters of a file', () => {
  test('are counted, the most frequent first, and told by place, with what was expected and what came', async () => {
    const db = await judged('told', [
      loan('a'),
      loan('b', { balance: 1000 }),
      loan('c', { class: 'excellent' }),
      loan('d', { class: 'x' }),
      'oops',
      loan('e', { dpd: undefined }),
    ])
    await read(db, async ({ query }) => {
      expect((await countsOf(query, {})).map((c) => [c.letters, c.reason, c.institution])).toEqual([
        [3, 'schema', 'B0001'],
        [1, 'bad-money', 'B0001'],
        [1, 'not-json', null],
      ])
      const letters = await lettersOf(query, {})
      expect(letters.map((l) => [l.offset, l.reason, l.id, explain(l)])).toEqual([
        [1, 'bad-money', 'b', { expected: '^-?\\d{1,15}(\\.\\d{1,2})?$', got: '1000' }],
        [2, 'schema', 'c', { expected: 'normal | special-mention | substandard | doubtful | loss', got: '"excellent"' }],
        [3, 'schema', 'd', { expected: 'normal | special-mention | substandard | doubtful | loss', got: '"x"' }],
        [4, 'not-json', null, { expected: 'JSON in UTF-8' }],
        [5, 'schema', 'e', { expected: expect.stringContaining('"integer"') as string }],
      ])
      expect(readable(letters[3] as (typeof letters)[3])).toContain('6f 6f 70 73')
      expect((await lettersOf(query, { position: `${join(folder, 'told.ndjson')}/0/2` })).map((l) => l.id)).toEqual(['c'])
    })
  })

  test('are written out to be judged anew, each once', async () => {
    const db = await judged('again', [loan('a'), loan('b', { class: 'excellent' }), loan('c', { balance: 1 }), 'oops'])
    const out = join(folder, 'retried.ndjson')
    await read(db, async ({ query }) => {
      const [chosen, all] = [await lettersOf(query, { reason: 'schema' }), await lettersOf(query, {})]
      expect(await retry(chosen, { to: { out }, marks: `${db}.retried` })).toEqual({ sent: 1, before: 0, cut: 0, homeless: 0 })
      expect(readFileSync(out, 'utf8')).toBe(`${loan('b', { class: 'excellent' })}\n`)
      expect(await retry(all, { to: { out }, marks: `${db}.retried` })).toEqual({ sent: 2, before: 1, cut: 0, homeless: 0 })
      expect(await retry(chosen, { to: { out }, marks: `${db}.retried`, again: true })).toMatchObject({ sent: 1 })
    })
    expect(await replay({ source: await openFiles([out]), rules: [] })).toMatchObject({ read: 4, dead: 4 })
  })
})

describe.skipIf(!brokerFor('a real Kafka broker'))('on a real broker', () => {
  let broker: TestBroker
  beforeAll(async () => {
    broker = await startBroker()
  })
  afterAll(() => broker.stop())

  test('events come in every form, and what is handed back comes in the form it had, to its partition', async () => {
    const kafka = { brokers: broker.brokers, prefix: 'dead.' }
    await ensureTopics({ ...kafka, partitions: 3 })
    const producer = await ConfirmingProducer.connect(kafka)
    const send = (value: string, headers: Record<string, string>) =>
      producer.send([{ topic: 'dead.credit.loan', partition: 2, key: 'L1', value: Buffer.from(value), headers }])
    const ce = (id: string) => Object.fromEntries(Object.entries(attributesOf(id)).map(([name, text]) => [`ce_${name}`, text]))
    await send(JSON.stringify(LOAN), { 'content-type': 'application/json', ...ce('a') })
    await send(JSON.stringify({ ...LOAN, class: 'excellent' }), { 'content-type': 'application/json', ...ce('b') })
    await send('{},"type":"x"', ce('c'))
    await send(`[${loan('d')},${loan('e', { balance: 7 })}]`, { 'content-type': 'application/cloudevents-batch+json' })
    await send('[', { 'content-type': 'application/cloudevents-batch+json; charset=utf-8' })
    await send('ARROW1', { 'content-type': 'application/vnd.apache.arrow.stream' })
    await producer.close()
    const whole = async (db: string) => {
      const source = await openKafkaSource({ ...kafka, toEnd: true })
      const { used, dead } = await replay({ source, rules: [], db })
      return { used, dead }
    }
    const [before, after] = [join(folder, 'before.duckdb'), join(folder, 'after.duckdb')]
    expect(await whole(before)).toEqual({ used: 2, dead: 5 })
    const told = [
      ['schema', 'binary', 'b'],
      ['not-json', 'binary', null],
      ['bad-money', 'event', 'e'],
      ['not-json', 'batch', null],
      ['not-json', 'arrow', null],
    ]
    const letters = await read(before, ({ query }) => lettersOf(query, {}))
    expect(letters.map((l) => [l.reason, l.form, l.id])).toEqual(told)
    expect(await retry(letters, { to: kafka, marks: `${before}.retried` })).toEqual({ sent: 5, before: 0, cut: 0, homeless: 0 })
    expect(await whole(after)).toEqual({ used: 2, dead: 10 })
    const twice = await read(after, ({ query }) => lettersOf(query, {}))
    expect(
      twice
        .slice(5)
        .map((l) => [l.reason, l.form, l.id, l.partition, l.bytes.equals(twice[told.findIndex((t) => t[0] === l.reason && t[1] === l.form)]?.bytes as Buffer)]),
    ).toEqual(told.map((t) => [...t, 2, true]))
  })
})
