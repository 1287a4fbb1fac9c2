import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import type { PathStep, PublishedAlert } from '../../contract/index.ts'
import { alertOf, USERS } from '../testing/world.ts'
import { isOwn, streamOf, viewFor } from './see.ts'
import { ROLES } from './users.ts'

const OWN = 'B0001'
const ownEvent = (n: number) => `/institutions/${OWN}/core|own-${n}`
const step = (over: Partial<PathStep>): PathStep => ({ from: OWN, to: 'F1', kind: 'fundUnits', share: '0.10', amount: '40.00', ...over })

describe('what a bank sees', () => {
  test('an alert of another bank, one kept to the supervisor, and one of a rule in shadow do not exist for it', () => {
    expect(viewFor(USERS.b1, alertOf(1))).toBeDefined()
    expect(viewFor(USERS.b2, alertOf(1))).toBeUndefined()
    expect(viewFor(USERS.b1, alertOf(1, { disclosure: 'supervisor' }))).toBeUndefined()
    expect(viewFor(USERS.b1, alertOf(1, { mode: 'shadow' }))).toBeUndefined()
  })

  test('a desk user without an institution sees nothing, not even an alert without one', () => {
    for (const institution of [null, '']) expect(viewFor({ role: 'desk', institution }, alertOf(1, { institution: '' }))).toBeUndefined()
  })

  test('an alert that rests on its own records alone is shown as it is', () => {
    const position = { topic: 'book.position', partition: 1, offset: 7 }
    const alert = alertOf(1, { path: [step({ event: ownEvent(1) })], evidence: [ownEvent(1)], evidenceCount: 1, positions: [position] })
    expect(viewFor(USERS.b1, alert)).toEqual(alert)
  })

  test('steps of other institutions keep kind and amount, their evidence and positions go, and the count is that of what is shown', () => {
    const alert = alertOf(1, {
      path: [step({ event: ownEvent(1) }), step({ from: 'F1', to: 'P9', event: '/institutions/I0001/core|x' }), step({ from: 'F2', to: 'P8' })],
      evidence: ['/institutions/I0001/core|x', ownEvent(1)],
      evidenceCount: 30,
      positions: [
        { topic: 'product.holding', partition: 0, offset: 1 },
        { topic: 'book.position', partition: 0, offset: 2 },
      ],
    })
    const seen = viewFor(USERS.b1, alert)
    expect(seen?.path).toEqual([step({ event: ownEvent(1) }), { kind: 'fundUnits', amount: '40.00' }, { kind: 'fundUnits', amount: '40.00' }])
    expect(seen).toMatchObject({ evidence: [ownEvent(1)], evidenceCount: 1, positions: [{ topic: 'book.position', partition: 0, offset: 2 }] })
  })

  test('where others’ records are behind it, figures stay and texts that could name others go, with the sentence that has them', () => {
    const others = { evidence: ['/institutions/I0001/core|x'], evidenceCount: 1, says: { zh: '关联客户（P7,P8）', en: 'clients (P7,P8)' } }
    const told = (code: string, values: Record<string, string>, over: Partial<PublishedAlert> = {}) =>
      viewFor(USERS.b1, alertOf(1, { rule: { code, id: 'x', version: '1.0.0', hash: 'sha256:0' }, values, ...others, ...over }))
    expect(told('CR-03', { exposure: '9.00', members: 'P7,P8' })).toMatchObject({
      values: { exposure: '9.00' },
      says: { en: 'B0001: CR-03 about P1 (exposure 9.00, threshold 0.1500); what rests on others’ records is not told' },
    })
    expect(told('OP-13', { listed: 'P9', via: 'control', share: '0.5000' })?.values).toEqual({ via: 'control' })
    expect(told('DQ-08', { sum: '1.2', reason: 'over-owned' })?.values).toEqual({ reason: 'over-owned' })
    expect(told('XX-99', { n: '-1.5', day: '2026-03-02', at: '2026-03-02T01:00:00.000Z', who: 'P9' })?.values).not.toHaveProperty('who')
    expect(told('CR-02', { exposure: '9.00' })?.says).toEqual(others.says)
    const own = { evidence: [ownEvent(1)], evidenceCount: 1 }
    expect(told('CR-03', { exposure: '9.00', members: 'P7,P8' }, own)).toMatchObject({ values: { members: 'P7,P8' }, says: others.says })
  })

  test('of evidence that goes on beyond what is shown the number stays where one table is behind it, and goes where there are paths', () => {
    const many = { evidence: [ownEvent(1)], evidenceCount: 30 }
    expect(viewFor(USERS.b1, alertOf(1, many))?.evidenceCount).toBe(30)
    expect(viewFor(USERS.b1, alertOf(1, { ...many, path: [step({ event: ownEvent(1) })] }))?.evidenceCount).toBe(1)
  })

  test('positions that do not stand beside the evidence one by one are not shown', () => {
    const alert = alertOf(1, { evidence: [ownEvent(1), ownEvent(2)], evidenceCount: 2, positions: [{ topic: 'credit.loan', partition: 0, offset: 1 }] })
    expect(viewFor(USERS.b1, alert)).not.toHaveProperty('positions')
  })
})

