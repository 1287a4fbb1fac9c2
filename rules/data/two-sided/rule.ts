import { defineRule, ratio } from '#contract'

/** What one institution says it lent another, against what that one says it borrowed. */
export default defineRule({
  kind: 'graph',
  code: 'DQ-07',
  id: 'data/two-sided',
  version: '1.0.0',
  title: { zh: '双边勾稽', en: 'Two sides of an interbank claim' },
  law: [{ act: '银行业金融机构数据治理指引（银保监发〔2018〕22号）', article: '数据质量控制各条，见 law.md', inForce: '2018-05-21', verified: false }],
  parameters: { part: ratio('0.01') },
  from: 'two_sided',
  grades: [{ severity: 'orange', when: 'difference > :part * greatest(lent, borrowed)', threshold: ':part' }],
  values: { lent: 'lent', borrowed: 'borrowed', difference: 'abs(lent - borrowed)' },
  says: {
    zh: '同业债权 {subject}：债权方报送 {lent:money} 元，债务方报送 {borrowed:money} 元，相差 {difference:money} 元（容差 {threshold:percent}）',
    en: 'Interbank claim {subject}: {lent:money} CNY by the lender, {borrowed:money} CNY by the borrower, {difference:money} CNY apart (tolerance {threshold:percent})',
  },
  advice: {
    zh: '请双方各自核对同业台账与对账单，由差错一方更正报送；差异消除前，网络类规则的结果以债权方报送为准。',
    en: 'Have both sides check their ledgers against each other and the one in error report again; until then network rules go by what the lender reports.',
  },
  disclosure: 'supervisor',
  gaps: [
    { zh: '双方报送时点不同造成的暂时差异不加区分。', en: 'Differences that last only until the other side has reported too are not told apart.' },
    { zh: '只比较合计，不逐笔配对。', en: 'Sums are compared, not single claims.' },
  ],
})
