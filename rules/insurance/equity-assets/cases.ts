import type { Case, CaseEvent } from '#contract'

const metric = (name: string, value: string, at = '01:00:00'): CaseEvent => ({
  type: 'inst.metric',
  at,
  institution: 'INS01',
  data: { metric: name, value, unit: 'CNY', period: at < '02' ? '2025-12-31' : '2026-03-31', basis: 'solo' },
})
const assets = metric('total-assets', '1000.00')
const solvent = (actual: string, at?: string) => metric('actual-capital', actual, at)
const minimum = metric('minimum-capital', '100.00')
const shares = (value: string, rest: Partial<CaseEvent> = {}): CaseEvent => ({
  type: 'book.position',
  at: '01:00:00',
  institution: 'INS01',
  ...rest,
  data: { positionId: 'E1', book: 'trading', kind: 'equity', issuerId: 'P1', side: 'long', value, ccy: 'CNY' },
})
const fund: CaseEvent[] = [
  {
    type: 'product.holding',
    at: '01:00:00',
    institution: 'AM001',
    data: {
      productId: 'F1',
      kind: 'fund',
      asOf: '2026-03-02',
      nav: '1000.00',
      totalAssets: '1000.00',
      lines: [
        { kind: 'equity', issuerId: 'P2', value: '600.00' },
        { kind: 'bond', issuerId: 'P3', value: '400.00' },
      ],
      unidentified: '0.00',
    },
  },
  {
    type: 'book.position',
    at: '01:00:00',
    institution: 'INS01',
    data: { positionId: 'X1', book: 'trading', kind: 'fundUnits', productId: 'F1', side: 'long', value: '200.00', ccy: 'CNY', share: '0.2' },
  },
]

export default [
  {
    name: 'on 2026-03-02 shares and a fund’s shares together pass 30 % at a solvency of 200 %',
    kind: 'firing',
    on: '2026-03-02',
    given: [assets, minimum, solvent('200.00'), shares('180.01'), ...fund],
    expect: [{ subject: 'INS01', severity: 'red', values: { equity: '300.01', assets: '1000.00', share: '0.3000' } }],
  },
  {
    name: 'on 2026-03-02 the limit falls with the solvency, and rises again',
    kind: 'firing',
    on: '2026-03-02',
    given: [assets, minimum, solvent('200.00'), shares('210.00'), solvent('149.00', '02:00:00'), solvent('360.00', '03:00:00')],
    expect: [{ subject: 'INS01', at: '03:00:00', revisions: ['red', 'resolved'] }],
  },
  {
    name: 'on 2026-03-02 exactly 20 % at a solvency below 150 % is lawful, and orange',
    kind: 'boundary',
    on: '2026-03-02',
    given: [assets, minimum, solvent('149.99'), shares('200.00')],
    expect: [{ subject: 'INS01', severity: 'orange' }],
  },
  {
    name: 'on 2026-03-02 exactly 150 % belongs to the next band',
    kind: 'boundary',
    on: '2026-03-02',
    given: [assets, minimum, solvent('150.00'), shares('200.00')],
    expect: [],
  },
  {
    name: 'on 2026-03-02 without a solvency ratio there is no verdict',
    kind: 'quiet',
    on: '2026-03-02',
    given: [assets, solvent('100.00'), shares('900.00')],
    expect: [],
  },
] satisfies Case[]
