/**
 * Alerts on windows (docs/decisions/0005). An alert shows one qualifying window and knows all that belong to it: those that overlap the last of them. One of
 * these takes the place of the one on show where it is graver. After a window's end only what changed its rows revises the alert, shows the next window
 * instead, or resolves it.
 */
import { type Alert, formatTime } from '../../contract/index.ts'
import type { Finding, Windowed } from '../../contract/finding.ts'
import type { Episode, Episodes, Windows } from './episodes.ts'
import { SEVERITIES, type Severity } from '../../contract/rule.ts'
import { compose, type Verdict } from './revision.ts'
import { addRun, endingAfter, firstAfter, hasRun, lastOf, removeRun, type Run } from './runs.ts'

export type Draft = { finding: Finding; alert: Alert }
type Home = { key: string; episode: Episode & { windows: Windows } }
/** An alert about to open on its first window, all windows that join it at once, and what is found of these. */
type Opening = { finding: Windowed; qualified: Run[]; joined: Windowed[] }

/** What the findings of one subject (`base`) at one instant, by start, make of its alerts. */
export async function windowed(episodes: Episodes, base: string, findings: Windowed[]): Promise<Draft[]> {
  const drafts: Draft[] = []
  const touched = new Map<string, Windowed[]>()
  const touch = (key: string, some: readonly Windowed[]) => touched.set(key, [...(touched.get(key) ?? []), ...some])
  const fresh: Windowed[] = []
  for (const finding of findings) {
    const home = episodes.windowsOf(base).find(({ episode }) => hasRun(episode.windows.qualified, finding.start))
    if (home === undefined) {
      if (finding.holds) fresh.push(finding)
      continue
    }
    touch(home.key, [finding])
    // A session may have got longer or shorter; what overlaps it is asked afterwards.
    const { qualified } = home.episode.windows
    keep(episodes, home, { qualified: addRun(removeRun(qualified, finding.start), finding.start, finding.end) })
  }
  const openings: Opening[] = []
  for (const finding of fresh) {
    const opening = openings.findLast(({ qualified }) => overlaps(finding, qualified))
    const joined = episodes.windowsOf(base).findLast(({ episode }) => overlaps(finding, episode.windows.qualified))
    if (opening !== undefined) {
      opening.qualified = addRun(opening.qualified, finding.start, finding.end)
      opening.joined.push(finding)
    } else if (joined !== undefined) {
      keep(episodes, joined, { qualified: addRun(joined.episode.windows.qualified, finding.start, finding.end) })
      touch(joined.key, [finding])
    } else openings.push({ finding, qualified: addRun([], finding.start, finding.end), joined: [] })
  }
  for (const opening of openings) {
    const { key, draft } = open(episodes, base, opening, opening === openings.at(-1))
    drafts.push(draft)
    touch(key, opening.joined)
  }
  for (const home of episodes.windowsOf(base)) {
    const draft = await changed(episodes, home, touched.get(home.key) ?? [])
    if (draft !== undefined) drafts.push(draft)
  }
  return drafts
}

/** Whether a window belongs to the alert that has these: it overlaps the last of them. Never where each window has an alert of its own. */
function overlaps({ rule, start, end }: Windowed, qualified: readonly Run[]): boolean {
  if (rule.kind === 'window' && 'alerts' in rule.window && rule.window.alerts === 'window') return false
  const last = lastOf(qualified)
  return start < last.end && last.start < end
}

/** Alerts that one instant opens on one subject are told apart by their window, all but the last: that one a cold start never leaves out. */
function open(episodes: Episodes, base: string, { finding, qualified }: Opening, last: boolean): { key: string; draft: Draft } {
  const at = formatTime(finding.at)
  const alert = compose(undefined, finding, verdictOf(finding, 'new'), last ? at : `${at}|${formatTime(finding.start)}`)
  const order = (episodes.windowsOf(base).at(-1)?.episode.windows.order ?? 0) + 1
  const windows = { start: finding.start, end: finding.end, closed: finding.step !== 'before', qualified, order }
  const key = `${base}@${alert.id}`
  episodes.set(key, { alert, windows })
  return { key, draft: { finding, alert } }
}

