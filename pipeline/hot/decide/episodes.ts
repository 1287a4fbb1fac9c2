/** Open episodes: what an alert's next revision depends on. In memory, and in `engine.episode` for a restart. */
import { type Alert, type AlertSubject, subjectKey } from '../../contract/alert.ts'
import type { WindowRule } from '../../contract/rule.ts'
import { keyOf, subjectOf, Subjects } from '../../contract/subjects.ts'
import { textColumn } from '../../store/columns.ts'
import { type Database, quote } from '../../store/database.ts'
import { dropRuns, endingAfter, lastOf, type Run } from './runs.ts'

/** The window on show, whether it has ended, all windows of the alert that qualify, and the how-manieth of its subject's alerts it is. */
export type Windows = { start: number; end: number; closed: boolean; qualified: Run[]; order: number }
/** An alert on an occurrence, the place in event order of the event it rests on, and that event's time. */
export type OccurredAlert = { alert: Alert; order: string; time: number }
/** `alert`: the last revision. `occurred`: of an occurrence, all alerts on it that stand. */
export type Episode = { alert: Alert; windows?: Windows; occurred?: OccurredAlert[] }
type OpenWindow = { institution: string; key: string; start: number; end: number }
type WindowEpisode = { key: string; episode: Episode & { windows: Windows } }

/** Alerts are looked through for old ones when the watermark has moved on so far. */
const FORGET_EVERY_MS = 3_600_000

/** Up to which tick, ms, a rule was judged, how far back corrections reach, how long its windows are, and whose a correction has touched. */
type Reach = { judged: number; keepMs: number; longestMs: number; isTouched?(institution: string, key: string): boolean }

export class Episodes {
  readonly #open = new Map<string, Episode>()
  readonly #changed = new Set<string>()
  /** Keys of those that are in the file, open or not by now. */
  readonly #written = new Set<string>()
  /** Keys of the alerts on windows of each subject, in the order of their opening, and of those whose window has not ended. */
  readonly #bySubject = new Map<string, Set<string>>()
  readonly #unclosed = new Set<string>()
  /** Who has an episode of a rule over state open. */
  readonly #states = new Subjects()
  readonly #forgotten = new Map<string, number>()

  get(key: string): Episode | undefined {
    return this.#open.get(key)
  }

  set(key: string, episode: Episode): void {
    this.#put(key, episode)
    this.#changed.add(key)
  }

  end(key: string): void {
    const episode = this.#open.get(key)
    this.#open.delete(key)
    this.#changed.add(key)
    this.#unclosed.delete(key)
    if (episode !== undefined) this.#states.delete(episode.alert.rule.code, episode.alert.institution, episode.alert.subject)
    if (episode?.windows === undefined) return
    const keys = this.#bySubject.get(baseOf(episode))
    keys?.delete(key)
    if (keys?.size === 0) this.#bySubject.delete(baseOf(episode))
  }

  get size(): number {
    return this.#open.size
  }

  /** Who has an episode of a rule over state open in an institution, by `subjectKey`. */
  subjects(code: string, institution: string): ReadonlyMap<string, AlertSubject> {
    return this.#states.of(code, institution)
  }

  /** Last revisions of a rule's alerts over state that stand. */
  standing(code: string): Alert[] {
    return [...this.#open.values()].flatMap(({ alert, windows, occurred }) =>
      alert.rule.code === code && windows === undefined && occurred === undefined ? [alert] : [],
    )
  }

