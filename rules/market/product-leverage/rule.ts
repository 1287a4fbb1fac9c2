import { defineRule, ratio } from '#contract'

/** What a product owes on top of its net assets stays within bounds, tighter ones for public funds. */
export default defineRule({
  kind: 'ratio',
  code: 'MR-11',
  id: 'market/product-leverage',
  version: '1.0.0',
  title: { zh: '产品杠杆', en: 'Product leverage' },
  law: [{ act: '关于规范金融机构资产管理业务的指导意见（银发〔2018〕106号）', article: '第二十条', inForce: '2018-04-27', verified: false }],
  parameters: { limit: ratio('2.00', '1', '10'), publicLimit: ratio('1.40', '1', '10') },
  reads: 'product.holding',
  numerator: 'totalAssets',
  denominator: 'nav',
  value: 'leverage',
  limit: 'limit',
  limits: [{ when: 'publicFund', limit: 'publicLimit' }],
  subject: { kind: 'product', id: 'productId' },
  says: {
    zh: '产品 {subject} 总资产为净资产的 {leverage:percent}（上限 {threshold:percent}）',
    en: 'product {subject} has total assets of {leverage:percent} of its net assets (at most {threshold:percent})',
  },
  advice: {
    zh: '核对正回购等负债；要求管理人限期降杠杆，期间不得新增融资；查看投资人赎回安排。',
    en: 'Check repos and other borrowing; have the manager bring leverage down by a date and borrow no more until then; look at redemptions.',
  },
  disclosure: 'institution',
  gaps: [
    { zh: '分级私募产品（140%）未单列。', en: 'Tranched private products (140 %) are not told apart.' },
    { zh: '只看单层杠杆，嵌套产品不合并计算。', en: 'Leverage of one layer: nested products are not consolidated.' },
  ],
})
