/**
 * Window rules (docs/decisions/0005), in DuckDB. Rows known at their own time take a fast path, each kind of window its own; windows that late rows,
 * corrections or deletions touch are judged from the rows themselves. Both give the same for the same rows.
 */
import { dataColumns, type EventType } from '../../contract/index.ts'
import type { Windowed } from '../../contract/finding.ts'
import type { Rule, WindowRule } from '../../contract/rule.ts'
import type { Database } from '../../store/database.ts'
import type { Locate } from './evidence.ts'
import { firstTick } from './cold-start.ts'
import { fieldsNamed } from './expression.ts'
import { Corrections } from './windows/corrections.ts'
import { EarlyWindows, windowOf } from './windows/early.ts'
import { Exact } from './windows/exact.ts'
import { ClosingWindows } from './windows/hopping.ts'
import type { Judging, Kind, OpenWindow } from './windows/judge.ts'
import { RollingWindows } from './windows/rolling.ts'
import type { RowSource } from './windows/rows.ts'
import { Sessions } from './windows/sessions.ts'
import { longestReach, type Shape, shapeOf, tickOf } from './windows/shape.ts'
import { standingAt } from './windows/standing.ts'

const TICK_MS = 1000

export type WindowPart = {
  db: Database
  rules: readonly Rule[]
  /** The rows, kept by batch. */
  source: RowSource & { expire(type: EventType, horizon: number): Promise<void> }
  /** Windows shown by open alerts that have not closed yet, per rule code. */
  openWindows(code: string): OpenWindow[]
  locate: Locate
  /** Windows that ended at this time or before, ms, raise nothing; those that stand open after it are judged at the next tick. */
  judgeFrom?: number | undefined
}

type Judge = { rule: WindowRule; judging: Judging; kind: Kind; corrections: Corrections; judged: number }

export class WindowCheck {
  readonly #part: WindowPart
  readonly #judges: Judge[]

  constructor(part: WindowPart) {
    this.#part = part
    this.#judges = windowRules(part.rules).map((rule) => {
      const shape = shapeOf(rule)
      const exact = new Exact(part.db, part.source, rule, shape, part.locate)
      const judging: Judging = { db: part.db, source: part.source, rule, shape, exact, firstTick: firstTick(part.judgeFrom) }
      return { rule, judging, kind: kindOf(judging, shape), corrections: new Corrections(judging), judged: -Infinity }
    })
  }

  /** Reads back up to which tick each rule was judged. */
  async restore(): Promise<void> {
    const known = new Map(
      (await this.#part.db.rows(`SELECT key, value FROM engine.meta WHERE key LIKE 'judged %'`)).map(([key, value]) => [String(key).slice(7), Number(value)]),
    )
    for (const judge of this.#judges) {
      judge.judged = known.get(judge.rule.code) ?? -Infinity
      await judge.kind.restore(judge.judged)
      await judge.corrections.restore()
    }
  }

  /** Up to which tick a rule was judged, and how far its windows reach. */
  judged(code: string): { judged: number; longestMs: number } {
    const judge = this.#judges.find((j) => j.rule.code === code)
    return { judged: judge?.judged ?? -Infinity, longestMs: judge?.judging.shape.reach ?? 0 }
  }

  /** Judges the ticks above the last ones up to each stream's horizon. */
  async check(horizons: Map<EventType, number>): Promise<Windowed[]> {
    // Rows go before, not after, a judgement: evidence is still read from them when it is decided who is told.
    await this.#expire()
    const findings: Windowed[] = []
    for (const judge of this.#judges) {
      const horizon = horizons.get(judge.rule.reads) ?? -Infinity
      const from = judge.judged
      if (horizon <= from) continue
      for (const f of await this.#judge(judge, from, horizon)) findings.push(f)
      const last = Number.isFinite(horizon) ? horizon : await this.#lastTick(judge)
      judge.judged = horizon
      await this.#part.db.run(`INSERT OR REPLACE INTO engine.meta VALUES ('judged ${judge.rule.code}', '${last}')`)
    }
    return findings.sort(byTime)
  }

  async #judge(judge: Judge, from: number, to: number): Promise<Windowed[]> {
    const open = this.#part.openWindows(judge.rule.code)
    const first = judge.judging.firstTick
    const after = this.#part.judgeFrom ?? -Infinity
    if (from >= first) return (await this.#walk(judge, from, to, open)).filter((f) => f.end > after)
    // Loaded in silence; then what stands open; then as always.
    await this.#walk(judge, from, Math.min(to, first - TICK_MS), open)
    if (to < first) return []
    const standing = await standingAt(judge.judging, first, after)
    const later = await this.#walk(judge, first - TICK_MS, to, [...open, ...standing.filter((f) => f.step === 'before').map(windowOf)])
    return [...standing, ...later].filter((f) => f.end > after)
  }

  /** Where all partitions have ended: the last tick in which a row or the end of a window was judged. */
  async #lastTick({ rule, judging: { shape }, judged }: Judge): Promise<number> {
    const latest = await this.#part.source.latest(rule.reads)
    return Math.max(judged, tickOf(latest + shape.reach))
  }

  async #walk({ kind, corrections }: Judge, from: number, to: number, open: OpenWindow[]): Promise<Windowed[]> {
    if (to <= from) return []
    const touched = await corrections.note(from, to)
    return [...(await kind.check(from, to, touched, open)), ...(await corrections.check(from, to))]
  }

  async #expire(): Promise<void> {
    for (const type of new Set(this.#judges.map((j) => j.rule.reads))) {
      const judged = this.#judges.filter((j) => j.rule.reads === type).reduce((low, j) => Math.min(low, j.judged), Infinity)
      if (Number.isFinite(judged)) await this.#part.source.expire(type, judged)
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
        .flatMap((r) => [r.window.per, r.where ?? '', ...Object.values(r.measures).map((m) => ('field' in m ? m.field : ''))])
      const fields = fieldsNamed(
        dataColumns(type).map((c) => c.field),
        texts,
      )
      return [type, { fields, longestMs: longestReach(windows, type) }]
    }),
  )
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
  return a.at - b.at || a.start - b.start || compare(a.institution, b.institution) || compare(a.subject.id, b.subject.id)
}

function compare(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0
}
