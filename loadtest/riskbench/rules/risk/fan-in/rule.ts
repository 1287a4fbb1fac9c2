import { count, defineRule, distinct, duration, sum } from '#contract'

/** Q8: many accounts pay into one, over all institutions. */
export default defineRule({
  kind: 'window',
  code: 'RB-08',
  id: 'risk/fan-in',
  version: '1.0.0',
  law: [{ act: 'riskbench v1', article: 'Q8', inForce: '2026-01-01', verified: true }],
  title: { zh: 'Q8', en: 'Q8' },
  reads: 'pay.payment',
  scope: '*',
  parameters: { senders: count(200), size: duration('60s'), every: duration('10s') },
  window: { size: 'size', every: 'every', per: 'creditorAccount', early: false, alerts: 'window' },
  measures: { count: distinct('debtorAccount'), sum: sum('amount') },
  when: '"count" >= :senders',
  threshold: ':senders',
  severity: 'blue',
  subject: { kind: 'account', id: 'creditorAccount' },
  says: { zh: '{subject}', en: '{subject}' },
  advice: { zh: '—', en: '—' },
  disclosure: 'supervisor',
  gaps: [],
})
