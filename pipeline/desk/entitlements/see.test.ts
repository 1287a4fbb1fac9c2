import fc from 'fast-check'
import { expect, test } from 'vitest'
import type { PathStep, PublishedAlert } from '../../contract/index.ts'
import { AlertLog } from '../feed/log.ts'
import { viewFor } from './see.ts'

const OWN = 'B0001'
const bank = { name: 'desk', role: 'desk' as const, institution: OWN, token: 't' }

/** Texts that stem from another institution's records carry a mark that must never reach the bank. */
const foreign = fc.nat({ max: 10_000 }).map((n) => `SECRET-${n}`)
const event = fc.oneof(
  fc.nat().map((n) => `/institutions/${OWN}/core|own-${n}`),
  foreign.map((s) => `/institutions/B0002/core|${s}`),
  foreign.map((s) => `/${OWN}x/core|${s}`),
)
const step: fc.Arbitrary<PathStep> = event.chain(
  (e): fc.Arbitrary<PathStep> =>
    e.includes('SECRET')
      ? fc.record({ from: foreign, to: foreign, kind: fc.constant('bond'), amount: fc.constant('1.00'), share: foreign, event: fc.constant(e) })
      : fc.record({ from: fc.constant(OWN), to: fc.constant('F1'), kind: fc.constant('fundUnits'), amount: fc.constant('2.00'), event: fc.constant(e) }),
)
const alert = fc
  .record({
    n: fc.nat(),
    institution: fc.constantFrom(OWN, 'B0002'),
    disclosure: fc.constantFrom('institution', 'supervisor'),
    path: fc.array(step, { maxLength: 5 }),
    evidence: fc.array(event, { maxLength: 5 }),
    more: fc.nat({ max: 1000 }),
  })
  .map(({ n, institution, disclosure, path, evidence, more }) => ({
    id: `A-${institution}-${disclosure}-${n}`,
    revision: 1,
    state: 'new',
    mode: 'live',
    rule: { code: 'CR-02', id: 'x/y', version: '1.0.0', hash: '' },
    institution,
    subject: { kind: 'party', id: institution === OWN && disclosure === 'institution' ? 'P1' : `SECRET-${n}` },
    severity: 'red',
    band: null,
    at: '2026-03-02T01:00:00.000Z',
    window: null,
    values: {},
    threshold: null,
    says: { zh: '', en: '' },
    law: [],
    path,
    evidence,
    evidenceCount: evidence.length + more,
    disclosure,
    positions: [{ topic: 'product.holding', partition: 1, offset: 424242 }],
  })) as unknown as fc.Arbitrary<PublishedAlert>

test('whatever the alerts, a bank sees only its own disclosed ones, and of others’ records kind and amount alone', () => {
  fc.assert(
    fc.property(fc.array(alert, { maxLength: 20 }), (alerts) => {
      const log = new AlertLog()
      for (const a of alerts) log.add(a)
      const seen = [log.latest(bank).items, log.after(bank, 0), alerts.flatMap((a) => log.revisions(bank, a.id))]
      const text = JSON.stringify(seen)
      expect(text).not.toContain('SECRET')
      for (const a of log.latest(bank).items) {
        expect([a.institution, a.disclosure]).toEqual([OWN, 'institution'])
        const whole = alerts.find((x) => x.id === a.id)
        const allOwn = JSON.stringify([whole?.path, whole?.evidence]).includes('SECRET') === false
        expect(a.evidenceCount).toBe(allOwn ? whole?.evidenceCount : a.evidence.length)
        expect('positions' in a).toBe(allOwn)
      }
      expect(log.end(bank)).toBe(new Set(alerts.filter((a) => a.institution === OWN && a.disclosure === 'institution').map((a) => a.id)).size)
    }),
  )
})

test('the authority sees everything, and a desk without an institution nothing', () => {
  const [a] = fc.sample(alert, 1) as [PublishedAlert]
  expect(viewFor({ role: 'auditor', institution: null }, a)).toBe(a)
  expect(viewFor({ role: 'desk', institution: null }, a)).toBeUndefined()
})
