/**
 * The engine in a thread of its own: the Kafka client lives on the main thread (it loads in one thread only), everything else here.
 * Both sides speak through one port: this side calls the source and the sink, the other answers.
 */
import { parentPort, workerData } from 'node:worker_threads'
import { loadRules, selectRules } from './cold/catalogue/catalogue.ts'
import { overridden, type WrittenOverride } from './cold/overrides/overrides.ts'
import type {
  ControlRecord,
  OutboxMessage,
  OutgoingLetter,
  RawBatch,
  RuleDecision,
  RuleRecord,
  Silent,
  Sink,
  Source,
  SourcePartition,
} from './contract/source.ts'
import { type EngineOptions, runEngine } from './engine.ts'
import { threadedDecoder } from './hot/accept/threaded.ts'
import type { Ledger } from './hot/batch/ledger.ts'
import type { Capped } from './hot/check/through/capped.ts'
import type { Unjudged } from './contract/stage.ts'
import { Lake } from './cold/lake/lake.ts'
import { faultBeside } from './cold/lint/beside.ts'
import { Database } from './store/database.ts'
import { Maintenance, type MaintenanceOptions, type MaintenanceReport } from './store/maintenance.ts'

export type ThreadData = {
  file: string
  partitions: SourcePartition[]
  control: ControlRecord[]
  /** What the rules topic holds, and whether it is followed. */
  ruleLog: RuleRecord[]
  followsRules: boolean
  /** The sink takes dead letters. */
  deadLetters: boolean
  rules: string[]
  /** Where the rules lie; none: those of this checkout. */
  rulesDirectory?: string
  parameters: string[]
  /** Values that institutions have of their own. */
  overrides?: WrittenOverride[]
  keepEvents: boolean
  /** Folder for the tables as Parquet, rewritten while they change; none: not written. */
  lake?: string
  memoryLimit?: string
  temporaryLimit?: string
  maintenance?: MaintenanceOptions
}

/** What the thread asks of the main thread, and the answers. */
export type Request = { id: number } & (
  | { call: 'pull'; max: number; waitMs: number; spent: RawBatch[] }
  | { call: 'silent' }
  | { call: 'newRules' }
  | { call: 'writeControl'; records: ControlRecord[] }
  | { call: 'deliver'; messages: OutboxMessage[] }
  | { call: 'deliverDead'; letters: OutgoingLetter[] }
  | { call: 'findDelivered'; pending: { id: string; revision: number }[] }
)
export type Answer = { id: number; result?: unknown; error?: string }

/** What the thread tells: after each commit, and at the end. */
export type Told =
  | { told: 'committed'; received: number; revisions: string[]; partitions: PartitionReport[]; at: number; stages: Record<string, number>; capped: Capped }
  | { told: 'unjudged'; unjudged: Unjudged }
  | { told: 'decided'; record: RuleRecord; decision: RuleDecision }
  | { told: 'maintained'; report: MaintenanceReport }
  | { told: 'ended' }
  | { told: 'failed'; error: string }
export type PartitionReport = SourcePartition & { nextOffset: number; watermark: number; used: number; late: number; duplicate: number; dead: number }

const port = parentPort
if (port !== null) await main(port, workerData as ThreadData)

