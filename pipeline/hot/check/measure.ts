/**
 * Measures limits at ticks: per changed subject the numerator and the capital base, exactly. Only what is near its limit,
 * or has an episode open, becomes a finding; the rule's `where` is asked once for all of a release.
 */
import { formatDecimal, parseDecimal, ratioText, rescale } from '../../contract/index.ts'
import { type AlertSubject, subjectKey } from '../../contract/alert.ts'
import type { Evidence, EvidenceRef, Measured } from '../../contract/finding.ts'
import { type LimitRule, limitNames, type StateSum, valuesOf } from '../../contract/rule.ts'
import { bySubject, Subjects } from '../../contract/subjects.ts'
import { columnsOfTable, type ThroughTable } from '../../contract/through-table.ts'
import type { Admission, Admissions, Asked } from './admission.ts'
import { type Base, BASE_SCALE, type CapitalBook } from './capital.ts'
import type { Dirty, Effects } from './effects.ts'
import { type Locate, refOf } from './evidence.ts'
import type { ExposureEvidence } from './exposure-evidence.ts'
import { parameterText } from './expression.ts'
import type { FxBook } from './fx.ts'
import type { Exposure, LookthroughStage } from './lookthrough.ts'
import { cellText } from './through/relation.ts'
import type { ChangedRow, Later } from './through/rows.ts'
import type { Sum, Totals, Touched } from './totals.ts'

export type MeasurePart = {
  limits: LimitRule[]
  capital: CapitalBook
  fx: FxBook
  effects: Effects
  lookthrough: LookthroughStage
  admissions: Admissions
  /** Subjects of a rule in an institution that have an episode open, by `subjectKey`. */
  open(code: string, institution: string): ReadonlyMap<string, AlertSubject>
  /** Whether a party has a flag. */
  isFlagged(party: string, flag: string): boolean
  evidence: ExposureEvidence
  locate: Locate
}

/** Below this percentage of its limit a subject without an open episode cannot be in any band, with the slack of the ladder. */
const NEAR_PERCENT = 77n
const LIMIT_SCALE = 20
/** An amount has 2 decimals, and the part of the limit is in percent. */
const NEAR_UNIT = 100n * 10n ** BigInt(BASE_SCALE - 2 + LIMIT_SCALE)
/** `row`: what `where` and the limits for some are asked of, as of its tick. */
type Candidate = { finding: Measured; row?: Asked }

/** Of a rule over sums: whose sum was added to, and who else is to be measured. */
type ChangedSums = { touched: Touched | undefined; marked: ReadonlyMap<string, ReadonlySet<string>> | undefined }

/** `least`: from this amount on, minor units, a subject is near its limit. `watched`: who is measured below it too, by `subjectKey`. */
type Scale = { rule: LimitRule; institution: string; base: Base; least: bigint; watched: ReadonlyMap<string, AlertSubject>[] }

export class Measure {
  readonly #part: MeasurePart
  /** What may have an episode after this release. */
  readonly #near = new Subjects()
  /** The lowest limit of each rule, at `LIMIT_SCALE`. */
  readonly #limits = new Map<LimitRule, bigint>()
  /** From which amount on a subject is near, per rule and base. */
  readonly #least = new Map<LimitRule, WeakMap<Base, bigint>>()
  #candidates: Candidate[] = []

  constructor(part: MeasurePart) {
    this.#part = part
  }

  /** Measures every subject that changed in this tick: whose sums did, and the exposures and rows of tables that did. */
  tick(at: number, { marked, touched }: Dirty, exposures: ReadonlyMap<string, Exposure[]>, rows: ReadonlyMap<ThroughTable, readonly ChangedRow[]>): void {
    const { effects, limits } = this.#part
    for (const rule of limits) {
      const { numerator } = rule
      const near: Candidate[] = []
      if (numerator.from === 'exposure_total')
        for (const [institution, changed] of exposures) this.#exposures(near, rule, numerator.sum, institution, changed, at)
      else if (!('by' in numerator)) this.#rows(near, rule, numerator.sum, rows.get(numerator.from) ?? [], at)
      else this.#sums(near, rule, numerator, { touched: touched.get(effects.totals.get(rule.code) as Totals), marked: marked.get(rule.code) }, at)
      for (const candidate of near.sort((a, b) => bySubject(a.finding, b.finding))) this.#candidates.push(candidate)
    }
  }

