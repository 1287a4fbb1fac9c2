/** One seed: a world, the real engine over it in some layout, with batches, silence and crashes as drawn; and what the reference says of the same log. */
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { compareAlerts, type PublishedAlert } from '../../pipeline/contract/index.ts'
import type { ControlRecord, OutboxMessage } from '../../pipeline/contract/source.ts'
import { runEngine } from '../../pipeline/engine.ts'
import { type Random, randomFor } from '../../pipeline/scenario/random.ts'
import { Database } from '../../pipeline/store/database.ts'
import { verify } from '../../pipeline/store/recovery/verify.ts'
import { arrive, type Counts } from '../reference/arrivals.ts'
import { judge } from '../reference/reference.ts'
import { rulesOf, type TestRule } from '../reference/rules.ts'
import { Awaits, Crash } from './crash.ts'
import { differences } from './differences.ts'
import { drawRules } from './draw.ts'
import { batchSizes, type Reading, type SimulatedLog, simulatedSource, timeSteps } from './source.ts'
import { type Layout, placed, type World, worldOf } from './world.ts'

/** `rulesDrawn`: how many of the rules one seed runs; absent: all. */
export type SimulationOptions = { events: number; rules: readonly TestRule[]; rulesDrawn?: number; corrections: boolean }
/** `plan`: what was drawn, in words. `problems`: empty when all is as it must be. */
export type Simulation = { seed: number; plan: string; alerts: number; crashes: number; problems: string[] }

type Plan = { layout: Layout; mode: Reading['mode']; crashes: boolean; keepMs?: number; segmentRows?: number; waitingBytes?: number; foldAbove?: number }
type Delivered = { alerts: PublishedAlert[]; counts: Counts[]; crashes: number; problems: string[] }

/** Rows of windows are kept so long where they are not kept for good. */
const KEEP_MS = 20_000
const LAYOUTS: Layout[] = [1, 4, 12].flatMap((partitions): Layout[] => [
  { kind: 'files', partitions },
  { kind: 'topics', partitions },
])

export async function simulate(seed: number, all: SimulationOptions): Promise<Simulation> {
  const random = randomFor(seed, 'simulation')
  const plan = planOf(random)
  const options = { ...all, rules: drawRules(randomFor(seed, 'rules'), all.rules, all.rulesDrawn) }
  const world = worldOf(seed, options)
  const { log, messages } = placed(world, plan.layout)
  const control: ControlRecord[] = []
  const run = (random: Random, plan: Plan, reading: Reading) => runs(random, { partitions: log.partitions, messages }, control, plan, options, reading)
  const first = randomFor(seed, 'first')
  const live = await run(first, plan, { mode: plan.mode, batch: batchSizes(first, messages.length), step: timeSteps(first) })
  const expected = judge({ ...log, control }, options.rules, plan.keepMs)
  const problems = [...live.problems, ...differences('engine', live, expected)]
  // What was decided live is decided again by a replay that knows the control records and reads all at once.
  if (plan.mode === 'live' && problems.length === 0) {
    const again = await run(randomFor(seed, 'second'), { ...plan, crashes: false }, { mode: 'whole', batch: () => messages.length, step: () => 0 })
    problems.push(...differences('replay', again, expected))
  }
  problems.push(...partitioned(world, plan))
  const words = [
    `${plan.layout.partitions} ${plan.layout.kind}`,
    plan.mode,
    ...(plan.crashes ? ['crashes'] : []),
    ...(plan.keepMs === undefined ? [] : ['keep']),
    ...(control.length > 0 ? ['silence'] : []),
  ]
  return { seed, plan: words.join(', '), alerts: expected.alerts.length, crashes: live.crashes, problems }
}

function planOf(random: Random): Plan {
  const layout = random.pick(LAYOUTS)
  return {
    layout,
    mode: layout.kind === 'topics' && random.chance(0.5) ? 'live' : 'whole',
    crashes: random.chance(0.25),
    ...(random.chance(0.2) && { keepMs: KEEP_MS, segmentRows: random.pick([40, 200]) }),
    // Statements wait in the file alone, in memory as long as they are few, or all in memory.
    ...(random.chance(0.4) && { waitingBytes: random.pick([0, 20_000]) }),
    ...(random.chance(0.3) && { foldAbove: random.pick([20, 200]) }),
  }
}

/** Disorder within the bound: however many partitions the events come through, the same arrives, from which alone the alerts follow. */
function partitioned(world: World, { layout }: Plan): string[] {
  if (!world.disorderWithinBound) return []
  const arrivals = [1, 4, 12].map((partitions) => JSON.stringify(arrive(placed(world, { ...layout, partitions }).log).arrived))
  return new Set(arrivals).size === 1 ? [] : ['what arrives, and so the digest, depends on the number of partitions']
}

