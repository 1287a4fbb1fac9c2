/**
 * 1 M parties and 2 M ownerships: groups of companies under holdings of all sizes, a state holding with stakes in 100,000 companies, a listed company with 100,000
 * shareholders, cross-holdings. Built, all rows shown, then one group bought and sold at a time; beside a recursive CTE of DuckDB and beside graphology
 * (`npm install --no-save graphology@0.26.0 graphology-components@1.5.4`; without them that rival is left out) on the same graph. Then the worst cases.
 *
 *     npm run bench:through -- owners
 */
import { DuckDBInstance } from '@duckdb/node-api'
import { ClientGroups } from '../../pipeline/through/groups.ts'
import { OwnershipGraph } from '../../pipeline/through/ownership.ts'
import { randomFor } from '../../pipeline/scenario/random.ts'

const SCALE = Number(process.env['OWNERS_SCALE'] ?? 1)
const [COMPANIES, PERSONS, HUB] = [450_000 * SCALE, 550_000 * SCALE, 100_000 * SCALE]
const CHANGES = 1000
const DEPTH = 12

type Edges = { owner: Int32Array; owned: Int32Array; share: Float64Array; count: number; roots: number[] }

export async function measure(): Promise<void> {
  const edges = draw()
  process.stdout.write(`${edges.count} ownerships\n`)
  process.stdout.write(`the statements made, and nothing done with them ${made(edges)}; ${memory()}\n`)
  const graph = new OwnershipGraph()
  const groups = new ClientGroups(graph.ties)
  const building = clock()
  for (let i = 0; i < edges.count; i++) graph.set(`O${i}`, statement(edges.owner[i] as number, edges.owned[i] as number, edges.share[i] as number))
  const stated = building()
  groups.groupOf(party(0))
  const built = building()
  process.stdout.write(`full build ${built}, of it reading the statements ${stated}; ${memory()}\n`)
  const saying = clock()
  const { owned, sanity } = graph.changed()
  const joined = groups.changed().filter((g) => g.joined.length > 0).length
  process.stdout.write(`said to have changed: ${owned.length} parties, ${sanity.length} findings, ${joined} groups ${saying()}; ${memory()}\n`)
  const showing = clock()
  let rows = 0
  for (const id of owned) rows += graph.rows(id).length
  process.stdout.write(`${rows} rows of effective_ownership ${showing()}; hidden ${graph.capped.hiddenRows}; ${memory()}\n`)
  deals(graph, groups, edges.roots)
  floor(edges)
  await recursive(edges)
  await walked(edges)
  worst()
}

/** What the machine takes for the statements as objects alone, which is part of reading them. */
function made({ owner, owned, share, count }: Edges): string {
  const at = clock()
  let length = 0
  for (let i = 0; i < count; i++) length += statement(owner[i] as number, owned[i] as number, share[i] as number).share.length
  return `${at()}, ${length} digits of shares`
}

/** What the machine takes for the statements as objects and their names in maps alone. */
function floor({ owner, owned, share, count }: Edges): void {
  const [statements, parties] = [new Map<string, object>(), new Map<string, number>()]
  const at = clock()
  for (let i = 0; i < count; i++) {
    const made = statement(owner[i] as number, owned[i] as number, share[i] as number)
    statements.set(`O${i}`, made.ref)
    for (const id of [made.owner, made.owned]) if (!parties.has(id)) parties.set(id, parties.size)
  }
  process.stdout.write(`the floor, statements made and their names in maps: ${at()}; ${memory()}\n`)
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
      const [at, cpu] = [performance.now(), process.cpuUsage()]
      graph.set('deal', share === undefined ? undefined : statement(buyer, bought, share))
      groups.changed()
      const { owned } = graph.changed()
      times.push(performance.now() - at)
      busy.push(process.cpuUsage(cpu).user / 1000)
      for (const id of owned) graph.rows(id)
      judging.push(performance.now() - at)
    }
  }
  process.stdout.write(`merge ${spread(merges)} · split ${spread(splits)} · CPU of both ${spread(busy)} · with all rows that changed ${spread(judging)}\n`)
}

