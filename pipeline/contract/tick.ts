/** Ticks (contract §2): what happens within a second takes effect at its end, all of it at once. */
export const TICK_MS = 1000

/** The tick, ms, at which what happens at `e`, ms, takes effect. */
export function tickOf(e: number): number {
  return Math.ceil(e / TICK_MS) * TICK_MS
}
