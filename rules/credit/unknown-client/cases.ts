import type { Case } from '#contract'

const tier1 = { type: 'inst.metric', at: '01:00:00', data: { metric: 'tier1', value: '1000.00', unit: 'CNY', period: '2025-12-31', basis: 'solo' } } as const
const stake = (product: string, value: string) =>
  ({
    type: 'book.position',
    at: '01:00:00',
    data: { positionId: `PO-${product}`, book: 'banking', kind: 'fundUnits', side: 'long', value, ccy: 'CNY', productId: product, share: '1.00' },
  }) as const
const fund = (id: string, nav: string, unidentified: string, lines: Record<string, string>[] = []) =>
  ({
    type: 'product.holding',
    at: '01:00:00',
    institution: 'AM001',
    data: { productId: id, kind: 'trust', asOf: '2026-03-02', nav, totalAssets: nav, lines, unidentified },
  }) as const

/** T1, all of it in bonds of 17 issuers. */
const described = (at: string, asOf: string) => {
  const lines = Array.from({ length: 17 }, (_, i) => ({ kind: 'bond', issuerId: `P${i}`, value: '10.00' }))
  const { data, ...rest } = fund('T1', '170.00', '0.00', lines)
  return { ...rest, at, data: { ...data, asOf } }
}

export default [
  {
    name: 'on 2026-03-02 the unidentified parts of two trusts add up to one client',
    kind: 'firing',
    on: '2026-03-02',
    given: [
      tier1,
      stake('T1', '100.00'),
      stake('T2', '60.00'),
      fund('T1', '100.00', '95.00', [{ kind: 'bond', issuerId: 'P1', value: '5.00' }]),
      fund('T2', '60.00', '60.00'),
    ],
    expect: [{ subject: 'unknown', severity: 'red', values: { exposure: '155.00', tier1: '1000.00', share: '0.1550' } }],
  },
  {
    name: 'on 2026-03-02 a product nobody has described is unknown in full',
    kind: 'firing',
    on: '2026-03-02',
    given: [tier1, stake('T1', '130.00')],
    expect: [{ subject: 'unknown', severity: 'blue', values: { exposure: '130.00' } }],
  },
  {
    name: 'on 2026-03-02 exactly 15 % is lawful, and orange',
    kind: 'boundary',
    on: '2026-03-02',
    given: [tier1, stake('T1', '150.00'), fund('T1', '150.00', '150.00')],
    expect: [{ subject: 'unknown', severity: 'orange' }],
  },
  {
    name: 'on 2026-03-02 what is identified is not unknown',
    kind: 'quiet',
    on: '2026-03-02',
    given: [tier1, stake('T1', '100.00'), fund('T1', '100.00', '0.00', [{ kind: 'bond', issuerId: 'P1', value: '100.00' }])],
    expect: [],
  },
  {
    name: 'on 2026-03-02 an unidentified rest below materiality stays with the structure',
    kind: 'boundary',
    on: '2026-03-02',
    given: [tier1, stake('T0', '149.00'), stake('T1', '1.49'), fund('T0', '149.00', '149.00'), fund('T1', '1.49', '1.49')],
    expect: [{ subject: 'unknown', severity: 'orange', values: { exposure: '149.00' } }],
  },
  {
    name: 'a report as of 2026-03-02 in Shanghai identifies nothing once 30 days and 5 of grace are over',
    kind: 'firing',
    on: '2026-03-02',
    params: { maxAge: '30', grace: '5' },
    given: [tier1, stake('T1', '170.00'), described('01:00:00', '2026-03-02'), { ...tier1, at: '+34d 16:00:01' }],
    expect: [{ subject: 'unknown', severity: 'red', at: '+34d 16:00:00', values: { exposure: '170.00' } }],
  },
  {
    name: 'a report as of 2026-03-02 identifies until then',
    kind: 'boundary',
    on: '2026-03-02',
    params: { maxAge: '30', grace: '5' },
    given: [tier1, stake('T1', '170.00'), described('01:00:00', '2026-03-02'), { ...tier1, at: '+34d 15:59:59' }],
    expect: [],
  },
  {
    name: 'a report as of 2026-03-02 that is renewed after it was too old identifies again',
    kind: 'firing',
    on: '2026-03-02',
    params: { maxAge: '30', grace: '5' },
    given: [tier1, stake('T1', '170.00'), described('01:00:00', '2026-03-02'), described('+40d 01:00:00', '2026-04-10')],
    expect: [{ subject: 'unknown', revisions: ['red', 'resolved'], at: '+40d 01:00:00', values: { exposure: '0.00' } }],
  },
  {
    name: 'a report as of 2026-03-02 is good for ever where no age is set',
    kind: 'quiet',
    on: '2026-03-02',
    given: [tier1, stake('T1', '170.00'), described('01:00:00', '2026-03-02'), { ...tier1, at: '+400d 01:00:00' }],
    expect: [],
  },
] satisfies Case[]
