/**
 * Reads one flat JSON object out of bytes: where the value of each known key lies, nothing more. What lies between two values is guessed: senders write
 * keys, quotes and spaces the same way every time, so that mostly a few comparisons of words tell which key comes next.
 */
import { ABSENT, FAILED, FALSE, LONGEST_GAP, MOST_KEYS, NUMBER, OBJECT, RECORD, STATE, TEXT, TRUE, UNEXPECTED, VALUE } from './scan-code.ts'
import { placeFor, scanBytes, scanning, scanState } from './scan-memory.ts'

/** The members of one object: per key, what its value is and the span of its bytes. */
export class Members {
  /** Where its record lies (`RECORD`). */
  readonly at = placeFor(RECORD.bytes)
  readonly token: Uint8Array
  readonly start: Int32Array
  readonly end: Int32Array
  readonly #names: Buffer[]

  /** At most `MOST_KEYS`. */
  constructor(names: readonly string[]) {
    if (names.length > MOST_KEYS) throw new RangeError(`${names.length} keys`)
    this.#names = names.map((n) => Buffer.from(n))
    this.token = new Uint8Array(scanBytes.buffer, this.at + RECORD.token, names.length)
    this.start = new Int32Array(scanBytes.buffer, this.at + RECORD.start, names.length)
    this.end = new Int32Array(scanBytes.buffer, this.at + RECORD.end, names.length)
  }

  clear(): void {
    for (let k = 0; k < this.token.length; k++) this.token[k] = ABSENT
  }

  /** False for a key that has its value already. */
  set(key: number, token: number, start: number, end: number): boolean {
    if (this.token[key] !== ABSENT) return false
    this.token[key] = token
    this.start[key] = start
    this.end[key] = end
    return true
  }

  /** The key whose name lies in `bytes[start…end)`; −1 when it is none of ours. */
  find(bytes: Uint8Array, start: number, end: number): number {
    for (let k = 0; k < this.#names.length; k++) if (this.#is(k, bytes, start, end)) return k
    return -1
  }

  /** Remembers what lies between the values of `previous` (−1: none) and `key`: from `from` to where that of `key` begins, behind its quote if it has one. */
  learn(previous: number, key: number, from: number, to: number): void {
    const gap = this.at + RECORD.gaps + (previous + 1) * RECORD.gap
    const length = to - from
    const fits = length >= 8 && length <= LONGEST_GAP
    scanBytes[gap] = fits ? length : 0
    scanBytes[gap + 1] = key
    if (fits) for (let i = 0; i < length; i += 8) scanBytes.copyWithin(gap + 8 + i, from + Math.min(i, length - 8), from + Math.min(i, length - 8) + 8)
  }

  #is(k: number, bytes: Uint8Array, start: number, end: number): boolean {
    const name = this.#names[k] as Buffer
    if (name.length !== end - start) return false
    for (let i = 0; i < name.length; i++) if (name[i] !== bytes[start + i]) return false
    return true
  }
}

const [TAB, LINE, RETURN, SPACE, QUOTE, COMMA, MINUS, COLON, CLOSE_LIST, OPEN, CLOSE] = [9, 10, 13, 32, 34, 44, 45, 58, 93, 123, 125]
const [T, F, ZERO, NINE] = [116, 102, 48, 57]
/** In place of a key: what lies here is not read; the object ends here. */
const [UNREAD, END] = [-2, -3]

/** A reader over one message. Every method says false for whatever it does not read; nothing can be said about the rest then. */
export class ObjectReader {
  at = 0
  #bytes: Uint8Array = scanBytes
  #end = 0

  /** What lies in the scanner's memory, `from…to`. */
  open(from: number, to: number): void {
    this.at = from
    this.#end = to
    scanState[STATE.wide] = 0
  }

  /** A byte above 127 was met, or lies near: the message has to be checked for well-formed UTF-8. */
  get wide(): boolean {
    return scanState[STATE.wide] !== 0
  }

  /** Only white space is left. */
  finished(): boolean {
    this.#space()
    return this.at === this.#end
  }

  /** A comma or the end of a list comes next. */
  inList(): boolean {
    this.#space()
    const next = this.#bytes[this.at]
    return this.at < this.#end && (next === COMMA || next === CLOSE_LIST)
  }

