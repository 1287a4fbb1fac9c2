/**
 * What a tick costs when 1,000 loans change, over 1 M and over 10 M loans that stand: a file on disk, the whole path of a batch from its bytes
 * to the commit and the sink, all rules, decoded in a thread of its own as in `lookthrough run`. Every other tick puts one customer over the limits, so that alerts and their evidence are in it.
 *
 *     node dist/loadtest/bench/tick.js [--loans 1000000,10000000] [--changed 1000] [--ticks 101]     (multiples of 200)
 */
import { mkdtempSync, rmSync, statSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { loadRules } from '../../pipeline/cold/catalogue/catalogue.ts'
import { processorMs } from '../../pipeline/cold/telemetry/timing.ts'
import { batchOf, type RawBatch, type Source } from '../../pipeline/contract/source.ts'
import { runEngine } from '../../pipeline/engine.ts'
import { threadedDecoder } from '../../pipeline/hot/accept/threaded.ts'
import { Database } from '../../pipeline/store/database.ts'
import { fillLoans, loanEvents, loansOfTick } from './loans.ts'

const { values } = parseArgs({
  options: { loans: { type: 'string', default: '1000000,10000000' }, changed: { type: 'string', default: '1000' }, ticks: { type: 'string', default: '101' } },
})
const [changed, ticks] = [Number(values.changed), Number(values.ticks)]
/** Ticks that only fill the watermark's five seconds and the caches. */
const WARM = 12

type Tick = { ms: number; cpu: number; revisions: number; stages: Record<string, number> }

type Medians = { path: number; judging: number; cpu: number }

const medians: Medians[] = []
for (const loans of values.loans.split(',').map(Number)) medians.push(await measure(loans))
for (const of of ['judging', 'path', 'cpu'] as const)
  console.log(`ratio of the medians, ${of}: ${medians.map((m) => (m[of] / (medians[0]?.[of] ?? m[of])).toFixed(2)).join(' · ')}`)

async function measure(loans: number): Promise<Medians> {
  const folder = mkdtempSync(join(tmpdir(), 'lookthrough-tick-'))
  const file = join(folder, 'state.duckdb')
  const filling = await Database.open(file)
  await fillLoans(filling, loans)
  filling.close()
  const size = statSync(file).size
  const db = await Database.open(file)
  const opened = performance.now()
  let ready = 0
  const measured = await run(db, loans, () => (ready ||= performance.now() - opened))
  db.close()
  rmSync(folder, { recursive: true, force: true })
  const after = measured.slice(WARM)
  const [quiet, alerting] = [after.filter((t) => t.revisions === 0), after.filter((t) => t.revisions > 0)]
  console.log(
    `${loans} loans (file ${Math.round(size / 2 ** 20)} MiB), ${changed} changed; in memory again after ${(ready / 1000).toFixed(1)} s; RSS ${Math.round(process.memoryUsage.rss() / 2 ** 20)} MiB`,
  )
  console.log(`  all ${line(after)}`)
  console.log(`  without alerts ${line(quiet)}`)
  console.log(`  with alerts (${alerting.reduce((sum, t) => sum + t.revisions, 0)} revisions) ${line(alerting)}`)
  console.log(`  judging alone, check and decide: median ${median(after.map(judging)).toFixed(1)} ms · min ${Math.min(...after.map(judging)).toFixed(1)}`)
  return { path: median(after.map((t) => t.ms)), judging: median(after.map(judging)), cpu: median(after.map((t) => t.cpu)) }
}

/** One batch per tick, the next only when the last is committed. */
async function run(db: Database, loans: number, onReady: () => void): Promise<Tick[]> {
  const measured: Tick[] = []
  const batches = batchesOf(loans)
  const decoding = threadedDecoder({ keepJson: false })
  let [tick, handed, busy] = [-1, 0, 0]
  let wake = () => {}
  const next = (): RawBatch => {
    const batch = batches[++tick] as RawBatch
    handed = performance.now()
    busy = processorMs()
    return batch
  }
  const source: Source = {
    partitions: [{ topic: 'log', partition: 0 }],
    control: [],
    silent: () => [],
    writeControl: () => Promise.resolve(),
    close: () => Promise.resolve(),
    async pull() {
      onReady()
      if (tick >= 0) await new Promise<void>((resolve) => (wake = resolve))
      return tick + 1 === batches.length ? null : next()
    },
  }
  await runEngine({
    db,
    source,
    rules: await loadRules(),
    decode: decoding.decode,
    sink: { deliver: () => Promise.resolve(), close: () => Promise.resolve() },
    onDelivered({ revisions, stages }) {
      measured.push({ ms: performance.now() - handed, cpu: processorMs() - busy, revisions: revisions.length, stages })
      setImmediate(() => wake())
    },
  })
  await decoding.close()
  return measured.slice(0, -1)
}

/** One batch per tick: made beforehand, so that making them is no part of what is measured. */
function batchesOf(loans: number): RawBatch[] {
  return Array.from({ length: ticks + WARM + 1 }, (_, tick) => {
    const values = loanEvents(tick, loansOfTick(changed, loans, tick), { over: tick % 2 })
    return batchOf(values, { first: tick * changed, ended: tick === ticks + WARM })
  })
}

/** ms from the columns in the file to revisions with their evidence. */
function judging({ stages }: Tick): number {
  return ((stages['check'] ?? 0) + (stages['decide'] ?? 0)) * 1000
}

function line(of: Tick[]): string {
  const ms = of.map((t) => t.ms).sort((a, b) => a - b)
  const stages = ['batch', 'check', 'decide', 'emit'].map((s) => `${s} ${(median(of.map((t) => t.stages[s] ?? 0)) * 1000).toFixed(1)}`)
  return `median ${median(ms).toFixed(1)} ms · CPU ${median(of.map((t) => t.cpu)).toFixed(1)} · min ${(ms[0] ?? 0).toFixed(1)} · p90 ${(ms[Math.floor(ms.length * 0.9)] ?? 0).toFixed(1)} · max ${(ms.at(-1) ?? 0).toFixed(1)} (${stages.join(', ')})`
}

function median(values: number[]): number {
  const sorted = [...values].sort((a, b) => a - b)
  return sorted[Math.floor(sorted.length / 2)] ?? 0
}
