import { existsSync } from 'node:fs'
import { join } from 'node:path'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { members, wholeText } from '../cold/importers/members.ts'
import type { Payment } from './payment-record.ts'
import { Payments } from './payments.ts'
import { RoundTrips } from './round-trips.ts'
import { histories, runs, standing, type Step } from './testing/random-payments.ts'
import { slowTrips } from './testing/slow-trips.ts'

const FOREVER = 1e12

const DAY = 86_400_000

/** Payments a day apart, each of `minor` units. */
function fedWith(rows: [day: number, from: string, to: string, minor: number][], bounds: ConstructorParameters<typeof RoundTrips>[1] = {}) {
  const payments = new Payments(FOREVER)
  const trips = new RoundTrips(payments, bounds)
  const one = ([day, from, to, minor]: (typeof rows)[number], i: number): Payment => ({
    e: day * DAY,
    source: '/b',
    sequence: BigInt(i),
    id: `e${i}`,
    from,
    to,
    creditor: to,
    amount: BigInt(minor),
  })
  rows.forEach((row, i) => payments.set(`p${i}`, one(row, i)))
  return { payments, trips, one }
}

describe('a round trip', () => {
  test('is found when its closing payment comes, under its smallest account, with its payments in order', () => {
    const { trips } = fedWith([
      [1, 'b', 'c', 100],
      [2, 'c', 'a', 90],
      [3, 'a', 'b', 80],
    ])
    expect(trips.changed()).toEqual(['p2'])
    expect(trips.closedBy('p2')).toMatchObject([{ account: 'a', hops: 3, amount: 80n, payments: ['p0', 'p1', 'p2'] }])
    expect(trips.closedBy('p2')[0]?.path[0]).toEqual({ from: 'b', to: 'c', kind: 'payment', amount: '1.00', event: '/b|e0' })
  })

  test('needs three accounts, rising times, ten days at most, and four fifths of each amount', () => {
    const closes = (...rows: Parameters<typeof fedWith>[0]) => fedWith(rows).trips.changed().length
    expect(closes([1, 'a', 'b', 100], [2, 'b', 'a', 100])).toBe(0)
    expect(closes([1, 'a', 'b', 100], [2, 'b', 'c', 100], [2, 'c', 'a', 100])).toBe(0)
    expect(closes([1, 'a', 'b', 100], [2, 'b', 'c', 100], [11, 'c', 'a', 100])).toBe(1)
    expect(closes([1, 'a', 'b', 100], [2, 'b', 'c', 100], [11.001, 'c', 'a', 100])).toBe(0)
    expect(closes([1, 'a', 'b', 100], [2, 'b', 'c', 80], [3, 'c', 'a', 64])).toBe(1)
    expect(closes([1, 'a', 'b', 100], [2, 'b', 'c', 80], [3, 'c', 'a', 63])).toBe(0)
  })

  test('rests on its payments: without one of them the next best is shown, then none', () => {
    const { payments, trips } = fedWith([
      [1, 'a', 'b', 100],
      [2, 'a', 'b', 100],
      [3, 'b', 'c', 100],
      [4, 'c', 'a', 100],
    ])
    expect(trips.restingOn('p1').map((trip) => trip.closing)).toEqual(['p3'])
    expect(trips.restingOn('p0')).toEqual([])
    trips.changed()
    payments.set('p1', undefined)
    expect(trips.changed()).toEqual(['p3'])
    expect(trips.closedBy('p3').map((trip) => trip.payments)).toEqual([['p0', 'p2', 'p3']])
    payments.set('p2', undefined)
    expect(trips.changed()).toEqual(['p3'])
    expect(trips.closedBy('p3')).toEqual([])
  })

  test('through an account with more payments than may be looked at is missed, and counted', () => {
    const many = Array.from({ length: 50 }, (_, i): [number, string, string, number] => [1.5 + i / 100, 'b', `x${i}`, 100])
    const more = many.map(([day, , x, minor]): [number, string, string, number] => [day + 1, x, 'c', minor])
    const rows: [number, string, string, number][] = [[1, 'a', 'b', 100], ...many, ...more, [4, 'c', 'a', 100]]
    expect(fedWith(rows, { visits: 1000 }).trips).toMatchObject({ capped: 0 })
    const { trips } = fedWith(rows, { visits: 20 })
    expect([trips.changed(), trips.capped]).toEqual([[], 1])
  })

  test('old payments are let go, and what they closed stands as long as its closing payment', () => {
    const payments = new Payments(12 * DAY)
    const trips = new RoundTrips(payments)
    const { one } = fedWith([])
    const rows: [number, string, string, number][] = [
      [1, 'a', 'b', 100],
      [2, 'b', 'c', 100],
      [10, 'c', 'a', 100],
      [14, 'x', 'y', 1],
    ]
    rows.forEach((row, i) => payments.set(`p${i}`, one(row, i)))
    expect(trips.closedBy('p2')[0]?.payments).toEqual(['p0', 'p1', 'p2'])
    payments.set('p1', undefined)
    expect([trips.closedBy('p2').length, trips.beyondKeep]).toEqual([1, 1])
    payments.set('q', one([30, 'x', 'y', 1], 9))
    expect([trips.closedBy('p2'), payments.size]).toEqual([[], 1])
  })
})

