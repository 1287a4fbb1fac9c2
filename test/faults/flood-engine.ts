/** An engine over a log made up as it is read: payments none of which has anything in common with another. Usage: node flood-engine.js '<Flood as JSON>'. */
import { readFileSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { loadRules } from '../../pipeline/cold/catalogue/catalogue.ts'
import { batchOf, type Source } from '../../pipeline/contract/source.ts'
import { runEngine } from '../../pipeline/engine.ts'
import { Database } from '../../pipeline/store/database.ts'
import { Maintenance } from '../../pipeline/store/maintenance.ts'

/** `repeated`: how many of the latest events come once more at the end. */
export type Flood = { folder: string; events: number; repeated: number }
export type FloodReport = {
  used: number
  late: number
  duplicate: number
  dead: number
  remembered: number
  peakMiB: number
  fileMiB: number
  seconds: number
}

const START = Date.UTC(2026, 2, 2, 1)
/** Events to a second of event time. */
const DENSITY = 20_000
const AT_ONCE = 20_000

const job = JSON.parse(process.argv[2] ?? '{}') as Flood
const began = performance.now()
const file = join(job.folder, 'state.duckdb')
const db = await Database.open(file, { walAutocheckpoint: '1TB' })
const maintenance = new Maintenance(db)
const ledger = await runEngine({
  db,
  source: log(),
  rules: await loadRules(),
  sink: { deliver: () => Promise.resolve(), close: () => Promise.resolve() },
  betweenCommits: () => maintenance.betweenCommits(),
})
await maintenance.finish()
const seen = await db.rows(`SELECT sum(estimated_size) FROM duckdb_tables() WHERE schema_name = 'engine' AND table_name LIKE 'seen\\_%' ESCAPE '\\'`)
const { used, late, duplicate, dead } = ledger.at(0)
const report: FloodReport = {
  used,
  late,
  duplicate,
  dead,
  remembered: Number(seen[0]?.[0] ?? 0),
  peakMiB: Math.round(Number(/VmHWM:\s+(\d+)/.exec(readFileSync('/proc/self/status', 'utf8'))?.[1] ?? 0) / 1024),
  fileMiB: Math.round(statSync(file).size / 2 ** 20),
  seconds: (performance.now() - began) / 1000,
}
db.close()
process.stdout.write(JSON.stringify(report))

function log(): Source {
  const total = job.events + job.repeated
  let at = 0
  return {
    partitions: [{ topic: 'log', partition: 0 }],
    control: [],
    silent: () => [],
    writeControl: () => Promise.resolve(),
    close: () => Promise.resolve(),
    pull(max) {
      if (at >= total) return Promise.resolve(null)
      const first = at
      at = Math.min(total, at + Math.min(max, AT_ONCE))
      const values = Array.from({ length: at - first }, (_, i) => payment(first + i < job.events ? first + i : first + i - job.repeated))
      return Promise.resolve(batchOf(values, { first, ended: at >= total }))
    },
  }
}

function payment(n: number): Buffer {
  const event = {
    specversion: '1.0',
    id: `n${n}`,
    source: '/flood',
    type: 'pay.payment',
    time: new Date(START + Math.floor((n / DENSITY) * 1000)).toISOString(),
    subject: `P${n}`,
    institution: `B${n % 1000}`,
    sequence: String(n + 1),
    data: {
      paymentId: `n${n}`,
      debtorId: `D${n}`,
      debtorAccount: `P${n}`,
      creditorId: `C${n}`,
      creditorAccount: `Q${n}`,
      amount: '10.00',
      ccy: 'CNY',
      channel: 'online',
      crossBorder: false,
    },
  }
  return Buffer.from(JSON.stringify(event))
}
