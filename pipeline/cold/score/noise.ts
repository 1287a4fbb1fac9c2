/**
 * What goes on anyway: the scenario's world without what it has for show (nested products, large exposures), and its traffic thinned out over days. None of
 * it breaks a rule.
 */
import type { Event } from '../../contract/index.ts'
import { type HoldingData, money, numbering, type Statement } from '../../scenario/statement.ts'
import { LAP_MS } from '../../scenario/story.ts'
import { EVENTS_A_SECOND, traffic } from '../../scenario/traffic.ts'
import { buildWorld } from '../../scenario/world.ts'
import type { Sent } from './plants.ts'

/** `restatedMs`: how often those restate something who say nothing in the traffic, so that they do not fall silent. */
export type NoiseOptions = { seed: number; start: number; end: number; perHour: number; restatedMs?: number }

/** The world as it stands at `start`, ms, and about `perHour` events an hour up to `end`; not in the order of time. */
export function* noise({ seed, start, end, perHour, restatedMs = Infinity }: NoiseOptions): Generator<Sent> {
  const world = buildWorld(seed, start)
  const nested = nestedProducts(world.events)
  const number = numbering()
  const sent = (statement: Statement, time: number): Sent[] => {
    const data = withoutShow(statement, nested)
    return data === undefined ? [] : [{ time, event: { ...number({ ...statement, data } as Statement, time) } }]
  }
  for (const event of world.events) yield* sent(event as unknown as Statement, Date.parse(event.time))
  const managed = world.events.filter((e) => e.type === 'product.holding').slice(0, 1) as unknown as Statement[]
  const hours = (end - start) / 3_600_000
  // As much of the story's own time as holds that many events, drawn out.
  const length = (perHour * hours * 1000) / EVENTS_A_SECOND
  let restated = start
  for (let lap = 0; lap * LAP_MS < length; lap++)
    for (const { afterMs, statement } of traffic(world, seed, lap, Math.min(LAP_MS, length - lap * LAP_MS))) {
      const time = start + Math.floor(((lap * LAP_MS + afterMs) / length) * (end - start))
      for (; restated + restatedMs <= time; restated += restatedMs) for (const quiet of [...world.quiet, ...managed]) yield* sent(quiet, restated + restatedMs)
      yield* sent(statement, time)
    }
}

/** Amounts are this part of what they are in the demonstration, so that nothing is a large exposure. */
const PART = 0.2

/** Products that hold products: the demonstration has them on purpose. */
function nestedProducts(events: readonly Event[]): Set<string> {
  const holdings = events.filter((e) => e.type === 'product.holding').map((e) => e.data as HoldingData)
  return new Set(holdings.filter((h) => h.lines.some((line) => line.productId !== undefined)).map((h) => h.productId))
}

/** A statement's data in the ordinary world; undefined where it is not part of it. */
function withoutShow({ type, data }: Statement, nested: ReadonlySet<string>): unknown {
  const of = data as { productId?: string; value?: string; balance?: string; share?: string }
  if (of.productId !== undefined && nested.has(of.productId)) return undefined
  if (type === 'book.position')
    return { ...of, value: money(Number(of.value) * PART), ...(of.share !== undefined && { share: (Number(of.share) * PART).toFixed(4) }) }
  return type === 'credit.loan' ? { ...of, balance: money(Number(of.balance) * PART) } : data
}
