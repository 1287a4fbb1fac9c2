import { defineRule, distinct, duration } from '#contract'

/** Systems of several institutions fail within an hour, and one vendor is behind them. */
export default defineRule({
  kind: 'window',
  code: 'OP-19',
  id: 'operational/vendor-outage',
  version: '1.0.0',
  title: { zh: '外包集中', en: 'One vendor, several outages' },
  law: [
    {
      act: '银行保险机构信息科技外包风险监管办法（银保监办发〔2021〕141号）',
      article: '外包集中度风险条款，见 law.md',
      inForce: '2021-12-30',
      verified: false,
    },
  ],
  reads: 'ops.incident',
  scope: '*',
  parameters: { size: duration('60min'), every: duration('1min') },
  where: `kind = 'outage'`,
  window: { size: 'size', every: 'every', per: 'vendorId', early: true },
  measures: { count: distinct('institution') },
  when: 'count >= 2',
  threshold: '2',
  severity: 'orange',
  graver: [{ severity: 'red', when: 'count >= 3', threshold: '3' }],
  subject: { kind: 'vendor', id: 'vendorId' },
  says: {
    zh: '供应商 {subject}：60 分钟内 {count} 家机构系统中断（{institutions}），阈值 {threshold} 家',
    en: 'vendor {subject}: outages at {count} institutions within 60 minutes ({institutions}), threshold {threshold}',
  },
  advice: {
    zh: '立即联系供应商与各机构确认共同原因和恢复时间；排查同一供应商服务的其他机构；评估外包集中度。',
    en: 'Ask the vendor and the institutions at once for the common cause and the time to recover; look at whoever else it serves; assess the concentration.',
  },
  disclosure: 'supervisor',
  gaps: [
    { zh: '供应商未报送或编号不一致的中断不计入。', en: 'An outage without a vendor, or with another id of it, is not counted.' },
    { zh: '分包商不还原到同一供应商。', en: 'Subcontractors are not traced back to one vendor.' },
  ],
})
