import { defineRule, ratio } from '#contract'

/** Equity an insurer holds, directly and through products, stays within a part of its assets that grows with its solvency. */
export default defineRule({
  kind: 'limit',
  code: 'IN-04',
  id: 'insurance/equity-assets',
  version: '1.0.0',
  title: { zh: '权益类资产配置比例', en: 'Equity in an insurer’s assets' },
  law: [
    { act: '关于调整保险资金权益类资产监管比例有关事项的通知（金规〔2025〕12号）', article: '比例分档条款，见 law.md', inForce: '2025-04-08', verified: false },
  ],
  parameters: { below100: ratio('0.10'), below150: ratio('0.20'), below250: ratio('0.30'), below350: ratio('0.40'), else: ratio('0.50') },
  numerator: { from: 'equity_assets', sum: 'equity' },
  where: 'solvency IS NOT NULL',
  value: 'equity',
  base: { name: 'assets', metric: 'total-assets' },
  limit: 'else',
  limits: [
    { when: 'solvency < 1.0', limit: 'below100' },
    { when: 'solvency < 1.5', limit: 'below150' },
    { when: 'solvency < 2.5', limit: 'below250' },
    { when: 'solvency < 3.5', limit: 'below350' },
  ],
  says: {
    zh: '{institution} 权益类资产（含穿透）{equity:money} 元，占总资产 {share:percent}（按偿付能力充足率限额 {threshold:percent}）',
    en: '{institution} holds {equity:money} CNY of equity, looked through: {share:percent} of its assets (limit at its solvency {threshold:percent})',
  },
  advice: {
    zh: '核对产品底层权益类资产的穿透口径；停止新增权益类投资；报送压降安排。',
    en: 'Check what counts as equity below products; no further equity; ask for a plan to bring it down.',
  },
  disclosure: 'institution',
  gaps: [
    { zh: '总资产口径以报送的 total-assets 为准，未扣除独立账户等。', en: 'Total assets are as reported; separate accounts are not taken off.' },
    { zh: '未上市股权与上市权益未区分。', en: 'Listed and unlisted equity are not told apart.' },
  ],
})
