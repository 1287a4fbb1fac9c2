import { defineRule, ratio } from '#contract'

/** Deposits fall fast: within a day, or within five. */
export default defineRule({
  kind: 'metric',
  code: 'LQ-06',
  id: 'liquidity/deposit-runoff',
  version: '1.0.0',
  title: { zh: '存款流失', en: 'Deposit run-off' },
  law: [{ act: '商业银行流动性风险管理办法（银保监会令2018年第3号）', article: '流动性风险监测与预警条款，见 law.md', inForce: '2018-07-01', verified: false }],
  parameters: { day: ratio('0.03'), week: ratio('0.08') },
  metric: 'deposits',
  against: {
    falls: [
      { severity: 'orange', by: 'day', within: '1d' },
      { severity: 'red', by: 'week', within: '5d' },
    ],
  },
  says: {
    zh: '{institution} 存款由 {before:money} 元降至 {now:money} 元，流失 {outflow:percent}（预警线 {threshold:percent}）',
    en: '{institution} had deposits of {before:money} CNY and now {now:money}: {outflow:percent} gone (warning from {threshold:percent})',
  },
  advice: {
    zh: '当日核实流出客户结构与优质流动性资产余额；要求按应急计划报送资金安排；查看是否多家机构同时流失。',
    en: 'On the day find out who left and what liquid assets are there; ask for the funding plan; see whether other banks lose deposits too.',
  },
  disclosure: 'institution',
  gaps: [
    { zh: '阈值为经验值，不是法定数值。', en: 'The thresholds are a model’s, not the law’s.' },
    { zh: '季末、节假日的正常波动未剔除。', en: 'Ordinary swings around quarter ends and holidays are not taken out.' },
  ],
})
