/**
 * What limits had something to judge and no base (DQ-12): per limit and institution that lacks its base, the subjects with an amount above zero. Kept only
 * as long as it is lacking. Holds at a tick where some limit over the metric has such a subject; ends where the base is known or none has one any more,
 * and then names the limits that had some last.
 */
import { type AlertSubject, subjectKey } from '../../contract/alert.ts'
import type { Evidence, Held } from '../../contract/finding.ts'
import type { LimitRule, LookthroughSum, MissingRule, TableSum } from '../../contract/rule.ts'
import type { ThroughTable } from '../../contract/through-table.ts'
import type { Base, CapitalBook } from './capital.ts'
import type { Dirty, Effects } from './effects.ts'
import { type BookAsOf, type BookSpec, type Locate, refOf } from './evidence.ts'
import type { FxBook } from './fx.ts'
import type { Exposure, LookthroughStage } from './lookthrough.ts'
import type { Admission, Admissions, Question } from './admission.ts'
import type { ChangedRow } from './through/rows.ts'

export type MissingPart = {
  rules: readonly MissingRule[]
  limits: readonly LimitRule[]
  capital: CapitalBook
  fx: FxBook
  effects: Effects
  lookthrough: LookthroughStage
  admissions: Admissions
  /** Whether a party has a flag. */
  isFlagged(party: string, flag: string): boolean
  /** Subjects of a rule in an institution that have an episode open, by `subjectKey`. */
  open(code: string, institution: string): ReadonlyMap<string, AlertSubject>
  /** The statements of an institution in force at a tick. */
  book: BookAsOf
  locate: Locate
}

/** A subject that a limit could not judge; `has`: an amount above zero. `asked`: over exposures, whom the limit's `where` may be about. */
type Unjudged = { subject: string; has: boolean; asked?: Question }
/** At a tick, in an institution: the base that is there now, or what changed and a limit could not judge. */
type Change = { at: number; institution: string; metric: string } & ({ base: Base } | { rule: LimitRule; subjects: Unjudged[] })

export class MissingBases {
  readonly #part: MissingPart
  /** Limit → institution → subjects. */
  readonly #lacking = new Map<LimitRule, Map<string, Set<string>>>()
  /** In the order of ticks. */
  #changes: Change[] = []
  #came: { institution: string; metric: string }[] = []

  constructor(part: MissingPart) {
    this.#part = part
  }

  /** Whether anybody asks. */
  get watches(): boolean {
    return this.#part.rules.length > 0
  }

  /** Whether a base is not known. */
  lacks(institution: string, metric: string): boolean {
    return this.#part.capital.latest(institution, metric) === undefined
  }

  /** Whether some limit has something to judge and lacks this base, as of the last `take`. */
  isLacking(institution: string, metric: string): boolean {
    return this.#limitsOver(metric).some((limit) => (this.#lacking.get(limit)?.get(institution)?.size ?? 0) > 0)
  }

  /** A base was stated where there was none. */
  came(institution: string, metric: string): void {
    if (this.watches) this.#came.push({ institution, metric })
  }

  /** Notes the bases that are there by this tick, and of what changed in it whatever a limit could not judge. */
  tick(at: number, dirty: Dirty, exposures: ReadonlyMap<string, Exposure[]>, rows: ReadonlyMap<ThroughTable, readonly ChangedRow[]>): void {
    if (!this.watches) return
    for (const { institution, metric } of this.#came) {
      const base = this.#part.capital.latest(institution, metric)
      if (base !== undefined) this.#changes.push({ at, institution, metric, base })
    }
    this.#came = []
    for (const rule of this.#part.limits) {
      const { numerator } = rule
      if (numerator.from === 'exposure_total') this.#exposures(rule, numerator, exposures, at)
      else if (!('by' in numerator)) this.#rows(rule, numerator, rows.get(numerator.from) ?? [], at)
      else this.#sums(rule, dirty, at)
    }
  }

  /** What holds and what no longer does in the ticks since the last call. */
  async take(): Promise<Held[]> {
    const changes = this.#changes
    this.#changes = []
    await this.#askWhere(changes)
    const found: Held[] = []
    for (let from = 0, to = 0; from < changes.length; from = to) {
      while (changes[to]?.at === changes[from]?.at && to < changes.length) to++
      for (const held of this.#tick(changes.slice(from, to))) found.push(held)
    }
    return found
  }

  #sums(rule: LimitRule, { touched, marked }: Dirty, at: number): void {
    const { effects, fx } = this.#part
    const totals = effects.totals.get(rule.code)
    if (totals === undefined) return
    for (const changed of [touched.get(totals), marked.get(rule.code)])
      for (const [institution, of] of changed ?? [])
        this.#note(rule, institution, at, () => Array.from(of.keys(), (subject) => ({ subject, has: totals.cny(institution, subject, at, fx) > 0n })))
  }

