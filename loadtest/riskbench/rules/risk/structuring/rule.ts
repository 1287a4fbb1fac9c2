import { amount, count, countOf, defineRule, duration, sum } from '#contract'

/** Q3: several payments just below a threshold that together pass it. */
export default defineRule({
  kind: 'window',
  code: 'RB-03',
  id: 'risk/structuring',
  version: '1.0.0',
  law: [{ act: 'riskbench v1', article: 'Q3', inForce: '2026-01-01', verified: true }],
  title: { zh: 'Q3', en: 'Q3' },
  reads: 'pay.payment',
  parameters: { floor: amount('40000'), ceiling: amount('50000'), payments: count(3), total: amount('120000'), size: duration('60s'), every: duration('10s') },
  where: 'amount >= :floor AND amount < :ceiling',
  window: { size: 'size', every: 'every', per: 'debtorAccount', early: false, alerts: 'window' },
  measures: { count: countOf(), sum: sum('amount') },
  when: '"count" >= :payments AND "sum" >= :total',
  threshold: ':total',
  severity: 'blue',
  subject: { kind: 'account', id: 'debtorAccount' },
  says: { zh: '{subject}', en: '{subject}' },
  advice: { zh: '—', en: '—' },
  disclosure: 'institution',
  gaps: [],
})
