import { amount, countOf, defineRule, duration, sum } from '#contract'

/** What a company receives, or pays, other than in cash within a local day, at one institution. */
export default defineRule({
  kind: 'window',
  code: 'OP-02',
  id: 'operational/large-transfer',
  version: '1.0.0',
  title: { zh: '大额转账', en: 'Large transfer' },
  law: [{ act: '金融机构大额交易和可疑交易报告管理办法（中国人民银行令〔2016〕第3号）', article: '第五条', inForce: '2017-07-01', verified: false }],
  reads: 'pay.payment',
  parameters: { threshold: amount('2000000'), day: duration('24h') },
  where: `channel <> 'cash' AND ccy = 'CNY'`,
  window: {
    size: 'day',
    every: 'day',
    per: 'creditorId',
    part: `'in'`,
    also: [{ per: 'debtorId', part: `'out'` }],
    partAs: 'direction',
    partyKind: 'company',
    early: true,
    calendar: 'Asia/Shanghai',
  },
  measures: { total: sum('amount'), count: countOf() },
  when: 'total >= :threshold',
  threshold: ':threshold',
  severity: 'blue',
  subject: { kind: 'party', id: 'party' },
  says: {
    zh: '{subject} 当日转账（{direction}）{count} 笔，合计 {total:money} 元（报告标准 {threshold:money} 元）',
    en: '{subject} transferred {total:money} CNY ({direction}) in {count} payments on the day (to be reported from {threshold:money})',
  },
  advice: {
    zh: '核对大额交易报告是否按时报送；查看交易对手与用途；与分散转出、快进快出等预警合并研判。',
    en: 'Check that the large transaction was reported in time; see the counterparties and purposes; judge it together with fan-out and pass-through of the same days.',
  },
  disclosure: 'institution',
  gaps: [
    { zh: '外币转账（等值二十万美元）未判断。', en: 'Foreign currency (from the equivalent of 200,000 USD) is not judged.' },
    {
      zh: '付款时尚未登记为企业的当事人不计；其他非自然人机构未判断。',
      en: 'Payments of a party not yet known as a company do not count; other legal entities are not judged.',
    },
  ],
})
