/**
 * The loop over an object's members in WebAssembly. An object of a kind has a record at `members`: what was found of each key, and what lay before its value
 * the last time. Bytes are compared eight at a time, and searched sixteen at a time; up to 15 behind `end` are looked at.
 */
import {
  add,
  block,
  branch,
  branchIf,
  bits16,
  type Code,
  compiled,
  ctz,
  eq,
  eq16,
  func,
  geU,
  giveBack,
  gtU,
  i32,
  load,
  load128,
  load64,
  load8,
  type Local,
  loop,
  ltU,
  lt16,
  mul,
  ne64,
  or,
  or128,
  shl,
  sixteen,
  store,
  store128,
  store8,
  sub,
  when,
} from './wasm.ts'

/** What a value is; the span of a text lies between its quotes. */
export const ABSENT = 0
export const TEXT = 1
export const NUMBER = 2
export const TRUE = 3
export const FALSE = 4
export const OBJECT = 5

/** Keys of one kind of object. */
export const MOST_KEYS = 32
const WORDS_OF_GAP = 8
/** A longer gap is read anew every time, and so is one that is shorter than a word. */
export const LONGEST_GAP = WORDS_OF_GAP * 8
/**
 * A record: a byte per key of what its value is, words of where that starts and ends, and behind each key (first: behind the brace) a gap. Of that: its
 * length, which key comes next, and from byte 8 on its words, the last of which ends with it.
 */
export const RECORD = {
  token: 0,
  start: MOST_KEYS,
  end: MOST_KEYS * 5,
  gaps: MOST_KEYS * 9,
  gap: 8 + LONGEST_GAP,
  bytes: MOST_KEYS * 9 + (MOST_KEYS + 1) * (8 + LONGEST_GAP),
}

/** Where `members` leaves how far it came: words. `key`: the last one with a value; `found`: whose value begins at `at`; `wide`: bytes above 127 were met, or lie near. */
export const STATE = { at: 0, key: 1, found: 2, wide: 3 }
/** Nothing can be said about the rest; what lies at `at` is not what was expected; a value that is no text begins at `at`. */
export const [FAILED, UNEXPECTED, VALUE] = [0, 1, 2]

export function scanCode(pages: number): ReturnType<typeof compiled<keyof typeof FUNCTIONS>> {
  return compiled(FUNCTIONS, pages)
}

const [SPACE, QUOTE, BACKSLASH] = [32, 34, 92]

/** From behind the opening quote to the closing one, or what else is not itself in a text, or beyond `end`. */
function toEndOfText(close: Local, end: Local, wide: Local, chunk: Local, bits: Local): Code[] {
  const found = or128(or128(eq16(chunk.get, sixteen(QUOTE)), eq16(chunk.get, sixteen(BACKSLASH))), lt16(chunk.get, sixteen(SPACE)))
  return [
    loop(
      chunk.set(load128(close.get)),
      wide.set(or(wide.get, bits16(chunk.get))),
      bits.set(bits16(found)),
      when(bits.get, [], [close.add(16), branchIf(ltU(close.get, end.get), 1)]),
    ),
    when(bits.get, [close.set(add(close.get, ctz(bits.get)))]),
  ]
}

const isQuote = (close: Local, end: Local): Code =>
  when(geU(close.get, end.get), [giveBack(i32(FAILED))]).concat(when(eq(load8(close.get), i32(QUOTE)), [], [giveBack(i32(FAILED))]))

/** Where the text that starts at `close` has its closing quote; `FAILED` for one that is not read. */
const endOfText = func(
  ['close', 'end'],
  { wide: 'i32', bits: 'i32', chunk: 'v128' },
  ({ close, end, wide, bits, chunk }) => [
    ...toEndOfText(close, end, wide, chunk, bits),
    noted(STATE.wide, or(load(i32(STATE.wide * 4)), wide.get)),
    isQuote(close, end),
    close.get,
  ],
  true,
)

