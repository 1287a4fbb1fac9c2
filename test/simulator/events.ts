/** What single events say. */
import { type EventType, STREAMS } from '../../pipeline/contract/index.ts'
import type { Random } from '../../pipeline/scenario/random.ts'

export type Draft = {
  type: EventType
  institution: string
  desk: string
  op: 'upsert' | 'correct' | 'delete'
  /** Valid time, ms; the event is sent `now`. */
  time: number
  /** The record key. */
  key: string
  data: Record<string, unknown>
}

const TYPES: EventType[] = [
  ...Array<EventType>(9).fill('pay.payment'),
  'mkt.trade',
  'mkt.trade',
  'credit.loan',
  'credit.loan',
  'book.position',
  'book.position',
  'inst.metric',
  'ref.party',
]
const INSTITUTIONS = ['B1', 'B2', 'B3']
const AMOUNTS = ['0.00', '1.00', '2.50', '3.33', '4.75', '7.50', '9.99', '10', '10.5']
const BALANCES = ['10.00', '20.00', '30.00', '31.00', '40.00', '48.00', '49.50', '50.00', '70.01', '98.00']
const RESULTS = ['-1100.5', '-1000.0001', '-1000', '-400', '0.5']
const MARKS = ['9.5', '10', '10.25', '10.250001', '10.3', '11']

/** A new statement, or a word on an earlier one. */
export function nextDraft(random: Random, before: Draft[], now: number, corrections: boolean, quiet: (type: EventType) => boolean): Draft {
  if (before.length > 10 && random.chance(0.12)) {
    const earlier = random.pick(random.chance(0.7) ? before.slice(-80) : before)
    if (earlier.op !== 'delete' && (corrections || STREAMS[earlier.type].state)) return wordOn(random, earlier, now)
  }
  let type = random.pick(TYPES)
  while (quiet(type)) type = random.pick(TYPES)
  const institution = random.pick(INSTITUTIONS)
  const desk = random.chance(0.8) ? 'core' : 'core-2'
  const data = dataOf(random, type)
  const retroactive = STREAMS[type].state && random.chance(0.15)
  const time = retroactive ? now - random.whole(1, random.pick([500, 5000, 40_000])) : now
  return { type, institution, desk, op: 'upsert', time, key: keyOf(type, institution, data), data }
}

function wordOn(random: Random, earlier: Draft, now: number): Draft {
  const { type, institution, desk } = earlier
  const ids = Object.fromEntries(STREAMS[type].thing.map((field) => [field, earlier.data[field]]))
  if (random.chance(0.35)) {
    const data = { ...ids, ...(type === 'pay.payment' && { debtorAccount: earlier.data['debtorAccount'] }) }
    // A statement of state can be struck out at its own time, or end what stands from now on.
    const time = STREAMS[type].state && random.chance(0.5) ? earlier.time : now
    return { type, institution, desk, op: 'delete', time, key: keyOf(type, institution, earlier.data), data }
  }
  const changed = dataOf(random, type)
  const data = random.chance(0.3) ? { ...changed, ...ids } : { ...earlier.data, ...pickSome(random, changed), ...ids }
  return { type, institution, desk, op: 'correct', time: earlier.time, key: keyOf(type, institution, data), data }
}

function pickSome(random: Random, data: Record<string, unknown>): Record<string, unknown> {
  return Object.fromEntries(Object.entries(data).filter(() => random.chance(0.3)))
}

function keyOf(type: EventType, institution: string, data: Record<string, unknown>): string {
  const { key } = STREAMS[type]
  return key === 'institution' ? institution : String(data[key])
}

function dataOf(random: Random, type: EventType): Record<string, unknown> {
  switch (type) {
    case 'pay.payment':
      return payment(random)
    case 'mkt.trade':
      return {
        tradeId: `t${random.whole(1, 300)}`,
        instrumentId: `I${random.whole(1, 2)}`,
        buyer: `Y${random.whole(1, 4)}`,
        seller: `Z${random.whole(1, 3)}`,
        quantity: random.pick(['1', '2.5', '100']),
        price: random.pick(['10', '10.01', '10.02', '10.0333333333']),
        ccy: 'CNY',
      }
    case 'credit.loan':
      return {
        loanId: `L${random.whole(1, 12)}`,
        customerId: `P${random.whole(1, 4)}`,
        product: 'corporate',
        balance: random.pick(BALANCES),
        ccy: 'CNY',
        ...(random.chance(0.9) && { limit: random.pick(['50.00', '60.00', '100.00', '0.00']) }),
        dpd: random.pick([0, 0, 1, 90, 91, 271, 361]),
        class: random.pick(['normal', 'normal', 'special-mention', 'substandard', 'loss']),
      }
    case 'book.position':
      return {
        positionId: `Q${random.whole(1, 8)}`,
        book: 'trading',
        kind: 'bond',
        ...(random.chance(0.9) && { issuerId: `P${random.whole(1, 3)}` }),
        ...(random.chance(0.9) && { instrumentId: `I${random.whole(1, 2)}` }),
        side: random.pick(['long', 'short']),
        value: random.pick(BALANCES),
        ccy: 'CNY',
        ...(random.chance(0.9) && { mark: random.pick(MARKS) }),
      }
    case 'ref.party':
      return { partyId: `P${random.whole(1, 8)}`, kind: random.pick(['company', 'company', 'person']), name: random.pick(['a', 'b']) }
    default: {
      const metric = random.pick(['net-capital', 'tier1', 'return:loans', 'var-99', 'pnl', 'pnl'])
      return {
        metric,
        value: random.pick(metric === 'pnl' ? RESULTS : ['1000', '1000.00', '1100.5', '900', '400', '0', '-5']),
        unit: 'CNY',
        period: random.pick(['2025-Q4', '2026-Q1']),
        basis: random.chance(0.8) ? 'solo' : 'consolidated',
      }
    }
  }
}

function payment(random: Random): Record<string, unknown> {
  const debtor = random.whole(1, 5)
  return {
    paymentId: `p${random.whole(1, 2000)}`,
    debtorId: `P${debtor}`,
    debtorAccount: `D${debtor}`,
    creditorId: `P${random.whole(4, 8)}`,
    creditorAccount: `C${random.whole(1, 3)}`,
    amount: random.pick(AMOUNTS),
    ccy: 'CNY',
    channel: random.pick(['cash', 'wire', 'online']),
    crossBorder: false,
    ...(random.chance(0.7) && { purpose: random.pick(['rent', 'goods', 'loan', 'gift']) }),
  }
}
