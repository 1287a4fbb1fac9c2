/** A new rule as a pattern to be changed: a record that runs, its cases, and the page for its law. */
import { existsSync } from 'node:fs'
import { mkdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { LookthroughError } from '../../contract/index.ts'
import { readRule, ruleFolders } from './rule-files.ts'

/** The first letters of an area's codes. */
const AREA_CODES: Readonly<Record<string, string>> = {
  credit: 'CR',
  market: 'MR',
  operational: 'OP',
  liquidity: 'LQ',
  systemic: 'SY',
  insurance: 'IN',
  data: 'DQ',
}

/** Makes `<directory>/<area>/<name>/{rule.ts,cases.ts,law.md}`. Throws LT-3002 where the folder exists, LT-3003 for a name that cannot be one. */
export async function scaffold(id: string, { directory, code }: { directory: string; code?: string }): Promise<{ directory: string; code: string }> {
  if (!/^[a-z]+\/[a-z0-9-]+$/.test(id)) throw new LookthroughError('LT-3003', { name: id })
  const folder = join(directory, id)
  if (existsSync(folder)) throw new LookthroughError('LT-3002', { file: folder })
  const given = code ?? (await nextCode(id, directory))
  await mkdir(folder, { recursive: true })
  await writeFile(join(folder, 'rule.ts'), ruleText(id, given))
  await writeFile(join(folder, 'cases.ts'), CASES)
  await writeFile(join(folder, 'law.md'), LAW)
  return { directory: folder, code: given }
}

/** The one after the highest of the area; new areas take the first two letters of their name. */
async function nextCode(id: string, directory: string): Promise<string> {
  const area = id.split('/')[0] ?? ''
  const letters = AREA_CODES[area] ?? area.slice(0, 2).toUpperCase().padEnd(2, 'X')
  const folders = existsSync(directory) ? await ruleFolders(directory) : []
  const codes = await Promise.all(folders.map(async (folder) => (await readRule(folder)).code))
  const numbers = codes.filter((c) => c.startsWith(letters)).map((c) => Number(c.split('-')[1]))
  return `${letters}-${String(Math.max(0, ...numbers) + 1).padStart(2, '0')}`
}

function ruleText(id: string, code: string): string {
  return `import { count, defineRule, distinct, duration, sum } from '#contract'

/** Many payees are paid from one account within a day. */
export default defineRule({
  kind: 'window',
  code: '${code}',
  id: '${id}',
  version: '0.1.0',
  title: { zh: '一日内多个收款人', en: 'Many payees in a day' },
  law: [{ act: '（文件名，文号）', article: '（条款）', inForce: '2026-01-01', verified: false }],
  reads: 'pay.payment',
  parameters: { payees: count(5), size: duration('24h') },
  window: { size: 'size', every: 'size', per: 'debtorAccount', early: true },
  measures: { payees: distinct('creditorAccount'), total: sum('amount') },
  when: 'payees >= :payees',
  threshold: ':payees',
  severity: 'yellow',
  subject: { kind: 'account', id: 'debtorAccount' },
  says: { zh: '{subject} 付款给 {payees} 个账户，共 {total:money} 元', en: '{subject} paid {payees} accounts {total:money} CNY' },
  advice: { zh: '核查付款人身份与业务背景。', en: 'Check who pays and why.' },
  disclosure: 'supervisor',
  gaps: [{ zh: '代发工资等正常付款未排除。', en: 'Payrolls and the like are not left out.' }],
})
`
}

const CASES = `import type { Case } from '#contract'

const pay = (at: string, to: string) =>
  ({
    type: 'pay.payment',
    at,
    data: {
      paymentId: \`\${to}-\${at}\`,
      debtorId: 'P0',
      debtorAccount: 'A0',
      creditorId: to,
      creditorAccount: to,
      amount: '100.00',
      ccy: 'CNY',
      channel: 'online',
      crossBorder: false,
    },
  }) as const
const payees = (n: number) => Array.from({ length: n }, (_, i) => pay(\`01:00:0\${i}\`, \`C\${i}\`))

export default [
  {
    name: 'on 2026-03-02 the fifth payee opens the alert at its tick',
    kind: 'firing',
    on: '2026-03-02',
    given: payees(5),
    expect: [{ subject: 'A0', severity: 'yellow', at: '01:00:04', values: { payees: '5', total: '500.00' } }],
  },
  { name: 'on 2026-03-02 four payees are too few', kind: 'quiet', on: '2026-03-02', given: payees(4), expect: [] },
  { name: 'on 2026-03-02 the same payee counts once', kind: 'boundary', on: '2026-03-02', given: [...payees(4), pay('02:00:00', 'C0')], expect: [] },
] satisfies Case[]
`

const LAW = `# 一日内多个收款人

|          |                                                                     |
| -------- | ------------------------------------------------------------------- |
| 发布机关 |                                                                     |
| 文号     |                                                                     |
| 条款     |                                                                     |
| 施行日期 | 2026-01-01                                                          |
| 核对     | 否：未与发布机关原文逐条核对（\`verified: false\`）                   |

## 条文要点

## 本规则采用的理解

## 未覆盖

- 代发工资等正常付款未排除。
`
