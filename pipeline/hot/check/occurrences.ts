/**
 * Rules over one occurrence alone (a payment, a trade, an incident), judged when it arrives: all rules of a stream are one query over the batch.
 * A correction or deletion is judged too, whatever it says, as an alert may rest on what it replaces; it waits until the watermark has passed it.
 */
import type { DuckDBValue } from '@duckdb/node-api'
import { dataColumns, type EventType, STREAMS } from '../../contract/index.ts'
import type { Occurred } from '../../contract/finding.ts'
import type { EachRule, Grade, Rule, Severity } from '../../contract/rule.ts'
import { covers, type Ruling } from '../../contract/ruling.ts'
import { TICK_MS } from '../../contract/tick.ts'
import type { Database } from '../../store/database.ts'
import { ROW } from '../../store/load.ts'
import { type Ending, Endings } from './endings.ts'
import { type Locate, refOf } from './evidence.ts'
import { conditionOf, fieldsNamed, mayHold, textWithLiterals, unknownOf, withLiterals } from './expression.ts'
import { type Question, questionsOf } from './question.ts'
import type { UnjudgedVerdicts } from './unjudged.ts'

export type OccurrencePart = {
  db: Database
  /** Also those that hold later: an event is judged by the version in force at its own time, whenever it comes. */
  rulings: readonly Ruling[]
  /** The relation of a type's events in the batch in hand. */
  batchOf(type: EventType): string
  /** The relation of some of its rows. */
  pick(type: EventType, rows: readonly number[]): string
  locate: Locate
  unjudged: UnjudgedVerdicts
  /** How far back, ms, a correction or deletion reaches. */
  keepMs: number
  /** Occurrences of this time or before, ms, raise nothing. */
  judgeFrom?: number | undefined
}

/** What is asked in event times [from, until), ms. */
type Ruled = Question & Pick<Ruling, 'from' | 'until'>

export class OccurrenceCheck {
  readonly #part: OccurrencePart
  readonly #rules: Ruled[]
  readonly #types: EventType[]
  readonly #endings: Endings
  #horizons = new Map<EventType, number>()

