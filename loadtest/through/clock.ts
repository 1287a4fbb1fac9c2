/** Wall and processor time of all threads of this process since it was made, ms. */
export class Clock {
  readonly #wall = performance.now()
  readonly #cpu = process.cpuUsage()

  read(): { wall: number; cpu: number } {
    const { user, system } = process.cpuUsage(this.#cpu)
    return { wall: performance.now() - this.#wall, cpu: (user + system) / 1000 }
  }

  text(): string {
    return timesText([this.read()])
  }
}

/** Does the same `times` times; the times, and what came of the last. On shared cores one run says little. */
export async function repeat<T>(times: number, work: () => T | Promise<T>): Promise<{ text: string; result: T }> {
  const found: { wall: number; cpu: number }[] = []
  for (let n = 1; ; n++) {
    const clock = new Clock()
    const result = await work()
    found.push(clock.read())
    if (n >= times) return { text: timesText(found), result }
  }
}

/** Medians. */
export function timesText(times: readonly { wall: number; cpu: number }[]): string {
  const median = (of: number[]) => (of.sort((a, b) => a - b)[of.length >> 1] as number) / 1000
  const text = `${median(times.map((t) => t.wall)).toFixed(2)} s (CPU ${median(times.map((t) => t.cpu)).toFixed(2)} s)`
  return times.length === 1 ? text : `${text}, medians of ${times.length}`
}

export function memory(): string {
  return `RSS ${Math.round(process.memoryUsage.rss() / 2 ** 20)} MiB, at most ${Math.round(process.resourceUsage().maxRSS / 1024)}`
}

/** Median, 99th percentile and largest. */
export function spread(values: readonly number[]): string {
  const sorted = [...values].sort((a, b) => a - b)
  const at = (part: number) => (sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * part))] ?? 0).toFixed(2)
  return `median ${at(0.5)} p99 ${at(0.99)} max ${at(1)}`
}
