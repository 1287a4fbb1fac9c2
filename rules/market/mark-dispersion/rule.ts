import { defineRule, duration, max, median, min, ratio } from '#contract'

/** Institutions value the same instrument differently at the end of one day. */
export default defineRule({
  kind: 'window',
  code: 'MR-08',
  id: 'market/mark-dispersion',
  version: '1.0.0',
  title: { zh: '同券不同价', en: 'One instrument, different marks' },
  law: [
    {
      act: '商业银行金融工具公允价值估值监管指引（银监发〔2010〕105号）',
      article: '估值方法与验证条款，见 law.md',
      inForce: '2010-12-03',
      verified: false,
    },
  ],
  reads: 'book.position',
  scope: '*',
  parameters: { spread: ratio('0.02'), day: duration('24h') },
  where: 'mark IS NOT NULL',
  window: { size: 'day', every: 'day', per: 'instrumentId', early: false, calendar: 'Asia/Shanghai' },
  latest: 'institution',
  measures: { max: max('mark'), min: min('mark'), median: median('mark') },
  when: 'median > 0 AND max - min > :spread * median',
  threshold: ':spread',
  severity: 'orange',
  subject: { kind: 'instrument', id: 'instrumentId' },
  says: {
    zh: '{subject} 当日各机构估值最高 {max:price}、最低 {min:price}、中位数 {median:price}，相差超过 {threshold:percent}（{institutions}）',
    en: '{subject}: marks of the day from {min:price} to {max:price}, median {median:price}, further apart than {threshold:percent} ({institutions})',
  },
  advice: {
    zh: '请偏离中位数最远的机构说明估值来源与模型；与第三方估值和当日成交价核对；关注调节损益。',
    en: 'Ask whoever is furthest from the median for source and model of its mark; hold it against third-party valuations and trades of the day; look for managed results.',
  },
  disclosure: 'supervisor',
  gaps: [
    { zh: '一家机构多笔持仓的估值取当日最后一笔。', en: 'Of several positions of one institution the last mark of the day counts.' },
    { zh: '不区分净价与全价，也不区分币种。', en: 'Clean and dirty prices, and currencies, are not told apart.' },
  ],
})
