import type { Words } from '../contract/rule.ts'

/** What `lookthrough tail` and `lookthrough feed` print. */
export const FEED = {
  'tail.about': { zh: '实时告警，断线后自行续接', en: 'the live feed of alerts; after a break it goes on where it was' },
  'tail.institution': { zh: '只看这些机构（逗号分隔）', en: 'of these institutions alone (comma-separated)' },
  'tail.severity': { zh: '只看这些级别：red,orange 或 >=orange', en: 'of these severities alone: red,orange or >=orange' },
  'tail.rule': {
    zh: '只看这些规则：代码、id 或前缀加 *，如 CR-*（逗号分隔）',
    en: 'of these rules alone: codes, ids, or beginnings with *, such as CR-* (comma-separated)',
  },
  'tail.from': {
    zh: '从何处开始：snapshot（默认，先列现有告警）、now、15m、某一时刻、cursor（游标文件所记处，有 --cursor-file 时为默认）',
    en: 'where to begin: snapshot (default: the alerts as they stand), now, 15m, a time, cursor (where the cursor file says; the default with --cursor-file)',
  },
  'tail.output': {
    zh: 'table、json，或格式：%t 时间 %s 级别 %r 规则 %i 机构 %o 对象 %k 变化 %v 数值 %m 说明 %d 告警号 %n 版本 %c 游标 \\n \\t %%',
    en: 'table, json, or a format: %t time %s severity %r rule %i institution %o subject %k kind %v values %m text %d id %n revision %c cursor \\n \\t %%',
  },
  'tail.cursorFile': { zh: '把读到何处记在此文件，下次从那里继续', en: 'keep the place in this file and go on from there next time' },
  'tail.exitOnGap': { zh: '无法从原处继续时以 1 退出，而不是改给全量快照', en: 'end with 1 where it cannot go on from its place, instead of a snapshot' },
  'tail.durable': {
    zh: '由监管席记住进度的订阅名；打印过的即签收',
    en: 'the name of a subscription whose place the desk keeps; what is printed is acknowledged',
  },
  'tail.live': { zh: '── 已跟上，以下为实时 ──', en: '── caught up: live from here ──' },
  'tail.gap': {
    zh: '── 有缺口：无法从原处继续，以下为全部现有告警的快照 ──',
    en: '── a gap: it cannot go on from its place; a snapshot of all alerts as they stand follows ──',
  },
  'tail.lagging': { zh: '── 读得太慢：监管席上积压 {bytes} 字节 ──', en: '── reading too slowly: {bytes} bytes are waiting at the desk ──' },
  'tail.waiting': { zh: '── 连接断开（{why}），{seconds} 秒后重连 ──', en: '── the connection ended ({why}); coming back in {seconds} s ──' },
  'feed.about': { zh: '订阅：诊断、测试事件、合规检查', en: 'the feed: what is wrong, a test event, conformance' },
  'feed.doctor': { zh: '逐项检查本机与订阅之间的一切，并说明如何修好', en: 'everything between this machine and the feed, step by step, and how to mend it' },
  'feed.test': { zh: '给自己的连接发一条测试事件', en: 'send a test event to one’s own connections' },
  'feed.conformance': {
    zh: '从外部检查一个监管席是否守 feed v1 之约；有不合者以 1 退出',
    en: 'whether a desk keeps the promises of feed v1, seen from outside; ends with 1 where not',
  },
  'feed.otherToken': { zh: '存有另一机构令牌的文件：检查能否看到它的', en: 'a file with the token of another institution: whether anything of it can be seen' },
  'feed.offline': { zh: '断网多久', en: 'how long to be without network' },
  'feed.slow': { zh: '以每秒 1 KB 读多久', en: 'how long to read 1 KB/s' },
  'feed.patience': { zh: '对该来的等多久', en: 'how long to wait for what should come' },
  'feed.fix': { zh: '解决: {fix}', en: 'fix: {fix}' },
  'feed.test.sent': { zh: '测试事件 {id} 已发往 {connections} 个连接', en: 'test event {id} went to {connections} connections' },
  'feed.total': { zh: '{checks} 项：通过 {passed}，不合 {failed}，未查 {skipped}', en: '{checks} checks: {passed} passed, {failed} failed, {skipped} skipped' },
} satisfies Record<string, Words>
