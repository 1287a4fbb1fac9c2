import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { MoneyTrace } from './flows.ts'
import type { Payment } from './payment-record.ts'
import { Payments } from './payments.ts'
import { type Method, METHODS } from './taint.ts'
import { histories, runs, standing, type Step } from './testing/random-payments.ts'
import { inOrder, type SlowBounds, slowTaint } from './testing/slow-taint.ts'

const FOREVER = 1e12
const DAY = 86_400_000

/** Payments on day `day`, one after the other; amounts in yuan. */
function log(...rows: [day: number, from: string, to: string, yuan: number, loan?: string][]): [string, Payment][] {
  return rows.map(([day, from, to, yuan, loan], i) => {
    const payment = {
      e: day * DAY,
      source: '/b',
      sequence: BigInt(i),
      id: `e${i}`,
      from,
      to,
      creditor: to.replace(/\d+$/, ''),
      amount: BigInt(Math.round(yuan * 100)),
    }
    return [`p${i}`, { ...payment, ...(loan !== undefined && { loan }) }]
  })
}

function traced(rows: [string, Payment][], bounds: ConstructorParameters<typeof MoneyTrace>[1] = {}, keep = FOREVER) {
  const { payments, trace } = engine(bounds, { L1: 'D' }, keep)
  for (const [key, payment] of rows) payments.set(key, payment)
  return { payments, trace }
}

const yuan = (trace: MoneyTrace, method: Method) =>
  Object.fromEntries(trace.reached('L1').flatMap((r) => (r.method === method ? [[r.account, Number(r.amount) / 100]] : [])))

describe('the four methods', () => {
  // 100 of its own, then the loan of 300; what is paid out: 200, then 150; 50 is left.
  const rows = log([0, 'shop', 'D', 100], [1, 'bank', 'D', 300, 'L1'], [2, 'D', 'X', 200], [3, 'D', 'Y', 150])
  const { trace } = traced(rows)

  test('first in, first out: its own 100 go first (Clayton’s case, Devaynes v Noble, 1816)', () =>
    expect(yuan(trace, 'fifo')).toEqual({ D: 300, X: 100, Y: 150 }))
  test('last in, first out: the loan goes first', () => expect(yuan(trace, 'lifo')).toEqual({ D: 300, X: 200, Y: 100 }))
  test('pro rata: three quarters of every payment', () => expect(yuan(trace, 'prorata')).toEqual({ D: 300, X: 150, Y: 112.5 }))
  test('poison: every payment in full (Möser, Böhme and Breuker, 2014)', () => expect(yuan(trace, 'poison')).toEqual({ D: 300, X: 200, Y: 150 }))

  test('the parcels of a payment arrive in the order in which they left', () => {
    const onward = traced([
      ...rows,
      ...log([0, '', '', 0], [0, '', '', 0], [0, '', '', 0], [0, '', '', 0], [4, 'X', 'Z', 120], [5, 'Y', 'Z', 120]).slice(4),
    ]).trace
    expect([yuan(onward, 'fifo')['Z'], yuan(onward, 'lifo')['Z']]).toEqual([20 + 120, 120 + 70])
    expect([yuan(onward, 'prorata')['Z'], yuan(onward, 'poison')['Z']]).toEqual([90 + 90, 240])
  })

  test('a payment beyond the balance is clean for the excess, and an emptied account is clean', () => {
    const { trace: beyond } = traced(log([1, 'bank', 'D', 100, 'L1'], [2, 'D', 'X', 150], [3, 'shop', 'D', 50], [4, 'D', 'Y', 50]))
    for (const method of METHODS) expect(yuan(beyond, method)).toEqual({ D: 100, X: 100 })
  })

  test('pro rata is rounded half to even to the fen, and what is rounded off stays: 0.01 among 0.03, paid on fen by fen', () => {
    const { trace: fen } = traced(log([0, 'shop', 'D', 0.02], [1, 'bank', 'D', 0.01, 'L1'], [2, 'D', 'X', 0.01], [3, 'D', 'Y', 0.01], [4, 'D', 'Z', 0.01]))
    expect(yuan(fen, 'prorata')).toEqual({ D: 0.01, Z: 0.01 })
  })

  test('amounts whose products pass 2^53 are exact, where floating point would be one fen too many', () => {
    const { trace: large } = traced(log([0, 'shop', 'D', 16_174_733_408.3], [1, 'bank', 'D', 23_781_843_353.62, 'L1'], [2, 'D', 'X', 36_578_079_678.96]))
    expect(large.reached('L1').find((r) => r.method === 'prorata' && r.account === 'X')?.amount).toBe(2_177_098_819_762n)
    expect(Math.round((2_378_184_335_362 * 3_657_807_967_896) / (1_617_473_340_830 + 2_378_184_335_362))).toBe(2_177_098_819_763)
  })
})

