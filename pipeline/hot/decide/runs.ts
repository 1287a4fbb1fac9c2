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

/** Without runs whose windows all end at `time` or before; the window that starts last stays. */
export function dropRuns(runs: readonly Run[], time: number): Run[] {
  const { start } = lastOf(runs)
  return runs.filter((r) => lastStart(r) + r.length > time || lastStart(r) === start)
}

/** The windows that end after `time`. */
export function endingAfter(runs: readonly Run[], time: number): { start: number; end: number }[] {
  return runs.flatMap((r) => {
    const first = placeAfter(r, time)
    return Array.from({ length: Math.max(0, r.n - first) }, (_, i) => windowAt(r, first + i))
  })
}

/** The earliest window that ends after `time`, if there is one. */
export function firstAfter(runs: readonly Run[], time: number): { start: number; end: number } | undefined {
  const firsts = runs.flatMap((r) => (placeAfter(r, time) < r.n ? [windowAt(r, placeAfter(r, time))] : []))
  return firsts.reduce<{ start: number; end: number } | undefined>((a, b) => (a === undefined || b.start < a.start ? b : a), undefined)
}

/** The window that starts last. */
export function lastOf(runs: readonly Run[]): { start: number; end: number } {
  const starts = runs.map((r) => ({ start: lastStart(r), length: r.length }))
  const last = starts.reduce((a, b) => (b.start > a.start ? b : a))
  return { start: last.start, end: last.start + last.length }
}

/** Which of a run's windows is the first to end after `time`; `n` or more: none. */
function placeAfter({ start, step, n, length }: Run, time: number): number {
  if (start + length > time) return 0
  return step === 0 ? n : Math.floor((time - start - length) / step) + 1
}

function windowAt({ start, step, length }: Run, i: number): { start: number; end: number } {
  return { start: start + i * step, end: start + i * step + length }
}

function lastStart(r: Run): number {
  return r.start + (r.n - 1) * r.step
}

function placeIn(r: Run, start: number): number {
  const i = r.n === 1 ? (start === r.start ? 0 : -1) : (start - r.start) / r.step
  return Number.isInteger(i) && i >= 0 && i < r.n ? i : -1
}
