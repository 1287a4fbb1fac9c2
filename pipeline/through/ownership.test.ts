import { describe, expect, test } from 'vitest'
import { OwnershipGraph } from './ownership.ts'
import type { OwnershipKind, OwnershipStatement } from './owners/statement.ts'

const ref = (event: string) => ({ event, order: event })
const says = (owner: string, owned: string, share?: string, more: Partial<OwnershipStatement> = {}): OwnershipStatement => ({
  owner,
  owned,
  kind: 'equity',
  ...(share !== undefined && { share }),
  ref: ref(`/registry|${owner}>${owned}`),
  ...more,
})
const graphOf = (edges: [owner: string, owned: string, share?: string | undefined, kind?: OwnershipKind][]) => {
  const graph = new OwnershipGraph()
  edges.forEach(([owner, owned, share, kind], i) => graph.set(`O${i}`, says(owner, owned, share, kind === undefined ? {} : { kind })))
  return graph
}
const rows = (graph: OwnershipGraph, parties: string[]) => parties.flatMap((party) => graph.rows(party)).map((r) => [r.owner, r.owned, r.economic, r.controls])

describe('published examples', () => {
  test('integrated ownership through two layers: 86 %, 60 %, 56.4 % (sergiosaraiva/fc-kb chunk 0149)', () => {
    const graph = graphOf([
      ['P', 'A', '0.8'],
      ['P', 'B', '0.6'],
      ['P', 'C', '0.1'],
      ['A', 'C', '0.4'],
      ['B', 'A', '0.1'],
      ['B', 'C', '0.2'],
    ])
    expect(rows(graph, ['A', 'B', 'C'])).toEqual([
      ['B', 'A', 0.1, false],
      ['P', 'A', 0.86, true],
      ['P', 'B', 0.6, true],
      ['A', 'C', 0.4, false],
      ['B', 'C', 0.24, false],
      ['P', 'C', 0.564, true],
    ])
  })

  const CONTROL: [string, string, string][] = [
    ['01', '02', '0.9'],
    ['02', '03', '1'],
    ['03', '02', '0.1'],
    ['03', '04', '0.9'],
    ['04', '05', '1'],
    ['05', '01', '0.1'],
    ['01', '06', '0.9'],
    ['06', '05', '1'],
    ['05', '10', '0.9'],
    ['10', '20', '1'],
    ['20', '01', '0.5'],
    ['01', '10', '0.9'],
    ['19', '05', '1'],
    ['10', '19', '0.5'],
  ]

  test('company control over 14 edges: 51 pairs, and who controls itself through a circle (prometheuxresearch/docs, company-control)', () => {
    const graph = graphOf(CONTROL)
    const all = ['01', '02', '03', '04', '05', '06', '10', '19', '20']
    const pairs = all.flatMap((x) => all.filter((y) => graph.controls(x, y)).map((y) => [x, y]))
    const others = (x: string) => pairs.filter(([a, b]) => a === x && b !== x).map(([, b]) => b)
    expect(pairs.filter(([a, b]) => a !== b)).toHaveLength(51)
    expect(others('01')).toEqual(['02', '03', '04', '05', '06', '10', '20'])
    expect(others('10')).toEqual(['20'])
    expect(others('19')).toEqual(['01', '02', '03', '04', '05', '06', '10', '20'])
    expect(graph.interest('19', '05').votes).toBe('3')
    expect(pairs.filter(([a, b]) => a === b).map(([a]) => a)).toEqual(['01', '02', '03', '04', '05', '06'])
  })

  test('the same example is unsound: 05 and 10 are owned more than whole, the circle gains, and no economic share rests on it', () => {
    const graph = graphOf(CONTROL)
    expect(graph.unsound().map((party) => [party, graph.sanity(party)])).toEqual([
      ['01', { sum: '0.6', reasons: ['cycle-gain'] }],
      ['05', { sum: '3', reasons: ['over-owned'] }],
      ['10', { sum: '1.8', reasons: ['over-owned'] }],
    ])
    expect(graph.rows('05').every((r) => r.economic === undefined)).toBe(true)
  })
})

