/** The decoder in a thread of its own, beside the one that works on the transaction. Few bytes are decoded at once in place: the way there takes longer. */
import { Worker } from 'node:worker_threads'
import type { RawBatch } from '../../contract/source.ts'
import type { Decoded } from '../../contract/stage.ts'
import type { Decode } from './accept.ts'
import type { DecodedMessage } from './decode-thread.ts'
import { decoder, type DecodeOptions } from './decode.ts'
import { unpack } from './packed.ts'

const IN_PLACE_BYTES = 256 * 1024

export type ThreadedDecoder = { decode: Decode; close(): Promise<void> }

/** Runs from compiled code only: a thread cannot load TypeScript. A batch that fails rejects; so does every one after a thread that has ended. */
export function threadedDecoder(options: DecodeOptions): ThreadedDecoder {
  const here = decoder(options)
  const worker = new Worker(new URL('./decode-thread.js', import.meta.url), { workerData: options })
  const waiting: { resolve(decoded: Decoded): void; reject(error: Error): void }[] = []
  let ended: Error | undefined
  const fail = (error: Error) => {
    ended = error
    for (const w of waiting.splice(0)) w.reject(error)
  }
  // Answers come in the order of the questions.
  worker.on('message', (message: DecodedMessage) => {
    const asked = waiting.shift()
    if ('packed' in message) asked?.resolve(unpack(message.packed))
    else asked?.reject(new Error(message.error))
  })
  worker.on('error', fail)
  worker.on('exit', (code) => fail(new Error(`the decoding thread ended with ${code}`)))
  const there = (raw: RawBatch) =>
    new Promise<Decoded>((resolve, reject) => {
      if (ended !== undefined) return reject(ended)
      waiting.push({ resolve, reject })
      worker.postMessage(raw)
    })
  return {
    decode: (raw) => (raw.bytes.length < IN_PLACE_BYTES && waiting.length === 0 ? here(raw) : there(raw)),
    async close() {
      await worker.terminate()
    },
  }
}
