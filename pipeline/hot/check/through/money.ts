/** Money along: the payments, and the parts that follow them for the rules that run. */
import type { GraphRule, Rule } from '../../../contract/rule.ts'
import type { Database } from '../../../store/database.ts'
import { MoneyTrace } from '../../../through/flows.ts'
import type { Method } from '../../../through/taint.ts'
import type { Locate } from '../evidence.ts'
import type { ExposureEvidence } from '../exposure-evidence.ts'
import { parameterText } from '../expression.ts'
import type { FxBook } from '../fx.ts'
import { type FlowOptions, LoanFlows } from './loan-flows.ts'
import type { Owners } from './owners.ts'
import type { Part } from './part.ts'
import type { Parties } from './parties.ts'
import { PaymentBook } from './payment-book.ts'
import { PAYMENT, PaymentFeed, paymentStream, type PaymentSource, type PaymentStatement } from './payment-feed.ts'
import { PaymentRates } from './payment-rates.ts'
import { RoundTripPayments } from './round-trip-payments.ts'
import { Sanctions } from './sanctions.ts'

export type MoneyPart = {
  db: Database
  rules: readonly Rule[]
  payments: PaymentSource
  fx: FxBook
  owners: Owners
  parties: Parties
  evidence: ExposureEvidence
  locate: Locate
}

type MoneyRules = { sinks: GraphRule | undefined; returns: GraphRule | undefined; trips: GraphRule | undefined; sanctions: GraphRule | undefined }

const DAY_MS = 86_400_000

export class Money {
  readonly book: PaymentBook
  readonly feed: PaymentFeed
  readonly parts: Part[] = []
  readonly #trace: MoneyTrace | undefined
  readonly #flows: LoanFlows | undefined
  readonly #sanctions: Sanctions | undefined

  /** Undefined where no rule over money runs. */
  static of(part: MoneyPart): Money | undefined {
    return paymentStream(part.rules).length === 0 ? undefined : new Money(part, moneyRules(part.rules))
  }

  private constructor(part: MoneyPart, rules: MoneyRules) {
    const { db, payments, owners, parties, evidence } = part
    const { sinks, returns, trips, sanctions } = rules
    const bounds = traceBounds(rules)
    const within = trips === undefined ? 0 : numberOf(trips, 'days') * DAY_MS
    const followsLoans = sinks !== undefined || returns !== undefined
    this.feed = new PaymentFeed(db, payments, part.locate)
    this.book = new PaymentBook({
      db,
      feed: this.feed,
      source: payments,
      rates: new PaymentRates(part.fx),
      reachMs: Math.max(followsLoans ? bounds.horizon : 0, within),
      isAlone: !part.rules.some((rule) => rule.kind === 'window' && rule.reads === PAYMENT),
    })
    if (followsLoans) {
      this.#trace = new MoneyTrace(this.book.payments, bounds)
      this.#flows = new LoanFlows({ options: flowOptions(rules), trace: this.#trace, book: this.book, owners, parties, evidence })
      this.parts.push(this.#flows)
    }
    if (trips !== undefined)
      this.parts.push(new RoundTripPayments(this.book, { within, keep: parameterText(trips, 'keep'), maxHops: numberOf(trips, 'maxHops') }))
    if (sanctions !== undefined) {
      this.#sanctions = new Sanctions(this.book, owners, parties, numberOf(sanctions, 'share'))
      this.parts.push(this.#sanctions)
    }
  }

  pay(payment: PaymentStatement, inSilence: boolean): void {
    const change = this.book.apply(payment)
    if (change !== undefined && !inSilence) for (const part of this.parts) part.pay?.(change)
  }

  flagsChanged(party: string): void {
    this.#flows?.flagsChanged(party)
    this.#sanctions?.flagsChanged()
  }

  restore(lastTick: number): Promise<void> {
    return this.book.restore(lastTick, this.#trace)
  }

  write(): Promise<void> {
    return this.book.write(this.#trace)
  }
}

function moneyRules(rules: readonly Rule[]): MoneyRules {
  const over = (table: GraphRule['from']) => rules.find((rule): rule is GraphRule => rule.kind === 'graph' && rule.from === table)
  return { sinks: over('loan_sinks'), returns: over('loan_return'), trips: over('round_trip'), sanctions: over('sanctions_hit') }
}

/** As contract §6 has them where no rule says otherwise. */
function traceBounds({ sinks, returns }: MoneyRules): { horizon: number; hops: number; returnWithin: number } {
  const returnWithin = returns === undefined ? 0 : numberOf(returns, 'days') * DAY_MS
  const horizon = sinks === undefined ? 30 * DAY_MS : numberOf(sinks, 'days') * DAY_MS
  return { horizon: Math.max(horizon, returnWithin), hops: sinks === undefined ? 5 : numberOf(sinks, 'hops'), returnWithin }
}

function flowOptions({ sinks }: MoneyRules): FlowOptions {
  if (sinks === undefined) return { sinks: [], method: 'prorata' }
  return { sinks: parameterText(sinks, 'sinks').split(','), method: parameterText(sinks, 'method') as Method }
}

function numberOf(rule: GraphRule, parameter: string): number {
  return Number(parameterText(rule, parameter))
}
