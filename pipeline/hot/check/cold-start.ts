/** Cold start (contract §2): what lies at or before a given time is loaded in silence; at the next tick what stands is measured. */

/** The first tick that is judged; -Infinity: all are. */
export function firstTick(judgeFrom: number | undefined): number {
  return judgeFrom === undefined ? -Infinity : Math.floor(judgeFrom / 1000) * 1000 + 1000
}
