/** Everything random in the scenario comes from here, so that a seed is a scenario. */

export type Random = {
  /** The next number in [0, 1), with 32 bits. */
  next(): number
  /** A whole number from `low` to `high`, both included. */
  whole(low: number, high: number): number
  /** A number in [low, high). */
  between(low: number, high: number): number
  /** True with this probability. */
  chance(probability: number): boolean
  /** One element; throws on an empty list. */
  pick<T>(list: readonly T[]): T
  /** A copy in random order. */
  shuffle<T>(list: readonly T[]): T[]
  /** Log-normal with this median; `sigma` is the standard deviation of the logarithm. */
  lognormal(median: number, sigma: number): number
  /** Waiting time to the next event of a Poisson process with this mean waiting time. */
  wait(mean: number): number
}

/**
 * A generator for one purpose: xoshiro128** (Blackman and Vigna, 2018), its state spread from `seed` and `purpose`.
 * Different purposes do not disturb each other: one draw more for loans leaves the payments as they were.
 */
export function randomFor(seed: number, purpose: string): Random {
  const next = xoshiro(seed, purpose)
  const whole = (low: number, high: number) => low + Math.floor(next() * (high - low + 1))
  const pick = <T>(list: readonly T[]): T => {
    if (list.length === 0) throw new RangeError('nothing to pick from')
    return list[whole(0, list.length - 1)] as T
  }
  return {
    next,
    whole,
    pick,
    between: (low, high) => low + next() * (high - low),
    chance: (probability) => next() < probability,
    shuffle: (list) => shuffled(list, whole),
    lognormal: (median, sigma) => median * Math.exp(sigma * normal(next)),
    wait: (mean) => -Math.log(1 - next()) * mean,
  }
}

/** Fisher–Yates. */
function shuffled<T>(list: readonly T[], whole: (low: number, high: number) => number): T[] {
  const copy = [...list]
  for (let i = copy.length - 1; i > 0; i--) {
    const j = whole(0, i)
    const held = copy[i] as T
    copy[i] = copy[j] as T
    copy[j] = held
  }
  return copy
}

/** Box–Muller; 1 − u keeps the logarithm finite. */
function normal(next: () => number): number {
  return Math.sqrt(-2 * Math.log(1 - next())) * Math.cos(2 * Math.PI * next())
}

function xoshiro(seed: number, purpose: string): () => number {
  const spread = splitmix(Math.imul(seed, 0x9e3779b1) ^ hash(purpose))
  let [a, b, c, d] = [spread(), spread(), spread(), spread()]
  return () => {
    const result = Math.imul(rotate(Math.imul(b, 5), 7), 9) >>> 0
    const shifted = b << 9
    c ^= a
    d ^= b
    b ^= c
    a ^= d
    c ^= shifted
    d = rotate(d, 11)
    return result / 0x1_0000_0000
  }
}

function splitmix(start: number): () => number {
  let state = start
  return () => {
    state = (state + 0x9e3779b9) | 0
    let z = Math.imul(state ^ (state >>> 16), 0x21f0aaad)
    z = Math.imul(z ^ (z >>> 15), 0x735a2d97)
    return z ^ (z >>> 15)
  }
}

/** FNV-1a, 32 bits. */
function hash(text: string): number {
  let h = 0x811c9dc5
  for (let i = 0; i < text.length; i++) h = Math.imul(h ^ text.charCodeAt(i), 0x01000193)
  return h
}

function rotate(x: number, bits: number): number {
  return (x << bits) | (x >>> (32 - bits))
}