describe('an account much is paid through', () => {
  test('keeps its places in line to the fen when more than 2^53 fen have passed', () => {
    const rows = log(
      [0, 'shop', 'D', 5e13],
      [1, 'bank', 'D', 100.01, 'L1'],
      [2, 'D', 'X', 4e13],
      [3, 'shop', 'D', 8e13],
      [4, 'bank', 'D', 100.01, 'L1'],
      [5, 'D', 'Y', 1e13],
      [6, 'D', 'Y', 100.01],
      [7, 'D', 'Z', 8e13],
      [8, 'D', 'W', 0.01],
    )
    const { trace } = traced(rows)
    expect(yuan(trace, 'fifo')).toEqual({ D: 200.02, Y: 100.01, W: 0.01 })
  })

  test('goes on paying to accounts a full trace has reached, and brings it to no other', () => {
    const rows = log([1, 'bank', 'D', 100, 'L1'], [2, 'D', 'hub', 100], [3, 'shop', 'hub', 100], [4, 'hub', 'X', 20], [5, 'hub', 'Y', 20], [6, 'hub', 'X', 20])
    const { trace } = traced(rows, { accounts: 3 })
    expect(yuan(trace, 'fifo')).toEqual({ D: 100, hub: 100, X: 40 })
    expect(yuan(trace, 'lifo')).toEqual({ D: 100, hub: 100 })
    expect(yuan(trace, 'prorata')).toEqual({ D: 100, hub: 100, X: 20 })
    expect(yuan(trace, 'poison')).toEqual({ D: 100, hub: 100, X: 40 })
    expect(trace.whereabouts('L1', 'prorata')).toEqual({ drawn: 10_000n, held: 9_000n, lapsed: 0n, beyond: 1_000n })
    expect(trace.capped).toBe(3)
  })
})

