import { amount, defineRule, ratio } from '#contract'

/** A loss from an incident that is large by itself, or for the institution. */
export default defineRule({
  kind: 'amount',
  code: 'OP-16',
  id: 'operational/major-loss',
  version: '1.0.0',
  title: { zh: '重大操作风险事件', en: 'Major operational loss' },
  law: [{ act: '银行保险机构操作风险管理办法（国家金融监督管理总局令2023年第5号）', article: '第四十二条', inForce: '2024-07-01', verified: false }],
  reads: 'ops.incident',
  parameters: { amount: amount('50000000'), part: ratio('0.05') },
  when: 'loss IS NOT NULL',
  amount: 'loss',
  value: 'loss',
  base: { name: 'capital', metric: 'net-capital' },
  part: 'part',
  floor: 'amount',
  severity: 'red',
  subject: { kind: 'incident', id: 'incidentId' },
  says: {
    zh: '{institution} 事件 {subject} 损失 {loss:money} 元，达到重大操作风险事件标准 {threshold}',
    en: '{institution} lost {loss:money} CNY in incident {subject}: a major operational event from {threshold} on',
  },
  advice: {
    zh: '核对五个工作日内的报告；查明责任环节与追偿；要求提交整改计划并复核同类流程。',
    en: 'Check the report within five working days; find where it went wrong and what can be recovered; have like processes checked.',
  },
  disclosure: 'institution',
  gaps: [
    {
      zh: '已确认损失（一千万元或资本净额 1%）与预计损失未区分。',
      en: 'Losses that are certain (10 million or 1 % of net capital) are not told from expected ones.',
    },
    { zh: '数据丢失、业务中断等非损失情形未判断。', en: 'Lost data and interrupted business are not judged.' },
  ],
})
