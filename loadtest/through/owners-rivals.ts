/** What others take for who owns what, and which parties are one group. */
import graphology from 'graphology'
import type { Database } from '../../pipeline/store/database.ts'
import { Clock, memory, repeat } from './clock.ts'
import type { Edges } from './drawn-owners.ts'

const DEPTH = 12

/** All pairs by the products of their paths, and groups by majority holdings, in DuckDB; parties are numbers in table `edge`. */
export async function byRecursion(db: Database, times: number): Promise<void> {
  const pairs = await repeat(times, () =>
    db.rows(`WITH RECURSIVE path AS (
      SELECT owner, owned, share, 1 AS depth FROM edge UNION ALL
      SELECT path.owner, edge.owned, path.share * edge.share, depth + 1 FROM path JOIN edge ON path.owned = edge.owner WHERE depth < ${DEPTH})
    SELECT count(*) FROM (SELECT owner, owned, sum(share) AS economic FROM path GROUP BY ALL)`),
  )
  console.log(`recursive CTE: ${String(pairs.result[0]?.[0])} pairs by paths of at most ${DEPTH} steps ${pairs.text}`)
  await db.run('CREATE TEMP TABLE tie AS SELECT owner AS a, owned AS b FROM edge WHERE share > 0.5 UNION ALL SELECT owned, owner FROM edge WHERE share > 0.5')
  const groups = await repeat(times, () =>
    db.rows(`WITH RECURSIVE label(party, "group") USING KEY (party) AS (
      SELECT DISTINCT a, a FROM tie UNION
      SELECT tie.b, min(label."group") FROM label JOIN tie ON label.party = tie.a JOIN recurring.label AS known ON known.party = tie.b
        WHERE label."group" < known."group" GROUP BY tie.b)
    SELECT count(DISTINCT "group") FROM label`),
  )
  console.log(`  ${String(groups.result[0]?.[0])} groups by majority holdings alone ${groups.text}`)
}

type Holding = { share: number }

/** The same by graphology: all pairs by walking up every path, groups as what hangs together by majority holdings. */
export function byGraphology({ owner, owned, share, count }: Edges, parties: number): void {
  const building = new Clock()
  const graph = new graphology.MultiDirectedGraph<object, Holding>()
  for (let id = 0; id < parties; id++) graph.addNode(id)
  for (let i = 0; i < count; i++) graph.addEdge(owner[i], owned[i], { share: share[i] as number })
  console.log(`graphology: graph ${building.text()}; ${memory()}`)
  const joining = new Clock()
  console.log(`  ${groupsOf(graph)} groups by majority holdings alone ${joining.text()}`)
  const walking = new Clock()
  let pairs = 0
  graph.forEachNode((node) => (pairs += ownersAbove(graph, node).size))
  console.log(`  ${pairs} pairs by paths of at most ${DEPTH} steps ${walking.text()}; ${memory()}`)
}

type Owned = graphology.MultiDirectedGraph<object, Holding>

function groupsOf(graph: Owned): number {
  const seen = new Set<string>()
  let groups = 0
  graph.forEachNode((first) => {
    if (seen.has(first)) return
    seen.add(first)
    let members = 0
    const waiting = [first]
    for (let node = waiting.pop(); node !== undefined; node = waiting.pop()) {
      members++
      graph.forEachEdge(node, (_, { share }, from, to) => {
        for (const end of share > 0.5 ? [from, to] : []) {
          if (seen.has(end)) continue
          seen.add(end)
          waiting.push(end)
        }
      })
    }
    if (members > 1) groups++
  })
  return groups
}

function ownersAbove(graph: Owned, owned: string): Map<string, number> {
  const above = new Map<string, number>()
  const paths: [node: string, product: number, depth: number][] = [[owned, 1, 0]]
  for (let path = paths.pop(); path !== undefined; path = paths.pop()) {
    const [at, product, depth] = path
    if (depth === DEPTH) continue
    graph.forEachInEdge(at, (_, { share }, from) => {
      above.set(from, (above.get(from) ?? 0) + product * share)
      paths.push([from, product * share, depth + 1])
    })
  }
  return above
}
