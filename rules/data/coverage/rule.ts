import { defineRule, ratio } from '#contract'

/** Of what an institution holds through products, nearly all is looked through to somebody. */
export default defineRule({
  kind: 'graph',
  code: 'DQ-11',
  id: 'data/coverage',
  version: '1.0.0',
  title: { zh: '穿透覆盖率', en: 'How much is looked through' },
  law: [{ act: '商业银行大额风险暴露管理办法（银保监会令2018年第1号）', article: '穿透计量与匿名客户条款，见 law.md', inForce: '2018-07-01', verified: false }],
  parameters: { yellow: ratio('0.95'), orange: ratio('0.90') },
  from: 'coverage',
  grades: [
    { severity: 'yellow', when: 'identified < :yellow * total', threshold: ':yellow' },
    { severity: 'orange', when: 'identified < :orange * total', threshold: ':orange' },
  ],
  values: { identified: 'identified', total: 'total', share: 'CAST(identified / total AS DECIMAL(38,4))' },
  says: {
    zh: '{institution} 通过产品持有 {total:money} 元，其中可识别 {identified:money} 元，覆盖率 {share:percent}',
    en: '{institution} holds {total:money} CNY through products, of which {identified:money} is identified: {share:percent}',
  },
  advice: {
    zh: '按金额从大到小列出不可识别的产品，要求管理人补报底层资产；长期不补报的视同匿名客户压降。',
    en: 'List what cannot be identified, largest first, and have the managers report it; what stays unreported is reduced as the unknown client.',
  },
  disclosure: 'institution',
  gaps: [{ zh: '低于重要性的部分留在结构内，视为可识别。', en: 'What stays with a structure because it is immaterial counts as identified.' }],
})
