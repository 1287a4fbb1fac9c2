import { closeSync, mkdtempSync, openSync, readdirSync, readSync, writeFileSync, writeSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { basename, dirname, join } from 'node:path'
import { expect, test } from 'vitest'
import { Database } from './database.ts'
import { Maintenance, type MaintenanceReport } from './maintenance.ts'
import { checkFile } from './recovery/check.ts'
import { sizeOf, snapshotsOf, walOf } from './recovery/files.ts'
import { takeOver } from './restore.ts'

async function opened(): Promise<Database> {
  const db = await Database.open(join(mkdtempSync(join(tmpdir(), 'lookthrough-maintenance-')), 'state.duckdb'), { walAutocheckpoint: '1TB' })
  await takeOver(db, [{ topic: 'log', partition: 0 }])
  return db
}

/** A commit after which the file says it has read up to `n`. */
function commit(db: Database, n: number): Promise<void> {
  return db.meta.commit(1, [{ topic: 'log', partition: 0, index: 0, nextOffset: n, own: n * 1000, raised: -Infinity, used: n, late: 0, duplicate: 0, dead: 0 }])
}

test('snapshots are good files of their moment, the newest are kept, and what a kill left unfinished goes', async () => {
  const db = await opened()
  const left = `${db.file}.snapshot-000001-19700101T000000000Z.part`
  writeFileSync(left, 'half')
  const maintenance = new Maintenance(db, { snapshotMs: 1, keep: 2 })
  for (let n = 1; n <= 4; n++) {
    await commit(db, n)
    await maintenance.betweenCommits()
    await commit(db, n + 100)
    await maintenance.finish()
    await new Promise((resolve) => setTimeout(resolve, 5))
  }
  const snapshots = await snapshotsOf(db.file)
  expect(snapshots.map((s) => basename(s))).toEqual(['state.duckdb.snapshot-000001-19700101T000004000Z', 'state.duckdb.snapshot-000001-19700101T000003000Z'])
  expect(readdirSync(dirname(db.file))).not.toContain(basename(left))
  const facts = await Promise.all(snapshots.map((file) => checkFile({ file })))
  expect(facts.map((f) => ('good' in f ? f.good.starts[0]?.nextOffset : f))).toEqual([4, 3])
  db.close()
})

test('the log is folded into the file when it is long, or when it has not grown for a while', async () => {
  const db = await opened()
  await commit(db, 1)
  const reports: MaintenanceReport[] = []
  const idle = new Maintenance(db, { snapshotMs: 1 << 30, idleMs: 10 }, (r) => reports.push(r))
  await idle.betweenCommits()
  await idle.finish()
  expect([reports[0]?.checkpoints, (await snapshotsOf(db.file)).length]).toEqual([1, 1])
  await commit(db, 2)
  await idle.betweenCommits()
  expect(await sizeOf(walOf(db.file))).toBeGreaterThan(0)
  await new Promise((resolve) => setTimeout(resolve, 20))
  await idle.betweenCommits()
  expect(await sizeOf(walOf(db.file))).toBe(0)
  const long = new Maintenance(db, { snapshotMs: 1 << 30, walBytes: 10 })
  await commit(db, 3)
  await long.betweenCommits()
  expect(await sizeOf(walOf(db.file))).toBe(0)
  db.close()
})

test('a file copied in pieces, with large commits, updates, deletions and dropped tables in between, is the state of its checkpoint', async () => {
  const db = await opened()
  const many = (table: string, seed: number) =>
    db.run(`CREATE TABLE engine.${table} AS SELECT range AS n, hash(range + ${seed}) AS h, md5(range::VARCHAR || '${seed}') AS t FROM range(300000)`)
  for (const [seed, table] of ['filled', 'changed', 'emptied', 'dropped'].entries()) await many(table, seed)
  await commit(db, 7)
  await db.run('CHECKPOINT')
  const was = await contentOf(db)
  const copy = `${db.file}.snapshot-000001-0`
  const size = await sizeOf(db.file)
  const [from, to] = [openSync(db.file, 'r'), openSync(copy, 'w')]
  const piece = Math.ceil(size / 4)
  const between = [
    () => many('added', 9),
    () => db.run('DROP TABLE engine.dropped; DELETE FROM engine.emptied'),
    () => db.run(`UPDATE engine.changed SET h = h + 1, t = 'x' || t; INSERT INTO engine.filled SELECT * FROM engine.added`),
    () => commit(db, 8),
  ]
  for (const [i, act] of between.entries()) {
    const bytes = Buffer.alloc(piece)
    writeSync(to, bytes, 0, readSync(from, bytes, 0, piece, i * piece), i * piece)
    await act()
  }
  closeSync(from)
  closeSync(to)
  db.close()
  const answer = await checkFile({ file: copy })
  expect('good' in answer ? answer.good.starts[0]?.nextOffset : answer).toBe(7)
  const copied = await Database.open(copy)
  expect(await contentOf(copied)).toEqual(was)
  copied.close()
})

async function contentOf(db: Database): Promise<unknown> {
  const tables = ['filled', 'changed', 'emptied', 'dropped'].map((t) => `SELECT '${t}', count(*), bit_xor(hash(x)) FROM engine.${t} x`)
  return (await db.rows(`${tables.join(' UNION ALL ')} ORDER BY 1`)).map((row) => row.map(String))
}
