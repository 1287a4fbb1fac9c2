import { defineRule, ratio } from '#contract'

/** What cannot be identified behind products is one client, the unknown one, under the limit of a single client. */
export default defineRule({
  kind: 'limit',
  code: 'CR-05',
  id: 'credit/unknown-client',
  version: '1.0.0',
  title: { zh: '匿名客户风险暴露', en: 'Exposure to the unknown client' },
  law: [{ act: '商业银行大额风险暴露管理办法（银保监会令2018年第1号）', article: '匿名客户条款，见 law.md', inForce: '2018-07-01', verified: false }],
  parameters: { limit: ratio('0.15'), materiality: ratio('0.0015') },
  numerator: { from: 'exposure_total', sum: 'total' },
  where: `obligor_kind = 'unknown'`,
  value: 'exposure',
  base: { name: 'tier1', metric: 'tier1' },
  limit: 'limit',
  says: {
    zh: '{institution} 无法识别最终债务人的风险暴露 {exposure:money} 元，占一级资本净额 {share:percent}（限额 {threshold:percent}）',
    en: '{institution} has {exposure:money} CNY at risk with obligors that cannot be identified: {share:percent} of tier 1 (limit {threshold:percent})',
  },
  advice: {
    zh: '要求产品管理人补报底层资产；未补报前不得增持；不能穿透的产品限期退出。',
    en: 'Require the managers to report the underlying assets; no further purchases until then; leave products that cannot be looked through.',
  },
  disclosure: 'institution',
  gaps: [{ zh: '持仓报告的时效尚未判断：过期报告仍按现行计。', en: 'The age of a holding report is not judged yet: a stale one counts as current.' }],
})
