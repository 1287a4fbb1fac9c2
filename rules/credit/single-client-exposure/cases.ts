import type { Case } from '#contract'

const tier1 = (at: string, value = '1000.00') =>
  ({ type: 'inst.metric', at, data: { metric: 'tier1', value, unit: 'CNY', period: '2025-12-31', basis: 'solo' } }) as const
const loan = (at: string, balance: string) =>
  ({ type: 'credit.loan', at, data: { loanId: 'L1', customerId: 'P1', product: 'corporate', balance, ccy: 'CNY', dpd: 0, class: 'normal' } }) as const
const stake = (at: string, product: string, value: string, share?: string) =>
  ({
    type: 'book.position',
    at,
    data: {
      positionId: `PO-${product}`,
      book: 'banking',
      kind: 'fundUnits',
      side: 'long',
      value,
      ccy: 'CNY',
      productId: product,
      ...(share !== undefined && { share }),
    },
  }) as const
const fund = (at: string, id: string, nav: string, lines: Record<string, string>[], unidentified = '0.00') =>
  ({
    type: 'product.holding',
    at,
    institution: 'AM001',
    data: { productId: id, kind: 'fund', asOf: '2026-03-02', nav, totalAssets: nav, lines, unidentified },
  }) as const
const bank = { type: 'ref.party', at: '00:59:00', institution: 'REG', source: '/registry', data: { partyId: 'P1', kind: 'bank', name: 'P1' } } as const

export default [
  {
    name: 'on 2026-03-02 a loan and a fund’s bond of the same issuer pass 15 % only together',
    kind: 'firing',
    on: '2026-03-02',
    given: [
      tier1('01:00:00'),
      loan('01:00:00', '100.00'),
      stake('01:00:00', 'F1', '60.00', '0.10'),
      fund('01:00:00', 'F1', '600.00', [
        { kind: 'bond', issuerId: 'P1', value: '510.00' },
        { kind: 'bond', issuerId: 'P2', value: '90.00' },
      ]),
    ],
    expect: [{ subject: 'P1', severity: 'red', values: { exposure: '151.00', direct: '100.00', indirect: '51.00', tier1: '1000.00', share: '0.1510' } }],
  },
  {
    name: 'on 2026-03-02 two layers multiply: 50 % of a trust that holds half of a fund',
    kind: 'firing',
    on: '2026-03-02',
    given: [
      tier1('01:00:00'),
      stake('01:00:00', 'T1', '300.00', '0.50'),
      fund('01:00:00', 'T1', '600.00', [{ kind: 'fundUnits', productId: 'F1', value: '600.00', share: '0.50' }]),
      fund('01:00:00', 'F1', '1200.00', [{ kind: 'bond', issuerId: 'P1', value: '1200.00' }]),
    ],
    expect: [{ subject: 'P1', severity: 'red', values: { exposure: '300.00', indirect: '300.00' } }],
  },
  {
    name: 'on 2026-03-02 exactly 15 % is lawful, and orange',
    kind: 'boundary',
    on: '2026-03-02',
    given: [tier1('01:00:00'), loan('01:00:00', '150.00')],
    expect: [{ subject: 'P1', severity: 'orange', values: { share: '0.1500' } }],
  },
  {
    name: 'on 2026-03-02 a bank is judged by the interbank limits instead',
    kind: 'quiet',
    on: '2026-03-02',
    given: [bank, tier1('01:00:00'), loan('01:00:00', '400.00')],
    expect: [],
  },
  {
    name: 'on 2026-03-02 what is below materiality stays with its structure, which is a client too',
    kind: 'boundary',
    on: '2026-03-02',
    given: [
      tier1('01:00:00'),
      stake('01:00:00', 'F1', '200.00', '1.00'),
      fund(
        '01:00:00',
        'F1',
        '200.00',
        Array.from({ length: 200 }, (_, i) => ({ kind: 'bond', issuerId: `P${i + 1}`, value: '1.00' })),
      ),
    ],
    expect: [{ subject: 'F1', severity: 'red', values: { exposure: '200.00' } }],
  },
  {
    name: 'on 2026-03-02 the fund sells, and the episode ends',
    kind: 'firing',
    on: '2026-03-02',
    given: [
      tier1('01:00:00'),
      stake('01:00:00', 'F1', '160.00'),
      fund('01:00:00', 'F1', '160.00', [{ kind: 'bond', issuerId: 'P1', value: '160.00' }]),
      fund('02:00:00', 'F1', '160.00', [
        { kind: 'deposit', issuerId: 'P2', value: '100.00' },
        { kind: 'deposit', issuerId: 'P3', value: '60.00' },
      ]),
    ],
    expect: [{ subject: 'P1', revisions: ['red', 'resolved'], at: '02:00:00' }],
  },
] satisfies Case[]
