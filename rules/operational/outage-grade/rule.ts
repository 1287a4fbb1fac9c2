import { defineRule } from '#contract'

const MS = `(epoch_ms(TRY_CAST(upper(endedAt) AS TIMESTAMPTZ)) - epoch_ms(TRY_CAST(upper(startedAt) AS TIMESTAMPTZ)))`
const PROVINCES = `list_sort(list_distinct(CAST(CAST(provinces AS JSON) AS VARCHAR[])))`
/** Hours it lasted at least, in two or more provinces or in one. */
const lasted = (many: number, one: number) => `${MS} >= ${3_600_000} * CASE len(${PROVINCES}) WHEN 0 THEN NULL WHEN 1 THEN ${one} ELSE ${many} END`

/** An outage, once it has ended, graded by its hours and provinces. */
export default defineRule({
  kind: 'each',
  code: 'OP-14',
  id: 'operational/outage-grade',
  version: '1.0.0',
  title: { zh: '信息系统突发事件', en: 'Grade of an outage' },
  law: [
    {
      act: '银行业重要信息系统突发事件应急管理规范（试行）（银监办发〔2008〕53号）',
      article: '突发事件分级条款，见 law.md',
      inForce: '2008-04-23',
      verified: false,
    },
  ],
  reads: 'ops.incident',
  parameters: {},
  values: {
    // Hundredths of an hour, half to even.
    hours: `CAST(CAST(round_even(${MS} / 36000, 0) AS BIGINT) * 0.01 AS DECIMAL(18,2))`,
    provinces: `array_to_string(${PROVINCES}, ',')`,
    grade: `CASE WHEN kind <> 'outage' THEN NULL WHEN ${lasted(3, 6)} THEN 'Ⅰ' WHEN ${lasted(0.5, 3)} THEN 'Ⅱ' END`,
  },
  when: `grade IS NOT NULL`,
  threshold: 'grade',
  severity: 'orange',
  graver: [{ severity: 'red', when: `grade = 'Ⅰ'`, threshold: 'grade' }],
  subject: { kind: 'incident', id: 'incidentId' },
  says: {
    zh: '{institution} 信息系统中断 {hours} 小时，涉及 {provinces}，为{grade}级事件（事件 {subject}）',
    en: '{institution} had an outage of {hours} hours in {provinces}, grade {grade} (incident {subject})',
  },
  advice: {
    zh: '核对首报（30 分钟）和书面报告（12 小时）是否按时；要求提交原因分析与整改计划；外包引起的查看同一服务商的其他机构。',
    en: 'Check that first word (30 minutes) and written report (12 hours) came in time; ask for causes and a remedy; if a vendor caused it, look at its other customers.',
  },
  disclosure: 'institution',
  gaps: [
    { zh: '未结束的中断要到结束才定级。', en: 'An outage that goes on is graded when it ends.' },
    { zh: '是否处于业务服务时段未判断。', en: 'Whether it fell into hours of business is not judged.' },
  ],
})
