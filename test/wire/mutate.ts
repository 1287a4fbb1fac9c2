/** Messages as they go wrong: bits, bytes and tokens of sound ones changed, and what no sender should send. */
import type { Random } from '../../pipeline/scenario/random.ts'
import type { WireMessage } from './forms.ts'

/** Mostly one change, at most three; of a message that changes leave as it is, the fate may be that of a sound one. */
export function mutate(random: Random, { form, bytes }: WireMessage): Omit<WireMessage, 'events'> {
  if (random.chance(0.01)) return { form, bytes: Buffer.alloc(0) }
  let changed: Buffer = Buffer.from(bytes)
  const changes = form === 'arrow' ? ARROW_CHANGES : TEXT_CHANGES
  for (let k = random.pick([1, 1, 1, 2, 3]); k > 0; k--) changed = random.pick(changes)(random, changed)
  return { form: random.chance(0.02) ? random.pick(['event', 'batch', 'arrow', 'binary'] as const) : form, bytes: changed }
}

type Change = (random: Random, bytes: Buffer) => Buffer

const NESTED = 10_000
const TOKENS = [
  'NaN',
  'Infinity',
  '-Infinity',
  '-0',
  '1e999',
  '123456789012345678901234567890',
  '0.1',
  '-1',
  'null',
  'true',
  '""',
  '[]',
  '{}',
  '"\\ud800"',
  '"\\udc00\\ud800"',
  '"\\u0000"',
  '"__proto__"',
  '"constructor"',
  '"delete"',
  '"correct"',
  '"9999-12-31T23:59:60+23:59"',
  '"0000-01-01T00:00:00-23:59"',
  `"${'9'.repeat(400)}"`,
  `"${'x'.repeat(5000)}"`,
  `${'['.repeat(NESTED)}${']'.repeat(NESTED)}`,
  `${'{"a":'.repeat(NESTED)}1${'}'.repeat(NESTED)}`,
]

const flip: Change = (random, bytes) => {
  if (bytes.length === 0) return bytes
  const at = random.whole(0, bytes.length - 1)
  bytes[at] = (bytes[at] as number) ^ (1 << random.whole(0, 7))
  return bytes
}

const cut: Change = (random, bytes) => bytes.subarray(0, random.whole(0, bytes.length))
const hole: Change = (random, bytes) => {
  const at = random.whole(0, bytes.length)
  return Buffer.concat([bytes.subarray(0, at), bytes.subarray(at + random.whole(1, 40))])
}
const noise: Change = (random, bytes) => {
  const at = random.whole(0, bytes.length)
  return Buffer.concat([bytes.subarray(0, at), Buffer.from(Array.from({ length: random.whole(1, 8) }, () => random.whole(0, 255))), bytes.subarray(at)])
}

/** A value of the JSON text becomes another. */
const token: Change = (random, bytes) => replaced(bytes, random, /"(?:[^"\\]|\\.)*"(?!\s*:)|-?\d+(?:\.\d+)?|true|false/g, () => random.pick(TOKENS))
/** A key becomes another, or stands twice. */
const key: Change = (random, bytes) =>
  replaced(bytes, random, /"(\w+)"\s*:/g, (found) =>
    random.pick(['"__proto__":', '"constructor":', '"data":', '"type":', `${found}${random.pick(TOKENS)},${found}`]),
  )

/** A word of the metadata or of a body's offsets becomes one that no length or offset can be, or nearly can. */
const word: Change = (random, bytes) => {
  if (bytes.length < 8) return bytes
  const at = random.whole(0, (bytes.length >> 2) - 2) * 4
  const value = random.pick([-1, 0, 1, 4, 8, 0x7fffffff, -0x80000000, bytes.length, bytes.length * 8, bytes.readInt32LE(at) + random.pick([-8, -1, 1, 8])])
  bytes.writeInt32LE(value | 0, at)
  if (random.chance(0.3)) bytes.writeInt32LE(random.pick([-1, 0x7fffffff]), at + 4)
  return bytes
}
/** The same near the beginning, where the schema lies. */
const headWord: Change = (random, bytes) => Buffer.concat([word(random, bytes.subarray(0, 1200)), bytes.subarray(1200)])

const TEXT_CHANGES: Change[] = [flip, cut, hole, noise, ...Array<Change>(8).fill(token), key, key, key]
const ARROW_CHANGES: Change[] = [flip, flip, cut, hole, noise, word, word, word, headWord, headWord]

function replaced(bytes: Buffer, random: Random, what: RegExp, by: (found: string) => string): Buffer {
  const text = bytes.toString('latin1')
  const all = [...text.matchAll(what)]
  if (all.length === 0) return bytes
  const [found] = [random.pick(all)]
  return Buffer.from(text.slice(0, found.index) + by(found[0]) + text.slice(found.index + found[0].length), 'latin1')
}
