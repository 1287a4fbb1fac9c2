/**
 * Amounts against a part of a capital base, in event order within each tick (docs/decisions/0026). Statements of state are heard as they take effect,
 * occurrences are brought once the watermark has passed them.
 */
import type { EventType } from '../../../contract/event.ts'
import type { EvidenceRef, Occurred } from '../../../contract/finding.ts'
import { formatDecimal, parseDecimal, rescale, STREAMS } from '../../../contract/index.ts'
import type { AmountRule } from '../../../contract/rule.ts'
import { compareText } from '../../../contract/text.ts'
import { tickOf } from '../../../contract/tick.ts'
import type { Database } from '../../../store/database.ts'
import type { Fate } from '../applier.ts'
import { BASE_SCALE, type CapitalBook } from '../capital.ts'
import type { Ending } from '../endings.ts'
import { type Locate, refOf } from '../evidence.ts'
import type { FxBook } from '../fx.ts'
import type { Question } from '../question.ts'
import type { Statement } from '../statement.ts'
import { BasesInOrder } from './bases.ts'
import { type Counted, type Verdict, weighed } from './chain.ts'
import { Chains, type Place } from './chains.ts'

export type AmountsPart = {
  rules: readonly AmountRule[]
  /** Those over statements of a type, in the order of their verdicts. */
  questionsOver(type: EventType): readonly Question[]
  capital: CapitalBook
  fx: FxBook
  db: Database
  locate: Locate
  /** How far back, ms, a correction reaches. */
  keepMs: number
  /** What is of this time or before, ms, raises nothing. */
  judgeFrom?: number | undefined
}

const MONEY_SCALE = 2

/** What a rule was told of an event. `amount`: as text, in `ccy`. */
type Told = {
  rule: AmountRule
  type: EventType
  s: Pick<Statement, 'e' | 'time' | 'source' | 'id' | 'sequence' | 'part' | 'offset' | 'institution'>
  order: string
  thing: string
  subject: string
  /** Whether it satisfies `when`. */
  hits: boolean
  /** Whether it stands from now on. */
  stands: boolean
  corrects: boolean
  amount: string
  ccy: string
}
/** What is said of what counts; without a verdict it holds no more. */
type Said = { told: Told; counted: Counted; verdict: Verdict | undefined; event: string; refs: Counted['refs']; subject: string }

export class Amounts {
  readonly #part: AmountsPart
  readonly #bases: BasesInOrder
  readonly #chains: Chains
  #told: Told[] = []
  /** Occurrences that wait for their tick, by effective time. */
  readonly #occurring: Told[] = []
  #found: Occurred[] = []

  constructor(part: AmountsPart) {
    this.#part = part
    this.#bases = new BasesInOrder(part.capital)
    this.#chains = new Chains(part.db, part.rules)
  }

  async restore(): Promise<void> {
    await this.#chains.restore()
  }

