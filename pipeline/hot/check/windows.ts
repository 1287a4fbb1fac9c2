/**
 * Window rules (docs/decisions/0005), in DuckDB. Rows known at their own time take a fast path, each kind of window its own; windows that late rows,
 * corrections or deletions touch are judged from the rows themselves. Both give the same for the same rows.
 */
import { dataColumns, type EventType } from '../../contract/index.ts'
import type { Evidence, Windowed } from '../../contract/finding.ts'
import type { Rule, WindowRule } from '../../contract/rule.ts'
import { type Ruling, stateName } from '../../contract/ruling.ts'
import { TICK_MS, tickOf } from '../../contract/tick.ts'
import type { Database } from '../../store/database.ts'
import type { Locate } from './evidence.ts'
import { firstTick } from './cold-start.ts'
import { fieldsNamed } from './expression.ts'
import { Corrections } from './windows/corrections.ts'
import { EarlyWindows, windowOf } from './windows/early.ts'
import { Endings } from './windows/endings.ts'
import { Exact, type Judged, type Point } from './windows/exact.ts'
import { ClosingWindows } from './windows/hopping.ts'
import type { Judging, Key, Kind, OpenWindow } from './windows/judge.ts'
import { Qualified } from './windows/qualified.ts'
import { RollingWindows } from './windows/rolling.ts'
import type { RowSource } from './windows/rows.ts'
import { earliestStart, Sessions } from './windows/sessions.ts'
import { longestReach, type Shape, shapeOf } from './windows/shape.ts'
import { begunBy, standingAt } from './windows/standing.ts'
import { Touched } from './windows/touched.ts'
import { compareText } from '../../contract/text.ts'
import type { UnjudgedVerdicts } from './unjudged.ts'

/** Sessions are looked through for the earliest when the watermark has moved on so far. */
const LOOK_EVERY_MS = 3_600_000

export type WindowPart = {
  db: Database
  rulings: readonly Ruling[]
  /** The rows, kept by batch. */
  source: RowSource & { expire(type: EventType, horizon: number, floor: () => Promise<number>): Promise<number | undefined> }
  /** Windows shown by a rule's open alerts that have not closed yet, and all windows of its alerts on these `keys` that end after `after`. */
  openWindows(rule: WindowRule, keys: Key[], after: number): OpenWindow[]
  locate: Locate
  unjudged: UnjudgedVerdicts
  /** Windows that ended at this time or before, ms, raise nothing; those that stand open after it are judged at the next tick. */
  judgeFrom?: number | undefined
}

/** `rule` bears the name of its state; `ruling` is what alerts show. A window is judged by the version in force where it starts. */
type Judge = { rule: WindowRule; ruling: WindowRuling; judging: Judging; kind: Kind; corrections: Corrections; judged: number }

export class WindowCheck {
  readonly #part: WindowPart
  readonly #judges: Judge[]
  readonly #endings: Endings
  /** Up to where sessions were looked through for their starts, and the earliest, per stream. */
  readonly #floors = new Map<EventType, { judged: number; start: number }>()

