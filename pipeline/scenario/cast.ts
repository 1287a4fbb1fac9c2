/**
 * Who the story is about: for every rule some subjects that will break it and some that will come close,
 * with what they look like before the story begins. Nothing else in the world touches them.
 */
import { LookthroughError } from '../contract/errors.ts'
import type { Institution } from './institutions.ts'
import { type Booked, dayAfter } from './loans.ts'
import type { Parties } from './parties.ts'
import { holding, productId, spread, units } from './products.ts'
import { type Random, randomFor } from './random.ts'
import { type HoldingData, type HoldingLineData, type LoanData, type PartyData, type PositionData, money } from './statement.ts'

export type Verdict = 'violation' | 'near-miss'
/** `begin`: seconds after the start of a lap. */
type Role = { institution: Institution; verdict: Verdict; begin: number }

/** CR-01: a customer with two loans, the second of which is drawn. */
export type Borrower = Role & { customer: PartyData; fixed: LoanData; drawn: LoanData }
/** CR-02: a client reached directly and through two layers; the institution owns `part` of the inner product. `direct` in yuan. */
export type Client = Role & { client: PartyData; direct: number; outer: HoldingData; inner: HoldingData; part: number }
/** CR-05: three products of which the institution owns `part` each. */
export type Opaque = Role & { products: HoldingData[]; part: number }
/** CR-09: a loan that will be `dpd` days overdue, the class it is then reported in, and the class it should have. */
export type Overdue = Role & { loan: LoanData; dpd: number; reported: LoanData['class']; right: LoanData['class'] }
/** OP-08: who collects. */
export type Collector = Role & { creditor: PartyData }

export type Cast = {
  borrowers: Borrower[]
  clients: Client[]
  opaque: Opaque[]
  overdue: Overdue[]
  collectors: Collector[]
  /** What they own and owe before the story: the innermost products first. */
  loans: Booked<LoanData>[]
  holdings: HoldingData[]
  positions: Booked<PositionData>[]
}

export function buildCast(seed: number, institutions: readonly Institution[], parties: Parties, start: number): Cast {
  const random = randomFor(seed, 'cast')
  const role = ([id, verdict, begin]: Entry): Role => ({ institution: found(institutions.find((i) => i.id === id)), verdict, begin })
  const actors = parties.cast.values()
  const actor = () => found(actors.next().value)
  const borrowers = ROLES.borrowers.map((entry) => borrower(role(entry), actor(), start))
  const clients = ROLES.clients.map((entry, n) => client(random, role(entry), actor(), n, parties.issuers, start))
  const opaque = ROLES.opaque.map((entry, n) => opaqueInvestor(random, role(entry), n, parties.issuers, start))
  const overdue = ROLES.overdue.map((entry, n) => overdueLoan(role(entry), actor(), n, start))
  const collectors = ROLES.collectors.map((entry) => ({ ...role(entry), creditor: actor() }))
  const owed = [
    ...borrowers.flatMap(({ institution, fixed, drawn }) => [fixed, drawn].map((data) => ({ institution: institution.id, data }))),
    ...clients.map(({ institution, client: { partyId } }) => ({ institution: institution.id, data: clientLoan(institution, partyId, start) })),
    ...overdue.map(({ institution, loan: data }) => ({ institution: institution.id, data })),
  ]
  return {
    borrowers,
    clients,
    opaque,
    overdue,
    collectors,
    loans: owed,
    holdings: [...clients.map((c) => c.inner), ...clients.map((c) => c.outer), ...opaque.flatMap((o) => o.products)],
    positions: [
      ...clients.flatMap((c) => [clientBond(c.institution, c.client.partyId), units(c.institution.id, c.outer, OUTER_PART)]),
      ...opaque.flatMap((o) => o.products.map((p) => units(o.institution.id, p, o.part))),
    ],
  }
}

type Entry = readonly [institution: string, verdict: Verdict, begin: number]

/**
 * Who, what and how many seconds after the start of a lap. The first violation of each rule is complete between 5 and 35 s,
 * so that a viewer has seen all rules within a minute.
 */
const ROLES: Record<'borrowers' | 'clients' | 'opaque' | 'overdue' | 'collectors', readonly Entry[]> = {
  borrowers: [
    ['B0003', 'violation', 6],
    ['B0006', 'violation', 250],
    ['B0001', 'near-miss', 60],
    ['B0007', 'near-miss', 330],
  ],
  clients: [
    ['B0001', 'violation', 9],
    ['B0004', 'violation', 280],
    ['B0005', 'near-miss', 75],
    ['B0008', 'near-miss', 345],
  ],
  opaque: [
    ['B0002', 'violation', 11],
    ['I0001', 'violation', 305],
    ['B0003', 'near-miss', 90],
    ['I0002', 'near-miss', 360],
  ],
  overdue: [
    ['B0004', 'violation', 8],
    ['B0008', 'violation', 270],
    ['B0002', 'violation', 430],
    ['B0006', 'near-miss', 50],
    ['B0001', 'near-miss', 380],
  ],
  collectors: [
    ['B0005', 'violation', 7],
    ['B0007', 'violation', 320],
    ['B0002', 'near-miss', 100],
    ['B0006', 'near-miss', 400],
  ],
}

