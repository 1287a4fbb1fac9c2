/**
 * What institutions send: a CloudEvents 1.0 event in structured JSON, one schema per type.
 * These schemas are the single source: the decoder checks them, the tables take their columns from them,
 * the HTTP interface publishes them.
 */
import Type, { type Static, type TObject, type TSchema } from 'typebox'

/** How a data field becomes a column: its exact kind, beyond what JSON Schema can say. */
export type ColumnKind = 'text' | 'money' | 'price' | 'share' | 'integer' | 'boolean' | 'day' | 'time' | 'json'

const kind = (column: ColumnKind) => ({ 'x-column': column })
const Text = () => Type.String({ ...kind('text') })
const Id = () => Type.String({ minLength: 1, maxLength: 256, ...kind('text') })
const Flag = () => Type.Boolean(kind('boolean'))
const Whole = () => Type.Integer({ minimum: -2147483648, maximum: 2147483647, ...kind('integer') })
const Day = () => Type.String({ pattern: '^\\d{4}-(0[1-9]|1[0-2])-(0[1-9]|[12]\\d|3[01])$', ...kind('day') })
const Instant = () => Type.String({ pattern: '^\\d{4}-\\d{2}-\\d{2}[Tt]\\d{2}:\\d{2}:\\d{2}', ...kind('time') })
/** An amount of money: a plain decimal string with at most 2 decimals, below 10^15 (a 64-bit number of minor units). */
const Money = () => Type.String({ pattern: '^-?\\d{1,15}(\\.\\d{1,2})?$', ...kind('money') })
/** A payment's or trade's amount is never negative. */
const Amount = () => Type.String({ pattern: '^\\d{1,15}(\\.\\d{1,2})?$', ...kind('money') })
/** Prices, marks, quantities and metrics: at most 10 decimals. */
const Price = () => Type.String({ pattern: '^-?\\d{1,27}(\\.\\d{1,10})?$', ...kind('price') })
const PositivePrice = () => Type.String({ pattern: '^\\d{1,27}(\\.\\d{1,10})?$', ...kind('price') })
/** A ratio, 0.1320 for 13.2 %. */
const Share = () => Type.String({ pattern: '^-?\\d{1,9}(\\.\\d{1,20})?$', ...kind('share') })
const List = <T extends TSchema>(items: T) => Type.Array(items, kind('json'))
const OneOf = <const T extends string[]>(...values: T) =>
  Type.Union(
    values.map((v) => Type.Literal(v)),
    kind('text'),
  ) as unknown as ReturnType<typeof Type.Unsafe<T[number]>>
const Maybe = Type.Optional

export const Party = Type.Object({
  partyId: Id(),
  kind: OneOf('person', 'company', 'bank', 'insurer', 'fund', 'trust', 'government', 'other'),
  name: Text(),
  nameEn: Maybe(Text()),
  ids: Maybe(List(Text())),
  sector: Maybe(Text()),
  residence: Maybe(Text()),
  phone: Maybe(Text()),
  address: Maybe(Text()),
  officers: Maybe(List(Id())),
  staffOf: Maybe(Text()),
  flags: Maybe(List(Text())),
})

export const Ownership = Type.Object({
  ownershipId: Id(),
  owner: Id(),
  owned: Id(),
  kind: OneOf('equity', 'votes', 'control', 'dependence'),
  share: Maybe(Share()),
  shareMin: Maybe(Share()),
  shareMax: Maybe(Share()),
  isComponent: Maybe(Flag()),
  declared: Maybe(Flag()),
  from: Maybe(Day()),
  to: Maybe(Day()),
})

export const LOAN_CLASSES = ['normal', 'special-mention', 'substandard', 'doubtful', 'loss'] as const

export const Loan = Type.Object({
  loanId: Id(),
  customerId: Id(),
  product: OneOf('corporate', 'mortgage', 'consumer', 'card', 'internet', 'interbank', 'entrusted'),
  purpose: Maybe(Text()),
  balance: Money(),
  ccy: Text(),
  limit: Maybe(Money()),
  dpd: Whole(),
  class: OneOf(...LOAN_CLASSES),
  provision: Maybe(Money()),
  impaired: Maybe(Flag()),
  disbursedOn: Maybe(Day()),
  maturesOn: Maybe(Day()),
  disbursementAccount: Maybe(Text()),
  partnerId: Maybe(Text()),
  partnerShare: Maybe(Share()),
  relatedParty: Maybe(Flag()),
})

export const Mitigant = Type.Object({
  mitigantId: Id(),
  kind: OneOf('guarantee', 'collateral', 'margin', 'pledgedDeposit', 'treasury'),
  providerId: Id(),
  loanIds: List(Id()),
  value: Money(),
  ccy: Text(),
  assetId: Maybe(Text()),
})