describe('how far money is followed', () => {
  test('within 30 days of being paid out, the 30th day included', () => {
    const { trace } = traced(log([1, 'bank', 'D', 100, 'L1'], [31, 'D', 'X', 10], [31.001, 'D', 'Y', 10]))
    expect(yuan(trace, 'fifo')).toEqual({ D: 100, X: 10 })
  })

  test('a part paid out later is followed from then on', () => {
    const { trace } = traced(log([1, 'bank', 'D', 100, 'L1'], [20, 'bank', 'D', 100, 'L1'], [50, 'D', 'X', 200], [51, 'D', 'Y', 10]))
    expect(yuan(trace, 'lifo')).toEqual({ D: 200, X: 200 })
  })

  test('over five payments, and no sixth; the fewest count', () => {
    const chain = ['D', 'a', 'b', 'c', 'd', 'e', 'f']
    const rows = log([1, 'bank', 'D', 100, 'L1'], ...chain.slice(1).map((to, i): [number, string, string, number] => [2 + i, chain[i] as string, to, 100]))
    const { trace, payments } = traced(rows)
    const hops = () =>
      trace
        .reached('L1')
        .flatMap((r): [string, number][] => (r.method === 'prorata' ? [[r.account, r.hops]] : []))
        .sort(([, a], [, b]) => a - b)
    expect(hops()).toEqual(['D', 'a', 'b', 'c', 'd', 'e'].map((account, hop) => [account, hop]))
    payments.set('p9', { ...(rows[1] as [string, Payment])[1], e: 1.5 * DAY, id: 'e9', from: 'D', to: 'e', amount: 5000n })
    expect(hops()).toContainEqual(['e', 1])
    expect(hops()).toContainEqual(['f', 2])
  })

  test('the path is the payments by which it came with the fewest hops, each after the one before', () => {
    const { trace } = traced(log([1, 'bank', 'D', 100, 'L1'], [2, 'D', 'X', 60], [3, 'X', 'Y', 60], [4, 'D', 'Y', 40], [5, 'Y', 'Z', 100]))
    const path = (account: string) => trace.path('L1', 'fifo', account).map((s) => `${s.from}>${s.to} ${s.amount} ${s.event}`)
    expect(path('Y')).toEqual(['bank>D 100.00 /b|e0', 'D>Y 40.00 /b|e3'])
    expect(path('Z')).toEqual(['bank>D 100.00 /b|e0', 'D>Y 40.00 /b|e3', 'Y>Z 100.00 /b|e4'])
    expect(trace.path('L1', 'fifo', 'nowhere')).toEqual([])
  })

  test('to so many accounts and no further, and says so; nothing is lost of it', () => {
    const { trace } = traced(log([1, 'bank', 'D', 100, 'L1'], [2, 'D', 'X', 30], [3, 'D', 'Y', 30], [4, 'D', 'X', 10]), { accounts: 2 })
    expect(yuan(trace, 'prorata')).toEqual({ D: 100, X: 40 })
    expect(trace.capped).toBe(METHODS.length)
    expect(trace.whereabouts('L1', 'prorata')).toEqual({ drawn: 10_000n, held: 7_000n, lapsed: 0n, beyond: 3_000n })
  })
})

describe('sinks and money that comes back', () => {
  test('what reached accounts of parties with a sink is summed, paid on or not (CR-18)', () => {
    const { trace } = traced(
      log([1, 'bank', 'D', 100, 'L1'], [2, 'D', 'broker1', 30], [2, 'D', 'shop', 20], [3, 'shop', 'broker2', 20], [4, 'broker1', 'shop', 30]),
    )
    expect(trace.sunk('L1', 'prorata', (party) => party === 'broker')).toBe(5_000n)
  })

  const inside = (party: string) => party === 'own' || party === 'D' || party === 'sister'

  test('what comes back by way of an outside party is returned; what the borrower moves among its own accounts is not (CR-19)', () => {
    const { trace } = traced(log([1, 'bank', 'D', 100, 'L1'], [2, 'D', 'own1', 40], [2, 'D', 'shop', 60], [3, 'shop', 'own2', 35], [4, 'own2', 'own3', 35]))
    expect(trace.returned('L1', inside)).toMatchObject({ amount: 3_500n, account: 'own2' })
    expect(trace.returned('L1', inside).path.map((s) => `${s.from}>${s.to}`)).toEqual(['bank>D', 'D>shop', 'shop>own2'])
  })

  test('the client group counts as the borrower; the account the loan was paid to does not', () => {
    const { trace } = traced(log([1, 'bank', 'D', 100, 'L1'], [2, 'D', 'shop', 60], [3, 'shop', 'sister', 20], [4, 'shop', 'D', 30]))
    expect(trace.returned('L1', inside).amount).toBe(2_000n)
    expect(trace.returned('L1', (party) => party === 'D')).toEqual({ amount: 0n, path: [] })
  })

  test('within seven days, the seventh included', () => {
    const { trace } = traced(log([1, 'bank', 'D', 100, 'L1'], [2, 'D', 'shop', 60], [8, 'shop', 'own1', 20], [8.001, 'shop', 'own1', 10]))
    expect(trace.returned('L1', inside).amount).toBe(2_000n)
  })
})

