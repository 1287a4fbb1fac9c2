/** What the engine makes of one subject up to a time: the last word of the rule and of each of its variants, with what it rests on. */
import type { AlertSubject } from '../../contract/alert.ts'
import type { Evidence, Finding } from '../../contract/finding.ts'
import type { Rule } from '../../contract/rule.ts'
import { tickOf } from '../../contract/tick.ts'
import type { WindowCheck } from '../../hot/check/windows.ts'
import type { Judged, Point } from '../../hot/check/windows/exact.ts'
import { ANYWHERE, type Probe, SEEN, whereRole } from './probes.ts'

/** `at`: the time asked about, ms; `exactly`: of an alert that is known, its own time; `window`: the start of its window. */
export type Asked = { institution: string; subject: AskedSubject; at: number; exactly?: number; window?: number }
/** Without a kind, of whatever kind it is; without a part, any of its parts. */
export type AskedSubject = { kind?: string; id: string; part?: string }

export function isSubject({ kind, id, part }: AskedSubject, subject: AlertSubject): boolean {
  return id === subject.id && (kind === undefined || kind === subject.kind) && (part === undefined || part === subject.part)
}
/** What was found of the subject, and what it rests on. */
export type Seen = { finding: Finding; evidence: Evidence }
/** A window, what the rule says of it and how its parts weigh, its events, and those it has without `where`; `filtered`: how many under each other variant, by role. */
export type SeenWindow = { point: Point; own: Judged; evidence: Evidence; anywhere: Evidence; parts: string; filtered: Map<string, number> }

export class Observer {
  readonly #asked: Asked
  readonly #rule: Rule
  readonly #roles: Map<string, string>
  readonly #seen = new Map<string, Seen>()
  /** Occurrences the rule holds of. */
  readonly #held = new Set<string>()
  #window: SeenWindow | undefined
  /** What was judged when windows were looked at is what stands at the time asked about. */
  #isLookedAt = false

  constructor(rule: Rule, probes: readonly Probe[], asked: Asked) {
    this.#rule = rule
    this.#asked = asked
    this.#roles = new Map(probes.map((p) => [p.rule.code, p.role]))
  }

  /** The last word of a variant. */
  of(role: string): Seen | undefined {
    return this.#seen.get(role)
  }

  /** The last word of the rule itself. */
  get own(): Seen | undefined {
    return this.#seen.get(OWN)
  }

  get window(): SeenWindow | undefined {
    return this.#window
  }

  async told(findings: readonly Finding[], windows: WindowCheck): Promise<void> {
    const latest = new Map<string, Finding>()
    for (const finding of findings) if (finding.rule.code === this.#rule.code && this.#isAsked(finding)) this.#noteHeld(finding)
    for (const finding of findings) {
      const role = finding.rule.code === this.#rule.code ? OWN : this.#roles.get(finding.rule.code)
      if (role === undefined || !this.#isAsked(finding)) continue
      const before = latest.get(role) ?? this.#seen.get(role)?.finding
      if (before === undefined || this.#prefers(finding, before)) latest.set(role, finding)
    }
    for (const [role, finding] of latest) this.#seen.set(role, { finding, evidence: await finding.evidence() })
    if (this.#rule.kind === 'window' && !this.#isLookedAt && windows.judged(this.#rule.code).judged >= tickOf(this.#asked.at)) {
      this.#isLookedAt = true
      this.#window = await this.#look(windows)
    }
  }

  #isAsked({ institution, subject, at }: Finding): boolean {
    return institution === this.#asked.institution && isSubject(this.#asked.subject, subject) && at <= this.#asked.at
  }

  /** A correction that does not hold ends what held. */
  #noteHeld(finding: Finding): void {
    if (finding.kind !== 'occurred') return
    if (finding.holds) this.#held.add(finding.event)
    else if (finding.corrects) this.#held.clear()
  }

  /** The one an alert is about, if it is known; else the latest, of occurrences the latest that the rule holds of. */
  #prefers(finding: Finding, before: Finding): boolean {
    const { exactly } = this.#asked
    if (exactly !== undefined && (finding.at === exactly) !== (before.at === exactly)) return finding.at === exactly
    const [holds, held] = [finding, before].map((f) => f.kind === 'occurred' && this.#held.has(f.event))
    return holds === held ? finding.at >= before.at : holds === true
  }

  /** The window asked about, else the latest that qualifies, else the latest with most events. */
  async #look(windows: WindowCheck): Promise<SeenWindow | undefined> {
    const { code } = this.#rule
    const { institution, subject, at, window } = this.#asked
    const codeOf = (role: string) => [...this.#roles].find(([, r]) => r === role)?.[0]
    const begun = await windows.begunBy(codeOf(ANYWHERE) ?? code, institution, subject, tickOf(at))
    const asked = begun.filter((p) => window === undefined || p.start === window).slice(0, MOST_WINDOWS)
    if (asked.length === 0) return undefined
    const own = await windows.weigh(code, asked)
    const sizes = own.map((w) => w.evidence.count)
    const hit = own.findIndex((w) => w.judged.hit)
    const chosen = hit >= 0 ? hit : sizes.indexOf(Math.max(...sizes))
    const [point, of] = [asked[chosen], own[chosen]]
    if (point === undefined || of === undefined) return undefined
    const filtered = new Map<string, number>()
    let anywhere = of.evidence
    for (const [other, role] of this.#roles) {
      const [weighed] = role === SEEN ? [] : await windows.weigh(other, [point])
      filtered.set(role, weighed?.evidence.count ?? 0)
      if (role === ANYWHERE && weighed !== undefined) anywhere = weighed.evidence
    }
    const [seen] = await windows.weigh(codeOf(SEEN) ?? '', [point])
    return { point, own: of.judged, evidence: of.evidence, anywhere, parts: seen?.judged.threshold ?? '[]', filtered }
  }
}

const OWN = 'own'
/** Of a subject's windows so many are looked at, the latest. */
const MOST_WINDOWS = 200

/** How many events of a window satisfy each part of `where`. */
export function filteredBy({ filtered }: SeenWindow, part: number): number {
  return filtered.get(whereRole(part)) ?? 0
}
