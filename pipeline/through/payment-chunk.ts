/** Payments in columns, 16,384 of them: what a walk reads in records, all else by itself. */
import { TextColumn } from '../contract/text.ts'
import { Narrow } from './narrow.ts'

/** Payments a chunk. */
export const CHUNK = 1 << 14
/** What a walk reads of a payment lies side by side, `RECORD` bytes: as `money` its time and amount, as `links` its two accounts and the payments before it. */
const RECORD = 32
export const [TIME, AMOUNT] = [0, 1]
export const [FROM, TO] = [4, 5]
export const [OUT, IN] = [6, 7]

/** The records of a payment and others, for loops to which a call for each number is too much: its own are `money` from `4 * i`, `links` from `8 * i` on, `i` its `slotOf`. */
export type Records = Pick<Chunk, 'money' | 'links' | 'gone'>

export class Chunk {
  readonly money = new Float64Array((CHUNK * RECORD) / Float64Array.BYTES_PER_ELEMENT)
  readonly links = new Uint32Array(this.money.buffer)
  readonly creditor = new Int32Array(CHUNK)
  /** Loan + 1, 0 none. */
  readonly loan = new Narrow(CHUNK)
  readonly source = new Narrow(CHUNK)
  readonly sequence = new Narrow(CHUNK)
  readonly gone = new Uint8Array(CHUNK)
  /** It came in before others. */
  readonly stray = new Uint8Array(CHUNK)
  keys = new TextColumn(64, 16)
  ids = new TextColumn(64, 16)

  /** Lets go of the room for further payments. */
  close(): void {
    this.keys = this.keys.copy()
    this.ids = this.ids.copy()
  }
}
