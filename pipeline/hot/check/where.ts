/** Which exposures a limit over `exposure_total` is about: its `where`, asked once for all of a release. */
import { formatDecimal } from '../../contract/index.ts'
import type { LimitRule } from '../../contract/rule.ts'
import { integerColumn, textColumn } from '../../store/columns.ts'
import type { Database } from '../../store/database.ts'
import { load } from '../../store/load.ts'
import { fieldsNamed, withLiterals } from './expression.ts'
import type { Exposure } from './lookthrough.ts'

/** `partyKind`: of the obligor, at the exposure's tick. */
export type AskedWhere = { rule: LimitRule; exposure: Exposure; partyKind: string }

const AMOUNTS = ['direct', 'indirect', 'total'] as const
/** What tells exposures of one kind apart; a `where` that names none of them says the same of all of that kind. */
const OWN = ['obligor', ...AMOUNTS]

export class Where {
  readonly #db: Database
  readonly #limits: readonly LimitRule[]
  /** Limits whose `where` rests on kinds alone, and what it said of them. */
  readonly #byKind: ReadonlySet<LimitRule>
  readonly #known = new Map<string, boolean>()

  constructor(db: Database, limits: readonly LimitRule[]) {
    this.#db = db
    this.#limits = limits
    this.#byKind = new Set(limits.filter(({ where }) => where !== undefined && fieldsNamed(OWN, [where]).length === 0))
  }

  /** Of each whether it is inside; a rule without `where` is about all. */
  async of(asked: readonly AskedWhere[]): Promise<boolean[]> {
    const open = asked.flatMap((a, i) => (a.rule.where === undefined || this.#known.has(this.#kindOf(a)) ? [] : [{ ...a, i }]))
    // One of a kind answers for all of it.
    const distinct = [...new Map(open.map((a) => [this.#byKind.has(a.rule) ? this.#kindOf(a) : a.i, a])).values()]
    const hits = await this.#ask(distinct)
    for (const a of distinct) if (this.#byKind.has(a.rule)) this.#known.set(this.#kindOf(a), hits.has(a.i))
    return asked.map((a, i) => a.rule.where === undefined || (this.#byKind.has(a.rule) ? this.#known.get(this.#kindOf(a)) === true : hits.has(i)))
  }

  #kindOf({ rule, exposure, partyKind }: AskedWhere): string {
    return `${rule.code} ${exposure.kind} ${partyKind}`
  }

  /** The `i` of those inside: one statement for all rules, planned once. */
  async #ask(asked: readonly (AskedWhere & { i: number })[]): Promise<Set<number>> {
    const inside = new Set<number>()
    if (asked.length === 0) return inside
    const columns = {
      i: integerColumn(asked.map((a) => a.i)),
      rule: integerColumn(asked.map((a) => this.#limits.indexOf(a.rule))),
      obligor: textColumn(asked.map((a) => a.exposure.obligor)),
      obligor_kind: textColumn(asked.map((a) => a.exposure.kind)),
      party_kind: textColumn(asked.map((a) => a.partyKind)),
      // As text: a sum may have more digits than an amount.
      ...Object.fromEntries(AMOUNTS.map((name) => [name, textColumn(asked.map((a) => formatDecimal(a.exposure[name], 2)))])),
    }
    const named = Object.entries(columns).map(([name, column]) => ({ name, column }))
    const amounts = AMOUNTS.map((name) => `${name}::DECIMAL(38,2) AS ${name}`)
    const relation = `(SELECT * REPLACE (${amounts.join(', ')}) FROM ${load(this.#db, 'candidates', named, asked.length)})`
    const wheres = this.#limits.map((rule, k) => `WHEN ${k} THEN (${withLiterals(rule, rule.where ?? 'true')})`)
    await this.#db.eachPlannedChunk(`SELECT i FROM ${relation} WHERE CASE rule ${wheres.join(' ')} END`, (chunk) => {
      for (const i of chunk.getColumnValues(0)) inside.add(Number(i))
    })
    return inside
  }
}
