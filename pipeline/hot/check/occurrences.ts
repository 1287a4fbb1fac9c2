/**
 * Rules over one occurrence alone (a payment, a trade, an incident), judged when it arrives: all rules of a stream are one query over the batch.
 * A correction or deletion is judged too, whatever it says: an alert may rest on what it replaces.
 */
import type { DuckDBValue } from '@duckdb/node-api'
import { dataColumns, type EventType, STREAMS } from '../../contract/index.ts'
import type { Occurred } from '../../contract/finding.ts'
import type { EachRule, Rule } from '../../contract/rule.ts'
import type { Database } from '../../store/database.ts'
import { type Locate, refOf } from './evidence.ts'
import { fieldsNamed, withLiterals } from './expression.ts'

export type OccurrencePart = {
  db: Database
  rules: readonly Rule[]
  /** The relation of a type's events in the batch in hand. */
  batchOf(type: EventType): string
  locate: Locate
  /** Occurrences of this time or before, ms, raise nothing. */
  judgeFrom?: number | undefined
}

export class OccurrenceCheck {
  readonly #part: OccurrencePart
  readonly #rules: EachRule[]

  constructor(part: OccurrencePart) {
    this.#part = part
    this.#rules = part.rules.filter((r): r is EachRule => r.kind === 'each' && !STREAMS[r.reads].state)
  }

  /** What the new events of these types say. */
  async check(fresh: readonly EventType[]): Promise<Occurred[]> {
    const findings: Occurred[] = []
    for (const type of fresh) {
      const rules = this.#rules.filter((r) => r.reads === type)
      if (rules.length === 0) continue
      const queries = rules.map((rule, k) => queryOf(rule, k, this.#part.batchOf(type), this.#part.judgeFrom))
      const rows = await this.#part.db.objects(`${queries.join(' UNION ALL ')} ORDER BY e, source, sequence, id, k`)
      findings.push(...rows.map((row) => findingOf(rules[Number(row['k'])] as EachRule, row, this.#part.locate)))
    }
    return findings
  }
}

/** The data fields of each occurrence stream that any rule names, and those that tell its things apart. */
export function fieldsNeeded(rules: readonly Rule[]): Map<EventType, ReadonlySet<string>> {
  const read = rules.flatMap((r) => (r.kind === 'limit' || STREAMS[r.reads].state ? [] : [r]))
  return new Map(
    [...new Set(read.map((r) => r.reads))].map((type) => {
      const texts = JSON.stringify(read.filter((r) => r.reads === type))
      const named = fieldsNamed(
        dataColumns(type).map((c) => c.field),
        [texts],
      )
      return [type, new Set([...named, ...STREAMS[type].thing])]
    }),
  )
}

const TICK = 'ceil(e / 1000) * 1000'

/** The values stand before `when` and `threshold`, which may name them. */
function queryOf(rule: EachRule, k: number, batch: string, judgeFrom: number | undefined): string {
  const judged = judgeFrom === undefined ? '' : ` AND time > ${judgeFrom}`
  const values = Object.entries(rule.values).map(([name, sql]) => `(${withLiterals(rule, sql)}) AS "${name}", `)
  const texts = Object.keys(rule.values).map((name) => `CAST("${name}" AS VARCHAR)`)
  const thing = STREAMS[rule.reads].thing.map((f) => `"${f}"`)
  return `SELECT ${k} AS k, e, source, id, sequence, part, log_offset, institution, CASE WHEN _op = 0 THEN time ELSE ${TICK} END AS moment,
      concat_ws('|', ${thing.join(', ')}) AS thing, CAST("${rule.subject.id}" AS VARCHAR) AS subject, CAST(${withLiterals(rule, rule.threshold)} AS VARCHAR) AS threshold,
      [${texts.join(', ')}]::VARCHAR[] AS shown, hit, _op <> 0 AS corrects
    FROM (SELECT ${values.join('')}*, _op <> 1 AND coalesce(${withLiterals(rule, rule.when)}, false) AS hit FROM ${batch} WHERE _fate > 0${judged}) WHERE hit OR _op <> 0`
}

function findingOf(rule: EachRule, row: Record<string, DuckDBValue>, locate: Locate): Occurred {
  const shown = (row['shown'] as { items: DuckDBValue[] }).items
  const [source, id] = [String(row['source']), String(row['id'])]
  const position = { part: Number(row['part']), offset: Number(row['log_offset']) }
  return {
    kind: 'occurred',
    rule,
    institution: String(row['institution']),
    subject: { kind: rule.subject.kind, id: String(row['subject'] ?? '') },
    at: Number(row['moment']),
    holds: row['hit'] === true,
    corrects: row['corrects'] === true,
    event: `${source}|${id}`,
    thing: String(row['thing']),
    threshold: String(row['threshold'] ?? ''),
    values: Object.fromEntries(Object.keys(rule.values).map((name, i) => [name, String(shown[i] ?? '')])),
    evidence: () => ({
      refs: [refOf({ e: Number(row['e']), source, id, sequence: row['sequence'] as bigint, ...position }, rule.reads, locate)],
      count: 1,
      path: [],
    }),
  }
}
