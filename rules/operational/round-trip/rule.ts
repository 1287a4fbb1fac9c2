import { count, days, defineRule, ratio } from '#contract'

/** Money that leads through several accounts back to where it began, hardly less than before, was moved for its own sake. */
export default defineRule({
  kind: 'graph',
  code: 'OP-11',
  id: 'operational/round-trip',
  version: '1.0.0',
  title: { zh: '资金闭环', en: 'Money that goes round' },
  law: [
    {
      act: '金融机构大额交易和可疑交易报告管理办法（中国人民银行令〔2016〕第3号）',
      article: '可疑交易条款，见 law.md',
      inForce: '2017-07-01',
      verified: false,
    },
  ],
  parameters: { days: days(10, 1, 30), keep: ratio('0.8', '0.1'), maxHops: count(6, 3, 6, 'accounts') },
  from: 'round_trip',
  grades: [{ severity: 'orange', when: 'hops <= :maxHops', threshold: ':keep' }],
  values: { hops: 'hops', amount: 'amount' },
  says: {
    zh: '资金经 {hops} 个账户回到起点，闭环中最小账户 {subject}，最后一笔 {amount:money} 元，每笔不低于前一笔的 {threshold:percent}',
    en: 'Money came back after {hops} accounts, the smallest of them {subject}; the last payment was {amount:money} CNY, each at least {threshold:percent} of the one before',
  },
  advice: {
    zh: '核对闭环各账户的实际控制人与交易背景；排查虚增交易量、循环贸易融资与洗钱的分层环节；按规定报送可疑交易报告。',
    en: 'Check who controls the accounts and what the payments are for; look for inflated turnover, circular trade finance and layering; have suspicious transactions reported.',
  },
  disclosure: 'supervisor',
  gaps: [
    { zh: '一笔闭环只报最短路径；经现金、票据的环节不可见。', en: 'Of several ways the shortest is told; links by cash or bills are not seen.' },
    {
      zh: '外币按支付时适用汇率折算，未知汇率的支付不参与。',
      en: 'Foreign amounts at the rate in force; a payment in a currency without a rate takes no part.',
    },
  ],
})
