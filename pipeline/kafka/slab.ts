/** Messages as they come from Kafka, one behind the other in memory that threads share: the batch the engine gets. */
import { MAX_BULK_BYTES, MAX_MESSAGE_BYTES } from '../contract/index.ts'
import type { RawBatch } from '../contract/source.ts'

/** About 150,000 events of JSON. */
const BATCH_BYTES = 64 << 20
/** Of a message that is too large. */
const KEPT_BYTES = 4096
const FIRST_MESSAGES = 200

export class Slab {
  count = 0
  #size = 0
  #bytes: Buffer
  #rows: MessageRows

  /** `like`: the batch before; this one is likely to need as much room. There may be more. */
  constructor(like: { count: number; size: number }) {
    this.#bytes = shared(Math.max(1 << 18, withMargin(like.size)))
    this.#rows = messageRows(Math.max(1024, withMargin(like.count)))
  }

  add(partition: number, offset: number, timestamp: number, form: number, value: Buffer | string | null): void {
    const bytes = value === null ? Buffer.alloc(0) : typeof value === 'string' ? Buffer.from(value) : value
    const long = bytes.length > (form === 0 ? MAX_MESSAGE_BYTES : MAX_BULK_BYTES)
    const length = long ? KEPT_BYTES : bytes.length
    this.#reserve(length)
    bytes.copy(this.#bytes, this.#size, 0, length)
    this.#size += length
    const [rows, row] = [this.#rows, this.count++]
    rows.ends[row] = this.#size
    rows.partition[row] = partition
    rows.offset[row] = offset
    rows.timestamp[row] = timestamp
    rows.form[row] = form
    rows.oversize[row] = long ? bytes.length : 0
  }

  /** For one more message of so many bytes. */
  #reserve(length: number): void {
    if (this.#size + length > this.#bytes.length) {
      const larger = shared(Math.max(this.#bytes.length * 2, this.#size + length))
      this.#bytes.copy(larger, 0, 0, this.#size)
      this.#bytes = larger
    }
    const { ends } = this.#rows
    if (this.count < ends.length) return
    const larger = messageRows(ends.length * 2)
    for (const key of Object.keys(larger) as (keyof MessageRows)[]) larger[key].set(this.#rows[key])
    this.#rows = larger
  }

  /** How many more messages of the size seen so far belong into one batch; a batch is a commit, and messages may hold thousands of events. */
  get room(): number {
    const left = BATCH_BYTES - this.#size
    return left <= 0 ? 0 : this.count === 0 ? FIRST_MESSAGES : Math.max(1, Math.floor((left * this.count) / this.#size))
  }

  done(ended: number[]): RawBatch {
    const n = this.count
    const { ends, partition, offset, timestamp, form, oversize } = this.#rows
    return {
      count: n,
      bytes: this.#bytes.subarray(0, this.#size),
      ends: ends.slice(0, n),
      partition: partition.slice(0, n),
      offset: offset.slice(0, n),
      timestamp: timestamp.slice(0, n),
      form: form.slice(0, n),
      oversize: oversize.slice(0, n),
      ended,
    }
  }
}

type MessageRows = ReturnType<typeof messageRows>

function messageRows(n: number) {
  return {
    ends: new Uint32Array(n),
    partition: new Uint16Array(n),
    offset: new Float64Array(n),
    timestamp: new Float64Array(n),
    form: new Uint8Array(n),
    oversize: new Uint32Array(n),
  }
}

function withMargin(expected: number): number {
  return expected + (expected >> 3)
}

/** Memory that threads share: it goes from one to the other without a copy, and none of them counts it as garbage of its own. */
function shared(size: number): Buffer {
  return Buffer.from(new SharedArrayBuffer(size))
}
