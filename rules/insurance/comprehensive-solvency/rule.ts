import { defineRule, ratio } from '#contract'

/** An insurer's actual capital covers its minimum capital. */
export default defineRule({
  kind: 'metric',
  code: 'IN-02',
  id: 'insurance/comprehensive-solvency',
  version: '1.0.0',
  title: { zh: '综合偿付能力充足率', en: 'Comprehensive solvency' },
  law: [{ act: '保险公司偿付能力管理规定（银保监会令2021年第1号）', article: '第八条', inForce: '2021-03-01', verified: false }],
  parameters: { limit: ratio('1.00', '0', '10'), watch: ratio('1.20', '0', '10') },
  metric: 'actual-capital',
  against: {
    to: 'minimum-capital',
    below: [
      { severity: 'yellow', below: 'watch' },
      { severity: 'red', below: 'limit' },
    ],
  },
  says: {
    zh: '{institution} 综合偿付能力充足率 {ratio:percent}，低于 {threshold:percent}',
    en: '{institution} has comprehensive solvency of {ratio:percent}, below {threshold:percent}',
  },
  advice: {
    zh: '要求报送资本补充计划和压力测试；低于 100% 的，依规采取限制分红、增资、停止新业务等措施。',
    en: 'Ask for a capital plan and a stress test; below 100 % dividends, new business and the like may be restricted.',
  },
  disclosure: 'institution',
  gaps: [
    { zh: '风险综合评级（B 类及以上）未判断。', en: 'The integrated risk rating (class B or better) is not judged.' },
    { zh: '最低资本以报送为准，未复核特征系数。', en: 'Minimum capital is as reported; its characteristic factors are not checked.' },
  ],
})
