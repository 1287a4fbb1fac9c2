/** One full build from an engine's file in a process of its own: `owners-restarted.js FILE [on]`. Its parent is told; `on`: all rows are shown and deals judged. */
import { setTimeout } from 'node:timers/promises'
import { Owners } from '../../pipeline/hot/check/through/owners.ts'
import { randomFor } from '../../pipeline/scenario/random.ts'
import { Database } from '../../pipeline/store/database.ts'
import type { ClientGroups } from '../../pipeline/through/groups.ts'
import type { OwnershipGraph } from '../../pipeline/through/ownership.ts'
import { Clock, memory, spread } from './clock.ts'
import { COMPANIES, party, statement } from './drawn-owners.ts'

/** Times in ms. Memory in MiB: resident at most, then after garbage is collected, and of that the heap and typed arrays (whether written to or not). */
export type Built = { wall: number; cpu: number; reading: number; most: number; kept: number; heap: number; arrays: number }

const CHANGES = 1000

async function main([file = '', on]: string[]): Promise<void> {
  const db = await Database.open(file)
  const { owners, built } = await build(db)
  process.send?.(built)
  if (on === undefined) return
  console.log(`  ${owners.changedGroups.filter((g) => g.joined.length > 0).length} groups`)
  owners.forgetUnwritten()
  owners.settle(0)
  rows(owners.graph)
  const roots = (await db.rows('SELECT id FROM root ORDER BY id')).map(([id]) => Number(id))
  deals(owners.graph, owners.groups, roots)
  db.close()
}

/** As a restart does it; what is said to have changed is all there is. */
async function build(db: Database): Promise<{ owners: Owners; built: Built }> {
  const owners = new Owners(() => undefined, undefined)
  const clock = new Clock()
  await owners.recall(db, 0)
  const reading = clock.read().cpu
  owners.settle(0)
  const times = clock.read()
  const most = process.resourceUsage().maxRSS / 1024
  globalThis.gc?.()
  // Memory outside the heap is given back after a turn.
  await setTimeout(500)
  globalThis.gc?.()
  const { rss, heapUsed, arrayBuffers } = process.memoryUsage()
  return { owners, built: { ...times, reading, most, kept: rss / 2 ** 20, heap: heapUsed / 2 ** 20, arrays: arrayBuffers / 2 ** 20 } }
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
  console.log(
    `merge ${spread(merges)} ms · split ${spread(splits)} ms · CPU of both ${spread(busy)} ms · with all rows that changed ${spread(judging)} ms; ${memory()}`,
  )
}

await main(process.argv.slice(2))
