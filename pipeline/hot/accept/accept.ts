/** accept: raw bytes → columns and dead letters. Runs ahead of the commit in progress; keeps no state. */
import { map, type OperatorFunction } from 'rxjs'
import type { RawBatch } from '../../contract/source.ts'
import type { Decoded } from '../../contract/stage.ts'
import { decoder, type DecodeOptions } from './decode.ts'

export function accept(options: DecodeOptions): OperatorFunction<RawBatch, Decoded> {
  return map(decoder(options))
}
