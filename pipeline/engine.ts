/** Builds the parts of the flow over one DuckDB file, restores them after a crash, and runs a source through. */
import { map } from 'rxjs'
import { EVENT_TYPES, formatTime, type PublishedAlert, steadyClock } from './contract/index.ts'
import { type Carried, judgeFromOf, type Sink, type Source } from './contract/source.ts'
import type { Delivered } from './contract/stage.ts'
import type { Rule } from './contract/rule.ts'
import { flow, type Pace, pulled } from './flow.ts'
import { batchOf, pickOf } from './hot/batch/batch.ts'
import type { Decode } from './hot/accept/accept.ts'
import { decoder } from './hot/accept/decode.ts'
import { unread } from './hot/accept/unread.ts'
import { Duplicates } from './hot/batch/duplicates.ts'
import { Heartbeats } from './hot/batch/heartbeats.ts'
import { Ledger } from './hot/batch/ledger.ts'
import { Segments } from './hot/batch/segments.ts'
import { carried } from './hot/batch/silence.ts'
import { Speakers } from './hot/batch/speakers.ts'
import type { CheckPart, Told } from './hot/check/check.ts'
import { DueCheck } from './hot/check/due/due.ts'
import { fieldsNeeded, OccurrenceCheck, occurrencesWithState } from './hot/check/occurrences.ts'
import { outlierStream } from './hot/check/outliers/neighbours.ts'
import { OutlierCheck } from './hot/check/outliers/outliers.ts'
import { WindowCheck, type WindowPart, windowStreams } from './hot/check/windows.ts'
import { StateCheck } from './hot/check/state.ts'
import { paymentStream } from './hot/check/through/payment-feed.ts'
import { AlertWindows } from './hot/decide/alert-windows.ts'
import { Episodes } from './hot/decide/episodes.ts'
import { Outbox } from './hot/emit/emit.ts'
import { Letters } from './hot/emit/letters.ts'
import type { Database } from './store/database.ts'
import { STATE_TYPES } from './store/schema.ts'
import { addPartitions, keepJudgeFrom, readBooks, readSlots, takeOver } from './store/restore.ts'

export type EngineOptions = {
  db: Database
  source: Source
  sink: Sink
  rules: readonly Rule[]
  /** Keep full events in `lt.events`. */
  keepEvents?: boolean
  /** Must keep JSON where `keepEvents` says so; absent: in place. */
  decode?: Decode
  /** How long rows of windows are kept after the watermark passed them, and statements after they no longer stand, ms; corrections reach back so far. */
  keepMs?: number
  /** How many rows of windows are kept together, to be dropped together. */
  segmentRows?: number
  /** How many statements that no longer stand may lie among those that do, and how many rows of what came may lie unfolded. */
  foldAbove?: number
  /** How much of the statements of state that the watermark has not passed may lie in memory, bytes. */
  waitingBytes?: number
  pace?: Pace
  /** Time in ms by which silence is measured, that of `Silent.since`; absent: one no one can set. It decides no verdict. */
  clock?: () => number
  /** Which of the revisions left over from before a crash the sink has already. */
  alreadyDelivered?: (pending: { id: string; revision: number }[]) => Promise<Set<string>>
  /** Told of everything the rules find, whether or not anyone is told of it. */
  told?: Told
  onDelivered?: (delivered: Delivered, ledger: Ledger, state: Pick<StateCheck, 'capped'>) => void
  /** Called after a commit, outside any transaction. */
  betweenCommits?: () => Promise<void>
  stop?: AbortSignal
}

/** A record at most this often. */
const CONTROL_EVERY_MS = 1000

/** From 122,880 rows on DuckDB writes a transaction's rows into the file at once, compressed, instead of into its log first and at a checkpoint again. */
export const DEFAULT_PACE: Pace = { maxEvents: 131_072, waitMs: 50 }

