import { describe, expect, test } from 'vitest'
import { batchOf } from '../../contract/source.ts'
import { decoder } from './decode.ts'

const LOAN = {
  specversion: '1.0',
  id: 'e1',
  source: '/institutions/B0001/core',
  type: 'credit.loan',
  time: '2026-03-02T01:00:00Z',
  subject: 'L1',
  institution: 'B0001',
  sequence: '1',
  data: { loanId: 'L1', customerId: 'C1', product: 'corporate', balance: '1000.00', ccy: 'CNY', dpd: 0, class: 'normal' } as Record<string, unknown>,
}
const withData = (data: Record<string, unknown>, rest: Record<string, unknown> = {}) => JSON.stringify({ ...LOAN, ...rest, data: { ...LOAN.data, ...data } })

const rawOf = (messages: (string | Uint8Array)[], timestamp = Number.NaN) =>
  batchOf(
    messages.map((m) => (typeof m === 'string' ? Buffer.from(m) : m)),
    { timestamp },
  )

const reasonOf = (message: string | Uint8Array, timestamp?: number) => {
  const [dead] = decoder({ keepJson: false })(rawOf([message], timestamp)).dead
  return dead === undefined ? undefined : [dead.reason, dead.pointer]
}

describe('a message that cannot be judged has the first reason that applies', () => {
  const cases: [string, string | Uint8Array, [string, string | undefined]][] = [
    ['a message over 1 MiB', withData({ purpose: 'x'.repeat(1 << 20) }), ['too-large', undefined]],
    ['65 levels, valid JSON or not', `${'['.repeat(65)}`, ['too-deep', undefined]],
    ['half a message', JSON.stringify(LOAN).slice(0, 60), ['not-json', undefined]],
    ['an empty value', '', ['not-json', undefined]],
    ['bytes that are no UTF-8', Buffer.concat([Buffer.from('{"specversion":"'), Buffer.from([0xff, 0xfe]), Buffer.from('"}')]), ['not-json', undefined]],
    ['an array', '[1]', ['not-cloudevent', undefined]],
    ['an event without a source', JSON.stringify({ ...LOAN, source: undefined }), ['not-cloudevent', undefined]],
    ['the thirteenth month', withData({}, { time: '2026-13-02T01:00:05Z' }), ['bad-time', '/time']],
    ['a recorded time that is none', withData({}, { recordedtime: 'yesterday' }), ['bad-time', '/recordedtime']],
    ['a type nobody knows', withData({}, { type: 'credit.lone' }), ['unknown-type', '/type']],
    ['a type that is a property of every object', withData({}, { type: 'constructor' }), ['unknown-type', '/type']],
    ['an amount as a number', withData({ balance: 1000 }), ['bad-money', '/data/balance']],
    ['an amount with three decimals, before a missing field', withData({ balance: '1.001', dpd: undefined }), ['bad-money', '/data/balance']],
    ['a class that is none', withData({ class: 'excellent' }), ['schema', '/data/class']],
    ['a missing field', withData({ dpd: undefined }), ['schema', '/data/dpd']],
    ['days past due as text', withData({ dpd: '1' }), ['schema', '/data/dpd']],
    ['a correction that does not say when it was recorded', withData({}, { op: 'correct' }), ['schema', '/recordedtime']],
    ['a sequence that is no number', withData({}, { sequence: 'x' }), ['schema', '/sequence']],
  ]
  for (const [name, message, reason] of cases) test(name, () => expect(reasonOf(message)).toEqual(reason))

  test('a time more than ten minutes after its Kafka timestamp', () => {
    const at = Date.UTC(2026, 2, 2, 1, 0, 0)
    expect(reasonOf(JSON.stringify(LOAN), at - 600_001)).toEqual(['future-time', '/time'])
    expect(reasonOf(JSON.stringify(LOAN), at - 600_000)).toBeUndefined()
  })

  test('an amount inside a list names its place', () => {
    const holding = {
      ...LOAN,
      type: 'product.holding',
      data: {
        productId: 'F1',
        kind: 'fund',
        asOf: '2026-03-02',
        nav: '1.00',
        totalAssets: '1.00',
        unidentified: '0.00',
        lines: [
          { kind: 'bond', issuerId: 'P', value: '1.00' },
          { kind: 'bond', issuerId: 'P', value: 'x' },
        ],
      },
    }
    expect(reasonOf(JSON.stringify(holding))).toEqual(['bad-money', '/data/lines/1/value'])
  })
})

test('good and bad messages side by side: columns for the ones, dead letters with their bytes for the others', () => {
  const { streams, dead, stream, row } = decoder({ keepJson: true })(
    rawOf([withData({}), 'oops', withData({ loanId: 'L2', balance: '-12.5', limit: '3' }, { id: 'e2', recordedtime: '2026-03-02T02:00:00+08:00' })]),
  )
  expect(dead.map((d) => [d.offset, d.reason, Buffer.from(d.bytes).toString()])).toEqual([[1, 'not-json', 'oops']])
  expect([...stream]).toEqual([0, -1, 0])
  expect([...row]).toEqual([0, 0, 1])
  const [loans] = streams
  expect(loans?.fields['balance']).toMatchObject({ kind: 'money' })
  expect(loans?.fields['balance']?.values).toSatisfy((v: BigInt64Array) => v[0] === 100000n && v[1] === -1250n)
  expect(loans?.fields['limit']).toMatchObject({ kind: 'money', valid: expect.toSatisfy((v: Uint8Array) => v[0] === 0 && v[1] === 1) as never })
  expect([loans?.recorded[0], loans?.recorded[1]]).toEqual([Number.NaN, Date.UTC(2026, 2, 1, 18)])
  expect(loans?.json?.at(1)).toContain('"L2"')
})

test('a deletion carries at least the id', () => {
  expect(reasonOf(JSON.stringify({ ...LOAN, op: 'delete', data: { loanId: 'L1' } }))).toBeUndefined()
  expect(reasonOf(JSON.stringify({ ...LOAN, op: 'delete', data: {} }))).toEqual(['schema', '/data/loanId'])
})

test('the same content written differently has the same hash; other content has another', () => {
  const hashes = (a: string, b: string) => {
    const [s] = decoder({ keepJson: false })(rawOf([a, b])).streams
    return [s?.content.slice(0, 2), s?.content.slice(2, 4)]
  }
  const reordered = JSON.stringify(Object.fromEntries(Object.entries(LOAN).reverse()), null, 1)
  const [a, b] = hashes(JSON.stringify(LOAN), reordered)
  expect(a).toEqual(b)
  const [c, d] = hashes(withData({}), withData({ balance: '1000.01' }))
  expect(c).not.toEqual(d)
})
