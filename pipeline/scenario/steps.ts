/** The whole scenario as events in time order: the world, then lap after lap of the story. */
import type { Event } from '../contract/event.ts'
import type { Label } from './planned.ts'
import { numbering } from './statement.ts'
import { LAP_MS, scheduleStory } from './story.ts'
import { buildWorld } from './world.ts'

/** An event, and when it is due: ms since the Unix epoch, the same as its `time`. */
export type Step = { at: number; event: Event; label?: Label }

/**
 * Without end, drawn as it is read; the same for the same arguments. The world is due before `start` (ms), the story from there on,
 * at `speed` times its own pace; ids and sequences go on through all laps.
 */
export function* scenarioSteps(seed: number, start: number, speed = 1): Generator<Step> {
  const world = buildWorld(seed, start)
  for (const event of world.events) yield { at: Date.parse(event.time), event }
  const number = numbering(world.events)
  for (let lap = 0; ; lap++)
    for (const { afterMs, statement, label } of scheduleStory(world, seed, lap)) {
      const at = start + Math.floor((lap * LAP_MS + afterMs) / speed)
      yield { at, event: number(statement, at), ...(label === undefined ? {} : { label }) }
    }
}

/** The events of the world and of the first `forMs` of the story, for a file. */
export function* scenarioEvents(seed: number, start: number, forMs: number): Generator<Event> {
  for (const { at, event } of scenarioSteps(seed, start)) {
    if (at >= start + forMs) return
    yield event
  }
}
