/**
 * WebAssembly modules written as expressions: each function here gives the bytes of one instruction with those of its operands before it, and `compiled` makes
 * functions of them (WebAssembly core specification 2.0, chapter 5: numbers in LEB128, sections by number). For the few loops over bytes in which all the
 * time goes: in it whole words of 64 and 128 bits are one instruction.
 */

/** The bytes of some instructions. */
export type Code = readonly number[]
/** A parameter or local of a function; `add`: steps it on. */
export type Local = { readonly get: Code; set(value: Code): Code; add(n: number): Code }
/** Parameters are i32; `gives`: the body leaves an i32, else nothing. */
export type Func = { params: number; locals: readonly Kind[]; gives: boolean; body: Code }
type Kind = keyof typeof KINDS

/** Memory of one thread, in pages; growing it makes a new buffer. */
export type WasmMemory = { readonly buffer: ArrayBuffer; grow(pages: number): number }
declare const WebAssembly: {
  Memory: new (size: { initial: number }) => WasmMemory
  Module: new (bytes: Uint8Array) => object
  Instance: new (module: object, imports: object) => { exports: Record<string, (...parameters: number[]) => number> }
}

export const PAGE = 65_536

/** The functions, over a memory of so many pages. */
export function compiled<K extends string>(
  functions: Readonly<Record<K, Func>>,
  pages: number,
): { memory: WasmMemory; run: Record<K, (...parameters: number[]) => number> } {
  const memory = new WebAssembly.Memory({ initial: pages })
  const { exports } = new WebAssembly.Instance(new WebAssembly.Module(bytesOf(Object.entries(functions))), { own: { memory } })
  return { memory, run: exports as Record<K, (...parameters: number[]) => number> }
}

/** A function of named parameters and locals. */
export function func<P extends string, L extends string>(
  params: readonly P[],
  locals: Readonly<Record<L, Kind>>,
  body: (v: Readonly<Record<P | L, Local>>) => Code[],
  gives = false,
): Func {
  const names = [...params, ...(Object.keys(locals) as L[])]
  const v = Object.fromEntries(names.map((name, k) => [name, local(k)])) as Record<P | L, Local>
  return { params: params.length, locals: Object.values(locals), gives, body: body(v).flat() }
}

const KINDS = { i32: 0x7f, v128: 0x7b }
const MAGIC = [0x00, 0x61, 0x73, 0x6d, 1, 0, 0, 0]
const [VOID, FUNC, END] = [0x40, 0x60, 0x0b]

function bytesOf(functions: readonly [name: string, Func][]): Uint8Array {
  const types = functions.map(([, f]) => [FUNC, ...vector(Array.from({ length: f.params }, () => [KINDS.i32])), ...vector(f.gives ? [[KINDS.i32]] : [])])
  const exported = functions.map(([name], k) => [...text(name), 0, k])
  const bodies = functions.map(([, f]) => sized([...vector(f.locals.map((kind) => [1, KINDS[kind]])), ...f.body, END]))
  return Uint8Array.from([
    ...MAGIC,
    ...section(1, types),
    ...section(2, [[...text('own'), ...text('memory'), 2, 0, 1]]),
    ...section(
      3,
      functions.map((_, k) => [k]),
    ),
    ...section(7, exported),
    ...section(10, bodies),
  ])
}

function local(k: number): Local {
  const get = [0x20, k]
  const set = (value: Code) => [...value, 0x21, k]
  return { get, set, add: (n) => set(add(get, i32(n))) }
}

export const i32 = (n: number): Code => [0x41, ...signed(BigInt(n | 0))]

const binary =
  (...opcode: number[]) =>
  (a: Code, b: Code): Code => [...a, ...b, ...opcode]
const unary =
  (...opcode: number[]) =>
  (a: Code): Code => [...a, ...opcode]

export const add = binary(0x6a)
export const sub = binary(0x6b)
export const mul = binary(0x6c)
export const and = binary(0x71)
export const or = binary(0x72)
export const xor = binary(0x73)
export const shl = binary(0x74)
export const shru = binary(0x76)
export const rotl = binary(0x77)
export const eq = binary(0x46)
export const ltU = binary(0x49)
export const gtU = binary(0x4b)
export const geU = binary(0x4f)
export const ctz = unary(0x68)
export const ne64 = binary(0x52)

/** Of `byte`, sixteen times; per byte, all bits where they are equal, or the first is less; one bit per byte that has its highest set. */
export const sixteen = (byte: number): Code => [...i32(byte), 0xfd, 0x0f]
export const eq16 = binary(0xfd, 0x23)
export const lt16 = binary(0xfd, 0x26)
export const or128 = binary(0xfd, 0x50)
export const bits16 = unary(0xfd, 0x64)

/** Whether the double there is none. */
export const isNaN64 = (at: Code): Code => [...at, 0x2b, 0, 0, ...at, 0x2b, 0, 0, 0x62]
/** From wherever in memory; `offset` bytes behind `at`. */
export const load = (at: Code, offset = 0): Code => [...at, 0x28, 0, ...unsigned(offset)]
export const load8 = (at: Code, offset = 0): Code => [...at, 0x2d, 0, ...unsigned(offset)]
export const load64 = (at: Code, offset = 0): Code => [...at, 0x29, 0, ...unsigned(offset)]
export const load128 = (at: Code, offset = 0): Code => [...at, 0xfd, 0x00, 0, ...unsigned(offset)]
export const store = (at: Code, value: Code, offset = 0): Code => [...at, ...value, 0x36, 0, ...unsigned(offset)]
export const store128 = (at: Code, value: Code): Code => [...at, ...value, 0xfd, 0x0b, 0, 0]
export const store8 = (at: Code, value: Code, offset = 0): Code => [...at, ...value, 0x3a, 0, ...unsigned(offset)]

export const block = (...body: Code[]): Code => [0x02, VOID, ...body.flat(), END]
export const loop = (...body: Code[]): Code => [0x03, VOID, ...body.flat(), END]
export const when = (condition: Code, then: Code[], otherwise: Code[] = []): Code => [
  ...condition,
  0x04,
  VOID,
  ...then.flat(),
  ...(otherwise.length > 0 ? [0x05, ...otherwise.flat()] : []),
  END,
]
/** Out of the block, or back to the start of the loop, that is `depth` levels outside. */
export const branch = (depth: number): Code => [0x0c, depth]
export const branchIf = (condition: Code, depth: number): Code => [...condition, 0x0d, depth]
export const giveBack = (value: Code): Code => [...value, 0x0f]

const section = (id: number, entries: Code[]): Code => [id, ...sized(vector(entries))]
const vector = (entries: Code[]): Code => [...unsigned(entries.length), ...entries.flat()]
const sized = (bytes: Code): Code => [...unsigned(bytes.length), ...bytes]
const text = (name: string): Code => sized([...Buffer.from(name)])

function unsigned(n: number): Code {
  return n < 128 ? [n] : [(n & 127) | 128, ...unsigned(n >>> 7)]
}

function signed(n: bigint): Code {
  const low = Number(n & 127n)
  const rest = n >> 7n
  return (rest === 0n && low < 64) || (rest === -1n && low >= 64) ? [low] : [low | 128, ...signed(rest)]
}
