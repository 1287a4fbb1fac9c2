/** The planted steps of a lap: each act raises its subject to a violation or a near miss, and later takes it back. */
import { fill } from '../contract/errors.ts'
import type { Words } from '../contract/rule.ts'
import { SCENARIO } from '../messages/scenario.ts'
import type { Account } from './accounts.ts'
import type { Borrower, Client, Collector, Opaque, Overdue } from './cast.ts'
import type { Institution } from './institutions.ts'
import type { Label, Planned } from './planned.ts'
import { MANAGER, spread } from './products.ts'
import { randomFor } from './random.ts'
import { type HoldingData, type LoanData, type Statement, money } from './statement.ts'
import type { World } from './world.ts'

/** All acts of a lap in order of time. */
export function scheduleActs(world: World, seed: number, lap: number): Planned[] {
  const random = randomFor(seed, `acts ${lap}`)
  const { borrowers, clients, opaque, overdue, collectors } = world.cast
  const begin = (role: { begin: number }) => role.begin * 1000 + random.whole(0, 900)
  const payers = () => random.shuffle(world.ledger.persons).slice(0, 10)
  return [
    ...borrowers.flatMap((role) => drawdown(role, begin(role))),
    ...clients.flatMap((role) => restatement(role, begin(role))),
    ...opaque.flatMap((role) => obscuring(role, begin(role))),
    ...overdue.flatMap((role) => misgrading(role, begin(role))),
    ...collectors.flatMap((role, n) => collecting(payers(), role, `${role.institution.id}-9${String(lap).padStart(4, '0')}${n}`, begin(role))),
  ].sort((a, b) => a.afterMs - b.afterMs)
}

/** How long a breach or a near miss stands before it is put right, in ms. */
const STANDS_MS = 150_000

/** CR-01: drawn up the ladder of the limit of 10 % of net capital (8, 9, 9.5, 10), later repaid. */
function drawdown({ verdict, institution, customer, fixed, drawn }: Borrower, begin: number): Planned[] {
  const rungs = verdict === 'violation' ? [0.083, 0.092, 0.097, 0.103] : [0.079]
  const owes = (ratio: number) => stateLoan(institution, { ...drawn, balance: money(institution.netCapital * ratio - Number(fixed.balance)) })
  const label = (ratio: number): Label => ({
    rule: 'CR-01',
    subject: customer.partyId,
    institution: institution.id,
    verdict,
    note: note(`scenario.loan.${verdict}`, { customer: named(customer), institution: institution.name, ratio: percent(ratio) }),
  })
  return [...climb(rungs, begin, 4000, owes, label), { afterMs: begin + STANDS_MS, statement: stateLoan(institution, drawn) }]
}

/** CR-02: the inner product moves more and more of its money to the client; the limit is 15 % of tier 1. */
function restatement({ verdict, institution, client, direct, inner, part }: Client, begin: number): Planned[] {
  const rungs = verdict === 'violation' ? [0.126, 0.138, 0.154] : [0.119]
  const exposed = (ratio: number) => stateHolding(reweighted(inner, { first: (institution.tier1 * ratio - direct) / part }))
  const label = (ratio: number): Label => ({
    rule: 'CR-02',
    subject: client.partyId,
    institution: institution.id,
    verdict,
    note: note(`scenario.exposure.${verdict}`, { product: same(inner.productId), institution: institution.name, client: named(client), ratio: percent(ratio) }),
  })
  return [...climb(rungs, begin, 6000, exposed, label), { afterMs: begin + STANDS_MS, statement: stateHolding(inner) }]
}

/** CR-05: one product after the other can no longer say what it holds. */
function obscuring({ verdict, institution, products, part }: Opaque, begin: number): Planned[] {
  const targets = verdict === 'violation' ? UNKNOWN_RISES : UNKNOWN_NEAR
  const unknown = products.map((p) => (Number(p.unidentified) * part) / institution.tier1)
  const steps = targets.map(([which, ratio], i): Planned => {
    unknown[which] = ratio
    const product = products[which]
    if (product === undefined) throw new RangeError('the cast of CR-05 has products')
    const total = unknown.reduce((a, b) => a + b, 0)
    const statement = stateHolding(reweighted(product, { unidentified: (institution.tier1 * ratio) / part }))
    const facts = { product: same(product.productId), institution: institution.name, ratio: percent(total) }
    const label: Label = { rule: 'CR-05', subject: 'unknown', institution: institution.id, verdict, note: note(`scenario.unknown.${verdict}`, facts) }
    return { afterMs: begin + i * 5000, statement, ...(i === targets.length - 1 ? { label } : {}) }
  })
  return [...steps, ...products.map((p, i): Planned => ({ afterMs: begin + STANDS_MS + i * 100, statement: stateHolding(p) }))]
}