  /** Alerts on windows of one subject (`code|institution|subject`), in the order of their opening. */
  windowsOf(base: string): WindowEpisode[] {
    return [...(this.#bySubject.get(base) ?? [])].flatMap((key) => this.#windowed(key))
  }

  /** Windows on show of a rule that have not ended, and all windows of its alerts on these keys that end after `after`. */
  openWindows(rule: WindowRule, keys: readonly { institution: string; key: string }[], after: number): OpenWindow[] {
    const shown = [...this.#unclosed].flatMap((key) => this.#windowed(key)).filter(({ episode }) => episode.alert.rule.code === rule.code)
    const open = shown.map(({ episode: { alert, windows } }) => ({
      institution: alert.institution,
      key: keyOf(alert.subject),
      start: windows.start,
      end: windows.end,
    }))
    for (const { institution, key } of keys)
      for (const { episode } of this.windowsOf(`${rule.code}|${institution}|${subjectKey(subjectOf(rule, key))}`))
        for (const w of endingAfter(episode.windows.qualified, after)) open.push({ institution, key, ...w })
    return [...new Map(open.map((w) => [JSON.stringify([w.institution, w.key, w.start]), w])).values()]
  }

  /**
   * What no correction can reach any more need not be remembered: occurrences and windows that lie before `judged` − `keep`, and alerts whose last window no
   * window can overlap any more that is judged yet (`longest`: how long one is). A pass now and then is enough. A window that a correction has touched and
   * that has not closed since may have grown into another: its alert stays (a session joined with the one after it closes later than it did).
   */
  forget(code: string, { judged, keepMs, longestMs, isTouched }: Reach): void {
    if (!Number.isFinite(judged) || judged - (this.#forgotten.get(code) ?? -Infinity) < Math.min(FORGET_EVERY_MS, keepMs)) return
    this.#forgotten.set(code, judged)
    const time = judged - keepMs
    for (const [key, episode] of this.#open) {
      const { alert, windows, occurred } = episode
      if (alert.rule.code === code && occurred?.every((r) => r.time < time) === true) this.end(key)
      if (windows === undefined || alert.rule.code !== code || !windows.closed || isTouched?.(alert.institution, keyOf(alert.subject)) === true) continue
      if (lastOf(windows.qualified).end <= time - longestMs) this.end(key)
      else if ((windows.qualified[0]?.start ?? Infinity) < time) this.#forgetSome(key, episode, windows, time)
    }
  }

  async restore(db: Database): Promise<void> {
    const rows = await db.rows('SELECT key, body FROM engine.episode')
    const all = rows.map(([key, body]) => [String(key), JSON.parse(String(body)) as Episode] as const)
    for (const [key, episode] of all.sort(([, a], [, b]) => (a.windows?.order ?? 0) - (b.windows?.order ?? 0))) {
      this.#put(key, episode)
      this.#written.add(key)
    }
  }

  /** Writes what changed since the last call, inside the transaction. */
  async write(db: Database): Promise<void> {
    if (this.#changed.size === 0) return
    const stale = [...this.#changed].filter((key) => this.#written.delete(key))
    if (stale.length > 0) await db.run(`DELETE FROM engine.episode WHERE key IN (${stale.map(quote).join(', ')})`)
    // What began and ended within the batch leaves nothing.
    const rows = [...this.#changed].flatMap((key) => {
      const episode = this.#open.get(key)
      return episode === undefined ? [] : [[key, JSON.stringify(episode)] as const]
    })
    this.#changed.clear()
    for (const [key] of rows) this.#written.add(key)
    await db.append('engine', 'episode', [textColumn(rows.map((r) => r[0])), textColumn(rows.map((r) => r[1]))], rows.length)
  }

  #put(key: string, episode: Episode): void {
    this.#open.set(key, episode)
    const { alert, windows, occurred } = episode
    if (windows === undefined && occurred === undefined) this.#states.add(alert.rule.code, alert.institution, alert.subject)
    if (episode.windows === undefined) return
    const keys = this.#bySubject.get(baseOf(episode)) ?? new Set()
    this.#bySubject.set(baseOf(episode), keys.add(key))
    if (episode.windows.closed) this.#unclosed.delete(key)
    else this.#unclosed.add(key)
  }

  #windowed(key: string): WindowEpisode[] {
    const episode = this.#open.get(key)
    return episode?.windows === undefined ? [] : [{ key, episode: { ...episode, windows: episode.windows } }]
  }

  #forgetSome(key: string, episode: Episode, windows: Windows, time: number): void {
    const qualified = dropRuns(windows.qualified, time)
    if (qualified.length < windows.qualified.length) this.set(key, { ...episode, windows: { ...windows, qualified } })
  }
}

function baseOf({ alert }: Episode): string {
  return `${alert.rule.code}|${alert.institution}|${subjectKey(alert.subject)}`
}
