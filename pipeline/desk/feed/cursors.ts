/** Cursors: places in a stream, opaque to whoever keeps them, and authenticated, so that nobody can make one up. */
import { createHmac, timingSafeEqual } from 'node:crypto'

const MAC_BYTES = 12
const MAX_MADE = 1000

export class Cursors {
  readonly #epoch: string
  readonly #key: Buffer
  /** All who stand at one place get one cursor, which is made once. */
  readonly #made = new Map<string, string>()

  /** `epoch` and `key` of the desk's store: a cursor of another leads nowhere. */
  constructor({ epoch, key }: { epoch: string; key: Buffer }) {
    this.#epoch = epoch
    this.#key = key
  }

  encode(stream: string, seq: number): string {
    const text = JSON.stringify([this.#epoch, stream, seq])
    const made = this.#made.get(text)
    if (made !== undefined) return made
    const place = Buffer.from(text)
    const cursor = Buffer.concat([this.#mac(place), place]).toString('base64url')
    if (this.#made.size >= MAX_MADE) this.#made.clear()
    this.#made.set(text, cursor)
    return cursor
  }

  /** The sequence a cursor stands at in this stream; undefined for one of another stream or store as for no cursor at all. */
  decode(stream: string, cursor: string): number | undefined {
    const bytes = Buffer.from(cursor, 'base64url')
    const [mac, place] = [bytes.subarray(0, MAC_BYTES), bytes.subarray(MAC_BYTES)]
    if (mac.length < MAC_BYTES || !timingSafeEqual(mac, this.#mac(place))) return undefined
    const [epoch, of, seq] = JSON.parse(place.toString()) as [string, string, number]
    return epoch === this.#epoch && of === stream ? seq : undefined
  }

  #mac(place: Buffer): Buffer {
    return createHmac('sha256', this.#key).update(place).digest().subarray(0, MAC_BYTES)
  }
}