  /** Subjects measured since the last `take` that may have an episode by now, by `subjectKey`. */
  near(code: string, institution: string): ReadonlyMap<string, AlertSubject> {
    return this.#near.of(code, institution)
  }

  /** The findings since the last call; a subject outside its rule's `where` measures nothing. */
  async take(): Promise<Measured[]> {
    const candidates = this.#candidates
    this.#candidates = []
    this.#near.clear()
    const asked = candidates.flatMap(({ finding, row }) => (row === undefined ? [] : [{ finding, rule: finding.rule as LimitRule, row }]))
    const admitted = await this.#part.admissions.of(asked)
    asked.forEach(({ finding }, i) => {
      const { isInside, limit } = admitted[i] as Admission
      if (!isInside) finding.numerator = 0n
      finding.limit = parameterText(finding.rule, limit, finding)
    })
    return candidates.map((c) => c.finding)
  }

  /** Puts into `near` who is near the limit of a rule over sums. */
  #sums(near: Candidate[], rule: LimitRule, numerator: StateSum, { touched, marked }: ChangedSums, at: number): void {
    const totals = this.#part.effects.totals.get(rule.code)
    const measure = (scale: Scale, id: string, sum?: Sum) => {
      const amount = totals?.cny(scale.institution, id, at, this.#part.fx, sum) ?? 0n
      if (!shows(scale, numerator.subjectKind, id, amount)) return
      const evidence = () => this.#sumEvidence(rule, scale.institution, id, at, scale.base)
      near.push({ finding: this.#finding(scale, { kind: numerator.subjectKind, id }, at, amount, {}, evidence) })
    }
    for (const [institution, sums] of touched ?? []) {
      const scale = this.#scaleOf(rule, institution)
      if (scale !== undefined) for (const [id, sum] of sums) measure(scale, id, sum)
    }
    for (const [institution, subjects] of marked ?? []) {
      const scale = this.#scaleOf(rule, institution)
      if (scale !== undefined) for (const id of subjects) if (touched?.get(institution)?.has(id) !== true) measure(scale, id)
    }
  }

  /** The same for a rule over exposures. */
  #exposures(near: Candidate[], rule: LimitRule, column: 'total' | 'direct' | 'indirect', institution: string, changed: Exposure[], at: number): void {
    const scale = this.#scaleOf(rule, institution)
    if (scale === undefined) return
    for (const exposure of changed) {
      const { kind, obligor } = exposure
      const amount = exposure[column]
      if (!shows(scale, kind, obligor, amount)) continue
      const also = Object.fromEntries((rule.also ?? []).map((name) => [name, formatDecimal(exposure[name as 'direct' | 'indirect'], 2)]))
      const evidence = this.#withBase(this.#part.evidence.capture(institution, exposure, at), scale.base)
      const finding = this.#finding(scale, { kind, id: obligor }, at, amount, also, evidence)
      near.push({ finding, row: { from: 'exposure_total', exposure, ...this.#obligor(institution, obligor) } })
    }
  }

  #obligor(institution: string, obligor: string): { partyKind: string; isGsib: boolean; isOwnGsib: boolean } {
    const { lookthrough, isFlagged } = this.#part
    return { partyKind: lookthrough.partyKind(obligor), isGsib: isFlagged(obligor, 'gsib'), isOwnGsib: isFlagged(institution, 'gsib') }
  }

  /** The same for a rule over a table of the look-through; a row that is no more measures nothing. */
  #rows(near: Candidate[], rule: LimitRule, column: string, changed: readonly ChangedRow[], at: number): void {
    const kinds = Object.fromEntries(columnsOfTable(rule.numerator.from as ThroughTable))
    for (const { institution, subject, cells, capture } of changed) {
      const scale = this.#scaleOf(rule, institution)
      const amount = (cells?.[column] ?? 0n) as bigint
      if (scale === undefined || !shows(scale, subject.kind, subject.id, amount, subject.part)) continue
      const also = Object.fromEntries((rule.also ?? []).map((name) => [name, cellText(cells?.[name] ?? null, kinds[name] ?? 'text') ?? '']))
      const finding = this.#finding(scale, subject, at, amount, also, this.#withBase(capture(at), scale.base))
      near.push({ finding, ...(cells !== undefined && { row: { from: rule.numerator.from as ThroughTable, institution, subject, cells } }) })
    }
  }

  /** What the subjects of an institution are measured by; undefined without a base. */
  #scaleOf(rule: LimitRule, institution: string): Scale | undefined {
    const base = this.#part.capital.latest(institution, rule.base.metric)
    if (base === undefined) return undefined
    const watched = [this.#part.open(rule.code, institution), this.#near.of(rule.code, institution)].filter((of) => of.size > 0)
    return { rule, institution, base, least: this.#leastOf(rule, institution, base), watched }
  }

  #leastOf(rule: LimitRule, institution: string, base: Base): bigint {
    let least = this.#least.get(rule)?.get(base)
    if (least !== undefined) return least
    least = leastNear(this.#limitOf(rule, institution), base)
    this.#least.set(rule, (this.#least.get(rule) ?? new WeakMap<Base, bigint>()).set(base, least))
    return least
  }

  #limitOf(rule: LimitRule, institution: string): bigint {
    if (rule.overrides !== undefined) return lowestLimit(rule, institution)
    let limit = this.#limits.get(rule)
    if (limit === undefined) this.#limits.set(rule, (limit = lowestLimit(rule, institution)))
    return limit
  }

  #finding(
    { rule, institution, base }: Scale,
    subject: AlertSubject,
    at: number,
    amount: bigint,
    also: Record<string, string>,
    evidence: () => Promise<Evidence>,
  ): Measured {
    this.#near.add(rule.code, institution, subject)
    const numerator = rescale(amount, 2, BASE_SCALE)
    const values: Record<string, string> = {
      [rule.value]: formatDecimal(amount, 2),
      ...also,
      [rule.base.name]: formatDecimal(rescale(base.value, BASE_SCALE, 2), 2),
      ...(base.value !== 0n && { share: ratioText(numerator, base.value) }),
    }
    return {
      kind: 'measured',
      rule,
      institution,
      subject,
      at,
      values,
      numerator,
      denominator: base.value,
      limit: parameterText(rule, rule.limit, { institution, at }),
      evidence,
    }
  }

  async #sumEvidence(rule: LimitRule, institution: string, subject: string, at: number, base: Base): Promise<Evidence> {
    const { numerator } = rule
    if (!('by' in numerator)) return { refs: [], count: 0, path: [] }
    const found = await this.#part.evidence.ask({ type: numerator.from, by: numerator.by, fields: [numerator.sum] }, { institution, subject, at })
    return this.#withBase(() => ({ ...found, path: [] }), base)()
  }