test('owned more than whole, owning itself, a circle of gain 1; exactly whole and a plain cross-holding are fine (golden ownership-sanity)', () => {
  const graph = graphOf([
    ['A1', 'X1', '0.60'],
    ['A2', 'X1', '0.50'],
    ['A1', 'X2', '0.4'],
    ['A2', 'X2', '0.2'],
    ['A3', 'X2', '0.3'],
    ['A4', 'X2', '0.1'],
    ['S1', 'S1', '0.05'],
    ['Y1', 'Y2', '1'],
    ['Y2', 'Y1', '1'],
    ['Z1', 'Z2', '0.5'],
    ['Z2', 'Z1', '0.3'],
    ['A1', 'V1', '0.8', 'votes'],
    ['A2', 'V1', '0.8', 'votes'],
  ])
  expect(graph.changed().sanity).toEqual(['S1', 'X1', 'Y1'])
  expect(graph.sanity('X1')).toEqual({ sum: '1.1', reasons: ['over-owned'] })
  expect(graph.sanity('S1')).toEqual({ sum: '0.05', reasons: ['self-owned'] })
  expect(graph.sanity('Y1')).toEqual({ sum: '1', reasons: ['cycle-gain'] })
  graph.set('O1', says('A2', 'X1', '0.40'))
  expect(graph.changed()).toEqual({ owned: ['X1'], sanity: ['X1'] })
  expect(graph.unsound()).toEqual(['S1', 'Y1'])
})

describe('economic interest', () => {
  test('what an owner holds of itself through others is taken out', () => {
    const graph = graphOf([
      ['A', 'B', '0.5'],
      ['B', 'A', '0.4'],
      ['A', 'C', '0.5'],
    ])
    // N_AA = 1 ÷ (1 − 0.2); W_AC = 0.5 × N_AA.
    expect(graph.interest('A', 'C').economic.min).toBe(0.5)
    expect(graph.interest('B', 'C').economic.min).toBe(0.2)
    expect(graph.interest('A', 'A').economic.min).toBe(0.25)
  })

  test('a range counts by its lower bound and shows its upper one; undeclared, voting and economic interest stay apart', () => {
    const graph = new OwnershipGraph()
    graph.set('O1', says('P', 'H', undefined, { shareMin: '0.25', shareMax: '0.5' }))
    graph.set('O2', says('H', 'C', '0.8', { declared: false }))
    graph.set('O3', says('H', 'C', '0.1', { kind: 'votes' }))
    expect(graph.interest('P', 'C')).toEqual({ economic: { min: 0.2, max: 0.4 }, declared: 0, votes: '0', controls: false, closeLink: 0.2 })
    expect(graph.interest('P', 'H').declared).toBe(0.25)
    expect(graph.interest('H', 'C').votes).toBe('0.1')
    expect(graph.controls('H', 'C')).toBe(false)
  })

  test('what is above a circle of gain 1 has no number, what is beside it has', () => {
    const graph = graphOf([
      ['P', 'A', '0.2'],
      ['A', 'B', '1'],
      ['B', 'A', '1'],
      ['B', 'C', '0.5'],
      ['Q', 'C', '0.5'],
    ])
    expect(graph.rows('C').map((r) => [r.owner, r.economic, r.closeLink])).toEqual([
      ['A', undefined, 0.5],
      ['B', undefined, 0.5],
      ['P', undefined, 0.1],
      ['Q', 0.5, 0.5],
    ])
  })

  test('shares beyond ten decimals are compared exactly: one part in 10^20 more than half is control, and more than whole is too much', () => {
    const graph = graphOf([
      ['A', 'B', '0.50000000000000000001'],
      ['C', 'B', '0.5'],
    ])
    expect([graph.controls('A', 'B'), graph.controls('C', 'B')]).toEqual([true, false])
    expect(graph.sanity('B')).toEqual({ sum: '1.00000000000000000001', reasons: ['over-owned'] })
  })
})

test('components enter no sum; dates begin and end what is said, by Shanghai days', () => {
  const graph = new OwnershipGraph()
  graph.set('O1', says('A', 'B', '0.6', { isComponent: true }))
  graph.set('O2', says('A', 'B', '0.3', { from: '2026-03-02', to: '2026-04-01' }))
  expect([graph.rows('B'), graph.nextChangeAt()]).toEqual([[], Date.parse('2026-03-01T16:00:00Z')])
  graph.at(Date.parse('2026-03-01T16:00:00Z'))
  expect([graph.interest('A', 'B').economic.min, graph.nextChangeAt()]).toEqual([0.3, Date.parse('2026-03-31T16:00:00Z')])
  graph.changed()
  graph.at(Date.parse('2026-03-31T16:00:00Z'))
  expect([graph.changed(), graph.rows('B'), graph.nextChangeAt()]).toEqual([{ owned: ['B'], sanity: [] }, [], undefined])
})