/** The engine, started again after each crash over the same file, until the log has ended. */
async function runs(random: Random, log: SimulatedLog, control: ControlRecord[], plan: Plan, options: SimulationOptions, reading: Reading): Promise<Delivered> {
  const folder = plan.crashes ? mkdtempSync(join(tmpdir(), 'lookthrough-simulation-')) : undefined
  const file = folder === undefined ? ':memory:' : join(folder, 'state.duckdb')
  const delivered = new Map<string, string>()
  const problems: string[] = []
  let counts: Counts[] | undefined
  let crashes = 0
  try {
    while (counts === undefined) {
      const crashing = plan.crashes && crashes < 6
      const awaits = new Awaits(crashing ? random.whole(1, random.pick([40, 300, 1500])) : Infinity, random.chance(0.5))
      counts = await once({ random, log, control, plan, options, file, awaits, reading, delivered, problems })
      if (counts === undefined) crashes++
    }
  } finally {
    if (folder !== undefined) rmSync(folder, { recursive: true, force: true })
  }
  const alerts = [...delivered.values()].map((body) => JSON.parse(body) as PublishedAlert)
  return { alerts: alerts.sort(compareAlerts), counts, crashes, problems }
}

type Start = {
  random: Random
  log: SimulatedLog
  control: ControlRecord[]
  plan: Plan
  options: SimulationOptions
  file: string
  awaits: Awaits
  reading: Reading
  delivered: Map<string, string>
  problems: string[]
}

/** One life of the engine: the books at its end, or undefined when it crashed. */
async function once({ random, log, control, plan, options, file, awaits, reading, delivered, problems }: Start): Promise<Counts[] | undefined> {
  const real = await Database.open(file, { threads: 1 })
  const connection = awaits.wrap(real.connection, ['run', 'runAndReadAll', 'stream'])
  const db = awaits.wrap(real, ['run', 'rows', 'objects', 'append'], { connection })
  const starts = await startsOf(real, log, random)
  const simulated = simulatedSource(log, control, reading, starts, plan.crashes || reading.mode === 'live')
  const source = awaits.wrap(simulated, ['pull', 'silent', 'writeControl'])
  const sink = {
    deliver: (messages: OutboxMessage[]) =>
      awaits.through(() => {
        for (const m of messages) problems.push(...deliver(delivered, m))
      }),
    close: () => Promise.resolve(),
  }
  const knows = random.chance(0.5)
  try {
    const ledger = await runEngine({
      db,
      source,
      sink,
      rules: rulesOf(options.rules),
      pace: { maxEvents: 10_000, waitMs: 0 },
      ...(plan.keepMs !== undefined && { keepMs: plan.keepMs }),
      ...(plan.segmentRows !== undefined && { segmentRows: plan.segmentRows }),
      ...(plan.waitingBytes !== undefined && { waitingBytes: plan.waitingBytes }),
      ...(plan.foldAbove !== undefined && { foldAbove: plan.foldAbove }),
      clock: simulated.now,
      onDelivered: simulated.committed,
      ...(knows && { alreadyDelivered: (pending) => Promise.resolve(new Set(pending.map(nameOf).filter((name) => delivered.has(name)))) }),
    })
    return ledger.books.map(({ used, late, duplicate, dead }) => ({ used, late, duplicate, dead }))
  } catch (error) {
    if (!(error instanceof Crash)) throw error
    return undefined
  } finally {
    await simulated.close()
    await awaits.settled()
    // What was not committed is undone, as by a kill.
    if (awaits.crashed) await real.run('ROLLBACK').catch(() => undefined)
    real.close()
  }
}

/** Where each partition goes on: at its committed offset, or some messages before it, which come once more. */
async function startsOf(db: Database, log: SimulatedLog, random: Random): Promise<number[]> {
  const committed = (await verify(db, () => undefined)).starts
  const again = random.chance(0.5) ? random.whole(0, 30) : 0
  return log.partitions.map(({ topic, partition }) => {
    const next = committed.find((c) => c.topic === topic && c.partition === partition)?.nextOffset ?? 0
    return Math.max(0, next - again)
  })
}

/** A revision may come twice, with the same bytes; of one alert each is the next. */
function deliver(delivered: Map<string, string>, message: OutboxMessage): string[] {
  const name = nameOf(message)
  const known = delivered.get(name)
  if (known !== undefined) return known === message.body ? [] : [`${name} was delivered twice, not the same:\n  ${known}\n  ${message.body}`]
  delivered.set(name, message.body)
  const missing = message.revision > 1 && !delivered.has(nameOf({ ...message, revision: message.revision - 1 }))
  return missing ? [`${name} was delivered before the revision it follows`] : []
}

function nameOf({ id, revision }: { id: string; revision: number }): string {
  return `${id}/${revision}`
}
