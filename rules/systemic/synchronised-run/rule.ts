import { count, defineRule, duration } from '#contract'

/** Deposits run off at several institutions within a day. */
export default defineRule({
  kind: 'alerts',
  code: 'SY-07',
  id: 'systemic/synchronised-run',
  version: '1.0.0',
  title: { zh: '同步挤兑', en: 'Runs at the same time' },
  law: [{ act: '商业银行流动性风险管理办法（银保监会令2018年第3号）', article: '流动性风险监测预警条款，见 law.md', inForce: '2018-07-01', verified: false }],
  parameters: { institutions: count(3, 2), size: duration('24h'), every: duration('1h') },
  of: ['LQ-06'],
  window: { size: 'size', every: 'every' },
  institutions: 'institutions',
  severity: 'red',
  subject: { kind: 'system', id: 'system' },
  says: {
    zh: '24 小时内 {count} 家机构出现存款流失预警（{institutions}），阈值 {threshold} 家',
    en: 'within 24 hours deposits ran off at {count} institutions ({institutions}), threshold {threshold}',
  },
  advice: {
    zh: '立即核实是否有共同诱因（传闻、同一事件、同一渠道）；启动流动性应急机制；提高报送频度并协调央行流动性支持。',
    en: 'Find out at once what they have in common (rumours, one event, one channel); start the emergency procedure; have liquidity reported more often and support prepared.',
  },
  disclosure: 'supervisor',
  gaps: [
    { zh: '只计存款流失（LQ-06）预警；理财、基金赎回未纳入。', en: 'Deposits alone (LQ-06); redemptions of wealth products and funds are left out.' },
    { zh: '须与 LQ-06 同时运行；预警打开后即使解除仍计入窗口。', en: 'LQ-06 must run beside it; an alert counts though it is resolved later.' },
  ],
})
