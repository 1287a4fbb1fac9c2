/** The thread of `threadedDecoder`: one message per batch, answered in order. */
import { parentPort, workerData } from 'node:worker_threads'
import type { RawBatch } from '../../contract/source.ts'
import { decoder, type DecodeOptions } from './decode.ts'
import { pack, type PackedBatch } from './packed.ts'

export type DecodedMessage = { packed: PackedBatch } | { error: string }

const port = parentPort
if (port !== null) {
  const decode = decoder(workerData as DecodeOptions)
  port.on('message', (raw: RawBatch) => {
    try {
      const { packed, memory } = pack(decode(raw))
      port.postMessage({ packed } satisfies DecodedMessage, memory)
    } catch (error) {
      port.postMessage({ error: error instanceof Error ? (error.stack ?? error.message) : String(error) } satisfies DecodedMessage)
    }
  })
}
