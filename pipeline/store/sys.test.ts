import { expect, test } from 'vitest'
import { batchOf, type RawBatch, type Source } from '../contract/source.ts'
import { runEngine } from '../engine.ts'
import { Database } from './database.ts'

const START = Date.UTC(2026, 2, 2, 1)
let ids = 0

type Sent = { second: number; sequence: string; institution?: string; source?: string; type?: string; balance?: string }

function event({ second, sequence, institution = 'B0001', source = `/${institution}`, type = 'credit.loan', balance = '1.00' }: Sent): Buffer {
  const id = `e${++ids}`
  const data =
    type === 'credit.loan'
      ? { loanId: id, customerId: 'C1', product: 'corporate', balance, ccy: 'CNY', dpd: 0, class: 'normal' }
      : { until: new Date(START).toISOString() }
  const time = new Date(START + second * 1000).toISOString()
  return Buffer.from(JSON.stringify({ specversion: '1.0', id, source, type, time, subject: id, institution, sequence, data }))
}

/** One partition, in batches. */
function sourceOf(batches: readonly Buffer[][]): Source {
  let [next, first] = [0, 0]
  return {
    partitions: [{ topic: 'log', partition: 0 }],
    control: [],
    silent: () => [],
    writeControl: () => Promise.resolve(),
    close: () => Promise.resolve(),
    pull(): Promise<RawBatch | null> {
      const messages = batches[next]
      if (messages === undefined) return Promise.resolve(null)
      const raw = batchOf(messages, { first, ended: ++next === batches.length })
      first += messages.length
      return Promise.resolve(raw)
    },
  }
}

async function loaded(batches: readonly Buffer[][], options: { foldAbove?: number; betweenCommits?: (db: Database) => Promise<void> } = {}): Promise<Database> {
  const db = await Database.open(':memory:')
  await runEngine({
    db,
    source: sourceOf(batches),
    sink: { deliver: () => Promise.resolve(), close: () => Promise.resolve() },
    rules: [],
    ...(options.foldAbove !== undefined && { foldAbove: options.foldAbove }),
    betweenCommits: () => options.betweenCommits?.(db) ?? Promise.resolve(),
  })
  return db
}

const ask = async (db: Database, sql: string) => (await db.connection.runAndReadAll(sql)).getRowsJson()

const repeated = event({ second: 1, sequence: '2' })
const LOG: Buffer[] = [
  event({ second: 0, sequence: '1' }),
  repeated,
  repeated,
  event({ second: 2, sequence: '6' }),
  event({ second: 2, sequence: '9', institution: 'B0002' }),
  event({ second: 3, sequence: '7', balance: 'much' }),
  event({ second: 30, sequence: '8' }),
  // Late: it takes effect at the watermark.
  event({ second: 4, sequence: '4' }),
  event({ second: 31, sequence: '999999999999999999', type: 'sys.heartbeat' }),
  event({ second: 90, sequence: '999999999999999998', type: 'sys.heartbeat' }),
  // Across 32 bits.
  event({ second: 91, sequence: '4294967295', institution: 'B0003' }),
  event({ second: 91, sequence: '4294967296', institution: 'B0003' }),
  event({ second: 91, sequence: '4294967298', institution: 'B0003' }),
]

const STREAMS = [
  ['B0001', '/B0001', 'credit.loan', '2026-03-02 01:00:30', 56, '4', '1', '1', '1', '8', '5', '3', 0.625],
  ['B0001', '/B0001', 'sys.heartbeat', '2026-03-02 01:01:30', 0, '2', '0', '0', '0', '2', '2', '0', 1],
  ['B0002', '/B0002', 'credit.loan', '2026-03-02 01:00:02', 84, '1', '0', '0', '0', '1', '1', '0', 1],
  ['B0003', '/B0003', 'credit.loan', '2026-03-02 01:01:31', 0, '3', '0', '0', '0', '4', '3', '1', 0.75],
]
const GAPS = [
  ['B0001', '/B0001', 'credit.loan', '3', '3', '1', '2026-03-02 01:00:02'],
  ['B0001', '/B0001', 'credit.loan', '5', '5', '1', '2026-03-02 01:00:02'],
  ['B0001', '/B0001', 'credit.loan', '7', '7', '1', '2026-03-02 01:00:30'],
  ['B0003', '/B0003', 'credit.loan', '4294967297', '4294967297', '1', '2026-03-02 01:01:31'],
]
const STREAM_SQL = `SELECT institution, source, type, last, lag_s, used, late, duplicate, dead, expected, received, open_gaps, completeness
  FROM sys.stream ORDER BY source, type`

test('per stream: the last word, how far it lags, what became of its events, and what is missing of its numbers', async () => {
  const db = await loaded([LOG])
  expect(await ask(db, STREAM_SQL)).toEqual(STREAMS)
  expect(await ask(db, 'SELECT * FROM sys.gap ORDER BY source, "from"')).toEqual(GAPS)
  expect(await ask(db, 'SELECT institution, last, lag_s, used, late, duplicate, dead, open_gaps, completeness FROM sys.institution ORDER BY 1')).toEqual([
    ['B0001', '2026-03-02 01:01:30', 0, '6', '1', '1', '1', '3', 0.7],
    ['B0002', '2026-03-02 01:00:02', 84, '1', '0', '0', '0', '0', 1],
    ['B0003', '2026-03-02 01:01:31', 0, '3', '0', '0', '0', '1', 0.75],
  ])
})

test('message by message, and folded at every commit, it is the same', async () => {
  const db = await loaded(
    LOG.map((message) => [message]),
    { foldAbove: 1 },
  )
  expect(await ask(db, STREAM_SQL)).toEqual(STREAMS)
  expect(await ask(db, 'SELECT * FROM sys.gap ORDER BY source, "from"')).toEqual(GAPS)
})

test('at every commit each offset that was read is used, late, a repetition or dead, and the streams add up to the partitions', async () => {
  const seen: unknown[] = []
  const sums = (of: string) => `(SELECT sum(used)::INTEGER, sum(late)::INTEGER, sum(duplicate)::INTEGER, sum(dead)::INTEGER FROM ${of})`
  await loaded(
    [LOG.slice(0, 3), LOG.slice(3, 7), LOG.slice(7)].map((messages) => messages),
    {
      async betweenCommits(db) {
        const [books] = await ask(db, `SELECT next_offset, used + late + duplicate + dead FROM lt.progress`)
        expect(books?.[0]).toBe(books?.[1])
        expect(await ask(db, `FROM ${sums('lt.progress')}`)).toEqual(await ask(db, `FROM ${sums('sys.stream')}`))
        seen.push(books?.[0])
      },
    },
  )
  expect(seen).toEqual(['3', '7', '13'])
})

test('an institution that several sources and types speak for has its own numbers; a source that speaks for two counts once', async () => {
  const db = await loaded([
    [
      event({ second: 1, sequence: '1', institution: 'B0002', source: '/shared' }),
      event({ second: 2, sequence: '2', institution: 'B0001', source: '/shared' }),
      event({ second: 3, sequence: '4', institution: 'B0001', source: '/shared' }),
    ],
  ])
  expect(await ask(db, 'SELECT institution, expected, received, used FROM sys.stream ORDER BY 1')).toEqual([
    ['B0001', null, null, '2'],
    ['B0002', '4', '3', '1'],
  ])
  expect(await ask(db, 'SELECT institution, "from", "to" FROM sys.gap')).toEqual([['B0002', '3', '3']])
})
