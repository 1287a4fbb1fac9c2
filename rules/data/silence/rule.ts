import { defineRule, duration } from '#contract'

/** An institution that has reported before and says nothing any more. */
export default defineRule({
  kind: 'due',
  code: 'DQ-03',
  id: 'data/silence',
  version: '1.0.0',
  title: { zh: '断供', en: 'Silence' },
  law: [
    {
      act: '银行业金融机构数据治理指引（银保监发〔2018〕22号）',
      article: '数据质量控制条款，见 law.md',
      inForce: '2018-05-21',
      verified: false,
    },
  ],
  due: 'word',
  parameters: { after: duration('10min') },
  within: 'after',
  severity: 'orange',
  says: {
    zh: '{institution} 最近一次报送生效于 {last}，中断超过 {threshold}',
    en: '{institution}: the last event took effect at {last}, more than {threshold} ago',
  },
  advice: {
    zh: '先确认报送通道与机构系统是否中断；中断期间该机构的告警和限额停留在最后一次报送，不代表现状。',
    en: 'First find out whether the channel or the institution is down; until it speaks, its alerts and limits stand as they were last reported.',
  },
  disclosure: 'institution',
  gaps: [
    {
      zh: '从未报送过的机构不计；所有机构同时中断时水位不前进，不触发，由系统运行指标监视。',
      en: 'Who has never reported is not missed. When all are silent the watermark stands still and nothing is raised: the metrics of the system watch that.',
    },
    {
      zh: '不分营业时间：夜间停报的机构需有心跳（sys.heartbeat），或放宽 after。',
      en: 'There are no business hours: who stops at night sends sys.heartbeat, or `after` is wider.',
    },
    {
      zh: '日志结束不等于时间流逝：文件回放中，最后一个事件之后不再判断断供。',
      en: 'The end of a log is not time that passes: in a replay nobody falls silent after the last event.',
    },
  ],
})
