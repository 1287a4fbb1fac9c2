/** What an institution says, before it has a number and a time; and how it gets them. */
import type { Static } from 'typebox'
import { formatTime } from '../contract/clock.ts'
import {
  type Event,
  type Holding,
  type HoldingLine,
  type Loan,
  type MarketPrice,
  type Metric,
  type Party,
  type Payment,
  type Position,
  STREAMS,
} from '../contract/event.ts'

export type PartyData = Static<typeof Party>
export type LoanData = Static<typeof Loan>
export type PositionData = Static<typeof Position>
export type HoldingData = Static<typeof Holding>
export type HoldingLineData = Static<typeof HoldingLine>
export type PriceData = Static<typeof MarketPrice>
export type MetricData = Static<typeof Metric>
export type PaymentData = Static<typeof Payment>

type DataOf = {
  'ref.party': PartyData
  'credit.loan': LoanData
  'book.position': PositionData
  'product.holding': HoldingData
  'mkt.price': PriceData
  'inst.metric': MetricData
  'pay.payment': PaymentData
}

/** One of the scenario's streams, who reports it, and the data of that stream. */
export type Statement = { [T in keyof DataOf]: { type: T; institution: string; data: DataOf[T] } }[keyof DataOf]

/** The register of parties and the market are sources of their own, beside the institutions. */
export const REGISTER = 'REG'
export const MARKET = 'MKT'

/** The next event of a statement, valid at `time` (ms). Ids and sequences of one numbering have no gap per (source, type). */
export type Numbering = (statement: Statement, time: number) => Event

/** A numbering that goes on where `before` ends. */
export function numbering(before: readonly Event[] = []): Numbering {
  const last = new Map<string, number>()
  for (const event of before) last.set(`${event.source}|${event.type}`, Number(event.sequence))
  return ({ type, institution, data }, time) => {
    const source = sourceOf(institution)
    const stream = `${source}|${type}`
    const sequence = (last.get(stream) ?? 0) + 1
    last.set(stream, sequence)
    const short = type.slice(type.indexOf('.') + 1)
    return {
      specversion: '1.0',
      id: `${institution}-${short}-${String(sequence).padStart(5, '0')}`,
      source,
      type,
      time: formatTime(time),
      subject: recordKey({ type, institution, data } as Statement),
      institution,
      sequence: String(sequence),
      data,
    }
  }
}

/** The record key of a statement: the key field of its stream, or its institution. */
export function recordKey(statement: Statement): string {
  const key = STREAMS[statement.type].key
  return key === 'institution' ? statement.institution : String((statement.data as Record<string, unknown>)[key])
}

/** Whole yuan as money: `132.00`. Exact up to 9 × 10^15 yuan. */
export function money(yuan: number): string {
  return `${Math.round(yuan).toFixed(0)}.00`
}

/** A ratio with at most 4 decimals: `0.5000`. */
export function share(ratio: number): string {
  return ratio.toFixed(4)
}

function sourceOf(institution: string): string {
  if (institution === REGISTER) return '/registry'
  return institution === MARKET ? '/market' : `/institutions/${institution}/core`
}