export const Position = Type.Object({
  positionId: Id(),
  book: OneOf('banking', 'trading'),
  kind: OneOf('bond', 'equity', 'fundUnits', 'tranche', 'interbank', 'deposit', 'derivative', 'repo', 'other'),
  issuerId: Maybe(Id()),
  productId: Maybe(Id()),
  trancheId: Maybe(Text()),
  instrumentId: Maybe(Text()),
  side: OneOf('long', 'short'),
  value: Money(),
  ccy: Text(),
  share: Maybe(Share()),
  quantity: Maybe(Price()),
  mark: Maybe(Price()),
  maturesOn: Maybe(Day()),
  hqla: Maybe(OneOf('1', '2A', '2B')),
})

export const HoldingLine = Type.Object({
  kind: OneOf('bond', 'equity', 'fundUnits', 'tranche', 'interbank', 'deposit', 'derivative', 'repo', 'other', 'loan'),
  issuerId: Maybe(Id()),
  productId: Maybe(Id()),
  trancheId: Maybe(Text()),
  value: Money(),
  share: Maybe(Share()),
})

export const Holding = Type.Object({
  productId: Id(),
  kind: OneOf('fund', 'trust', 'wealth', 'insurance', 'abs'),
  asOf: Day(),
  nav: Money(),
  totalAssets: Money(),
  publicFund: Maybe(Flag()),
  managerId: Maybe(Text()),
  originatorId: Maybe(Text()),
  verified: Maybe(Flag()),
  lines: List(HoldingLine),
  unidentified: Money(),
  tranches: Maybe(List(Type.Object({ trancheId: Id(), attach: Money(), detach: Money() }))),
})

export const Trade = Type.Object({
  tradeId: Id(),
  instrumentId: Id(),
  buyer: Id(),
  seller: Id(),
  quantity: PositivePrice(),
  price: PositivePrice(),
  ccy: Text(),
})

export const Payment = Type.Object({
  paymentId: Id(),
  debtorId: Id(),
  debtorAccount: Id(),
  creditorId: Id(),
  creditorAccount: Id(),
  amount: Amount(),
  ccy: Text(),
  channel: OneOf('cash', 'wire', 'card', 'online'),
  cash: Maybe(OneOf('in', 'out')),
  crossBorder: Flag(),
  countryFrom: Maybe(Text()),
  countryTo: Maybe(Text()),
  purpose: Maybe(Text()),
  loanId: Maybe(Text()),
})

export const MarketPrice = Type.Object({ instrumentId: Id(), kind: OneOf('price', 'fx', 'index', 'yield', 'rating'), value: Price(), ccy: Maybe(Text()) })

export const Metric = Type.Object({ metric: Id(), value: Price(), unit: Text(), period: Text(), basis: OneOf('solo', 'consolidated') })

export const Incident = Type.Object({
  incidentId: Id(),
  kind: OneOf('outage', 'data', 'fraud', 'loss', 'cyber'),
  startedAt: Instant(),
  endedAt: Maybe(Instant()),
  provinces: List(Text()),
  customers: Maybe(Whole()),
  loss: Maybe(Money()),
  vendorId: Maybe(Text()),
  reportedAt: Maybe(Instant()),
})

export const Policy = Type.Object({
  policyId: Id(),
  event: OneOf('issued', 'claim', 'surrender', 'complaint'),
  productId: Id(),
  insuredId: Maybe(Text()),
  amount: Money(),
  channel: Maybe(Text()),
  branch: Maybe(Text()),
})

export const Heartbeat = Type.Object({ until: Instant() })

/** Why a message could not be judged; the first that applies, in this order. */
export const DEAD_REASONS = [
  'too-large',
  'too-deep',
  'not-json',
  'not-cloudevent',
  'bad-time',
  'future-time',
  'unknown-type',
  'bad-money',
  'schema',
  'duplicate-conflict',
] as const
export type DeadReason = (typeof DEAD_REASONS)[number]

/** A dead letter as rules read it; `letter` is its place in the log. */
const Rejected = Type.Object({ letter: Id(), reason: OneOf(...DEAD_REASONS) })

export type Stream = {
  /** CloudEvents `type`, and the Kafka topic. */
  type: EventType
  /** A statement of state replaces what was stated before about the same thing; the rest are occurrences. */
  state: boolean
  /** Shared things belong to whoever stated them first; what others state about them is a claim. */
  shared: boolean
  /** What tells a thing apart, besides the institution of things that are not shared. */
  thing: string[]
  /** The record key: a data field, or `institution`. */
  key: string
  /** The table in schema `lt` with the latest valid state. */
  table?: string
  data: TObject
}

const stream = (type: EventType, data: TObject, rest: Partial<Stream> & Pick<Stream, 'thing' | 'key'>): Stream => ({
  type,
  data,
  state: true,
  shared: false,
  ...rest,
})

