/** 20,000 bodies that somebody or something has damaged, through the route itself. */
import { gzipSync } from 'node:zlib'
import { expect, test } from 'vitest'
import { batchOf } from '../../contract/source.ts'
import { decoder } from '../../hot/accept/decode.ts'
import { type Random, randomFor } from '../../scenario/random.ts'
import { type DoorAnswer, openDoor } from '../testing/door.ts'
import { arrowOf, loanEvent, USERS } from '../testing/world.ts'

const BODIES = 20_000
const MIB = 1 << 20
const FORMS = {
  event: 'application/json',
  list: 'application/cloudevents-batch+json',
  lines: 'application/x-ndjson',
  arrow: 'application/vnd.apache.arrow.stream',
}
type Form = keyof typeof FORMS

const loans = Array.from({ length: 4 }, (_, i) => loanEvent({ id: `e${i}`, data: { ...loanEvent().data, loanId: `L${i}`, purpose: '流动资金' } }))
const BODY: Record<Form, Buffer> = {
  event: Buffer.from(JSON.stringify(loans[0])),
  list: Buffer.from(JSON.stringify(loans)),
  lines: Buffer.from(loans.map((l) => JSON.stringify(l)).join('\n')),
  arrow: arrowOf(loans),
}
const WORDS = [
  'NaN',
  '1e999',
  '-0',
  'null',
  'true',
  '""',
  '{}',
  '[]',
  '"\\ud800"',
  '"1,000.00"',
  '"B0002"',
  '"constructor"',
  '9'.repeat(400),
  '['.repeat(10_000),
  `${'['.repeat(10_000)}${']'.repeat(10_000)}`,
  '{"a":'.repeat(10_000),
  '{"__proto__":{"institution":"B0001"}}',
  '\u0000',
]
const MEMBERS = [
  '"__proto__":{"type":"credit.loan"},',
  '"institution":"B0002",',
  '"type":"pay.payment",',
  '"data":{},',
  '"id":"e1","id":"e2",',
  '"constructor":1,',
]

function flipped(bytes: Buffer, random: Random): Buffer {
  const copy = Buffer.from(bytes)
  for (let n = random.whole(1, 8); n > 0; n--) {
    copy[random.whole(0, copy.length - 1)] = random.whole(0, 255)
  }
  return copy
}

/** Tokens of JSON exchanged, or replaced by others. */
function swapped(bytes: Buffer, random: Random): Buffer {
  const tokens = bytes.toString('latin1').match(/"(?:[^"\\]|\\.)*"|[{}[\]:,]|[^{}[\]:,"]+|"/g) ?? []
  for (let n = random.whole(1, 4); n > 0; n--) {
    const [a, b] = [random.whole(0, tokens.length - 1), random.whole(0, tokens.length - 1)]
    if (random.chance(0.5)) [tokens[a], tokens[b]] = [tokens[b] ?? '', tokens[a] ?? '']
    else tokens[a] = random.pick(WORDS)
  }
  return Buffer.from(tokens.join(''), 'latin1')
}

function withMember(bytes: Buffer, random: Random): Buffer {
  const text = bytes.toString('latin1')
  const places = [...text.matchAll(/\{(?=")|,(?=")/g)].map((m) => m.index + 1)
  const at = places.length === 0 ? 0 : random.pick(places)
  return Buffer.from(text.slice(0, at) + random.pick(MEMBERS) + text.slice(at), 'latin1')
}

const cut = (bytes: Buffer, random: Random) => bytes.subarray(0, random.whole(0, bytes.length))
const repeated = (bytes: Buffer, random: Random) => Buffer.concat([bytes, bytes.subarray(random.whole(0, bytes.length))])
const MUTATIONS = [flipped, swapped, withMember, cut, repeated]
const OF_ARROW = [flipped, cut, repeated]

/** What a reader who knows nothing of ours takes for the number of events; undefined where that cannot be said. */
function countOf(form: Form, body: Buffer): number | undefined {
  if (form === 'lines')
    return body
      .toString('latin1')
      .split('\n')
      .filter((line) => /[^ \t\r]/.test(line)).length
  try {
    const value: unknown = JSON.parse(body.toString())
    return form === 'arrow' ? undefined : Array.isArray(value) ? value.length : 1
  } catch {
    return undefined
  }
}

function faultOf(form: Form, body: Buffer, answer: DoorAnswer, values: Buffer[]): string | undefined {
  const { status, events, accepted = 0, code } = answer
  if (![202, 400, 413].includes(status) || (status !== 202) !== (code !== undefined)) return `status ${status} ${code}`
  if (events.some((e, i) => e.index !== i)) return 'numbers that do not follow one another'
  if (events.filter((e) => e.accepted).length !== accepted || accepted !== values.length) return `${accepted} accepted, ${values.length} published`
  if (events.some((e) => !e.accepted && (e.reason === undefined || e.message === ''))) return 'a refusal without a reason'
  const count = countOf(form, body)
  if (count !== undefined && (code === undefined || code === 'LT-2120') && events.length !== count) return `${events.length} answers for ${count} events`
  if (count !== undefined && !['LT-2120', undefined].includes(code)) return `${code} for a body that can be read`
  const decoded = decode(batchOf(values))
  if (decoded.dead.length > 0) return `the engine does not take it: ${decoded.dead[0]?.reason}`
  return decoded.streams.every((s) => [...s.institution].every((i) => i === 'B0001')) ? undefined : 'reported as another'
}

const decode = decoder({ keepJson: false })

test(`of ${BODIES} damaged bodies none ends in a fault of ours, each event has its answer, and the engine takes what was accepted`, async () => {
  const door = await openDoor()
  const random = randomFor(5, 'gateway')
  const seen = new Map<string, number>()
  const faults: string[] = []
  let settled = 0
  for (let n = 0; n < BODIES; n++) {
    const form = random.pick(Object.keys(FORMS) as Form[])
    const body = random.pick(form === 'arrow' ? OF_ARROW : MUTATIONS)(BODY[form], random)
    const packed = random.chance(0.1)
    const before = door.published.length
    const answer = await door.post(packed ? gzipSync(body) : body, { 'content-type': FORMS[form], ...(packed && { 'content-encoding': 'gzip' }) }, USERS.b1)
    const values = door.published.splice(before).map((m) => m.value)
    const fault = faultOf(form, body, answer, values)
    if (fault !== undefined) faults.push(`body ${n}, ${form}: ${fault}: ${body.subarray(0, 300).toString()}`)
    const outcomes = [answer.code ?? 'LT-0', ...answer.events.map((e) => (e.accepted ? 'accepted' : e.reason))]
    for (const what of outcomes) seen.set(what, (seen.get(what) ?? 0) + 1)
    if (n === 2000) settled = process.memoryUsage().rss
  }
  const grown = (process.memoryUsage().rss - settled) / MIB
  await door.close()
  console.log(`${BODIES} bodies: ${JSON.stringify(Object.fromEntries(seen))}; RSS +${grown.toFixed(0)} MiB after the first 2,000`)
  expect(faults.slice(0, 5)).toEqual([])
  for (const what of ['accepted', 'not-json', 'not-cloudevent', 'bad-time', 'unknown-type', 'bad-money', 'schema', 'too-deep', 'not-yourself', 'LT-2156'])
    expect(seen.get(what) ?? 0, what).toBeGreaterThan(10)
  expect(grown).toBeLessThan(256)
})
