/**
 * What an institution had at risk with an obligor at a past tick: the statements that stood then, of which versions are kept (docs/decisions/0006), looked
 * through by the code the engine looks through with.
 */
import { dataColumns, type EventType, formatTime, LookthroughError, type PathStep, parseDecimal, shanghaiDay } from '../../contract/index.ts'
import { TICK_MS } from '../../contract/tick.ts'
import { pathRows } from '../../hot/check/books.ts'
import { BASE_SCALE, CapitalBook } from '../../hot/check/capital.ts'
import { refOf } from '../../hot/check/evidence.ts'
import { FX_SCALE, fxCurrency, FxBook } from '../../hot/check/fx.ts'
import type { LookSettings } from '../../hot/check/look-settings.ts'
import { LookthroughStage } from '../../hot/check/lookthrough.ts'
import { productOf, stakeOf } from '../../hot/check/product-statements.ts'
import { type Data, type Statement, text, units } from '../../hot/check/statement.ts'
import { Verdicts } from '../../hot/check/verdicts.ts'
import { quote } from '../../store/database.ts'
import { stateTable, thingColumns } from '../../store/schema.ts'
import { UNKNOWN } from '../../through/products.ts'
import type { Query } from '../tables.ts'

/** `at` in ms; absent: as it is now. */
export type Asked = { institution: string; obligor: string; at?: number | undefined }
export type PathStepTo = { to: string; kind: string; effective: number | null; event: string | null }
/** Amounts in minor units of CNY. Without steps: what comes by paths that are not kept one by one. */
export type Path = { isDirect: boolean; amount: bigint; steps: PathStepTo[] }

/** `at`: the tick it holds at, ms. Throws LT-1015 (older than is kept), LT-1016 (not judged yet). */
export async function stoodAt(query: Query, { institution, obligor, at }: Asked): Promise<{ at: number; paths: Path[] }> {
  const { tick, shown } = await tickFor(query, { institution, obligor, at })
  if (!Number.isFinite(tick)) return { at: tick, paths: [] }
  const past = new Past(query, tick)
  const fx = await past.rates()
  const stage = await past.lookedThrough(institution, fx)
  const kinds = ['party' as const, 'structure' as const, ...(obligor === UNKNOWN ? ['unknown' as const] : [])]
  const indirect = kinds.flatMap((kind) => pathRows(stage.products, { institution, kind, id: obligor }))
  return {
    at: shown,
    paths: [
      ...(await past.direct(institution, obligor, fx)),
      ...indirect.map(({ amount, path }): Path => ({ isDirect: false, amount, steps: path.map(stepTo) })),
    ],
  }
}

/** The last tick judged at or before `at`, and which tick that stands for; between ticks that were judged nothing changed. */
async function tickFor(query: Query, { institution, obligor, at }: Asked): Promise<{ tick: number; shown: number }> {
  const [kept] = await query('SELECT tick, forgotten, watermark FROM engine.kept')
  const [last, forgotten, watermark] = [Number(kept?.['tick']), Number(kept?.['forgotten']), Number(kept?.['watermark'])]
  if (at === undefined) return { tick: last, shown: last }
  const shown = Math.floor(at / TICK_MS) * TICK_MS
  if (shown > last && shown >= watermark) throw new LookthroughError('LT-1016', { at: formatTime(at), until: Number.isFinite(last) ? formatTime(last) : '–' })
  const since = keptSince(forgotten)
  if (shown < since) throw new LookthroughError('LT-1015', { institution, obligor, at: formatTime(at), since: formatTime(since) })
  return { tick: Math.min(shown, last), shown }
}

/**
 * From when on everything is there that stood, where what was replaced before `forgotten` is gone. Whole days in Shanghai, since a rate rests on the day
 * before it; and one more, since the tables may be read while the next day is being forgotten.
 */
function keptSince(forgotten: number): number {
  return Number.isFinite(forgotten) ? shanghaiDay(forgotten) + 2 * DAY_MS : -Infinity
}

const DAY_MS = 86_400_000

/** Statements as they stood at tick `tick`, ms. */
class Past {
  readonly #query: Query
  readonly #tick: number

  constructor(query: Query, tick: number) {
    this.#query = query
    this.#tick = tick
  }

  /** The rates in force; a statement about an earlier time than the one that stood was never taken in. */
  async rates(): Promise<FxBook> {
    const fx = new FxBook()
    const sql = `SELECT * FROM (SELECT *, max(time) OVER (PARTITION BY ${things('mkt.price')} ORDER BY ${EVENT_ORDER} ROWS UNBOUNDED PRECEDING) AS standing
      FROM engine.version_${stateTable('mkt.price')} WHERE e <= ${this.#tick} AND kind = 'fx') WHERE time = standing AND op <> 'delete' ORDER BY ${EVENT_ORDER}`
    for (const row of await this.#query(sql)) {
      const { e, data } = statementOf('mkt.price', row)
      const ccy = fxCurrency(text(data['instrumentId']) ?? '')
      if (ccy !== undefined) fx.observe(ccy, parseDecimal(text(data['value']) ?? '0', 10) ?? 0n, e)
    }
    return fx
  }

