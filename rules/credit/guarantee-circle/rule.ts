import { count, defineRule } from '#contract'

/** Where parties guarantee each other in a circle, the default of one calls on all of them, and no guarantee is worth what it says. */
export default defineRule({
  kind: 'graph',
  code: 'CR-20',
  id: 'credit/guarantee-circle',
  version: '1.0.0',
  title: { zh: '担保圈', en: 'Circle of guarantees' },
  law: [
    {
      act: '商业银行集团客户授信业务风险管理指引（银监会令2010年第4号修订）',
      article: '关于集团客户成员互相担保的规定，见 law.md',
      inForce: '2010-06-04',
      verified: false,
    },
  ],
  parameters: { size: count(3, 2, 1_000_000, 'parties') },
  from: 'guarantee_circle',
  grades: [{ severity: 'orange', when: 'size >= :size', threshold: ':size' }],
  values: { size: 'size', members: 'members', institutions: 'institutions' },
  says: {
    zh: '以 {subject} 为首的 {size} 家（{members}）互相担保成圈，涉及机构 {institutions}',
    en: '{size} parties headed by {subject} ({members}) guarantee each other in a circle, with {institutions}',
  },
  advice: {
    zh: '合并测算圈内总债务与代偿能力；限制新增互保，推动置换为抵质押或第三方担保；制定单户风险隔离预案。',
    en: 'Add up the debts within the circle and what its members could pay; no new mutual guarantees, have them replaced by collateral; plan for the default of one.',
  },
  disclosure: 'institution',
  gaps: [
    { zh: '只看保证担保的有无，不看金额是否足以传染。', en: 'That there is a guarantee counts, not whether its amount could spread a default.' },
    { zh: '表外与银行体系外的互保不可见。', en: 'Guarantees outside the institutions that report are not seen.' },
  ],
})
