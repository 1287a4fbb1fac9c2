/** One stream and all its readers that are live: an entry is serialised here, once, for every channel and every reader. */
import { streamOf, type Viewer } from '../entitlements/see.ts'
import { Cursors } from './cursors.ts'
import { EntryFrames } from './frames.ts'
import type { AlertLog, AlertStream, Entry } from './log.ts'

export type LiveReader = { take(frames: EntryFrames): void }

/** What was serialised last is kept for those who come back for it. */
const KEPT_BYTES = 4 << 20

export class Channel {
  readonly name: string
  readonly stream: AlertStream
  readonly epoch: string
  readonly #cursors: Cursors
  readonly #live = new Set<LiveReader>()
  readonly #kept = new Map<number, EntryFrames>()
  readonly #deafen: () => void
  #keptBytes = 0

  constructor(name: string, stream: AlertStream, cursors: Cursors, epoch: string) {
    this.name = name
    this.stream = stream
    this.epoch = epoch
    this.#cursors = cursors
    this.#deafen = stream.listen((entry) => {
      if (this.#live.size === 0) return
      const frames = this.frames(entry)
      for (const reader of this.#live) reader.take(frames)
    })
  }

  join(reader: LiveReader): void {
    this.#live.add(reader)
  }

  leave(reader: LiveReader): void {
    this.#live.delete(reader)
  }

  frames(entry: Entry): EntryFrames {
    const known = this.#kept.get(entry.seq)
    if (known !== undefined) return known
    const frames = new EntryFrames(entry, this.cursor(entry.seq))
    this.#kept.set(entry.seq, frames)
    this.#keptBytes += frames.bytes
    for (const [seq, oldest] of this.#kept) {
      if (this.#keptBytes <= KEPT_BYTES) break
      this.#kept.delete(seq)
      this.#keptBytes -= oldest.bytes
    }
    return frames
  }

  cursor(seq: number): string {
    return this.#cursors.encode(this.name, seq)
  }

  /** The sequence of a cursor of this stream. */
  seqOf(cursor: string): number | undefined {
    return this.#cursors.decode(this.name, cursor)
  }

  close(): void {
    this.#deafen()
  }
}

export class Channels {
  readonly #log: AlertLog
  readonly #cursors: Cursors
  readonly #channels = new Map<string, Channel>()

  constructor(log: AlertLog) {
    this.#log = log
    this.#cursors = new Cursors(log)
  }

  of(viewer: Viewer): Channel {
    const name = streamOf(viewer)
    let channel = this.#channels.get(name)
    if (channel === undefined) {
      channel = new Channel(name, this.#log.of(viewer), this.#cursors, this.#log.epoch)
      this.#channels.set(name, channel)
    }
    return channel
  }

  close(): void {
    for (const channel of this.#channels.values()) channel.close()
  }
}
