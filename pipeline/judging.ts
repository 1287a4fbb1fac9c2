/** What judges, and what is loaded for it: made from the file at a start, and anew whenever rules change, which is a start without a stop. */
import { EVENT_TYPES } from './contract/index.ts'
import type { Rule } from './contract/rule.ts'
import { inForce, type Ruling } from './contract/ruling.ts'
import type { Parts } from './flow.ts'
import { type BatchPart, batchOf, pickOf } from './hot/batch/batch.ts'
import type { Ledger } from './hot/batch/ledger.ts'
import { DEFAULT_KEEP_MS, Segments } from './hot/batch/segments.ts'
import type { CheckPart, Told } from './hot/check/check.ts'
import { DueCheck } from './hot/check/due/due.ts'
import { fieldsNeeded, OccurrenceCheck, occurrencesWithState } from './hot/check/occurrences.ts'
import { outlierStream } from './hot/check/outliers/neighbours.ts'
import { OutlierCheck } from './hot/check/outliers/outliers.ts'
import { StateCheck } from './hot/check/state.ts'
import { paymentStream } from './hot/check/through/payment-feed.ts'
import { WindowCheck, type WindowPart, windowStreams } from './hot/check/windows.ts'
import { AlertWindows } from './hot/decide/alert-windows.ts'
import type { Episodes } from './hot/decide/episodes.ts'
import type { RuleChanges } from './rule-changes.ts'
import type { UnjudgedVerdicts } from './hot/check/unjudged.ts'
import type { Database } from './store/database.ts'
import { readSlots } from './store/restore.ts'
import { STATE_TYPES } from './store/schema.ts'

export type JudgingOptions = {
  db: Database
  /** Keep full events in `lt.events`. */
  keepEvents?: boolean
  /** How long rows of windows are kept after the watermark passed them, and statements after they no longer stand, ms; corrections reach back so far. */
  keepMs?: number
  /** How many rows of windows are kept together, to be dropped together. */
  segmentRows?: number
  /** How many statements that no longer stand may lie among those that do, and how many rows of what came may lie unfolded. */
  foldAbove?: number
  /** How much of the statements of state that the watermark has not passed may lie in memory, bytes. */
  waitingBytes?: number
  /** Told of everything the rules find, whether or not anyone is told of it. */
  told?: Told
}

/** What outlives a change of rules. */
export type Kept = Pick<BatchPart, 'ledger' | 'duplicates' | 'heartbeats' | 'speakers'> & {
  episodes: Episodes
  unjudged: UnjudgedVerdicts
  changes: Pick<RuleChanges, 'rulings' | 'since' | 'turn'>
  judgeFrom: number | undefined
}
export type Judging = Pick<Parts, 'batch' | 'check' | 'decide'> & {
  /** Lets go, of each rule, of what no correction can reach any more. */
  forget(): void
}

export async function judgingOf(options: JudgingOptions, kept: Kept): Promise<Judging> {
  const { db } = options
  const { ledger, duplicates, heartbeats, speakers, episodes, changes, judgeFrom } = kept
  const keepMs = options.keepMs ?? DEFAULT_KEEP_MS
  const rulings = changes.rulings.filter((r) => isReached(r, changes.since - keepMs))
  const rules = rulings.map((r) => r.rule)
  const segments = await segmentsOf(options, rules)
  const check = await checksOf(options, kept, rulings, segments)
  const alertWindows = new AlertWindows({ db, rulings: begunBy(rulings, changes.since), judgeFrom })
  await alertWindows.restore()
  return {
    batch: {
      db,
      ledger,
      duplicates,
      segments,
      heartbeats,
      speakers,
      needed: fieldsLoaded(rules),
      stateTypes: [...STATE_TYPES, ...paymentStream(rules).map(([type]) => type), ...occurrencesWithState(rules)],
      slots: await readSlots(db),
      keepEvents: options.keepEvents === true,
    },
    check,
    decide: { episodes, alertWindows },
    forget: () => forget(rules, episodes, keepMs, { ...check, alertWindows }),
  }
}

/** Whether a correction that reaches back to `since`, ms, can still meet what it judges. */
function isReached({ rule, until }: Ruling, since: number): boolean {
  const longest = [...keptStreams([rule]).values()].reduce((ms, s) => Math.max(ms, s.longestMs), 0)
  return until + longest > since
}

function begunBy(rulings: readonly Ruling[], since: number): Ruling[] {
  return rulings.filter((r) => r.from <= since)
}

async function segmentsOf({ db, keepMs, segmentRows }: JudgingOptions, rules: readonly Rule[]): Promise<Segments> {
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

/** What judges, as it was left. What is judged at ticks goes by the rules in force, the rest by all that may still be asked for. */
async function checksOf(
  { db, foldAbove, waitingBytes, told }: JudgingOptions,
  { episodes, ledger, judgeFrom, unjudged, changes: { since, turn } }: Kept,
  rulings: readonly Ruling[],
  segments: Segments,
): Promise<CheckPart> {
  const { keepMs } = segments
  const [begun, rules, locate] = [begunBy(rulings, since), inForce(rulings, since), locator(ledger)]
  const standing = (code: string) => episodes.standing(code)
  const occurrences = new OccurrenceCheck({ db, rulings, batchOf, pick: (type, rows) => pickOf(db, type, rows), locate, unjudged, keepMs, judgeFrom })
  await occurrences.restore()
  const state = new StateCheck({
    db,
    rules,
    turn,
    standing,
    open: (code, institution) => episodes.subjects(code, institution),
    locate,
    unjudged,
    batchOf,
    keepMs,
    judgeFrom,
    payments: segments,
    ...(foldAbove !== undefined && { foldAbove }),
    ...(waitingBytes !== undefined && { waitingBytes }),
  })
  await state.restore()
  const openWindows: WindowPart['openWindows'] = (rule, keys, after) => episodes.openWindows(rule, keys, after)
  const windows = new WindowCheck({ db, rulings: begun, source: segments, locate, unjudged, openWindows, judgeFrom })
  await windows.restore()
  const outliers = new OutlierCheck({ db, rulings: begun, source: segments, locate, judgeFrom })
  await outliers.restore()
  const due = new DueCheck({ db, rules, turn, open: standing, judgeFrom, foldAbove })
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

/** A Kafka position where the partition is a topic's; files have none. */
function locator(ledger: Ledger): (part: number, offset: number) => { topic: string; partition: number; offset: number } | undefined {
  return (part, offset) => {
    const { topic, partition } = ledger.at(part)
    return (EVENT_TYPES as readonly string[]).includes(topic) ? { topic, partition, offset } : undefined
  }
}
