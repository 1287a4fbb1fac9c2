/**
 * Measures limits at ticks: per changed subject the numerator and the capital base, exactly. Only what is near its limit,
 * or has an episode open, becomes a finding; the rule's `where` is asked once for all of a release.
 */
import { type EventType, formatDecimal, parseDecimal, type PathStep, ratioText, rescale } from '../../contract/index.ts'
import { type AlertSubject, subjectKey } from '../../contract/alert.ts'
import type { Evidence, Measured } from '../../contract/finding.ts'
import type { LimitRule, StateSum } from '../../contract/rule.ts'
import { Subjects } from '../../contract/subjects.ts'
import { integerColumn, textColumn } from '../../store/columns.ts'
import type { Database } from '../../store/database.ts'
import { load } from '../../store/load.ts'
import { UNKNOWN } from '../../through/products.ts'
import { type Base, BASE_SCALE, type CapitalBook } from './capital.ts'
import type { Effects } from './effects.ts'
import { type AskedFor, type EvidenceSpec, type Locate, refOf, type StatementsAsOf, statementsAsOf } from './evidence.ts'
import { withLiterals } from './expression.ts'
import type { FxBook } from './fx.ts'
import type { Exposure, LookthroughStage } from './lookthrough.ts'
import type { Sum, Totals, Touched } from './totals.ts'

export type MeasurePart = {
  db: Database
  limits: LimitRule[]
  capital: CapitalBook
  fx: FxBook
  effects: Effects
  lookthrough: LookthroughStage
  /** Subjects of a rule in an institution that have an episode open, by `subjectKey`. */
  open(code: string, institution: string): ReadonlyMap<string, AlertSubject>
  /** Nothing was ever stated in this stream. */
  isEmpty(type: EventType): boolean
  locate: Locate
}

/** Below this percentage of its limit a subject without an open episode cannot be in any band, with the slack of the ladder. */
const NEAR_PERCENT = 77n
const LIMIT_SCALE = 20
/** An amount has 2 decimals, and the part of the limit is in percent. */
const NEAR_UNIT = 100n * 10n ** BigInt(BASE_SCALE - 2 + LIMIT_SCALE)
/** Paths shown on an alert, largest first. */
const PATHS_SHOWN = 10

const AMOUNTS = ['direct', 'indirect', 'total'] as const

/** What an obligor's direct exposure rests on. */
const LOANS: EvidenceSpec = { type: 'credit.loan', by: 'customerId', fields: ['balance'] }
const POSITIONS: EvidenceSpec = { type: 'book.position', by: 'issuerId', where: `"productId" IS NULL AND side = 'long'`, fields: ['value', 'kind'] }

/** Paths and statements behind an exposure, at its tick. */
type Behind = ReturnType<LookthroughStage['explain']>

type Ask = (asked: AskedFor) => Promise<StatementsAsOf>
/** `partyKind`: of an exposure, at its tick. */
type Candidate = { finding: Measured; exposure?: Exposure; partyKind?: string }

/** Of a rule over sums: whose sum was added to, and who else is to be measured. */
type ChangedSums = { touched: Touched | undefined; marked: ReadonlyMap<string, ReadonlySet<string>> | undefined }

/** `least`: from this amount on, minor units, a subject is near its limit. `watched`: who is measured below it too, by `subjectKey`. */
type Scale = { rule: LimitRule; institution: string; base: Base; least: bigint; watched: ReadonlyMap<string, AlertSubject>[] }

export class Measure {
  readonly #part: MeasurePart
  /** What may have an episode after this release. */
  readonly #near = new Subjects()
  /** Limits at `LIMIT_SCALE`. */
  readonly #limits = new Map<LimitRule, bigint>()
  #candidates: Candidate[] = []
  readonly #asks = new Map<string, Ask>()

  constructor(part: MeasurePart) {
    this.#part = part
  }

