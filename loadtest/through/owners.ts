/**
 * 1 M parties and 2 M ownerships: groups of companies under holdings of all sizes, a state holding with stakes in 100,000 companies, a listed company with 100,000
 * shareholders, cross-holdings. Built as after a restart, from an engine's file; all rows shown; then one group bought and sold at a time; beside a recursive CTE
 * of DuckDB over numbers in the same file and beside graphology. Then the same statement by statement, and the worst cases.
 *
 *     npm run bench:through -- owners
 */
import { fork } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { Database } from '../../pipeline/store/database.ts'
import { ClientGroups } from '../../pipeline/through/groups.ts'
import { OwnershipGraph } from '../../pipeline/through/ownership.ts'
import { Clock, repeat, spread, timesText } from './clock.ts'
import { COMPANIES, draw, type Edges, filed, HUB, party, PERSONS, statement } from './drawn-owners.ts'
import { byGraphology, byRecursion } from './owners-rivals.ts'
import type { Built } from './owners-restarted.ts'

const TIMES = Number(process.env['BENCH_TIMES'] ?? 3)

export async function measure(): Promise<void> {
  const edges = draw()
  console.log(`${edges.count} ownerships`)
  const folder = mkdtempSync(join(tmpdir(), 'owners-'))
  const file = join(folder, 'state.duckdb')
  try {
    const filling = await filed(file, edges)
    filling.close()
    await restarts(file)
    const db = await Database.open(file)
    await byRecursion(db, TIMES)
    db.close()
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
  byGraphology(edges, COMPANIES + PERSONS)
  await eachBuilt(edges)
  worst()
}

/** Each in a process of its own, as an engine starts: what one before it has left in memory is not in it. The last one goes on to show rows and to judge deals. */
async function restarts(file: string): Promise<void> {
  const builds: Built[] = []
  for (let n = 1; n <= TIMES; n++) {
    const child = fork(fileURLToPath(new URL('owners-restarted.js', import.meta.url)), n === TIMES ? [file, 'on'] : [file], { execArgv: ['--expose-gc'] })
    child.on('message', (built: Built) => {
      builds.push(built)
      if (n === TIMES) console.log(buildsText(builds))
    })
    const [code] = (await once(child, 'exit')) as [number | null]
    if (code !== 0) throw new Error(`the process that builds ended with ${code}`)
  }
}

function buildsText(builds: readonly Built[]): string {
  const of = (name: Exclude<keyof Built, 'wall' | 'cpu'>) => spread(builds.map((built) => built[name]))
  return `full build ${timesText(builds)}, of it reading the statements CPU ${of('reading')} ms
  MiB of a process that builds once: RSS at most ${of('most')}, after gc ${of('kept')}; its heap ${of('heap')}, its arrays ${of('arrays')}`
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
  hub()
}

/** All that was built has been said before the first change. */
function hub(): void {
  const graph = new OwnershipGraph()
  const groups = new ClientGroups(graph.ties)
  for (let i = 1; i <= HUB; i++) graph.set(`O${i}`, statement(0, i, 0.6))
  groups.changed()
  graph.changed()
  const [wall, cpu]: [number[], number[]] = [[], []]
  for (let n = 0; n < 100; n++) {
    const company = 1 + (((n >> 1) * 997) % HUB)
    const at = new Clock()
    graph.set(`O${company}`, n % 2 === 0 ? undefined : statement(0, company, 0.6))
    groups.changed()
    graph.changed()
    const took = at.read()
    wall.push(took.wall)
    cpu.push(took.cpu)
  }
  console.log(`a holding that controls ${HUB} companies sells or buys one ${spread(wall)} ms, CPU ${spread(cpu)} ms`)
}
