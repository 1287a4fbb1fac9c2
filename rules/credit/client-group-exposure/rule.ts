import { defineRule, ratio } from '#contract'

/** Everything an institution has at risk with clients that belong together, by control or dependence, stays within 20 % of tier 1 capital. */
export default defineRule({
  kind: 'limit',
  code: 'CR-03',
  id: 'credit/client-group-exposure',
  version: '1.0.0',
  title: { zh: '集团客户风险暴露', en: 'Exposure to a group of connected clients, looked through' },
  law: [{ act: '商业银行大额风险暴露管理办法（银保监会令2018年第1号）', article: '一组非同业关联客户条款，见 law.md', inForce: '2018-07-01', verified: false }],
  parameters: { limit: ratio('0.20'), materiality: ratio('0.0015') },
  numerator: { from: 'client_group_exposure', sum: 'exposure' },
  value: 'exposure',
  also: ['members'],
  base: { name: 'tier1', metric: 'tier1' },
  limit: 'limit',
  says: {
    zh: '{institution} 对以 {subject} 为首的关联客户（{members}）穿透后风险暴露 {exposure:money} 元，占一级资本净额 {share:percent}（限额 {threshold:percent}）',
    en: '{institution} has {exposure:money} CNY at risk with the group of {subject} ({members}) after looking through products: {share:percent} of tier 1 (limit {threshold:percent})',
  },
  advice: {
    zh: '核对控制关系与经济依存关系的证据；统一授信、统一额度；要求机构报送集团授信压降安排。',
    en: 'Check what control and dependence rest on; one credit line for the group; ask for a plan to bring it down.',
  },
  disclosure: 'institution',
  gaps: [
    {
      zh: '经济依存关系以登记的 dependence 记录为准，未从收支和担保推断。',
      en: 'Dependence is what is stated as such; it is not inferred from receipts or guarantees.',
    },
    { zh: '组内的同业客户未剔除。', en: 'Banks within a group are not left out.' },
  ],
})
