import type { Words } from '../contract/rule.ts'

/** What `lookthrough audit` prints. */
export const AUDIT = {
  'audit.about': { zh: '审计：导出谁做了什么，核对导出是否完整', en: 'the audit: export who did what, and check that an export is whole' },
  'audit.export': {
    zh: '把监管席上谁做了什么导出到标准输出（审计员、监管员；默认取 start.json 中的 auditor）',
    en: 'who did what at the desk, to standard output (auditor, supervisor; default: the auditor of start.json)',
  },
  'audit.from': { zh: '自此刻起（RFC 3339，含）', en: 'from this time on (RFC 3339)' },
  'audit.to': { zh: '至此刻止（RFC 3339，不含）', en: 'before this time (RFC 3339)' },
  'audit.format': { zh: '格式', en: 'the format' },
  'audit.check': {
    zh: '核对导出的 NDJSON 文件：哈希链是否相接、各次导出是否一致；有出入则退出码 1',
    en: 'exported NDJSON files: whether the chain of hashes holds and the exports agree; exit 1 where they do not',
  },
  'audit.sound': { zh: '✓ {file}：{entries} 条，链上第 {first}–{last} 条相接', en: '✓ {file}: {entries} entries, {first} to {last} of the chain follow' },
  'audit.finding': { zh: '✗ {file} 第 {line} 行：{why}', en: '✗ {file}, line {line}: {why}' },
  'audit.why.changed': { zh: '内容与其哈希不符，被改动过', en: 'it is not what its hash was made from: it was changed' },
  'audit.why.gap': { zh: '不接上一条：中间被删去或插入过', en: 'it does not follow from the one before: something was taken out or put in' },
  'audit.why.other': { zh: '与另一次导出的同号记录不同', en: 'another export has something else under this number' },
  'audit.why.cut': { zh: '导出不完整：缺结尾行，或条数与其不符', en: 'the export is not whole: its last line is missing, or counts other entries' },
} satisfies Record<string, Words>