async function changed(episodes: Episodes, home: Home, findings: Windowed[]): Promise<Draft | undefined> {
  if (findings.length === 0) return undefined
  const { windows, alert } = home.episode
  const qualified = findings.reduce((runs, f) => (stands(f) ? runs : removeRun(runs, f.start)), windows.qualified)
  const shown = findings.find((f) => f.start === windows.start)
  if (shown !== undefined && (!stands(shown) || (shown.corrected && isMilder(shown.severity, alert.severity)))) {
    const next = (await gravest(shown, findings, qualified)) ?? (stands(shown) ? shown : undefined)
    return next === undefined ? resolve(episodes, home, shown) : show(episodes, home, next, qualified)
  }
  const graver = firstOfGravest(findings.filter((f) => f.holds && isMilder(alert.severity, f.severity)))
  if (graver !== undefined) return show(episodes, home, graver, qualified)
  const closed = windows.closed || (shown !== undefined && shown.step !== 'before')
  const next = { ...windows, qualified, closed, end: shown?.end ?? windows.end }
  if (shown === undefined || shown.step === 'before' || sameValues(alert, shown)) {
    keep(episodes, home, next)
    return undefined
  }
  return revised(episodes, home, { ...shown, severity: alert.severity }, next)
}

function resolve(episodes: Episodes, { key, episode }: Home, finding: Windowed): Draft {
  episodes.end(key)
  return { finding, alert: compose(episode, finding, { ...verdictOf(finding, 'resolved'), severity: episode.alert.severity }) }
}

/** The window on show qualifies no more, or less gravely: which of the alert's windows takes its place, as it is at this tick. Where grades are alike, the earliest. */
async function gravest(shown: Windowed, findings: Windowed[], qualified: readonly Run[]): Promise<Windowed | undefined> {
  const isGraded = 'graver' in shown.rule
  const first = firstAfter(qualified, shown.reaches)
  const others = isGraded ? endingAfter(qualified, shown.reaches) : first === undefined ? [] : [first]
  const found: Windowed[] = []
  for (const { start, end } of others) found.push(findings.find((f) => f.start === start) ?? (await shown.instead(start, end)))
  return firstOfGravest(found)
}

function firstOfGravest(findings: readonly Windowed[]): Windowed | undefined {
  return findings.reduce<Windowed | undefined>((best, f) => {
    if (best === undefined || isMilder(best.severity, f.severity)) return f
    return f.severity === best.severity && f.start < best.start ? f : best
  }, undefined)
}

function isMilder(a: Severity, b: Severity): boolean {
  return SEVERITIES.indexOf(a) > SEVERITIES.indexOf(b)
}

function show(episodes: Episodes, home: Home, finding: Windowed, qualified: Windows['qualified']): Draft {
  const { start, end, at } = finding
  return revised(episodes, home, finding, { ...home.episode.windows, start, end, qualified, closed: end <= at })
}

function revised(episodes: Episodes, { key, episode }: Home, finding: Windowed, windows: Windows): Draft {
  const alert = compose(episode, finding, verdictOf(finding, 'new'))
  episodes.set(key, { alert, windows })
  return { finding, alert }
}

function keep(episodes: Episodes, { key, episode }: Home, change: Partial<Windows>): void {
  episodes.set(key, { ...episode, windows: { ...episode.windows, ...change } })
}

function verdictOf(finding: Windowed, state: Alert['state']): Verdict {
  return { severity: finding.severity, band: null, threshold: finding.threshold, state }
}

/** An alert on a window is resolved by a correction alone. */
function stands(f: Windowed): boolean {
  return f.holds || !f.corrected
}

function sameValues(alert: Alert, { values }: Windowed): boolean {
  return Object.entries(values).every(([name, value]) => alert.values[name] === value)
}
