import { defineRule, ratio } from '#contract'

/** A loan to a related party that is major by itself, or makes its loans together so. */
export default defineRule({
  kind: 'amount',
  code: 'CR-22',
  id: 'credit/major-related-transaction',
  version: '1.0.0',
  title: { zh: '重大关联交易', en: 'Major related-party transaction' },
  law: [{ act: '银行保险机构关联交易管理办法（银保监会令〔2022〕1号）', article: '第十四条', inForce: '2022-03-01', verified: false }],
  reads: 'credit.loan',
  parameters: { single: ratio('0.01'), cumulative: ratio('0.05'), step: ratio('0.01') },
  when: 'relatedParty',
  amount: 'balance',
  value: 'amount',
  base: { name: 'capital', metric: 'net-capital' },
  part: 'single',
  running: { value: 'cumulative', first: 'cumulative', step: 'step' },
  severity: 'orange',
  subject: { kind: 'party', id: 'customerId' },
  says: {
    zh: '{institution} 与关联方 {subject} 新增交易 {amount:money} 元，累计 {cumulative:money} 元，达到资本净额的 {threshold:percent}',
    en: '{institution} lent {amount:money} CNY to related party {subject}, {cumulative:money} in all: {threshold:percent} of net capital reached',
  },
  advice: {
    zh: '核对董事会批准、独立董事意见与逐笔报告；查看定价是否公允；与关联授信余额预警合并研判。',
    en: 'Check the board’s approval and the report of the transaction; see whether it is priced at arm’s length; judge it together with related-party credit.',
  },
  disclosure: 'institution',
  gaps: [
    { zh: '只看贷款，不含存款、服务、资产转移等其他关联交易。', en: 'Loans alone: deposits, services and transfers of assets are not judged.' },
    { zh: '关联关系以机构申报为准；同一关联方的不同编号不合并。', en: 'Who is related is as declared; two ids of one party are two parties.' },
    { zh: '跨年累计，不按年度重新起算。', en: 'The sum goes on from year to year.' },
  ],
})
