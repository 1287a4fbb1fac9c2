/** What measurements have in common. */

/** Processor time of this process so far, ms: all threads, the system's part too. What else runs on the machine is not in it. */
export function processorMs(): number {
  const { user, system } = process.cpuUsage()
  return (user + system) / 1000
}

/** The lowest, the one in the middle and the highest. */
export function spread(numbers: readonly number[]): [low: number, middle: number, high: number] {
  const sorted = [...numbers].sort((a, b) => a - b)
  const at = (i: number) => sorted[i] ?? Number.NaN
  return [at(0), at(Math.floor(sorted.length / 2)), at(sorted.length - 1)]
}
