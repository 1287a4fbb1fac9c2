/** accept: raw bytes → columns and dead letters. Runs ahead of the commit in progress; keeps no state. */
import { concatMap, from, of, type OperatorFunction } from 'rxjs'
import type { RawBatch } from '../../contract/source.ts'
import type { Decoded } from '../../contract/stage.ts'

/** In place, or in a thread of its own. */
export type Decode = (raw: RawBatch) => Decoded | Promise<Decoded>

export type AcceptPart = { decode: Decode }

export function accept({ decode }: AcceptPart): OperatorFunction<RawBatch, Decoded> {
  return concatMap((raw) => {
    const decoded = decode(raw)
    return decoded instanceof Promise ? from(decoded) : of(decoded)
  })
}
