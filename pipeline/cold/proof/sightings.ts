/** Looks events up in a log by their names, as the engine decodes it, whatever their wire form. */
import type { LogPosition } from '../../contract/alert.ts'
import type { Source } from '../../contract/source.ts'
import type { Decoded } from '../../contract/stage.ts'
import { decoder } from '../../hot/accept/decode.ts'

/** Where `<source>|<id>` lies: each place in the order of reading. A file has its path for a topic and the line number from 0 for an offset. */
export type Sightings = Map<string, LogPosition[]>

const PULL = { events: 20_000, waitMs: 50 }

/** Reads every partition as far as `upTo` (the next offset, in the source's order) or to its end; closes the source. */
export async function sightings(source: Source, events: ReadonlySet<string>, upTo: readonly number[], onRead: (messages: number) => void): Promise<Sightings> {
  const seen: Sightings = new Map()
  const lengths = new Set([...events].map((event) => Buffer.byteLength(event)))
  const decode = decoder({ keepJson: false })
  const next = source.partitions.map(() => 0)
  let read = 0
  try {
    while (next.some((offset, p) => offset < (upTo[p] ?? Infinity))) {
      const raw = await source.pull(PULL.events, PULL.waitMs)
      if (raw === null) break
      look(decode(raw), source, events, lengths, seen)
      for (let i = 0; i < raw.count; i++) next[raw.partition[i] as number] = (raw.offset[i] as number) + 1
      onRead((read += raw.count))
    }
  } finally {
    await source.close()
  }
  return seen
}

function look(decoded: Decoded, source: Source, events: ReadonlySet<string>, lengths: ReadonlySet<number>, seen: Sightings): void {
  const { raw, streams } = decoded
  for (let i = 0; i < decoded.message.length; i++) {
    const stream = streams[decoded.stream[i] as number]
    const row = decoded.row[i] as number
    if (stream === undefined) continue
    // Compared by length before any string is made.
    const { id, source: by } = stream
    const length = id.end(row) - id.start(row) + (by.end(row) - by.start(row)) + 1
    if (!lengths.has(length)) continue
    const event = `${by.at(row)}|${id.at(row)}`
    if (!events.has(event)) continue
    const message = decoded.message[i] as number
    const partition = source.partitions[raw.partition[message] as number]
    if (partition === undefined) continue
    seen.set(event, [...(seen.get(event) ?? []), { ...partition, offset: raw.offset[message] as number }])
  }
}
