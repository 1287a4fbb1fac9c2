import { defineRule, ratio } from '#contract'

/** Everything an institution has at risk with one client that is no bank, after looking through products, stays within 15 % of tier 1 capital. */
export default defineRule({
  kind: 'limit',
  code: 'CR-02',
  id: 'credit/single-client-exposure',
  version: '1.0.0',
  title: { zh: '非同业单一客户风险暴露', en: 'Exposure to a single client, looked through' },
  law: [{ act: '商业银行大额风险暴露管理办法（银保监会令2018年第1号）', article: '非同业单一客户条款，见 law.md', inForce: '2018-07-01', verified: false }],
  parameters: { limit: ratio('0.15'), materiality: ratio('0.0015') },
  numerator: { from: 'exposure_total', sum: 'total' },
  where: `obligor_kind = 'structure' OR (obligor_kind = 'party' AND party_kind <> 'bank')`,
  value: 'exposure',
  also: ['direct', 'indirect'],
  base: { name: 'tier1', metric: 'tier1' },
  limit: 'limit',
  says: {
    zh: '{institution} 对 {subject} 穿透后风险暴露 {exposure:money} 元（直接 {direct:money}，间接 {indirect:money}），占一级资本净额 {share:percent}（限额 {threshold:percent}）',
    en: '{institution} has {exposure:money} CNY at risk with {subject} after looking through products (direct {direct:money}, indirect {indirect:money}): {share:percent} of tier 1 (limit {threshold:percent})',
  },
  advice: {
    zh: '沿路径核对各层产品最新持仓与份额；区分直接授信与间接敞口的压降责任；核查是否为规避限额而嵌套。',
    en: 'Follow the paths and check each product’s latest holdings and shares; settle who reduces direct and indirect parts; ask whether nesting was used to avoid the limit.',
  },
  disclosure: 'institution',
  gaps: [{ zh: '合格信用风险缓释不减少暴露。', en: 'Credit risk mitigation does not reduce the exposure.' }],
})