/** All pairs by the products of their paths, and groups by majority holdings, in DuckDB; tables filled beforehand. */
async function recursive(edges: Edges): Promise<void> {
  const connection = await (await DuckDBInstance.create(':memory:', { threads: '2' })).connect()
  await connection.run('CREATE TABLE edge(owner INTEGER, owned INTEGER, share DOUBLE)')
  const appender = await connection.createAppender('edge')
  for (let i = 0; i < edges.count; i++) {
    appender.appendInteger(edges.owner[i] as number)
    appender.appendInteger(edges.owned[i] as number)
    appender.appendDouble(edges.share[i] as number)
    appender.endRow()
  }
  appender.closeSync()
  const at = clock()
  const pairs = await connection.runAndReadAll(`WITH RECURSIVE path AS (
      SELECT owner, owned, share, 1 AS depth FROM edge UNION ALL
      SELECT path.owner, edge.owned, path.share * edge.share, depth + 1 FROM path JOIN edge ON path.owned = edge.owner WHERE depth < ${DEPTH})
    SELECT count(*) FROM (SELECT owner, owned, sum(share) AS economic FROM path GROUP BY ALL)`)
  process.stdout.write(`recursive CTE: ${String(pairs.getRows()[0]?.[0])} pairs by paths of at most ${DEPTH} steps ${at()}\n`)
  const joining = clock()
  const found =
    await connection.runAndReadAll(`CREATE TEMP TABLE tie AS SELECT owner AS a, owned AS b FROM edge WHERE share > 0.5 UNION ALL SELECT owned, owner FROM edge WHERE share > 0.5;
    WITH RECURSIVE label(party, "group") USING KEY (party) AS (
      SELECT DISTINCT a, a FROM tie UNION
      SELECT tie.b, min(label."group") FROM label JOIN tie ON label.party = tie.a JOIN recurring.label AS known ON known.party = tie.b
        WHERE label."group" < known."group" GROUP BY tie.b)
    SELECT count(DISTINCT "group") FROM label`)
  process.stdout.write(`  ${String(found.getRows()[0]?.[0])} groups by majority holdings alone ${joining()}\n`)
  connection.closeSync()
}

/** What is used of graphology. */
type Walkable = {
  addNode(id: number): void
  addEdge(from: number, to: number, attributes: { share: number }): void
  forEachInEdge(node: number | string, visit: (edge: string, attributes: { share: number }, from: string) => void): void
  forEachNode(visit: (node: string) => void): void
}

/** The same by graphology: all pairs by walking up every path, groups as connected components of the majority holdings. */
async function walked({ owner, owned, share, count }: Edges): Promise<void> {
  const [core, components] = await Promise.all(['graphology', 'graphology-components'].map((name) => import(name).catch(() => undefined) as Promise<unknown>))
  if (core === undefined || components === undefined) return void process.stdout.write('graphology is not installed\n')
  const { MultiDirectedGraph } = (core as { default: { MultiDirectedGraph: new () => Walkable } }).default
  const { countConnectedComponents } = (components as { default: { countConnectedComponents(graph: Walkable): number } }).default
  const building = clock()
  const [graph, majority] = [new MultiDirectedGraph(), new MultiDirectedGraph()]
  for (let id = 0; id < COMPANIES + PERSONS; id++) for (const g of [graph, majority]) g.addNode(id)
  for (let i = 0; i < count; i++)
    for (const g of (share[i] as number) > 0.5 ? [graph, majority] : [graph]) g.addEdge(owner[i] as number, owned[i] as number, { share: share[i] as number })
  process.stdout.write(`graphology: graph ${building()}; ${memory()}\n`)
  const joining = clock()
  process.stdout.write(`  ${countConnectedComponents(majority)} groups by majority holdings alone, single parties among them ${joining()}\n`)
  const walking = clock()
  let pairs = 0
  graph.forEachNode((node) => {
    const above = new Map<string, number>()
    const paths: [node: string, product: number, depth: number][] = [[node, 1, 0]]
    for (let path = paths.pop(); path !== undefined; path = paths.pop()) {
      const [at, product, depth] = path
      if (depth < DEPTH)
        graph.forEachInEdge(at, (_, attributes, from) => {
          above.set(from, (above.get(from) ?? 0) + product * attributes.share)
          paths.push([from, product * attributes.share, depth + 1])
        })
    }
    pairs += above.size
  })
  process.stdout.write(`  ${pairs} pairs by paths of at most ${DEPTH} steps ${walking()}; ${memory()}\n`)
}