const members = func(
  ['members', 'at', 'end', 'key'],
  { gap: 'i32', begin: 'i32', i: 'i32', word: 'i32', found: 'i32', close: 'i32', wide: 'i32', bits: 'i32', chunk: 'v128' },
  (v) => {
    const { members, at, end, key, gap, begin, i, word, found, close, wide, bits, chunk } = v
    const left = [noted(STATE.at, at.get), noted(STATE.key, key.get), noted(STATE.found, found.get), noted(STATE.wide, or(load(i32(STATE.wide * 4)), wide.get))]
    const place = add(members.get, shl(found.get, i32(2)))
    const lastWord = sub(begin.get, i32(8))
    const expected = [
      gap.set(add(add(members.get, i32(RECORD.gaps)), mul(add(key.get, i32(1)), i32(RECORD.gap)))),
      begin.set(add(at.get, load8(gap.get))),
      branchIf(or(eq(begin.get, at.get), gtU(begin.get, end.get)), 1),
      i.set(at.get),
      word.set(add(gap.get, i32(8))),
      block(loop(branchIf(geU(i.get, lastWord), 1), branchIf(ne64(load64(i.get), load64(word.get)), 3), i.add(8), word.add(8), branch(0))),
      branchIf(ne64(load64(lastWord), load64(word.get)), 1),
    ]
    const value = [
      at.set(begin.get),
      found.set(load8(gap.get, 1)),
      when(eq(load8(sub(at.get, i32(1))), i32(QUOTE)), [], [...left, giveBack(i32(VALUE))]),
      close.set(at.get),
      ...toEndOfText(close, end, wide, chunk, bits),
      isQuote(close, end),
      when(load8(add(members.get, found.get)), [giveBack(i32(FAILED))]),
      store8(add(members.get, found.get), i32(TEXT)),
      store(place, at.get, RECORD.start),
      store(place, close.get, RECORD.end),
      at.set(add(close.get, i32(1))),
      key.set(found.get),
      branch(0),
    ]
    return [block(loop(...expected, ...value)), ...left, i32(UNEXPECTED)]
  },
  true,
)

/**
 * A place in which the texts of one column are put together: where each ends (first: where the first begins), a byte per row that has one, and their bytes.
 */
export const ROWS_STAGED = 256
const VALID = (ROWS_STAGED + 2) * 4
export const COLUMN = { valid: VALID, texts: VALID + ROWS_STAGED, bytes: 8192, size: VALID + ROWS_STAGED + 8192 + 16 }

/** Puts a row's texts behind those of the rows before. From `keys` to `last`, two words per column: the record of an object, and the key. 0: no room. */
const stage = func(
  ['keys', 'last', 'column', 'row'],
  { members: 'i32', key: 'i32', at: 'i32', end: 'i32', to: 'i32', size: 'i32', ends: 'i32' },
  ({ keys, last, column, row, members, key, at, end, to, size, ends }) => {
    const copy = [
      at.set(load(add(members.get, shl(key.get, i32(2))), RECORD.start)),
      end.set(load(add(members.get, shl(key.get, i32(2))), RECORD.end)),
      to.set(add(column.get, size.get)),
      size.set(add(size.get, sub(end.get, at.get))),
      when(gtU(size.get, i32(COLUMN.bytes)), [giveBack(i32(0))]),
      block(loop(branchIf(geU(at.get, end.get), 1), store128(add(to.get, i32(COLUMN.texts)), load128(at.get)), at.add(16), to.add(16), branch(0))),
    ]
    return [
      loop(
        members.set(load(keys.get)),
        key.set(load(keys.get, 4)),
        ends.set(add(column.get, shl(row.get, i32(2)))),
        size.set(load(ends.get)),
        when(eq(load8(add(members.get, key.get)), i32(TEXT)), copy),
        store8(add(column.get, row.get), eq(load8(add(members.get, key.get)), i32(TEXT)), COLUMN.valid),
        store(ends.get, size.get, 4),
        column.add(COLUMN.size),
        keys.add(8),
        branchIf(ltU(keys.get, last.get), 0),
      ),
      i32(1),
    ]
  },
  true,
)

const FUNCTIONS = { members, endOfText, stage }

function noted(word: number, value: Code): Code {
  return store(i32(word * 4), value)
}
