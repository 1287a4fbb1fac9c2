import type { Case, CaseEvent } from '#contract'

const capital = (value = '1000.00', at = '01:00:00'): CaseEvent => ({
  type: 'inst.metric',
  at,
  data: { metric: 'net-capital', value, unit: 'CNY', period: '2025-12-31', basis: 'solo' },
})
const rate = (ccy: string, value: string, at = '01:00:00'): CaseEvent => ({
  type: 'mkt.price',
  at,
  source: '/market',
  institution: 'MKT',
  data: { instrumentId: `${ccy}/CNY`, kind: 'fx', value },
})
const holds = (ccy: string, side: 'long' | 'short', value: string, rest: Partial<CaseEvent> & { id?: string } = {}): CaseEvent => {
  const { id = `${ccy}-${side}`, ...event } = rest
  return { type: 'book.position', at: '01:00:00', ...event, data: { positionId: id, book: 'trading', kind: 'derivative', side, value, ccy } }
}
const rates = [rate('USD', '7.00'), rate('EUR', '8.00'), rate('JPY', '0.05'), rate('XAU', '3000')]

export default [
  {
    name: 'on 2026-03-02 the larger side of the net positions counts: 203 of long dollars against 80 of short euros',
    kind: 'firing',
    on: '2026-03-02',
    given: [capital(), ...rates, holds('USD', 'long', '40.00'), holds('USD', 'short', '11.00'), holds('EUR', 'short', '10.00')],
    expect: [{ subject: 'B0001', severity: 'red', values: { nop: '203.00', capital: '1000.00', share: '0.2030' } }],
  },
  {
    name: 'on 2026-03-02 short positions of two currencies add up, and gold comes on top whichever way it lies',
    kind: 'firing',
    on: '2026-03-02',
    given: [capital(), ...rates, holds('USD', 'short', '10.00'), holds('JPY', 'short', '1000.00'), holds('EUR', 'long', '1.00'), holds('XAU', 'short', '0.03')],
    expect: [{ subject: 'B0001', values: { nop: '210.00', share: '0.2100' } }],
  },
  {
    name: 'on 2026-03-02 a new rate breaks the limit and another one heals it, at once',
    kind: 'firing',
    on: '2026-03-02',
    given: [capital(), ...rates, holds('USD', 'long', '20.00'), rate('USD', '10.01', '02:00:00'), rate('USD', '7.10', '03:00:00')],
    expect: [{ subject: 'B0001', at: '03:00:00', revisions: ['red', 'resolved'] }],
  },
  {
    name: 'on 2026-03-02 exactly a fifth is lawful, and orange',
    kind: 'boundary',
    on: '2026-03-02',
    given: [capital(), ...rates, holds('EUR', 'long', '25.00')],
    expect: [{ subject: 'B0001', severity: 'orange', values: { nop: '200.00', share: '0.2000' } }],
  },
  {
    name: 'on 2026-03-02 long and short of one currency cancel out, also over two books',
    kind: 'boundary',
    on: '2026-03-02',
    given: [capital(), ...rates, holds('USD', 'long', '900.00'), holds('USD', 'short', '880.00', { id: 'hedge' })],
    expect: [],
  },
  {
    name: 'on 2026-03-02 positions in CNY, in a currency without a rate and of another bank are none of it',
    kind: 'quiet',
    on: '2026-03-02',
    given: [
      capital(),
      ...rates,
      holds('CNY', 'long', '900.00'),
      holds('GBP', 'long', '900.00'),
      holds('USD', 'long', '900.00', { institution: 'B0002' }),
      holds('USD', 'long', '15.00'),
    ],
    expect: [],
  },
  {
    name: 'on 2026-03-02 a corrected position takes it back at the tick of the correction',
    kind: 'boundary',
    on: '2026-03-02',
    given: [capital(), ...rates, holds('USD', 'long', '40.00'), holds('USD', 'long', '4.00', { op: 'correct', recordedAt: '04:00:00' })],
    expect: [{ subject: 'B0001', at: '04:00:00', values: { nop: '28.00' }, revisions: ['red', 'resolved'] }],
  },
  {
    name: 'on 2026-03-02 a deleted position leaves nothing open',
    kind: 'boundary',
    on: '2026-03-02',
    given: [capital(), ...rates, holds('USD', 'long', '40.00'), { type: 'book.position', at: '05:00:00', op: 'delete', data: { positionId: 'USD-long' } }],
    expect: [{ subject: 'B0001', at: '05:00:00', values: { nop: '0.00' }, revisions: ['red', 'resolved'] }],
  },
  {
    name: 'on 2026-03-02 a position that comes late counts from the watermark of its log on',
    kind: 'boundary',
    on: '2026-03-02',
    given: [capital(), ...rates, holds('USD', 'long', '1.00', { at: '02:00:00', id: 'small' }), holds('USD', 'long', '40.00', { at: '01:30:00' })],
    expect: [{ subject: 'B0001', at: '01:59:55', severity: 'red' }],
  },
] satisfies Case[]
