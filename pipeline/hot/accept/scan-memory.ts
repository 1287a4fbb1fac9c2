/** The memory in which messages are scanned, of this thread: it begins with the state of the code, records of members follow, then the bytes at hand. */
import { MAX_BULK_BYTES } from '../../contract/index.ts'
import { viewOf } from '../../contract/text.ts'
import { scanCode } from './scan-code.ts'
import { PAGE } from './wasm.ts'

/** So many bytes at least are brought at once; pages behind them are only taken from the system when a message is as large. */
const AT_ONCE = PAGE
/** Where they begin; below is room for what is kept of 13 types. */
const WINDOW = 64 * PAGE
const { memory, run } = scanCode(65 + MAX_BULK_BYTES / PAGE)

export const scanning = run
export const scanBytes = Buffer.from(memory.buffer)
export const scanView = viewOf(scanBytes)
/** The state: see `STATE`. */
export const scanState = new Int32Array(memory.buffer, 0, 4)

let kept = 64
/** Where so many bytes have their place for good, all 0. Throws RangeError when there is none. */
export function placeFor(bytes: number): number {
  const at = kept
  kept += (bytes + 15) & -16
  if (kept > WINDOW) throw new RangeError(`no room for ${bytes} bytes`)
  return at
}

let batch: Buffer | undefined
let [first, last] = [0, 0]
/** Brings the bytes `from…to` of a batch here: by how much they lie further on. `bytes`: the same object only for the same bytes. */
export function broughtBy(bytes: Buffer, from: number, to: number): number {
  if (bytes !== batch || from < first || to > last) {
    batch = bytes
    // Shared memory is copied by words only between places that are alike in their last three bits.
    first = Math.max(0, from - ((bytes.byteOffset + from) & 7))
    last = Math.min(bytes.length, Math.max(to, from + AT_ONCE))
    scanBytes.set(bytes.subarray(first, last), WINDOW)
  }
  return WINDOW - first
}
