import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { TextColumn } from '../../contract/text.ts'
import { batchOf } from '../../contract/source.ts'
import type { Decoded } from '../../contract/stage.ts'
import { Database } from '../../store/database.ts'
import { createSchema } from '../../store/schema.ts'
import { Duplicates } from './duplicates.ts'
import { Ledger } from './ledger.ts'

type Seen = { id: number; version: number; hash?: number }

/** The first word of a key: two keys have it in common. */
const wordOf = (hash: number) => (hash >>> 1) * 4096

/** Events as the decoder gives them, with a hash of our choice. */
function decodedOf(events: Seen[]): Decoded {
  const n = events.length
  const text = (of: (e: Seen) => string) => TextColumn.of(events.map(of))
  const key = events.flatMap(({ id, hash = id }) => [wordOf(hash), hash, hash, hash])
  const none = new Uint32Array(n)
  return {
    raw: batchOf([]),
    streams: [
      {
        type: 'credit.loan',
        count: n,
        id: text((e) => `e${e.id}`),
        source: text(() => 's'),
        institution: text(() => 'B'),
        subject: text(() => ''),
        time: new Float64Array(n),
        recorded: new Float64Array(n),
        sequence: new BigInt64Array(n),
        op: new Uint8Array(n),
        key: Uint32Array.from(key),
        content: Uint32Array.from(events.flatMap(({ version }) => [version, version])),
        json: undefined,
        fields: {},
      },
    ],
    message: none,
    stream: new Int8Array(n),
    row: Uint32Array.from({ length: n }, (_, i) => i),
    start: none,
    end: none,
    dead: [],
  }
}

/** Tells a batch and logs what is new, as `batch` does. */
async function tell(db: Database, duplicates: Duplicates, events: Seen[]): Promise<string[]> {
  const decoded = decodedOf(events)
  const { fate, number } = await duplicates.tell(decoded)
  const rows = events.flatMap((e, i) => {
    const k = e.hash ?? e.id
    return fate[i] === 0
      ? [
          `(${number[i]}, ${wordOf(k)} + ${k}::UBIGINT * 4294967296, ${k} + ${k}::UBIGINT * 4294967296, ${e.version} + ${e.version}::UBIGINT * 4294967296, 's', 'e${e.id}')`,
        ]
      : []
  })
  if (rows.length > 0) await db.run(`INSERT INTO ${duplicates.log} VALUES ${rows.join(', ')}`)
  return [...fate].map((f) => ['new', 'duplicate', 'conflict'][f] ?? '')
}

describe('duplicates', () => {
  const fresh = async () => {
    const db = await Database.open(':memory:')
    await createSchema(db)
    return db
  }

  test('tell new, repeated and contradicting events apart, as a plain map would, also when hashes collide and after a restart', async () => {
    const event = fc.record({ id: fc.nat({ max: 120 }), version: fc.nat({ max: 1 }) })
    await fc.assert(
      fc.asyncProperty(fc.array(fc.array(event, { minLength: 1, maxLength: 60 }), { maxLength: 8 }), async (batches) => {
        const db = await fresh()
        const plain = new Map<number, number>()
        let ours = await Duplicates.open(db)
        for (const [i, events] of batches.entries()) {
          if (i % 3 === 2) ours = await Duplicates.open(db)
          const expected = events.map(({ id, version }) => {
            const known = plain.get(id)
            if (known === undefined) plain.set(id, version)
            return known === undefined ? 'new' : known === version ? 'duplicate' : 'conflict'
          })
          const told = await tell(
            db,
            ours,
            events.map((e) => ({ ...e, hash: e.id % 100 })),
          )
          expect(told).toEqual(expected)
        }
        db.close()
      }),
      { numRuns: 40 },
    )
  })

  test('are found in a batch in which the table has grown since', async () => {
    const db = await fresh()
    const events = Array.from({ length: 9000 }, (_, i) => ({ id: i % 6000, version: i < 8000 ? 1 : 2 }))
    const told = await tell(db, await Duplicates.open(db), events)
    expect(['new', 'duplicate', 'conflict'].map((fate) => told.filter((f) => f === fate).length)).toEqual([6000, 2000, 1000])
    db.close()
  })

  test('remember at least the latest events of their horizon, and forget the oldest with their table', async () => {
    const db = await fresh()
    const ours = await Duplicates.open(db, 1000)
    const range = (from: number, to: number) => Array.from({ length: to - from }, (_, i) => ({ id: from + i, version: 1 }))
    for (let n = 0; n < 3000; n += 250) await tell(db, ours, range(n, n + 250))
    expect(new Set(await tell(db, ours, range(2000, 3000)))).toEqual(new Set(['duplicate']))
    expect(await tell(db, ours, [{ id: 0, version: 2 }])).toEqual(['new'])
    expect(ours.remembered).toBeLessThan(2251)
    expect((await db.rows(`SELECT count(*) FROM duckdb_tables() WHERE table_name LIKE 'seen%'`))[0]).toEqual([2n])
    db.close()
  })
})

describe('the ledger', () => {
  const two = () =>
    new Ledger([
      { topic: 'credit.loan', partition: 0 },
      { topic: 'credit.loan', partition: 1 },
      { topic: 'pay.payment', partition: 0 },
    ])

  test('a watermark trails the highest min(order time, Kafka timestamp) by five seconds and never falls', () => {
    const ledger = two()
    ledger.observe(0, 100_000, Number.NaN)
    expect(ledger.watermark(0)).toBe(95_000)
    ledger.observe(0, 99_000, Number.NaN)
    ledger.observe(0, 900_000, 120_000)
    expect(ledger.watermark(0)).toBe(115_000)
  })

  test('the horizon is the highest tick strictly below the lowest watermark of the partitions that carry the types', () => {
    const ledger = two()
    ledger.observe(0, 105_000, Number.NaN)
    expect(ledger.horizon(['credit.loan'])).toBe(-Infinity)
    ledger.observe(1, 106_500, Number.NaN)
    expect(ledger.horizon(['credit.loan'])).toBe(99_000)
    ledger.observe(0, 105_001, Number.NaN)
    expect(ledger.horizon(['credit.loan'])).toBe(100_000)
    expect(ledger.horizon(['credit.loan', 'pay.payment'])).toBe(-Infinity)
    ledger.at(2).ended = true
    expect(ledger.horizon(['credit.loan', 'pay.payment'])).toBe(100_000)
  })

  test('a control record raises a partition from its offset on, whenever it is read', () => {
    const ledger = two()
    ledger.control({ topic: 'credit.loan', partition: 0, nextOffset: 3, watermark: 50_000 })
    ledger.advance(0, 1)
    expect(ledger.watermark(0)).toBe(-Infinity)
    ledger.advance(0, 2)
    ledger.settle()
    expect(ledger.watermark(0)).toBe(50_000)
    ledger.control({ topic: 'credit.loan', partition: 0, nextOffset: 1, watermark: 40_000 })
    expect(ledger.watermark(0)).toBe(50_000)
  })
})
