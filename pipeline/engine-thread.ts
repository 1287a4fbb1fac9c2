/**
 * The engine in a thread of its own: the Kafka client lives on the main thread (it loads in one thread only), everything else here.
 * Both sides speak through one port: this side calls the source and the sink, the other answers.
 */
import { parentPort, workerData } from 'node:worker_threads'
import { loadRules, selectRules } from './cold/catalogue/catalogue.ts'
import type { ControlRecord, OutboxMessage, RawBatch, Silent, Source, SourcePartition } from './contract/source.ts'
import { runEngine } from './engine.ts'
import { Lake } from './cold/lake/lake.ts'
import { Database } from './store/database.ts'

export type ThreadData = {
  file: string
  partitions: SourcePartition[]
  control: ControlRecord[]
  rules: string[]
  /** Where the rules lie; none: those of this checkout. */
  rulesDirectory?: string
  parameters: string[]
  keepEvents: boolean
  /** Folder for the tables as Parquet, rewritten while they change; none: not written. */
  lake?: string
  memoryLimit?: string
}

/** What the thread asks of the main thread, and the answers. */
export type Request = { id: number } & (
  | { call: 'pull'; max: number; waitMs: number }
  | { call: 'silent' }
  | { call: 'writeControl'; records: ControlRecord[] }
  | { call: 'deliver'; messages: OutboxMessage[] }
  | { call: 'findDelivered'; pending: { id: string; revision: number }[] }
)
export type Answer = { id: number; result?: unknown; error?: string }

/** What the thread tells: after each commit, and at the end. */
export type Told =
  | { told: 'committed'; received: number; revisions: string[]; partitions: PartitionReport[]; at: number; stages: Record<string, number> }
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
  const source: Source = {
    partitions: data.partitions,
    control: data.control,
    pull: (max, waitMs) => ask<RawBatch | null>({ call: 'pull', max, waitMs }),
    silent: () => ask<Silent[]>({ call: 'silent' }),
    writeControl: (records) => ask<void>({ call: 'writeControl', records }),
    close: () => Promise.resolve(),
  }
  const sink = { deliver: (messages: OutboxMessage[]) => ask<void>({ call: 'deliver', messages }), close: () => Promise.resolve() }
  const tell = (told: Told) => to.postMessage(told)
  try {
    const db = await Database.open(data.file, data.memoryLimit === undefined ? {} : { memoryLimit: data.memoryLimit })
    const lake = data.lake === undefined ? undefined : new Lake(db, data.lake)
    await runEngine({
      db,
      source,
      sink,
      rules: selectRules(await loadRules(data.rulesDirectory), data.rules, data.parameters),
      keepEvents: data.keepEvents,
      stop: stop.signal,
      alreadyDelivered: (pending) => ask<Set<string>>({ call: 'findDelivered', pending }),
      ...(lake !== undefined && { betweenCommits: () => lake.refresh() }),
      onDelivered(delivered, ledger) {
        const partitions = ledger.books.map((b, p) => ({
          topic: b.topic,
          partition: b.partition,
          nextOffset: b.nextOffset,
          watermark: ledger.watermark(p),
          used: b.used,
          late: b.late,
          duplicate: b.duplicate,
          dead: b.dead,
        }))
        if (delivered.received > 0 || delivered.revisions.length > 0) {
          tell({
            told: 'committed',
            received: delivered.received,
            revisions: delivered.revisions.map((r) => JSON.stringify(r)),
            partitions,
            at: Date.now(),
            stages: delivered.stages,
          })
        }
      },
    })
    await lake?.write()
    db.close()
    tell({ told: 'ended' })
  } catch (error) {
    tell({ told: 'failed', error: error instanceof Error ? (error.stack ?? error.message) : String(error) })
  }
}
