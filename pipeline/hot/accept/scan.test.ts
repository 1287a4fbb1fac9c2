import fc from 'fast-check'
import { expect, test } from 'vitest'
import { batchOf } from '../../contract/source.ts'
import type { Decoded } from '../../contract/stage.ts'
import { scenarioEvents } from '../../scenario/steps.ts'
import { decoder } from './decode.ts'
import { Scanner } from './scan.ts'

const samples = (() => {
  const byType = new Map<string, string[]>()
  for (const event of scenarioEvents(4, Date.UTC(2026, 2, 2, 1), 40_000)) {
    const list = byType.get(event.type) ?? []
    byType.set(event.type, list)
    if (list.length < 6) list.push(JSON.stringify(event))
  }
  return [...byType.values()].flat()
})()

const slow = decoder({ keepJson: false }, { scan: () => undefined, scanBinary: () => undefined })
const fast = decoder({ keepJson: false })

/** Everything a decoded batch says, in plain values. */
function told({ streams, stream, row, start, end, dead }: Decoded): unknown {
  return {
    arrivals: [...stream].map((s, a) => [s, row[a], start[a], end[a]]),
    dead: dead.map((d) => [d.reason, d.pointer, d.id, d.institution, Buffer.from(d.bytes).toString('hex')]),
    streams: streams.map((s) => ({
      type: s.type,
      texts: [s.id, s.source, s.institution, s.subject].map((t) => [...t]),
      numbers: [s.time, s.recorded, s.sequence, s.op].map((n) => [...n.subarray(0, s.count)]),
      hashes: [[...s.key.subarray(0, s.count * 4)], [...s.content.subarray(0, s.count * 2)]],
      fields: Object.entries(s.fields).map(([name, f]) => [
        name,
        f.kind === 'text' ? [...f.values] : [...f.values.subarray(0, s.count)].map((v, i) => (f.valid[i] === 0 ? null : v)),
      ]),
    })),
  }
}

/** A change that senders make, or that goes wrong: other values, other order, white space, escapes, broken bytes. */
const change = fc.oneof(
  fc.record({ kind: fc.constant('byte' as const), at: fc.nat(), to: fc.nat({ max: 255 }) }),
  fc.record({ kind: fc.constant('cut' as const), at: fc.nat(), to: fc.nat({ max: 30 }) }),
  fc.record({
    kind: fc.constant('value' as const),
    at: fc.nat(),
    to: fc.constantFrom<unknown>(
      '',
      '12.345',
      '-0.5',
      '007',
      '1e3',
      -1,
      0,
      -0,
      1.5,
      3e9,
      null,
      true,
      [],
      {},
      '中行\n"x"\\',
      'x'.repeat(300),
      '2026-03-02T01:00:00+08:00',
      '\u0001\u001f\ud800',
      'delete',
      'correct',
    ),
  }),
  fc.record({ kind: fc.constant('order' as const), at: fc.nat(), to: fc.constantFrom(0, 1, 2) }),
)

function apply(text: string, { kind, at, to }: { kind: string; at: number; to: unknown }): Buffer {
  const bytes = Buffer.from(text)
  if (kind === 'byte') {
    bytes[at % bytes.length] = to as number
    return bytes
  }
  if (kind === 'cut') return Buffer.concat([bytes.subarray(0, at % bytes.length), bytes.subarray((at % bytes.length) + (to as number))])
  const event = JSON.parse(text) as Record<string, unknown> & { data: Record<string, unknown> }
  if (kind === 'value') {
    const keys = [
      ...Object.keys(event).map((k) => [event, k] as const),
      ...Object.keys(event.data).map((k) => [event.data, k] as const),
      [event, 'op'] as const,
      [event, 'recordedtime'] as const,
    ]
    const [where, key] = keys[at % keys.length] ?? [event, 'x']
    where[key] = to
    return Buffer.from(JSON.stringify(event))
  }
  if (kind === 'order') return Buffer.from(JSON.stringify(Object.fromEntries(Object.entries(event).reverse()), null, to as number))
  return bytes
}

test('the fast way and the slow way say the same of whatever comes in, to the last bit', () => {
  const message = fc.record({ sample: fc.nat(), changes: fc.array(change, { maxLength: 2 }) })
  fc.assert(
    fc.property(fc.array(message, { minLength: 1, maxLength: 20 }), fc.constantFrom(Number.NaN, Date.UTC(2026, 2, 2, 0, 50)), (messages, timestamp) => {
      const values = messages.map(({ sample, changes }) => changes.reduce<Buffer>((b, c) => safely(b, c), Buffer.from(samples[sample % samples.length] ?? '')))
      expect(told(fast(batchOf(values, { timestamp })))).toEqual(told(slow(batchOf(values, { timestamp }))))
    }),
    { numRuns: 1500 },
  )
})

