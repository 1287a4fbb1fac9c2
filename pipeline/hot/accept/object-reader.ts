/**
 * Reads one flat JSON object out of bytes: where the value of each known key lies, nothing more. What lies between two values is guessed: senders write
 * keys, quotes and spaces the same way every time, so that mostly a few comparisons of words tell which key comes next.
 */
import { viewOf } from '../../contract/text.ts'

/** What a value is; the span of a text lies between its quotes. */
export const ABSENT = 0
export const TEXT = 1
export const NUMBER = 2
export const TRUE = 3
export const FALSE = 4
export const OBJECT = 5

/** The members of one object: per key, what its value is and the span of its bytes. */
export class Members {
  readonly token: Uint8Array
  readonly start: Int32Array
  readonly end: Int32Array
  readonly #names: Buffer[]
  /** Which key came after key k − 1 the last time; entry 0: which came first. */
  readonly #next: Uint8Array
  /**
   * And what lay before its value (from behind the value before it, or the brace, to where it begins, behind its quote if it has one), as words of eight
   * bytes, the last of which ends with it. As numbers, words of text are equal when their bytes are.
   */
  readonly #gaps: Float64Array
  readonly #gapLength: Uint8Array

  constructor(names: readonly string[]) {
    this.#names = names.map((n) => Buffer.from(n))
    this.token = new Uint8Array(names.length)
    this.start = new Int32Array(names.length)
    this.end = new Int32Array(names.length)
    this.#next = new Uint8Array(names.length + 1)
    this.#gaps = new Float64Array((names.length + 1) * WORDS_OF_GAP)
    this.#gapLength = new Uint8Array(names.length + 1)
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

  /** Where the value of the key that is to be expected after `previous` (−1: none) begins, if what lies at `at` is what lay there the last time; else −1. */
  valueAfter(view: DataView, at: number, end: number, previous: number): number {
    const gap = previous + 1
    const begin = at + (this.#gapLength[gap] as number)
    if (begin === at || begin > end) return -1
    const gaps = this.#gaps
    const last = begin - 8
    let word = gap * WORDS_OF_GAP
    for (let i = at; i < last; i += 8) if (view.getFloat64(i, true) !== gaps[word++]) return -1
    return view.getFloat64(last, true) === gaps[word] ? begin : -1
  }

  /** The key that came after `previous` the last time. */
  expected(previous: number): number {
    return this.#next[previous + 1] as number
  }

  /** The key whose name lies in `bytes[start…end)`; −1 when it is none of ours. */
  find(bytes: Uint8Array, start: number, end: number): number {
    for (let k = 0; k < this.#names.length; k++) if (this.#is(k, bytes, start, end)) return k
    return -1
  }

  /** Remembers what lies between the values of `previous` and `key`. */
  learn(previous: number, key: number, gap: Uint8Array): void {
    const fits = gap.length >= 8 && gap.length <= WORDS_OF_GAP * 8
    this.#next[previous + 1] = key
    this.#gapLength[previous + 1] = fits ? gap.length : 0
    if (!fits) return
    const view = viewOf(gap)
    let word = (previous + 1) * WORDS_OF_GAP
    for (let i = 0; i < gap.length; i += 8) this.#gaps[word++] = view.getFloat64(Math.min(i, gap.length - 8), true)
  }

  #is(k: number, bytes: Uint8Array, start: number, end: number): boolean {
    const name = this.#names[k] as Buffer
    if (name.length !== end - start) return false
    for (let i = 0; i < name.length; i++) if (name[i] !== bytes[start + i]) return false
    return true
  }
}

/** A longer gap is read anew every time, and so is one that is shorter than a word. */
const WORDS_OF_GAP = 8
const [TAB, LINE, RETURN, SPACE, QUOTE, COMMA, MINUS, COLON, BACKSLASH, CLOSE_LIST, OPEN, CLOSE] = [9, 10, 13, 32, 34, 44, 45, 58, 92, 93, 123, 125]
const [T, F, ZERO, NINE] = [116, 102, 48, 57]
/** In place of a key: what lies here is not read; the object ends here. */
const [UNREAD, END] = [-2, -3]

/** Per byte of a word: 1, its highest bit, and what ends a text or has another meaning than itself: the bit that tells `"` from space, `!`, and `\\`. */
const [ONES, HIGHS, TWOS, BANGS, BACKSLASHES] = [0x01010101, 0x80808080 | 0, 0x02020202, 0x21212121, 0x5c5c5c5c]

/** A reader over one message. Every method says false for whatever it does not read; nothing can be said about the rest then. */
export class ObjectReader {
  at = 0
  /** A byte above 127 was met, or lies near: the message has to be checked for well-formed UTF-8. */
  wide = false
  #bytes: Uint8Array = new Uint8Array()
  #view = viewOf(this.#bytes)
  #end = 0

  /** `view`: over all of `bytes`. */
  open(bytes: Uint8Array, view: DataView, from: number, to: number): void {
    this.#bytes = bytes
    this.#view = view
    this.at = from
    this.#end = to
    this.wide = false
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
    const bytes = this.#bytes
    const view = this.#view
    const end = this.#end
    let at = this.at
    let key = -1
    let isKnown = true
    for (let isFirst = true; ; isFirst = false) {
      // Behind members that are none of ours, the first of ours is not what it is behind the brace.
      const begin = isKnown ? members.valueAfter(view, at, end, key) : -1
      let found = members.expected(key)
      if (begin >= 0) at = begin
      else {
        found = this.#member(members, at, key, isFirst, isKnown)
        if (found < -1) return found === END
        at = this.at
      }
      isKnown = found >= 0
      if (isKnown) key = found
      if (bytes[at - 1] === QUOTE) {
        const close = this.#endOfText(at)
        if (close < 0 || (isKnown && !members.set(found, TEXT, at, close))) return false
        at = close + 1
      } else {
        this.at = at
        if (!this.#value(members, found, inner)) return false
        at = this.at
      }
    }
  }

  /** Reads from behind a value, or the brace, up to the next one: whose it is. */
  #member(members: Members, gap: number, previous: number, isFirst: boolean, isKnown: boolean): number {
    this.at = gap
    this.#space()
    if (!isFirst && this.#is(CLOSE)) return END
    if (!isFirst && !this.#is(COMMA)) return UNREAD
    const found = this.#key(members)
    if (isKnown && found >= 0) members.learn(previous, found, this.#bytes.subarray(gap, this.at))
    return found
  }

  /** Reads a key up to its value, or to behind the quote of that: which it is; −1 when it is none of ours. */
  #key(members: Members): number {
    this.#space()
    const name = this.at + 1
    const end = this.#is(QUOTE) ? this.#endOfText(name) : -1
    if (end < 0) return UNREAD
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
    if (this.#is(QUOTE)) {
      const close = this.#endOfText(this.at)
      this.at = close + 1
      return close >= 0 && (key < 0 || members.set(key, TEXT, start + 1, close))
    }
    const token = this.#bytes[start] === OPEN ? OBJECT : this.#scalar(this.#bytes[start] as number)
    if (token === ABSENT || (token === OBJECT && (key < 0 || inner === undefined || !inner(key)))) return false
    return key < 0 || members.set(key, token, start, this.at)
  }

  /** From behind the opening quote, a word at a time: where the closing one stands; −1 for a text that is not read. */
  #endOfText(from: number): number {
    const view = this.#view
    const end = this.#end
    let at = from
    let seen = 0
    for (const words = end - 3; at < words; at += 4) {
      const word = view.getInt32(at, true)
      const quote = word ^ TWOS
      const backslash = word ^ BACKSLASHES
      const found = (((quote - BANGS) & ~quote) | ((backslash - ONES) & ~backslash)) & HIGHS
      seen |= word
      if (found === 0) continue
      // The lowest mark is always a true one.
      at += (31 - Math.clz32(found & -found)) >> 3
      break
    }
    if ((seen & HIGHS) !== 0) this.wide = true
    for (const bytes = this.#bytes; at < end; at++) {
      const c = bytes[at] as number
      if (c === QUOTE) return at
      if (c === BACKSLASH || c < SPACE) return -1
      if (c > 127) this.wide = true
    }
    return -1
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
