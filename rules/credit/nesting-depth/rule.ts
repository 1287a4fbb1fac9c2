import { count, defineRule } from '#contract'

/** A product may hold products, but those no more: one layer of nesting, public funds not counted. */
export default defineRule({
  kind: 'graph',
  code: 'CR-08',
  id: 'credit/nesting-depth',
  version: '1.0.0',
  title: { zh: '多层嵌套', en: 'Products nested too deep' },
  law: [{ act: '关于规范金融机构资产管理业务的指导意见（银发〔2018〕106号）', article: '第二十二条', inForce: '2018-04-27', verified: false }],
  parameters: { maxLayers: count(1, 0, 32, 'layers') },
  from: 'nesting',
  grades: [{ severity: 'orange', when: 'layers > :maxLayers', threshold: ':maxLayers' }],
  values: { layers: 'layers' },
  says: {
    zh: '产品 {subject} 之下嵌套 {layers} 层产品（上限 {threshold} 层，公募证券投资基金除外）',
    en: 'Product {subject} has {layers} layers of products below it (at most {threshold}; public funds not counted)',
  },
  advice: {
    zh: '沿路径核对每一层产品的管理人与投资范围；要求压缩嵌套层级；核查是否借嵌套规避投资范围、杠杆或集中度约束。',
    en: 'Follow the chain and check each product’s manager and mandate; require fewer layers; ask whether nesting avoids limits on investment, leverage or concentration.',
  },
  disclosure: 'institution',
  gaps: [
    {
      zh: '以管理人报送的持仓为准；未报送持仓的产品之下无法判断。',
      en: 'What the managers report is what is seen; below a product nobody described nothing is known.',
    },
  ],
})
