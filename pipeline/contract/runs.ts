/**
 * Runs of whole numbers: pairs from–to of 64-bit integers, one after the other in a BigInt64Array. They are told apart by their halves, low before high: a
 * stream whose numbers come in disorder has one run per number, and a BigInt made for each would cost more than all else that is done with it.
 */

const NONE = new BigInt64Array(0)

const ONE = new BigInt64Array(2)
const ONE_IN_HALVES = halvesOf(ONE)

/** One run, from its halves. A copy, which has no buffer of its own until somebody asks for it: there may be one run for every event, and they wait. */
export function run(fromLow: number, fromHigh: number, toLow: number, toHigh: number): BigInt64Array {
  ONE_IN_HALVES[0] = fromLow
  ONE_IN_HALVES[1] = fromHigh
  ONE_IN_HALVES[2] = toLow
  ONE_IN_HALVES[3] = toHigh
  return ONE.slice()
}

/** Runs as they come. */
export class RunList {
  #halves = new Int32Array(16)
  #length = 0

  push(fromLow: number, fromHigh: number, toLow: number, toHigh: number): void {
    if (this.#length === this.#halves.length) {
      const halves = new Int32Array(this.#length * 4)
      halves.set(this.#halves)
      this.#halves = halves
    }
    const halves = this.#halves
    halves[this.#length++] = fromLow
    halves[this.#length++] = fromHigh
    halves[this.#length++] = toLow
    halves[this.#length++] = toHigh
  }

  /** All of them; what is pushed later is not in there. */
  runs(): BigInt64Array {
    return new BigInt64Array(this.#halves.slice(0, this.#length).buffer)
  }
}

/**
 * The runs of all parts in order, those that touch or overlap joined. Where the ends that lie before a start are as many as the starts before it, something
 * lies between: starts and ends can be sorted by themselves.
 */
export function joined(parts: readonly BigInt64Array[]): BigInt64Array {
  const count = parts.reduce((sum, part) => sum + part.length, 0) / 2
  if (count === 0) return NONE
  const [starts, ends] = [new BigInt64Array(count), new BigInt64Array(count)]
  split(parts, halvesOf(starts), halvesOf(ends))
  starts.sort()
  ends.sort()
  return join(halvesOf(starts), halvesOf(ends), count)
}

function split(parts: readonly BigInt64Array[], starts: Int32Array, ends: Int32Array): void {
  let to = 0
  for (const part of parts) {
    const halves = halvesOf(part)
    for (let i = 0; i < halves.length; i += 4, to += 2) {
      starts[to] = halves[i] as number
      starts[to + 1] = halves[i + 1] as number
      ends[to] = halves[i + 2] as number
      ends[to + 1] = halves[i + 3] as number
    }
  }
}

function join(starts: Int32Array, ends: Int32Array, count: number): BigInt64Array {
  const runs = new RunList()
  let begin = 0
  for (let i = 1; i <= count; i++) {
    if (i < count && !isApart(ends, i * 2 - 2, starts, i * 2)) continue
    runs.push(starts[begin] as number, starts[begin + 1] as number, ends[i * 2 - 2] as number, ends[i * 2 - 1] as number)
    begin = i * 2
  }
  return runs.runs()
}

/** Whether a number lies between that end and that start: what is too far apart for a double to tell is not one apart. */
function isApart(ends: Int32Array, end: number, starts: Int32Array, start: number): boolean {
  const high = (starts[start + 1] as number) - (ends[end + 1] as number)
  return high * 2 ** 32 + (((starts[start] as number) >>> 0) - ((ends[end] as number) >>> 0)) > 1
}

function halvesOf(runs: BigInt64Array): Int32Array {
  return new Int32Array(runs.buffer, runs.byteOffset, runs.length * 2)
}
