import { mkdtempSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { batchOf, type OutgoingLetter, type Sink, type Source, type WireForm } from '../../contract/source.ts'
import { runEngine } from '../../engine.ts'
import { enforceBounds } from '../../store/bounds.ts'
import { Database } from '../../store/database.ts'
import { verify } from '../../store/recovery/verify.ts'

/** Batches of values none of which can be judged, from the first that has not been read. */
function poison(batches: Uint8Array[][], from = 0, form: WireForm = 'event'): Source & { pulled: number } {
  let first = 0
  const left = batches.flatMap((values) => {
    const at = { values, first }
    first += values.length
    return at.first >= from ? [at] : []
  })
  return {
    partitions: [{ topic: 'credit.loan', partition: 3 }],
    control: [],
    pulled: 0,
    pull() {
      const next = left.shift()
      if (next === undefined) return Promise.resolve(null)
      this.pulled++
      return Promise.resolve(batchOf(next.values, { first: next.first, ended: left.length === 0, form }))
    },
    silent: () => [],
    writeControl: () => Promise.resolve(),
    close: () => Promise.resolve(),
  }
}

const values = (n: number, bytes = 4) => Array.from({ length: n }, () => Buffer.alloc(bytes, 'x'))
const sinkTo = (deliverDead: NonNullable<Sink['deliverDead']>): Sink => ({
  deliver: () => Promise.resolve(),
  deliverDead,
  close: () => Promise.resolve(),
})

test('what was refused leaves after its commit, in order, in parts of bounded length, and no batch is judged before the last has left', async () => {
  const db = await Database.open(':memory:')
  const source = poison([values(4500), values(3, 5 << 20), values(1), values(1), values(1)])
  const parts: { length: number; committed: number; pulled: number }[] = []
  const sent: number[] = []
  let atOnce = 0
  const sink = sinkTo(async (letters) => {
    expect(++atOnce).toBe(1)
    const [row] = await db.rows('SELECT sum(dead) FROM engine.partition')
    parts.push({ length: letters.length, committed: Number(row?.[0]), pulled: source.pulled })
    sent.push(...letters.map((l) => l.offset))
    await new Promise((resolve) => setTimeout(resolve, 20))
    atOnce--
  })
  await runEngine({ db, source, sink, rules: [] })
  expect(parts.map((p) => [p.length, p.committed])).toEqual([
    [2000, 4500],
    [2000, 4500],
    [500, 4500],
    [1, 4503],
    [1, 4503],
    [1, 4503],
    [1, 4504],
    [1, 4505],
    [1, 4506],
  ])
  // The batch that is leaving, and one that is being decoded.
  expect(parts.map((p) => p.pulled)).toEqual([2, 2, 2, 3, 3, 3, 4, 5, 5])
  expect(sent).toEqual(Array.from({ length: 4506 }, (_, i) => i))
  db.close()
})

test('what a life committed and did not send, or did not hear of, the next one sends first', async () => {
  const file = join(mkdtempSync(join(tmpdir(), 'lookthrough-letters-')), 'state.duckdb')
  const sent: OutgoingLetter[] = []
  const list = Buffer.from('[1,{"id":"b","institution":"B0001"},"c"]')
  const [clean, batches] = [Buffer.from('[]'), [[list], values(4500), [list, list]]]
  const live = async (from: number, deliverDead: NonNullable<Sink['deliverDead']>) => {
    const db = await Database.open(file)
    try {
      await runEngine({ db, source: poison([...batches, [clean]], from, 'batch'), sink: sinkTo(deliverDead), rules: [] })
    } finally {
      db.close()
    }
  }
  const facts = async () => {
    const db = await Database.open(file)
    const { starts, letters } = await verify(db, () => undefined)
    db.close()
    return { from: starts[0]?.nextOffset ?? 0, letters }
  }
  const dies = (letters: OutgoingLetter[]) => {
    if (sent.length + letters.length > 3000) return Promise.reject(new Error('the broker is gone'))
    sent.push(...letters)
    return Promise.resolve()
  }
  await expect(live(0, dies)).rejects.toThrow('the broker is gone')
  expect(sent.length).toBe(2003)
  const first = await facts()
  // The first 2000 of the 4500 have left as well, which no commit has said.
  const place = { topic: 'credit.loan', partition: 3 }
  expect(first).toEqual({ from: 4501, letters: { counted: 4503, unsent: 4500, from: [{ ...place, offset: 1 }] } })
  await expect(live(first.from, dies)).rejects.toThrow('the broker is gone')
  const again: OutgoingLetter[] = []
  await live(first.from, (letters) => {
    again.push(...letters)
    return Promise.resolve()
  })
  expect(again.map((l) => l.offset)).toEqual([...Array.from({ length: 4500 }, (_, i) => i + 1), 4501, 4501, 4501, 4502, 4502, 4502])
  expect(again.slice(0, 2000)).toEqual(sent.slice(3))
  const known = { ...place, offset: 4502, reason: 'not-cloudevent', pointer: null, form: 'event' }
  expect(again.slice(-3).map((l) => ({ ...l, bytes: Buffer.from(l.bytes).toString() }))).toEqual([
    { ...known, event: 0, id: null, institution: null, size: 1, bytes: '1' },
    { ...known, event: 1, id: 'b', institution: 'B0001', size: 32, bytes: '{"id":"b","institution":"B0001"}' },
    { ...known, event: 2, id: null, institution: null, size: 3, bytes: '"c"' },
  ])
  // The last batch, which refuses nothing, was committed after they left.
  expect(await facts()).toEqual({ from: 4504, letters: { counted: 4509, unsent: 0, from: [] } })
})

test('the bound of the table keeps those that may not be out', async () => {
  const db = await Database.open(':memory:')
  const stops = sinkTo(() => Promise.reject(new Error('the broker is gone')))
  await expect(runEngine({ db, source: poison([values(30)]), sink: stops, rules: [] })).rejects.toThrow('the broker is gone')
  const bounds = { rows: { late: 10, dead_letters: 10, alert_revisions: 10 }, alertDays: 35 }
  expect(await enforceBounds(db, bounds)).toMatchObject({ rows: { dead_letters: 30, outbox: 30 }, more: false })
  await runEngine({ db, source: poison([values(30), values(1), [Buffer.from('x')]], 30), sink: sinkTo(() => Promise.resolve()), rules: [] })
  expect(await enforceBounds(db, bounds)).toMatchObject({ rows: { dead_letters: 10 }, deleted: { dead_letters: 22 } })
  db.close()
})

test('without anyone who takes them they stay in their table, and what comes first later is not sent behind them', async () => {
  const db = await Database.open(':memory:')
  await runEngine({ db, source: poison([values(3)]), sink: { deliver: () => Promise.resolve(), close: () => Promise.resolve() }, rules: [] })
  expect((await verify(db, () => undefined)).letters).toEqual({ counted: 3, unsent: 0, from: [] })
  const sent: number[] = []
  const sink = sinkTo((letters) => {
    sent.push(...letters.map((l) => l.offset))
    return Promise.resolve()
  })
  await runEngine({ db, source: poison([values(3), values(2)], 3), sink, rules: [] })
  expect(sent).toEqual([3, 4])
  db.close()
})

test('an engine that another has taken over from sends nothing of what it could not commit', async () => {
  const db = await Database.open(':memory:')
  const sent: number[] = []
  const sink = sinkTo((letters) => {
    sent.push(...letters.map((l) => l.offset))
    return Promise.resolve()
  })
  const source = poison([values(2), values(2), values(2)])
  const takenOver = () => db.run('UPDATE engine.mark SET epoch = epoch + 1')
  await expect(runEngine({ db, source, sink, rules: [], betweenCommits: takenOver })).rejects.toMatchObject({ code: 'LT-9001' })
  expect(sent).toEqual([0, 1])
  db.close()
})