/** Runs until the source ends or `stop`; returns the books. The database is left open, with nothing half done. */
export async function runEngine(options: EngineOptions): Promise<Ledger> {
  const { db, source, sink, rules } = options
  const ledger = new Ledger(source.partitions)
  for (const record of source.control) if (!('kind' in record)) ledger.control(record)
  const judgeFrom = judgeFromOf(source.control)
  const { epoch, added, isNew } = await takeOver(db, ledger.books)
  await readBooks(db, ledger.books)
  ledger.settle()
  if (!isNew) await tell(source, ledger, ledger.admit(added))
  await keepJudgeFrom(db, judgeFrom, isNew)
  await addPartitions(db, ledger.books, added, epoch)
  const duplicates = await Duplicates.open(db)
  const segments = await segmentsOf(options)
  const episodes = new Episodes()
  await episodes.restore(db)
  const { outbox, pending } = await Outbox.open(db)
  if (pending.length > 0) await resend(options, outbox, pending)
  const letters = await Letters.open(db, sink)
  await letters.resend(db)
  const checks = await checksOf(options, segments, episodes, locator(ledger), judgeFrom)
  const alertWindows = new AlertWindows({ db, rules, judgeFrom })
  await alertWindows.restore()
  const stop = options.stop ?? new AbortController().signal
  const { raw$, done } = pulled(source, options.pace ?? DEFAULT_PACE, stop)
  const clock = options.clock ?? steadyClock.now
  const heartbeats = new Heartbeats(clock)
  const keepSilent = silenceKeeper(source, ledger, heartbeats, clock)
  const delivered$ = flow(raw$.pipe(map(unread(ledger.books.map((b) => b.nextOffset)))), {
    accept: { decode: options.decode ?? decoder({ keepJson: options.keepEvents === true }), spent: [] },
    batch: {
      db,
      ledger,
      duplicates,
      segments,
      heartbeats,
      speakers: new Speakers(),
      needed: fieldsLoaded(rules),
      stateTypes: [...STATE_TYPES, ...paymentStream(rules).map(([type]) => type), ...occurrencesWithState(rules)],
      slots: await readSlots(db),
      keepEvents: options.keepEvents === true,
    },
    check: checks,
    decide: { episodes, alertWindows },
    emit: { db, sink, epoch, outbox, letters, writeEpisodes: () => episodes.write(db), progress: () => ledger.books.map((b, index) => ({ ...b, index })) },
    async afterCommit() {
      await keepSilent()
      await options.betweenCommits?.()
    },
    stop,
  })
  await new Promise<void>((resolve, reject) => {
    delivered$.subscribe({
      next(delivered) {
        forget(rules, episodes, segments.keepMs, { ...checks, alertWindows })
        options.onDelivered?.(delivered, ledger, checks.state)
        done()
      },
      error: reject,
      complete: resolve,
    })
  })
  return ledger
}

async function segmentsOf({ db, rules, keepMs, segmentRows }: EngineOptions): Promise<Segments> {
  const segments = new Segments(db, keptStreams(rules), { ...(keepMs !== undefined && { keepMs }), ...(segmentRows !== undefined && { segmentRows }) })
  await segments.restore()
  return segments
}

/** What is kept of occurrences: what windows are made of, what others are held against, and the payments that rules over money follow. */
function keptStreams(rules: readonly Rule[]): ReturnType<typeof windowStreams> {
  const streams = windowStreams(rules)
  const outliers = rules.flatMap((rule) => (rule.kind === 'outlier' ? [outlierStream(rule)] : []))
  for (const [type, { fields, longestMs }] of [...outliers, ...paymentStream(rules)]) {
    const windows = streams.get(type)
    streams.set(type, { fields: [...(windows?.fields ?? []), ...fields], longestMs: Math.max(windows?.longestMs ?? 0, longestMs) })
  }
  return streams
}

/** The fields of occurrences that are loaded. */
function fieldsLoaded(rules: readonly Rule[]): ReturnType<typeof fieldsNeeded> {
  const needed = fieldsNeeded(rules)
  for (const [type, { fields }] of paymentStream(rules)) needed.set(type, new Set([...(needed.get(type) ?? []), ...fields]))
  return needed
}