describe('against every cycle walked', () => {
  const shown = (few: number, steps: number, accounts: number) =>
    fc.assert(
      fc.property(histories(steps, 100, 150, accounts), (history) => {
        const { trips } = fed(history, { within: 50, keep: '0.8', maxHops: 6, visits: 1e9 })
        expect(allTrips(trips, history)).toEqual(
          slowTrips(standing(history), 50, 80n, 6).sort((a, b) => compare(a.closing, b.closing) || compare(a.account, b.account)),
        )
        expect(trips.capped).toBe(0)
      }),
      { numRuns: runs(few) },
    )

  test('after a few statements, corrections and deletions', { timeout: 3_600_000 }, () => shown(250, 40, 6))
  test('after many', { timeout: 3_600_000 }, () => shown(8, 200, 12))
})

function fed(history: readonly Step[], bounds: ConstructorParameters<typeof RoundTrips>[1]) {
  const payments = new Payments(FOREVER)
  const trips = new RoundTrips(payments, bounds)
  for (const { key, payment } of history) payments.set(key, payment)
  return { payments, trips }
}

function allTrips(trips: RoundTrips, history: readonly Step[]) {
  return [...standing(history).keys()]
    .sort(compare)
    .flatMap((key) => trips.closedBy(key))
    .map(({ closing, account, payments }) => ({ closing, account, payments }))
}

function compare(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0
}

const SAMPLE = join(process.env['LOOKTHROUGH_SAMPLES'] ?? '../shared/data', 'amlsim/20K_cycle200.tgz')
if (!existsSync(SAMPLE)) console.log(`skipped: the AMLSim sample with planted cycles, because ${SAMPLE} is missing (set LOOKTHROUGH_SAMPLES)`)

describe.skipIf(!existsSync(SAMPLE))('the published AMLSim sample with planted cycles', () => {
  test('all 7 cycles of 30 days in rising time among its 945 flagged accounts are found among 117,805 payments', { timeout: 300_000 }, async () => {
    const [nodes, transactions] = [await rowsOf('/nodes.csv'), await rowsOf('/transactions.csv')]
    const flagged = new Set(nodes.filter(([, isFraud]) => isFraud === '1').map(([id]) => id))
    const log = transactions.map(([from, to, value, step], i): [string, Payment] => {
      const [e, amount] = [Number(step) * DAY, BigInt(Math.round(Number(value) * 100))]
      return [`t${i}`, { e, source: '/amlsim', sequence: BigInt(i), id: `t${i}`, from: from ?? '', to: to ?? '', creditor: to ?? '', amount }]
    })
    const payments = new Payments(FOREVER)
    const trips = new RoundTrips(payments, { within: 30 * DAY })
    for (const [key, payment] of log) payments.set(key, payment)
    const planted = slowTrips(new Map(log.filter(([, { from, to }]) => flagged.has(from) && flagged.has(to))), 30 * DAY, 80n, 6)
    const missed = planted.filter(({ closing, account }) => !trips.closedBy(closing).some((trip) => trip.account === account))
    expect([flagged.size, log.length, planted.length, missed, trips.capped]).toEqual([945, 117_805, 7, [], 0])
  })
})

/** Rows of a CSV file in the sample, without its heading. */
async function rowsOf(name: string): Promise<string[][]> {
  for await (const { stream } of members(SAMPLE, [name]))
    return (await wholeText(stream))
      .trim()
      .split('\n')
      .slice(1)
      .map((line) => line.trim().split(','))
  return []
}
