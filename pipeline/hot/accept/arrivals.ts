/** Which message each event of a batch came with, which row of which stream it is, and where its bytes lie, in the order of arrival (`Decoded`). */
import type { Decoded } from '../../contract/stage.ts'

type Columns = Pick<Decoded, 'message' | 'stream' | 'row' | 'start' | 'end'>

export class Arrivals {
  count = 0
  #columns: Columns
  #capacity: number

  /** `capacity`: how many to expect. */
  constructor(capacity: number) {
    this.#capacity = Math.max(16, capacity)
    this.#columns = columnsOf(this.#capacity)
  }

  add(message: number, stream: number, row: number, start: number, end: number): void {
    if (this.count === this.#capacity) this.#grow(1)
    const columns = this.#columns
    const at = this.count++
    columns.message[at] = message
    columns.stream[at] = stream
    columns.row[at] = row
    columns.start[at] = start
    columns.end[at] = end
  }

  /** So many rows of a stream, from `row` on, that have no bytes of their own. */
  addRows(message: number, stream: number, row: number, rows: number): void {
    if (this.count + rows > this.#capacity) this.#grow(rows)
    const [columns, from] = [this.#columns, this.count]
    const to = (this.count += rows)
    columns.message.fill(message, from, to)
    columns.stream.fill(stream, from, to)
    for (let at = from; at < to; at++) columns.row[at] = row + at - from
    columns.start.fill(0, from, to)
    columns.end.fill(0, from, to)
  }

  done(): Columns {
    const { message, stream, row, start, end } = this.#columns
    const n = this.count
    return { message: message.slice(0, n), stream: stream.slice(0, n), row: row.slice(0, n), start: start.slice(0, n), end: end.slice(0, n) }
  }

  #grow(more: number): void {
    const old = this.#columns
    this.#capacity = Math.max(this.#capacity * 2, this.count + more)
    this.#columns = columnsOf(this.#capacity)
    for (const name of ['message', 'stream', 'row', 'start', 'end'] as const) this.#columns[name].set(old[name])
  }
}

function columnsOf(n: number): Columns {
  return { message: new Uint32Array(n), stream: new Int8Array(n), row: new Uint32Array(n), start: new Uint32Array(n), end: new Uint32Array(n) }
}