/** Which product, and how much of tier 1 its unidentified part becomes: 7.6, 13.1, 14.1 and 15.5 % altogether; or 11.7 %. */
const UNKNOWN_RISES = [
  [0, 0.065],
  [1, 0.06],
  [2, 0.016],
  [2, 0.03],
] as const
const UNKNOWN_NEAR = [
  [0, 0.06],
  [1, 0.0514],
] as const

/** CR-09: reported with a class better than the floor of its days past due, repaired later; or just at the floor. */
function misgrading({ verdict, institution, loan, dpd, reported, right }: Overdue, begin: number): Planned[] {
  const late = (grade: LoanData['class']) => stateLoan(institution, { ...loan, dpd, class: grade })
  const facts = { institution: institution.name, loan: same(loan.loanId), dpd: same(String(dpd)), class: SCENARIO[`scenario.grade.${reported}`] }
  const label: Label = { rule: 'CR-09', subject: loan.loanId, institution: institution.id, verdict, note: note(`scenario.class.${verdict}`, facts) }
  const repaired: Planned[] = reported === right ? [] : [{ afterMs: begin + STANDS_MS - 20_000, statement: late(right) }]
  return [{ afterMs: begin, statement: late(reported), label }, ...repaired, { afterMs: begin + STANDS_MS, statement: stateLoan(institution, loan) }]
}

/**
 * OP-08: ten accounts pay into one that is new in every lap, the eighth makes the violation; or seven accounts pay,
 * some of them twice. The collecting bank reports them all, as a bank reports what comes in.
 */
function collecting(payers: readonly Account[], { verdict, institution, creditor }: Collector, account: string, begin: number): Planned[] {
  const [crossing, distinct] = verdict === 'violation' ? [8, '8'] : [11, '7']
  const order = verdict === 'violation' ? payers : [...payers.slice(0, 7), ...payers.slice(0, 4)]
  return order.map(({ party, account: debtorAccount }, i): Planned => {
    const data = {
      paymentId: `${account}-${i + 1}`,
      debtorId: party,
      debtorAccount,
      creditorId: creditor.partyId,
      creditorAccount: account,
      amount: `${31_000 + i * 1_300}.00`,
      ccy: 'CNY',
      channel: 'online' as const,
      crossBorder: false,
    }
    const facts = { institution: institution.name, account: same(account), creditor: named(creditor), payers: same(distinct), payments: same(String(i + 1)) }
    const label: Label = { rule: 'OP-08', subject: account, institution: institution.id, verdict, note: note(`scenario.fan-in.${verdict}`, facts) }
    return { afterMs: begin + i * 1100, statement: { type: 'pay.payment', institution: institution.id, data }, ...(i + 1 === crossing ? { label } : {}) }
  })
}

/** One step per rung, `everyMs` apart; the last one carries the label. */
function climb(rungs: readonly number[], begin: number, everyMs: number, statement: (ratio: number) => Statement, label: (ratio: number) => Label): Planned[] {
  return rungs.map((ratio, i) => ({
    afterMs: begin + i * everyMs,
    statement: statement(ratio),
    ...(i === rungs.length - 1 ? { label: label(ratio) } : {}),
  }))
}

/** The holding with its first line or its unidentified part set to so many yuan, the other lines in proportion, the same net asset value. */
function reweighted(before: HoldingData, change: { first?: number; unidentified?: number }): HoldingData {
  const unidentified = Math.round(change.unidentified ?? Number(before.unidentified))
  const kept = change.first === undefined ? [] : before.lines.slice(0, 1).map((line) => ({ ...line, value: money(change.first ?? 0) }))
  const others = before.lines.slice(kept.length)
  const left = Number(before.nav) - unidentified - kept.reduce((sum, line) => sum + Number(line.value), 0)
  const values = spread(
    left,
    others.map((line) => Number(line.value)),
  )
  return { ...before, unidentified: money(unidentified), lines: [...kept, ...others.map((line, i) => ({ ...line, value: money(values[i] ?? 0) }))] }
}

function stateLoan(institution: Institution, data: LoanData): Statement {
  return { type: 'credit.loan', institution: institution.id, data }
}

function stateHolding(data: HoldingData): Statement {
  return { type: 'product.holding', institution: MANAGER, data }
}

function note(key: keyof typeof SCENARIO, facts: Record<string, Words>): Words {
  const of = (language: keyof Words) => fill(SCENARIO[key][language], Object.fromEntries(Object.entries(facts).map(([name, words]) => [name, words[language]])))
  return { zh: of('zh'), en: of('en') }
}

function named(party: { name: string; nameEn?: string }): Words {
  return { zh: party.name, en: party.nameEn ?? party.name }
}

function same(text: string): Words {
  return { zh: text, en: text }
}

function percent(ratio: number): Words {
  return same(`${(ratio * 100).toFixed(1)}%`)
}
