import { defineRule, ratio } from '#contract'

/** What a bank has open in foreign currency and gold stays within a part of its capital. */
export default defineRule({
  kind: 'limit',
  code: 'MR-01',
  id: 'market/fx-open-position',
  version: '1.0.0',
  title: { zh: '累计外汇敞口', en: 'Open position in foreign currency' },
  law: [{ act: '商业银行风险监管核心指标（试行）（银监发〔2005〕89号）', article: '市场风险指标条款，见 law.md', inForce: '2006-01-01', verified: false }],
  parameters: { limit: ratio('0.20') },
  numerator: { from: 'open_position', sum: 'nop' },
  value: 'nop',
  base: { name: 'capital', metric: 'net-capital' },
  limit: 'limit',
  says: {
    zh: '{institution} 累计外汇敞口头寸（含黄金）{nop:money} 元，占资本净额 {share:percent}（限额 {threshold:percent}）',
    en: '{institution} has {nop:money} CNY open in foreign currency and gold: {share:percent} of its net capital (limit {threshold:percent})',
  },
  advice: {
    zh: '核对各币种净头寸与套期保值的报送口径；限期降低敞口；关注汇率变动的损益影响。',
    en: 'Check the net position per currency and how hedges are reported; have it brought down; watch what rates do to the result.',
  },
  disclosure: 'institution',
  gaps: [
    { zh: '衍生品按报送的价值计入，期权未按得尔塔等值折算。', en: 'Derivatives count at their reported value; options are not brought to their delta.' },
    { zh: '没有任何汇率的币种不计入。', en: 'A currency without any rate is left out.' },
    { zh: '外币贷款与存款须在头寸中报送才计入。', en: 'Loans and deposits in foreign currency count only where they are reported as positions.' },
  ],
})
