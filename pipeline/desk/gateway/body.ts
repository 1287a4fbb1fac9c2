/** The bytes of a body, unpacked where they come with gzip. Nothing beyond a bound is ever held: unpacking goes no further than what is asked for. */
import type { Readable } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import { createGunzip } from 'node:zlib'
import { LookthroughError } from '../../contract/index.ts'
import { LIMITS } from './limits.ts'
import type { Place } from './room.ts'

/** Throws LT-2151 for an encoding other than gzip, LT-2115 beyond a bound, LT-2153 when too much is held already, LT-2156 for what is no gzip. */
export async function readBody(payload: Readable | undefined, encoding: string | undefined, place: Place): Promise<Buffer> {
  const packed = isPacked(encoding)
  if (payload === undefined) return Buffer.alloc(0)
  const chunks: Buffer[] = []
  const collect = async (source: AsyncIterable<Buffer>) => {
    for await (const chunk of atMost(source, LIMITS.bodyBytes)) {
      place.bytes(chunk.length)
      chunks.push(chunk)
    }
  }
  // A request that is given up on stays readable: destroyed, it would take the connection with it, and the answer.
  const sent: AsyncIterable<Buffer> = payload.iterator({ destroyOnReturn: false })
  try {
    if (packed) await pipeline(atMost(sent, LIMITS.packedBytes), createGunzip(), collect)
    else await collect(sent)
  } catch (error) {
    payload.resume()
    throw isZlib(error) ? new LookthroughError('LT-2156', { form: 'gzip' }, error) : error
  }
  return chunks.length === 1 && chunks[0] !== undefined ? chunks[0] : Buffer.concat(chunks)
}

function isPacked(encoding = 'identity'): boolean {
  const name = encoding.trim().toLowerCase()
  if (name === 'gzip' || name === 'x-gzip') return true
  if (name === 'identity' || name === '') return false
  throw new LookthroughError('LT-2151', { encoding: name.slice(0, 100) })
}

async function* atMost(source: AsyncIterable<Buffer>, max: number): AsyncGenerator<Buffer> {
  let bytes = 0
  for await (const chunk of source) {
    bytes += chunk.length
    if (bytes > max) throw new LookthroughError('LT-2115', { max })
    yield chunk
  }
}

function isZlib(error: unknown): boolean {
  return error instanceof Error && 'code' in error && typeof error.code === 'string' && error.code.startsWith('Z_')
}
