/**
 * A 128-bit hash after MurmurHash3 (x86) over the UTF-16 code units of a string, two to a word. Not for secrets: it tells events apart
 * (128 bits: 10 million events share a hash with a chance below 10^-24).
 */
export function hash128(text: string, out: Uint32Array, at: number): void {
  let [h1, h2, h3, h4] = [0, 0, 0, 0]
  // A last block that is not full is read as if zeros followed; the length, mixed in at the end, tells it from one that has them.
  for (let i = 0; i < text.length; i += 8) {
    h1 = Math.imul(rotate(h1 ^ scramble(word(text, i), C1, C2, 15), 19) + h2, 5) + 0x561ccd1b
    h2 = Math.imul(rotate(h2 ^ scramble(word(text, i + 2), C2, C3, 16), 17) + h3, 5) + 0x0bcaa747
    h3 = Math.imul(rotate(h3 ^ scramble(word(text, i + 4), C3, C4, 17), 15) + h4, 5) + 0x96cd1c35
    h4 = Math.imul(rotate(h4 ^ scramble(word(text, i + 6), C4, C1, 18), 13) + h1, 5) + 0x32ac3b17
  }
  finish(h1, h2, h3, h4, text.length, out, at)
}

const [C1, C2, C3, C4] = [0x239b961b, 0xab0e9789, 0x38b34ae5, 0xa1e38b93]

/** Two code units; zeros beyond the end (NaN is 0 in bits). */
function word(text: string, i: number): number {
  return text.charCodeAt(i) | (text.charCodeAt(i + 1) << 16)
}

function rotate(x: number, bits: number): number {
  return (x << bits) | (x >>> (32 - bits))
}

function scramble(k: number, first: number, second: number, bits: number): number {
  return Math.imul(rotate(Math.imul(k, first), bits), second)
}

function finish(a: number, b: number, c: number, d: number, length: number, out: Uint32Array, at: number): void {
  let [h1, h2, h3, h4] = [a ^ length, b ^ length, c ^ length, d ^ length]
  h1 = (h1 + h2 + h3 + h4) | 0
  ;[h2, h3, h4] = [(h2 + h1) | 0, (h3 + h1) | 0, (h4 + h1) | 0]
  ;[h1, h2, h3, h4] = [avalanche(h1), avalanche(h2), avalanche(h3), avalanche(h4)]
  h1 = (h1 + h2 + h3 + h4) | 0
  out[at] = h1
  out[at + 1] = h2 + h1
  out[at + 2] = h3 + h1
  out[at + 3] = h4 + h1
}

function avalanche(x: number): number {
  let h = Math.imul(x ^ (x >>> 16), 0x85ebca6b)
  h = Math.imul(h ^ (h >>> 13), 0xc2b2ae35)
  return h ^ (h >>> 16)
}
