import { defineRule } from '#contract'

/** What is said of who owns a party adds up, and products that hold each other do not grow by it. */
export default defineRule({
  kind: 'graph',
  code: 'DQ-08',
  id: 'data/ownership-sanity',
  version: '1.0.0',
  title: { zh: '股权与持仓校验', en: 'Ownership and holdings that do not add up' },
  law: [{ act: '银行业金融机构数据治理指引（银保监发〔2018〕22号）', article: '数据质量控制各条，见 law.md', inForce: '2018-05-21', verified: false }],
  parameters: {},
  from: 'sanity',
  grades: [{ severity: 'orange', when: 'true', threshold: `'1'` }],
  values: { sum: 'sum', reason: 'reason' },
  says: {
    zh: '{subject} 的股权或持仓记录不成立（{reason}），份额合计 {sum}',
    en: 'What is reported of who owns {subject}, or what it holds, does not add up ({reason}); the shares sum to {sum}',
  },
  advice: {
    zh: '向最先报送方核对各条持股记录的份额、起止日期与明细标志；更正前该处的穿透结果不可依赖。',
    en: 'Check the shares, dates and component marks of each record with whoever stated them first; until corrected, do not rely on what was looked through here.',
  },
  disclosure: 'institution',
  gaps: [
    { zh: '以区间报送的份额按下限判断，仅凭区间不认定超额。', en: 'Shares given as ranges are taken at their lower bound: a range alone accuses nobody.' },
  ],
})
