/** What goes on anyway: payments among neighbours, loans paid down a little, prices that move. None of it breaks a rule. */
import type { Relation, RelationKind } from './accounts.ts'
import type { Planned } from './planned.ts'
import { type Random, randomFor } from './random.ts'
import { MARKET, type Statement, money } from './statement.ts'
import type { World } from './world.ts'

/** Steps of a Poisson process of `EVENTS_A_SECOND`, for `lengthMs`. */
export function* traffic(world: World, seed: number, lap: number, lengthMs: number): Generator<Planned> {
  const random = randomFor(seed, `traffic ${lap}`)
  let payments = 0
  for (let at = random.wait(1000 / EVENTS_A_SECOND); at < lengthMs; at += random.wait(1000 / EVENTS_A_SECOND)) {
    const kind = random.next() * EVENTS_A_SECOND
    if (kind < RATES.payment) yield { afterMs: at, statement: payment(random, world, `T${lap}-${++payments}`) }
    else yield { afterMs: at, statement: kind < RATES.payment + RATES.loan ? repayment(random, world) : priceTick(random, world) }
  }
}

/** A second, on average. */
const RATES = { payment: 150, loan: 2, price: 5 }
export const EVENTS_A_SECOND = RATES.payment + RATES.loan + RATES.price

const MIX: readonly RelationKind[] = ['purchase', 'purchase', 'purchase', 'purchase', 'purchase', 'transfer', 'transfer', 'transfer', 'supply', 'salary']
const CHANNEL: Record<RelationKind, readonly ('wire' | 'card' | 'online')[]> = {
  salary: ['wire'],
  purchase: ['card', 'online', 'online'],
  supply: ['wire'],
  transfer: ['online'],
}

/** Reported by the payer's bank. */
function payment(random: Random, world: World, name: string): Statement {
  const kind = random.pick(MIX)
  const { debtor, creditor, amount }: Relation = random.pick(world.ledger.relations[kind])
  const institution = debtor.bank
  return {
    type: 'pay.payment',
    institution,
    data: {
      paymentId: `${institution}-${name}`,
      debtorId: debtor.party,
      debtorAccount: debtor.account,
      creditorId: creditor.party,
      creditorAccount: creditor.account,
      amount: (amount * random.between(0.8, 1.2)).toFixed(2),
      ccy: 'CNY',
      channel: random.pick(CHANNEL[kind]),
      crossBorder: false,
      purpose: kind,
    },
  }
}

/** A loan restated at 90 to 100 % of what it was in the beginning: it wanders, and never grows beyond that. */
function repayment(random: Random, world: World): Statement {
  const { institution, data } = random.pick(world.loans)
  return { type: 'credit.loan', institution, data: { ...data, balance: money(Number(data.balance) * random.between(0.9, 1)) } }
}

function priceTick(random: Random, world: World): Statement {
  const value = random.between(98, 102).toFixed(4)
  return { type: 'mkt.price', institution: MARKET, data: { instrumentId: random.pick(world.instruments), kind: 'price', value, ccy: 'CNY' } }
}
