/** Alerts on windows: which window an alert shows, and what later windows, late events and corrections make of it (docs/decisions/0005). */
import { type Alert, formatTime, SEVERITIES, type Severity } from '../../pipeline/contract/index.ts'
import { revise, type Verdict } from './alerts.ts'
import { type Arrived, KEEP_MS } from './arrivals.ts'
import { measure, type Measures } from './measures.ts'
import { counted, type KeyRows, type Row, rowsByKey } from './rows.ts'
import type { WindowTest } from './rules.ts'
import { type Judgement, type Shape, shapeOf } from './shapes.ts'

/** An alert that stands: its last revision, the start of the window it shows, and the ends of all its windows that qualify, by start. */
type Standing = { last: Alert; shown: number; windows: Map<number, number> }
type Judged = Judgement & Graded & { qualifies: boolean }
/** What is measured, and how grave it is. */
type Graded = { measures: Measures; severity: Severity; threshold: string }

export function judgeWindows(test: WindowTest, arrived: Arrived[], keepMs = KEEP_MS): Alert[] {
  const keys = rowsByKey(test.rule, (data) => test.where?.(data) ?? true, arrived, keepMs)
  return keys.flatMap((of) => new Subject(test, of, keepMs).judge())
}

/** The window an alert shows, with what is measured of its rows. */
type Shown = Graded & { start: number; end: number; rows: Row[] }

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
      const rows = counted(this.#test.rule, j.rows)
      const graded = this.#grade(rows)
      return { ...j, rows, ...graded, qualifies: !j.gone && rows.length > 0 && this.#test.when(graded.measures.measured, institution) }
    })
    const instants = [...new Set(all.map((j) => j.at))].sort((a, b) => a - b)
    for (const at of instants) this.#instant(all.filter((j) => j.at === at).sort((a, b) => a.start - b.start))
    return this.#out
  }

  /** First every window that newly qualifies joins an alert or opens one; then each alert looks at what became of its own. */
  #instant(judged: Judged[]): void {
    const homes = new Map(judged.map((j) => [j, this.#alerts.find((a) => a.windows.has(j.start))]))
    for (const [j, home] of homes) if (!j.gone) home?.windows.set(j.start, j.end)
    const opened: { j: Judged; windows: Map<number, number>; joined: Judged[] }[] = []
    for (const [j, home] of homes) {
      if (home !== undefined || !j.qualifies) continue
      const joined = [...this.#alerts, ...opened].findLast((a) => this.#overlaps(a.windows, j))
      joined?.windows.set(j.start, j.end)
      if (joined === undefined) opened.push({ j, windows: new Map([[j.start, j.end]]), joined: [] })
      else if ('joined' in joined) joined.joined.push(j)
      else homes.set(j, joined)
    }
    for (const [place, { j, windows, joined }] of opened.entries()) {
      const alert = this.#open(j, windows, place === opened.length - 1)
      for (const other of joined) homes.set(other, alert)
    }
    for (const alert of this.#alerts)
      this.#follow(
        alert,
        judged.filter((j) => homes.get(j) === alert),
      )
    this.#alerts = this.#alerts.filter((a) => a.last.state !== 'resolved')
  }

  /** Alerts that one instant opens on one subject are told apart by their window, all but the last. */
  #open(j: Judged, windows: Map<number, number>, isLast: boolean): Standing {
    const start = formatTime(j.at)
    const last = this.#say(undefined, j, 'new', j, isLast ? start : `${start}|${formatTime(j.start)}`)
    const alert = { last, shown: j.start, windows }
    this.#alerts.push(alert)
    return alert
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
    const { severity } = alert.last
    if (shown !== undefined && (!shown.qualifies || isMilder(shown.severity, severity))) {
      // What ended longer ago than rows are kept is not shown in its place.
      const others = [...alert.windows].filter(([, end]) => end > shown.tick - this.#keepMs).map(([start]) => this.#windowAt(start, shown.tick))
      const next = firstOfGravest(others) ?? (shown.qualifies ? shown : undefined)
      if (next === undefined) alert.last = this.#say(alert.last, shown, 'resolved', { ...shown, severity })
      else this.#show(alert, next, shown)
      return
    }
    const graver = firstOfGravest(judged.filter((j) => j.qualifies && isMilder(severity, j.severity)))
    if (graver !== undefined) this.#show(alert, graver, graver)
    else if (shown !== undefined) {
      const same = Object.entries(this.#valuesOf(shown.measures.values, shown.rows)).every(([name, value]) => alert.last.values[name] === value)
      if (shown.step !== 'before' && !same) alert.last = this.#say(alert.last, shown, 'new', { ...shown, severity })
    }
  }

  #show(alert: Standing, window: Shown, { at }: Judged): void {
    alert.shown = window.start
    alert.last = this.#say(alert.last, { at }, 'new', window)
  }

  #windowAt(start: number, tick: number): Shown {
    const { end, rows } = this.#shape.windowAt(start, tick)
    const those = counted(this.#test.rule, rows)
    return { start, end, rows: those, ...this.#grade(those) }
  }

  #grade(rows: Row[]): Graded {
    const { rule, threshold, graver } = this.#test
    const { institution } = this.#of
    const measures = measure(rule, rows)
    const grade = graver?.(measures.measured, institution)
    return { measures, severity: grade?.severity ?? rule.severity, threshold: grade?.threshold ?? threshold(measures.measured, institution) }
  }

  #say(before: Alert | undefined, { at }: Pick<Judged, 'at'>, state: Alert['state'], window: Shown, start?: string): Alert {
    const { rule } = this.#test
    const { institution, key, part } = this.#of
    const { values } = window.measures
    const verdict: Verdict = {
      institution,
      subject: { kind: rule.subject.kind, id: key, ...(part !== undefined && { part }) },
      at,
      window,
      severity: window.severity,
      band: null,
      state,
      values: this.#valuesOf(values, window.rows),
      threshold: window.threshold,
      evidence: [...new Map(window.rows.map((row) => [row.event, row])).values()],
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

function isMilder(a: Severity, b: Severity): boolean {
  return SEVERITIES.indexOf(a) > SEVERITIES.indexOf(b)
}

/** Of several that are alike the earliest. */
function firstOfGravest<T extends Shown>(windows: T[]): T | undefined {
  return [...windows].sort((a, b) => SEVERITIES.indexOf(a.severity) - SEVERITIES.indexOf(b.severity) || a.start - b.start)[0]
}
