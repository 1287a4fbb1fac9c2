/** The scenario is judged here by plain code of its own: sums and paths, nothing of the engine's. */
import Type from 'typebox'
import { Compile } from 'typebox/compile'
import { describe, expect, test } from 'vitest'
import { EVENT_TYPES, Envelope, type Event, type EventType, STREAMS } from '../contract/event.ts'
import type { Label } from './planned.ts'
import type { HoldingData, LoanData, MetricData, PartyData, PaymentData, PositionData } from './statement.ts'
import { type Step, scenarioEvents, scenarioSteps } from './steps.ts'
import { LAP_MS } from './story.ts'
import { buildWorld } from './world.ts'

const START = Date.parse('2026-03-02T01:00:00Z')
const LIMIT = { 'CR-01': 0.1, 'CR-02': 0.15, 'CR-05': 0.15 } as const
type LimitCode = keyof typeof LIMIT
const MATERIALITY = 0.0015

/** What is known of the world so far, and every verdict drawn from scratch. */
class Judge {
  readonly parties = new Map<string, PartyData>()
  readonly loans = new Map<string, Map<string, LoanData>>()
  readonly positions = new Map<string, Map<string, PositionData>>()
  readonly holdings = new Map<string, HoldingData>()
  readonly metrics = new Map<string, number>()
  readonly payers = new Map<string, Map<string, Set<string>>>()

  take(event: Event): void {
    const { institution, data } = event
    if (event.type === 'ref.party') this.parties.set((data as PartyData).partyId, data as PartyData)
    if (event.type === 'credit.loan') of(this.loans, institution).set((data as LoanData).loanId, data as LoanData)
    // What it owes is no exposure.
    if (event.type === 'book.position' && (data as PositionData).side === 'long')
      of(this.positions, institution).set((data as PositionData).positionId, data as PositionData)
    if (event.type === 'product.holding') this.holdings.set((data as HoldingData).productId, data as HoldingData)
    if (event.type === 'inst.metric') this.metrics.set(`${institution} ${(data as MetricData).metric}`, Number((data as MetricData).value))
    if (event.type !== 'pay.payment') return
    const { creditorAccount, debtorAccount } = data as PaymentData
    const account = of(this.payers, institution)
    account.set(creditorAccount, (account.get(creditorAccount) ?? new Set()).add(debtorAccount))
  }

  /** Loans to each customer ÷ net capital. */
  loanShares(institution: string): Map<string, number> {
    const shares = new Map<string, number>()
    for (const loan of of(this.loans, institution).values()) add(shares, loan.customerId, Number(loan.balance) / this.metric(institution, 'net-capital'))
    return shares
  }

  /** Direct and looked-through exposure ÷ tier 1 by party, structure (`product …`) and `unknown`, with and without materiality. */
  exposureShares(institution: string, materiality = MATERIALITY): Map<string, number> {
    const shares = new Map<string, number>()
    const tier1 = this.metric(institution, 'tier1')
    for (const loan of of(this.loans, institution).values()) add(shares, loan.customerId, Number(loan.balance) / tier1)
    const inside = new Map<string, Map<string, number>>()
    for (const position of of(this.positions, institution).values()) {
      if (position.productId === undefined) add(shares, position.issuerId ?? 'nobody', Number(position.value) / tier1)
      else this.descend(position.productId, this.part(position, position.productId), inside)
    }
    for (const [product, obligors] of inside)
      for (const [obligor, amount] of obligors) add(shares, amount / tier1 < materiality ? `product ${product}` : obligor, amount / tier1)
    return shares
  }

  /** How much of each product an institution reaches, over all paths ÷ tier 1. */
  reached(institution: string): Map<string, number> {
    const inside = new Map<string, Map<string, number>>()
    for (const position of of(this.positions, institution).values())
      if (position.productId !== undefined) this.descend(position.productId, this.part(position, position.productId), inside, true)
    return new Map([...inside].map(([product, amounts]) => [product, [...amounts.values()].reduce((a, b) => a + b, 0) / this.metric(institution, 'tier1')]))
  }

