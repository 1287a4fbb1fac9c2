import { memorySource } from '../../../contract/source.ts'
import { expect, test } from 'vitest'
import { loadRules, selectRules } from '../../../cold/catalogue/catalogue.ts'
import { replay } from '../../../cold/replay/replay.ts'

const rules = selectRules(await loadRules(), ['CR-21'], [])
const capital = event('1', '2026-03-02T01:00:00Z', 'B0001', 'inst.metric', {
  metric: 'net-capital',
  value: '1000.00',
  unit: 'CNY',
  period: '2025-12-31',
  basis: 'solo',
})

test('a company that joins the group of a related party counts with it from then on', async () => {
  const owns = { ownershipId: 'P1-P2', owner: 'P1', owned: 'P2', kind: 'equity', share: '0.6' }
  const found = await revisionsOf([
    capital,
    loan('2', 'P1', '79.00', 'CNY', { relatedParty: true }),
    loan('3', 'P2', '79.00', 'CNY'),
    event('4', '2026-03-02T02:00:00Z', 'REG', 'ref.ownership', owns),
  ])
  expect(found).toEqual(['2026-03-02T02:00:00.000Z group P1 red 158.00'])
})

test('a loan and a margin in foreign currency are worth what the day before says, and are measured again after midnight in Shanghai', async () => {
  const margin = { mitigantId: 'M1', kind: 'margin', providerId: 'P1', loanIds: ['3'], value: '2.00', ccy: 'EUR' }
  const found = await revisionsOf([
    rate('1', '2026-03-02T00:10:00Z', 'USD', '7'),
    rate('2', '2026-03-02T00:20:00Z', 'EUR', '10'),
    capital,
    loan('2', 'P1', '20.00', 'USD', { relatedParty: true }),
    loan('3', 'P2', '130.00', 'CNY', { relatedParty: true }),
    event('4', '2026-03-02T01:00:01Z', 'B0001', 'credit.mitigant', margin),
    rate('3', '2026-03-02T02:00:00Z', 'USD', '4'),
    rate('4', '2026-03-03T02:00:00Z', 'EUR', '20'),
    event('5', '2026-03-05T01:00:00Z', 'B0001', 'ref.party', { partyId: 'P9', kind: 'company', name: 'P9' }),
  ])
  expect(found).toEqual([
    '2026-03-02T01:00:00.000Z party P1 red 140.00',
    '2026-03-02T01:00:00.000Z party P2 red 130.00',
    '2026-03-02T16:00:00.000Z party P1 blue 80.00',
    '2026-03-03T16:00:00.000Z party P2 yellow 90.00',
  ])
})

async function revisionsOf(events: readonly object[]): Promise<string[]> {
  const { revisions } = await replay({ source: memorySource(events.map((e) => Buffer.from(JSON.stringify(e)))), rules })
  return revisions.map(({ at, subject, severity, values }) => `${at} ${subject.kind} ${subject.id} ${severity} ${values['net']}`)
}

function rate(id: string, time: string, ccy: string, value: string): object {
  return event(id, time, 'MKT', 'mkt.price', { instrumentId: `${ccy}/CNY`, kind: 'fx', value })
}

function loan(id: string, customerId: string, balance: string, ccy: string, rest: object = {}): object {
  const data = { loanId: id, customerId, product: 'corporate', balance, ccy, dpd: 0, class: 'normal', ...rest }
  return event(id, '2026-03-02T01:00:00Z', 'B0001', 'credit.loan', data)
}

function event(sequence: string, time: string, institution: string, type: string, data: Record<string, unknown>): object {
  const subject = String(data['loanId'] ?? data['mitigantId'] ?? data['ownershipId'] ?? data['partyId'] ?? data['instrumentId'] ?? institution)
  return { specversion: '1.0', id: `e${sequence}`, source: `/${institution}`, type, time, subject, institution, sequence, data }
}
