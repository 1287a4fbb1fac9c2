/** Which measured rows are inside their rule's `where`, and which of its limits is theirs: one statement per table for all rules and ticks. */
import { type AlertSubject, formatDecimal } from '../../contract/index.ts'
import { type LimitRule, limitNames } from '../../contract/rule.ts'
import type { ThroughTable } from '../../contract/through-table.ts'
import { integerColumn, textColumn } from '../../store/columns.ts'
import type { Database } from '../../store/database.ts'
import { load } from '../../store/load.ts'
import { withLiterals } from './expression.ts'
import type { Exposure } from './lookthrough.ts'
import { relationOf } from './through/relation.ts'
import type { Cells } from './through/rows.ts'

type AskedExposure = { from: 'exposure_total'; exposure: Exposure; partyKind: string; isGsib: boolean; isOwnGsib: boolean }
type AskedRow = { from: ThroughTable; institution: string; subject: AlertSubject; cells: Cells }
/** A row as of its tick. */
export type Asked = AskedExposure | AskedRow

/** `limit`: the name of the parameter. */
export type Admission = { isInside: boolean; limit: string }

type Question = { rule: LimitRule; row: Asked }

export async function admit(db: Database, questions: readonly Question[]): Promise<Map<Asked, Admission>> {
  const admitted = new Map<Asked, Admission>()
  const open = questions.filter(({ rule, row }) => {
    if (rule.where === undefined && rule.limits === undefined) admitted.set(row, { isInside: true, limit: rule.limit })
    return !admitted.has(row)
  })
  for (const from of new Set(open.map((q) => q.row.from))) {
    const asked = open.filter((q) => q.row.from === from)
    const rules = [...new Set(asked.map((q) => q.rule))].sort((a, b) => (a.code < b.code ? -1 : 1))
    const relation = from === 'exposure_total' ? exposureRelation(db, asked, rules) : ruleRelation(db, from, asked, rules)
    await db.eachPlannedChunk(admissionQuery(rules, relation), (chunk) => {
      const [places, inside, limits] = [0, 1, 2].map((k) => chunk.getColumnValues(k))
      places?.forEach((place, n) => {
        const { rule, row } = asked[Number(place)] as Question
        admitted.set(row, { isInside: inside?.[n] === true, limit: limitNames(rule)[Number(limits?.[n])] ?? rule.limit })
      })
    })
  }
  return admitted
}

/** Per row its place, whether it is inside, and the place of its limit among the rule's. */
function admissionQuery(rules: readonly LimitRule[], relation: string): string {
  const inside = rules.map((rule, k) => `WHEN ${k} THEN (${withLiterals(rule, rule.where ?? 'true')})`)
  const limits = rules.map((rule, k) => `WHEN ${k} THEN ${limitCase(rule)}`)
  return `SELECT i, coalesce(CASE rule ${inside.join(' ')} END, false), CASE rule ${limits.join(' ')} END FROM ${relation}`
}

function limitCase(rule: LimitRule): string {
  const some = rule.limits ?? []
  if (some.length === 0) return '0'
  return `CASE ${some.map(({ when }, k) => `WHEN ${withLiterals(rule, when)} THEN ${k}`).join(' ')} ELSE ${some.length} END`
}

const AMOUNTS = ['direct', 'indirect', 'total'] as const

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
  const typed = [...AMOUNTS.map((name) => `${name}::DECIMAL(38,2) AS ${name}`), ...['gsib', 'institution_gsib'].map((name) => `${name}::BOOLEAN AS ${name}`)]
  return `(SELECT * REPLACE (${typed.join(', ')}) FROM ${load(db, 'candidates', named, rows.length)})`
}

function ruleRelation(db: Database, from: ThroughTable, asked: readonly Question[], rules: readonly LimitRule[]): string {
  return relationOf(
    db,
    from,
    asked.map((q) => q.row as AskedRow),
    asked.map((q) => rules.indexOf(q.rule)),
  )
}