  constructor(part: WindowPart) {
    this.#part = part
    this.#endings = new Endings(part.db, part.source)
    this.#judges = part.rulings.filter(isWindow).map((ruling) => {
      const rule = { ...ruling.rule, code: stateName(ruling) }
      const [{ db }, source, shape] = [part, rowsSince(part.source, ruling.from), shapeOf(rule)]
      const rows = { source, endings: this.#endings, rule, shape }
      const exact = new Exact(db, rows, part.locate, (about) => part.unjudged.note(ruling.rule.code, about))
      const judging: Judging = {
        ...rows,
        db,
        exact,
        touched: new Touched(db, rule.code),
        qualified: new Qualified(db, rule.code),
        firstTick: firstTick(part.judgeFrom),
      }
      return { rule, ruling, judging, kind: kindOf(judging, shape), corrections: new Corrections(judging), judged: -Infinity }
    })
  }

  /** Reads back up to which tick each rule was judged. */
  async restore(): Promise<void> {
    const { db } = this.#part
    await this.#endings.restore()
    for (const judge of this.#judges) {
      judge.judged = Number(await db.meta.restore(`judged ${judge.rule.code}`, judge.ruling.from - TICK_MS))
      await judge.kind.restore(judge.judged)
      await judge.judging.touched.restore()
      if (judge.judging.shape.early) await judge.judging.qualified.restore()
    }
  }

  /** Up to which tick a rule was judged, how far its windows reach, and whether a key has windows that a correction has changed and that have not closed. */
  judged(code: string): { judged: number; longestMs: number; isTouched(institution: string, key: string): boolean } {
    const judges = this.#judges.filter((j) => j.ruling.rule.code === code)
    return {
      judged: judges.length === 0 ? -Infinity : Math.min(...judges.map((j) => j.judged)),
      longestMs: Math.max(0, ...judges.map((j) => j.judging.shape.reach)),
      isTouched: (institution, key) => judges.some((j) => j.judging.touched.times(institution, key).size > 0),
    }
  }

  /** The windows of a subject (`part` absent: of all its parts) that had begun by a tick, as far as rows of it are kept, latest first. */
  async begunBy(code: string, institution: string, subject: { id: string; part?: string }, tick: number): Promise<Point[]> {
    return (await begunBy(this.#judgeOf(code).judging, institution, subject, tick)).sort((a, b) => b.end - a.end || b.start - a.start)
  }

  /** What a rule says of windows at ticks it has judged, and what that rests on, in their order. */
  async weigh(code: string, points: Point[]): Promise<{ judged: Judged; evidence: Evidence }[]> {
    const { exact } = this.#judgeOf(code).judging
    const judged = await exact.judge(points)
    const evidence = await Promise.all(points.map((point) => exact.evidence(point)))
    return judged.map((of, i) => ({ judged: of, evidence: evidence[i] as Evidence }))
  }

  #judgeOf(code: string): Judge {
    const judge = this.#judges.find((j) => j.ruling.rule.code === code)
    if (judge === undefined) throw new Error(`${code} is no rule over windows that runs`)
    return judge
  }

  /** Judges the ticks above the last ones up to each stream's horizon; where a rule asks who a party is, not before that is known (`stateHorizon`). */
  async check(streamHorizons: Map<EventType, number>, stateHorizon: number): Promise<Windowed[]> {
    const horizons = this.#horizons(streamHorizons, stateHorizon)
    // Rows go before, not after, a judgement: evidence is still read from them when it is decided who is told.
    await this.#expire()
    for (const type of new Set(this.#judges.map((j) => j.rule.reads))) await this.#endings.note(type, horizons.get(type) ?? -Infinity)
    const findings: Windowed[] = []
    for (const judge of this.#judges) {
      const horizon = horizons.get(judge.rule.reads) ?? -Infinity
      const from = judge.judged
      if (horizon <= from) continue
      for (const f of await this.#judge(judge, from, horizon))
        if (f.start >= judge.ruling.from && f.start < judge.ruling.until) findings.push(shown(f, judge.ruling.rule))
      const last = Number.isFinite(horizon) ? horizon : await this.#lastTick(judge)
      judge.judged = horizon
      this.#part.db.meta.note(`judged ${judge.rule.code}`, last)
    }
    return findings.sort(byTime)
  }

  #horizons(streamHorizons: Map<EventType, number>, stateHorizon: number): Map<EventType, number> {
    const horizons = new Map(streamHorizons)
    for (const { rule } of this.#judges)
      if (rule.window.partyKind !== undefined) horizons.set(rule.reads, Math.min(horizons.get(rule.reads) ?? -Infinity, stateHorizon))
    return horizons
  }

  async #judge(judge: Judge, from: number, to: number): Promise<Windowed[]> {
    const first = judge.judging.firstTick
    const after = this.#part.judgeFrom ?? -Infinity
    if (from >= first) return (await this.#walk(judge, from, to)).filter((f) => f.end > after)
    // Loaded in silence; then what stands open; then as always.
    await this.#walk(judge, from, Math.min(to, first - TICK_MS))
    if (to < first) return []
    const standing = await standingAt(judge.judging, first, after)
    const later = await this.#walk(judge, first - TICK_MS, to, standing.filter((f) => f.step === 'before').map(windowOf))
    return [...standing, ...later].filter((f) => f.end > after)
  }

  /** Where all partitions have ended: the last tick in which a row or the end of a window was judged. */
  async #lastTick({ rule, judging: { shape }, judged }: Judge): Promise<number> {
    const latest = await this.#part.source.latest(rule.reads)
    return Math.max(judged, tickOf(latest + shape.reach))
  }

  /** `opened`: windows on show that no alert knows yet. */
  async #walk({ ruling, judging, kind, corrections }: Judge, from: number, to: number, opened: OpenWindow[] = []): Promise<Windowed[]> {
    if (to <= from) return []
    judging.exact.rowsHeld.begin(to)
    const touched = await corrections.note(from, to)
    // A correction may put any window of an alert on show, in the very release in which it closes.
    const open = [...this.#part.openWindows(ruling.rule, touched && judging.shape.early ? [...judging.touched.keys()] : [], from), ...opened]
    return [...(await kind.check(from, to, touched, open)), ...(await corrections.check(from, to))]
  }

  /** The start of the earliest session that a correction can still reach: its rows are kept however long it is. */
  async #earliestSession(type: EventType, judged: number): Promise<number> {
    const { keepMs } = this.#part.source
    const known = this.#floors.get(type)
    if (known !== undefined && judged - known.judged < Math.min(LOOK_EVERY_MS, keepMs)) return known.start
    let start = Infinity
    for (const { rule, judging } of this.#judges)
      if (rule.reads === type && judging.shape.kind === 'session') start = Math.min(start, await earliestStart(judging, judged - keepMs - judging.shape.gap))
    this.#floors.set(type, { judged, start })
    return start
  }

  async #expire(): Promise<void> {
    for (const type of new Set(this.#judges.map((j) => j.rule.reads))) {
      const judged = this.#judges.filter((j) => j.rule.reads === type).reduce((low, j) => Math.min(low, j.judged), Infinity)
      if (!Number.isFinite(judged)) continue
      const before = await this.#part.source.expire(type, judged, () => this.#earliestSession(type, judged))
      if (before !== undefined) await this.#endings.forget(type, before)
    }
  }
}

/** What batch must keep for the window rules over each stream: the fields they name, and how far back their windows reach. */
export function windowStreams(rules: readonly Rule[]): Map<EventType, { fields: string[]; longestMs: number }> {
  const windows = windowRules(rules)
  return new Map(
    [...new Set(windows.map((r) => r.reads))].map((type) => {
      const texts = windows
        .filter((r) => r.reads === type)
        .flatMap((r) => [
          ...[r.window, ...(r.window.also ?? [])].flatMap(({ per, part }) => [per, part ?? '']),
          r.latest ?? '',
          r.where ?? '',
          ...Object.values(r.measures).map((m) => ('field' in m ? m.field : '')),
        ])
      const fields = fieldsNamed(
        dataColumns(type).map((c) => c.field),
        texts,
      )
      return [type, { fields, longestMs: longestReach(windows, type) }]
    }),
  )
}

type WindowRuling = Ruling & { rule: WindowRule }

function isWindow(ruling: Ruling): ruling is WindowRuling {
  return ruling.rule.kind === 'window'
}

/** A version judges no window that starts before it: it sees nothing of what came before, whether or not that was kept for it. */
function rowsSince(source: RowSource, since: number): RowSource {
  if (since === -Infinity) return source
  return {
    keepMs: source.keepMs,
    plain: (type, from, to) => source.plain(type, Math.max(from, since), to),
    odd(type) {
      const odd = source.odd(type)
      return odd === undefined ? undefined : `SELECT * FROM (${odd}) WHERE time >= ${since}`
    },
    oddIn: (type, after, upTo) => source.oddIn(type, after, upTo),
    latest: (type) => source.latest(type),
    none: (type) => source.none(type),
  }
}

function shown(finding: Windowed, rule: WindowRule): Windowed {
  return finding.rule.code === rule.code ? finding : { ...finding, rule, instead: async (start, end) => shown(await finding.instead(start, end), rule) }
}

function windowRules(rules: readonly Rule[]): WindowRule[] {
  return rules.filter((r) => r.kind === 'window')
}

function kindOf(judging: Judging, shape: Shape): Kind {
  if (shape.kind === 'session') return new Sessions(judging)
  if (shape.kind === 'rolling') return new RollingWindows(judging)
  return shape.early ? new EarlyWindows(judging) : new ClosingWindows(judging)
}

function byTime(a: Windowed, b: Windowed): number {
  return a.at - b.at || a.start - b.start || compareText(a.institution, b.institution) || compareText(a.subject.id, b.subject.id)
}
