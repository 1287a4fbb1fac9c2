/**
 * Measures limits at ticks: per changed subject the numerator and the capital base, exactly. Only what is near its limit,
 * or has an episode open, becomes a finding; the rule's `where` is asked once for all of a release.
 */
import { type EventType, formatDecimal, parseDecimal, type PathStep, ratioText, rescale } from '../../contract/index.ts'
import type { AlertSubject } from '../../contract/alert.ts'
import type { Evidence, Measured } from '../../contract/finding.ts'
import type { LimitRule } from '../../contract/rule.ts'
import { type Database, quote } from '../../store/database.ts'
import { UNKNOWN } from '../../through/products.ts'
import { type Base, BASE_SCALE, type CapitalBook } from './capital.ts'
import type { Effects } from './effects.ts'
import { type AskedFor, type EvidenceSpec, type Locate, refOf, type StatementsAsOf, statementsAsOf } from './evidence.ts'
import { withLiterals } from './expression.ts'
import type { FxBook } from './fx.ts'
import type { Exposure, LookthroughStage } from './lookthrough.ts'

export type MeasurePart = {
  db: Database
  limits: LimitRule[]
  capital: CapitalBook
  fx: FxBook
  effects: Effects
  lookthrough: LookthroughStage
  isOpen(key: string): boolean
  /** Nothing was ever stated in this stream. */
  isEmpty(type: EventType): boolean
  locate: Locate
}

/** Below this percentage of its limit a subject without an open episode cannot be in any band, with the slack of the ladder. */
const NEAR_PERCENT = 77n
/** At the 20 decimals of a limit. */
const HUNDRED_PERCENT = 100n * 10n ** 20n
/** Paths shown on an alert, largest first. */
const PATHS_SHOWN = 10

/** What an obligor's direct exposure rests on. */
const LOANS: EvidenceSpec = { type: 'credit.loan', by: 'customerId', fields: ['balance'] }
const POSITIONS: EvidenceSpec = { type: 'book.position', by: 'issuerId', where: `"productId" IS NULL AND side = 'long'`, fields: ['value', 'kind'] }

type Ask = (asked: AskedFor) => Promise<StatementsAsOf>
type Candidate = { finding: Measured; exposure?: Exposure }

export class Measure {
  readonly #part: MeasurePart
  /** What may have an episode after this release, by its key. */
  readonly #near = new Map<string, { code: string; institution: string; subject: AlertSubject }>()
  /** Per rule: the part of its limit from which on a subject is near it, in percent at 20 decimals. */
  readonly #nearOf = new Map<LimitRule, bigint>()
  #candidates: Candidate[] = []
  readonly #asks = new Map<string, Ask>()

  constructor(part: MeasurePart) {
    this.#part = part
  }

  /** Measures every subject that changed in this tick. */
  tick(at: number): void {
    const { effects, lookthrough, limits, fx } = this.#part
    const dirty = effects.takeDirty()
    const exposures = lookthrough.changed(at)
    for (const rule of limits) {
      const { numerator } = rule
      if (numerator.from === 'exposure_total') {
        for (const [institution, exposure] of exposures) this.#exposure(rule, numerator.sum, institution, exposure, at)
        continue
      }
      for (const [institution, subjects] of [...(dirty.get(rule.code) ?? [])].sort(([a], [b]) => (a < b ? -1 : 1))) {
        for (const subject of [...subjects].sort()) {
          const amount = effects.totals.get(rule.code)?.cny(institution, subject, at, fx) ?? 0n
          const evidence = (base: Base) => this.#sumEvidence(rule, institution, subject, at, base)
          this.#measure(rule, institution, { kind: numerator.subjectKind, id: subject }, at, amount, {}, evidence)
        }
      }
    }
  }

  /** Subjects measured since the last `take` that may have an episode by now. */
  near(code: string, institution: string): AlertSubject[] {
    return [...this.#near.values()].filter((n) => n.code === code && n.institution === institution).map((n) => n.subject)
  }

  /** The findings since the last call; a subject outside its rule's `where` measures nothing. */
  async take(): Promise<Measured[]> {
    const candidates = this.#candidates
    this.#candidates = []
    this.#near.clear()
    const rules = new Set(candidates.map((c) => c.finding.rule as LimitRule))
    for (const rule of rules)
      if (rule.where !== undefined)
        await this.#where(
          rule,
          rule.where,
          candidates.filter((c) => c.finding.rule === rule),
        )
    return candidates.map((c) => c.finding)
  }

