import { amount, count, defineRule, distinct, duration, ratio, sum } from '#contract'

/** An account is paid by several others and pays nearly all of it on within a day. */
export default defineRule({
  kind: 'window',
  code: 'OP-10',
  id: 'operational/gather-scatter',
  version: '1.0.0',
  title: { zh: '快进快出', en: 'Gathered and paid on' },
  law: [
    {
      act: '金融机构大额交易和可疑交易报告管理办法（中国人民银行令〔2016〕第3号）',
      article: '可疑交易监测标准条款，见 law.md',
      inForce: '2017-07-01',
      verified: false,
    },
  ],
  reads: 'pay.payment',
  parameters: { senders: count(3), part: ratio('0.9'), floor: amount('100000'), size: duration('24h'), every: duration('1h') },
  window: { size: 'size', every: 'every', per: 'creditorAccount', as: 'in', also: [{ per: 'debtorAccount', as: 'out' }], early: false },
  measures: { received: sum('amount', 'in'), sent: sum('amount', 'out'), senders: distinct('debtorAccount', 'in') },
  when: 'received >= :floor AND senders >= :senders AND sent >= :part * received',
  threshold: ':part',
  severity: 'orange',
  subject: { kind: 'account', id: 'account' },
  says: {
    zh: '账户 {subject} 24 小时内自 {senders} 个账户收到 {received:money} 元，转出 {sent:money} 元（达到收入的 {threshold:percent}）',
    en: 'account {subject} received {received:money} CNY from {senders} accounts within 24 hours and paid out {sent:money} CNY (at least {threshold:percent} of it)',
  },
  advice: {
    zh: '核查账户实际控制人及开户用途；沿转出方向追踪资金去向；按规定报送可疑交易报告。',
    en: 'Check who controls the account and what it was opened for; follow the money that was paid out; have suspicious transactions reported.',
  },
  disclosure: 'supervisor',
  gaps: [
    { zh: '期初余额不计：先转出后转入的也算。', en: 'What the account held before is left out: paying first and being paid later counts too.' },
    {
      zh: '只看一家机构报送的付款；外币付款按面额相加。',
      en: 'Payments as one institution reports them; amounts in other currencies are added at face value.',
    },
  ],
})
