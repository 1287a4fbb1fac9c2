import { count, defineRule, distinct, duration, sum } from '#contract'

/** Many accounts pay into one within a few days. */
export default defineRule({
  kind: 'window',
  code: 'OP-08',
  id: 'operational/fan-in',
  version: '1.0.0',
  title: { zh: '集中转入', en: 'Many payers into one account' },
  law: [
    {
      act: '金融机构大额交易和可疑交易报告管理办法（中国人民银行令〔2016〕第3号）',
      article: '可疑交易监测标准条款，见 law.md',
      inForce: '2017-07-01',
      verified: false,
    },
  ],
  reads: 'pay.payment',
  parameters: { senders: count(8), size: duration('5d'), every: duration('1d') },
  window: { size: 'size', every: 'every', per: 'creditorAccount', early: true },
  measures: { senders: distinct('debtorAccount'), total: sum('amount') },
  when: 'senders >= :senders',
  threshold: ':senders',
  severity: 'yellow',
  subject: { kind: 'account', id: 'creditorAccount' },
  says: {
    zh: '账户 {subject} 在窗口内收到 {senders} 个账户转入，共 {total:money} 元（阈值 {threshold} 个）',
    en: 'account {subject} received {total:money} CNY from {senders} accounts within the window (threshold {threshold})',
  },
  advice: {
    zh: '核查收款人身份与业务背景；查看资金随后去向；与同期分散转出合并研判。',
    en: 'Check who the payee is and why it is paid; see where the money goes next; judge together with fan-out of the same days.',
  },
  disclosure: 'supervisor',
  gaps: [
    { zh: '未区分商户、代发等正常集中收款账户。', en: 'Merchants and payroll collectors are not told apart from private accounts.' },
    { zh: '外币付款按面额相加。', en: 'Amounts in other currencies are added at face value.' },
  ],
})
