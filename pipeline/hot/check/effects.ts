/** What a statement of state does to the sums, capital bases, rates and the look-through. */
import { dataColumns, type EventType, parseDecimal, STREAMS } from '../../contract/index.ts'
import type { Rule } from '../../contract/rule.ts'
import { BASE_SCALE, type CapitalBook } from './capital.ts'
import { type Locate, refOf } from './evidence.ts'
import { fxCurrency, type FxBook } from './fx.ts'
import type { LookthroughStage } from './lookthrough.ts'
import { productOf, stakeOf } from './product-statements.ts'
import { type Data, type Statement, text, units } from './statement.ts'
import type { KeptField, Standing } from './standing.ts'
import type { ThroughStage } from './through/stage.ts'
import { Totals, type Touched } from './totals.ts'

/**
 * Of a rule: Σ of a field over the statements of a type, per value of the field `by`; without one over all of an institution, whose subject is then
 * `WHOLE`. Measured again when the metric it is held against moves.
 */
export type RuleSum = { code: string; from: EventType; by?: string; sum: string; metric: string }
export const WHOLE = ''
/** A sum, and where it is kept. */
type KeptSum = Pick<RuleSum, 'from' | 'by' | 'sum'> & { totals: Totals }

/** The data fields that take effect, per type; a sum's own fields come on top. */
export const FIELDS: Partial<Record<EventType, string[]>> = {
  'credit.loan': ['customerId', 'balance', 'ccy'],
  'book.position': ['kind', 'issuerId', 'productId', 'trancheId', 'side', 'value', 'ccy', 'share'],
  'product.holding': ['productId', 'asOf', 'nav', 'publicFund', 'lines', 'unidentified', 'tranches'],
  'ref.party': ['partyId', 'kind'],
  'inst.metric': ['metric', 'basis', 'period', 'value'],
  'mkt.price': ['instrumentId', 'kind', 'value'],
}

/** Which of them are needed again when the next statement about the same thing comes. */
const KEPT: Partial<Record<EventType, string[]>> = {
  'credit.loan': ['customerId', 'balance', 'ccy'],
  'book.position': ['issuerId', 'productId', 'side', 'value', 'ccy'],
  'inst.metric': ['metric', 'basis', 'period', 'value'],
}

/** `marked`: per rule code, institution → subjects. */
export type Dirty = { marked: ReadonlyMap<string, ReadonlyMap<string, ReadonlySet<string>>>; touched: ReadonlyMap<Totals, Touched> }

export class Effects {
  /** Sums per rule code; rules that add up the same share them. */
  readonly totals = new Map<string, Totals>()
  readonly #sums: KeptSum[]
  /** Subjects to measure again whose sum stayed, per rule code: `institution` → subjects. */
  #marked = new Map<string, Map<string, Set<string>>>()
  readonly #fields = new Map<EventType, string[]>()
  readonly #rules: RuleSum[]
  readonly #capital: CapitalBook
  readonly #fx: FxBook
  readonly #lookthrough: LookthroughStage
  readonly #through: ThroughStage
  readonly #locate: Locate
  readonly #baseCame: (institution: string, metric: string) => void

  /** `baseCame`: told when an institution has a base that it did not have. */
  constructor(
    rules: RuleSum[],
    capital: CapitalBook,
    fx: FxBook,
    lookthrough: LookthroughStage,
    through: ThroughStage,
    locate: Locate,
    baseCame: (institution: string, metric: string) => void,
  ) {
    this.#rules = rules
    this.#capital = capital
    this.#fx = fx
    this.#lookthrough = lookthrough
    this.#through = through
    this.#locate = locate
    this.#baseCame = baseCame
    this.#sums = [{ from: 'credit.loan', by: 'customerId', sum: 'balance', totals: lookthrough.loans }]
    for (const rule of rules) this.totals.set(rule.code, this.#keptFor(rule))
  }

  /** Fields a statement is read with. */
  readOf(type: EventType): string[] {
    let fields = this.#fields.get(type)
    if (fields === undefined) this.#fields.set(type, (fields = [...new Set([...(FIELDS[type] ?? []), ...this.#summed(type), ...this.#through.readOf(type)])]))
    return fields
  }

  #summed(type: EventType): string[] {
    return this.#rules.filter((r) => r.from === type).flatMap((r) => [r.sum, ...(r.by === undefined ? [] : [r.by]), 'ccy'])
  }

