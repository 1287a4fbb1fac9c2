import type { Words } from '../contract/rule.ts'

/** What the labels of the scenario say about each planted violation and near miss. */
export const SCENARIO = {
  'scenario.loan.violation': {
    zh: '{customer}再次提款后，{institution}对其贷款达资本净额的 {ratio}，超过 10%',
    en: 'after another drawdown {customer} owes {institution} {ratio} of its net capital, over 10%',
  },
  'scenario.loan.near-miss': {
    zh: '{customer}提款后，{institution}对其贷款为资本净额的 {ratio}，略低于限额的 80%（8%）',
    en: 'after a drawdown {customer} owes {institution} {ratio} of its net capital, just below 80% of the limit (8%)',
  },
  'scenario.exposure.violation': {
    zh: '{product}重报持仓后，{institution}对{client}直接加穿透两层的风险暴露达一级资本净额的 {ratio}，超过 15%',
    en: 'after {product} restated its holdings, {institution} is exposed to {client} directly and through two layers for {ratio} of its tier 1, over 15%',
  },
  'scenario.exposure.near-miss': {
    zh: '{product}重报持仓后，{institution}对{client}的风险暴露为一级资本净额的 {ratio}，略低于限额的 80%（12%）',
    en: 'after {product} restated its holdings, {institution} is exposed to {client} for {ratio} of its tier 1, just below 80% of the limit (12%)',
  },
  'scenario.unknown.violation': {
    zh: '{product}的不可识别部分上升，{institution}对匿名客户的风险暴露达一级资本净额的 {ratio}，超过 15%',
    en: 'the unidentified part of {product} has grown: {institution} is exposed to the unknown client for {ratio} of its tier 1, over 15%',
  },
  'scenario.unknown.near-miss': {
    zh: '{product}的不可识别部分上升，{institution}对匿名客户的风险暴露为一级资本净额的 {ratio}，略低于限额的 80%（12%）',
    en: 'the unidentified part of {product} has grown: {institution} is exposed to the unknown client for {ratio} of its tier 1, just below 80% of the limit (12%)',
  },
  'scenario.class.violation': {
    zh: '{institution}的贷款 {loan} 逾期 {dpd} 天，分类仍为{class}类',
    en: 'loan {loan} of {institution} is {dpd} days past due and still classified {class}',
  },
  'scenario.class.near-miss': {
    zh: '{institution}的贷款 {loan} 逾期 {dpd} 天，分类为{class}类，恰在下限',
    en: 'loan {loan} of {institution} is {dpd} days past due, and {class} is just at its floor',
  },
  'scenario.grade.normal': { zh: '正常', en: 'normal' },
  'scenario.grade.special-mention': { zh: '关注', en: 'special-mention' },
  'scenario.grade.substandard': { zh: '次级', en: 'substandard' },
  'scenario.grade.doubtful': { zh: '可疑', en: 'doubtful' },
  'scenario.grade.loss': { zh: '损失', en: 'loss' },
  'scenario.fan-in.violation': {
    zh: '{institution}的账户 {account}（{creditor}）五日内收到 {payers} 个不同账户的款项',
    en: 'account {account} ({creditor}) at {institution} has been paid by {payers} different accounts within five days',
  },
  'scenario.fan-in.near-miss': {
    zh: '{institution}的账户 {account}（{creditor}）五日内收到 {payments} 笔款项，但只来自 {payers} 个不同账户',
    en: 'account {account} ({creditor}) at {institution} has been paid {payments} times within five days, but by {payers} different accounts only',
  },
} satisfies Record<string, Words>
