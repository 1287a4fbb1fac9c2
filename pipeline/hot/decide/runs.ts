/** The windows of an alert: thousands that follow each other at one distance are one run. Runs are in order of their starts. */

/** `n` windows of `length` ms, `step` ms apart, the first at `start`. */
export type Run = { start: number; step: number; n: number; length: number }

export function hasRun(runs: readonly Run[], start: number): boolean {
  return runs.some((r) => placeIn(r, start) >= 0)
}

export function addRun(runs: readonly Run[], start: number, end: number): Run[] {
  const length = end - start
  const last = runs.at(-1)
  if (last !== undefined && last.length === length) {
    const step = start - (last.start + (last.n - 1) * last.step)
    if (step > 0 && (last.n === 1 || step === last.step)) return [...runs.slice(0, -1), { ...last, step, n: last.n + 1 }]
  }
  return [...runs, { start, step: 0, n: 1, length }].sort((a, b) => a.start - b.start)
}

export function removeRun(runs: readonly Run[], start: number): Run[] {
  return runs.flatMap((r) => {
    const i = placeIn(r, start)
    if (i < 0) return [r]
    const [before, after] = [
      { ...r, n: i },
      { ...r, start: r.start + (i + 1) * r.step, n: r.n - i - 1 },
    ]
    return [before, after].filter((run) => run.n > 0)
  })
}

/** Without the windows that end at `time` or before. */
export function dropRuns(runs: readonly Run[], time: number): Run[] {
  return runs.filter((r) => r.start + (r.n - 1) * r.step + r.length > time)
}

export function firstOf(runs: readonly Run[]): { start: number; end: number } {
  const [r] = runs
  if (r === undefined) throw new Error('an alert without a window')
  return { start: r.start, end: r.start + r.length }
}

/** The window that starts last. */
export function lastOf(runs: readonly Run[]): { start: number; end: number } {
  const starts = runs.map((r) => ({ start: r.start + (r.n - 1) * r.step, length: r.length }))
  const last = starts.reduce((a, b) => (b.start > a.start ? b : a))
  return { start: last.start, end: last.start + last.length }
}

function placeIn(r: Run, start: number): number {
  const i = r.n === 1 ? (start === r.start ? 0 : -1) : (start - r.start) / r.step
  return Number.isInteger(i) && i >= 0 && i < r.n ? i : -1
}
