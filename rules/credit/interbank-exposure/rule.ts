import { defineRule, ratio } from '#contract'

/** What a bank has at risk with another bank, looked through, stays within 25 % of tier 1 capital; between two globally systemic banks within 15 %. */
export default defineRule({
  kind: 'limit',
  code: 'CR-04',
  id: 'credit/interbank-exposure',
  version: '1.0.0',
  title: { zh: '同业单一客户风险暴露', en: 'Exposure to a single bank, looked through' },
  law: [
    {
      act: '商业银行大额风险暴露管理办法（银保监会令2018年第1号）',
      article: '同业单一客户、全球系统重要性银行条款，见 law.md',
      inForce: '2018-07-01',
      verified: false,
    },
  ],
  parameters: { limit: ratio('0.25'), gsibLimit: ratio('0.15') },
  numerator: { from: 'exposure_total', sum: 'total' },
  where: `obligor_kind = 'party' AND party_kind = 'bank'`,
  value: 'exposure',
  base: { name: 'tier1', metric: 'tier1' },
  limit: 'limit',
  limits: [{ when: 'gsib AND institution_gsib', limit: 'gsibLimit' }],
  says: {
    zh: '{institution} 对同业 {subject} 风险暴露 {exposure:money} 元，占一级资本净额 {share:percent}（限额 {threshold:percent}）',
    en: '{institution} has {exposure:money} CNY at risk with bank {subject}: {share:percent} of tier 1 (limit {threshold:percent})',
  },
  advice: {
    zh: '核对同业存放、拆借、债券与产品投资的合计口径；压降或转让超限部分；评估对手方流动性状况。',
    en: 'Check that deposits, loans, bonds and products are all counted; reduce or transfer the excess; look at the other bank’s liquidity.',
  },
  disclosure: 'institution',
  gaps: [
    { zh: '短期同业结算性存款的豁免尚未判断。', en: 'Exemptions for settlement balances are not judged.' },
    { zh: '同业集团客户按单家银行计，未合并集团成员。', en: 'Members of a banking group are measured one by one.' },
  ],
})
