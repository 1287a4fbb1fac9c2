/**
 * The loops of `RowHashes` in WebAssembly. Of the rows there are at a time, the lanes lie from `lanes` to `to`, 16 bytes each, and the flags from `flags` on,
 * a byte each. A row whose flag is `none` has no value, and a word of −1 in its place.
 */
import {
  add,
  and,
  block,
  branch,
  branchIf,
  type Code,
  compiled,
  eq,
  func,
  gtU,
  i32,
  isNaN64,
  load,
  load8,
  type Local,
  loop,
  ltU,
  mul,
  rotl,
  shl,
  shru,
  store,
  sub,
  when,
  xor,
} from './wasm.ts'

export function hashCode(pages: number): ReturnType<typeof compiled<keyof typeof FUNCTIONS>> {
  return compiled(FUNCTIONS, pages)
}

const LANES = { a: 'i32', b: 'i32', c: 'i32', d: 'i32' } as const
const VALUES = ['lanes', 'to', 'values', 'flags', 'none'] as const
type Lanes = Record<keyof typeof LANES | 'lanes', Local>
type Rows = Lanes & Record<'to' | 'flags' | 'none', Local>

/** Texts: the first begins at `start`, and each ends where `ends` says, with `shift` added. */
const texts = func(['lanes', 'to', 'ends', 'shift', 'start', 'flags', 'none'], { ...LANES, next: 'i32', at: 'i32', end: 'i32' }, (v) => {
  const { lanes, ends, shift, start, a, b, c, d, next, at, end } = v
  const whole = [next.set(mixed(a, b, load(at.get))), a.set(b.get), b.set(c.get), c.set(d.get), d.set(next.get), at.add(4)]
  const rest = and(load(at.get), sub(shl(i32(1), shl(sub(end.get, at.get), i32(3))), i32(1)))
  const value = [
    end.set(add(load(ends.get), shift.get)),
    at.set(start.get),
    ...taken(v),
    block(loop(branchIf(gtU(add(at.get, i32(4)), end.get), 1), ...whole, branch(0))),
    store(lanes.get, c.get),
    store(lanes.get, d.get, 4),
    store(lanes.get, mixed(a, b, rest), 8),
    store(lanes.get, mixed(b, c, sub(end.get, start.get)), 12),
    start.set(end.get),
  ]
  return eachRow(v, value, ends.add(4))
})

/** Whole numbers of `size` bytes. */
const words = (size: 1 | 4) => func(VALUES, LANES, (v) => eachRow(v, [...taken(v), word(v, (size === 1 ? load8 : load)(v.values.get))], v.values.add(size)))

/** Values of 64 bits, by their halves. */
const pairs = func(VALUES, LANES, (v) => eachRow(v, pair(v, v.values), v.values.add(8)))

/** Doubles, of which NaN leaves no trace. */
const stated = func(['lanes', 'to', 'values'], LANES, (v) => [
  loop(when(isNaN64(v.values.get), [], pair(v, v.values)), v.values.add(8), v.lanes.add(16), branchIf(ltU(v.lanes.get, v.to.get), 0)),
])

/** Makes hashes of lanes and puts them, `size` bytes each, one behind the other from `out` on; that may be where the lanes are. */
const finish = (size: 8 | 16) =>
  func(['lanes', 'to', 'out'], LANES, (v) => {
    const { lanes, to, out, a, b, c, d } = v
    const sum = add(add(a.get, b.get), add(c.get, d.get))
    return [
      loop(
        ...taken(v),
        a.set(mixed(a, b, i32(0))),
        b.set(mixed(b, c, i32(1))),
        c.set(mixed(c, d, i32(2))),
        d.set(mixed(d, a, i32(3))),
        a.set(sum),
        ...[b, c, d].flatMap((h) => [h.set(add(h.get, a.get)), ...avalanche(h)]),
        ...avalanche(a),
        a.set(sum),
        store(out.get, a.get),
        ...[b, c, d].slice(0, size / 4 - 1).map((h, k) => store(out.get, add(h.get, a.get), 4 * k + 4)),
        out.add(size),
        lanes.add(16),
        branchIf(ltU(lanes.get, to.get), 0),
      ),
    ]
  })

const FUNCTIONS = { texts, bytes: words(1), words: words(4), pairs, stated, finish8: finish(8), finish16: finish(16) }

function eachRow(v: Rows, value: Code[], step: Code): Code[] {
  const isNone = eq(load8(v.flags.get), v.none.get)
  return [loop(when(isNone, [...taken(v), word(v, i32(-1))], value), step, v.flags.add(1), v.lanes.add(16), branchIf(ltU(v.lanes.get, v.to.get), 0))]
}

function taken({ lanes, a, b, c, d }: Lanes): Code[] {
  return [a, b, c, d].map((lane, k) => lane.set(load(lanes.get, 4 * k)))
}

/** Into the first lane; then the lanes change places. */
function word({ lanes, a, b, c, d }: Lanes, value: Code): Code {
  return [store(lanes.get, b.get), store(lanes.get, c.get, 4), store(lanes.get, d.get, 8), store(lanes.get, mixed(a, b, value), 12)].flat()
}

/** The same for two words. */
function pair(v: Lanes, values: Local): Code[] {
  const { lanes, a, b, c, d } = v
  const mix = [store(lanes.get, mixed(a, b, load(values.get)), 8), store(lanes.get, mixed(b, c, load(values.get, 4)), 12)]
  return [...taken(v), store(lanes.get, c.get), store(lanes.get, d.get, 4), ...mix]
}

/** What one word makes of a lane and its neighbour. */
function mixed(lane: Local, neighbour: Local, value: Code): Code {
  const x = mul(rotl(mul(value, i32(0x239b961b)), i32(15)), i32(0xab0e9789))
  return add(mul(add(rotl(xor(lane.get, x), i32(19)), neighbour.get), i32(5)), i32(0x561ccd1b))
}

function avalanche(h: Local): Code[] {
  const fold = (bits: number) => h.set(xor(h.get, shru(h.get, i32(bits))))
  const times = (factor: number) => h.set(mul(h.get, i32(factor)))
  return [fold(16), times(0x85ebca6b), fold(13), times(0xc2b2ae35), fold(16)]
}
