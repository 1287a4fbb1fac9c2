/** Payments as they lie in the segments: what takes effect in a span of time, in event order, and where those that an alert rests on stand in the log. */
import type { DuckDBValue } from '@duckdb/node-api'
import type { EventType } from '../../../contract/index.ts'
import type { EvidenceRef } from '../../../contract/finding.ts'
import type { Rule } from '../../../contract/rule.ts'
import { TICK_MS, tickOf } from '../../../contract/tick.ts'
import { type Database, quote } from '../../../store/database.ts'
import { STATEMENT_NAMES } from '../../../store/schema.ts'
import { type Locate, refOf } from '../evidence.ts'
import { gather } from '../gather.ts'
import type { RowSource } from '../windows/rows.ts'
import { double } from '../windows/shape.ts'

export const PAYMENT = 'pay.payment' satisfies EventType

/** `amount`: minor units of `ccy`. Of a deletion only the id is known. `time`, `e`: ms. */
export type PaymentStatement = {
  e: number
  time: number
  sequence: bigint
  source: string
  id: string
  institution: string
  op: string
  part: number
  offset: number
  paymentId: string
  debtorId: string
  debtorAccount: string
  creditorId: string
  creditorAccount: string
  amount: bigint
  ccy: string
  loanId: string | undefined
}

export type PaymentSource = Pick<RowSource, 'keepMs' | 'plain' | 'odd' | 'latest'> & {
  hold(type: EventType, from: () => number): void
  expire(type: EventType, horizon: number, floor: () => Promise<number>): Promise<number | undefined>
}

const FIELDS = ['paymentId', 'debtorId', 'debtorAccount', 'creditorId', 'creditorAccount', 'amount', 'ccy', 'loanId']
const TABLES: readonly string[] = ['loan_sinks', 'loan_return', 'round_trip', 'sanctions_hit']

/** What batch must keep of payments for the rules over money: as `windowStreams`; nothing where none runs. */
export function paymentStream(rules: readonly Rule[]): [EventType, { fields: string[]; longestMs: number }][] {
  return rules.some((rule) => rule.kind === 'graph' && TABLES.includes(rule.from)) ? [[PAYMENT, { fields: FIELDS, longestMs: 0 }]] : []
}

type Asked = { events: readonly string[]; from: number; to: number }

export class PaymentFeed {
  readonly #db: Database
  readonly #source: PaymentSource
  readonly #locate: Locate
  readonly #ask = gather((asked: Asked[]) => this.#found(asked))

  constructor(db: Database, source: PaymentSource, locate: Locate) {
    this.#db = db
    this.#source = source
    this.#locate = locate
  }

  /** Gives what takes effect in (after, upTo], in event order, the first `most`. */
  async each(after: number, upTo: number, read: (payment: PaymentStatement) => void, most = Infinity): Promise<void> {
    const rows = this.#rows(after, upTo)
    if (rows === undefined) return
    const due = `e > ${double(after)} AND e <= ${double(upTo)} AND (op = 'delete' OR "debtorAccount" IS NOT NULL)`
    const limit = Number.isFinite(most) ? ` LIMIT ${most}` : ''
    await this.#db.eachChunk(`SELECT ${SELECTED} FROM (${rows}) WHERE ${due} ORDER BY e, source, sequence, id${limit}`, (chunk) => {
      const columns = Array.from({ length: chunk.columnCount }, (_, k) => chunk.getColumnValues(k))
      for (let i = 0; i < chunk.rowCount; i++) read(statementOf(columns, i))
    })
  }

  /** The same, whole ticks of it: `most` payments or so, and up to which tick they are all, where it is before `upTo`. */
  async take(after: number, upTo: number, most: number): Promise<{ payments: PaymentStatement[]; upTo: number }> {
    const payments: PaymentStatement[] = []
    await this.each(after, upTo, (payment) => void payments.push(payment), most)
    if (payments.length < most) return { payments, upTo }
    const cut = tickOf(payments.at(-1)?.e ?? after) - TICK_MS
    const whole = payments.filter(({ e }) => e <= cut)
    return whole.length > 0 ? { payments: whole, upTo: cut } : this.take(after, upTo, most * 2)
  }

  /** Those of `events` (`<source>|<id>`) that took effect from `from` to `to`, ms, in event order. What is asked for in one turn is one query. */
  refs(events: readonly string[], from: number, to: number): Promise<EvidenceRef[]> {
    return this.#ask({ events, from, to })
  }

  ref(payment: Parameters<typeof refOf>[0]): EvidenceRef {
    return refOf(payment, PAYMENT, this.#locate)
  }

  async #found(asked: readonly Asked[]): Promise<EvidenceRef[][]> {
    const events = [...new Set(asked.flatMap((a) => a.events))]
    const rows = this.#rows(
      asked.reduce((low, { from }) => Math.min(low, from), Infinity),
      asked.reduce((high, { to }) => Math.max(high, to), -Infinity),
    )
    if (rows === undefined || events.length === 0) return asked.map(() => [])
    const named = `source || '|' || id IN (${events.map(quote).join(', ')})`
    const found = await this.#db.rows(`SELECT ${SELECTED} FROM (${rows}) WHERE ${named} ORDER BY e, source, sequence, id`)
    const refs = new Map(
      found
        .map((row) =>
          this.ref(
            statementOf(
              row.map((value) => [value]),
              0,
            ),
          ),
        )
        .map((ref) => [ref.event, ref]),
    )
    return asked.map((a) => a.events.flatMap((event) => refs.get(event) ?? []))
  }

  #rows(from: number, to: number): string | undefined {
    const parts = [this.#source.plain(PAYMENT, from, to + 1), this.#source.odd(PAYMENT)].filter((rows) => rows !== undefined)
    return parts.length === 0 ? undefined : parts.map((rows) => `SELECT ${STORED} FROM (${rows})`).join(' UNION ALL ')
  }
}

const STORED = [...STATEMENT_NAMES, ...FIELDS.map((f) => `"${f}"`)].join(', ')
/** Numbers one by one and all texts as one list: each text that leaves DuckDB by itself costs more than the rest of its payment. */
const SELECTED = `e, time, sequence, part, log_offset, (amount * 100)::BIGINT,
  json_array(source, id, institution, op, "paymentId", "debtorId", "debtorAccount", "creditorId", "creditorAccount", ccy, "loanId")`

/** Row `i` of the columns of `SELECTED`. */
function statementOf(columns: readonly (readonly DuckDBValue[])[], i: number): PaymentStatement {
  const [e, time, sequence, part, offset, amount, texts] = columns as readonly (readonly unknown[])[]
  const [source, id, institution, op, paymentId, debtorId, debtorAccount, creditorId, creditorAccount, ccy, loanId] = JSON.parse(texts?.[i] as string) as Texts
  return {
    e: e?.[i] as number,
    time: time?.[i] as number,
    sequence: sequence?.[i] as bigint,
    source,
    id,
    institution,
    op,
    part: part?.[i] as number,
    offset: offset?.[i] as number,
    paymentId,
    debtorId,
    debtorAccount,
    creditorId,
    creditorAccount,
    amount: (amount?.[i] ?? 0n) as bigint,
    ccy,
    loanId: loanId ?? undefined,
  }
}

/** Of a deletion the last are null, and nobody reads them. */
type Texts = [string, string, string, string, string, string, string, string, string, string, string | null]
