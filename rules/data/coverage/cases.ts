import type { Case, CaseEvent } from '#contract'

const fund = (unidentified: string, rest: Partial<CaseEvent> = {}): CaseEvent => ({
  type: 'product.holding',
  at: '01:00:00',
  institution: 'AM001',
  ...rest,
  data: {
    productId: 'F1',
    kind: 'fund',
    asOf: '2026-03-02',
    nav: '1000.00',
    totalAssets: '1000.00',
    lines: [{ kind: 'bond', issuerId: 'P1', value: (1000 - Number(unidentified)).toFixed(2) }],
    unidentified,
  },
})
const stake: CaseEvent = {
  type: 'book.position',
  at: '01:00:00',
  data: { positionId: 'X1', book: 'banking', kind: 'fundUnits', productId: 'F1', side: 'long', value: '100.00', ccy: 'CNY', share: '0.1' },
}

export default [
  {
    name: 'on 2026-03-02 less than nine tenths is identified, then all of it',
    kind: 'firing',
    on: '2026-03-02',
    given: [stake, fund('101.00'), fund('0.00', { at: '02:00:00' })],
    expect: [{ subject: 'B0001', at: '02:00:00', revisions: ['orange', 'resolved'] }],
  },
  {
    name: 'on 2026-03-02 yellow turns orange in one episode',
    kind: 'firing',
    on: '2026-03-02',
    given: [stake, fund('60.00'), fund('110.00', { at: '02:00:00' })],
    expect: [{ subject: 'B0001', severity: 'orange', revisions: ['yellow', 'orange'], values: { identified: '89.00', total: '100.00', share: '0.8900' } }],
  },
  { name: 'on 2026-03-02 exactly 95 % is enough', kind: 'boundary', on: '2026-03-02', given: [stake, fund('50.00')], expect: [] },
  {
    name: 'on 2026-03-02 exactly 90 % is yellow',
    kind: 'boundary',
    on: '2026-03-02',
    given: [stake, fund('100.00')],
    expect: [{ subject: 'B0001', severity: 'yellow' }],
  },
  { name: 'on 2026-03-02 everything is identified', kind: 'quiet', on: '2026-03-02', given: [stake, fund('0.00')], expect: [] },
  {
    name: 'on 2026-03-02 a product nobody described is not identified at all',
    kind: 'firing',
    on: '2026-03-02',
    given: [stake],
    expect: [{ subject: 'B0001', severity: 'orange', values: { identified: '0.00', total: '100.00' } }],
  },
] satisfies Case[]
