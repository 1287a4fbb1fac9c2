import { defineRule, ratio } from '#contract'

/** Above 2.5 % of tier 1 capital an exposure is a large one, to be watched and reported. */
export default defineRule({
  kind: 'limit',
  code: 'CR-06',
  id: 'credit/large-exposure',
  version: '1.0.0',
  title: { zh: '大额风险暴露', en: 'Large exposure' },
  law: [{ act: '商业银行大额风险暴露管理办法（银保监会令2018年第1号）', article: '大额风险暴露定义条款，见 law.md', inForce: '2018-07-01', verified: false }],
  parameters: { threshold: ratio('0.025'), materiality: ratio('0.0015') },
  numerator: { from: 'exposure_total', sum: 'total' },
  value: 'exposure',
  base: { name: 'tier1', metric: 'tier1' },
  limit: 'threshold',
  ladder: 'entered',
  says: {
    zh: '{institution} 对 {subject} 的风险暴露 {exposure:money} 元，占一级资本净额 {share:percent}，属大额风险暴露（门槛 {threshold:percent}）',
    en: '{institution} has {exposure:money} CNY at risk with {subject}: {share:percent} of tier 1, a large exposure (threshold {threshold:percent})',
  },
  advice: { zh: '列入大额风险暴露名单，按期报送并跟踪变化。', en: 'Put it on the list of large exposures, have it reported and followed.' },
  disclosure: 'institution',
  gaps: [{ zh: '一组关联客户不在此合并。', en: 'Clients of one group are not added up here.' }],
})