/** What judges, as it was left. */
async function checksOf(
  { db, rules, foldAbove, waitingBytes, told }: EngineOptions,
  segments: Segments,
  episodes: Episodes,
  locate: ReturnType<typeof locator>,
  judgeFrom: number | undefined,
): Promise<CheckPart> {
  const { keepMs } = segments
  const occurrences = new OccurrenceCheck({ db, rules, batchOf, pick: (type, rows) => pickOf(db, type, rows), locate, keepMs, judgeFrom })
  await occurrences.restore()
  const state = new StateCheck({
    db,
    rules,
    open: (code, institution) => episodes.subjects(code, institution),
    locate,
    batchOf,
    keepMs,
    judgeFrom,
    payments: segments,
    ...(foldAbove !== undefined && { foldAbove }),
    ...(waitingBytes !== undefined && { waitingBytes }),
  })
  await state.restore()
  const openWindows: WindowPart['openWindows'] = (rule, keys, after) => episodes.openWindows(rule, keys, after)
  const windows = new WindowCheck({ db, rules, source: segments, locate, openWindows, judgeFrom })
  await windows.restore()
  const outliers = new OutlierCheck({ db, rules, source: segments, locate, judgeFrom })
  await outliers.restore()
  const due = new DueCheck({ db, rules, open: (code) => episodes.standing(code), judgeFrom, foldAbove })
  await due.restore()
  return { occurrences, outliers, state, windows, due, ...(told !== undefined && { told }) }
}

/** Of each rule what no correction can reach any more. */
function forget(
  rules: readonly Rule[],
  episodes: Episodes,
  keepMs: number,
  { occurrences, outliers, state, windows, alertWindows }: CheckPart & { alertWindows: AlertWindows },
): void {
  for (const rule of rules) {
    if (rule.kind === 'window') episodes.forget(rule.code, { ...windows.judged(rule.code), keepMs })
    else if (rule.kind === 'each') episodes.forget(rule.code, { judged: occurrences.judged(rule.reads), keepMs, longestMs: 0 })
    else if (rule.kind === 'alerts') episodes.forget(rule.code, { ...alertWindows.judged(rule.code), keepMs })
    else if (rule.kind === 'outlier') episodes.forget(rule.code, { judged: outliers.judged(rule.code), keepMs, longestMs: 0 })
    else if (rule.kind === 'graph' || rule.kind === 'amount') episodes.forget(rule.code, { judged: state.judged, keepMs, longestMs: 0 })
  }
}

/** Carries silent partitions along: a control record is durable before it is acted on, so a replay decides the same. */
function silenceKeeper(source: Source, ledger: Ledger, heartbeats: Heartbeats, clock: () => number): () => Promise<void> {
  let last = -Infinity
  return async () => {
    const now = clock()
    if (now - last < CONTROL_EVERY_MS) return
    const records = carried(ledger, await source.silent(), now, (p) => heartbeats.until(p))
    if (records.length === 0) return
    last = now
    await tell(source, ledger, records)
  }
}

/** Durable before it is acted on. */
async function tell(source: Source, ledger: Ledger, records: Carried[]): Promise<void> {
  if (records.length === 0) return
  await source.writeControl(records)
  for (const record of records) ledger.control(record)
}

async function resend(options: EngineOptions, outbox: Outbox, pending: Awaited<ReturnType<typeof Outbox.open>>['pending']): Promise<void> {
  const there = (await options.alreadyDelivered?.(pending)) ?? new Set<string>()
  const missing = pending.filter((m) => !there.has(`${m.id}/${m.revision}`))
  if (missing.length > 0) await options.sink.deliver(missing)
  outbox.delivered(pending)
}

/** A Kafka position where the partition is a topic's; files have none. */
function locator(ledger: Ledger): (part: number, offset: number) => { topic: string; partition: number; offset: number } | undefined {
  return (part, offset) => {
    const { topic, partition } = ledger.at(part)
    return (EVENT_TYPES as readonly string[]).includes(topic) ? { topic, partition, offset } : undefined
  }
}

const SHANGHAI_MS = 8 * 3_600_000

/** One readable line per revision, in Shanghai time. */
export function alertLine(alert: PublishedAlert, language: 'zh' | 'en'): string {
  const level = { red: '红Ⅰ', orange: '橙Ⅱ', yellow: '黄Ⅲ', blue: '蓝Ⅳ' }[alert.severity]
  const mark = language === 'zh' ? level : alert.severity
  return `● ${formatTime(Date.parse(alert.at) + SHANGHAI_MS).slice(11, 19)} ${mark} ${alert.institution} ${alert.rule.code} ${alert.says[language]}`
}