  /** Reads an object into `members`; a value that is an object itself is offered to `inner` by its key, with `at` on its brace. */
  object(members: Members, inner?: (key: number) => boolean): boolean {
    members.clear()
    this.#space()
    if (!this.#is(OPEN)) return false
    let key = -1
    let isKnown = true
    for (let isFirst = true; ; isFirst = false) {
      // Behind members that are none of ours, the first of ours is not what it is behind the brace.
      const left: number = isKnown ? scanning.members(members.at, this.at, this.#end, key) : UNEXPECTED
      if (left === FAILED) return false
      if (isKnown) {
        this.at = scanState[STATE.at] as number
        if (scanState[STATE.key] !== key) isFirst = false
        key = scanState[STATE.key] as number
      }
      const found: number = left === VALUE ? (scanState[STATE.found] as number) : this.#member(members, key, isFirst, isKnown)
      if (found < -1) return found === END
      isKnown = found >= 0
      if (isKnown) key = found
      if (!(scanBytes[this.at - 1] === QUOTE ? this.#text(members, found) : this.#value(members, found, inner))) return false
    }
  }

  /** Reads from behind a value, or the brace, up to the next one: whose it is. */
  #member(members: Members, previous: number, isFirst: boolean, isKnown: boolean): number {
    const gap = this.at
    this.#space()
    if (!isFirst && this.#is(CLOSE)) return END
    if (!isFirst && !this.#is(COMMA)) return UNREAD
    const found = this.#key(members)
    if (isKnown && found >= 0) members.learn(previous, found, gap, this.at)
    return found
  }

  /** Reads a key up to its value, or to behind the quote of that: which it is; −1 when it is none of ours. */
  #key(members: Members): number {
    this.#space()
    const name = this.at + 1
    const end = this.#is(QUOTE) ? scanning.endOfText(name, this.#end) : FAILED
    if (end === FAILED) return UNREAD
    this.at = end + 1
    const found = members.find(this.#bytes, name, end)
    this.#space()
    if (!this.#is(COLON)) return UNREAD
    this.#space()
    this.#is(QUOTE)
    return found
  }

  /** A value that does not begin behind a quote where it was to be expected. */
  #value(members: Members, key: number, inner: ((key: number) => boolean) | undefined): boolean {
    this.#space()
    const start = this.at
    if (this.#is(QUOTE)) return this.#text(members, key)
    const token = this.#bytes[start] === OPEN ? OBJECT : this.#scalar(this.#bytes[start] as number)
    if (token === ABSENT || (token === OBJECT && (key < 0 || inner === undefined || !inner(key)))) return false
    return key < 0 || members.set(key, token, start, this.at)
  }

  /** From behind its opening quote. */
  #text(members: Members, key: number): boolean {
    const start = this.at
    const close = scanning.endOfText(start, this.#end)
    this.at = close + 1
    return close !== FAILED && (key < 0 || members.set(key, TEXT, start, close))
  }

  /** Steps over a byte if it is the one. */
  #is(byte: number): boolean {
    if (this.at >= this.#end || this.#bytes[this.at] !== byte) return false
    this.at++
    return true
  }

  /** A whole number of at most ten digits, true or false. */
  #scalar(first: number): number {
    const bytes = this.#bytes
    if (first === T) return this.#word(TRUE_WORD) ? TRUE : ABSENT
    if (first === F) return this.#word(FALSE_WORD) ? FALSE : ABSENT
    let at = first === MINUS ? this.at + 1 : this.at
    const digits = at
    while (at < this.#end && (bytes[at] as number) >= ZERO && (bytes[at] as number) <= NINE) at++
    const count = at - digits
    if (count === 0 || count > 10 || (count > 1 && bytes[digits] === ZERO)) return ABSENT
    const next = bytes[at]
    if (next !== COMMA && next !== CLOSE && next !== SPACE && next !== LINE && next !== RETURN && next !== TAB) return ABSENT
    this.at = at
    return NUMBER
  }

  #word(word: Uint8Array): boolean {
    for (let i = 0; i < word.length; i++) if (this.#bytes[this.at + i] !== word[i]) return false
    this.at += word.length
    return true
  }

  #space(): void {
    for (const end = this.#end; this.at < end; this.at++) {
      const c = this.#bytes[this.at]
      if (c !== SPACE && c !== LINE && c !== RETURN && c !== TAB) return
    }
  }
}

const TRUE_WORD = Buffer.from('true')
const FALSE_WORD = Buffer.from('false')
