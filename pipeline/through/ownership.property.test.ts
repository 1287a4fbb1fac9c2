/** LOOKTHROUGH_GRAPHS=20000 is the long form (npm run through:graphs). */
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { TextColumn } from '../contract/text.ts'
import { ClientGroups } from './groups.ts'
import { OwnershipGraph, type OwnershipRow } from './ownership.ts'
import { boundsOf, OWNERSHIP_KINDS, type OwnershipColumns, type OwnershipStatement, term } from './owners/statement.ts'
import { reference } from './testing/ownership-reference.ts'

const RUNS = Number(process.env['LOOKTHROUGH_GRAPHS'] ?? 300)
const PARTIES = ['A', 'B', 'C', 'D', 'E', 'F']
const DAYS = ['2026-03-01', '2026-03-02', '2026-03-03']
const NOON = Date.parse('2026-03-02T12:00:00+08:00')

const share = fc.constantFrom('0.05', '0.1', '0.2', '0.25', '0.3', '0.3333', '0.4', '0.5', '0.50000000000000000001', '0.51', '0.6', '0.9', '1')
const shares = fc.oneof(
  { weight: 5, arbitrary: share.map((s) => ({ share: s })) },
  { weight: 1, arbitrary: fc.tuple(share, share).map(([a, b]) => (a < b ? { shareMin: a, shareMax: b } : { shareMin: b, shareMax: a })) },
  { weight: 1, arbitrary: fc.constant({}) },
)
const kind = fc.oneof(
  { weight: 8, arbitrary: fc.constant('equity' as const) },
  { weight: 3, arbitrary: fc.constant('votes' as const) },
  { weight: 1, arbitrary: fc.constantFrom(...OWNERSHIP_KINDS) },
)
const terms = fc.oneof(
  { weight: 6, arbitrary: fc.constant({}) },
  { weight: 1, arbitrary: fc.constantFrom(...DAYS).map((from) => ({ from })) },
  { weight: 1, arbitrary: fc.constantFrom(...DAYS).map((to) => ({ to })) },
)
const statement: fc.Arbitrary<OwnershipStatement> = fc
  .tuple(
    fc.record({
      owner: fc.constantFrom(...PARTIES),
      owned: fc.constantFrom(...PARTIES),
      kind,
      isComponent: fc.constantFrom(false, false, false, false, true),
      declared: fc.constantFrom(true, true, false),
    }),
    shares,
    terms,
  )
  .map(([between, share, term]) => ({ ...between, ...share, ...term, ref: { event: `${between.owner}${between.owned}`, order: '' } }))

type Named = Map<string, OwnershipStatement>

function graphOf(statements: Named, time: number): OwnershipGraph {
  const graph = new OwnershipGraph()
  for (const [id, s] of statements) graph.set(id, s)
  graph.at(time)
  return graph
}

const named = fc.array(statement, { minLength: 1, maxLength: 14 }).map((list): Named => new Map(list.map((s, i) => [`O${i}`, s])))

test('shares, control, simple paths, findings and groups equal those of exact fractions, fixpoints and enumeration', () => {
  fc.assert(
    fc.property(named, (statements) => {
      const graph = graphOf(statements, NOON)
      const groups = new ClientGroups(graph.ties)
      const want = reference(statements, NOON)
      const got = new Map(PARTIES.flatMap((party) => graph.rows(party)).map((row) => [`${row.owner}>${row.owned}`, row]))
      expect([...got.keys()].sort()).toEqual([...want.rows.keys()].sort())
      for (const [pair, { economic, controls, closeLink }] of want.rows) {
        const row = got.get(pair)
        expect([pair, row?.controls, row?.economic === undefined]).toEqual([pair, controls, economic === undefined])
        if (economic !== undefined) expect(Math.abs((row?.economic ?? Number.NaN) - economic.toNumber())).toBeLessThanOrEqual(1e-11)
        expect(Math.abs((row?.closeLink ?? Number.NaN) - closeLink.toNumber())).toBeLessThanOrEqual(1e-8)
      }
      expect(new Map(graph.unsound().map((party) => [party, graph.sanity(party)]))).toEqual(want.sanity)
      for (const group of want.groups) expect(groups.members(group[0] ?? '')).toEqual(group)
    }),
    { numRuns: RUNS },
  )
})

const step = fc.oneof(
  { weight: 6, arbitrary: fc.record({ id: fc.integer({ min: 0, max: 13 }), statement: fc.option(statement, { nil: undefined, freq: 3 }) }) },
  { weight: 1, arbitrary: fc.constant('look' as const) },
)