function worst(): void {
  for (const [what, share, most] of [
    ['a circle of 2,000 cross-holdings', 0.4, 2000],
    ['a circle of 2,000 majority holdings', 0.9, 2000],
    ['a circle of 2,000 of gain 1', 1, 2000],
  ] as const) {
    const graph = new OwnershipGraph()
    const at = clock()
    for (let i = 0; i < most; i++) graph.set(`O${i}`, statement(i, (i + 1) % most, share))
    const { owned } = graph.changed()
    const settled = at()
    let rows = 0
    for (const id of owned) rows += graph.rows(id).length
    process.stdout.write(`${what}: ${settled}, its ${rows} rows included ${at()}; met ${JSON.stringify(graph.capped)}\n`)
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
  process.stdout.write(`a holding that controls ${HUB} companies sells or buys one ${spread(times)}\n`)
}

/** Companies come in groups of 1 to 12, every thousandth of 2,000: each but the first has a parent among those before it, the rest of it belongs to persons. */
function draw(): Edges {
  const random = randomFor(1, 'owners')
  const most = (COMPANIES + PERSONS) * 3
  const edges: Edges = { owner: new Int32Array(most), owned: new Int32Array(most), share: new Float64Array(most), count: 0, roots: [] }
  const add = (owner: number, owned: number, share: number) => {
    edges.owner[edges.count] = owner
    edges.owned[edges.count] = owned
    edges.share[edges.count++] = Math.round(share * 1e7) / 1e7
  }
  const person = () => COMPANIES + random.whole(0, PERSONS - 1)
  for (let first = 2, group = 0; first < COMPANIES; group++) {
    const size = Math.min(COMPANIES - first, group % 4000 === 3999 ? 2000 : random.whole(1, 12))
    edges.roots.push(first)
    for (let i = 0; i < size; i++) {
      let left = 0.95
      if (i > 0) left -= give(first + random.whole(Math.max(0, i - 40), i - 1), first + i, random.chance(0.7) ? 0.55 : 0.3)
      if (i > 0 && random.chance(0.02)) left -= give(first + i, first + random.whole(0, i - 1), 0.03)
      if (random.chance(HUB / COMPANIES)) left -= give(0, first + i, 0.05)
      for (let n = random.whole(1, 4); n > 0; n--) give(person(), first + i, left / 5)
    }
    first += size
  }
  for (let i = 0; i < HUB; i++) add(person(), 1, 0.9 / HUB)
  while (edges.count < 2_000_000 * SCALE) add(person(), random.whole(2, COMPANIES - 1), 0.01)
  return edges

  function give(owner: number, owned: number, share: number): number {
    add(owner, owned, share)
    return share
  }
}

function statement(owner: number, owned: number, share: number) {
  const event = `/registry|REG-${owner}-${owned}`
  return { owner: party(owner), owned: party(owned), kind: 'equity' as const, share: share.toFixed(7), ref: { event, order: event } }
}

function party(id: number): string {
  return `P${id}`
}

/** Wall and CPU time since it was made: on shared cores the first says little. */
function clock(): () => string {
  const [wall, cpu] = [performance.now(), process.cpuUsage()]
  return () => {
    const { user, system } = process.cpuUsage(cpu)
    return `${((performance.now() - wall) / 1000).toFixed(2)} s (CPU ${((user + system) / 1e6).toFixed(2)} s)`
  }
}

function memory(): string {
  return `RSS ${Math.round(process.memoryUsage.rss() / 2 ** 20)} MiB, at most ${Math.round(process.resourceUsage().maxRSS / 1024)}`
}

function spread(times: readonly number[]): string {
  const sorted = [...times].sort((a, b) => a - b)
  const at = (p: number) => (sorted[Math.min(sorted.length - 1, Math.floor(p * sorted.length))] ?? 0).toFixed(2)
  return `p50 ${at(0.5)} p99 ${at(0.99)} max ${at(1)} ms`
}
