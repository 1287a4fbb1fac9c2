import { defineRule, ratio } from '#contract'

/** Loans to one customer stay within a tenth of net capital. */
export default defineRule({
  kind: 'limit',
  code: 'CR-01',
  id: 'credit/single-client-loan',
  version: '1.0.0',
  title: { zh: '单一客户贷款集中度', en: 'Loans to a single customer' },
  law: [
    { act: '中华人民共和国商业银行法', article: '第三十九条', inForce: '2015-10-01', verified: false },
    { act: '商业银行大额风险暴露管理办法（银保监会令2018年第1号）', article: '非同业单一客户条款，见 law.md', inForce: '2018-07-01', verified: false },
  ],
  parameters: { limit: ratio('0.10') },
  numerator: { from: 'credit.loan', sum: 'balance', by: 'customerId', subjectKind: 'party' },
  value: 'loans',
  base: { name: 'capital', metric: 'net-capital' },
  limit: 'limit',
  says: {
    zh: '{institution} 对客户 {subject} 的贷款余额 {loans:money} 元，占资本净额 {share:percent}（限额 {threshold:percent}）',
    en: '{institution} has lent {loans:money} CNY to customer {subject}: {share:percent} of net capital (limit {threshold:percent})',
  },
  advice: {
    zh: '核对资本净额口径与期次；限期压降或落实银团、转让；超限后不得新增授信。',
    en: 'Check the period and scope of net capital; require a plan to reduce, syndicate or transfer; no new credit while over the limit.',
  },
  disclosure: 'institution',
  gaps: [{ zh: '集团客户不在此合并，见集团客户规则。', en: 'Customers of one group are not added up here; see the client group rules.' }],
})
