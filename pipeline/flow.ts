/**
 * The whole path of an event. Batches, not events, travel through it: at most two are in flight, one being decoded
 * while the other is in its transaction.
 */
import { concatMap, defer, EMPTY, expand, from, map, Observable, reduce, tap } from 'rxjs'
import { BatchSize } from './batch-size.ts'
import { failpoint } from './contract/failpoint.ts'
import { batchOf, type RawBatch, type Source } from './contract/source.ts'
import type { Decoded, Delivered } from './contract/stage.ts'
import { accept, type AcceptPart, decodedOf } from './hot/accept/accept.ts'
import { batch, type BatchPart } from './hot/batch/batch.ts'
import { check, type CheckPart } from './hot/check/check.ts'
import { decide, type DecidePart } from './hot/decide/decide.ts'
import { emit, type EmitPart } from './hot/emit/emit.ts'

export type Parts = {
  accept: AcceptPart
  batch: BatchPart
  check: CheckPart
  decide: DecidePart
  emit: EmitPart
  /** After a commit: whether other rules hold from now on. They judge what is due before the next batch is begun. */
  turn(): Promise<boolean>
  /** After each commit, before the next batch is judged: partitions that fell silent are carried along. */
  afterCommit(): Promise<void>
  /** Once stopped, no further batch is begun. */
  stop: AbortSignal
}

/** `rest`: what is left of the messages that were pulled together. */
export type Judged = Delivered & { rest: RawBatch | undefined }

export const flow = (raw$: Observable<RawBatch>, parts: Parts): Observable<Judged> =>
  raw$.pipe(
    accept(parts.accept), // bytes → columns; what cannot be judged becomes a dead letter
    concatMap((decoded) => inParts(parts, decoded)),
  )

/** Until nothing is left of a batch: the rest of one that was cut is decoded when what came before it is out, so that no two parts of it are in memory. */
function inParts(parts: Parts, decoded: Decoded): Observable<Judged> {
  return judged(parts, decoded).pipe(
    expand(({ rest }) => (rest === undefined ? EMPTY : decodedOf(parts.accept, rest).pipe(concatMap((next) => judged(parts, next))))),
  )
}

function judged(parts: Parts, decoded: Decoded): Observable<Judged> {
  if (parts.stop.aborted) return EMPTY
  return committed(parts, decoded).pipe(
    expand(() => from(parts.turn()).pipe(concatMap((turned) => (turned ? committed(parts, NOTHING) : EMPTY)))),
    reduce(together),
    concatMap(async (delivered) => {
      await parts.afterCommit()
      parts.accept.spent?.push(decoded.streams)
      return { ...delivered, rest: decoded.rest }
    }),
  )
}

/** One batch through its transaction. */
function committed(parts: Parts, decoded: Decoded): Observable<Delivered> {
  const lap = stopwatch()
  return begin(parts, decoded).pipe(
    batch(parts.batch), // duplicates, lateness, watermarks; columns into DuckDB
    tap(() => {
      failpoint('after-append')
      lap('batch')
    }),
    check(parts.check), // rules over what the watermark has passed → findings
    tap(() => lap('check')),
    decide(parts.decide), // ladder, episodes → revisions of alerts, each with its evidence
    tap(() => lap('decide')),
    emit(parts.emit), // COMMIT, then out
    map((delivered) => ({ ...delivered, stages: lap('emit') })),
  )
}

/** A batch in which nothing came. */
const NOTHING: Decoded = {
  raw: batchOf([]),
  streams: [],
  message: new Uint32Array(),
  stream: new Int8Array(),
  row: new Uint32Array(),
  start: new Uint32Array(),
  end: new Uint32Array(),
  dead: [],
}

/** What one batch became, where the rules changed on the way. */
function together(first: Delivered, then: Delivered): Delivered {
  const stages = Object.fromEntries(Object.entries(first.stages).map(([stage, seconds]) => [stage, seconds + (then.stages[stage] ?? 0)]))
  return { ...first, revisions: [...first.revisions, ...then.revisions], stages }
}

/** Most messages in a batch, how long the first is waited for, and how long a batch may take before the next has fewer, ms. A batch is a commit; with no backlog it is what came in some 20 ms. */
export type Pace = { maxEvents: number; waitMs: number; longestMs?: number }

/** Pulls from the source while fewer than two batches are in flight; `done` is told when all of one has left the flow. */
export function pulled(source: Source, pace: Pace, stop: AbortSignal): { raw$: Observable<RawBatch>; done(): void } {
  const size = new BatchSize(pace.maxEvents, pace.longestMs)
  const inFlight: { raw: RawBatch; from: number }[] = []
  let left = -Infinity
  let wake = () => {}
  // Of a batch that was cut, what is left does not leave the flow any more.
  stop.addEventListener('abort', () => wake(), { once: true })
  const raw$ = new Observable<RawBatch>((subscriber) => {
    const loop = async () => {
      while (!subscriber.closed && !stop.aborted) {
        const raw = await source.pull(size.size, pace.waitMs)
        if (raw === null) break
        inFlight.push({ raw, from: performance.now() })
        subscriber.next(raw)
        while (inFlight.length >= 2 && !stop.aborted) await new Promise<void>((resolve) => (wake = resolve))
      }
      subscriber.complete()
    }
    loop().catch((error: unknown) => subscriber.error(error))
  })
  return {
    raw$,
    done() {
      const [batch, now] = [inFlight.shift(), performance.now()]
      if (batch !== undefined) {
        size.took(batch.raw.count, now - Math.max(batch.from, left))
        source.release?.(batch.raw)
      }
      left = now
      wake()
    },
  }
}

function begin(parts: Parts, decoded: Decoded): Observable<Decoded> {
  return defer(() => {
    failpoint('before-begin')
    return from(parts.batch.db.begin(decoded.stream.length))
  }).pipe(map(() => decoded))
}

/** Seconds per stage, for the metrics alone; no verdict depends on it. */
function stopwatch(): (stage: string) => Record<string, number> {
  const stages: Record<string, number> = {}
  let last = performance.now()
  return (stage) => {
    const now = performance.now()
    stages[stage] = (now - last) / 1000
    last = now
    return stages
  }
}