describe('what is corrected', () => {
  const rows = log([0, 'shop', 'D', 100], [1, 'bank', 'D', 300, 'L1'], [2, 'D', 'X', 200], [3, 'X', 'Y', 150])

  test('a payment taken out, or stated anew, has the loans it concerns traced anew, and only those', () => {
    const { payments, trace } = traced(rows)
    trace.set('L2', { account: 'far' })
    payments.set('q', { ...(rows[1] as [string, Payment])[1], id: 'q', to: 'far', loan: 'L2' })
    expect(trace.changed()).toEqual(['L1', 'L2'])
    expect(yuan(trace, 'prorata')).toEqual({ D: 300, X: 150, Y: 112.5 })
    payments.set('p0', undefined)
    expect(trace.changed()).toEqual(['L1'])
    expect(yuan(trace, 'prorata')).toEqual({ D: 300, X: 200, Y: 150 })
    payments.set('p2', { ...(rows[2] as [string, Payment])[1], amount: 10_000n })
    expect(yuan(trace, 'prorata')).toEqual({ D: 300, X: 100, Y: 100 })
  })

  test('a payment of before an account was last empty does not concern a loan that came to it later', () => {
    const emptied = log(
      [0, 'shop', 'hub', 100],
      [1, 'shop', 'hub', 30],
      [2, 'hub', 'away', 200],
      [3, 'bank', 'D', 300, 'L1'],
      [4, 'D', 'hub', 300],
      [5, 'hub', 'X', 10],
    )
    const { payments, trace } = traced(emptied)
    expect(trace.changed()).toEqual(['L1'])
    payments.set('p1', undefined)
    expect(trace.changed()).toEqual([])
    payments.set('p2', undefined)
    expect(trace.changed()).toEqual(['L1'])
    expect(yuan(trace, 'fifo')).toEqual({ D: 300, hub: 300 })
  })

  test('another disbursement account takes the trace along; without the loan there is none', () => {
    const { trace } = traced(rows)
    trace.set('L1', { account: 'X' })
    expect(trace.reached('L1')).toEqual([])
    trace.set('L1', { account: 'D' })
    expect(yuan(trace, 'prorata')).toEqual({ D: 300, X: 150, Y: 112.5 })
    trace.set('L1', undefined)
    expect(trace.changed()).toEqual(['L1'])
    expect(trace.reached('L1')).toEqual([])
  })

  test('a loan stated after its money had gone is traced from the payments kept', () => {
    const payments = new Payments(FOREVER)
    const trace = new MoneyTrace(payments)
    for (const [key, payment] of rows) payments.set(key, payment)
    trace.set('L1', { account: 'D' })
    expect(yuan(trace, 'fifo')).toEqual({ D: 300, X: 100, Y: 50 })
  })

  test('payments older than what is kept are let go, the balance they left is not; a trace they belong to stands', () => {
    const later = log([40, 'far', 'away', 1], [41, 'D', 'Z', 100], [42, 'Y', 'Z', 1]).map(([key, p]): [string, Payment] => [`late ${key}`, p])
    const { payments, trace } = traced([...rows, ...later], { horizon: 35 * DAY }, 36 * DAY)
    expect(payments.size).toBe(3)
    expect(yuan(trace, 'fifo')).toEqual({ D: 300, X: 100, Y: 50 })
    trace.set('L2', { account: 'Z' })
    payments.set('n', { ...(rows[1] as [string, Payment])[1], e: 43 * DAY, id: 'n', from: 'bank', to: 'Z', loan: 'L2', amount: 10_100n })
    payments.set('m', { ...(rows[1] as [string, Payment])[1], e: 44 * DAY, id: 'm', from: 'Z', to: 'end', amount: 10_100n })
    expect(trace.reached('L2').find((r) => r.method === 'prorata' && r.account === 'end')?.amount).toBe(5_050n)
    payments.set('late p1', undefined)
    expect(trace.beyondKeep).toBe(1)
    expect(yuan(trace, 'fifo')).toEqual({ D: 300, X: 100, Y: 50 })
    expect(trace.path('L1', 'fifo', 'X')).toEqual([
      { kind: 'payment', to: 'D' },
      { kind: 'payment', to: 'X' },
    ])
    expect(payments.set('p2', undefined)).toBe(false)
  })
})

