import { days, defineRule, ratio } from '#contract'

/** What cannot be identified behind products is one client, the unknown one, under the limit of a single client. */
export default defineRule({
  kind: 'limit',
  code: 'CR-05',
  id: 'credit/unknown-client',
  version: '1.1.0',
  title: { zh: '匿名客户风险暴露', en: 'Exposure to the unknown client' },
  law: [{ act: '商业银行大额风险暴露管理办法（银保监会令2018年第1号）', article: '匿名客户条款，见 law.md', inForce: '2018-07-01', verified: false }],
  // A holding report older than `maxAge` and `grace` together identifies nothing, for whoever looks through it; `maxAge` 0: however old it is.
  parameters: { limit: ratio('0.15'), materiality: ratio('0.0015'), maxAge: days(0), grace: days(10) },
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
  gaps: [
    {
      zh: '各类产品共用一个时效；`maxAge` 为 0（默认）时过期报告仍按现行计。',
      en: 'One age holds for products of every kind; while `maxAge` is 0, the default, an old report counts as current.',
    },
  ],
})
