/** Which rows a limit is about, by its `where`, and which of its limits is theirs: asked once for all of a release. */
import { type AlertSubject, subjectKey } from '../../contract/alert.ts'
import { formatDecimal } from '../../contract/index.ts'
import { type LimitRule, limitNames } from '../../contract/rule.ts'
import type { ThroughTable } from '../../contract/through-table.ts'
import { integerColumn, textColumn } from '../../store/columns.ts'
import type { Database } from '../../store/database.ts'
import { load } from '../../store/load.ts'
import { conditionOf, fieldsNamed, withLiterals } from './expression.ts'
import type { Exposure } from './lookthrough.ts'
import { relationOf } from './through/relation.ts'
import type { Cells } from './through/rows.ts'
import { UnjudgedVerdicts } from './unjudged.ts'

type AskedExposure = { from: 'exposure_total'; exposure: Exposure; partyKind: string; isGsib: boolean; isOwnGsib: boolean }
type AskedRow = { from: ThroughTable; institution: string; subject: AlertSubject; cells: Cells }
/** A row as of its tick. */
export type Asked = AskedExposure | AskedRow

/** `limit`: the name of the parameter. */
export type Admission = { isInside: boolean; limit: string }

export type Question = { rule: LimitRule; row: Asked }

/** What tells exposures of one kind apart; conditions that name none of these say the same of all of that kind. */
const OWN = ['obligor', 'gsib', 'institution_gsib', 'direct', 'indirect', 'total']

export class Admissions {
  readonly #db: Database
  readonly #unjudged: UnjudgedVerdicts
  /** Limits over exposures whose conditions rest on kinds alone, and what these said. */
  readonly #byKind: ReadonlySet<LimitRule>
  readonly #known = new Map<string, Admission>()

  constructor(db: Database, limits: readonly LimitRule[], unjudged = new UnjudgedVerdicts()) {
    this.#db = db
    this.#unjudged = unjudged
    const overExposures = limits.filter((r) => r.numerator.from === 'exposure_total' && hasConditions(r))
    this.#byKind = new Set(overExposures.filter((r) => fieldsNamed(OWN, conditionsOf(r)).length === 0))
  }

  /** Of each question its answer; a rule without conditions is about all, at its one limit. */
  async of(questions: readonly Question[]): Promise<Admission[]> {
    const answers = questions.map((q): Admission | undefined =>
      hasConditions(q.rule) ? this.#known.get(this.#kindOf(q)) : { isInside: true, limit: q.rule.limit },
    )
    // One of a kind answers for all of it.
    const first = new Map<string | number, Question & { i: number }>()
    for (const [i, q] of questions.entries()) {
      const key = this.#byKind.has(q.rule) ? this.#kindOf(q) : i
      if (answers[i] === undefined && !first.has(key)) first.set(key, { ...q, i })
    }
    const distinct = [...first.values()]
    for (const from of new Set(distinct.map((q) => q.row.from)))
      await this.#ask(
        distinct.filter((q) => q.row.from === from),
        answers,
      )
    for (const q of distinct) if (this.#byKind.has(q.rule)) this.#known.set(this.#kindOf(q), answers[q.i] as Admission)
    return questions.map((q, i) => answers[i] ?? (this.#known.get(this.#kindOf(q)) as Admission))
  }

  #kindOf({ rule, row }: Question): string {
    return row.from === 'exposure_total' ? `${rule.code} ${row.exposure.kind} ${row.partyKind}` : ''
  }

  /** Of rows of one table: one statement for all rules, planned once. */
  async #ask(asked: readonly (Question & { i: number })[], answers: (Admission | undefined)[]): Promise<void> {
    const rules = [...new Set(asked.map((q) => q.rule))].sort((a, b) => (a.code < b.code ? -1 : 1))
    await this.#db.eachPlannedChunk(admissionQuery(rules, relationTo(this.#db, asked, rules)), (chunk) => {
      const [places, inside, limits] = [0, 1, 2].map((k) => chunk.getColumnValues(k))
      places?.forEach((place, n) => {
        const { rule, row, i } = asked[Number(place)] as Question & { i: number }
        if (inside?.[n] === null) this.#unjudged.note(rule.code, nameOf(row))
        answers[i] = { isInside: inside?.[n] === true, limit: limitNames(rule)[Number(limits?.[n])] ?? rule.limit }
      })
    })
  }
}

