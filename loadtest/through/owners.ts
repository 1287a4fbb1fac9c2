/**
 * 1 M parties and 2 M ownerships: groups of companies under holdings of all sizes, a state holding with stakes in 100,000 companies, a listed company with 100,000
 * shareholders, cross-holdings. Built as after a restart, from an engine's file; all rows shown; then one group bought and sold at a time; beside a recursive CTE
 * of DuckDB over numbers in the same file and beside graphology. Then the same statement by statement, and the worst cases.
 *
 *     npm run bench:through -- owners
 */
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Owners } from '../../pipeline/hot/check/through/owners.ts'
import type { Database } from '../../pipeline/store/database.ts'
import { ClientGroups } from '../../pipeline/through/groups.ts'
import { OwnershipGraph } from '../../pipeline/through/ownership.ts'
import { randomFor } from '../../pipeline/scenario/random.ts'
import { Clock, memory, repeat, spread } from './clock.ts'
import { COMPANIES, draw, type Edges, filed, HUB, party, PERSONS, statement } from './drawn-owners.ts'
import { byGraphology, byRecursion } from './owners-rivals.ts'

const TIMES = Number(process.env['BENCH_TIMES'] ?? 3)
const CHANGES = 1000

export async function measure(): Promise<void> {
  const edges = draw()
  console.log(`${edges.count} ownerships`)
  const folder = mkdtempSync(join(tmpdir(), 'owners-'))
  try {
    const db = await filed(join(folder, 'state.duckdb'), edges)
    console.log(`in a file; ${memory()}`)
    const owners = await built(db)
    rows(owners.graph)
    deals(owners.graph, owners.groups, edges.roots)
    await byRecursion(db, TIMES)
    db.close()
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
  byGraphology(edges, COMPANIES + PERSONS)
  await eachBuilt(edges)
  worst()
}

/** As a restart does it; what is said to have changed is all there is. */
async function built(db: Database): Promise<Owners> {
  const parts: number[] = []
  const { text, result } = await repeat(TIMES, async () => {
    const owners = new Owners(() => undefined, undefined)
    const reading = new Clock()
    await owners.recall(db, 0)
    parts.push(reading.read().cpu)
    owners.settle(0)
    return owners
  })
  console.log(`full build ${text}, of it reading the statements CPU ${spread(parts)} ms; ${memory()}`)
  console.log(`  ${result.changedGroups.filter((g) => g.joined.length > 0).length} groups`)
  return result
}

function rows(graph: OwnershipGraph): void {
  const showing = new Clock()
  let shown = 0
  for (let id = 0; id < COMPANIES; id++) shown += graph.rows(party(id)).length
  console.log(`${shown} rows of effective_ownership ${showing.text()}; hidden ${graph.capped.hiddenRows}; ${memory()}`)
}

/** One root of a group buys another and sells it again. */
function deals(graph: OwnershipGraph, groups: ClientGroups, roots: readonly number[]): void {
  const random = randomFor(1, 'deals')
  const [merges, splits, judging, busy]: [number[], number[], number[], number[]] = [[], [], [], []]
  for (let n = 0; n < CHANGES; n++) {
    const [buyer, bought] = [random.pick(roots), random.pick(roots)]
    if (buyer === bought) continue
    for (const [times, share] of [
      [merges, 0.6],
      [splits, undefined],
    ] as const) {
      const at = new Clock()
      graph.set('deal', share === undefined ? undefined : statement(buyer, bought, share))
      groups.changed()
      const { owned } = graph.changed()
      const { wall, cpu } = at.read()
      times.push(wall)
      busy.push(cpu)
      for (const id of owned) graph.rows(id)
      judging.push(at.read().wall)
    }
  }
  console.log(`merge ${spread(merges)} ms · split ${spread(splits)} ms · CPU of both ${spread(busy)} ms · with all rows that changed ${spread(judging)} ms`)
}

/** As a log that is read from its beginning does it. */
async function eachBuilt({ owner, owned, share, count }: Edges): Promise<void> {
  const { text } = await repeat(1, () => {
    const graph = new OwnershipGraph()
    const groups = new ClientGroups(graph.ties)
    for (let i = 0; i < count; i++) graph.set(`O${i}`, statement(owner[i] as number, owned[i] as number, share[i] as number))
    groups.groupOf(party(0))
    return groups
  })
  console.log(`the same from statements set one by one ${text}`)
}

function worst(): void {
  for (const [what, share, most] of [
    ['a circle of 2,000 cross-holdings', 0.4, 2000],
    ['a circle of 2,000 majority holdings', 0.9, 2000],
    ['a circle of 2,000 of gain 1', 1, 2000],
  ] as const) {
    const graph = new OwnershipGraph()
    const at = new Clock()
    for (let i = 0; i < most; i++) graph.set(`O${i}`, statement(i, (i + 1) % most, share))
    const { owned } = graph.changed()
    const settled = at.text()
    let shown = 0
    for (const id of owned) shown += graph.rows(id).length
    console.log(`${what}: ${settled}, its ${shown} rows included ${at.text()}; met ${JSON.stringify(graph.capped)}`)
  }
  const graph = new OwnershipGraph()
  const groups = new ClientGroups(graph.ties)
  for (let i = 1; i <= HUB; i++) graph.set(`O${i}`, statement(0, i, 0.6))
  groups.groupOf('0')
  const times: number[] = []
  for (let n = 0; n < 100; n++) {
    const at = performance.now()
    graph.set(`O${1 + (((n >> 1) * 997) % HUB)}`, n % 2 === 0 ? undefined : statement(0, 1 + (((n >> 1) * 997) % HUB), 0.6))
    groups.changed()
    graph.changed()
    times.push(performance.now() - at)
  }
  console.log(`a holding that controls ${HUB} companies sells or buys one ${spread(times)} ms`)
}