async function main(to: NonNullable<typeof parentPort>, data: ThreadData): Promise<void> {
  const stop = new AbortController()
  const waiting = new Map<number, { resolve(value: never): void; reject(error: Error): void }>()
  let next = 0
  to.on('message', (message: Answer | { stop: true }) => {
    if ('stop' in message) return stop.abort()
    const call = waiting.get(message.id)
    waiting.delete(message.id)
    if (message.error === undefined) call?.resolve(message.result as never)
    else call?.reject(new Error(message.error))
  })
  const ask = <T>(request: Record<string, unknown>) =>
    new Promise<T>((resolve, reject) => {
      const id = next++
      waiting.set(id, { resolve, reject })
      to.postMessage({ id, ...request })
    })
  const spent: RawBatch[] = []
  const source: Source = {
    partitions: data.partitions,
    control: data.control,
    rules: data.ruleLog,
    ...(data.followsRules && { newRules: () => ask<RuleRecord[]>({ call: 'newRules' }) }),
    pull: (max, waitMs) => ask<RawBatch | null>({ call: 'pull', max, waitMs, spent: spent.splice(0) }),
    release: (raw) => void spent.push(raw),
    silent: () => ask<Silent[]>({ call: 'silent' }),
    writeControl: (records) => ask<void>({ call: 'writeControl', records }),
    close: () => Promise.resolve(),
  }
  const sink: Sink = {
    deliver: (messages) => ask<void>({ call: 'deliver', messages }),
    ...(data.deadLetters && { deliverDead: (letters: OutgoingLetter[]) => ask<void>({ call: 'deliverDead', letters }) }),
    close: () => Promise.resolve(),
  }
  const tell = (told: Told) => to.postMessage(told)
  let db: Database | undefined
  try {
    db = await openState(data)
    await run(db, data, { source, sink, stop: stop.signal, alreadyDelivered: (pending) => ask<Set<string>>({ call: 'findDelivered', pending }) }, tell)
    db.close()
    tell({ told: 'ended' })
  } catch (error) {
    // Let go of, so that another engine of this process can go on from the file.
    db?.abandon()
    tell({ told: 'failed', error: error instanceof Error ? (error.stack ?? error.message) : String(error) })
  }
}

/** Checkpoints are made on the schedule of the maintenance alone. */
function openState({ file, memoryLimit, temporaryLimit }: ThreadData): Promise<Database> {
  return Database.open(file, {
    walAutocheckpoint: '1TB',
    ...(memoryLimit !== undefined && { memoryLimit }),
    ...(temporaryLimit !== undefined && { temporaryLimit }),
  })
}

type Ends = Pick<EngineOptions, 'source' | 'sink' | 'alreadyDelivered' | 'stop'>

async function run(db: Database, data: ThreadData, ends: Ends, tell: (told: Told) => void): Promise<void> {
  const lake = data.lake === undefined ? undefined : new Lake(db, data.lake)
  const maintenance = new Maintenance(db, data.maintenance, (report) => tell({ told: 'maintained', report }))
  const all = await loadRules(data.rulesDirectory)
  const decoding = threadedDecoder({ keepJson: data.keepEvents })
  try {
    await runEngine({
      db,
      ...ends,
      decode: decoding.decode,
      faultOf: faultBeside,
      configured: (rule) => overridden([rule], [...all.filter((r) => r.code !== rule.code), rule], data.overrides ?? [])[0] ?? rule,
      onDecided: (record, decision) => tell({ told: 'decided', record, decision }),
      rules: overridden(selectRules(all, data.rules, data.parameters), all, data.overrides ?? []),
      keepEvents: data.keepEvents,
      async betweenCommits() {
        await lake?.refresh()
        await maintenance.betweenCommits()
      },
      onUnjudged: (unjudged) => tell({ told: 'unjudged', unjudged }),
      onDelivered(delivered, ledger, state) {
        if (delivered.received === 0 && delivered.revisions.length === 0) return
        const revisions = delivered.revisions.map((r) => JSON.stringify(r))
        const { received, stages } = delivered
        tell({ told: 'committed', received, revisions, partitions: reportOf(ledger), at: Date.now(), stages, capped: state.capped })
      },
    })
  } finally {
    await decoding.close()
  }
  await lake?.write()
  await maintenance.finish()
}

function reportOf(ledger: Ledger): PartitionReport[] {
  return ledger.books.map(({ topic, partition, nextOffset, used, late, duplicate, dead }, p) => ({
    topic,
    partition,
    nextOffset,
    watermark: ledger.watermark(p),
    used,
    late,
    duplicate,
    dead,
  }))
}
