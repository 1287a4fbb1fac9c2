import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { type Circle, type Guarantee, GuaranteeCircles } from './circles.ts'
import { runs } from './testing/random-payments.ts'

describe('a guarantee circle', () => {
  /** A guarantees B's loan, B guarantees C's, C guarantees A's. */
  const ring = (institution: (i: number) => string) => {
    const circles = new GuaranteeCircles()
    const parties = ['A', 'B', 'C']
    parties.forEach((party, i) => {
      circles.setLoan(`loan of ${party}`, party)
      circles.set(`g${i}`, { institution: institution(i), provider: party, loans: [`loan of ${parties[(i + 1) % 3]}`] })
    })
    return circles
  }

  test('of three parties is found once it closes, under its smallest party', () => {
    const circles = ring(() => 'B1')
    expect(circles.changed()).toEqual([{ institution: 'B1', id: 'A', members: ['A', 'B', 'C'] }])
    expect(circles.changed()).toEqual([])
  })

  test('that only several institutions together can see stands under *', () => {
    const circles = ring((i) => `B${i}`)
    expect(circles.changed()).toEqual([{ institution: '*', id: 'A', members: ['A', 'B', 'C'] }])
    circles.set('g3', { institution: 'B1', provider: 'A', loans: ['loan of B'] })
    circles.set('g4', { institution: 'B1', provider: 'C', loans: ['loan of A'] })
    expect(circles.changed()).toEqual([
      { institution: '*', id: 'A', members: [] },
      { institution: 'B1', id: 'A', members: ['A', 'B', 'C'] },
    ])
  })

  test('ends when a guarantee ends, when a loan is repaid, and when a loan turns out to be another customer’s', () => {
    for (const end of [
      (c: GuaranteeCircles) => c.set('g1', undefined),
      (c: GuaranteeCircles) => c.setLoan('loan of C', undefined),
      (c: GuaranteeCircles) => c.setLoan('loan of C', 'D'),
    ]) {
      const circles = ring(() => 'B1')
      circles.changed()
      end(circles)
      expect(circles.changed()).toEqual([{ institution: 'B1', id: 'A', members: [] }])
    }
  })

  test('of two parties is none, nor is who guarantees his own loan', () => {
    const circles = new GuaranteeCircles()
    for (const party of ['A', 'B']) circles.setLoan(`loan of ${party}`, party)
    circles.set('g1', { institution: 'B1', provider: 'A', loans: ['loan of B', 'loan of A'] })
    circles.set('g2', { institution: 'B1', provider: 'B', loans: ['loan of A', 'loan of B'] })
    expect(circles.changed()).toEqual([])
  })

  test('of ten thousand parties in a ring is found and lost without a deep call', () => {
    const circles = new GuaranteeCircles()
    const count = 10_000
    for (let i = 0; i < count; i++) {
      circles.setLoan(`l${i}`, `P${i}`)
      circles.set(`g${i}`, { institution: 'B1', provider: `P${i}`, loans: [`l${(i + 1) % count}`] })
    }
    expect(circles.changed().map(({ members }) => members.length)).toEqual([count])
    circles.set('g77', undefined)
    expect(circles.changed().map(({ members }) => members.length)).toEqual([0])
  })
})

describe('against everyone who can reach everyone', () => {
  test('after any 200 guarantees and loans stated, changed and removed, and told as they come and go', { timeout: 3_600_000 }, () => {
    const parties = ['P1', 'P2', 'P3', 'P4', 'P5', 'P6', 'P7']
    const party = fc.constantFrom(...parties)
    const loan = fc.constantFrom('l1', 'l2', 'l3', 'l4', 'l5', 'l6', 'l7', 'l8')
    const guarantee = fc.record({ institution: fc.constantFrom('B1', 'B2'), provider: party, loans: fc.array(loan, { maxLength: 2 }) })
    const step = fc.oneof(
      fc.record({ guarantee: fc.integer({ min: 0, max: 13 }).map((n) => `g${n}`), stated: fc.option(guarantee, { freq: 3, nil: undefined }) }),
      fc.record({ loan, customer: fc.option(party, { freq: 4, nil: undefined }) }),
    )
    fc.assert(
      fc.property(fc.array(step, { minLength: 150, maxLength: 200 }), (steps) => {
        const circles = new GuaranteeCircles()
        const [guarantees, customers] = [new Map<string, Guarantee>(), new Map<string, string>()]
        const told = new Map<string, Circle>()
        for (const one of steps) {
          if ('guarantee' in one) {
            circles.set(one.guarantee, one.stated)
            if (one.stated === undefined) guarantees.delete(one.guarantee)
            else guarantees.set(one.guarantee, one.stated)
          } else {
            circles.setLoan(one.loan, one.customer)
            if (one.customer === undefined) customers.delete(one.loan)
            else customers.set(one.loan, one.customer)
          }
          for (const circle of circles.changed()) told.set(`${circle.institution} ${circle.id}`, circle)
        }
        const slow = slowCircles([...guarantees.values()], customers, parties)
        expect(['*', 'B1', 'B2'].flatMap((institution) => circles.circles(institution))).toEqual(slow)
        expect([...told.values()].filter(({ members }) => members.length > 0).sort((a, b) => (a.institution + a.id < b.institution + b.id ? -1 : 1))).toEqual(
          slow,
        )
      }),
      { numRuns: runs(100) },
    )
  })
})

/** By the closure of reachability (Warshall), for few parties. */
function slowCircles(guarantees: readonly Guarantee[], customers: ReadonlyMap<string, string>, parties: readonly string[]): Circle[] {
  const within = (institution: string) => {
    const reach = new Set<string>()
    for (const g of guarantees)
      for (const l of g.loans) if ((institution === '*' || g.institution === institution) && customers.has(l)) reach.add(`${g.provider} ${customers.get(l)}`)
    for (const via of parties)
      for (const a of parties) for (const b of parties) if (reach.has(`${a} ${via}`) && reach.has(`${via} ${b}`)) reach.add(`${a} ${b}`)
    const circleOf = (a: string) => parties.filter((b) => a === b || (reach.has(`${a} ${b}`) && reach.has(`${b} ${a}`)))
    return parties.map(circleOf).filter((members, i) => members.length >= 3 && members[0] === parties[i])
  }
  const [b1, b2] = [within('B1'), within('B2')]
  const alone = new Set([...b1, ...b2].map(String))
  const shown = (institution: string, circles: string[][]) => circles.map((members): Circle => ({ institution, id: members[0] as string, members }))
  return [
    ...shown(
      '*',
      within('*').filter((members) => !alone.has(String(members))),
    ),
    ...shown('B1', b1),
    ...shown('B2', b2),
  ]
}