  /** Measures every subject that changed in this tick. */
  tick(at: number): void {
    const { effects, lookthrough, limits } = this.#part
    const { marked, touched } = effects.takeDirty()
    const exposures = lookthrough.changed(at, touched)
    for (const rule of limits) {
      const { numerator } = rule
      const near: Candidate[] = []
      if (numerator.from === 'exposure_total')
        for (const [institution, changed] of exposures) this.#exposures(near, rule, numerator.sum, institution, changed, at)
      else this.#sums(near, rule, numerator, { touched: touched.get(effects.totals.get(rule.code) as Totals), marked: marked.get(rule.code) }, at)
      for (const candidate of near.sort(inOrder)) this.#candidates.push(candidate)
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
    const inside = await this.#inside(candidates)
    candidates.forEach(({ finding, exposure }, i) => {
      if (exposure !== undefined && (finding.rule as LimitRule).where !== undefined && !inside.has(i)) finding.numerator = 0n
    })
    return candidates.map((c) => c.finding)
  }

  /** Which of them satisfy the `where` of their rule: one statement for all rules, planned once. */
  async #inside(candidates: Candidate[]): Promise<Set<number>> {
    const { db, limits } = this.#part
    const asked = candidates.flatMap(({ finding, exposure, partyKind = '' }, i) => {
      const rule = limits.indexOf(finding.rule as LimitRule)
      return exposure === undefined || limits[rule]?.where === undefined ? [] : [{ i, rule, partyKind, ...exposure }]
    })
    const inside = new Set<number>()
    if (asked.length === 0) return inside
    const columns = {
      i: integerColumn(asked.map((a) => a.i)),
      rule: integerColumn(asked.map((a) => a.rule)),
      obligor: textColumn(asked.map((a) => a.obligor)),
      obligor_kind: textColumn(asked.map((a) => a.kind)),
      party_kind: textColumn(asked.map((a) => a.partyKind)),
      // As text: a sum may have more digits than an amount.
      ...Object.fromEntries(AMOUNTS.map((name) => [name, textColumn(asked.map((a) => formatDecimal(a[name], 2)))])),
    }
    const named = Object.entries(columns).map(([name, column]) => ({ name, column }))
    const amounts = AMOUNTS.map((name) => `${name}::DECIMAL(38,2) AS ${name}`)
    const relation = `(SELECT * REPLACE (${amounts.join(', ')}) FROM ${load(db, 'candidates', named, asked.length)})`
    const wheres = limits.map((rule, k) => `WHEN ${k} THEN (${withLiterals(rule, rule.where ?? 'true')})`)
    await db.eachPlannedChunk(`SELECT i FROM ${relation} WHERE CASE rule ${wheres.join(' ')} END`, (chunk) => {
      for (const i of chunk.getColumnValues(0)) inside.add(Number(i))
    })
    return inside
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
      const also = Object.fromEntries((rule.also ?? []).map((name) => [name, formatDecimal(exposure[name], 2)]))
      // The engine knows no past: what is behind the exposure is asked for in its tick.
      const behind = this.#part.lookthrough.explain(institution, exposure, PATHS_SHOWN)
      const evidence = () => this.#pathEvidence(institution, exposure, behind, at, scale.base)
      const finding = this.#finding(scale, { kind, id: obligor }, at, amount, also, evidence)
      near.push({ finding, exposure, partyKind: this.#part.lookthrough.partyKind(obligor) })
    }
  }

  /** What the subjects of an institution are measured by; undefined without a base. */
  #scaleOf(rule: LimitRule, institution: string): Scale | undefined {
    const base = this.#part.capital.latest(institution, rule.base.metric)
    if (base === undefined) return undefined
    const watched = [this.#part.open(rule.code, institution), this.#near.of(rule.code, institution)].filter((of) => of.size > 0)
    return { rule, institution, base, least: leastNear(this.#limitOf(rule), base), watched }
  }

  #limitOf(rule: LimitRule): bigint {
    let limit = this.#limits.get(rule)
    if (limit === undefined) this.#limits.set(rule, (limit = parseDecimal(String(rule.parameters[rule.limit]?.value ?? '0'), LIMIT_SCALE) ?? 0n))
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
    return { kind: 'measured', rule, institution, subject, at, values, numerator, denominator: base.value, evidence }
  }

  /** All who ask for the same kind of statement in one turn share one query; a stream without statements is not asked. */
  async #ask(spec: EvidenceSpec, asked: AskedFor): Promise<StatementsAsOf> {
    if (this.#part.isEmpty(spec.type)) return { refs: [], rows: [], count: 0 }
    const key = JSON.stringify(spec)
    let ask = this.#asks.get(key)
    if (ask === undefined) this.#asks.set(key, (ask = statementsAsOf(this.#part.db, spec, this.#part.locate)))
    return ask(asked)
  }

  async #sumEvidence(rule: LimitRule, institution: string, subject: string, at: number, base: Base): Promise<Evidence> {
    const { numerator } = rule
    if (numerator.from === 'exposure_total') return { refs: [], count: 0, path: [] }
    const found = await this.#ask({ type: numerator.from, by: numerator.by, fields: [numerator.sum] }, { institution, subject, at })
    return { refs: [...found.refs, refOf(base.statement, 'inst.metric', this.#part.locate)], count: found.count + 1, path: [] }
  }

  /** Direct loans and positions, the largest paths through products, and the capital statement. */
  async #pathEvidence(institution: string, { kind, obligor }: Exposure, behind: Behind, at: number, base: Base): Promise<Evidence> {
    const direct: PathStep[] = []
    const refs = [refOf(base.statement, 'inst.metric', this.#part.locate)]
    let count = 1
    if (kind === 'party' && obligor !== UNKNOWN) {
      const asked = { institution, subject: obligor, at }
      const [loans, positions] = await Promise.all([this.#ask(LOANS, asked), this.#ask(POSITIONS, asked)])
      loans.rows.forEach((row, i) =>
        direct.push({ from: institution, to: obligor, kind: 'loan', amount: row['balance'] ?? '', event: loans.refs[i]?.event ?? '' }),
      )
      positions.rows.forEach((row, i) =>
        direct.push({ from: institution, to: obligor, kind: row['kind'] ?? '', amount: row['value'] ?? '', event: positions.refs[i]?.event ?? '' }),
      )
      refs.push(...loans.refs, ...positions.refs)
      count += loans.count + positions.count
    }
    const steps = [...direct.slice(0, PATHS_SHOWN), ...behind.paths.flatMap((r) => r.path)]
    return { refs: [...refs, ...behind.refs], count: count + behind.refs.length, path: steps }
  }
}

/** The least amount that is above zero and near the limit: exactly, so that below it nothing else need be looked at. */
function leastNear(limit: bigint, { value }: Base): bigint {
  const least = (NEAR_PERCENT * limit * value + NEAR_UNIT - 1n) / NEAR_UNIT
  return least > 0n ? least : 1n
}

function shows({ least, watched }: Scale, kind: string, id: string, amount: bigint): boolean {
  return amount >= least || watched.some((of) => of.has(subjectKey({ kind, id })))
}

/** By institution, kind and id of the subject. */
function inOrder({ finding: a }: Candidate, { finding: b }: Candidate): number {
  return compare(a.institution, b.institution) || compare(a.subject.kind, b.subject.kind) || compare(a.subject.id, b.subject.id)
}

function compare(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0
}