  /** The fields of what stands that the next statement about the same thing takes out of the sums again. */
  keptOf(type: EventType): KeptField[] {
    const kinds = new Map(dataColumns(type).map((c) => [c.field, c.kind]))
    const fields = new Set([...(KEPT[type] ?? []), ...this.#summed(type), ...this.#through.keptOf(type)])
    return [...fields].map((field) => ({ field, kind: kinds.get(field) === 'money' ? 'money' : 'text' }))
  }

  /** A statement about an earlier valid time than what stands changes nothing; another source's word on a shared thing is a claim. */
  accept(type: EventType, before: Standing | undefined, statement: Statement): 'accepted' | 'older' | 'claim' {
    if (before === undefined) return 'accepted'
    if (STREAMS[type].shared && before.source !== statement.source) return 'claim'
    return statement.time >= before.time ? 'accepted' : 'older'
  }

  /** Returns what stands from now on. */
  apply(type: EventType, before: Standing | undefined, after: Statement): Standing {
    const { data } = after
    const was = before === undefined || before.deleted ? undefined : before.data
    const is = after.op === 'delete' ? undefined : data
    const exchanged = { from: before?.institution, was, to: after.institution, is }
    for (const sum of this.#sums) if (sum.from === type) exchange(sum, exchanged)
    this.#special(type, was, is, before, after)
    this.#through.apply({ type, was, from: before?.institution, is, after })
    return { slot: after.slot, time: after.time, source: after.source, institution: after.institution, deleted: after.op === 'delete', data }
  }

  /** The sums over a type's standing statements, and where each of them is kept: for reading them back. */
  sumsOver(type: EventType): (Pick<KeptSum, 'by' | 'sum' | 'totals'> & { where: string })[] {
    const sums = this.#sums.filter(({ from }) => from === type).map((s) => ({ ...s, where: 'true' }))
    const direct = { by: 'issuerId', sum: 'value', where: `"productId" IS NULL AND side = 'long'`, totals: this.#lookthrough.positions }
    return type === 'book.position' ? [...sums, direct] : sums
  }

  /** Takes a metric, a product or a stake in one in again, as it was stated. */
  recallWhole(type: EventType, statement: Statement): void {
    this.#special(type, undefined, statement.data, undefined, statement)
  }

  ratesChanged(): void {
    this.#lookthrough.ratesChanged()
    this.#through.ratesChanged()
    for (const [code, totals] of this.totals) for (const [institution, subject] of totals.foreignSubjects()) this.mark(code, institution, subject)
  }

  /** Everyone is to be measured, or everyone in institutions that are such. */
  markAll(such: (institution: string, metric: string) => boolean = () => true): void {
    for (const rule of this.#rules) {
      const institutions = new Set([...(this.totals.get(rule.code)?.institutions() ?? []), ...this.#capital.institutions(rule.metric)])
      for (const institution of institutions) if (such(institution, rule.metric)) this.#markSubjects(rule, institution)
    }
  }

  /** Of an institution all subjects of a rule; as a whole it is one even where there is nothing to add up. */
  #markSubjects({ code, by }: RuleSum, institution: string): void {
    const subjects = by === undefined ? [WHOLE] : (this.totals.get(code)?.subjects(institution) ?? [])
    for (const subject of subjects) this.mark(code, institution, subject)
  }

  /** A subject is to be measured. */
  mark(code: string, institution: string, subject: string): void {
    let byInstitution = this.#marked.get(code)
    if (byInstitution === undefined) this.#marked.set(code, (byInstitution = new Map()))
    const subjects = byInstitution.get(institution)
    if (subjects === undefined) byInstitution.set(institution, new Set([subject]))
    else subjects.add(subject)
  }

  /** Whom to measure: whose sums were added to since the last call, and who was marked. */
  takeDirty(): Dirty {
    const marked = this.#marked
    if (marked.size > 0) this.#marked = new Map()
    const touched = new Map<Totals, Touched>()
    const take = (totals: Totals) => {
      if (totals.isTouched) touched.set(totals, totals.takeTouched())
    }
    for (const { totals } of this.#sums) take(totals)
    take(this.#lookthrough.positions)
    return { marked, touched }
  }

  #keptFor({ from, by, sum }: RuleSum): Totals {
    const known = this.#sums.find((s) => s.from === from && s.by === by && s.sum === sum)
    const kept = known ?? { from, ...(by !== undefined && { by }), sum, totals: new Totals() }
    if (known === undefined) this.#sums.push(kept)
    return kept.totals
  }

  #special(type: EventType, was: Data | undefined, is: Data | undefined, before: Standing | undefined, after: Statement): void {
    if (type === 'book.position') {
      const direct = { by: 'issuerId', sum: 'value', totals: this.#lookthrough.positions }
      exchange(direct, { from: before?.institution, was: directOf(was), to: after.institution, is: directOf(is) })
      this.#position(was, is, after)
    } else if (type === 'product.holding')
      this.#lookthrough.setProduct(after.key, is === undefined ? undefined : productOf(is, refOf(after, 'product.holding', this.#locate)))
    else if (type === 'ref.party') {
      if (is !== undefined) this.#lookthrough.setParty(text(is['partyId']) ?? '', text(is['kind']) ?? '')
    } else if (type === 'inst.metric') this.#metric(is ?? was, is !== undefined, after)
    else if (type === 'mkt.price' && is !== undefined && is['kind'] === 'fx') this.#rate(is, after)
  }

  #position(was: Data | undefined, is: Data | undefined, after: Statement): void {
    if (is?.['productId'] === undefined && was?.['productId'] === undefined) return
    this.#lookthrough.setStake(after.institution, after.key, is === undefined ? undefined : stakeOf(is, after, this.#locate))
  }

  #metric(data: Data | undefined, stands: boolean, after: Statement): void {
    if (data === undefined) return
    const [metric, basis, period] = [text(data['metric']) ?? '', text(data['basis']) ?? '', text(data['period']) ?? '']
    const value = parseDecimal(text(data['value']) ?? '0', BASE_SCALE) ?? 0n
    const before = this.#capital.latest(after.institution, metric)
    this.#capital.set(after.institution, metric, basis, period, stands ? { value, statement: after } : undefined)
    if (this.#capital.latest(after.institution, metric)?.value === before?.value) return
    if (before === undefined) this.#baseCame(after.institution, metric)
    if (metric === 'tier1') this.#lookthrough.baseChanged(after.institution)
    this.#through.baseChanged(after.institution)
    for (const rule of this.#rules) if (rule.metric === metric) this.#markSubjects(rule, after.institution)
  }

  /** The first rate of a currency gives its amounts a value; later ones take effect at the next Shanghai midnight. */
  #rate(is: Data, after: Statement): void {
    const ccy = fxCurrency(text(is['instrumentId']) ?? '')
    if (ccy === undefined) return
    const known = this.#fx.rate(ccy, after.e)
    this.#fx.observe(ccy, parseDecimal(text(is['value']) ?? '0', 10) ?? 0n, after.e)
    if (this.#fx.rate(ccy, after.e) !== known) this.ratesChanged()
  }
}

/** In whose sum a statement is; undefined: in none. */
function subjectOf(data: Data | undefined, by: string | undefined): string | undefined {
  if (data === undefined) return undefined
  return by === undefined ? WHOLE : text(data[by])
}

/** Long positions on an issuer are direct exposure, as loans to a customer are (contract §6). */
function directOf(data: Data | undefined): Data | undefined {
  return data === undefined || data['productId'] !== undefined || data['side'] !== 'long' ? undefined : data
}

/** What was stated by whom, and what is. */
type Exchanged = { from: string | undefined; was: Data | undefined; to: string; is: Data | undefined }

/** Takes out of a sum what was and puts in what is: one change where it is the same one. */
function exchange({ by, sum, totals }: Omit<KeptSum, 'from'>, { from = '', was, to, is }: Exchanged): void {
  const before = subjectOf(was, by)
  const after = subjectOf(is, by)
  const ccy = text(is?.['ccy']) ?? 'CNY'
  const ccyBefore = text(was?.['ccy']) ?? 'CNY'
  if (before !== undefined && before === after && from === to && ccyBefore === ccy) return totals.add(to, after, ccy, units(is?.[sum]) - units(was?.[sum]))
  if (before !== undefined) totals.add(from, before, ccyBefore, -units(was?.[sum]))
  if (after !== undefined) totals.add(to, after, ccy, units(is?.[sum]))
}

/** What of the rules is a sum over statements. */
export function sumsOf(rules: readonly Rule[]): RuleSum[] {
  return rules.flatMap((rule): RuleSum[] => {
    if (rule.kind === 'summary') return [{ code: rule.code, ...rule.detail, metric: rule.reported }]
    if (rule.kind !== 'limit' || !('by' in rule.numerator)) return []
    const { from, by, sum } = rule.numerator
    return [{ code: rule.code, from, by, sum, metric: rule.base.metric }]
  })
}
