/** What has taken effect so far: the numbers of each stream, and when each institution spoke last. */
import type { EventType } from '../../../contract/index.ts'
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
      if (numbers.length > 0) together.set(stream, [...(together.get(stream) ?? []), numbers])
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
  for (const { from, to } of rangesOf(parts)) {
    const { opened, filled, givenUp } = stream.numbers.take(from, to, tick)
    change.opened ||= opened
    change.filled ||= filled
    if (givenUp !== undefined) change.givenUp.push(givenUp)
  }
  return change
}

/** The lower first. */
function rangesOf(parts: readonly BigInt64Array[]): Range[] {
  const ranges = parts.flatMap((part) => Array.from({ length: part.length / 2 }, (_, i) => ({ from: part[i * 2] as bigint, to: part[i * 2 + 1] as bigint })))
  return parts.length === 1 ? ranges : ranges.sort((a, b) => (a.from < b.from ? -1 : a.from > b.from ? 1 : 0))
}