  /** Everything at or above 80 % of a limit, every loan classified too well, every account paid by eight: `rule subject institution`. */
  alerts(institution: string): string[] {
    const found: string[] = []
    for (const [customer, share] of this.loanShares(institution)) if (share >= 0.8 * LIMIT['CR-01']) found.push(`CR-01 ${customer} ${institution}`)
    for (const [obligor, share] of this.exposureShares(institution)) {
      if (obligor === 'unknown') {
        if (share >= 0.8 * LIMIT['CR-05']) found.push(`CR-05 unknown ${institution}`)
      } else if (this.parties.get(obligor)?.kind !== 'bank' && share >= 0.8 * LIMIT['CR-02']) found.push(`CR-02 ${obligor} ${institution}`)
    }
    for (const loan of of(this.loans, institution).values()) if (misgraded(loan)) found.push(`CR-09 ${loan.loanId} ${institution}`)
    for (const [account, payers] of of(this.payers, institution)) if (payers.size >= 8) found.push(`OP-08 ${account} ${institution}`)
    return found
  }

  private metric(institution: string, metric: string): number {
    return this.metrics.get(`${institution} ${metric}`) ?? Number.NaN
  }

  private part({ share, value }: { share?: string; value: string }, productId: string): number {
    return share === undefined ? Number(value) / Number(this.holdings.get(productId)?.nav) : Number(share)
  }

  /** Walks every path from a product down; `whole`: notes what reaches each product instead of its lines. */
  private descend(productId: string, part: number, inside: Map<string, Map<string, number>>, whole = false): void {
    const holding = this.holdings.get(productId)
    if (holding === undefined) throw new Error(`${productId} is held before anybody has described it`)
    const here = of(inside, productId)
    if (whole) add(here, 'all', part * Number(holding.nav))
    else add(here, 'unknown', part * Number(holding.unidentified))
    for (const line of holding.lines)
      if (line.productId !== undefined) this.descend(line.productId, part * this.part(line, line.productId), inside, whole)
      else if (!whole) add(here, line.issuerId ?? 'nobody', part * Number(line.value))
  }
}

const GRADE: LoanData['class'][] = ['normal', 'special-mention', 'substandard', 'doubtful', 'loss']

function misgraded({ dpd, class: grade }: LoanData): boolean {
  const floor = dpd > 360 ? 4 : dpd > 270 ? 3 : dpd > 90 ? 2 : dpd > 0 ? 1 : 0
  return GRADE.indexOf(grade) < floor
}

function of<K, V>(map: Map<string, Map<K, V>>, key: string): Map<K, V> {
  const inner = map.get(key) ?? new Map<K, V>()
  map.set(key, inner)
  return inner
}

function add(map: Map<string, number>, key: string, amount: number): void {
  map.set(key, (map.get(key) ?? 0) + amount)
}

function take(steps: Iterable<Step>, until: number): Step[] {
  const taken: Step[] = []
  for (const step of steps) {
    if (step.at >= until) break
    taken.push(step)
  }
  return taken
}

const INVESTORS = ['B0001', 'B0002', 'B0003', 'B0004', 'B0005', 'B0006', 'B0007', 'B0008', 'I0001', 'I0002', 'I0003']

describe.each([1, 7, 20260302])('the world of seed %i', (seed) => {
  const world = buildWorld(seed, START)
  const judge = new Judge()
  for (const event of world.events) judge.take(event)

  test('is the same each time it is built', () => {
    expect(JSON.stringify(buildWorld(seed, START).events)).toBe(JSON.stringify(world.events))
  })

  test('has the size of a small financial system', () => {
    const count = (type: EventType) => world.events.filter((e) => e.type === type).length
    expect(count('inst.metric')).toBe(36)
    expect(count('ref.party')).toBeGreaterThan(3000)
    expect(Math.abs(count('credit.loan') - 2500)).toBeLessThan(150)
    expect(Math.abs(count('product.holding') - 42)).toBeLessThan(5)
    expect(Math.abs(count('book.position') - 250)).toBeLessThan(50)
  })

  test('nests its products three layers deep, and sells no more of one than there is', () => {
    const depth = (id: string): number =>
      1 + Math.max(0, ...(judge.holdings.get(id)?.lines ?? []).map((l) => (l.productId === undefined ? 0 : depth(l.productId))))
    expect(Math.max(...[...judge.holdings.keys()].map(depth))).toBe(3)
    const sold = new Map<string, number>()
    const held = [...judge.positions.values()].flatMap((p) => [...p.values()])
    for (const { productId, share } of [...held, ...[...judge.holdings.values()].flatMap((h) => h.lines)]) if (productId) add(sold, productId, Number(share))
    expect(Math.max(...sold.values())).toBeLessThanOrEqual(1)
    for (const h of judge.holdings.values()) expect(Number(h.unidentified) + h.lines.reduce((s, l) => s + Number(l.value), 0)).toBe(Number(h.nav))
  })

  test.each(INVESTORS)('is quiet at %s', (institution) => {
    expect(judge.alerts(institution)).toEqual([])
    expect(Math.max(0, ...judge.loanShares(institution).values())).toBeLessThanOrEqual(0.06)
    for (const materiality of [0, MATERIALITY]) {
      const shares = judge.exposureShares(institution, materiality)
      expect(shares.get('unknown') ?? 0).toBeLessThanOrEqual(0.05)
      expect(Math.max(...shares.values())).toBeLessThanOrEqual(0.1)
    }
    expect(Math.max(...judge.reached(institution).values())).toBeLessThanOrEqual(0.1)
  })
})

