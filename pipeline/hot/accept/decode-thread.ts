/** The thread of `threadedDecoder`: one message per batch, answered in order. */
import { parentPort, workerData } from 'node:worker_threads'
import type { RawBatch } from '../../contract/source.ts'
import type { Decoded } from '../../contract/stage.ts'
import { decoder, type DecodeOptions } from './decode.ts'
import { pack, type PackedColumns, unpack } from './packed.ts'

/** `spent`: columns whose memory the thread may use. */
export type DecodeMessage = { raw: RawBatch; spent: PackedColumns[] }
export type DecodedMessage = { decoded: Omit<Decoded, 'streams'>; streams: PackedColumns[] } | { error: string }

const port = parentPort
if (port !== null) {
  const decode = decoder(workerData as DecodeOptions)
  port.on('message', ({ raw, spent }: DecodeMessage) => {
    try {
      const { streams, ...decoded } = decode(raw, unpack(spent))
      port.postMessage({ decoded, streams: pack(streams) } satisfies DecodedMessage)
    } catch (error) {
      port.postMessage({ error: error instanceof Error ? (error.stack ?? error.message) : String(error) } satisfies DecodedMessage)
    }
  })
}
