import { choice, defineRule, ratio } from '#contract'

/** A bank that cannot pay all it owes when every debt between banks is settled as far as it can be. */
export default defineRule({
  kind: 'graph',
  code: 'SY-02',
  id: 'systemic/clearing',
  version: '1.0.0',
  title: { zh: '清算向量', en: 'Cannot pay when all debts are settled' },
  law: [{ act: '关于规范金融机构同业业务的通知（银发〔2014〕127号）', article: '同业业务风险管理各条，见 law.md', inForce: '2014-04-24', verified: false }],
  parameters: { shock: ratio('0'), seniority: choice('external-first', 'equal') },
  from: 'clearing',
  grades: [{ severity: 'red', when: 'defaulted', threshold: '0.00' }],
  values: { payment: 'payment', owed: 'owed', equity: 'equity' },
  says: {
    zh: '{institution} 无法足额偿付：欠其他机构 {owed:money} 元，清算后可付 {payment:money} 元，资产减全部负债为 {equity:money} 元',
    en: '{institution} cannot pay in full: it owes other institutions {owed:money} CNY and can pay {payment:money}; its assets less all it owes come to {equity:money} CNY',
  },
  advice: {
    zh: '核实其外部资产与负债、可用流动性与同业债务期限；按清算结果通知受损的债权机构，必要时启动流动性支持或处置预案。',
    en: 'Check its external balance, liquidity at hand and the terms of its interbank debts; see which lenders lose by it, and prepare support or resolution.',
  },
  disclosure: 'supervisor',
  gaps: [
    {
      zh: '外部资产或外部负债未知的机构不判断，其债务视为足额偿付。',
      en: 'An institution whose external balance is not known is not judged and is taken to pay.',
    },
    {
      zh: '敞口以债权人报送为准；不计抵押、净额结算、到期日与破产费用。',
      en: 'Claims are as lenders report them; collateral, netting, due dates and the costs of failure are left out.',
    },
  ],
})
