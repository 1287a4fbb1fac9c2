/** Messages as they come from Kafka, one behind the other in memory that threads share: the batch the engine gets. */
import { sharedArray, sharedBytes } from '../contract/memory.ts'
import { mostBytes, type RawBatch, WIRE_FORMS, type WireForm } from '../contract/source.ts'

/** About 150,000 events of JSON. */
const BATCH_BYTES = 64 << 20
/** Of a message that is too large. */
export const KEPT_BYTES = 4096
const FIRST_MESSAGES = 200

export class Slab {
  count = 0
  #size = 0
  #bytes: Buffer
  #rows: MessageRows

  /** `spent`: a batch whose memory may be used. Of new memory the system gives only the pages that are written to: room for a full batch costs no more than is used. */
  constructor(spent?: RawBatch) {
    this.#bytes = spent === undefined ? sharedBytes(BATCH_BYTES + (BATCH_BYTES >> 3)) : Buffer.from(spent.bytes.buffer)
    this.#rows = spent === undefined ? messageRows(1024) : rowsOf(spent)
  }

  add(partition: number, offset: number, timestamp: number, form: WireForm, value: Buffer | string | null): void {
    const bytes = value === null ? Buffer.alloc(0) : typeof value === 'string' ? Buffer.from(value) : value
    const long = bytes.length > mostBytes(form)
    const length = long ? KEPT_BYTES : bytes.length
    this.#reserve(length)
    bytes.copy(this.#bytes, this.#size, 0, length)
    this.#size += length
    const [rows, row] = [this.#rows, this.count++]
    rows.ends[row] = this.#size
    rows.partition[row] = partition
    rows.offset[row] = offset
    rows.timestamp[row] = timestamp
    rows.form[row] = WIRE_FORMS.indexOf(form)
    rows.oversize[row] = long ? bytes.length : 0
  }

  /** For one more message of so many bytes. */
  #reserve(length: number): void {
    if (this.#size + length > this.#bytes.length) {
      const larger = sharedBytes(Math.max(this.#bytes.length * 2, this.#size + length))
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
      ends: ends.subarray(0, n),
      partition: partition.subarray(0, n),
      offset: offset.subarray(0, n),
      timestamp: timestamp.subarray(0, n),
      form: form.subarray(0, n),
      oversize: oversize.subarray(0, n),
      ended,
    }
  }
}

type MessageRows = Pick<RawBatch, 'ends' | 'partition' | 'offset' | 'timestamp' | 'form' | 'oversize'>

function messageRows(n: number): MessageRows {
  return {
    ends: sharedArray(Uint32Array, n),
    partition: sharedArray(Uint16Array, n),
    offset: sharedArray(Float64Array, n),
    timestamp: sharedArray(Float64Array, n),
    form: sharedArray(Uint8Array, n),
    oversize: sharedArray(Uint32Array, n),
  }
}

/** All the memory of a batch made here. */
function rowsOf({ ends, partition, offset, timestamp, form, oversize }: RawBatch): MessageRows {
  return {
    ends: new Uint32Array(ends.buffer),
    partition: new Uint16Array(partition.buffer),
    offset: new Float64Array(offset.buffer),
    timestamp: new Float64Array(timestamp.buffer),
    form: new Uint8Array(form.buffer),
    oversize: new Uint32Array(oversize.buffer),
  }
}