  /** Loans and positions, as table `exposure` has them: each rounded by itself. */
  async direct(institution: string, obligor: string, fx: FxBook): Promise<Path[]> {
    const of = `institution = ${quote(institution)}`
    const loans = await this.#stood('credit.loan', of, `"customerId" = ${quote(obligor)}`)
    const positions = await this.#stood('book.position', of, `"issuerId" = ${quote(obligor)} AND "productId" IS NULL AND side = 'long'`)
    const inCny = (amount: bigint, ccy: string) => (ccy === 'CNY' ? amount : halfUp(amount * (fx.rate(ccy, this.#tick) ?? 0n), FX_SCALE))
    const path = ({ source, id, data }: Statement, kind: string, field: string): Path => ({
      isDirect: true,
      amount: inCny(units(data[field]), text(data['ccy']) ?? 'CNY'),
      steps: [{ to: obligor, kind, effective: null, event: `${source}|${id}` }],
    })
    return [...loans.map((s) => path(s, 'loan', 'balance')), ...positions.map((s) => path(s, text(s.data['kind']) ?? '', 'value'))]
  }

  /** What the institution held through products, brought up to the tick. */
  async lookedThrough(institution: string, fx: FxBook): Promise<LookthroughStage> {
    const of = `institution = ${quote(institution)}`
    const capital = new CapitalBook()
    for (const statement of await this.#stood('inst.metric', of)) {
      const [metric, basis, period] = ['metric', 'basis', 'period'].map((field) => text(statement.data[field]) ?? '') as [string, string, string]
      capital.set(institution, metric, basis, period, { value: parseDecimal(text(statement.data['value']) ?? '0', BASE_SCALE) ?? 0n, statement })
    }
    const stage = new LookthroughStage(capital, fx, await this.#settings())
    const held = new Set<string>()
    for (const statement of await this.#stood('book.position', of, `"productId" IS NOT NULL`)) {
      const stake = stakeOf(statement.data, statement, NOWHERE)
      stage.setStake(institution, statement.key, stake)
      if (stake !== undefined) held.add(stake.product)
    }
    await this.#describe(stage, held)
    stage.baseChanged(institution)
    stage.changed(this.#tick, new Map())
    return stage
  }

  /** Puts in these products and all they hold, layer by layer. */
  async #describe(stage: LookthroughStage, held: ReadonlySet<string>): Promise<void> {
    const asked = new Set(held)
    for (let layer = [...held]; layer.length > 0; ) {
      const below: string[] = []
      for (const statement of await this.#stood('product.holding', `"productId" IN (${layer.map(quote).join(', ')})`)) {
        const product = productOf(statement.data, refOf(statement, 'product.holding', NOWHERE))
        stage.setProduct(statement.key, product)
        for (const line of product.lines) if (line.product !== undefined && !asked.has(line.product)) below.push(line.product)
        for (const id of below) asked.add(id)
      }
      layer = [...new Set(below)]
    }
  }

  async #settings(): Promise<LookSettings> {
    const [row] = await this.#query(`SELECT materiality, stale_after_ms FROM engine.setting WHERE since < ${this.#tick} ORDER BY since DESC LIMIT 1`)
    if (row === undefined) throw new Error(`no setting at ${this.#tick}`)
    return { materiality: String(row['materiality']), staleAfterMs: row['stale_after_ms'] === null ? undefined : Number(row['stale_after_ms']) }
  }

  /** Those of things chosen by what tells them apart, `which`, that satisfied `where` as they stood, in event order. */
  async #stood(type: EventType, which: string, where = 'true'): Promise<Statement[]> {
    const last = `SELECT * FROM engine.version_${stateTable(type)} WHERE e <= ${this.#tick} AND ${which}
      QUALIFY row_number() OVER (PARTITION BY ${things(type)} ORDER BY time DESC, e DESC, source DESC, sequence DESC, id DESC) = 1`
    const rows = await this.#query(`SELECT * FROM (${last}) WHERE op <> 'delete' AND ${where} ORDER BY ${EVENT_ORDER}`)
    return rows.map((row) => statementOf(type, row))
  }
}

const EVENT_ORDER = 'e, source, sequence, id'
const NOWHERE = () => undefined

function things(type: EventType): string {
  return thingColumns(type).join(', ')
}

function statementOf(type: EventType, row: Record<string, unknown>): Statement {
  const data: Data = {}
  for (const { field, kind } of dataColumns(type)) {
    const value = row[field] ?? undefined
    data[field] = value === undefined ? undefined : kind === 'money' ? (parseDecimal(String(value), 2) ?? 0n) : String(value)
  }
  const e = Number(row['e'])
  return {
    slot: 0,
    tick: e,
    e,
    time: Number(row['time']),
    source: String(row['source']),
    id: String(row['id']),
    institution: String(row['institution']),
    op: String(row['op']),
    part: 0,
    offset: 0,
    sequence: BigInt(String(row['sequence'])),
    key: thingColumns(type)
      .map((column) => String(row[column.replaceAll('"', '')]))
      .join('|'),
    hashes: new Uint32Array(4),
    hashAt: 0,
    data,
    verdicts: new Verdicts(undefined, 0),
  }
}

function stepTo({ to, kind, share, event }: PathStep): PathStepTo {
  return { to: to ?? '', kind, effective: share === undefined ? null : Number(share), event: event ?? null }
}

/** Half away from zero, as SQL rounds. */
function halfUp(numerator: bigint, denominator: bigint): bigint {
  const [size, sign] = numerator < 0n ? [-numerator, -1n] : [numerator, 1n]
  return (sign * (2n * size + denominator)) / (2n * denominator)
}