/** Days past due, the class reported and the class that is right, in the order of `ROLES.overdue`. */
const GRADES: readonly (readonly [number, LoanData['class'], LoanData['class']])[] = [
  [97, 'special-mention', 'substandard'],
  [12, 'normal', 'special-mention'],
  [275, 'substandard', 'doubtful'],
  [90, 'special-mention', 'special-mention'],
  [270, 'substandard', 'substandard'],
]

function overdueLoan(role: Role, { partyId }: PartyData, n: number, start: number): Overdue {
  const [dpd, reported, right] = found(GRADES[n])
  return { ...role, loan: loan(role.institution, partyId, `Q${n + 1}`, 0.008, start), dpd, reported, right }
}

function borrower(role: Role, customer: PartyData, start: number): Borrower {
  const { partyId } = customer
  return {
    ...role,
    customer,
    fixed: loan(role.institution, partyId, `K-${partyId}-1`, 0.032, start),
    drawn: loan(role.institution, partyId, `K-${partyId}-2`, 0.015, start),
  }
}

/** A loan of this part of the institution's net capital, in order. */
function loan(institution: Institution, customerId: string, name: string, part: number, start: number): LoanData {
  const balance = Math.round((institution.netCapital * part) / 10_000) * 10_000
  return {
    loanId: `${institution.id}-${name}`,
    customerId,
    product: 'corporate',
    balance: money(balance),
    ccy: 'CNY',
    dpd: 0,
    class: 'normal',
    disbursedOn: dayAfter(start, -200),
    maturesOn: dayAfter(start, 900),
  }
}

const CLIENT_LOAN = 0.038
const CLIENT_BOND = 0.028
/** The institution owns half of the outer product, which owns 80 % of the inner one. */
const OUTER_PART = 0.5
const INNER_PART = 0.8

function client(random: Random, role: Role, party: PartyData, n: number, issuers: readonly PartyData[], start: number): Client {
  const { tier1 } = role.institution
  const outerNav = tenThousands((0.098 * tier1) / OUTER_PART)
  const innerNav = tenThousands((outerNav * 0.96) / INNER_PART)
  const innerLines = [
    { kind: 'loan', issuerId: party.partyId, value: money(innerNav * 0.1) } as const,
    ...lines(random, issuers, 12, innerNav - innerNav * 0.1, 'loan'),
  ]
  const inner = holding(productId('trust', 80 + n), 'trust', innerNav, innerLines, start)
  const held: HoldingLineData = { kind: 'fundUnits', productId: inner.productId, value: money(innerNav * INNER_PART), share: INNER_PART.toFixed(4) }
  const outer = holding(productId('wealth', 80 + n), 'wealth', outerNav, [held, ...lines(random, issuers, 2, outerNav - innerNav * INNER_PART, 'bond')], start)
  const direct = Number(clientLoan(role.institution, party.partyId, start).balance) + Number(clientBond(role.institution, party.partyId).data.value)
  return { ...role, client: party, direct, outer, inner, part: OUTER_PART * INNER_PART }
}

function clientLoan(institution: Institution, partyId: string, start: number): LoanData {
  return loan(institution, partyId, `K-${partyId}-1`, CLIENT_LOAN, start)
}

function clientBond(institution: Institution, partyId: string): Booked<PositionData> {
  const value = money(tenThousands(institution.tier1 * CLIENT_BOND))
  const data: PositionData = { positionId: `${institution.id}-K-${partyId}`, book: 'banking', kind: 'bond', issuerId: partyId, side: 'long', value, ccy: 'CNY' }
  return { institution: institution.id, data }
}

const OPAQUE_PART = 0.4

/** Three wealth products worth 8 % of tier 1 each to the institution, 7 % of them unidentified. */
function opaqueInvestor(random: Random, role: Role, n: number, issuers: readonly PartyData[], start: number): Opaque {
  const nav = tenThousands((0.08 * role.institution.tier1) / OPAQUE_PART)
  const products = [0, 1, 2].map((i) =>
    holding(productId('wealth', 160 + n * 3 + i), 'wealth', nav, lines(random, issuers, 20, nav - Math.round(nav * 0.07), 'bond'), start),
  )
  return { ...role, products, part: OPAQUE_PART }
}

function lines(random: Random, issuers: readonly PartyData[], count: number, total: number, kind: HoldingLineData['kind']): HoldingLineData[] {
  const chosen = random.shuffle(issuers).slice(0, count)
  const values = spread(
    Math.round(total),
    chosen.map(() => random.between(0.85, 1.15)),
  )
  return chosen.map((issuer, i) => ({ kind, issuerId: issuer.partyId, value: money(values[i] ?? 0) }))
}

function tenThousands(yuan: number): number {
  return Math.round(yuan / 10_000) * 10_000
}

/** The cast is written down in this file: something missing from it is a mistake of ours. */
function found<T>(value: T | undefined): T {
  if (value === undefined) throw new LookthroughError('LT-9001', { why: 'the cast of the scenario is incomplete' })
  return value
}
