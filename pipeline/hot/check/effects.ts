/** What a statement of state does to the sums, capital bases, rates and the look-through: the same when it comes and when it is read back. */
import type { DuckDBDecimalValue, DuckDBValue } from '@duckdb/node-api'
import { type EventType, parseDecimal, STREAMS } from '../../contract/index.ts'
import type { LimitRule, StateSum } from '../../contract/rule.ts'
import { type Database, quote } from '../../store/database.ts'
import { stateTable } from '../../store/schema.ts'
import { BASE_SCALE, type CapitalBook } from './capital.ts'
import { type Locate, refOf } from './evidence.ts'
import { fxCurrency, type FxBook } from './fx.ts'
import { type LookthroughStage, readLines, readTranches } from './lookthrough.ts'
import { readStatements, type Statement } from './release.ts'
import { Totals } from './totals.ts'

type SumRule = LimitRule & { numerator: StateSum }

/** The data fields that take effect, per type; a sum's own fields come on top. */
export const FIELDS: Partial<Record<EventType, string[]>> = {
  'credit.loan': ['customerId', 'balance', 'ccy'],
  'book.position': ['kind', 'issuerId', 'productId', 'trancheId', 'side', 'value', 'ccy', 'share'],
  'product.holding': ['productId', 'nav', 'lines', 'unidentified', 'tranches'],
  'ref.party': ['partyId', 'kind'],
  'inst.metric': ['metric', 'basis', 'period', 'value'],
  'mkt.price': ['instrumentId', 'kind', 'value'],
}

export class Effects {
  /** Sums per rule code. */
  readonly totals = new Map<string, Totals>()
  /** Subjects to measure again, per rule code: `institution` → subjects. */
  #dirty = new Map<string, Map<string, Set<string>>>()
  readonly #rules: SumRule[]
  readonly #capital: CapitalBook
  readonly #fx: FxBook
  readonly #lookthrough: LookthroughStage
  readonly #locate: Locate

  constructor(rules: SumRule[], capital: CapitalBook, fx: FxBook, lookthrough: LookthroughStage, locate: Locate) {
    this.#rules = rules
    this.#capital = capital
    this.#fx = fx
    this.#lookthrough = lookthrough
    this.#locate = locate
    for (const rule of rules) this.totals.set(rule.code, new Totals())
  }

  fieldsOf(type: EventType): string[] {
    return this.#rules.filter((r) => r.numerator.from === type).flatMap((r) => [r.numerator.sum, r.numerator.by, 'ccy'])
  }

  /** A statement about an earlier valid time than what stands changes nothing; another source's word on a shared thing is a claim. */
  accept(type: EventType, before: Statement | undefined, statement: Statement): 'accepted' | 'older' | 'claim' {
    if (before === undefined) return 'accepted'
    if (STREAMS[type].shared && before.source !== statement.source) return 'claim'
    return statement.time >= before.time ? 'accepted' : 'older'
  }

  /** The row for `lt.claim`. */
  claim(type: EventType, before: Statement, statement: Statement): string {
    const texts = [type, statement.key, statement.source, statement.institution, `${statement.source}|${statement.id}`].map(quote)
    const words = (s: Statement) => quote(s.data.map((v) => String(v ?? '')).join('|'))
    return `INSERT INTO lt.claim VALUES (${texts.join(', ')}, ${words(statement)}, ${words(before)})`
  }

  apply(type: EventType, before: Statement | undefined, after: Statement): void {
    const was = before === undefined || before.op === 'delete' ? undefined : this.#read(type, before)
    const is = after.op === 'delete' ? undefined : this.#read(type, after)
    for (const rule of this.#rules) {
      if (rule.numerator.from !== type) continue
      if (was !== undefined && before !== undefined) this.#sum(rule, before.institution, was, -1n)
      if (is !== undefined) this.#sum(rule, after.institution, is, 1n)
    }
    this.#special(type, was, is, before, after)
  }

  /** Reads the standing statements of a type back from the file. */
  async load(db: Database, type: EventType): Promise<void> {
    const fields = [...new Set([...(FIELDS[type] ?? []), ...this.fieldsOf(type)])]
    if (fields.length === 0) return
    for (const statement of await readStatements(db, type, fields, `engine.state_${stateTable(type)}`)) this.apply(type, undefined, statement)
  }

  ratesChanged(): void {
    this.#lookthrough.ratesChanged()
    for (const [code, totals] of this.totals) for (const [institution, subject] of totals.foreignSubjects()) this.#mark(code, institution, subject)
  }

  takeDirty(): Map<string, Map<string, Set<string>>> {
    const dirty = this.#dirty
    this.#dirty = new Map()
    return dirty
  }