  /** The base it is measured against is evidence too. */
  #withBase(later: Later, base: Base): () => Promise<Evidence> {
    return async () => {
      const { refs, count, path } = await later()
      return { refs: [...refs, this.#baseRef(base)], count: count + 1, path }
    }
  }

  #baseRef(base: Base): EvidenceRef {
    return refOf(base.statement, 'inst.metric', this.#part.locate)
  }
}

/** At whatever time. */
function lowestLimit(rule: LimitRule, institution: string): bigint {
  const [first = 0n, ...rest] = limitNames(rule)
    .flatMap((name) => valuesOf(rule, name, institution))
    .map((value) => parseDecimal(value, LIMIT_SCALE) ?? 0n)
  return rest.reduce((a, b) => (a < b ? a : b), first)
}

/** The least amount that is above zero and near the limit: exactly, so that below it nothing else need be looked at. */
function leastNear(limit: bigint, { value }: Base): bigint {
  const least = (NEAR_PERCENT * limit * value + NEAR_UNIT - 1n) / NEAR_UNIT
  return least > 0n ? least : 1n
}

function shows({ least, watched }: Scale, kind: string, id: string, amount: bigint, part?: string): boolean {
  return amount >= least || (watched.length > 0 && isWatched(watched, subjectKey({ kind, id, ...(part !== undefined && { part }) })))
}

function isWatched(watched: Scale['watched'], key: string): boolean {
  return watched.some((of) => of.has(key))
}
