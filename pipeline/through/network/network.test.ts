import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { graphs } from '../testing/random-banks.ts'
import { WHOLE } from './cascade.ts'
import { type Exposure, InterbankNetwork, type NetworkMetric, type NetworkOptions } from './network.ts'

const NAMES = ['B1', 'B10', 'B2', 'B3', 'B4', 'B5', 'B6']

/** The acyclic example: B1 owes B2 and B3 6.00 each, B2 owes B3 4.00; external assets 3, 1 and 0. */
function acyclic(options: NetworkOptions = {}): InterbankNetwork {
  const network = new InterbankNetwork(options)
  network.setExposure('IB1', { institution: 'B2', issuer: 'B1', amount: 600n })
  network.setExposure('IB2', { institution: 'B3', issuer: 'B1', amount: 600n })
  network.setExposure('IB3', { institution: 'B3', issuer: 'B2', amount: 400n })
  for (const [name, assets] of [
    ['B1', 300n],
    ['B2', 100n],
    ['B3', 0n],
  ] as const) {
    network.setMetric(name, 'external-assets', assets)
    network.setMetric(name, 'external-liabilities', 0n)
  }
  return network
}

describe('clearing as statements come', () => {
  test('rows are those of the acyclic example, and equity before is at face value', () => {
    const network = acyclic()
    expect(network.clearing('B2')).toEqual({ payment: 250n, owed: 400n, before: 300n, equity: -150n, short: true })
    expect(['B1', 'B2', 'B3'].map((name) => network.clearingRow(name))).toEqual([
      { model: 'eisenberg-noe', scenario: 'base', institution: 'B1', equityAfter: -900n, loss: 0n, impact: 0, defaulted: true },
      { model: 'eisenberg-noe', scenario: 'base', institution: 'B2', equityAfter: -150n, loss: 450n, impact: 1, defaulted: true },
      { model: 'eisenberg-noe', scenario: 'base', institution: 'B3', equityAfter: 400n, loss: 600n, impact: 0.6, defaulted: false },
    ])
  })

  test('only those whose clearing moved are named, by name', () => {
    const network = acyclic()
    expect(network.changed()).toEqual({ clearing: ['B1', 'B2', 'B3'], defaults: [] })
    network.setMetric('B2', 'external-assets', 700n)
    expect(network.changed()).toEqual({ clearing: ['B2', 'B3'], defaults: [] })
    expect(network.changed()).toEqual({ clearing: [], defaults: [] })
    network.setExposure('IB1', undefined)
    network.setExposure('IB2', undefined)
    network.setMetric('B1', 'external-assets', undefined)
    expect(network.changed()).toEqual({ clearing: ['B1', 'B2', 'B3'], defaults: [] })
    expect(network.clearing('B1')).toBeUndefined()
  })

  test('a shock takes its part of external assets before anyone pays', () => {
    expect(acyclic({ shock: WHOLE / 10n }).clearing('B1')).toMatchObject({ payment: 270n, before: -900n, equity: -930n })
  })

  test('an institution whose external balance is not known pays in full, has no row and is named as missing it', () => {
    const network = acyclic()
    network.setMetric('B1', 'external-liabilities', undefined)
    expect(network.clearingRow('B1')).toBeUndefined()
    expect(network.clearing('B2')).toMatchObject({ payment: 400n, equity: 300n, short: false })
    expect(network.missing()).toEqual([
      { institution: 'B1', metric: 'equity' },
      { institution: 'B1', metric: 'external-liabilities' },
      { institution: 'B2', metric: 'equity' },
      { institution: 'B3', metric: 'equity' },
    ])
  })

  test('several claims on one debtor add up, one on oneself is none', () => {
    const network = acyclic()
    network.setExposure('IB4', { institution: 'B3', issuer: 'B2', amount: 100n })
    network.setExposure('IB5', { institution: 'B2', issuer: 'B2', amount: 1000n })
    expect(network.clearing('B2')?.owed).toBe(500n)
  })
})

