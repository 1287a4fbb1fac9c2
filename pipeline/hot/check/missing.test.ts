import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { loadRules, selectRules } from '../../cold/catalogue/catalogue.ts'
import { type EventType, formatTime, type PublishedAlert, STREAMS } from '../../contract/index.ts'
import { batchOf, type RawBatch, type Source } from '../../contract/source.ts'
import { runEngine } from '../../engine.ts'
import { Database } from '../../store/database.ts'

const RUNS = Number(process.env['LOOKTHROUGH_RUNS'] ?? 8)
const T0 = Date.UTC(2026, 2, 2, 1)
const rules = selectRules(await loadRules(), ['CR-01', 'CR-02', 'CR-05', 'CR-06', 'DQ-12'], [])

/** What is stated in a second. */
type Step =
  | { loan: 'P1' | 'P2' | 'P3'; balance: '0.00' | '10.00' | '20.00' }
  | { units: '0.00' | '30.00' }
  | { kind: 'bank' | 'company' }
  | { described: boolean }
  | { metric: 'tier1' | 'net-capital'; there: boolean }

const step: fc.Arbitrary<Step> = fc.oneof(
  fc.record({ loan: fc.constantFrom('P1', 'P2', 'P3'), balance: fc.constantFrom('0.00', '10.00', '20.00') }),
  fc.record({ units: fc.constantFrom('0.00', '30.00') }),
  fc.record({ kind: fc.constantFrom('bank', 'company') }),
  fc.record({ described: fc.boolean() }),
  fc.record({ metric: fc.constantFrom('tier1', 'net-capital'), there: fc.boolean() }),
)

test('limits over what is looked through to are missed exactly while they have something to judge, however often the engine starts anew', async () => {
  const log = fc.record({ steps: fc.array(step, { minLength: 10, maxLength: 40 }), cuts: fc.array(fc.nat(39), { maxLength: 3 }) })
  await fc.assert(
    fc.asyncProperty(log, async ({ steps, cuts }) => {
      const told = await run(
        steps.map((of, i) => Buffer.from(JSON.stringify(eventOf(of, i)))),
        cuts.filter((cut) => cut < steps.length).sort((a, b) => a - b),
      )
      const told12 = told.filter((a) => a.rule.code === 'DQ-12').map((a) => `${a.at} ${a.subject.part} ${a.state} ${a.values['rules']}`)
      expect(told12.sort()).toEqual(expected(steps).sort())
    }),
    { numRuns: RUNS },
  )
})

function eventOf(of: Step, i: number): Record<string, unknown> {
  const event = (type: EventType, data: Record<string, unknown>, rest: Record<string, unknown> = {}) => {
    const { key } = STREAMS[type]
    const subject = key === 'institution' ? 'B0001' : data[key]
    const time = formatTime(T0 + i * 1000)
    return { specversion: '1.0', id: `e${i}`, source: '/b', type, time, subject, institution: 'B0001', sequence: String(i + 1), data, ...rest }
  }
  if ('loan' in of)
    return event('credit.loan', { loanId: of.loan, customerId: of.loan, product: 'corporate', balance: of.balance, ccy: 'CNY', dpd: 0, class: 'normal' })
  if ('units' in of)
    return event('book.position', { positionId: 'U', book: 'banking', kind: 'fundUnits', productId: 'F1', side: 'long', value: of.units, ccy: 'CNY' })
  if ('kind' in of) return event('ref.party', { partyId: 'P1', kind: of.kind, name: 'P1' })
  if ('metric' in of)
    return event('inst.metric', { metric: of.metric, value: '1000', unit: 'CNY', period: '2025', basis: 'solo' }, of.there ? {} : { op: 'delete' })
  const lines = [{ kind: 'bond', issuerId: 'P2', value: '100.00' }]
  const holding = { productId: 'F1', kind: 'fund', asOf: '2026-03-02', nav: '100.00', totalAssets: '100.00', lines, unidentified: '0.00' }
  return event('product.holding', holding, of.described ? {} : { op: 'delete' })
}

/** Second by second: who is owed what, and so which limits have something to judge. */
function expected(steps: readonly Step[]): string[] {
  const [loans, there] = [new Map<string, bigint>(), new Map<string, boolean>()]
  let [units, bank, described] = [false, false, false]
  const open = new Map<string, string>()
  const told: string[] = []
  steps.forEach((of, i) => {
    if ('loan' in of) loans.set(of.loan, BigInt(Math.round(Number(of.balance))))
    if ('units' in of) units = of.units !== '0.00'
    if ('kind' in of) bank = of.kind === 'bank'
    if ('described' in of) described = of.described
    if ('metric' in of) there.set(of.metric, of.there)
    const owed = (party: string) => (loans.get(party) ?? 0n) > 0n || (party === 'P2' && units && described)
    const parties = ['P1', 'P2', 'P3'].filter(owed)
    const unknown = units && !described
    const tier1 = [
      ...(parties.some((party) => party !== 'P1' || !bank) ? ['CR-02'] : []),
      ...(unknown ? ['CR-05'] : []),
      ...(parties.length > 0 || unknown ? ['CR-06'] : []),
    ]
    const capital = [...loans.values()].some((balance) => balance > 0n) ? ['CR-01'] : []
    for (const [metric, codes] of [
      ['tier1', tier1],
      ['net-capital', capital],
    ] as const) {
      const lacking = there.get(metric) === true ? '' : codes.join(',')
      const at = formatTime(T0 + i * 1000)
      const before = open.get(metric)
      if (lacking !== '' && before === undefined) told.push(`${at} ${metric} new ${lacking}`)
      if (lacking === '' && before !== undefined) told.push(`${at} ${metric} resolved ${before}`)
      if (lacking === '') open.delete(metric)
      else open.set(metric, lacking)
    }
  })
  return told
}

/** The engine over its file, started anew at each cut. */
async function run(lines: Buffer[], cuts: readonly number[]): Promise<PublishedAlert[]> {
  const folder = mkdtempSync(join(tmpdir(), 'lookthrough-missing-'))
  const out: PublishedAlert[] = []
  const ends = [...cuts, lines.length]
  for (const [k, to] of ends.entries()) {
    const db = await Database.open(join(folder, 'state.duckdb'), { threads: 1 })
    const source = partOf(lines, ends[k - 1] ?? 0, to, k === cuts.length)
    const sink = { deliver: () => Promise.resolve(), close: () => Promise.resolve() }
    await runEngine({ db, source, rules, pace: { maxEvents: 7, waitMs: 0 }, sink, onDelivered: (d) => out.push(...d.revisions) })
    db.close()
  }
  rmSync(folder, { recursive: true, force: true })
  return out
}

/** A part of the log in slices; it ends there, or just stops. */
function partOf(lines: Buffer[], from: number, to: number, ends: boolean): Source {
  let [at, done] = [from, false]
  const pull = (max: number): RawBatch | null => {
    if (done || (!ends && at >= to)) return null
    const [first, slice] = [at, lines.slice(at, Math.min(to, at + max))]
    at += slice.length
    done = ends && at >= to
    return batchOf(slice, { first, ended: done })
  }
  return {
    partitions: [{ topic: 'log', partition: 0 }],
    control: [],
    silent: () => [],
    writeControl: () => Promise.resolve(),
    close: () => Promise.resolve(),
    pull: (max) => Promise.resolve(pull(max)),
  }
}
