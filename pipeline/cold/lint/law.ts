/** The provision a rule rests on: named, dated, and told in `law.md` by the same name and date. */
import type { Linted, Remark } from './lint.ts'

const SECTIONS = ['发布机关', '文号', '条款', '施行日期', '核对', '条文要点', '理解', '未覆盖']

export function lawLints({ rule, law }: Linted): Remark[] {
  const unnamed = rule.law.filter(({ act, article }) => act.trim() === '' || article.trim() === '')
  const missing = SECTIONS.filter((section) => !law.includes(section))
  const untold = rule.law.filter(({ inForce }) => !law.includes(inForce))
  return [
    ...unnamed.map((): Remark => ({ lint: 'clause', at: 'law:' })),
    ...(missing.length > 0 ? [{ lint: 'law-text', file: 'law.md', facts: { missing: missing.join('、') } } satisfies Remark] : []),
    ...untold.map(({ inForce }): Remark => ({ lint: 'law-text', file: 'law.md', facts: { missing: inForce } })),
    ...(rule.gaps.length === 0 ? [{ lint: 'gaps', at: 'gaps:' } satisfies Remark] : []),
  ]
}