test('in a batch message too, wherever it is broken', () => {
  const message = fc.record({ sample: fc.nat(), changes: fc.array(change, { maxLength: 1 }) })
  const list = fc.record({
    messages: fc.array(message, { maxLength: 5 }),
    between: fc.constantFrom(',', ' ,\n', ',', ',,', '] [', ' x,', ''),
    harm: fc.option(fc.record({ kind: fc.constantFrom('byte', 'cut'), at: fc.nat(), to: fc.constantFrom(0, 1, 34, 91, 93, 123, 125, 44, 255) }), { freq: 2 }),
  })
  fc.assert(
    fc.property(fc.array(list, { minLength: 1, maxLength: 4 }), (lists) => {
      const values = lists.map(({ messages, between, harm }) => {
        const events = messages.map(({ sample, changes }) =>
          changes.reduce<Buffer>((b, c) => safely(b, c), Buffer.from(samples[sample % samples.length] ?? '')),
        )
        const whole = Buffer.concat([Buffer.from('['), ...events.flatMap((e, i) => (i === 0 ? [e] : [Buffer.from(between), e])), Buffer.from(']')])
        return harm === null ? whole : apply(whole.toString(), harm)
      })
      expect(told(fast(batchOf(values, { form: 'batch' })))).toEqual(told(slow(batchOf(values, { form: 'batch' }))))
    }),
    { numRuns: 1500 },
  )
})

/** Changes that need a parseable event leave others as they are. */
function safely(bytes: Buffer, change: { kind: string; at: number; to: unknown }): Buffer {
  try {
    return apply(bytes.toString(), change)
  } catch {
    return bytes
  }
}

test('what stood behind a member of the sender’s own is not expected behind the brace', () => {
  const [event] = samples as [string]
  const [own, broken] = [event.replace('{', '{"own":1,'), event.replace('{', '{,')]
  const decoded = decoder({ keepJson: false })(batchOf([own, broken, event].map((s) => Buffer.from(s))))
  expect([...decoded.stream]).toEqual([0, -1, 0])
})

test('ordinary events take the fast way', () => {
  const scanner = new Scanner()
  let taken = 0
  const counting = decoder({ keepJson: true }, { scan: (...args) => count(scanner.scan(...args)), scanBinary: (...args) => count(scanner.scanBinary(...args)) })
  const count = <T>(found: T) => {
    if (found !== undefined) taken++
    return found
  }
  const flat = samples.filter((s) => !/"(lines|ids|flags|officers|loanIds|provinces)":/.test(s))
  counting(batchOf(flat.map((s) => Buffer.from(s))))
  expect(taken).toBe(flat.length)
  expect(taken).toBeGreaterThan(20)
})

test('texts too long to be put together with others, and events that take the slow way, keep their place among hundreds', () => {
  const loans = samples.filter((s) => s.includes('"type":"credit.loan"'))
  const events = Array.from({ length: 900 }, (_, i) => {
    const event = JSON.parse(loans[i % loans.length] as string) as Record<string, unknown>
    const subject = i % 170 === 169 ? 'x'.repeat(8193 + i) : i % 90 === 89 ? '"' : 'é'.repeat(i % 40)
    return Buffer.from(JSON.stringify({ ...event, id: `loan-${i}`, subject }))
  })
  expect(told(fast(batchOf(events)))).toEqual(told(slow(batchOf(events))))
})

test('a batch message is as its events one by one; a broken one takes no other with it', () => {
  const events = samples.slice(0, 12)
  const one = fast(batchOf(events.map((s) => Buffer.from(s))))
  const decoded = fast(batchOf([Buffer.from(` [${events.join(' ,\n')}]\n`)], { form: 'batch' }))
  expect(told({ ...decoded, start: one.start, end: one.end })).toEqual(told(one))
  expect([...decoded.message]).toEqual(events.map(() => 0))
  const broken = fast(
    batchOf([Buffer.from(`[${events[0]},{"a":]},${events[1]}]`), Buffer.from(`[${events[0]}`), Buffer.from('[]'), Buffer.from('{}')], { form: 'batch' }),
  )
  expect([...broken.message]).toEqual([0, 1, 3])
  expect(broken.dead.map((d) => d.reason)).toEqual(['not-json', 'not-json', 'not-json'])
  const inside = fast(batchOf([Buffer.from(`[${events[0]},{"a":},"]",${events[1]}]`)], { form: 'batch' }))
  expect([...inside.stream].map((s) => s >= 0)).toEqual([true, false, false, true])
})