  async #where(rule: LimitRule, where: string, candidates: Candidate[]): Promise<void> {
    const money = (units: bigint) => `${formatDecimal(units, 2)}::DECIMAL(38,2)`
    const rows = candidates.map(({ exposure: x }, i) =>
      x === undefined
        ? ''
        : `(${i}, ${quote(x.obligor)}, ${quote(x.kind)}, ${quote(x.partyKind)}, ${money(x.direct)}, ${money(x.indirect)}, ${money(x.direct + x.indirect)})`,
    )
    const inside = await this.#part.db.rows(
      `SELECT i FROM (VALUES ${rows.join(', ')}) v(i, obligor, obligor_kind, party_kind, direct, indirect, total) WHERE ${withLiterals(rule, where)}`,
    )
    const kept = new Set(inside.map((r) => Number(r[0])))
    candidates.forEach((c, i) => {
      if (!kept.has(i)) c.finding.numerator = 0n
    })
  }

  #exposure(rule: LimitRule, column: 'total' | 'direct' | 'indirect', institution: string, exposure: Exposure, at: number): void {
    const amounts = { direct: exposure.direct, indirect: exposure.indirect, total: exposure.direct + exposure.indirect }
    const also = Object.fromEntries((rule.also ?? []).map((name) => [name, formatDecimal(amounts[name], 2)]))
    const evidence = (base: Base) => this.#pathEvidence(institution, exposure, at, base)
    this.#measure(rule, institution, { kind: exposure.kind, id: exposure.obligor }, at, amounts[column], also, evidence, exposure)
  }

  #measure(
    rule: LimitRule,
    institution: string,
    subject: AlertSubject,
    at: number,
    amount: bigint,
    also: Record<string, string>,
    evidence: (base: Base) => Promise<Evidence>,
    exposure?: Exposure,
  ): void {
    const base = this.#part.capital.latest(institution, rule.base.metric)
    if (base === undefined) return
    const numerator = rescale(amount, 2, BASE_SCALE)
    const key = `${rule.code}|${institution}|${subject.kind}:${subject.id}`
    if (!this.#isNear(rule, numerator, base.value) && !this.#near.has(key) && !this.#part.isOpen(key)) return
    this.#near.set(key, { code: rule.code, institution, subject })
    const values: Record<string, string> = {
      [rule.value]: formatDecimal(amount, 2),
      ...also,
      [rule.base.name]: formatDecimal(rescale(base.value, BASE_SCALE, 2), 2),
      ...(base.value !== 0n && { share: ratioText(numerator, base.value) }),
    }
    const finding: Measured = { kind: 'measured', rule, institution, subject, at, values, numerator, denominator: base.value, evidence: () => evidence(base) }
    this.#candidates.push({ finding, ...(exposure !== undefined && { exposure }) })
  }

  #isNear(rule: LimitRule, numerator: bigint, base: bigint): boolean {
    let near = this.#nearOf.get(rule)
    if (near === undefined) this.#nearOf.set(rule, (near = NEAR_PERCENT * (parseDecimal(String(rule.parameters[rule.limit]?.value ?? '0'), 20) ?? 0n)))
    return numerator > 0n && numerator * HUNDRED_PERCENT >= near * base
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
  async #pathEvidence(institution: string, exposure: Exposure, at: number, base: Base): Promise<Evidence> {
    const { obligor } = exposure
    const direct: PathStep[] = []
    const refs = [refOf(base.statement, 'inst.metric', this.#part.locate)]
    let count = 1
    if (exposure.kind === 'party' && obligor !== UNKNOWN) {
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
    const through = new Map(exposure.reached.flatMap((r) => r.refs).map((r) => [r.event, r]))
    const largest = [...exposure.reached].sort((a, b) => (a.amount < b.amount ? 1 : a.amount > b.amount ? -1 : 0)).slice(0, PATHS_SHOWN)
    return { refs: [...refs, ...through.values()], count: count + through.size, path: [...direct.slice(0, PATHS_SHOWN), ...largest.flatMap((r) => r.path)] }
  }
}