describe('whose an event is', () => {
  test('the institution is a segment of the source; after `institutions` no other segment counts', () => {
    expect(isOwn(`/institutions/${OWN}/core|1`, OWN)).toBe(true)
    expect(isOwn(`https://bank.example/${OWN}/loans|1`, OWN)).toBe(true)
    expect(isOwn(`/institutions/B0002/${OWN}|1`, OWN)).toBe(false)
    expect(isOwn('/institutions/B00011/core|1', OWN)).toBe(false)
  })

  test('the id of an event says nothing about its source', () => {
    expect(isOwn(`/institutions/B0002/core|a/${OWN}|b`, OWN)).toBe(false)
    expect(isOwn(`/market|/institutions/${OWN}/core|1`, OWN)).toBe(false)
    expect(isOwn('/market|1', '')).toBe(false)
  })
})

/** Marks everything that comes from another institution's record alone. */
const FOREIGN = 'FOREIGN'
const word = fc.stringMatching(/^[a-z0-9]{1,8}$/)
const foreignText = word.map((w) => `${FOREIGN}${w}`)
const foreignEvent = fc
  .tuple(fc.constantFrom('/institutions/B0002/core', '/institutions/I0001/books', '/market', 'urn:x'), word)
  .map(([s, w]) => `${s}|${FOREIGN}${w}`)
const amount = fc.nat(1_000_000).map((n) => `${n}.00`)
const kind = fc.constantFrom('loan', 'bond', 'fundUnits', 'tranche')
const foreignStep = fc
  .record({ from: foreignText, to: foreignText, kind, share: foreignText, amount, event: fc.option(foreignEvent, { nil: undefined }) })
  .map(({ event, ...rest }): PathStep => ({ ...rest, ...(event !== undefined && { event }) }))
const ownStep = fc.record({ from: fc.constant(OWN), to: word, kind, share: fc.constant('0.10'), amount, event: fc.nat(99).map(ownEvent) })
const reference = fc.oneof(foreignEvent, fc.nat(99).map(ownEvent))
const evidence = fc.array(fc.tuple(reference, fc.nat(9)), { maxLength: 20 })
const alerts = fc
  .record({
    institution: fc.constantFrom(OWN, 'B0002', ''),
    disclosure: fc.constantFrom('institution', 'supervisor'),
    mode: fc.constantFrom('live', 'shadow'),
    path: fc.array(fc.oneof(foreignStep, ownStep), { maxLength: 8 }),
    evidence,
    aligned: fc.boolean(),
    more: fc.nat(50),
  })
  .map(({ evidence: refs, aligned, more, ...over }): PublishedAlert => {
    const of = (event: string) => (event.includes(FOREIGN) ? `${FOREIGN}.topic` : 'credit.loan')
    const positions = refs.map(([event, offset]) => ({ topic: aligned ? of(event) : `${FOREIGN}.topic`, partition: 0, offset }))
    return alertOf(1, {
      ...(over as Partial<PublishedAlert>),
      evidence: refs.map(([event]) => event),
      evidenceCount: refs.length + more,
      positions: aligned ? positions : positions.slice(1),
      ...({ addedLater: `${FOREIGN}-field` } as object),
    })
  })
const viewers = fc.record({ role: fc.constantFrom(...ROLES), institution: fc.constantFrom(OWN, 'B0002', 'B0009', '', null) })

describe('over any alert and any user', () => {
  test('nothing a desk user gets stems from another institution alone, and amounts of foreign steps stay', () => {
    fc.assert(
      fc.property(alerts, viewers, (alert, viewer) => {
        const seen = viewFor(viewer, alert)
        if (viewer.role !== 'desk') expect(seen).toBe(alert)
        if (viewer.role !== 'desk' || seen === undefined) return
        expect(seen.institution).toBe(viewer.institution)
        expect([seen.disclosure, seen.mode]).toEqual(['institution', 'live'])
        if (viewer.institution !== OWN) return
        expect(JSON.stringify(seen)).not.toContain(FOREIGN)
        expect(seen.path.map((s) => [s.kind, s.amount])).toEqual(alert.path.map((s) => [s.kind, s.amount]))
        expect(seen.evidenceCount).toBeGreaterThanOrEqual(seen.evidence.length)
      }),
      { numRuns: 500 },
    )
  })

  test('viewers of one stream see the same', () => {
    fc.assert(
      fc.property(alerts, viewers, viewers, (alert, a, b) => {
        if (streamOf(a) === streamOf(b)) expect(viewFor(a, alert)).toEqual(viewFor(b, alert))
      }),
    )
  })
})
