/**
 * Window rules (docs/decisions/0005), in DuckDB. Rows known at their own time take a fast path, each kind of window its own; windows that late rows,
 * corrections or deletions touch are judged from the rows themselves. Both give the same for the same rows.
 */
import { dataColumns, type EventType } from '../../contract/index.ts'
import type { Windowed } from '../../contract/finding.ts'
import type { Rule, WindowRule } from '../../contract/rule.ts'
import type { Database } from '../../store/database.ts'
import type { Locate } from './evidence.ts'
import { fieldsNamed } from './expression.ts'
import { Corrections } from './windows/corrections.ts'
import { EarlyWindows } from './windows/early.ts'
import { Exact } from './windows/exact.ts'
import { ClosingWindows } from './windows/hopping.ts'
import type { Judging, Kind, OpenWindow } from './windows/judge.ts'
import { RollingWindows } from './windows/rolling.ts'
import type { RowSource } from './windows/rows.ts'
import { Sessions } from './windows/sessions.ts'
import { longestReach, type Shape, shapeOf } from './windows/shape.ts'

export type WindowPart = {
  db: Database
  rules: readonly Rule[]
  /** The rows, kept by batch. */
  source: RowSource & { expire(type: EventType, horizon: number): Promise<void> }
  /** Windows shown by open alerts that have not closed yet, per rule code. */
  openWindows(code: string): OpenWindow[]
  locate: Locate
}

type Judge = { rule: WindowRule; kind: Kind; corrections: Corrections; judged: number }

export class WindowCheck {
  readonly #part: WindowPart
  readonly #judges: Judge[]

  constructor(part: WindowPart) {
    this.#part = part
    this.#judges = windowRules(part.rules).map((rule) => {
      const shape = shapeOf(rule)
      const judging: Judging = { db: part.db, source: part.source, rule, shape, exact: new Exact(part.db, part.source, rule, shape, part.locate) }
      return { rule, kind: kindOf(judging, shape), corrections: new Corrections(judging), judged: -Infinity }
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

  /** Judges the ticks above the last ones up to each stream's horizon. */
  async check(horizons: Map<EventType, number>): Promise<Windowed[]> {
    // Rows go before, not after, a judgement: evidence is still read from them when it is decided who is told.
    await this.#expire()
    const findings: Windowed[] = []
    for (const judge of this.#judges) {
      const horizon = horizons.get(judge.rule.reads) ?? -Infinity
      const from = judge.judged
      if (horizon <= from) continue
      const touched = await judge.corrections.note(from, horizon)
      for (const f of await judge.kind.check(from, horizon, touched, this.#part.openWindows(judge.rule.code))) findings.push(f)
      for (const f of await judge.corrections.check(from, horizon)) findings.push(f)
      judge.judged = horizon
      if (Number.isFinite(horizon)) await this.#part.db.run(`INSERT OR REPLACE INTO engine.meta VALUES ('judged ${judge.rule.code}', '${horizon}')`)
    }
    return findings.sort(byTime)
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
