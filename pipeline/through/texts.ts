import { grown } from './grown.ts'

/**
 * A text by number, as UTF-8 in one slab: millions of strings would be the larger part of memory, and of every collection. What was replaced or
 * taken out is cleared away once it is half of all.
 */
export class Texts {
  #bytes: Buffer = Buffer.alloc(1024)
  #used = 0
  #gone = 0
  #start = new Uint32Array(64)
  #length = new Uint32Array(64)

  get bytes(): Uint8Array {
    return this.#bytes
  }

  start(place: number): number {
    return this.#start[place] as number
  }

  end(place: number): number {
    return (this.#start[place] as number) + (this.#length[place] as number)
  }

  at(place: number): string {
    return this.#bytes.toString('utf8', this.start(place), this.end(place))
  }

  set(place: number, text: string): void {
    this.delete(place)
    this.#start = grown(this.#start, place + 1)
    this.#length = grown(this.#length, place + 1)
    if (this.#used + text.length * 3 > this.#bytes.length) this.#makeRoom(text.length * 3)
    const length = this.#write(text)
    this.#start[place] = this.#used
    this.#length[place] = length
    this.#used += length
  }

  delete(place: number): void {
    this.#gone += this.#length[place] ?? 0
    if (place < this.#length.length) this.#length[place] = 0
  }

  /** Returns how many bytes it took. Most texts are short and ASCII: for those a loop is faster than a call. */
  #write(text: string): number {
    const [bytes, used] = [this.#bytes, this.#used]
    if (text.length > SHORT) return bytes.write(text, used)
    for (let i = 0; i < text.length; i++) {
      const unit = text.charCodeAt(i)
      if (unit > 0x7f) return bytes.write(text, used)
      bytes[used + i] = unit
    }
    return text.length
  }

  #makeRoom(more: number): void {
    const [kept, size] = [this.#used - this.#gone, this.#bytes.length]
    if (this.#gone > kept) this.#pack(Buffer.alloc(Math.max(size, kept + more)))
    else {
      const bytes = Buffer.alloc(Math.ceil(size * 1.5) + more)
      bytes.set(this.#bytes.subarray(0, this.#used))
      this.#bytes = bytes
    }
  }

  #pack(bytes: Buffer): void {
    let used = 0
    for (let place = 0; place < this.#start.length; place++) {
      const length = this.#length[place] as number
      if (length === 0) continue
      this.#bytes.copy(bytes, used, this.start(place), this.end(place))
      this.#start[place] = used
      used += length
    }
    this.#bytes = bytes
    this.#used = used
    this.#gone = 0
  }
}

const SHORT = 64
