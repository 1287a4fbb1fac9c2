/** Judges graph rules: per tick the rows that changed, per release one statement a rule. */
import type { AlertSubject } from '../../../contract/alert.ts'
import { subjectKey } from '../../../contract/alert.ts'
import type { Held, Occurred } from '../../../contract/finding.ts'
import type { GraphRule } from '../../../contract/rule.ts'
import { bySubject, Subjects } from '../../../contract/subjects.ts'
import { THROUGH_TABLES, type ThroughTable } from '../../../contract/through-table.ts'
import type { Database } from '../../../store/database.ts'
import { conditionOf, textWithLiterals, unknownOf, withLiterals } from '../expression.ts'
import { relationOf } from './relation.ts'
import type { UnjudgedVerdicts } from '../unjudged.ts'
import type { ChangedRow, Later, Occurrence, Row } from './rows.ts'

export type GraphMeasurePart = {
  db: Database
  rules: readonly GraphRule[]
  /** Subjects of a rule in an institution that have an episode open, by `subjectKey`. */
  open(code: string, institution: string): ReadonlyMap<string, AlertSubject>
  unjudged: UnjudgedVerdicts
  /** How far back, ms, a correction of an occurrence reaches. */
  keepMs: number
  /** Occurrences of this time or before, ms, raise nothing. */
  judgeFrom?: number | undefined
}

type Asked = { row: ChangedRow; at: number; evidence: Later }
/** Without a grade, nothing holds. */
type Verdict = { grade: number | undefined; threshold: string; values: string[] }

export class GraphMeasure {
  readonly #part: GraphMeasurePart
  /** What changed since the last `take`, tick by tick. */
  readonly #asked = new Map<ThroughTable, Asked[]>()

  constructor(part: GraphMeasurePart) {
    this.#part = part
  }

