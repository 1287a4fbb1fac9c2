/** Builds the parts of the flow over one DuckDB file, restores them after a crash, and runs a source through. */
import { map } from 'rxjs'
import { formatTime, type PublishedAlert, steadyClock } from './contract/index.ts'
import { type Carried, judgeFromOf, type RuleDecision, type RuleRecord, type Sink, type Source } from './contract/source.ts'
import type { Delivered, Unjudged } from './contract/stage.ts'
import type { Rule } from './contract/rule.ts'
import { flow, type Pace, type Parts, pulled } from './flow.ts'
import { LATEST } from './hot/batch/batch.ts'
import type { Decode } from './hot/accept/accept.ts'
import { decoder, MOST_REFUSED } from './hot/accept/decode.ts'
import { unread } from './hot/accept/unread.ts'
import { Duplicates } from './hot/batch/duplicates.ts'
import { Heartbeats } from './hot/batch/heartbeats.ts'
import { Ledger } from './hot/batch/ledger.ts'
import { carried } from './hot/batch/silence.ts'
import { Speakers } from './hot/batch/speakers.ts'
import type { StateCheck } from './hot/check/state.ts'
import { Episodes } from './hot/decide/episodes.ts'
import { Outbox } from './hot/emit/emit.ts'
import { Letters } from './hot/emit/letters.ts'
import { UnjudgedVerdicts } from './hot/check/unjudged.ts'
import { type JudgingOptions, judgingOf } from './judging.ts'
import { RuleChanges } from './rule-changes.ts'
import type { Database } from './store/database.ts'
import { addPartitions, keepJudgeFrom, readBooks, takeOver } from './store/restore.ts'

export type EngineOptions = JudgingOptions & {
  source: Source
  sink: Sink
  rules: readonly Rule[]
  /** Must keep JSON where `keepEvents` says so; absent: in place. */
  decode?: Decode
  pace?: Pace
  /** Time in ms by which silence is measured, that of `Silent.since`; absent: one no one can set. It decides no verdict. */
  clock?: () => number
  /** Which of the revisions left over from before a crash the sink has already. */
  alreadyDelivered?: (pending: { id: string; revision: number }[]) => Promise<Set<string>>
  /** What keeps a rule that comes on the rules topic from running beside others, as a sentence; absent: nothing is looked for beyond its record. */
  faultOf?: (rule: Rule, beside: readonly Rule[]) => Promise<string | undefined>
  /** A rule with the overrides that the configuration has for it; throws where they do not fit it. */
  configured?: (rule: Rule) => Rule
  /** Told what became of a record on the rules topic. */
  onDecided?: (record: RuleRecord, decision: RuleDecision) => void
  /** Told, after a commit, of what rules could not be asked about since the last. */
  onUnjudged?: (unjudged: Unjudged) => void
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
  const { ledger, epoch, judgeFrom } = await openBooks(db, source)
  const changes = new RuleChanges({ db, source, rules, faultOf: options.faultOf, configured: options.configured, onDecided: options.onDecided })
  await changes.restore()
  const duplicates = await Duplicates.open(db)
  const episodes = new Episodes()
  await episodes.restore(db)
  const { outbox, pending } = await Outbox.open(db)
  if (pending.length > 0) await resend(options, outbox, pending)
  const letters = await Letters.open(db, sink)
  await letters.resend(db)
  const clock = options.clock ?? steadyClock.now
  const heartbeats = new Heartbeats(clock)
  const kept = { ledger, duplicates, heartbeats, speakers: new Speakers(), episodes, unjudged: new UnjudgedVerdicts(), changes, judgeFrom }
  ledger.before = changes.next
  let judging = await judgingOf(options, kept)
  const stop = options.stop ?? new AbortController().signal
  const { raw$, done } = pulled(source, options.pace ?? DEFAULT_PACE, stop)
  const keepSilent = silenceKeeper(source, ledger, heartbeats, clock)
  const decideChanges = seldom(clock, () => changes.decide(ledger.latest))
  const parts: Parts = {
    accept: { decode: options.decode ?? decoder({ keepJson: options.keepEvents === true, mostRefused: MOST_REFUSED }), spent: [] },
    ...judging,
    emit: { db, sink, epoch, outbox, letters, writeEpisodes: () => episodes.write(db), progress: () => ledger.books.map((b, index) => ({ ...b, index })) },
    async turn() {
      if (!ledger.hasCome(changes.next)) return false
      changes.begin()
      await judgeAnew()
      return true
    },
    async afterCommit() {
      await keepSilent()
      if (await decideChanges()) await judgeAnew()
      await options.betweenCommits?.()
    },
    stop,
  }
  const judgeAnew = async () => {
    ledger.before = changes.next
    judging = await judgingOf(options, kept)
    Object.assign(parts, judging)
  }
  await new Promise<void>((resolve, reject) => {
    flow(raw$.pipe(map(unread(ledger.books.map((b) => b.nextOffset)))), parts).subscribe({
      next(delivered) {
        judging.forget()
        for (const unjudged of kept.unjudged.take()) options.onUnjudged?.(unjudged)
        options.onDelivered?.(delivered, ledger, parts.check.state)
        if (delivered.rest === undefined) done()
      },
      error: reject,
      complete: resolve,
    })
  })
  return ledger
}

/** The books as the file left them, taken over, with what the control log says. */
async function openBooks(db: Database, source: Source): Promise<{ ledger: Ledger; epoch: number; judgeFrom: number | undefined }> {
  const ledger = new Ledger(source.partitions)
  for (const record of source.control) if (!('kind' in record)) ledger.control(record)
  const judgeFrom = judgeFromOf(source.control)
  const { epoch, added, isNew } = await takeOver(db, ledger.books)
  await readBooks(db, ledger.books)
  ledger.latest = Number(await db.meta.restore(LATEST, -Infinity))
  ledger.settle()
  if (!isNew) await tell(source, ledger, ledger.admit(added))
  await keepJudgeFrom(db, judgeFrom, isNew)
  await addPartitions(db, ledger.books, added, epoch)
  return { ledger, epoch, judgeFrom }
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

/** Asks at most once a second; in between it is not so. */
function seldom(clock: () => number, ask: () => Promise<boolean>): () => Promise<boolean> {
  let last = -Infinity
  return async () => {
    const now = clock()
    if (now - last < CONTROL_EVERY_MS) return false
    last = now
    return ask()
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

const SHANGHAI_MS = 8 * 3_600_000

/** One readable line per revision, in Shanghai time. */
export function alertLine(alert: PublishedAlert, language: 'zh' | 'en'): string {
  const level = { red: '红Ⅰ', orange: '橙Ⅱ', yellow: '黄Ⅲ', blue: '蓝Ⅳ' }[alert.severity]
  const mark = language === 'zh' ? level : alert.severity
  return `● ${formatTime(Date.parse(alert.at) + SHANGHAI_MS).slice(11, 19)} ${mark} ${alert.institution} ${alert.rule.code} ${alert.says[language]}`
}
