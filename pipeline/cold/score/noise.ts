/** What goes on anyway: the scenario's world, and its traffic thinned out over days, numbered without gaps. None of it breaks a rule. */
import { numbering } from '../../scenario/statement.ts'
import { LAP_MS } from '../../scenario/story.ts'
import { traffic } from '../../scenario/traffic.ts'
import { buildWorld } from '../../scenario/world.ts'
import type { Sent } from './plants.ts'

export type NoiseOptions = { seed: number; start: number; end: number; perHour: number }

/** The world as it stands at `start`, ms, and about `perHour` events an hour up to `end`. */
export function* noise({ seed, start, end, perHour }: NoiseOptions): Generator<Sent> {
  const world = buildWorld(seed, start)
  for (const event of world.events) yield { time: Date.parse(event.time), event: { ...event } }
  const number = numbering(world.events)
  const hours = (end - start) / 3_600_000
  // As much of the story's own time as holds that many events, drawn out.
  const length = (perHour * hours * 1000) / EVENTS_A_SECOND
  for (let lap = 0; lap * LAP_MS < length; lap++)
    for (const { afterMs, statement } of traffic(world, seed, lap, Math.min(LAP_MS, length - lap * LAP_MS))) {
      const time = start + Math.floor(((lap * LAP_MS + afterMs) / length) * (end - start))
      yield { time, event: { ...number(statement, time) } }
    }
}

const EVENTS_A_SECOND = 157
