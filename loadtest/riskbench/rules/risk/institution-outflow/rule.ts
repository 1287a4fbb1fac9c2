import { amount, countOf, defineRule, duration, max, stddev, sum } from '#contract'
import { LIMITS } from '../../../limits.ts'

/** Q5: what an institution pays within ten seconds, against its own limit. */
export default defineRule({
  kind: 'window',
  code: 'RB-05',
  id: 'risk/institution-outflow',
  version: '1.0.0',
  law: [{ act: 'riskbench v1', article: 'Q5', inForce: '2026-01-01', verified: true }],
  title: { zh: 'Q5', en: 'Q5' },
  reads: 'pay.payment',
  parameters: { limit: amount('0', { max: '1000000000000000', of: LIMITS }), size: duration('10s') },
  window: { size: 'size', every: 'size', per: 'institution', early: false, alerts: 'window' },
  measures: { count: countOf(), sum: sum('amount'), max: max('amount'), sd: stddev('amount') },
  when: '"sum" > :limit',
  threshold: ':limit',
  severity: 'blue',
  subject: { kind: 'institution', id: 'institution' },
  says: { zh: '{subject}', en: '{subject}' },
  advice: { zh: '—', en: '—' },
  disclosure: 'institution',
  gaps: [],
})