describe('against every coin moved by hand', () => {
  const bounds = { horizon: 60, hops: 3, accounts: 100, returnWithin: 20 }
  const few = fc.constantFrom(3, 4, 100)
  const accounts = { L1: 'a0', L2: 'a1' }
  const shown = (numRuns: number, steps: number) =>
    fc.assert(
      fc.property(histories(steps, 100, 150, 6), fc.integer({ min: 1, max: 40 }), few, (history, every, most) => {
        const capped = { ...bounds, accounts: most }
        const { payments, trace } = engine(capped, accounts)
        history.forEach((step, i) => {
          payments.set(step.key, step.payment)
          if (i % every === 0) trace.changed()
        })
        expect(tracesOf(trace)).toEqual(slowTraces(history, capped, accounts))
      }),
      { numRuns },
    )

  test('after a few statements, corrections and deletions: amounts to the fen, hops, first times, and what is where', { timeout: 3_600_000 }, () =>
    shown(runs(300), 40),
  )
  test('after many', { timeout: 3_600_000 }, () => shown(Math.ceil(runs(80) / 10), 200))

  test('letting go of old payments changes nothing of what is traced in event order', { timeout: 3_600_000 }, () => {
    fc.assert(
      fc.property(histories(60, 400, 1_000_000, 5), (history) => {
        const inTurn = history
          .flatMap(({ payment }, i) => (payment === undefined ? [] : [{ key: `p${i}`, payment }]))
          .sort((a, b) => inOrder(a.payment, b.payment))
        const [short, long] = [engine(bounds, accounts, 65), engine(bounds, accounts)]
        for (const { key, payment } of inTurn) {
          short.payments.set(key, payment)
          long.payments.set(key, payment)
        }
        expect(tracesOf(short.trace)).toEqual(tracesOf(long.trace))
        expect(short.payments.size).toBeLessThan(long.payments.size)
      }),
      { numRuns: runs(100) },
    )
  })
})

function engine(bounds: ConstructorParameters<typeof MoneyTrace>[1], accounts: Record<string, string>, keep = FOREVER) {
  const payments = new Payments(keep)
  const trace = new MoneyTrace(payments, bounds)
  for (const [loan, account] of Object.entries(accounts)) trace.set(loan, { account })
  return { payments, trace }
}

function tracesOf(trace: MoneyTrace) {
  return ['L1', 'L2'].map((loan) => ({
    reached: trace.reached(loan).map(({ method, account, amount, hops, first }) => ({ method, account, amount, hops, first })),
    where: METHODS.slice(0, 3).map((method) => {
      const { drawn, held, lapsed, beyond } = trace.whereabouts(loan, method)
      return { drawn, stays: held + lapsed, beyond }
    }),
  }))
}

function slowTraces(steps: Step[], bounds: SlowBounds, accounts: Record<string, string>) {
  const log = [...standing(steps).values()].sort(inOrder)
  return Object.entries(accounts).map(([id, account]) => {
    const slow = METHODS.map((method) => ({ method, ...slowTaint(log, { id, account }, method, bounds) }))
    return {
      reached: slow.flatMap(({ method, reached }) =>
        [...reached].sort(([a], [b]) => (a < b ? -1 : 1)).map(([where, { amount, hops, first }]) => ({ method, account: where, amount, hops, first })),
      ),
      where: slow.slice(0, 3).map(({ drawn, where, beyond }) => ({ drawn, stays: where, beyond })),
    }
  })
}
