import type { Case, CaseEvent } from '#contract'

const tier1: CaseEvent = { type: 'inst.metric', at: '01:00:00', data: { metric: 'tier1', value: '1000.00', unit: 'CNY', period: '2025-12-31', basis: 'solo' } }
const bank = (partyId: string, flags?: string[], at = '01:00:00'): CaseEvent => ({
  type: 'ref.party',
  at,
  institution: 'REG',
  data: { partyId, kind: 'bank', name: partyId, ...(flags !== undefined && { flags }) },
})
const deposit = (at: string, value: string, rest: Partial<CaseEvent> = {}): CaseEvent => ({
  type: 'book.position',
  at,
  ...rest,
  data: { positionId: 'D1', book: 'banking', kind: 'interbank', issuerId: 'B0002', side: 'long', value, ccy: 'CNY' },
})

export default [
  {
    name: 'on 2026-03-02 a cent over a quarter of tier 1 is over the limit',
    kind: 'firing',
    on: '2026-03-02',
    given: [tier1, bank('B0002'), deposit('01:00:00', '250.01')],
    expect: [{ subject: 'B0002', severity: 'red', values: { exposure: '250.01', tier1: '1000.00', share: '0.2500' } }],
  },
  {
    name: 'on 2026-03-02 between two globally systemic banks 15 % is the limit',
    kind: 'firing',
    on: '2026-03-02',
    given: [tier1, bank('B0001', ['gsib']), bank('B0002', ['gsib']), deposit('01:00:00', '150.01')],
    expect: [{ subject: 'B0002', severity: 'red', revisions: ['red'] }],
  },
  {
    name: 'on 2026-03-02 the lower limit begins and ends with the flag',
    kind: 'firing',
    on: '2026-03-02',
    given: [tier1, bank('B0001', ['gsib']), bank('B0002'), deposit('01:00:00', '160.00'), bank('B0002', ['gsib'], '02:00:00'), bank('B0002', [], '03:00:00')],
    expect: [{ subject: 'B0002', at: '03:00:00', revisions: ['red', 'resolved'] }],
  },
  {
    name: 'on 2026-03-02 exactly a quarter is within the limit, near it',
    kind: 'boundary',
    on: '2026-03-02',
    given: [tier1, bank('B0002'), deposit('01:00:00', '250.00')],
    expect: [{ subject: 'B0002', severity: 'orange' }],
  },
  {
    name: 'on 2026-03-02 one systemic bank alone leaves the limit at a quarter',
    kind: 'boundary',
    on: '2026-03-02',
    given: [tier1, bank('B0001', ['gsib']), bank('B0002'), deposit('01:00:00', '160.00')],
    expect: [],
  },
  {
    name: 'on 2026-03-02 a company is no bank',
    kind: 'quiet',
    on: '2026-03-02',
    given: [
      tier1,
      { type: 'ref.party', at: '01:00:00', institution: 'REG', data: { partyId: 'B0002', kind: 'company', name: 'C' } },
      deposit('01:00:00', '900.00'),
    ],
    expect: [],
  },
  {
    name: 'on 2026-03-02 a correction known later ends it then',
    kind: 'boundary',
    on: '2026-03-02',
    given: [tier1, bank('B0002'), deposit('01:00:00', '260.00'), deposit('01:00:00', '26.00', { op: 'correct', recordedAt: '04:00:00' })],
    expect: [{ subject: 'B0002', at: '04:00:00', revisions: ['red', 'resolved'] }],
  },
] satisfies Case[]