  /** Told of every statement before it takes effect. */
  hear(type: EventType, statement: Statement, fate: Fate): void {
    if (this.#part.rules.length === 0) return
    const stands = fate === 'accepted'
    const metric = type === 'inst.metric' && stands ? String(statement.data['metric']) : undefined
    if (metric !== undefined && this.#part.rules.some((rule) => rule.base.metric === metric))
      this.#bases.changes(this.#refOf(statement, type).order, statement.institution, metric)
    for (const [k, { rule }] of this.#part.questionsOver(type).entries()) {
      if (rule.kind !== 'amount') continue
      const corrects = statement.op !== 'upsert'
      const hits = statement.op !== 'delete' && statement.verdicts.hit(k)
      if (corrects || (hits && stands)) this.#told.push(this.#toldOf(rule, statement, statement.verdicts.of(k), { hits, stands, corrects }))
    }
  }

  /** Occurrences that take effect in this release. */
  bring(endings: readonly Ending[]): void {
    for (const { code, holds, corrects, sequence, ...event } of endings) {
      const rule = this.#part.rules.find((r) => r.code === code)
      if (rule === undefined) continue
      this.#occurring.push(this.#toldOf(rule, { ...event, sequence: BigInt(sequence) }, event, { hits: holds, stands: true, corrects }))
    }
    this.#occurring.sort((a, b) => a.s.e - b.s.e)
  }

  /** The ticks in which occurrences take effect that have been brought. */
  ticks(): number[] {
    return this.#occurring.map(({ s }) => tickOf(s.e))
  }

  /** Judges what took effect in this tick. */
  tick(at: number): void {
    const later = this.#occurring.findIndex(({ s }) => s.e > at)
    const due = this.#occurring.splice(0, later < 0 ? this.#occurring.length : later)
    const told = [...this.#told, ...due].sort((a, b) => compareText(a.order, b.order))
    this.#told = []
    for (const one of told) {
      if (STREAMS[one.type].state) this.#statement(one)
      else this.#occurrence(one)
    }
    this.#bases.clear()
  }

  take(): Occurred[] {
    const found = this.#found
    this.#found = []
    return found
  }

  async write(): Promise<void> {
    await this.#chains.write()
  }

  #toldOf(
    rule: AmountRule,
    s: Told['s'],
    { subject, values: [amount = '', ccy = '', thing = ''] }: { subject: string; values: readonly string[] },
    is: Pick<Told, 'hits' | 'stands' | 'corrects'>,
  ): Told {
    return { rule, type: rule.reads, s, order: this.#refOf(s, rule.reads).order, thing, subject, amount, ccy, ...is }
  }

  #refOf(s: Parameters<typeof refOf>[0], type: EventType): EvidenceRef {
    return refOf(s, type, this.#part.locate)
  }

  /** With the base as it is at this place in event order. Of an amount in a currency without any rate there is nothing to say. */
  #countedOf({ rule, type, s, order, thing, amount, ccy }: Told): Counted | undefined {
    const units = this.#part.fx.toCny(parseDecimal(amount, MONEY_SCALE) ?? 0n, ccy, s.e)
    if (units === undefined) return undefined
    const base = this.#bases.at(order, s.institution, rule.base.metric)
    const refs = [this.#refOf(s, type), ...(base === undefined ? [] : [this.#refOf(base.statement, 'inst.metric')])]
    return { thing, event: eventOf(s), begun: order, e: s.e, time: s.time, amount: units, base: base?.value, refs }
  }

  /** A correction or deletion says of the occurrences that it is about what it would be itself. */
  #occurrence(told: Told): void {
    const { rule, s, subject, hits, corrects } = told
    const counted = hits ? this.#countedOf(told) : undefined
    const verdict = counted && weighed(rule, { institution: s.institution, at: s.time }, counted).verdict
    const said = counted ?? this.#countedOf({ ...told, amount: '0', ccy: 'CNY' })
    if (said !== undefined && (corrects || verdict?.holds === true)) this.#say({ told, counted: said, verdict, event: said.event, refs: said.refs, subject })
  }

  /** A thing counts once. A correction of the statement that counts takes its place, a deletion at its time takes it out, and what followed is added up again. */
  #statement(told: Told): void {
    const { rule, s, subject, hits, stands, corrects } = told
    const place = this.#chains.placeOf(rule, s.institution, told.thing)
    const was = place?.chain.counted[place.at]
    if (place !== undefined && was !== undefined) {
      if (!corrects || was.time !== s.time) return
      const counted = hits && place.subject === subject ? this.#countedOf(told) : undefined
      this.#replace(told, place, was, counted && { ...was, amount: counted.amount, refs: [...counted.refs.slice(0, 1), ...was.refs.slice(1)] })
      if (counted !== undefined) return
    }
    const counted = hits && stands ? this.#countedOf(told) : undefined
    if (counted === undefined) return
    const { chain, verdict } = this.#chains.add(rule, s.institution, subject, counted)
    if (verdict.holds)
      this.#say({ told: { ...told, corrects: false }, counted, verdict, event: counted.event, refs: chain.refsOf(chain.counted.length - 1), subject })
  }

  /** What it makes of the alerts that rest on the statement it corrects. */
  #replace(told: Told, place: Place, was: Counted, now: Counted | undefined): void {
    const { chain, at, subject } = place
    const before = this.#chains.replace(told.rule, told.s.institution, place, now)
    const corrected = eventOf(told.s)
    if (now === undefined) this.#say({ told, counted: was, verdict: undefined, event: corrected, refs: [this.#refOf(told.s, told.type)], subject })
    for (let i = at; i < chain.counted.length; i++) {
      const [counted, said, verdict] = [chain.counted[i] as Counted, before[i] as Verdict, chain.verdicts[i] as Verdict]
      const isOwn = counted === now
      if (!said.holds && !verdict.holds) continue
      if (!isOwn && said.holds === verdict.holds && said.sum === verdict.sum && said.threshold === verdict.threshold) continue
      this.#say({ told, counted, verdict, event: isOwn ? corrected : `${counted.event}|${corrected}`, refs: chain.refsOf(i), subject })
    }
  }

  /** Without a verdict it holds no more, and its last values stand. */
  #say({ told, counted, verdict, event, refs, subject: id }: Said): void {
    const { rule, s, type, order, corrects } = told
    const { keepMs, judgeFrom = -Infinity } = this.#part
    const reaches = s.e - keepMs
    if (counted.e <= judgeFrom || (corrects && counted.time < reaches)) return
    this.#found.push({
      kind: 'occurred',
      rule,
      institution: s.institution,
      subject: { kind: rule.subject.kind, id },
      at: corrects ? tickOf(s.e) : STREAMS[type].state ? s.e : s.time,
      holds: verdict?.holds === true,
      corrects,
      event,
      order,
      thing: counted.thing,
      time: counted.time,
      reaches,
      threshold: verdict?.threshold ?? '',
      values: verdict === undefined ? {} : valuesOf(rule, counted, verdict),
      evidence: () => ({ refs, count: refs.length, path: [] }),
    })
  }
}

function valuesOf(rule: AmountRule, { amount, base }: Counted, { sum }: Verdict): Record<string, string> {
  return {
    [rule.value]: formatDecimal(amount, MONEY_SCALE),
    ...(rule.running !== undefined && { [rule.running.value]: formatDecimal(sum, MONEY_SCALE) }),
    [rule.base.name]: base === undefined ? '' : formatDecimal(rescale(base, BASE_SCALE, MONEY_SCALE), MONEY_SCALE),
  }
}

function eventOf({ source, id }: Pick<Statement, 'source' | 'id'>): string {
  return `${source}|${id}`
}