  /** Rows of a table that changed in this tick. */
  tick(table: ThroughTable, changed: readonly ChangedRow[], at: number): void {
    if (changed.length === 0 || !this.#part.rules.some((r) => r.from === table)) return
    const asked = this.#asked.get(table) ?? []
    for (const row of [...changed].sort(bySubject)) asked.push({ row, at, evidence: row.capture(at) })
    this.#asked.set(table, asked)
  }

  /** The findings since the last call. Who has no episode, and could have got none since, is not told that nothing holds. */
  async take(): Promise<(Held | Occurred)[]> {
    const findings: (Held | Occurred)[] = []
    for (const rule of this.#part.rules) for (const finding of await this.#judged(rule, this.#asked.get(rule.from) ?? [])) findings.push(finding)
    this.#asked.clear()
    return findings
  }

  async #judged(rule: GraphRule, changed: readonly Asked[]): Promise<(Held | Occurred)[]> {
    const { judgeFrom = -Infinity } = this.#part
    const asked = changed.filter(({ row }) => row.occurrence === undefined || row.occurrence.time > judgeFrom)
    const there = asked.filter((a): a is Asked & { row: Row } => a.row.cells !== undefined)
    const verdicts = await this.#ask(rule, there)
    const named = new Subjects()
    return asked.flatMap((one): (Held | Occurred)[] => {
      const { row } = one
      const verdict = verdicts.get(row)
      const { institution, subject, occurrence } = row
      if (occurrence !== undefined) return verdict?.grade === undefined && !occurrence.corrects ? [] : [this.#occurred(rule, one, occurrence, verdict)]
      const isKnown = [named, { of: this.#part.open.bind(this.#part) }].some((s) => s.of(rule.code, institution).has(subjectKey(subject)))
      if (verdict?.grade === undefined && !isKnown) return []
      named.add(rule.code, institution, subject)
      return [heldOf(rule, one, verdict)]
    })
  }

  #occurred(rule: GraphRule, asked: Asked, occurrence: Occurrence, verdict: Verdict | undefined): Occurred {
    const { at } = asked
    const { corrects, time } = occurrence
    return { ...foundOf(rule, asked, verdict), ...occurrence, kind: 'occurred', at: corrects ? at : time, reaches: at - this.#part.keepMs }
  }

  async #ask(rule: GraphRule, rows: readonly { row: Row; at: number }[]): Promise<Map<ChangedRow, Verdict>> {
    const verdicts = new Map<ChangedRow, Verdict>()
    if (rows.length === 0) return verdicts
    const { db } = this.#part
    const relation = relationOf(
      db,
      rule.from,
      rows.map((r) => r.row),
      undefined,
      rows.map((r) => r.row.occurrence?.time ?? r.at),
    )
    await db.eachPlannedChunk(verdictQuery(rule, relation), (chunk) => {
      const columns = Array.from({ length: chunk.columnCount }, (_, k) => chunk.getColumnValues(k))
      for (let n = 0; n < chunk.rowCount; n++) {
        const [i, unjudged, grade, threshold, ...values] = columns.map((c) => c[n])
        const row = rows[Number(i)]?.row
        if (row === undefined) continue
        if (unjudged === true) this.#part.unjudged.note(rule.code, `${row.institution} ${subjectKey(row.subject)}`)
        verdicts.set(row, { grade: grade === null ? undefined : Number(grade), threshold: String(threshold), values: values.map((v) => String(v ?? '')) })
      }
    })
    return verdicts
  }
}

/** When a row is judged, ms. */
const AT = '"at"'

/** Per row: its place, whether a grade could not be computed, the grade that holds if any, its threshold, and the values as texts. A value called like a column is that column. */
function verdictQuery(rule: GraphRule, relation: string): string {
  const columns: Record<string, string> = THROUGH_TABLES[rule.from]
  const made = Object.entries(rule.values).filter(([name]) => columns[name] === undefined)
  const unknown = unknownOf(
    rule,
    Object.fromEntries(made),
    rule.grades.map((g) => g.when),
    AT,
  )
  const added = [
    ...made.map(([name, sql]) => `, ${withLiterals(rule, sql, AT)} AS "${name}"`),
    ...Object.entries(unknown).map(([name, sql]) => `, ${sql} AS ${name}`),
  ]
  const rows = `(SELECT *${added.join('')} FROM ${relation})`
  const highestFirst = [...rule.grades.entries()].reverse()
  const holds = highestFirst.map(([k, { when }]) => ({ k, sql: conditionOf(rule, when, AT, Object.keys(unknown)) }))
  const grade = holds.map(({ k, sql }) => `WHEN ${sql} THEN ${k}`)
  const unjudged = holds.map(({ sql }) => `${sql} IS NULL`).join(' OR ')
  const threshold = highestFirst.map(([k, g]) => `${k > 0 ? `WHEN grade = ${k} THEN` : 'ELSE'} ${textWithLiterals(rule, g.threshold, AT)}`)
  const values = Object.keys(rule.values).map((name) => `CAST("${name}" AS VARCHAR)`)
  const shown = ['i', 'unjudged', 'grade', rule.grades.length > 1 ? `CASE ${threshold.join(' ')} END` : threshold[0]?.slice(5), ...values]
  return `SELECT ${shown.join(', ')} FROM (SELECT *, CASE ${grade.join(' ')} END AS grade, ${unjudged} AS unjudged FROM ${rows})`
}

function heldOf(rule: GraphRule, asked: Asked, verdict: Verdict | undefined): Held {
  const grade = rule.grades[verdict?.grade ?? 0]
  return { ...foundOf(rule, asked, verdict), kind: 'held', ...(grade !== undefined && { severity: grade.severity }) }
}

type Found = Omit<Held, 'kind' | 'event' | 'severity' | 'threshold'> & { threshold: string }

function foundOf(rule: GraphRule, { row, at, evidence }: Asked, verdict: Verdict | undefined): Found {
  const { institution, subject } = row
  return {
    rule,
    institution,
    subject,
    at,
    holds: verdict?.grade !== undefined,
    threshold: verdict?.threshold ?? '',
    // Of a row that is no more the last values stand.
    values: verdict === undefined ? {} : Object.fromEntries(Object.keys(rule.values).map((name, k) => [name, verdict.values[k] ?? ''])),
    evidence,
  }
}