  #exposures(rule: LimitRule, { sum }: LookthroughSum, exposures: ReadonlyMap<string, Exposure[]>, at: number): void {
    const { lookthrough, isFlagged } = this.#part
    const unjudged = (institution: string, exposure: Exposure): Unjudged => {
      const { kind, obligor } = exposure
      const has = exposure[sum] > 0n
      const [isGsib, isOwnGsib] = [isFlagged(obligor, 'gsib'), isFlagged(institution, 'gsib')]
      const asked: Question = { rule, row: { from: 'exposure_total', exposure, partyKind: lookthrough.partyKind(obligor), isGsib, isOwnGsib } }
      return { subject: subjectKey({ kind, id: obligor }), has, ...(has && rule.where !== undefined && { asked }) }
    }
    for (const [institution, changed] of exposures) this.#note(rule, institution, at, () => changed.map((exposure) => unjudged(institution, exposure)))
  }

  #rows(rule: LimitRule, { from, sum }: TableSum, changed: readonly ChangedRow[], at: number): void {
    for (const { institution, subject, cells } of changed) {
      const has = ((cells?.[sum] ?? 0n) as bigint) > 0n
      const asked: Question | undefined =
        has && cells !== undefined && rule.where !== undefined ? { rule, row: { from, institution, subject, cells } } : undefined
      this.#note(rule, institution, at, () => [{ subject: subjectKey(subject), has, ...(asked !== undefined && { asked }) }])
    }
  }

  #note(rule: LimitRule, institution: string, at: number, subjects: () => Unjudged[]): void {
    const { metric } = rule.base
    if (this.lacks(institution, metric)) this.#changes.push({ at, institution, metric, rule, subjects: subjects() })
  }

  async #askWhere(changes: readonly Change[]): Promise<void> {
    const about = changes.flatMap((change) => ('rule' in change ? change.subjects.filter((s) => s.asked !== undefined) : []))
    const admitted = await this.#part.admissions.of(about.flatMap(({ asked }) => asked ?? []))
    about.forEach((unjudged, i) => (unjudged.has = (admitted[i] as Admission).isInside))
  }

  /** The changes of one tick. */
  #tick(changes: readonly Change[]): Held[] {
    const touched = new Map<string, { change: Change; before: string[] }>()
    for (const change of changes) {
      const key = JSON.stringify([change.institution, change.metric])
      if (!touched.has(key)) touched.set(key, { change, before: this.#codes(change) })
      this.#apply(change)
    }
    return [...touched.values()].flatMap(({ change, before }) => this.#findings(change, before, this.#codes(change)))
  }

  #apply(change: Change): void {
    if ('base' in change) {
      for (const limit of this.#limitsOver(change.metric)) this.#lacking.get(limit)?.delete(change.institution)
      return
    }
    let institutions = this.#lacking.get(change.rule)
    if (institutions === undefined) this.#lacking.set(change.rule, (institutions = new Map()))
    let lacking = institutions.get(change.institution)
    if (lacking === undefined) institutions.set(change.institution, (lacking = new Set()))
    for (const { subject, has } of change.subjects) {
      if (has) lacking.add(subject)
      else lacking.delete(subject)
    }
  }

  #limitsOver(metric: string): LimitRule[] {
    return this.#part.limits.filter((limit) => limit.base.metric === metric)
  }

  /** The limits that have something to judge and lack this base. */
  #codes({ institution, metric }: Change): string[] {
    const limits = this.#limitsOver(metric).filter((limit) => (this.#lacking.get(limit)?.get(institution)?.size ?? 0) > 0)
    return limits.map((limit) => limit.code).sort()
  }

  #findings(change: Change, before: string[], after: string[]): Held[] {
    const { at, institution, metric } = change
    const subject = { kind: 'institution', id: institution, part: metric }
    const holds = after.length > 0
    const codes = holds ? after : before
    if (codes.length === 0) return []
    return this.#part.rules
      .filter((rule) => !holds || before.length === 0 || !this.#part.open(rule.code, institution).has(subjectKey(subject)))
      .map((rule) => ({
        kind: 'held',
        rule,
        institution,
        subject,
        at,
        holds,
        threshold: null,
        values: { metric, rules: codes.join(',') },
        evidence: () => this.#evidence(codes, change),
      }))
  }

  /** The statements that the limits add up, and the base where it came. */
  async #evidence(codes: readonly string[], change: Change): Promise<Evidence> {
    const specs = this.#limitsOver(change.metric)
      .filter((limit) => codes.includes(limit.code))
      .flatMap(addedUp)
    const different = [...new Map(specs.map((spec) => [JSON.stringify(spec), spec])).values()]
    const books = await Promise.all(different.map((spec) => this.#part.book(spec, change.institution, change.at)))
    const refs = 'base' in change ? [refOf(change.base.statement, 'inst.metric', this.#part.locate)] : []
    return { refs: [...books.flatMap((b) => b.refs), ...refs], count: books.reduce((n, b) => n + b.count, refs.length), path: [] }
  }
}

/** What a limit's numerator is made of: over exposures, loans and what is held. */
function addedUp({ numerator }: LimitRule): BookSpec[] {
  return 'by' in numerator ? [{ type: numerator.from }] : [{ type: 'credit.loan' }, { type: 'book.position', where: `side = 'long'` }]
}
