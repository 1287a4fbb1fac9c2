import { defineRule, duration } from '#contract'

/** Numbers of a stream that have not come, although lower and higher ones have. */
export default defineRule({
  kind: 'due',
  code: 'DQ-04',
  id: 'data/sequence-gap',
  version: '1.0.0',
  title: { zh: '缺号', en: 'Missing numbers' },
  law: [
    {
      act: '银行业金融机构数据治理指引（银保监发〔2018〕22号）',
      article: '数据质量控制条款，见 law.md',
      inForce: '2018-05-21',
      verified: false,
    },
  ],
  due: 'number',
  parameters: { patience: duration('60s') },
  within: 'patience',
  severity: 'yellow',
  says: {
    zh: '{institution} 报送流 {subject} 缺第 {from} 至 {to} 号（后续编号到达已满 {threshold}）',
    en: '{institution}: numbers {from} to {to} of {subject} are missing, {threshold} after a later one came',
  },
  advice: {
    zh: '按来源、类型和号段通知报送机构补报；补齐前，该来源同期的限额与报表只能作参考。',
    en: 'Tell the institution which numbers of which source and type to send again; until they have come, limits and returns that rest on that source are provisional.',
  },
  disclosure: 'institution',
  gaps: [
    {
      zh: '编号从收到的最小号起算：此前的缺号、最后一号之后的缺号看不到。',
      en: 'Numbers count from the lowest that came: what is missing before it, or after the highest, is not seen.',
    },
    {
      zh: '被拒绝的事件按未到计，改正重报后消除；改用另一编号重报的，原编号仍缺。',
      en: 'A refused event has not come: its number is missing until it is sent again in order, and stays so where it is sent under another number.',
    },
    {
      zh: '同一报送流未闭合的缺口超过 1000 个后，新缺口不再逐一跟踪，只计数量（sys.stream 的 given_up）。',
      en: 'Beyond 1,000 open gaps of a stream new ones are counted (given_up in sys.stream) and not followed one by one.',
    },
  ],
})
