/** The decoder in a thread of its own, beside the one that works on the transaction. Few bytes are decoded at once in place: the way there takes longer. */
import { Worker } from 'node:worker_threads'
import type { RawBatch } from '../../contract/source.ts'
import type { Decoded, EventColumns } from '../../contract/stage.ts'
import type { Decode } from './accept.ts'
import type { DecodedMessage, DecodeMessage } from './decode-thread.ts'
import { decoder, type DecodeOptions, MOST_REFUSED } from './decode.ts'
import { pack, unpack } from './packed.ts'

const IN_PLACE_BYTES = 512 * 1024

export type ThreadedDecoder = { decode: Decode; close(): Promise<void> }

/** Runs from compiled code only: a thread cannot load TypeScript. A batch of which much is refused is cut. One that fails rejects; so does every one after a thread that has ended. */
export function threadedDecoder({ keepJson }: Pick<DecodeOptions, 'keepJson'>): ThreadedDecoder {
  const options: DecodeOptions = { keepJson, mostRefused: MOST_REFUSED }
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
    if ('error' in message) asked?.reject(new Error(message.error))
    else asked?.resolve({ ...message.decoded, streams: unpack(message.streams) })
  })
  worker.on('error', fail)
  worker.on('exit', (code) => fail(new Error(`the decoding thread ended with ${code}`)))
  const there = (raw: RawBatch, spent: EventColumns[] = []) =>
    new Promise<Decoded>((resolve, reject) => {
      if (ended !== undefined) return reject(ended)
      waiting.push({ resolve, reject })
      worker.postMessage({ raw, spent: pack(spent) } satisfies DecodeMessage)
    })
  return {
    decode: (raw, spent) => (raw.bytes.length < IN_PLACE_BYTES && waiting.length === 0 ? here(raw, spent) : there(raw, spent)),
    async close() {
      await worker.terminate()
    },
  }
}
