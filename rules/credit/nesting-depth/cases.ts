import type { Case, CaseEvent } from '#contract'

const product = (productId: string, holds: string[], rest: Partial<CaseEvent> & { publicFund?: boolean } = {}): CaseEvent => ({
  type: 'product.holding',
  at: rest.at ?? '01:00:00',
  institution: 'AM001',
  ...(rest.op !== undefined && { op: rest.op }),
  ...(rest.recordedAt !== undefined && { recordedAt: rest.recordedAt }),
  data: {
    productId,
    kind: 'fund',
    asOf: '2026-03-02',
    nav: '100.00',
    totalAssets: '100.00',
    ...(rest.publicFund === true && { publicFund: true }),
    lines: [...holds.map((p) => ({ kind: 'fundUnits', productId: p, value: '10.00' })), { kind: 'bond', issuerId: 'P1', value: '10.00' }],
    unidentified: '0.00',
  },
})

export default [
  {
    name: 'on 2026-03-02 a product in a product in a product is one layer too many',
    kind: 'firing',
    on: '2026-03-02',
    given: [product('C', []), product('B', ['C']), product('A', ['B'])],
    expect: [{ subject: 'A', severity: 'orange', values: { layers: '2' } }],
  },
  {
    name: 'on 2026-03-02 it ends when the one in the middle sells',
    kind: 'firing',
    on: '2026-03-02',
    given: [product('C', []), product('B', ['C']), product('A', ['B']), product('B', [], { at: '03:00:00' })],
    expect: [{ subject: 'A', at: '03:00:00', revisions: ['orange', 'resolved'] }],
  },
  {
    name: 'on 2026-03-02 one layer is allowed',
    kind: 'boundary',
    on: '2026-03-02',
    given: [product('B', []), product('A', ['B'])],
    expect: [],
  },
  {
    name: 'on 2026-03-02 a public fund is no layer',
    kind: 'quiet',
    on: '2026-03-02',
    given: [product('C', [], { publicFund: true }), product('B', ['C']), product('A', ['B'])],
    expect: [],
  },
  {
    name: 'on 2026-03-02 a correction known later ends it then',
    kind: 'boundary',
    on: '2026-03-02',
    given: [product('C', []), product('B', ['C']), product('A', ['B']), product('A', [], { op: 'correct', recordedAt: '05:00:00' })],
    expect: [{ subject: 'A', at: '05:00:00', revisions: ['orange', 'resolved'] }],
  },
] satisfies Case[]