test('after any 200 steps everything equals a full rebuild, and what was said to change is all that did', () => {
  fc.assert(
    fc.property(fc.array(step, { minLength: 200, maxLength: 200 }), fc.boolean(), (steps, late) => {
      const [graph, stood]: [OwnershipGraph, Named] = [new OwnershipGraph(), new Map()]
      const mirror = new Mirror(graph)
      if (!late) graph.at(NOON)
      for (const s of steps) {
        if (s === 'look') {
          mirror.look()
          for (const party of PARTIES) graph.ownersOf(party, 0.1)
        } else {
          graph.set(`O${s.id}`, s.statement)
          stood.delete(`O${s.id}`)
          if (s.statement !== undefined) stood.set(`O${s.id}`, s.statement)
        }
      }
      graph.at(NOON)
      const next = graph.nextChangeAt()
      mirror.look()
      // The other order of statements gives the parties other numbers.
      const rebuilt = new Mirror(graphOf(new Map([...stood].reverse()), NOON))
      rebuilt.look()
      expect(mirror.content()).toEqual(rebuilt.content())
      expect(next).toBe(rebuilt.graph.nextChangeAt())
      for (const party of PARTIES) expect(graph.ownersOf(party, 0.1)).toEqual(rebuilt.graph.ownersOf(party, 0.1))
    }),
    { numRuns: Math.ceil(RUNS / 5) },
  )
})

test('what was loaded in columns is what was set one by one, and stays so after any steps', () => {
  fc.assert(
    fc.property(named, fc.nat(14), fc.array(step, { maxLength: 40 }), (statements, cut, steps) => {
      const [loaded, set] = [new OwnershipGraph(), new OwnershipGraph()]
      for (const graph of [loaded, set]) graph.at(NOON)
      const isFine = (s: OwnershipStatement) => Object.values(boundsOf(s)).some(({ rest }) => rest !== 0)
      const inColumns = [...statements].filter(([, s]) => !isFine(s))
      for (const part of [inColumns.slice(0, cut), inColumns.slice(cut)]) loaded.load(columnsOf(part))
      loaded.loaded()
      for (const [id, s] of statements) if (isFine(s)) loaded.set(id, s)
      for (const [id, s] of statements) set.set(id, s)
      const groups = [loaded, set].map((graph) => new ClientGroups(graph.ties))
      const content = (graph: OwnershipGraph, of: ClientGroups | undefined) => [
        graph.unsound().map((party) => graph.sanity(party)),
        PARTIES.map((party) => [graph.rows(party), graph.statementsInto(party), graph.ownersOf(party, 0.1), of?.groupOf(party)]),
        PARTIES.map((party) => PARTIES.map((other) => graph.interest(party, other))),
        graph.nextChangeAt(),
      ]
      expect(content(loaded, groups[0])).toEqual(content(set, groups[1]))
      expect(loaded.changed().sanity).toEqual(set.changed().sanity)
      for (const s of steps) if (s !== 'look') for (const graph of [loaded, set]) graph.set(`O${s.id}`, s.statement)
      for (const graph of [loaded, set]) graph.at(NOON + 86_400_000)
      expect(content(loaded, groups[0])).toEqual(content(set, groups[1]))
    }),
    { numRuns: Math.ceil(RUNS / 3) },
  )
})

function columnsOf(statements: [id: string, OwnershipStatement][]): OwnershipColumns {
  const [texts, of] = [(values: string[]) => TextColumn.of(values), statements.map(([, s]) => s)]
  const flags = (value: (s: OwnershipStatement) => boolean) => Int32Array.from(of, (s) => Number(value(s)))
  const between = of.map((s) => term(s))
  return {
    count: of.length,
    id: texts(statements.map(([id]) => id)),
    owner: texts(of.map((s) => s.owner)),
    owned: texts(of.map((s) => s.owned)),
    kind: Int32Array.from(of, (s) => OWNERSHIP_KINDS.indexOf(s.kind)),
    isComponent: flags((s) => s.isComponent === true),
    isUndeclared: flags((s) => s.declared === false),
    min: Float64Array.from(of, (s) => boundsOf(s).min.units),
    max: Float64Array.from(of, (s) => boundsOf(s).max.units),
    from: Float64Array.from(between, ([from]) => from),
    to: Float64Array.from(between, ([, to]) => to),
    ref: (row) => (of[row] as OwnershipStatement).ref,
  }
}

/** What someone has who only listens to what changed. */
class Mirror {
  readonly graph: OwnershipGraph
  readonly #groups: ClientGroups
  readonly #rows = new Map<string, OwnershipRow[]>()
  readonly #sanity = new Map<string, unknown>()
  readonly #groupOf = new Map<string, string>()

  constructor(graph: OwnershipGraph) {
    this.graph = graph
    this.#groups = new ClientGroups(graph.ties)
  }

  look(): void {
    const { owned, sanity } = this.graph.changed()
    for (const party of owned) this.#rows.set(party, this.graph.rows(party))
    for (const party of sanity) this.#sanity.set(party, this.graph.sanity(party))
    const changes = this.#groups.changed()
    for (const { group, left } of changes)
      for (const party of left) {
        if ((this.#groupOf.get(party) ?? party) !== group) throw new Error(`${party} left ${group}, where it was not`)
        this.#groupOf.delete(party)
      }
    for (const { group, joined } of changes) for (const party of joined) this.#groupOf.set(party, group)
  }

  content(): unknown {
    return PARTIES.map((party) => [party, this.#rows.get(party) ?? [], this.#sanity.get(party), this.#groupOf.get(party) ?? party])
  }
}