function nameOf(row: Asked): string {
  return row.from === 'exposure_total' ? `${row.exposure.kind}:${row.exposure.obligor}` : `${row.institution} ${subjectKey(row.subject)}`
}

function hasConditions(rule: LimitRule): boolean {
  return rule.where !== undefined || rule.limits !== undefined
}

function conditionsOf(rule: LimitRule): string[] {
  return [rule.where ?? '', ...(rule.limits ?? []).map((l) => l.when)]
}

/** Per row its place, whether it is inside, and the place of its limit among the rule's. */
function admissionQuery(rules: readonly LimitRule[], relation: string): string {
  const inside = rules.map((rule, k) => `WHEN ${k} THEN ${conditionOf(rule, rule.where ?? 'true')}`)
  const limits = rules.map((rule, k) => `WHEN ${k} THEN ${limitCase(rule)}`)
  return `SELECT i, CASE rule ${inside.join(' ')} END, CASE rule ${limits.join(' ')} END FROM ${relation}`
}

function limitCase(rule: LimitRule): string {
  const some = rule.limits ?? []
  if (some.length === 0) return '0'
  return `CASE ${some.map(({ when }, k) => `WHEN ${withLiterals(rule, when)} THEN ${k}`).join(' ')} ELSE ${some.length} END`
}

const AMOUNTS = ['direct', 'indirect', 'total'] as const

/** What conditions over exposures may name, and its type. */
export const EXPOSURE_SQL: Readonly<Record<string, string>> = {
  obligor: 'VARCHAR',
  obligor_kind: 'VARCHAR',
  party_kind: 'VARCHAR',
  gsib: 'BOOLEAN',
  institution_gsib: 'BOOLEAN',
  ...Object.fromEntries(AMOUNTS.map((name) => [name, 'DECIMAL(38,2)'])),
}

function exposureRelation(db: Database, asked: readonly Question[], rules: readonly LimitRule[]): string {
  const rows = asked.map((q) => q.row as AskedExposure)
  const columns = {
    i: integerColumn(rows.map((_, i) => i)),
    rule: integerColumn(asked.map((q) => rules.indexOf(q.rule))),
    obligor: textColumn(rows.map((r) => r.exposure.obligor)),
    obligor_kind: textColumn(rows.map((r) => r.exposure.kind)),
    party_kind: textColumn(rows.map((r) => r.partyKind)),
    gsib: textColumn(rows.map((r) => String(r.isGsib))),
    institution_gsib: textColumn(rows.map((r) => String(r.isOwnGsib))),
    // As text: a sum may have more digits than an amount.
    ...Object.fromEntries(AMOUNTS.map((name) => [name, textColumn(rows.map((r) => formatDecimal(r.exposure[name], 2)))])),
  }
  const named = Object.entries(columns).map(([name, column]) => ({ name, column }))
  const typed = Object.entries(EXPOSURE_SQL).flatMap(([name, type]) => (type === 'VARCHAR' ? [] : [`${name}::${type} AS ${name}`]))
  return `(SELECT * REPLACE (${typed.join(', ')}) FROM ${load(db, 'candidates', named, rows.length)})`
}

function relationTo(db: Database, asked: readonly Question[], rules: readonly LimitRule[]): string {
  const from = asked[0]?.row.from
  if (from === undefined || from === 'exposure_total') return exposureRelation(db, asked, rules)
  return relationOf(
    db,
    from,
    asked.map((q) => q.row as AskedRow),
    asked.map((q) => rules.indexOf(q.rule)),
  )
}
