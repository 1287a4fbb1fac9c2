/** Alerts on windows: which window an alert shows, and what later windows, late events and corrections make of it (docs/decisions/0005). */
import { type Alert, formatTime } from '../../pipeline/contract/index.ts'
import { revise, type Verdict } from './alerts.ts'
import { type Arrived, KEEP_MS } from './arrivals.ts'
import { measure, type Measures } from './measures.ts'
import { type KeyRows, type Row, rowsByKey } from './rows.ts'
import type { WindowTest } from './rules.ts'
import { type Judgement, type Shape, shapeOf } from './shapes.ts'

/** An alert that stands: its last revision, the start of the window it shows, and the ends of all its windows that qualify, by start. */
type Standing = { last: Alert; shown: number; windows: Map<number, number> }
type Judged = Judgement & { measures: Measures; qualifies: boolean }

export function judgeWindows(test: WindowTest, arrived: Arrived[], keepMs = KEEP_MS): Alert[] {
  const keys = rowsByKey(test.rule, (data) => test.where?.(data) ?? true, arrived, keepMs)
  return keys.flatMap((of) => new Subject(test, of, keepMs).judge())
}

/** The window an alert shows, with what is measured of its rows. */
type Shown = { start: number; end: number; rows: Row[]; measures: Measures }

/** One key of an institution, through all instants in which one of its windows is judged. */
class Subject {
  readonly #test: WindowTest
  readonly #of: KeyRows
  readonly #shape: Shape
  readonly #keepMs: number
  readonly #out: Alert[] = []
  #alerts: Standing[] = []

  constructor(test: WindowTest, of: KeyRows, keepMs: number) {
    this.#test = test
    this.#keepMs = keepMs
    this.#of = of
    this.#shape = shapeOf(test.rule, of.rows)
  }

  judge(): Alert[] {
    const { institution } = this.#of
    const all = this.#shape.judgements.map((j): Judged => {
      const measures = measure(this.#test.rule, j.rows)
      return { ...j, measures, qualifies: !j.gone && j.rows.length > 0 && this.#test.when(measures.measured, institution) }
    })
    const instants = [...new Set(all.map((j) => j.at))].sort((a, b) => a - b)
    for (const at of instants) this.#instant(all.filter((j) => j.at === at).sort((a, b) => a.start - b.start))
    return this.#out
  }

  /** First every window that newly qualifies joins an alert or opens one; then each alert looks at what became of its own. */
  #instant(judged: Judged[]): void {
    const homes = new Map(judged.map((j) => [j, this.#alerts.find((a) => a.windows.has(j.start))]))
    for (const [j, home] of homes) if (!j.gone) home?.windows.set(j.start, j.end)
    const opened: { j: Judged; windows: Map<number, number> }[] = []
    for (const [j, home] of homes) {
      if (home !== undefined || !j.qualifies) continue
      const joined = [...this.#alerts, ...opened].findLast((a) => this.#overlaps(a.windows, j))
      if (joined !== undefined) joined.windows.set(j.start, j.end)
      else opened.push({ j, windows: new Map([[j.start, j.end]]) })
    }
    for (const [place, { j, windows }] of opened.entries()) this.#open(j, windows, place === opened.length - 1)
    for (const alert of this.#alerts)
      this.#follow(
        alert,
        judged.filter((j) => homes.get(j) === alert),
      )
    this.#alerts = this.#alerts.filter((a) => a.last.state !== 'resolved')
  }

  /** Alerts that one instant opens on one subject are told apart by their window, all but the last. */
  #open(j: Judged, windows: Map<number, number>, isLast: boolean): void {
    const start = formatTime(j.at)
    const last = this.#say(undefined, j, 'new', j, isLast ? start : `${start}|${formatTime(j.start)}`)
    this.#alerts.push({ last, shown: j.start, windows })
  }

  /** With the window of the alert that starts last. */
  #overlaps(windows: Map<number, number>, j: Judged): boolean {
    const { window } = this.#test.rule
    if ('alerts' in window && window.alerts === 'window') return false
    const start = Math.max(...windows.keys())
    return j.start < (windows.get(start) ?? 0) && start < j.end
  }

  #follow(alert: Standing, judged: Judged[]): void {
    for (const j of judged) if (!j.qualifies) alert.windows.delete(j.start)
    const shown = judged.find((j) => j.start === alert.shown)
    if (shown === undefined) return
    if (shown.qualifies) {
      const same = Object.entries(this.#valuesOf(shown.measures.values, shown.rows)).every(([name, value]) => alert.last.values[name] === value)
      if (shown.step !== 'before' && !same) alert.last = this.#say(alert.last, shown, 'new', shown)
      return
    }
    // What ended longer ago than rows are kept is not shown in its place.
    const others = [...alert.windows].flatMap(([start, end]) => (end > shown.tick - this.#keepMs ? [start] : []))
    if (others.length === 0) alert.last = this.#say(alert.last, shown, 'resolved', shown)
    else {
      alert.shown = Math.min(...others)
      const window = this.#shape.windowAt(alert.shown, shown.tick)
      alert.last = this.#say(alert.last, shown, 'new', { start: alert.shown, ...window, measures: measure(this.#test.rule, window.rows) })
    }
  }

  #say(before: Alert | undefined, { at }: Judged, state: Alert['state'], window: Shown, start?: string): Alert {
    const { rule, threshold } = this.#test
    const { institution, key, part } = this.#of
    const { values, measured } = window.measures
    const verdict: Verdict = {
      institution,
      subject: { kind: rule.subject.kind, id: key, ...(part !== undefined && { part }) },
      at,
      window,
      severity: rule.severity,
      band: null,
      state,
      values: this.#valuesOf(values, window.rows),
      threshold: threshold(measured, institution),
      evidence: window.rows,
    }
    const alert = revise(rule, before, verdict, start)
    this.#out.push(alert)
    return alert
  }

  /** With the part where the rule shows it; what crosses institutions names them. */
  #valuesOf(values: Record<string, string>, rows: Row[]): Record<string, string> {
    const { scope, window } = this.#test.rule
    const part = window.partAs === undefined ? {} : { [window.partAs]: this.#of.part ?? '' }
    if (scope !== '*') return { ...values, ...part }
    const institutions = [...new Set(rows.map((r) => r.event.institution))].sort()
    return { ...values, ...part, institutions: institutions.join(',') }
  }
}
