import { defineRule, ratio } from '#contract'

/** Nobody is paid, and nobody pays, who is on the list, or who belongs to or obeys someone who is. */
export default defineRule({
  kind: 'graph',
  code: 'OP-13',
  id: 'operational/sanctions',
  version: '1.0.0',
  title: { zh: '名单命中', en: 'Payment with a listed party' },
  law: [
    { act: '中华人民共和国反洗钱法（2024年修订）', article: '关于特别预防措施的条款，见 law.md', inForce: '2025-01-01', verified: false },
    {
      act: '涉及恐怖活动资产冻结管理办法（中国人民银行、公安部、国家安全部令〔2014〕第1号）',
      article: '资产冻结条款，见 law.md',
      inForce: '2014-01-10',
      verified: false,
    },
  ],
  parameters: { share: ratio('0.25', '0.01') },
  from: 'sanctions_hit',
  grades: [{ severity: 'red', when: `via <> 'interest' OR interest >= :share`, threshold: ':share' }],
  values: { listed: 'listed', via: 'via', share: 'share' },
  says: {
    zh: '{institution} 报送的支付涉及 {subject}：名单主体 {listed}，关联方式 {via}，权益 {share:percent}（标准 {threshold:percent}）',
    en: 'A payment reported by {institution} concerns {subject}: {listed} is listed, via {via}, interest {share:percent} (threshold {threshold:percent})',
  },
  advice: {
    zh: '立即核实身份；确属名单主体的，停止办理并冻结资产，按规定向主管部门报告；核查该主体全部账户与交易。',
    en: 'Check the identity at once; if it is the listed party stop the payment, freeze the assets and report as prescribed; look at all its accounts and payments.',
  },
  disclosure: 'institution',
  gaps: [
    { zh: '依据当事人标识，不做姓名模糊比对。', en: 'It goes by flags of parties; names are not compared.' },
    { zh: '支付之后才列入名单的，不追溯既往支付。', en: 'Payments made before a party was listed are not looked at again.' },
  ],
})