/** What institutions send: each a topic. */
export const EVENT_TYPES = [
  'ref.party',
  'ref.ownership',
  'credit.loan',
  'credit.mitigant',
  'book.position',
  'product.holding',
  'mkt.trade',
  'pay.payment',
  'mkt.price',
  'inst.metric',
  'ops.incident',
  'ins.policy',
  'sys.heartbeat',
] as const
/** The dead letters as a stream of occurrences: the engine makes it of what it refuses, nobody sends it. */
export const REJECTED = 'sys.rejected'
/** What rules may read. */
export type EventType = (typeof EVENT_TYPES)[number] | typeof REJECTED

/** Whether it is a type that is sent. */
export function isEventType(type: unknown): type is EventType {
  return (EVENT_TYPES as readonly unknown[]).includes(type)
}

export const STREAMS: Record<EventType, Stream> = {
  'ref.party': stream('ref.party', Party, { thing: ['partyId'], key: 'partyId', shared: true, table: 'party' }),
  'ref.ownership': stream('ref.ownership', Ownership, { thing: ['ownershipId'], key: 'owned', shared: true, table: 'ownership' }),
  'credit.loan': stream('credit.loan', Loan, { thing: ['loanId'], key: 'loanId', table: 'loan' }),
  'credit.mitigant': stream('credit.mitigant', Mitigant, { thing: ['mitigantId'], key: 'mitigantId', table: 'mitigant' }),
  'book.position': stream('book.position', Position, { thing: ['positionId'], key: 'positionId', table: 'position' }),
  'product.holding': stream('product.holding', Holding, { thing: ['productId'], key: 'productId', shared: true, table: 'holding' }),
  'mkt.trade': stream('mkt.trade', Trade, { thing: ['tradeId'], key: 'instrumentId', state: false, shared: true }),
  'pay.payment': stream('pay.payment', Payment, { thing: ['paymentId'], key: 'debtorAccount', state: false }),
  'mkt.price': stream('mkt.price', MarketPrice, { thing: ['instrumentId', 'kind'], key: 'instrumentId', shared: true, table: 'price' }),
  'inst.metric': stream('inst.metric', Metric, { thing: ['metric', 'basis', 'period'], key: 'institution', table: 'metric' }),
  'ops.incident': stream('ops.incident', Incident, { thing: ['incidentId'], key: 'incidentId', state: false }),
  'ins.policy': stream('ins.policy', Policy, { thing: ['policyId'], key: 'policyId', state: false }),
  'sys.heartbeat': stream('sys.heartbeat', Heartbeat, { thing: ['until'], key: 'institution', state: false }),
  'sys.rejected': stream('sys.rejected', Rejected, { thing: ['letter'], key: 'institution', state: false }),
}

/** How long an event's id or source, and its institution, may be: characters. */
export const MAX_NAME_LENGTH = 512
export const MAX_INSTITUTION_LENGTH = 128

/** A name of what was refused, which may be none or have any length; undefined where it says nothing. */
export function nameWithin(longest: number, name: string | null | undefined): string | undefined {
  return name !== null && name !== undefined && name !== '' && name.length <= longest ? name : undefined
}

/** CloudEvents attributes and our extensions; `data` has the schema of the stream. */
export const Envelope = Type.Object({
  specversion: Type.Literal('1.0'),
  id: Type.String({ minLength: 1, maxLength: MAX_NAME_LENGTH }),
  source: Type.String({ minLength: 1, maxLength: MAX_NAME_LENGTH }),
  type: Type.String({ minLength: 1 }),
  time: Type.String(),
  subject: Type.String(),
  institution: Type.String({ minLength: 1, maxLength: MAX_INSTITUTION_LENGTH }),
  sequence: Type.String({ pattern: '^\\d{1,18}$' }),
  op: Maybe(OneOf('upsert', 'delete', 'correct')),
  recordedtime: Maybe(Type.String()),
})
export const OPERATIONS = ['upsert', 'delete', 'correct'] as const
export type Operation = (typeof OPERATIONS)[number]
export type Event<D = unknown> = Static<typeof Envelope> & { type: EventType; op?: Operation; data: D }
export type PaymentData = Static<typeof Payment>

/** A data field as a column: its JSON name, and its name in the tables of schema `lt`. */
export type DataColumn = { field: string; column: string; kind: ColumnKind }

/** The data fields of a stream in the order of its schema. */
export function dataColumns(type: EventType): DataColumn[] {
  return Object.entries(STREAMS[type].data.properties).map(([field, schema]) => ({ field, column: snakeCase(field), kind: columnKind(schema) }))
}

/** `customerId` → `customer_id`. */
export function snakeCase(name: string): string {
  return name.replace(/[A-Z]/g, (c) => `_${c.toLowerCase()}`)
}

export const MAX_MESSAGE_BYTES = 1 << 20
/** Of a message that holds many events. */
export const MAX_BULK_BYTES = 16 << 20
export const MAX_DEPTH = 64
/** How far after its Kafka timestamp an event's time may lie, in ms. */
export const MAX_FUTURE_MS = 600_000

function columnKind(schema: TSchema): ColumnKind {
  return (schema as { 'x-column'?: ColumnKind })['x-column'] ?? 'json'
}
