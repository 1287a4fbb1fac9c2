/** How long to wait before coming back. */
export const FIRST_MS = 500
export const LONGEST_MS = 30_000

/**
 * Milliseconds before attempt `n` (from 0): full jitter under 0.5 s, 1 s, 2 s … 30 s, so that a thousand readers do not come back in one
 * moment; at least what the server asked for, on top of which the jitter goes.
 */
export function backoff(n: number, askedMs = 0, random: () => number = Math.random): number {
  return askedMs + random() * Math.min(LONGEST_MS, FIRST_MS * 2 ** Math.min(n, 10))
}

/** Waits; ends early, without an error, when the signal aborts. */
export function pause(ms: number, signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    if (signal.aborted) return resolve()
    const done = () => {
      clearTimeout(timer)
      signal.removeEventListener('abort', done)
      resolve()
    }
    const timer = setTimeout(done, ms)
    signal.addEventListener('abort', done)
  })
}
