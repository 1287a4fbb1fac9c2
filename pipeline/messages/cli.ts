import type { Words } from '../contract/rule.ts'

/** What the command line prints. */
export const CLI = {
  'cli.about': {
    zh: '穿透式监管：流上实时识别穿透后的限额突破',
    en: 'look-through supervision: limit breaches seen on the stream, after looking through everything',
  },
  'cli.replay': {
    zh: '从头到尾判一遍文件（- 为标准输入），打印计数与摘要',
    en: 'judge files from start to end (- is standard input); prints counts and the digest',
  },
  'cli.import': { zh: '把他人格式转换为事件（NDJSON 到标准输出，报告到标准错误）', en: 'others’ formats to events: NDJSON on stdout, the report on stderr' },
  'cli.rules': { zh: '只用这些规则（代码或 id，逗号分隔）', en: 'only these rules (codes or ids, comma-separated)' },
  'cli.param': { zh: '规则参数 CODE.name=value，可重复', en: 'a rule parameter, CODE.name=value; may be repeated' },
  'cli.alerts': { zh: '把告警各版本写入此 NDJSON 文件', en: 'write alert revisions to this NDJSON file' },
  'cli.db': { zh: '把各表留在此 DuckDB 文件', en: 'leave the tables in this DuckDB file' },
  'cli.dead': { zh: '把死信写入此 NDJSON 文件', en: 'write dead letters to this NDJSON file' },
  'cli.json': { zh: '以 JSON 输出', en: 'print JSON' },
  'replay.counts': {
    zh: '事件 {read}：采用 {used}，迟到 {late}，重复 {duplicate}，死信 {dead}',
    en: 'events {read}: used {used}, late {late}, duplicate {duplicate}, dead {dead}',
  },
  'replay.alerts': { zh: '告警 {alerts}（版本 {revisions}）', en: 'alerts {alerts} (revisions {revisions})' },
  'replay.rule': { zh: '  {code} {title}：{alerts} 个告警，{subjects} 个对象', en: '  {code} {title}: {alerts} alerts, {subjects} subjects' },
  'replay.speed': { zh: '用时 {seconds} 秒，每秒 {rate} 个事件', en: '{seconds} s, {rate} events per second' },
  'replay.digest': { zh: '摘要 {digest}', en: 'digest {digest}' },
  'replay.progress': { zh: '重放 |{bar}| {percentage}% · {events} 个事件', en: 'replay |{bar}| {percentage}% · {events} events' },
  'import.report': {
    zh: '{file}：读 {read} 行，写 {written} 个事件，跳过 {skipped} 行',
    en: '{file}: {read} rows read, {written} events written, {skipped} skipped',
  },
  'import.skipped': { zh: '  第 {row} 行：{why}', en: '  row {row}: {why}' },
} satisfies Record<string, Words>