describe('defaults as statements come', () => {
  const withEquity = () => {
    const network = acyclic()
    for (const [name, equity] of [
      ['B1', 500n],
      ['B2', 800n],
      ['B3', 1200n],
    ] as const)
      network.setMetric(name, 'equity', equity)
    return network
  }

  test('the cost leaves out the own loss and stands against the equity of all', () => {
    const network = withEquity()
    // B2 loses 6.00 of 8.00, B3 6.00 and three quarters of 4.00.
    expect(network.costOfDefault('B1')).toEqual({ loss: 1500n, systemEquity: 2500n })
    expect(network.costOfDefault('B3')).toEqual({ loss: 0n, systemEquity: 2500n })
    expect(network.costOfDefault('B9')).toBeUndefined()
  })

  test('rows name the one that defaults and those that lose, under both models', () => {
    const scenario = 'default:B1'
    expect(withEquity().defaultRows('B1')).toEqual([
      { model: 'debtrank', scenario, institution: 'B1', equityAfter: 0n, loss: 500n, impact: 1, defaulted: true },
      { model: 'debtrank', scenario, institution: 'B2', equityAfter: 200n, loss: 600n, impact: 0.75, defaulted: false },
      { model: 'debtrank', scenario, institution: 'B3', equityAfter: 300n, loss: 900n, impact: 0.75, defaulted: false },
      { model: 'cascade', scenario, institution: 'B1', equityAfter: 0n, loss: 500n, impact: 1, defaulted: true },
      { model: 'cascade', scenario, institution: 'B2', equityAfter: 200n, loss: 600n, impact: 0.75, defaulted: false },
      { model: 'cascade', scenario, institution: 'B3', equityAfter: 600n, loss: 600n, impact: 0.5, defaulted: false },
    ])
  })

  test('a change is one of the defaults that it bears on, and of all that cost something when the equity of the system moves', () => {
    const network = withEquity()
    network.changed()
    network.setExposure('IB3', { institution: 'B3', issuer: 'B2', amount: 500n })
    expect(network.changed().defaults).toEqual(['B1', 'B2'])
    network.setMetric('B9', 'equity', 1000n)
    expect(network.changed().defaults).toEqual(['B1', 'B2', 'B9'])
    expect(network.costOfDefault('B1')?.systemEquity).toBe(3500n)
  })

  test('equity below zero is no part of the equity of the system', () => {
    const network = withEquity()
    network.setMetric('B3', 'equity', -400n)
    expect(network.costOfDefault('B1')).toEqual({ loss: 600n, systemEquity: 1300n })
  })
})

type Step =
  | { set: 'exposure'; id: string; exposure: Exposure | undefined }
  | { set: 'metric'; institution: string; metric: NetworkMetric; value: bigint | undefined }

const name = fc.constantFrom(...NAMES)
const amount = fc.oneof(fc.bigInt(0n, 9n), fc.bigInt(0n, 10n ** 14n))
const step = fc.oneof(
  fc.record({
    set: fc.constant('exposure' as const),
    id: fc.constantFrom(...Array.from({ length: 16 }, (_, i) => `P${i}`)),
    exposure: fc.option(fc.record({ institution: name, issuer: name, amount }), { nil: undefined, freq: 3 }),
  }),
  fc.record({
    set: fc.constant('metric' as const),
    institution: name,
    metric: fc.constantFrom<NetworkMetric>('equity', 'external-assets', 'external-liabilities'),
    value: fc.option(fc.oneof(amount, fc.bigInt(-9n, 0n)), { nil: undefined, freq: 6 }),
  }),
) satisfies fc.Arbitrary<Step>

function take(network: InterbankNetwork, step: Step): void {
  if (step.set === 'exposure') network.setExposure(step.id, step.exposure)
  else network.setMetric(step.institution, step.metric, step.value)
}

/** All that can be asked for, and by whom it is asked. */
function shown(network: InterbankNetwork) {
  const clearing = new Map(NAMES.map((n) => [n, { values: network.clearing(n), row: network.clearingRow(n) }]))
  const defaults = new Map(NAMES.map((n) => [n, { cost: network.costOfDefault(n), rows: network.defaultRows(n) }]))
  return { clearing, defaults, missing: network.missing(), capped: network.capped }
}

/** A network that was only ever told what stands, in the opposite order. */
function rebuilt(steps: readonly Step[]): InterbankNetwork {
  const standing = new Map(steps.map((s) => [s.set === 'exposure' ? s.id : `${s.institution} ${s.metric}`, s]))
  const network = new InterbankNetwork()
  for (const s of [...standing.values()].reverse()) take(network, s)
  return network
}

test('after 200 random steps all is as in a network built afresh, and each call has named exactly what differs', () => {
  fc.assert(
    fc.property(fc.array(step, { minLength: 200, maxLength: 200 }), fc.integer({ min: 1, max: 60 }), (steps, apart) => {
      const network = new InterbankNetwork()
      let before = shown(network)
      for (const [n, s] of steps.entries()) {
        take(network, s)
        if (n % apart !== 0 && n !== steps.length - 1) continue
        const [changed, now] = [network.changed(), shown(network)]
        expect(changed.clearing).toEqual(differing(before.clearing, now.clearing))
        expect(changed.defaults).toEqual(differing(before.defaults, now.defaults).filter((of) => !onlyRescaled(before, now, of)))
        before = now
      }
      expect(before).toEqual(shown(rebuilt(steps)))
    }),
    { numRuns: Math.ceil(graphs(300) / 15) },
  )
})

function differing<T>(before: Map<string, T>, now: Map<string, T>): string[] {
  return NAMES.filter((n) => JSON.stringify(before.get(n), exactly) !== JSON.stringify(now.get(n), exactly))
}

/** The default of who costs the others nothing is as before when only the equity of the system has moved. */
function onlyRescaled(before: ReturnType<typeof shown>, now: ReturnType<typeof shown>, of: string): boolean {
  const [a, b] = [before.defaults.get(of), now.defaults.get(of)]
  return a?.cost?.loss === 0n && b?.cost?.loss === 0n && JSON.stringify(a.rows, exactly) === JSON.stringify(b.rows, exactly)
}

function exactly(_: string, value: unknown): unknown {
  return typeof value === 'bigint' ? `${value}` : value
}