  constructor(part: OccurrencePart) {
    this.#part = part
    this.#rules = part.rulings.flatMap(({ rule, from, until }) =>
      questionsOf([rule], ({ reads }) => !STREAMS[reads].state).map((question) => ({ ...question, from, until })),
    )
    this.#types = [...new Set(this.#rules.map((r) => r.reads))]
    this.#endings = new Endings(part.db)
  }

  async restore(): Promise<void> {
    await this.#endings.restore(this.#rules.map((r) => r.code))
  }

  /** What the new events of the `fresh` types say, and the corrections and deletions that the watermark of their stream (`horizons`) has passed. */
  async check(fresh: readonly EventType[], horizons: Map<EventType, number>): Promise<Occurred[]> {
    const findings: Occurred[] = []
    this.#horizons = horizons
    for (const type of this.#types) {
      if (fresh.includes(type)) for (const f of await this.#fresh(type)) findings.push(f)
      for (const ending of await this.#endings.passed(type, horizons.get(type) ?? -Infinity)) {
        const rule = this.#ruleOf(ending)
        if (rule !== undefined) findings.push(this.#finding(rule, ending))
      }
    }
    return findings
  }

  /** What rules over amounts are to judge, as it takes effect up to a tick (`horizon`), in event order. */
  async due(horizon: number): Promise<Ending[]> {
    const due: Ending[] = []
    for (const type of this.#types) due.push(...(await this.#endings.passed(amountsIn(type), horizon)))
    return due
  }

  /** Up to which tick the corrections of a stream were judged. */
  judged(type: EventType): number {
    return this.#horizons.get(type) ?? -Infinity
  }

  /** Of the batch in hand; its corrections and deletions are put in waiting. */
  async #fresh(type: EventType): Promise<Occurred[]> {
    const { db, batchOf, pick, keepMs, judgeFrom } = this.#part
    const rules = this.#rules.filter((r) => r.reads === type)
    // Most occurrences raise nothing: which do is asked first, and of the others nothing but what the rules name is read.
    const raised: number[] = []
    const which = rules.map((rule) => `SELECT ${ROW} FROM ${judgedBy(rule, batchOf(type), keepMs, judgeFrom)}`).join(' UNION ')
    await db.eachPlannedChunk(which, (chunk) => {
      for (const row of chunk.getColumnValues(0)) raised.push(Number(row))
    })
    if (raised.length === 0) return []
    const some = pick(type, raised)
    const queries = rules.map((rule, k) => queryOf(rule, k, judgedBy(rule, some, keepMs, judgeFrom)))
    const rows: Record<string, DuckDBValue>[] = []
    await db.eachPlannedChunk(`${queries.join(' UNION ALL ')} ORDER BY e, source, sequence, id, k`, (chunk) => {
      for (const row of chunk.getRowObjects(SAID)) rows.push(row)
    })
    for (const row of rows)
      if (row['hit'] === null) this.#part.unjudged.note(String(rules[Number(row['k'])]?.code), `${type} ${String(row['source'])} ${String(row['id'])}`)
    const verdicts = rows.filter(isKnown).map((row) => verdictOf(rules[Number(row['k'])] as Ruled, row))
    const [each, amounts] = [verdicts.filter((v) => this.#ruleOf(v) !== undefined), verdicts.filter((v) => this.#ruleOf(v) === undefined)]
    await this.#endings.wait(
      type,
      each.filter((v) => v.corrects),
    )
    await this.#endings.wait(amountsIn(type), amounts)
    return each.flatMap((v) => (v.corrects ? [] : [this.#finding(this.#ruleOf(v) as EachRule, v)]))
  }

  /** Undefined: a rule over amounts. */
  #ruleOf({ code, time }: Ending): EachRule | undefined {
    const rule = this.#rules.find((r) => r.code === code && covers(r, time))?.rule
    return rule?.kind === 'each' ? rule : undefined
  }

  #finding(rule: EachRule, { part, offset, sequence, subject, values, ...v }: Ending): Occurred {
    const ref = refOf({ e: v.e, source: v.source, id: v.id, sequence: BigInt(sequence), part, offset }, rule.reads, this.#part.locate)
    return {
      kind: 'occurred',
      rule,
      institution: v.institution,
      subject: { kind: rule.subject.kind, id: subject },
      at: v.corrects ? Math.ceil(v.e / 1000) * 1000 : v.time,
      holds: v.holds,
      corrects: v.corrects,
      event: ref.event,
      order: ref.order,
      time: v.time,
      reaches: v.e - this.#part.keepMs,
      thing: v.thing,
      threshold: v.threshold,
      ...(v.severity !== undefined && { severity: v.severity }),
      values: Object.fromEntries(Object.keys(rule.values).map((name, i) => [name, values[i] ?? ''])),
      evidence: () => ({ refs: [ref], count: 1, path: [] }),
    }
  }
}

/** The occurrences that are judged with what stands, in event order. */
export function occurrencesWithState(rules: readonly Rule[]): EventType[] {
  return rules.flatMap((rule) => (rule.kind === 'amount' && !STREAMS[rule.reads].state ? [rule.reads] : []))
}

/** The data fields of each occurrence stream that any rule names, and those that tell its things apart. */
export function fieldsNeeded(rules: readonly Rule[]): Map<EventType, ReadonlySet<string>> {
  const read = rules.flatMap((r) => ('reads' in r && !STREAMS[r.reads].state ? [r] : []))
  return new Map(
    [...new Set(read.map((r) => r.reads))].map((type) => {
      const texts = JSON.stringify([...read, ...questionsOf(rules, () => true)].filter((r) => r.reads === type))
      const named = fieldsNamed(
        dataColumns(type).map((c) => c.field),
        [texts],
      )
      return [type, new Set([...named, ...STREAMS[type].thing])]
    }),
  )
}

/**
 * The rows of a batch that a rule raises or that correct something, with the rule's values, which stand before `when` and `threshold` because these may
 * name them. A correction of what is not kept any more says nothing.
 */
function judgedBy(rule: Ruled, batch: string, keepMs: number, judgeFrom: number | undefined): string {
  const judged = `_fate > 0 AND (_op = 0 OR time >= e - ${keepMs})${judgeFrom === undefined ? '' : ` AND time > ${judgeFrom}`}${whileRuling(rule)}`
  const values = Object.entries(rule.values).map(([name, sql]) => `(${withLiterals(rule, sql, 'time')}) AS "${name}", `)
  const unknown = unknownIn(rule)
  const said = Object.entries(unknown).map(([name, sql]) => `${sql} AS ${name}, `)
  return `(SELECT ${[...values, ...said].join('')}* FROM ${batch} WHERE ${judged}) WHERE _op <> 0 OR ${mayHold(rule, rule.when, 'time', Object.keys(unknown))}`
}

function unknownIn(rule: Question): Record<string, string> {
  return unknownOf(rule, rule.values, [rule.when], 'time')
}

/** Of a rule over amounts, which judges at ticks, the ticks in which it holds; else the times. */
function whileRuling({ rule, from, until }: Ruled): string {
  const [low, high] = rule.kind === 'amount' ? [`e > ${from - TICK_MS}`, `e <= ${until - TICK_MS}`] : [`time >= ${from}`, `time < ${until}`]
  return `${Number.isFinite(from) ? ` AND ${low}` : ''}${Number.isFinite(until) ? ` AND ${high}` : ''}`
}

/** The columns of `queryOf`. */
const SAID = [
  'k',
  'e',
  'time',
  'source',
  'id',
  'sequence',
  'part',
  'log_offset',
  'institution',
  'thing',
  'subject',
  'threshold',
  'severity',
  'shown',
  'hit',
  'corrects',
]

function queryOf(rule: Question, k: number, judged: string): string {
  const texts = Object.keys(rule.values).map((name) => `CAST("${name}" AS VARCHAR)`)
  const thing = STREAMS[rule.reads].thing.map((f) => `"${f}"`)
  return `SELECT ${k} AS k, e, time, source, id, sequence, part, log_offset, institution, concat_ws('|', ${thing.join(', ')}) AS thing,
      CAST("${rule.subject.id}" AS VARCHAR) AS subject, ${gravest(rule, (g) => g.threshold, rule.threshold)} AS threshold, ${gravest(rule, (g) => `'${g.severity}'`, 'NULL')} AS severity,
      [${texts.join(', ')}]::VARCHAR[] AS shown, _op <> 1 AND ${conditionOf(rule, rule.when, 'time', Object.keys(unknownIn(rule)))} AS hit, _op <> 0 AS corrects
    FROM ${judged}`
}

/** What the last graver grade that holds says, else `otherwise`, as a text. */
function gravest(rule: Question, of: (grade: Grade) => string, otherwise: string): string {
  const graver = [...(rule.graver ?? [])].reverse().map((g) => `WHEN ${withLiterals(rule, g.when, 'time')} THEN ${textWithLiterals(rule, of(g), 'time')}`)
  const plain = textWithLiterals(rule, otherwise, 'time')
  return graver.length === 0 ? plain : `CASE ${graver.join(' ')} ELSE ${plain} END`
}

/** What could not be judged raises nothing; what it corrects is taken back. */
function isKnown({ hit, corrects }: Record<string, DuckDBValue>): boolean {
  return hit !== null || corrects === true
}

/** Under which name occurrences wait for rules over amounts. */
function amountsIn(type: EventType): string {
  return `${type} amounts`
}

function verdictOf({ code }: Question, row: Record<string, DuckDBValue>): Ending {
  return {
    code,
    e: Number(row['e']),
    time: Number(row['time']),
    source: String(row['source']),
    id: String(row['id']),
    sequence: String(row['sequence']),
    part: Number(row['part']),
    offset: Number(row['log_offset']),
    institution: String(row['institution']),
    thing: String(row['thing']),
    subject: String(row['subject'] ?? ''),
    holds: row['hit'] === true,
    corrects: row['corrects'] === true,
    threshold: String(row['threshold'] ?? ''),
    ...(row['severity'] !== null && { severity: String(row['severity']) as Severity }),
    values: (row['shown'] as { items: DuckDBValue[] }).items.map((v) => String(v ?? '')),
  }
}
