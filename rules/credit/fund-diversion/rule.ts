import { amount, choice, count, days, defineRule, ratio, words } from '#contract'

/** The money of a loan is not to reach brokers, developers or private lenders, by whatever way. */
export default defineRule({
  kind: 'graph',
  code: 'CR-18',
  id: 'credit/fund-diversion',
  version: '1.0.0',
  title: { zh: '信贷资金挪用', en: 'Loan money diverted' },
  law: [
    { act: '流动资金贷款管理办法（国家金融监督管理总局令2024年第2号）', article: '贷款用途与支付管理条款，见 law.md', inForce: '2024-07-01', verified: false },
    { act: '个人贷款管理办法（国家金融监督管理总局令2024年第3号）', article: '贷款用途与支付管理条款，见 law.md', inForce: '2024-07-01', verified: false },
  ],
  parameters: {
    sinks: words('broker', 'developer', 'privateLender'),
    floor: amount('50000'),
    part: ratio('0.10'),
    method: choice('prorata', 'fifo', 'lifo', 'poison'),
    days: days(30, 1, 365),
    hops: count(5, 1, 20, 'hops'),
  },
  from: 'loan_sinks',
  grades: [{ severity: 'red', when: 'tainted >= greatest(:floor, :part * loan)', threshold: 'greatest(:floor, :part * loan)::DECIMAL(38,2)' }],
  values: { tainted: 'tainted', loan: 'loan', sinks: 'sinks' },
  says: {
    zh: '{institution} 贷款 {subject} 的资金 {tainted:money} 元流入禁止领域（{sinks}）账户，贷款发放 {loan:money} 元，标准 {threshold:money} 元',
    en: '{tainted:money} CNY of loan {subject} of {institution} reached accounts of {sinks}; {loan:money} CNY were paid out, the threshold is {threshold:money}',
  },
  advice: {
    zh: '调取路径上的转账凭证与合同，核实贷款用途；责令收回被挪用部分，核查受托支付与贷后检查记录。',
    en: 'Get vouchers and contracts of the payments on the path, and check the purpose; have the part diverted called in, and look at how payment and use were checked.',
  },
  disclosure: 'institution',
  gaps: [
    { zh: '现金提取后的去向、未报送机构账户内的流转不可见。', en: 'What happens to cash, and within accounts nobody reports on, is not seen.' },
    { zh: '禁止领域以当事人标识为准；账户归属以首笔收款登记为准。', en: 'Sinks are flags of parties; whose an account is goes by the first payment into it.' },
    {
      zh: '分次发放的贷款，只追踪支付记录留存期内发放的部分。',
      en: 'Of a loan paid out in parts, only what was paid out while payments are kept is followed.',
    },
  ],
})
