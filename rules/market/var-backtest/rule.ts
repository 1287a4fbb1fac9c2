import { count, days, defineRule } from '#contract'

/** A bank loses more than its value at risk on too many days. */
export default defineRule({
  kind: 'graph',
  code: 'MR-04',
  id: 'market/var-backtest',
  version: '1.0.0',
  title: { zh: '返回检验', en: 'Backtest of value at risk' },
  law: [
    {
      act: '商业银行资本管理办法（国家金融监督管理总局令2023年第4号）',
      article: '附件 市场风险内部模型法返回检验要求，见 law.md',
      inForce: '2024-01-01',
      verified: false,
    },
  ],
  parameters: { yellow: count(5), red: count(10), days: days(250, 1) },
  from: 'backtest',
  grades: [
    { severity: 'yellow', when: 'exceptions >= :yellow', threshold: ':yellow' },
    { severity: 'red', when: 'exceptions >= :red', threshold: ':red' },
  ],
  values: { exceptions: 'exceptions', days: 'days' },
  says: {
    zh: '{institution} 最近 {days} 期中有 {exceptions} 期亏损超过风险价值（阈值 {threshold} 期）',
    en: '{institution} lost more than its value at risk in {exceptions} of the last {days} periods (threshold {threshold})',
  },
  advice: {
    zh: '要求说明各次突破的原因（模型、市场、交易）；检查模型与数据；按区间提高乘数或暂停使用模型。',
    en: 'Ask for the cause of each exception (model, market, trading); look at model and data; raise the multiplier by zone, or stop the use of the model.',
  },
  disclosure: 'institution',
  gaps: [
    { zh: '不区分实际损益与假设损益。', en: 'Actual and hypothetical results are not told apart.' },
    { zh: '两项指标的单位须一致，未作换算。', en: 'Both metrics must come in the same unit; nothing is converted.' },
  ],
})
