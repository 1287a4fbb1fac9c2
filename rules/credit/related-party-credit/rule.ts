import { defineRule, ratio } from '#contract'

/** Credit to one related party, to its group and to all related parties together stays within 10, 15 and 50 % of net capital. */
export default defineRule({
  kind: 'limit',
  code: 'CR-21',
  id: 'credit/related-party-credit',
  version: '1.0.0',
  title: { zh: '关联方授信', en: 'Credit to related parties' },
  law: [{ act: '银行保险机构关联交易管理办法（银保监会令2022年第1号）', article: '第十六条', inForce: '2022-03-01', verified: false }],
  parameters: { single: ratio('0.10'), group: ratio('0.15'), all: ratio('0.50') },
  numerator: { from: 'related_credit', sum: 'net' },
  value: 'net',
  also: ['scope'],
  base: { name: 'capital', metric: 'net-capital' },
  limit: 'all',
  limits: [
    { when: `scope = 'single'`, limit: 'single' },
    { when: `scope = 'group'`, limit: 'group' },
  ],
  says: {
    zh: '{institution} 对关联方 {subject}（口径 {scope}）授信净额 {net:money} 元，占资本净额 {share:percent}（限额 {threshold:percent}）',
    en: '{institution} has {net:money} CNY of net credit to related {subject} ({scope}): {share:percent} of net capital (limit {threshold:percent})',
  },
  advice: {
    zh: '核对关联方名单与穿透识别的股东及其控制企业；核对保证金、质押存单、国债的扣除；责令压降并报送关联交易报告。',
    en: 'Check the list of related parties against the owners found by looking through; check margin, deposits and treasuries deducted; have it reduced and reported.',
  },
  disclosure: 'institution',
  gaps: [
    { zh: '董事、高管及其近亲属的关联关系须由机构申报，不从职务推断。', en: 'Directors, managers and their families are related only where declared.' },
    { zh: '授信净额以贷款余额计，未含表外与投资。', en: 'Loans only: off-balance-sheet items and investments are not counted.' },
  ],
})
