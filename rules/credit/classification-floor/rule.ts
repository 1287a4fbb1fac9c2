import { days, defineRule } from '#contract'

const CLASSES = `['normal', 'special-mention', 'substandard', 'doubtful', 'loss']`

/** A loan is classified no better than its days past due allow. */
export default defineRule({
  kind: 'each',
  code: 'CR-09',
  id: 'credit/classification-floor',
  version: '1.0.0',
  title: { zh: '五级分类下限', en: 'Loan classification floor' },
  law: [
    {
      act: '商业银行金融资产风险分类办法（银保监会、人民银行令〔2023〕第1号）',
      article: '逾期天数与分类下限各条，见 law.md',
      inForce: '2023-07-01',
      verified: false,
    },
  ],
  reads: 'credit.loan',
  parameters: { substandardAfter: days(90), doubtfulAfter: days(270), lossAfter: days(360) },
  values: {
    dpd: 'dpd',
    class: 'class',
    floor: `CASE WHEN dpd > :lossAfter THEN 'loss' WHEN dpd > :doubtfulAfter THEN 'doubtful' WHEN dpd > :substandardAfter THEN 'substandard' WHEN dpd > 0 THEN 'special-mention' ELSE 'normal' END`,
  },
  when: `list_position(${CLASSES}, class) < list_position(${CLASSES}, floor)`,
  threshold: 'floor',
  severity: 'red',
  subject: { kind: 'loan', id: 'loanId' },
  says: {
    zh: '{institution} 贷款 {subject} 逾期 {dpd} 天，报送分类 {class}，低于规定下限 {floor}',
    en: '{institution} reports loan {subject} as {class} at {dpd} days past due; the floor is {floor}',
  },
  advice: {
    zh: '要求机构说明分类依据；核对逾期起算日与展期、重组情况；同一借款人其他贷款一并核查。',
    en: 'Ask for the basis of the classification; check when the days past due began, and any extension or restructuring; look at the borrower’s other loans too.',
  },
  disclosure: 'institution',
  gaps: [{ zh: '重组贷款、同一债务人其他贷款的交叉下调尚未判断。', en: 'Restructured loans and cross-default of one debtor’s other loans are not judged.' }],
})
