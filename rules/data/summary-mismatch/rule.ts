import { amount, defineRule, ratio } from '#contract'

/** What an institution reports as the sum of its loans is the sum of the loans it reports. */
export default defineRule({
  kind: 'summary',
  code: 'DQ-05',
  id: 'data/summary-mismatch',
  version: '1.0.0',
  title: { zh: '勾稽', en: 'Detail and summary differ' },
  law: [
    {
      act: '银行业金融机构数据治理指引（银保监发〔2018〕22号）',
      article: '数据质量控制条款，见 law.md',
      inForce: '2018-05-21',
      verified: false,
    },
  ],
  parameters: { part: ratio('0.0001'), floor: amount('1000') },
  detail: { from: 'credit.loan', sum: 'balance' },
  reported: 'return:loans',
  part: 'part',
  floor: 'floor',
  severity: 'orange',
  says: {
    zh: '{institution} 贷款明细合计 {detail:money} 元，报表合计 {reported:money} 元，相差 {difference:money} 元（容差 {threshold:money} 元）',
    en: '{institution}: loans add up to {detail:money} CNY one by one and to {reported:money} CNY in the return, a difference of {difference:money} CNY (tolerance {threshold:money})',
  },
  advice: {
    zh: '先核对报表期次与明细截止时点，再查漏报、重报与币种；由机构更正报表或补报明细。',
    en: 'Check the period of the return against the day of the detail first, then missing and doubled loans and currencies; have the return corrected or the detail completed.',
  },
  disclosure: 'institution',
  gaps: [
    {
      zh: '比对的是判定时点的明细与最近一期报表：两期报表之间的正常变动也会显示为差异。',
      en: 'The detail at the tick is held against the latest return: what moves in the ordinary way between two returns shows as a difference too.',
    },
    { zh: '没有任何汇率的外币贷款不计入明细合计。', en: 'Loans in a currency without any rate are left out of the detail.' },
  ],
})
