import { amount, defineRule } from '#contract'
import { TIERS } from '../../../limits.ts'

/** Q2: across the border to a country of high risk, above the institution's tier. */
export default defineRule({
  kind: 'each',
  code: 'RB-02',
  id: 'risk/high-risk-country',
  version: '1.0.0',
  law: [{ act: 'riskbench v1', article: 'Q2', inForce: '2026-01-01', verified: true }],
  title: { zh: 'Q2', en: 'Q2' },
  reads: 'pay.payment',
  parameters: { tier: amount('0', { of: TIERS }) },
  when: "crossBorder AND countryTo IN ('AA', 'BB', 'CC') AND amount > :tier",
  values: { sum: 'amount' },
  threshold: ':tier',
  severity: 'blue',
  subject: { kind: 'payment', id: 'paymentId' },
  says: { zh: '{subject}', en: '{subject}' },
  advice: { zh: '—', en: '—' },
  disclosure: 'institution',
  gaps: [],
})
