/** The main thread's side of the engine thread: answers its calls with the real source and sink. */
import { Worker } from 'node:worker_threads'
import type { PublishedAlert } from './contract/index.ts'
import type { RuleDecision, RuleRecord, Sink, Source } from './contract/source.ts'
import type { Unjudged } from './contract/stage.ts'
import type { Capped } from './hot/check/through/capped.ts'
import type { MaintenanceReport } from './store/maintenance.ts'
import type { Answer, PartitionReport, Request, ThreadData, Told } from './engine-thread.ts'

export type EngineHostOptions = Omit<ThreadData, 'partitions' | 'control' | 'ruleLog' | 'followsRules' | 'deadLetters'> & {
  source: Source
  sink: Sink
  findDelivered(pending: { id: string; revision: number }[]): Promise<Set<string>>
  onCommitted?(commit: { received: number; revisions: PublishedAlert[]; partitions: PartitionReport[]; stages: Record<string, number>; capped: Capped }): void
  /** Told what became of a record on the rules topic. */
  onDecided?(record: RuleRecord, decision: RuleDecision): void
  /** Told of what rules could not be asked about. */
  onUnjudged?(unjudged: Unjudged): void
  onMaintained?(report: MaintenanceReport): void
}

export type RunningEngine = {
  /** Resolves when the source has ended or the engine was stopped; rejects when it failed. */
  done: Promise<void>
  /** Finishes the batch in hand, commits, and lets go of the file. */
  stop(): Promise<void>
}

/** Runs from compiled code only: a thread cannot load TypeScript. */
export function hostEngine(options: EngineHostOptions): RunningEngine {
  const { source, sink, findDelivered, onCommitted, onDecided, onUnjudged, onMaintained, ...data } = options
  const worker = new Worker(new URL('./engine-thread.js', import.meta.url), {
    workerData: {
      ...data,
      partitions: [...source.partitions],
      control: [...source.control],
      ruleLog: [...(source.rules ?? [])],
      followsRules: source.newRules !== undefined,
      deadLetters: sink.deliverDead !== undefined,
    } satisfies ThreadData,
  })
  const answer = async (request: Request): Promise<void> => {
    try {
      const result = await perform(request, source, sink, findDelivered)
      worker.postMessage({ id: request.id, result } satisfies Answer)
    } catch (error) {
      worker.postMessage({ id: request.id, error: error instanceof Error ? error.message : String(error) } satisfies Answer)
    }
  }
  const done = new Promise<void>((resolve, reject) => {
    worker.on('message', (message: Request | Told) => {
      if ('call' in message) void answer(message)
      else if (message.told === 'committed') onCommitted?.({ ...message, revisions: message.revisions.map((r) => JSON.parse(r) as PublishedAlert) })
      else if (message.told === 'decided') onDecided?.(message.record, message.decision)
      else if (message.told === 'unjudged') onUnjudged?.(message.unjudged)
      else if (message.told === 'maintained') onMaintained?.(message.report)
      else if (message.told === 'ended') resolve()
      else reject(new Error(message.error))
    })
    worker.on('error', reject)
    worker.on('exit', (code) => reject(new Error(`the engine thread ended with ${code}`)))
  })
  done.catch(() => undefined)
  return {
    done,
    async stop() {
      worker.postMessage({ stop: true })
      await done.catch(() => undefined)
      await worker.terminate()
    },
  }
}

function perform(request: Request, source: Source, sink: Sink, findDelivered: EngineHostOptions['findDelivered']): Promise<unknown> {
  switch (request.call) {
    case 'pull':
      for (const raw of request.spent) source.release?.(raw)
      return source.pull(request.max, request.waitMs)
    case 'silent':
      return Promise.resolve(source.silent())
    case 'newRules':
      return Promise.resolve(source.newRules?.() ?? [])
    case 'writeControl':
      return source.writeControl(request.records)
    case 'deliver':
      return sink.deliver(request.messages)
    case 'deliverDead':
      return sink.deliverDead?.(request.letters) ?? Promise.resolve()
    case 'findDelivered':
      return findDelivered(request.pending)
  }
}
