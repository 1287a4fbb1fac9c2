/** A log as the engine reads it: batches of every size, partitions interleaved as messages arrive, wall time that moves only here. */
import type { ControlRecord, RawBatch, Silent, Source, SourcePartition } from '../../pipeline/contract/source.ts'
import type { Random } from '../../pipeline/scenario/random.ts'
import type { Message } from './world.ts'

export type Placed = Message & { partition: number; offset: number }
export type SimulatedLog = { partitions: SourcePartition[]; messages: Placed[] }

/** `whole`: the log is complete and read from start to end. `live`: messages come when they arrive, partitions may fall silent; `step`: ms to the next look. */
export type Reading = { mode: 'whole' | 'live'; batch: () => number; step: () => number }

export type SimulatedSource = Source & { now(): number; committed(): void }

/** Batch sizes of one run: mostly many events at once, at times one by one, always few enough batches. */
export function batchSizes(random: Random, events: number): () => number {
  const usual = random.pick([10_000, 10_000, 1000, 1000, 400, 400, 200, 80])
  const [from, until] = [random.whole(0, events), random.whole(2, 5)]
  let [read, single] = [0, 0]
  return () => {
    const size = read >= from && single++ < until ? random.whole(1, 3) : random.chance(0.1) ? random.whole(1, usual) : usual
    read += size
    return size
  }
}

/** Steps of time of one run, ms: mostly large ones, so that a run is not all releases, and now and then some in a row that fall between the ticks. */
export function timeSteps(random: Random): () => number {
  const usual = random.pick([30_000, 120_000, 240_000])
  let small = 0
  return () => {
    if (small === 0 && random.chance(0.1)) small = random.whole(2, 6)
    if (small === 0) return random.whole(1000, usual)
    small--
    return random.whole(100, 3000)
  }
}

/**
 * `starts`: the offset each partition goes on from. One batch is in flight when `steps`, so that a seed is one course of events; else as the engine asks.
 */
export function simulatedSource(log: SimulatedLog, control: ControlRecord[], reading: Reading, starts: number[], steps: boolean): SimulatedSource {
  const left = log.messages.filter((m) => m.offset >= (starts[m.partition] ?? 0))
  const next = log.partitions.map((_, p) => starts[p] ?? 0)
  const since = log.partitions.map(() => log.messages[0]?.arrives ?? 0)
  let now = log.messages[0]?.arrives ?? 0
  let done = false
  let closed = false
  let inFlight = 0
  let wake = () => {}
  const take = (max: number): Placed[] => {
    if (reading.mode === 'live') {
      const first = left[0]
      if (first !== undefined && first.arrives > now) now += reading.step()
    }
    const come = reading.mode === 'whole' ? left.length : left.findIndex((m) => m.arrives > now)
    const taken = left.splice(0, Math.min(max, come < 0 ? left.length : come))
    for (const m of taken) {
      next[m.partition] = m.offset + 1
      since[m.partition] = now
    }
    return taken
  }
  return {
    partitions: log.partitions,
    control: [...control],
    now: () => now,
    committed() {
      inFlight--
      wake()
    },
    async pull(most) {
      while (steps && inFlight > 0 && !closed) await new Promise<void>((resolve) => (wake = resolve))
      if (done || closed) return null
      inFlight++
      const taken = take(Math.min(most, reading.batch()))
      done = left.length === 0
      return rawOf(taken, done ? log.partitions.map((_, p) => p) : [])
    },
    silent: (): Silent[] =>
      log.partitions.flatMap((_, p) =>
        left.some((m) => m.partition === p && m.arrives <= now) ? [] : [{ partition: p, nextOffset: next[p] ?? 0, since: since[p] ?? 0 }],
      ),
    writeControl(records) {
      control.push(...records)
      return Promise.resolve()
    },
    // Whoever still read it would read this.
    release: (raw) => void raw.bytes.fill(0x7b),
    close() {
      closed = true
      wake()
      return Promise.resolve()
    },
  }
}

function rawOf(messages: Placed[], ended: number[]): RawBatch {
  let end = 0
  return {
    count: messages.length,
    bytes: Buffer.concat(messages.map((m) => m.bytes)),
    ends: Uint32Array.from(messages, (m) => (end += m.bytes.length)),
    partition: Uint16Array.from(messages, (m) => m.partition),
    offset: Float64Array.from(messages, (m) => m.offset),
    timestamp: Float64Array.from(messages, (m) => m.timestamp),
    form: new Uint8Array(messages.length),
    oversize: new Uint32Array(messages.length),
    ended,
  }
}
