/** The story: ordinary traffic, and among it violations and near misses that are known beforehand. */
import { scheduleActs } from './acts.ts'
import { type Label, type Planned } from './planned.ts'
import { traffic } from './traffic.ts'
import type { World } from './world.ts'

export type { Label, Planned }

/** One lap of the story, in ms. At its end everything stands as it did at its beginning. */
export const LAP_MS = 600_000

/**
 * The steps of one lap in the order of `afterMs`, drawn as they are read. The same for the same world, seed and lap;
 * another lap has the same labelled subjects, except that OP-08's accounts are new ones, and other traffic.
 */
export function* scheduleStory(world: World, seed: number, lap = 0): Generator<Planned> {
  const acts = [...scheduleActs(world, seed, lap), ...restatements(world)].sort((a, b) => a.afterMs - b.afterMs)
  let next = 0
  for (const ordinary of traffic(world, seed, lap, LAP_MS)) {
    for (let act = acts[next]; act !== undefined && act.afterMs <= ordinary.afterMs; act = acts[++next]) yield act
    yield ordinary
  }
  yield* acts.slice(next)
}

/** When, in a lap, who otherwise says nothing restates what it said: nobody falls silent. */
const RESTATED_AT_MS = [LAP_MS / 3, (LAP_MS * 5) / 6]

function restatements({ quiet }: World): Planned[] {
  return RESTATED_AT_MS.flatMap((afterMs) => quiet.map((statement): Planned => ({ afterMs, statement })))
}
