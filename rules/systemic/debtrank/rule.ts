import { defineRule, ratio } from '#contract'

/** An institution whose default would cost the others more than a part of the equity of all. */
export default defineRule({
  kind: 'graph',
  code: 'SY-01',
  id: 'systemic/debtrank',
  version: '1.0.0',
  title: { zh: '违约影响', en: 'What a default would cost the others' },
  law: [{ act: '系统重要性银行评估办法（银发〔2020〕289号）', article: '关联度指标，见 law.md', inForce: '2021-01-01', verified: false }],
  parameters: { part: ratio('0.10') },
  from: 'debtrank',
  grades: [{ severity: 'orange', when: 'loss > :part * system_equity', threshold: ':part' }],
  values: { impact: 'CAST(loss / system_equity AS DECIMAL(38,4))' },
  says: {
    zh: '{institution} 一旦违约，其他机构的损失将达全体权益的 {impact:percent}（阈值 {threshold:percent}）',
    en: 'If {institution} defaulted, the others would lose {impact:percent} of the equity of all (threshold {threshold:percent})',
  },
  advice: {
    zh: '核对其最大债权机构的敞口与集中度，评估降低互相依存或追加资本的措施。',
    en: 'Look at its largest lenders and how much of their equity is with it; consider less exposure between them, or more capital.',
  },
  disclosure: 'supervisor',
  gaps: [
    { zh: '权益未知的机构不判断，也不传递损失。', en: 'An institution whose equity is not known is not judged and passes no loss on.' },
    { zh: '不计回收、抵押、净额结算与抛售造成的价格下跌。', en: 'Recovery, collateral, netting and fire sales are left out.' },
  ],
})
