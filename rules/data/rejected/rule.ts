import { count, countOf, defineRule, duration, first } from '#contract'

/** Events of an institution that could not be judged, per reason and hour. */
export default defineRule({
  kind: 'window',
  code: 'DQ-01',
  id: 'data/rejected',
  version: '1.0.0',
  title: { zh: '校验失败', en: 'Rejected events' },
  law: [
    {
      act: '银行业金融机构数据治理指引（银保监发〔2018〕22号）',
      article: '数据质量控制条款，见 law.md',
      inForce: '2018-05-21',
      verified: false,
    },
  ],
  reads: 'sys.rejected',
  parameters: { least: count(1), size: duration('1h') },
  window: { size: 'size', every: 'size', per: 'reason', early: true },
  measures: { count: countOf(), reason: first('reason') },
  when: 'count >= :least',
  threshold: ':least',
  severity: 'yellow',
  subject: { kind: 'reason', id: 'reason' },
  says: {
    zh: '{institution} 一小时内有 {count} 个事件未通过校验，原因 {reason}（阈值 {threshold} 个）',
    en: '{institution}: {count} events within the hour were refused as {reason} (threshold {threshold})',
  },
  advice: {
    zh: '按死信中的位置和字段指针通知报送机构改正；改正后重新报送，并核对受影响的限额与报表。',
    en: 'Tell the institution which messages and which fields were wrong, as the dead letters name them; have them sent again, and check the limits they bear on.',
  },
  disclosure: 'institution',
  gaps: [
    {
      zh: '分区读到第一个有效事件之前、时间不可读的死信不计入。',
      en: 'Refused messages without a readable time are not counted before the first valid event of their partition.',
    },
    { zh: '机构标识不可读的归入 unknown，仅监管人员可见。', en: 'What names no institution is counted under unknown, which only a supervisor sees.' },
  ],
})
