import type { Case, CaseEvent } from '#contract'

const metric = (name: string, day: number, value: string, rest: Partial<CaseEvent> & { basis?: string } = {}): CaseEvent => {
  const { basis = 'solo', ...event } = rest
  return {
    type: 'inst.metric',
    at: '01:00:00',
    ...event,
    data: { metric: name, value, unit: 'CNY', period: `2026-01-${String(day).padStart(2, '0')}`, basis },
  }
}
/** A value at risk of 100 and the results of these days, a second apart. */
const results = (pnl: string[], basis = 'solo') =>
  pnl.flatMap((value, i) => {
    const at = `01:00:${String(i + 1).padStart(2, '0')}`
    return [metric('var-99', i + 1, '100.00', { at, basis }), metric('pnl', i + 1, value, { at, basis })]
  })
const losses = (n: number) => Array.from({ length: n }, () => '-100.01')

export default [
  {
    name: 'from 2026-03-02 five losses beyond the value at risk are yellow, ten are red',
    kind: 'firing',
    on: '2026-03-02',
    given: results([...losses(5), '20.00', ...losses(5)]),
    expect: [{ subject: 'B0001', severity: 'red', at: '01:00:11', values: { exceptions: '10', days: '11' }, revisions: ['yellow', 'red'] }],
  },
  {
    name: 'on 2026-03-02 only the last periods count: with days that lie further back it is over',
    kind: 'firing',
    on: '2026-03-02',
    params: { days: '6' },
    given: results([...losses(5), '0.00', '0.00']),
    expect: [{ subject: 'B0001', at: '01:00:07', values: { exceptions: '4', days: '6' }, revisions: ['yellow', 'resolved'] }],
  },
  {
    name: 'on 2026-03-02 a loss of exactly the value at risk is none, and four are not five',
    kind: 'boundary',
    on: '2026-03-02',
    given: results([...losses(4), '-100.00', '-100.00']),
    expect: [],
  },
  {
    name: 'on 2026-03-02 a period counts once it has both figures, whichever comes first',
    kind: 'boundary',
    on: '2026-03-02',
    given: [...results(losses(4)), metric('pnl', 9, '-500.00', { at: '02:00:00' }), metric('var-99', 9, '100.00', { at: '03:00:00' })],
    expect: [{ subject: 'B0001', at: '03:00:00', values: { exceptions: '5', days: '5' } }],
  },
  {
    name: 'on 2026-03-02 consolidated figures count only where no period has both solo',
    kind: 'boundary',
    on: '2026-03-02',
    given: [...results(losses(5), 'consolidated'), metric('var-99', 30, '1.00', { at: '02:00:00' }), metric('pnl', 30, '0.00', { at: '02:00:00' })],
    expect: [{ subject: 'B0001', at: '02:00:00', revisions: ['yellow', 'resolved'] }],
  },
  {
    name: 'on 2026-03-02 gains, small losses and another bank’s losses are none',
    kind: 'quiet',
    on: '2026-03-02',
    given: [...results(['900.00', '-99.99', '0.00', '50.00', '-1.00', '-2.00']), ...results(losses(4)).map((e) => ({ ...e, institution: 'B0002' }))],
    expect: [],
  },
  {
    name: 'on 2026-03-02 a corrected result takes the alert back',
    kind: 'boundary',
    on: '2026-03-02',
    given: [...results(losses(5)), metric('pnl', 5, '-99.00', { at: '01:00:05', op: 'correct', recordedAt: '06:00:00' })],
    expect: [{ subject: 'B0001', at: '06:00:00', values: { exceptions: '4' }, revisions: ['yellow', 'resolved'] }],
  },
  {
    name: 'on 2026-03-02 a result that is taken back leaves one period less',
    kind: 'boundary',
    on: '2026-03-02',
    given: [...results(losses(5)), metric('pnl', 5, '-100.01', { at: '06:00:00', op: 'delete' })],
    expect: [{ subject: 'B0001', at: '06:00:00', values: { exceptions: '4', days: '4' }, revisions: ['yellow', 'resolved'] }],
  },
  {
    name: 'on 2026-03-02 a result that comes late counts from the watermark of its log on',
    kind: 'boundary',
    on: '2026-03-02',
    given: [...results(losses(4)), metric('var-99', 9, '1.00', { at: '02:00:00' }), metric('pnl', 9, '-2.00', { at: '01:30:00' })],
    expect: [{ subject: 'B0001', at: '02:00:00', values: { exceptions: '5' } }],
  },
] satisfies Case[]
