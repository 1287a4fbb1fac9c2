import type { Words } from '../contract/rule.ts'

/** What `lookthrough dead` prints. */
export const DEAD = {
  'dead.about': { zh: '死信：查看、显示、修正后重新判定', en: 'dead letters: list, show, judge again after a fix' },
  'dead.list': { zh: '按原因、机构、主题计数，其后为最新的若干封', en: 'counts by reason, institution and topic, then the newest' },
  'dead.show': {
    zh: '显示一个位置（主题/分区/偏移）的死信：原因、位置、应为与实为、原文',
    en: 'the letters at a position (topic/partition/offset): reason, pointer, expected and got, bytes',
  },
  'dead.retry': {
    zh: '把所选死信的原字节送回其主题（--brokers），或写成可重放的 NDJSON（--out），以便重新判定',
    en: 'hand the bytes of the chosen letters back to their topics (--brokers), or to NDJSON to be replayed (--out), to be judged anew',
  },
  'dead.db': { zh: 'DuckDB 文件（replay --db）；不写则问运行中的监管席', en: 'a DuckDB file (replay --db); else the running desk is asked' },
  'dead.reason': { zh: '原因', en: 'with this reason' },
  'dead.institution': { zh: '机构', en: 'of this institution' },
  'dead.topic': { zh: '主题或文件', en: 'of this topic or file' },
  'dead.id': { zh: '事件 id', en: 'of the event with this id' },
  'dead.position': { zh: '位置：主题/分区/偏移', en: 'at this position, topic/partition/offset' },
  'dead.out': { zh: '写入此 NDJSON 文件', en: 'write to this NDJSON file' },
  'dead.again': { zh: '已送回过的也再送一次', en: 'also those that were handed back before' },
  'dead.total': { zh: '死信 {count} 封', en: '{count} dead letters' },
  'dead.where': { zh: '{position}  {reason} {pointer}  {institution} {id}', en: '{position}  {reason} {pointer}  {institution} {id}' },
  'dead.expected': { zh: '  应为 {expected}', en: '  expected {expected}' },
  'dead.got': { zh: '  实为 {got}', en: '  got      {got}' },
  'dead.absent': { zh: '（没有）', en: '(nothing)' },
  'dead.retried': {
    zh: '送回 {sent} 封；跳过：已送回过 {before}，原文已截断 {cut}，无处可送 {homeless}',
    en: '{sent} handed back; left out: {before} handed back before, {cut} whose bytes are cut, {homeless} with nowhere to go',
  },
} satisfies Record<string, Words>