describe('owners of a party', () => {
  test('a person with exactly 25 % through a nominee reaches the limit, and the path says how', () => {
    const graph = graphOf([
      ['person', 'nominee', '1'],
      ['nominee', 'H', '0.5'],
      ['H', 'C', '0.5'],
      ['other', 'C', '0.24'],
    ])
    const [owner, ...more] = graph.beneficialOwners('C', (id) => id === 'person' || id === 'other')
    expect(more).toEqual([])
    expect(owner).toMatchObject({ owner: 'person', economic: { min: 0.25, max: 0.25 }, controls: false })
    expect(owner?.path).toEqual([
      { from: 'person', to: 'nominee', kind: 'equity', share: '1', event: '/registry|person>nominee' },
      { from: 'nominee', to: 'H', kind: 'equity', share: '0.5', event: '/registry|nominee>H' },
      { from: 'H', to: 'C', kind: 'equity', share: '0.5', event: '/registry|H>C' },
    ])
    expect(owner?.refs).toHaveLength(3)
  })

  test('control without an economic share is shown with the votes it rests on, joint ones together', () => {
    const graph = graphOf([
      ['X', 'H1', undefined, 'control'],
      ['X', 'H2', '0.51', 'votes'],
      ['H1', 'C', '0.3', 'votes'],
      ['H2', 'C', '0.21', 'votes'],
      ['Z', 'C', '0.49', 'votes'],
    ])
    const [x] = graph.ownersOf('C', 0.25)
    expect(x).toMatchObject({ owner: 'X', economic: { min: 0, max: 0 }, controls: true })
    expect(x?.path.map((s) => [s.from, s.to, s.kind, s.share])).toEqual([
      ['X', 'H1', 'control', undefined],
      ['X', 'H2', 'votes', '0.51'],
      ['H1', 'C', 'votes', '0.3'],
      ['H2', 'C', 'votes', '0.21'],
    ])
  })
})

describe('worst cases', () => {
  const name = (i: number) => `N${String(i).padStart(6, '0')}`

  test('a circle of 2,000 cross-holdings is solved, and one of gain exactly 1 is proved', () => {
    const steps = Array.from({ length: 2000 }, (_, i): [string, string] => [name(i), name((i + 1) % 2000)])
    const ring = (share: string) =>
      graphOf(
        steps.flatMap(([a, b]): [string, string, string, OwnershipKind][] => [
          [a, b, share, 'equity'],
          [a, b, '0', 'votes'],
        ]),
      )
    const graph = ring('0.9')
    expect(graph.interest(name(0), name(2)).economic.min).toBe(0.81)
    expect(graph.sanity(name(0))).toBeUndefined()
    const whole = ring('1')
    expect([whole.sanity(name(0)), whole.capped.unprovedCircles]).toEqual([{ sum: '1', reasons: ['cycle-gain'] }, 0])
  })

  test('the simple paths of 12 parties who all own each other are cut, and that is said', () => {
    const all = Array.from({ length: 12 }, (_, i) => name(i))
    const graph = graphOf(all.flatMap((a) => all.filter((b) => b !== a).map((b): [string, string, string] => [a, b, '0.05'])))
    const { closeLink, economic } = graph.interest(name(0), name(1))
    expect(closeLink).toBeGreaterThan(0.08)
    expect(closeLink).toBeLessThan(economic.min ?? 0)
    expect(graph.capped.simplePaths).toBe(1)
  })

  test('of a party with 100,000 owners only the rows that matter are shown, and the rest are counted', () => {
    const graph = new OwnershipGraph()
    for (let i = 0; i < 100_000; i++) graph.set(name(i), says(name(i), 'hub', i === 7 ? '0.3' : '0.000007'))
    expect(graph.rows('hub').map((r) => [r.owner, r.economic])).toEqual([[name(7), 0.3]])
    expect(graph.capped.hiddenRows).toBe(99_999)
  })
})
