import type { Words } from '../contract/rule.ts'

/** What `lookthrough through` prints. */
export const THROUGH = {
  'through.about': {
    zh: '穿透：一家机构对一个债务人的风险暴露由哪些路径构成（份额 × 份额 = 有效份额，金额，所依据的事件）',
    en: 'the paths by which an institution is exposed to an obligor: share × share = effective share, amount, the event each step rests on',
  },
  'through.at': { zh: '截至此刻的情形（RFC 3339；默认为目前）', en: 'as it was at this time (RFC 3339; default: as it is now)' },
  'through.dot': { zh: '以 Graphviz DOT 输出', en: 'print a graph for Graphviz' },
  'through.csv': { zh: '以 CSV 输出，每步一行', en: 'print CSV, a row for each step' },
  'through.head': {
    zh: '{institution} → {obligor}  合计 {total} 元（直接 {direct}，穿透 {indirect}），截至 {at}',
    en: '{institution} → {obligor}  {total} CNY (direct {direct}, through products {indirect}) at {at}',
  },
  'through.other': { zh: '其他机构', en: 'of another institution' },
  'through.rest': { zh: '其余较小的路径', en: 'smaller paths together' },
} satisfies Record<string, Words>
