import { amount, defineRule } from '#contract'

/** Q1: a cash payment of 50,000 or more. */
export default defineRule({
  kind: 'each',
  code: 'RB-01',
  id: 'risk/large-cash',
  version: '1.0.0',
  law: [{ act: 'riskbench v1', article: 'Q1', inForce: '2026-01-01', verified: true }],
  title: { zh: 'Q1', en: 'Q1' },
  reads: 'pay.payment',
  parameters: { threshold: amount('50000') },
  when: "channel = 'cash' AND amount >= :threshold",
  values: { sum: 'amount' },
  threshold: ':threshold',
  severity: 'blue',
  subject: { kind: 'payment', id: 'paymentId' },
  says: { zh: '{subject}', en: '{subject}' },
  advice: { zh: '—', en: '—' },
  disclosure: 'institution',
  gaps: [],
})
