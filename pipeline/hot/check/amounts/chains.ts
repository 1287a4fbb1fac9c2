/** The chains of all amount rules over statements of state, in memory and in `engine.amounts`. */
import { compareText } from '../../../contract/text.ts'
import type { AmountRule } from '../../../contract/rule.ts'
import { textColumn } from '../../../store/columns.ts'
import { type Database, quote } from '../../../store/database.ts'
import { Chain, type Counted, type Verdict } from './chain.ts'

/** Where a thing counts. */
export type Place = { chain: Chain; subject: string; at: number }
type Row = { code: string; institution: string; subject: string; counted: Counted }

export class Chains {
  readonly #db: Database
  readonly #rules: readonly AmountRule[]
  /** By rule, institution and subject. */
  readonly #chains = new Map<string, Chain>()
  /** Whose chain a thing is in, by rule, institution and thing. */
  readonly #subjects = new Map<string, string>()
  /** What is not written yet, by rule, institution and thing; undefined: no more in any chain. */
  readonly #unwritten = new Map<string, Row | undefined>()

  constructor(db: Database, rules: readonly AmountRule[]) {
    this.#db = db
    this.#rules = rules
  }

  async restore(): Promise<void> {
    await this.#db.run('CREATE TABLE IF NOT EXISTS engine.amounts(key VARCHAR, body VARCHAR)')
    const rows = (await this.#db.rows('SELECT body FROM engine.amounts')).map(([body]) => rowOf(String(body)))
    for (const { code, institution, subject, counted } of rows.sort((a, b) => compareText(a.counted.begun, b.counted.begun))) {
      const rule = this.#rules.find((r) => r.code === code)
      if (rule !== undefined) this.add(rule, institution, subject, counted)
    }
    this.#unwritten.clear()
  }

  /** Undefined: it does not count yet. */
  placeOf(rule: AmountRule, institution: string, thing: string): Place | undefined {
    const subject = this.#subjects.get(keyOf(rule.code, institution, thing))
    if (subject === undefined) return undefined
    const chain = this.#chainOf(rule, institution, subject)
    return { chain, subject, at: chain.counted.findIndex((c) => c.thing === thing) }
  }

  /** It counts from now on. */
  add(rule: AmountRule, institution: string, subject: string, counted: Counted): { chain: Chain; verdict: Verdict } {
    const chain = this.#chainOf(rule, institution, subject)
    this.#note(rule, institution, subject, counted)
    return { chain, verdict: chain.add(counted) }
  }

  /** Puts another statement, or none, in its place; gives what was said before of all that are left. */
  replace(rule: AmountRule, institution: string, { chain, subject, at }: Place, counted: Counted | undefined): Verdict[] {
    const was = chain.counted[at]
    if (counted !== undefined) this.#note(rule, institution, subject, counted)
    else if (was !== undefined) {
      const key = keyOf(rule.code, institution, was.thing)
      this.#subjects.delete(key)
      this.#unwritten.set(key, undefined)
    }
    return chain.replace(at, counted)
  }

  /** Writes what changed since the last call, inside the transaction. */
  async write(): Promise<void> {
    if (this.#unwritten.size === 0) return
    const all = [...this.#unwritten]
    this.#unwritten.clear()
    await this.#db.run(`DELETE FROM engine.amounts WHERE key IN (${all.map(([key]) => quote(key)).join(', ')})`)
    const rows = all.flatMap(([key, row]) => (row === undefined ? [] : [[key, bodyOf(row)] as const]))
    await this.#db.append('engine', 'amounts', [textColumn(rows.map((r) => r[0])), textColumn(rows.map((r) => r[1]))], rows.length)
  }

  #note(rule: AmountRule, institution: string, subject: string, counted: Counted): void {
    const key = keyOf(rule.code, institution, counted.thing)
    this.#subjects.set(key, subject)
    this.#unwritten.set(key, { code: rule.code, institution, subject, counted })
  }

  #chainOf(rule: AmountRule, institution: string, subject: string): Chain {
    const key = keyOf(rule.code, institution, subject)
    let chain = this.#chains.get(key)
    if (chain === undefined) this.#chains.set(key, (chain = new Chain(rule, institution)))
    return chain
  }
}

function keyOf(...names: string[]): string {
  return JSON.stringify(names)
}

function bodyOf(row: Row): string {
  const { amount, base } = row.counted
  return JSON.stringify({ ...row, counted: { ...row.counted, amount: String(amount), base: base === undefined ? null : String(base) } })
}

function rowOf(body: string): Row {
  const row = JSON.parse(body) as Omit<Row, 'counted'> & { counted: Omit<Counted, 'amount' | 'base'> & { amount: string; base: string | null } }
  const { amount, base } = row.counted
  return { ...row, counted: { ...row.counted, amount: BigInt(amount), base: base === null ? undefined : BigInt(base) } }
}
