import { count, defineRule, ratio } from '#contract'

/** A trade at a price far from what the instrument was traded at just before. */
export default defineRule({
  kind: 'outlier',
  code: 'MR-09',
  id: 'market/off-market-trade',
  version: '1.0.0',
  title: { zh: '偏离公允价', en: 'Off-market trade' },
  law: [
    {
      act: '关于规范债券市场参与者债券交易业务的通知（银发〔2017〕302号）',
      article: '公允交易、禁止利益输送条款，见 law.md',
      inForce: '2017-12-29',
      verified: false,
    },
  ],
  reads: 'mkt.trade',
  parameters: { deviation: ratio('0.01'), minutes: count(30, 1, 1440, 'minutes'), trades: count(3) },
  per: 'instrumentId',
  value: 'price',
  weight: 'quantity',
  within: 'minutes',
  least: 'trades',
  most: 'deviation',
  severity: 'orange',
  subject: { kind: 'trade', id: 'tradeId' },
  says: {
    zh: '成交 {subject} 价格 {price:price}，偏离此前成交均价 {vwap:price} 达 {deviation:percent}（阈值 {threshold:percent}）',
    en: 'trade {subject} at {price:price} is {deviation:percent} away from {vwap:price}, what was paid before it on average (threshold {threshold:percent})',
  },
  advice: {
    zh: '核查交易双方及其受益所有人是否关联；要求说明定价依据；与同一工具的估值差异合并研判。',
    en: 'Check whether the two sides, or who stands behind them, are related; ask for the basis of the price; judge it together with marks that differ.',
  },
  disclosure: 'supervisor',
  gaps: [
    { zh: '不区分币种、结算方式与大宗交易。', en: 'Currencies, ways of settlement and block trades are not told apart.' },
    {
      zh: '均价中的成交事后更正的，已判断的成交不再重判。',
      en: 'When a trade in the average is corrected later, those judged by it are not judged again.',
    },
  ],
})
