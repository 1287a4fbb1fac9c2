/** Money along: the payments, and the parts that follow them for the rules that run. */
import type { GraphRule, Rule } from '../../../contract/rule.ts'
import type { Occurred } from '../../../contract/stage.ts'
import type { Database } from '../../../store/database.ts'
import { MoneyTrace } from '../../../through/flows.ts'
import type { Method } from '../../../through/taint.ts'
import type { Locate } from '../evidence.ts'
import type { ExposureEvidence } from '../exposure-evidence.ts'
import { parameterText } from '../expression.ts'
import type { FxBook } from '../fx.ts'
import { type FlowOptions, LoanFlows } from './loan-flows.ts'
import { WAITING_BYTES } from '../waiting.ts'
import type { Owners } from './owners.ts'
import type { Part } from './part.ts'
import type { Parties } from './parties.ts'
import { PaymentBook } from './payment-book.ts'
import { PaymentChanges } from './payment-changes.ts'
import { PAYMENT, PaymentFeed, paymentStream, type PaymentSource } from './payment-feed.ts'
import { PaymentQueue } from './payment-queue.ts'
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
  waitingBytes?: number
}

type MoneyRules = { sinks: GraphRule | undefined; returns: GraphRule | undefined; trips: GraphRule | undefined; sanctions: GraphRule | undefined }

const DAY_MS = 86_400_000

export class Money {
  readonly book: PaymentBook
  readonly queue: PaymentQueue
  readonly parts: Part[] = []
  /** What payments did in the tick in hand. */
  readonly #changes: PaymentChanges
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
    const feed = new PaymentFeed(db, payments, part.locate)
    this.book = new PaymentBook({
      db,
      feed,
      source: payments,
      rates: new PaymentRates(part.fx),
      reachMs: Math.max(followsLoans ? bounds.horizon : 0, within),
      isAlone: !part.rules.some((rule) => rule.kind === 'window' && rule.reads === PAYMENT),
    })
    this.queue = new PaymentQueue(this.book.names, feed, payments, part.waitingBytes ?? WAITING_BYTES)
    this.#changes = new PaymentChanges(this.queue)
    if (followsLoans) {
      this.#trace = new MoneyTrace(this.book.payments, bounds)
      this.#flows = new LoanFlows({ options: flowOptions(rules), trace: this.#trace, book: this.book, owners, parties, evidence })
      this.parts.push(this.#flows)
    }
    if (trips !== undefined)
      this.parts.push(new RoundTripPayments(this.book, this.#changes, { within, keep: parameterText(trips, 'keep'), maxHops: numberOf(trips, 'maxHops') }))
    if (sanctions !== undefined) {
      this.#sanctions = new Sanctions(this.book, this.#changes, owners, parties, numberOf(sanctions, 'share'))
      this.parts.push(this.#sanctions)
    }
  }

  /** Takes in what a batch appended. */
  arrived(occurred: Occurred): void {
    this.queue.letGo()
    this.queue.arrived(occurred)
  }

  /** As `PaymentQueue.take`. */
  take(after: number, upTo: number): ReturnType<PaymentQueue['take']> {
    if (this.#changes.all.length === 0) this.queue.letGo()
    return this.queue.take(after, upTo)
  }

  /** Takes in what takes effect up to `tick`, ms. In silence nobody is told who would find something in a payment alone. */
  pay(tick: number, inSilence: boolean): void {
    const { rows } = this.queue
    for (let row = this.queue.next(tick); row >= 0; row = this.queue.next(tick)) {
      const taken = this.book.apply(rows, row)
      if (taken !== 'nothing' && !inSilence) this.#changes.note(row, taken === 'corrects', taken !== 'new')
    }
  }

  /** The tick in hand is over. */
  settled(): void {
    this.#changes.clear()
  }

  flagsChanged(party: string): void {
    this.#flows?.flagsChanged(party)
    this.#sanctions?.flagsChanged()
  }

  async restore(lastTick: number): Promise<void> {
    await this.book.restore(lastTick, this.#trace)
    await this.queue.restore()
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
