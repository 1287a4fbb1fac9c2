import { days, defineRule, ratio } from '#contract'

/** A loan that is soon back with the borrower, by way of others, was not needed for what it was given for. */
export default defineRule({
  kind: 'graph',
  code: 'CR-19',
  id: 'credit/return-flow',
  version: '1.0.0',
  title: { zh: '信贷资金回流', en: 'Loan money back with the borrower' },
  law: [
    { act: '流动资金贷款管理办法（国家金融监督管理总局令2024年第2号）', article: '贷款用途与支付管理条款，见 law.md', inForce: '2024-07-01', verified: false },
  ],
  parameters: { part: ratio('0.30'), days: days(7, 1, 365) },
  from: 'loan_return',
  grades: [{ severity: 'orange', when: 'returned >= :part * loan', threshold: ':part' }],
  values: { returned: 'returned', loan: 'loan', share: 'share' },
  says: {
    zh: '{institution} 贷款 {subject} 发放 {loan:money} 元，其中 {returned:money} 元（{share:percent}）经外部账户回流借款人或其集团（标准 {threshold:percent}）',
    en: 'Of loan {subject} of {institution}, {loan:money} CNY, {returned:money} ({share:percent}) came back to the borrower or its group by way of others (threshold {threshold:percent})',
  },
  advice: {
    zh: '核实交易对手与借款人的关系、贸易背景与发票；排查以贷转存、以贷还贷和套取票据；必要时提前收回。',
    en: 'Check how the counterparties are related to the borrower, and contracts and invoices; look for loans turned into deposits or repaying loans; call it in if need be.',
  },
  disclosure: 'institution',
  gaps: [
    { zh: '未在客户组内的代持、隐名关联账户不视为借款人一方。', en: 'Nominees and hidden relations outside the client group do not count as the borrower.' },
    { zh: '经现金或未报送机构账户的回流不可见。', en: 'What comes back as cash, or through accounts nobody reports on, is not seen.' },
    {
      zh: '分次发放的贷款，只追踪支付记录留存期内发放的部分。',
      en: 'Of a loan paid out in parts, only what was paid out while payments are kept is followed.',
    },
  ],
})