test('the world is in time order within the 30 s before the start, and quiet at every moment of being loaded', () => {
  const { events } = buildWorld(3, START)
  const judge = new Judge()
  const times = events.map((e) => Date.parse(e.time))
  expect(times).toEqual([...times].sort((a, b) => a - b))
  expect(Math.min(...times)).toBeGreaterThanOrEqual(START - 30_000)
  expect(Math.max(...times)).toBeLessThan(START)
  for (const event of events) {
    judge.take(event)
    const alerts = event.type === 'book.position' || event.type === 'credit.loan' ? judge.alerts(event.institution) : []
    if (alerts.length > 0) expect.fail(`${event.id}: ${alerts.join(', ')}`)
  }
})

describe('the first 25 minutes of the story', () => {
  const steps = take(scenarioSteps(42, START), START + 2.5 * LAP_MS)
  const events = steps.map((s) => s.event)

  test('are valid events of the contract, keyed as it says', () => {
    const envelope = Compile(Envelope)
    const data = new Map(EVENT_TYPES.map((type) => [type as string, Compile(Type.Object({ data: STREAMS[type].data }))]))
    for (const event of events) {
      const valid = envelope.Check(event) && data.get(event.type)?.Check(event)
      const key = STREAMS[event.type].key === 'institution' ? event.institution : (event.data as Record<string, unknown>)[STREAMS[event.type].key]
      if (!valid || event.subject !== key) expect.fail(JSON.stringify(event))
    }
  })

  test('are numbered without a gap, under ids and payment ids of their own, in time order per source', () => {
    const last = new Map<string, number>()
    const times = new Map<string, string>()
    for (const { source, type, sequence, time } of events) {
      const gap = Number(sequence) - (last.get(`${source} ${type}`) ?? 0) !== 1
      if (gap || time < (times.get(source) ?? '')) expect.fail(`${source} ${type} ${sequence} ${time}`)
      last.set(`${source} ${type}`, Number(sequence))
      times.set(source, time)
    }
    expect(new Set(events.map((e) => `${e.source}|${e.id}`)).size).toBe(events.length)
    const payments = events.filter((e) => e.type === 'pay.payment')
    expect(new Set(payments.map((e) => `${e.institution}|${(e.data as PaymentData).paymentId}`)).size).toBe(payments.length)
    expect(payments.length / (2.5 * LAP_MS)).toBeCloseTo(0.15, 2)
  })

  test('keep every account to fewer than eight payers and eight payees, whoever reports them, but for the accounts that collect', () => {
    const collecting = new Set(steps.flatMap(({ label }) => (label?.rule === 'OP-08' && label.verdict === 'violation' ? [label.subject] : [])))
    const payers = new Map<string, Map<string, true>>()
    const payees = new Map<string, Map<string, true>>()
    for (const { type, data } of events) {
      if (type !== 'pay.payment') continue
      const { debtorAccount, creditorAccount } = data as PaymentData
      if (!collecting.has(creditorAccount)) of(payers, creditorAccount).set(debtorAccount, true)
      of(payees, debtorAccount).set(creditorAccount, true)
    }
    expect(Math.max(...[...payers.values()].map((p) => p.size))).toBe(7)
    expect(Math.max(...[...payees.values()].map((p) => p.size))).toBeLessThanOrEqual(7)
  })

  test('carry the event time at which they are due', () => {
    for (const { at, event } of steps) if (Date.parse(event.time) !== at) expect.fail(`${event.id} ${event.time}`)
  })

  test('are the same as for a file, and the same each time', () => {
    const file = [...scenarioEvents(42, START, 60_000)]
    expect(file.length).toBeGreaterThan(14_000)
    expect(JSON.stringify(file)).toBe(JSON.stringify(events.slice(0, file.length)))
    expect(JSON.stringify([...scenarioEvents(43, START, 1000)])).not.toBe(JSON.stringify(file.slice(0, [...scenarioEvents(43, START, 1000)].length)))
  })
})

