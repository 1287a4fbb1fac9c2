import { count, defineRule, distinct, duration, sum } from '#contract'

/** One account pays into many within a few days. */
export default defineRule({
  kind: 'window',
  code: 'OP-09',
  id: 'operational/fan-out',
  version: '1.0.0',
  title: { zh: '分散转出', en: 'One account pays many' },
  law: [
    {
      act: '金融机构大额交易和可疑交易报告管理办法（中国人民银行令〔2016〕第3号）',
      article: '可疑交易监测标准条款，见 law.md',
      inForce: '2017-07-01',
      verified: false,
    },
  ],
  reads: 'pay.payment',
  parameters: { receivers: count(8), size: duration('5d'), every: duration('1d') },
  window: { size: 'size', every: 'every', per: 'debtorAccount', early: true },
  measures: { receivers: distinct('creditorAccount'), total: sum('amount') },
  when: 'receivers >= :receivers',
  threshold: ':receivers',
  severity: 'yellow',
  subject: { kind: 'account', id: 'debtorAccount' },
  says: {
    zh: '账户 {subject} 在窗口内向 {receivers} 个账户转出，共 {total:money} 元（阈值 {threshold} 个）',
    en: 'account {subject} paid {total:money} CNY to {receivers} accounts within the window (threshold {threshold})',
  },
  advice: {
    zh: '核查付款人身份与业务背景；查看资金来源；与同期集中转入合并研判。',
    en: 'Check who the payer is and why it pays; see where the money came from; judge together with fan-in of the same days.',
  },
  disclosure: 'supervisor',
  gaps: [
    { zh: '未区分代发工资、退款等正常分散付款账户。', en: 'Payroll and refund accounts are not told apart from private ones.' },
    { zh: '外币付款按面额相加。', en: 'Amounts in other currencies are added at face value.' },
  ],
})
