import { amount, countOf, defineRule, duration, first, sum } from '#contract'

/** Cash a party pays in, or takes out, within a local day, at one institution. */
export default defineRule({
  kind: 'window',
  code: 'OP-01',
  id: 'operational/large-cash',
  version: '1.0.0',
  title: { zh: '大额现金', en: 'Large cash' },
  law: [{ act: '金融机构大额交易和可疑交易报告管理办法（中国人民银行令〔2016〕第3号）', article: '第五条', inForce: '2017-07-01', verified: false }],
  reads: 'pay.payment',
  parameters: { threshold: amount('50000'), day: duration('24h') },
  where: `channel = 'cash' AND ccy = 'CNY'`,
  window: {
    size: 'day',
    every: 'day',
    per: `CASE cash WHEN 'in' THEN creditorId WHEN 'out' THEN debtorId END`,
    part: 'cash',
    early: true,
    calendar: 'Asia/Shanghai',
  },
  measures: { total: sum('amount'), count: countOf(), direction: first('cash') },
  when: 'total >= :threshold',
  threshold: ':threshold',
  severity: 'blue',
  subject: { kind: 'party', id: 'party' },
  says: {
    zh: '{subject} 当日现金（{direction}）{count} 笔，合计 {total:money} 元（报告标准 {threshold:money} 元）',
    en: '{subject} moved {total:money} CNY in cash ({direction}) in {count} payments on the day (to be reported from {threshold:money})',
  },
  advice: {
    zh: '核对大额交易报告是否按时报送；与同期拆分、集中转入等预警合并研判。',
    en: 'Check that the large transaction was reported in time; judge it together with splitting and fan-in of the same days.',
  },
  disclosure: 'institution',
  gaps: [
    { zh: '外币现金（等值一万美元）未判断。', en: 'Foreign cash (from the equivalent of 10,000 USD) is not judged.' },
    { zh: '同一客户的不同当事人编号不合并。', en: 'Two ids of one customer are two parties.' },
  ],
})
