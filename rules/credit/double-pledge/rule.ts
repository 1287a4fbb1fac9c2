import { count, defineRule } from '#contract'

/** An asset backs the loans of one borrower with one bank; pledged again, wherever, it is worth nothing to one of them. */
export default defineRule({
  kind: 'graph',
  code: 'CR-28',
  id: 'credit/double-pledge',
  version: '1.0.0',
  title: { zh: '重复质押', en: 'Asset pledged twice' },
  law: [
    { act: '中华人民共和国民法典', article: '担保物权分编，同一财产向两个以上债权人抵押、质押的清偿顺序，见 law.md', inForce: '2021-01-01', verified: false },
  ],
  parameters: { pledges: count(2, 2, 1000, 'pledges') },
  from: 'double_pledge',
  grades: [{ severity: 'red', when: 'pledges >= :pledges', threshold: ':pledges' }],
  values: { pledges: 'pledges', institutions: 'institutions' },
  says: {
    zh: '押品 {subject} 同时为 {pledges} 笔担保，涉及机构 {institutions}',
    en: 'Asset {subject} backs {pledges} pledges, with {institutions}',
  },
  advice: {
    zh: '核对登记系统的抵质押顺位与押品权属；要求各机构确认押品实物与权证；未落实顺位前不得计入缓释。',
    en: 'Check rank and title in the register; have each institution confirm the asset and its papers; until the rank is settled it mitigates nothing.',
  },
  disclosure: 'supervisor',
  gaps: [
    {
      zh: '依靠机构报送的押品编号识别同一押品；编号不同的同一押品不会被发现。',
      en: 'One asset is told by the number institutions report; under two numbers it is not found.',
    },
    { zh: '不判断押品价值是否足以同时覆盖各笔债权。', en: 'Whether the asset is worth enough for all of them is not judged.' },
  ],
})
