import { amount, count, countOf, defineRule, duration, ratio, sum } from '#contract'

/** Cash in amounts just below what has to be reported, often enough to reach it together. */
export default defineRule({
  kind: 'window',
  code: 'OP-06',
  id: 'operational/smurfing',
  version: '1.0.0',
  title: { zh: '拆分规避', en: 'Splitting below the threshold' },
  law: [
    {
      act: '金融机构大额交易和可疑交易报告管理办法（中国人民银行令〔2016〕第3号）',
      article: '可疑交易监测标准条款，见 law.md',
      inForce: '2017-07-01',
      verified: false,
    },
  ],
  reads: 'pay.payment',
  parameters: { count: count(3), floor: ratio('0.8'), threshold: amount('50000'), size: duration('7d'), every: duration('1d') },
  where: `channel = 'cash' AND ccy = 'CNY' AND amount >= :floor * :threshold AND amount < :threshold`,
  window: { size: 'size', every: 'every', per: `CASE cash WHEN 'in' THEN creditorId WHEN 'out' THEN debtorId END`, early: true },
  measures: { count: countOf(), total: sum('amount') },
  when: 'count >= :count AND total >= :threshold',
  threshold: ':threshold',
  severity: 'orange',
  subject: { kind: 'party', id: 'party' },
  says: {
    zh: '{subject} 七日内 {count} 笔现金接近报告标准，合计 {total:money} 元（报告标准 {threshold:money} 元）',
    en: '{subject} moved cash {count} times just below what has to be reported, {total:money} CNY within seven days (to be reported from {threshold:money})',
  },
  advice: {
    zh: '调阅凭证核对是否同一经办人、多网点办理；了解资金来源；与大额现金预警合并研判。',
    en: 'See the slips: the same person, several branches? Ask where the cash comes from; judge together with large cash.',
  },
  disclosure: 'supervisor',
  gaps: [
    { zh: '只看同一机构；跨机构拆分未判断。', en: 'One institution alone: splitting over several is not judged.' },
    { zh: '外币现金未判断；存取合并计数。', en: 'Foreign cash is not judged; paying in and taking out count together.' },
  ],
})
