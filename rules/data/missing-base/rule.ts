import { defineRule } from '#contract'

/** A limit had something to judge for an institution whose capital base nobody has reported. */
export default defineRule({
  kind: 'missing',
  code: 'DQ-12',
  id: 'data/missing-base',
  version: '1.0.0',
  title: { zh: '缺少基数', en: 'Capital base missing' },
  law: [
    {
      act: '银行业金融机构数据治理指引（银保监发〔2018〕22号）',
      article: '数据质量控制条款，见 law.md',
      inForce: '2018-05-21',
      verified: false,
    },
  ],
  parameters: {},
  severity: 'yellow',
  says: {
    zh: '{institution} 未报送指标 {metric}，限额规则 {rules} 无从判断',
    en: '{institution} has not reported {metric}: limits {rules} cannot be judged',
  },
  advice: {
    zh: '要求机构补报该指标的最近一期；补报前，不能以没有限额告警认定合规。',
    en: 'Have the latest period of the metric reported; until then the absence of limit alerts says nothing.',
  },
  disclosure: 'institution',
  gaps: [
    {
      zh: '只看有无，不看期次新旧：多年前的一期也算已报送。',
      en: 'It asks whether there is one, not how old it is: a period of years ago counts.',
    },
    {
      zh: '全部金额都没有汇率可折算的，不算有可判断的事项。',
      en: 'Amounts in currencies without any rate do not count as something to judge.',
    },
  ],
})
