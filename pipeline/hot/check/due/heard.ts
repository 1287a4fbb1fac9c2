/** What has taken effect so far: the numbers of each stream, and when each institution spoke last. */
import type { EventType } from '../../../contract/index.ts'
import { joined } from '../../../contract/runs.ts'
import type { Spoken } from '../../../contract/stage.ts'
import { Numbers, type Range } from './numbers.ts'

/** Events of one type from one source, which count up together. `institution`: for whom the first of them came; of several at one time the lowest name. */
export type Stream = { source: string; type: EventType; institution: string; first: number; numbers: Numbers }

/** What one tick brought a stream. */
export type Change = { stream: Stream; opened: boolean; filled: boolean; givenUp: Range[] }

export class Heard {
  readonly #streams = new Map<string, Stream>()
  /** Effective time of the last event of each institution, ms. */
  readonly last = new Map<string, number>()

  get streams(): Iterable<Stream> {
    return this.#streams.values()
  }

  /** All that takes effect in a tick, however many batches it came in. */
  take(tick: number, said: readonly Spoken[]): Change[] {
    const together = new Map<Stream, BigInt64Array[]>()
    for (const { speaker, first, last, numbers } of said) {
      const { institution } = speaker
      this.last.set(institution, Math.max(last, this.last.get(institution) ?? -Infinity))
      const stream = this.#stream(speaker)
      if (first < stream.first || (first === stream.first && institution < stream.institution)) Object.assign(stream, { first, institution })
      if (numbers.length === 0) continue
      const parts = together.get(stream)
      if (parts === undefined) together.set(stream, [numbers])
      else parts.push(numbers)
    }
    return [...together].map(([stream, parts]) => taken(stream, tick, parts))
  }

  #stream({ source, type, institution }: Spoken['speaker']): Stream {
    const key = `${type}|${source}`
    let stream = this.#streams.get(key)
    if (stream === undefined) this.#streams.set(key, (stream = { source, type, institution, first: Infinity, numbers: new Numbers() }))
    return stream
  }
}

function taken(stream: Stream, tick: number, parts: BigInt64Array[]): Change {
  const change: Change = { stream, opened: false, filled: false, givenUp: [] }
  const runs = parts.length === 1 ? (parts[0] as BigInt64Array) : joined(parts)
  for (let i = 0; i < runs.length; i += 2) {
    const { opened, filled, givenUp } = stream.numbers.take(runs[i] as bigint, runs[i + 1] as bigint, tick)
    change.opened ||= opened
    change.filled ||= filled
    if (givenUp !== undefined) change.givenUp.push(givenUp)
  }
  return change
}
