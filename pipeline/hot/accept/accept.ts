/** accept: raw bytes → columns and dead letters. Runs ahead of the commit in progress; keeps no state. */
import { concatMap, from, type Observable, of, type OperatorFunction } from 'rxjs'
import type { RawBatch } from '../../contract/source.ts'
import type { Decoded, EventColumns } from '../../contract/stage.ts'

/** In place, or in a thread of its own. `spent`: columns nobody reads any more; their memory holds the next ones. */
export type Decode = (raw: RawBatch, spent?: EventColumns[]) => Decoded | Promise<Decoded>

/** `spent`: the columns of batches that have left the flow. New memory for every batch would cost a tenth of the processor's time, in pages and garbage. */
export type AcceptPart = { decode: Decode; spent?: EventColumns[][] }

export const accept = (part: AcceptPart): OperatorFunction<RawBatch, Decoded> => concatMap((raw) => decodedOf(part, raw))

export function decodedOf({ decode, spent }: AcceptPart, raw: RawBatch): Observable<Decoded> {
  const decoded = decode(raw, spent?.pop())
  return decoded instanceof Promise ? from(decoded) : of(decoded)
}
