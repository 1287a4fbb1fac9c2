/**
 * How long the start-up check, a checkpoint and a snapshot take, by the size of the state.
 * Usage: node dist/loadtest/bench/upkeep.js [--loans 1000000].
 */
import { mkdtempSync, rmSync, statSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { Database } from '../../pipeline/store/database.ts'
import { copyWhole } from '../../pipeline/store/recovery/files.ts'
import { recover } from '../../pipeline/store/recovery/recover.ts'
import { takeOver } from '../../pipeline/store/restore.ts'

const { values } = parseArgs({ options: { loans: { type: 'string', default: '1000000' } } })
const loans = Number(values.loans)
const folder = mkdtempSync(join(tmpdir(), 'lookthrough-recovery-'))
const file = join(folder, 'state.duckdb')

const db = await Database.open(file, { walAutocheckpoint: '1TB' })
const { epoch } = await takeOver(db, [{ topic: 'credit.loan', partition: 0 }])
const books = {
  topic: 'credit.loan',
  partition: 0,
  index: 0,
  nextOffset: loans,
  own: -Infinity,
  raised: -Infinity,
  used: loans,
  late: 0,
  duplicate: 0,
  dead: 0,
}
await db.meta.commit(epoch, [books])
await db.run(`CREATE TABLE engine.seen_0 AS SELECT range::INTEGER AS n, hash(range) AS k0, hash(range + 1) AS k1, hash(range + 2) AS content,
    '/bank/' || (range % 200) AS source, 'loan-event-' || range AS id FROM range(${loans});
  INSERT INTO engine.state_loan BY NAME SELECT range + 1 AS slot, 0 AS about, range::DOUBLE AS e, range::DOUBLE AS time, range AS sequence, '/bank/' || (range % 200) AS source, 'loan-event-' || range AS id,
    'B' || lpad((range % 200)::VARCHAR, 4, '0') AS institution, 'upsert' AS op, 0 AS part, range::DOUBLE AS log_offset, 'L' || range AS "loanId",
    'P' || (hash(range) % 300000) AS "customerId", 'corporate' AS product, (hash(range) % 100000000) / 100 AS balance, 'CNY' AS ccy FROM range(${loans})`)
const log = statSync(`${file}.wal`).size
await seconds('checkpoint', () => db.run('CHECKPOINT'))
await seconds('snapshot (copy, fsync)', () => copyWhole(file, `${file}.snapshot-000001-0`))
await db.run('UPDATE engine.mark SET epoch = epoch')
db.close()
process.stdout.write(`state of ${loans} loans: file ${megabytes(statSync(file).size)} MB, log before the checkpoint ${megabytes(log)} MB\n`)
await seconds('start-up check', () =>
  recover({
    file,
    canStartOver: () => Promise.resolve(false),
    onNotice: (notice) => {
      throw notice
    },
  }),
)
rmSync(folder, { recursive: true })

async function seconds(what: string, act: () => Promise<unknown>): Promise<void> {
  const started = performance.now()
  await act()
  process.stdout.write(`${what}: ${((performance.now() - started) / 1000).toFixed(2)} s\n`)
}

function megabytes(bytes: number): string {
  return (bytes / 1e6).toFixed(0)
}