  #read(type: EventType, statement: Statement): Record<string, DuckDBValue> {
    const fields = [...new Set([...(FIELDS[type] ?? []), ...this.fieldsOf(type)])]
    return Object.fromEntries(fields.map((f, i) => [f, statement.data[i] ?? null]))
  }

  #sum(rule: SumRule, institution: string, data: Record<string, DuckDBValue>, sign: bigint): void {
    const subject = text(data[rule.numerator.by])
    const amount = units(data[rule.numerator.sum])
    if (subject === undefined) return
    this.totals.get(rule.code)?.add(institution, subject, text(data['ccy']) ?? 'CNY', sign * amount)
    this.#mark(rule.code, institution, subject)
  }

  #special(
    type: EventType,
    was: Record<string, DuckDBValue> | undefined,
    is: Record<string, DuckDBValue> | undefined,
    before: Statement | undefined,
    after: Statement,
  ): void {
    if (type === 'credit.loan') {
      if (was !== undefined && before !== undefined)
        this.#lookthrough.addDirect(before.institution, text(was['customerId']) ?? '', text(was['ccy']) ?? 'CNY', -units(was['balance']))
      if (is !== undefined) this.#lookthrough.addDirect(after.institution, text(is['customerId']) ?? '', text(is['ccy']) ?? 'CNY', units(is['balance']))
    } else if (type === 'book.position') this.#position(was, is, after)
    else if (type === 'product.holding') this.#holding(is, after)
    else if (type === 'ref.party') {
      if (is !== undefined) this.#lookthrough.setParty(text(is['partyId']) ?? '', text(is['kind']) ?? '')
    } else if (type === 'inst.metric') this.#metric(is ?? was, is !== undefined, after)
    else if (type === 'mkt.price' && is !== undefined && is['kind'] === 'fx') this.#rate(is, after)
  }

  #position(was: Record<string, DuckDBValue> | undefined, is: Record<string, DuckDBValue> | undefined, after: Statement): void {
    for (const [data, sign] of [
      [was, -1n],
      [is, 1n],
    ] as const) {
      if (data === undefined || data['side'] !== 'long') continue
      const issuer = text(data['issuerId'])
      if (data['productId'] === null && issuer !== undefined)
        this.#lookthrough.addDirect(after.institution, issuer, text(data['ccy']) ?? 'CNY', sign * units(data['value']))
    }
    const product = text(is?.['productId'])
    const had = text(was?.['productId'])
    if (product === undefined && had === undefined) return
    if (is === undefined || product === undefined || is['side'] !== 'long') {
      this.#lookthrough.setStake(after.institution, after.key, undefined)
      return
    }
    const [tranche, share] = [text(is['trancheId']), text(is['share'])]
    this.#lookthrough.setStake(after.institution, after.key, {
      kind: text(is['kind']) ?? '',
      product,
      value: 0n,
      amount: units(is['value']),
      ccy: text(is['ccy']) ?? 'CNY',
      ref: refOf(after, 'book.position', this.#locate),
      ...(tranche !== undefined && { tranche }),
      ...(share !== undefined && { share: Number(share) }),
    })
  }

  #holding(is: Record<string, DuckDBValue> | undefined, after: Statement): void {
    const id = after.key
    if (is === undefined) this.#lookthrough.setProduct(id, undefined)
    else {
      this.#lookthrough.setProduct(id, {
        id,
        nav: units(is['nav']),
        lines: readLines(text(is['lines']) ?? '[]'),
        unidentified: units(is['unidentified']),
        tranches: readTranches(text(is['tranches']) ?? null),
        ref: refOf(after, 'product.holding', this.#locate),
      })
    }
  }

  #metric(data: Record<string, DuckDBValue> | undefined, stands: boolean, after: Statement): void {
    if (data === undefined) return
    const [metric, basis, period] = [text(data['metric']) ?? '', text(data['basis']) ?? '', text(data['period']) ?? '']
    const value = parseDecimal(text(data['value']) ?? '0', BASE_SCALE) ?? 0n
    const before = this.#capital.latest(after.institution, metric)
    this.#capital.set(after.institution, metric, basis, period, stands ? { value, statement: after } : undefined)
    if (this.#capital.latest(after.institution, metric)?.value === before?.value) return
    if (metric === 'tier1') this.#lookthrough.baseChanged(after.institution)
    for (const rule of this.#rules) {
      if (rule.base.metric === metric)
        for (const subject of this.totals.get(rule.code)?.subjects(after.institution) ?? []) this.#mark(rule.code, after.institution, subject)
    }
  }

  /** The first rate of a currency gives its amounts a value; later ones take effect at the next Shanghai midnight. */
  #rate(is: Record<string, DuckDBValue>, after: Statement): void {
    const ccy = fxCurrency(text(is['instrumentId']) ?? '')
    if (ccy === undefined) return
    const known = this.#fx.rate(ccy, after.e)
    this.#fx.observe(ccy, parseDecimal(text(is['value']) ?? '0', 10) ?? 0n, after.e)
    if (this.#fx.rate(ccy, after.e) !== known) this.ratesChanged()
  }

  #mark(code: string, institution: string, subject: string): void {
    const byInstitution = this.#dirty.get(code) ?? new Map<string, Set<string>>()
    const subjects = byInstitution.get(institution) ?? new Set<string>()
    subjects.add(subject)
    byInstitution.set(institution, subjects)
    this.#dirty.set(code, byInstitution)
  }
}

function text(value: DuckDBValue | undefined): string | undefined {
  return value === null || value === undefined ? undefined : String(value)
}

/** Minor units of a money column. */
function units(value: DuckDBValue | undefined): bigint {
  return value === null || value === undefined ? 0n : (value as DuckDBDecimalValue).value
}
