/**
 * How long after a kill -9 the first new alert comes: an engine that has read 1 M loans as events (so 1 M keys of events seen, 1 M things that
 * stand) is killed in the middle of ticks of 1,000 changed loans and started again over its file, which is checked and kept up as `lookthrough run` does it.
 * Timed from the start of the process.
 *
 *     node dist/loadtest/bench/recovery.js [--loans 1000000] [--kills 3]
 */
import { spawn } from 'node:child_process'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'
import { parseArgs } from 'node:util'
import { loadRules } from '../../pipeline/cold/catalogue/catalogue.ts'
import { batchOf, type Source } from '../../pipeline/contract/source.ts'
import { runEngine } from '../../pipeline/engine.ts'
import { Database } from '../../pipeline/store/database.ts'
import { Maintenance } from '../../pipeline/store/maintenance.ts'
import { recover } from '../../pipeline/store/recovery/recover.ts'
import { bookEvents, CAPITAL_EVENTS, capitalEvents, loanEvents, loansOfTick, START } from './loans.ts'

const { values } = parseArgs({
  options: { loans: { type: 'string', default: '1000000' }, kills: { type: 'string', default: '3' }, child: { type: 'string' } },
})
const loans = Number(values.loans)
/** Messages handed out at once while the book is read, and loans changed per tick afterwards. */
const [AT_ONCE, CHANGED] = [20_000, 1000]
/** Alerts to see before the engine is killed. */
const BEFORE_KILL = 60

if (values.child !== undefined) await engine(values.child)
else await measure()

async function measure(): Promise<void> {
  const folder = mkdtempSync(join(tmpdir(), 'lookthrough-recovery-'))
  const file = join(folder, 'state.duckdb')
  const seen = new Set<string>()
  console.log(`reading ${loans} loans: first alert after ${(await killedRun(file, seen)).toFixed(1)} s`)
  const times: number[] = []
  for (let kill = 0; kill < Number(values.kills); kill++) {
    times.push(await killedRun(file, seen))
    console.log(`kill -9, start: first new alert after ${times.at(-1)?.toFixed(2)} s`)
  }
  const sorted = times.sort((a, b) => a - b)
  console.log(`median ${sorted[Math.floor(sorted.length / 2)]?.toFixed(2)} s, max ${sorted.at(-1)?.toFixed(2)} s`)
  rmSync(folder, { recursive: true, force: true })
}

/** Starts an engine over the file and kills it after some alerts; seconds from its start to the first alert that is not in `seen`. */
async function killedRun(file: string, seen: Set<string>): Promise<number> {
  const started = performance.now()
  const child = spawn(process.execPath, [fileURLToPath(import.meta.url), '--child', file, '--loans', String(loans)], { stdio: ['ignore', 'pipe', 'inherit'] })
  const exited = new Promise((resolve) => child.once('exit', resolve))
  let first: number | undefined
  let fresh = 0
  for await (const alert of createInterface({ input: child.stdout })) {
    if (seen.has(alert)) continue
    seen.add(alert)
    first ??= (performance.now() - started) / 1000
    if (++fresh === BEFORE_KILL) child.kill('SIGKILL')
  }
  await exited
  if (first === undefined) throw new Error('the engine ended without an alert')
  return first
}

/** Runs until killed; one line on stdout per alert revision that has left. */
async function engine(file: string): Promise<void> {
  const { starts } = await recover({ file, canStartOver: () => Promise.resolve(false), onNotice: (notice) => console.error(String(notice)) })
  const db = await Database.open(file, { walAutocheckpoint: '1TB' })
  const maintenance = new Maintenance(db)
  let offset = starts[0]?.nextOffset ?? 0
  const source: Source = {
    partitions: [{ topic: 'log', partition: 0 }],
    control: [],
    silent: () => [],
    writeControl: () => Promise.resolve(),
    close: () => Promise.resolve(),
    pull() {
      const batch = batchOf(eventsFrom(offset), { first: offset })
      offset += batch.count
      return Promise.resolve(batch)
    },
  }
  await runEngine({
    db,
    source,
    rules: await loadRules(),
    betweenCommits: () => maintenance.betweenCommits(),
    sink: {
      deliver(messages) {
        for (const { id, revision } of messages) process.stdout.write(`${id}/${revision}\n`)
        return Promise.resolve()
      },
      close: () => Promise.resolve(),
    },
  })
}

/** The log from `offset` on, as far as one batch takes it. */
function eventsFrom(offset: number): Uint8Array[] {
  if (offset < CAPITAL_EVENTS) return capitalEvents(START - 3_601_000).slice(offset)
  const loan = offset - CAPITAL_EVENTS
  if (loan < loans) return bookEvents(loan, Math.min(loans, loan + AT_ONCE), loans)
  const tick = Math.floor((loan - loans) / CHANGED)
  return loanEvents(tick, loansOfTick(CHANGED, loans, tick), { over: 1, stated: loans }).slice((loan - loans) % CHANGED)
}