describe.each([1, 42])('the labels of two laps of seed %i', (seed) => {
  const judge = new Judge()
  const alerted = new Map<string, number>()
  const labels: { label: Label; at: number; before: number; after: number; alerted: boolean }[] = []
  const laps: string[][] = []
  const measure = ({ rule, subject, institution }: Label): number => {
    if (rule === 'CR-01') return (judge.loanShares(institution).get(subject) ?? 0) / LIMIT[rule]
    if (rule === 'CR-02' || rule === 'CR-05') return (judge.exposureShares(institution).get(subject) ?? 0) / LIMIT[rule as LimitCode]
    if (rule === 'OP-08') return of(judge.payers, institution).get(subject)?.size ?? 0
    const loan = of(judge.loans, institution).get(subject)
    return loan !== undefined && misgraded(loan) ? 1 : 0
  }
  let paidOrPriced = 0
  for (const { at, event, label } of scenarioSteps(seed, START)) {
    if (at >= START + (laps.length + 1) * LAP_MS) laps.push(INVESTORS.flatMap((i) => judge.alerts(i)).filter((a) => !a.startsWith('OP-08')))
    if (laps.length === 2) break
    const before = label === undefined ? 0 : measure(label)
    judge.take(event)
    // Payments and prices move no limit: judging them all once in a while is enough.
    const state = event.type !== 'pay.payment' && event.type !== 'mkt.price'
    if (at >= START && (label !== undefined || state || ++paidOrPriced % 500 === 0)) {
      const concerned = event.type === 'product.holding' ? INVESTORS : [event.institution].filter((i) => INVESTORS.includes(i))
      for (const alert of concerned.flatMap((i) => judge.alerts(i))) if (!alerted.has(alert)) alerted.set(alert, at)
    }
    if (label !== undefined)
      labels.push({ label, at, before, after: measure(label), alerted: alerted.has(`${label.rule} ${label.subject} ${label.institution}`) })
  }

  test('name at least two violations and two near misses of each rule in each lap', () => {
    for (const rule of ['CR-01', 'CR-02', 'CR-05', 'CR-09', 'OP-08'])
      for (const verdict of ['violation', 'near-miss'])
        for (const lap of [0, 1]) {
          const here = labels.filter(({ label, at }) => label.rule === rule && label.verdict === verdict && Math.floor((at - START) / LAP_MS) === lap)
          expect(here.length, `${rule} ${verdict}`).toBeGreaterThanOrEqual(2)
        }
  })

  test('a violation crosses its limit with the labelled step, not before', () => {
    for (const { label, before, after } of labels.filter((l) => l.label.verdict === 'violation')) {
      const limit = label.rule === 'OP-08' ? 8 : 1
      const crossed = label.rule === 'OP-08' || label.rule === 'CR-09' ? after >= limit && before < limit : after > limit && before <= limit
      expect(crossed, `${label.note.en}: ${before} → ${after}`).toBe(true)
    }
  })

  test('a near miss comes close and raises nothing', () => {
    for (const { label, after, alerted: raised } of labels.filter((l) => l.label.verdict === 'near-miss')) {
      const [low, high] = label.rule === 'OP-08' ? [7, 7] : label.rule === 'CR-09' ? [0, 0] : [0.77, 0.7999]
      expect(raised || after < low || after > high, `${label.note.en}: ${after}`).toBe(false)
    }
  })

  test('nothing else is raised than what is labelled a violation', () => {
    const expected = labels.filter((l) => l.label.verdict === 'violation').map(({ label }) => `${label.rule} ${label.subject} ${label.institution}`)
    expect([...alerted.keys()].sort()).toEqual([...new Set(expected)].sort())
  })

  test('the first violation of each rule falls between 5 and 35 s after the start, its first alert not before 5 s', () => {
    for (const rule of ['CR-01', 'CR-02', 'CR-05', 'CR-09', 'OP-08']) {
      const first = labels.find(({ label }) => label.rule === rule && label.verdict === 'violation')
      expect(first?.at).toBeGreaterThan(START + 5000)
      expect(first?.at).toBeLessThan(START + 35_000)
    }
    expect(Math.min(...alerted.values())).toBeGreaterThan(START + 5000)
  })

  test('at the end of a lap nothing stands in breach any more', () => {
    expect(laps).toEqual([[], []])
  })

  test('speak both languages, with every fact filled in', () => {
    for (const { label } of labels) {
      expect(label.note.zh).toMatch(/\p{Script=Han}/u)
      expect(label.note.en).toMatch(/^[\x20-\x7e]+$/)
      expect(label.note.zh + label.note.en).not.toMatch(/[{}]|NaN|undefined/)
    }
  })
})
