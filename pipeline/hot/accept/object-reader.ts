/**
 * Reads one flat JSON object out of bytes: where the value of each known key lies, nothing more. Keys are guessed: senders write them in the same
 * order every time, so that mostly one comparison tells which it is.
 */

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
  /** The names as they are mostly written: `"name":`. */
  readonly #labels: Buffer[]
  /** Which key came after key k − 1 the last time; entry 0: which came first. */
  readonly #next: Uint8Array

  constructor(names: readonly string[]) {
    this.#names = names.map((n) => Buffer.from(n))
    this.#labels = names.map((n) => Buffer.from(`"${n}":`))
    this.token = new Uint8Array(names.length)
    this.start = new Int32Array(names.length)
    this.end = new Int32Array(names.length)
    this.#next = Uint8Array.from({ length: names.length + 1 }, (_, i) => Math.min(i, names.length - 1))
  }

  clear(): void {
    this.token.fill(ABSENT)
  }

  /** Where the label of the key that is to be expected after `previous` (−1: none) ends, if it is what lies at `at`; else −1. */
  labelEnd(bytes: Uint8Array, at: number, previous: number): number {
    const label = this.#labels[this.expected(previous)] as Buffer
    for (let i = 0; i < label.length; i++) if (label[i] !== bytes[at + i]) return -1
    return at + label.length
  }

  /** The key that came after `previous` the last time. */
  expected(previous: number): number {
    return this.#next[previous + 1] as number
  }

  /** The key whose name lies in `bytes[start…end)`, coming after `previous`; −1 when it is none of ours. */
  find(bytes: Uint8Array, start: number, end: number, previous: number): number {
    for (let k = 0; k < this.#names.length; k++) {
      if (!this.#is(k, bytes, start, end)) continue
      this.#next[previous + 1] = k
      return k
    }
    return -1
  }

  #is(k: number, bytes: Uint8Array, start: number, end: number): boolean {
    const name = this.#names[k] as Buffer
    if (name.length !== end - start) return false
    for (let i = 0; i < name.length; i++) if (name[i] !== bytes[start + i]) return false
    return true
  }
}

const [TAB, LINE, RETURN, SPACE, QUOTE, COMMA, MINUS, COLON, BACKSLASH, CLOSE_LIST, OPEN, CLOSE] = [9, 10, 13, 32, 34, 44, 45, 58, 92, 93, 123, 125]
const [T, F, ZERO, NINE] = [116, 102, 48, 57]
/** In place of a key: what lies here is not read. */
const UNREAD = -2

/** A reader over one message. Every method says false, or −1, for whatever it does not read; nothing can be said about the rest then. */
export class ObjectReader {
  at = 0
  /** A byte above 127 was met: the message has to be checked for well-formed UTF-8. */
  wide = false
  #bytes: Uint8Array = new Uint8Array()
  #end = 0

  open(bytes: Uint8Array, from: number, to: number): void {
    this.#bytes = bytes
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
    if (this.#bytes[this.at] !== OPEN) return false
    this.at++
    let key = -1
    for (;;) {
      this.#space()
      const found = this.#key(members, key)
      if (found === UNREAD) return false
      if (!this.#value(members, found, inner)) return false
      if (found >= 0) key = found
      this.#space()
      const next = this.#bytes[this.at++]
      if (this.at > this.#end) return false
      if (next === CLOSE) return true
      if (next !== COMMA) return false
    }
  }

  /** Reads a key and its colon: which it is, coming after `previous`; −1 when it is none of ours. */
  #key(members: Members, previous: number): number {
    const behind = members.labelEnd(this.#bytes, this.at, previous)
    if (behind >= 0) {
      this.at = behind
      this.#space()
      return members.expected(previous)
    }
    const start = this.at + 1
    if (this.#bytes[this.at] !== QUOTE || !this.#text()) return UNREAD
    const found = members.find(this.#bytes, start, this.at - 1, previous)
    this.#space()
    if (this.#bytes[this.at++] !== COLON) return UNREAD
    this.#space()
    return found
  }

  #value(members: Members, key: number, inner: ((key: number) => boolean) | undefined): boolean {
    const start = this.at
    const first = this.#bytes[start] as number
    let token: number
    if (first === QUOTE) {
      token = TEXT
      if (!this.#text()) return false
    } else if (first === OPEN) {
      token = OBJECT
      if (key < 0 || inner === undefined || !inner(key)) return false
    } else {
      token = this.#scalar(first)
      if (token === ABSENT) return false
    }
    if (key < 0) return true
    if (members.token[key] !== ABSENT) return false
    members.token[key] = token
    members.start[key] = token === TEXT ? start + 1 : start
    members.end[key] = token === TEXT ? this.at - 1 : this.at
    return true
  }

  /** From the opening quote to behind the closing one. */
  #text(): boolean {
    const bytes = this.#bytes
    let at = this.at + 1
    for (const end = this.#end; at < end; at++) {
      const c = bytes[at] as number
      if (c === QUOTE) {
        this.at = at + 1
        return true
      }
      if (c === BACKSLASH || c < SPACE) return false
      if (c > 127) this.wide = true
    }
    return false
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
