/**
 * Every error a person can meet: what happened and why, and the command or change that puts it right.
 * Codes: LT-1xxx usage or input (exit 2) · LT-20xx Kafka · LT-21xx desk · LT-22xx start and set-up · LT-24xx state and disk · LT-3xxx a rule · LT-9xxx our own broken invariant.
 */
import { FEED_ERRORS } from './feed-errors.ts'
import { KEPT_ERRORS } from './kept-errors.ts'
import { RULE_ERRORS } from './rule-errors.ts'
import type { Words } from './rule.ts'
import { SIGN_IN_ERRORS } from './sign-in-errors.ts'
import { USAGE_ERRORS } from './usage-errors.ts'

type Entry = { what: Words; fix?: Words }

export const ERRORS = {
  ...KEPT_ERRORS,
  ...USAGE_ERRORS,
  'LT-2001': {
    what: { zh: '连不上 Kafka {brokers}：{why}', en: 'cannot reach Kafka at {brokers}: {why}' },
    fix: {
      zh: '检查地址与网络：nc -vz 主机 端口；docker compose -f docker/compose.yaml up -d kafka',
      en: 'check address and network: nc -vz HOST PORT; docker compose -f docker/compose.yaml up -d kafka',
    },
  },
  'LT-2002': {
    what: { zh: 'Kafka 上没有主题 {topic}', en: 'topic {topic} does not exist on Kafka' },
    fix: { zh: '创建全部主题：lookthrough topics create --brokers …', en: 'create all topics: lookthrough topics create --brokers …' },
  },
  'LT-2003': {
    what: { zh: '写入主题 {topic} 失败：{why}', en: 'writing to topic {topic} failed: {why}' },
    fix: { zh: '检查代理是否可写、副本是否同步', en: 'check that the broker takes writes and its replicas are in sync' },
  },
  'LT-2004': {
    what: {
      zh: '主题 {topic} 分区 {partition} 应从 {wanted} 继续，但代理只从 {low} 起保存（到 {high}）：其间的消息已过保留期被删除',
      en: 'topic {topic} partition {partition} should go on at {wanted}, but the broker keeps it from {low} on (to {high}): retention ran past what was not read yet',
    },
    fix: {
      zh: '从备份恢复主题后再启动；接受缺失则换一个空的数据目录，从现存最早的事件重读；并延长保留期：kafka-configs.sh --alter --entity-type topics --entity-name {name} --add-config retention.ms=-1',
      en: 'restore the topic from a backup and start again; if the loss is accepted, start with an empty data folder, which reads what is left from its first event; and keep more: kafka-configs.sh --alter --entity-type topics --entity-name {name} --add-config retention.ms=-1',
    },
  },
  'LT-2005': {
    what: {
      zh: '主题 {topic} 分区 {partition} 曾读到 {wanted}，现在代理上没有它（该主题有 {count} 个分区）：主题被删除或被重建得更小',
      en: 'topic {topic} partition {partition} was read up to {wanted}, but the broker does not have it (the topic has {count} partitions): it was deleted, or made anew with fewer',
    },
    fix: {
      zh: '地址与前缀是否正确：kafka-topics.sh --describe；从备份恢复主题；确已重建，则删除 lookthrough.control 并建好主题（lookthrough topics create --brokers …），换一个空的数据目录重新开始',
      en: 'check address and prefix: kafka-topics.sh --describe; restore the topic from a backup; if it was made anew on purpose, delete lookthrough.control, create the topics (lookthrough topics create --brokers …) and start with an empty data folder',
    },
  },
  'LT-2006': {
    what: {
      zh: '主题 {topic} 分区 {partition} 应从 {wanted} 继续，但它到 {high} 就结束了：主题被重建过，里面是另一份日志',
      en: 'topic {topic} partition {partition} should go on at {wanted}, but it ends at {high}: the topic was made anew, what it holds is another log',
    },
    fix: {
      zh: '误删则从备份恢复主题；有意重建则删除 lookthrough.control、重新建好（lookthrough topics create --brokers …），换一个空的数据目录重新开始；只想看它会判出什么：lookthrough replay --kafka --brokers … --to-end',
      en: 'deleted by mistake: restore the topic from a backup; made anew on purpose: delete lookthrough.control, create it again (lookthrough topics create --brokers …) and start with an empty data folder; only to see what it would say: lookthrough replay --kafka --brokers … --to-end',
    },
  },
  'LT-2101': {
    what: { zh: '端口 {host}:{port} 已被占用', en: 'port {host}:{port} is taken' },
    fix: {
      zh: '换一个端口：npm start -- --port {other}，或查看占用者：ss -ltnp',
      en: 'take another: npm start -- --port {other}, or see who has it: ss -ltnp',
    },
  },
  'LT-2102': {
    what: { zh: '连不上监管席 {url}', en: 'cannot reach the desk at {url}' },
    fix: { zh: '先启动：npm start，或用 --url 指定', en: 'start it: npm start, or name another with --url' },
  },
  'LT-2103': {
    what: { zh: '没有 {file}，不知道监管席在哪里', en: 'there is no {file}, so it is not known where the desk is' },
    fix: { zh: '先启动：npm start，或给出 --url 与 --token', en: 'start it: npm start, or give --url and --token' },
  },
  'LT-2104': {
    what: { zh: '监管席无法在 {host}:{port} 监听：{why}', en: 'the desk cannot listen on {host}:{port}: {why}' },
    fix: { zh: '换一个本机地址或端口：--port', en: 'take an address of this machine, or another port: --port' },
  },
  'LT-2110': {
    what: { zh: '缺少令牌，或令牌无效', en: 'the token is missing or not valid' },
    fix: {
      zh: '带上请求头 Authorization: Bearer <令牌>；演示令牌见 start.json',
      en: 'send the header Authorization: Bearer TOKEN; demo tokens are in start.json',
    },
  },
  'LT-2111': { what: { zh: '没有这个资源', en: 'there is no such thing' } },
  'LT-2112': { what: { zh: '此角色不能这样做：{role}', en: 'this role may not do that: {role}' } },
  'LT-2113': { what: { zh: '请求无法理解：{why}', en: 'the request cannot be understood: {why}' } },
  'LT-2114': {
    what: { zh: '请求过多：每分钟至多 {max} 次', en: 'too many requests: at most {max} a minute' },
    fix: { zh: '{seconds} 秒后再试；实时告警请用 /v1/feed', en: 'try again in {seconds} s; for live alerts use /v1/feed' },
  },
  'LT-2115': { what: { zh: '请求体过大：至多 {max} 字节', en: 'the body is too large: at most {max} bytes' } },
  'LT-2116': { what: { zh: '内部错误', en: 'internal error' } },
  'LT-2117': {
    what: { zh: '暂时无法核对令牌：取不到签发方 {host} 的公钥', en: 'tokens cannot be checked at present: the keys of the issuer at {host} cannot be had' },
    fix: {
      zh: '{seconds} 秒后再试；管理员检查 auth.jwksUri 是否可达',
      en: 'try again in {seconds} s; as the operator, see whether auth.jwksUri can be reached',
    },
  },
  'LT-2120': { what: { zh: '没有可接收的事件（拒绝 {rejected} 个）', en: 'no event could be accepted ({rejected} rejected)' } },
  'LT-2121': { what: { zh: '事件不可判定：{why}', en: 'the event cannot be judged: {why}' } },
  'LT-2122': { what: { zh: '没有这种事件类型', en: 'there is no such event type' } },
  'LT-2123': { what: { zh: '缺少记录键', en: 'the record key is missing' } },
  'LT-2124': { what: { zh: '机构只能以自己的名义报送', en: 'an institution reports only as itself' } },
  'LT-2125': { what: { zh: '事件过大：至多 {max} 字节', en: 'the event is too large: at most {max} bytes' } },
  'LT-2126': {
    what: { zh: '日志暂时写不进去', en: 'the log cannot be written at present' },
    fix: { zh: '{seconds} 秒后原样重发；重复的事件只算一次', en: 'send the same again in {seconds} s; an event sent twice counts once' },
  },
  'LT-2130': {
    what: { zh: '只能是一条 SELECT（或对 SELECT 的 EXPLAIN）', en: 'one SELECT is allowed (or EXPLAIN of one)' },
    fix: { zh: '去掉其他语句；想看有哪些表：show tables', en: 'leave out other statements; to see the tables: show tables' },
  },
  'LT-2131': { what: { zh: '查询出错：{why}', en: 'the query failed: {why}' } },
  'LT-2132': {
    what: { zh: '查询超过 {seconds} 秒，已中止', en: 'the query ran longer than {seconds} s and was stopped' },
    fix: { zh: '缩小范围，或先聚合', en: 'narrow it down, or aggregate first' },
  },
  'LT-2133': {
    what: { zh: '同时运行的查询过多', en: 'too many queries at once' },
    fix: { zh: '等前一个查询结束再试', en: 'try again when an earlier query has ended' },
  },
  'LT-2134': {
    what: { zh: '查询占用内存过多，已中止', en: 'the query used too much memory and was stopped' },
    fix: { zh: '缩小范围，或先聚合', en: 'narrow it down, or aggregate first' },
  },
  'LT-2135': {
    what: { zh: '还没有可查询的表', en: 'there are no tables to query yet' },
    fix: { zh: '引擎写出第一批表之后再试（数秒）', en: 'try again once the engine has written its tables, in a few seconds' },
  },
  ...SIGN_IN_ERRORS,
  ...FEED_ERRORS,
  'LT-2150': {
    what: { zh: '不接收内容类型 {type}', en: 'content type {type} is not taken' },
    fix: { zh: '请用 Content-Type：{known}', en: 'send as Content-Type one of {known}' },
  },
  'LT-2151': {
    what: { zh: '不接收内容编码 {encoding}', en: 'content encoding {encoding} is not taken' },
    fix: { zh: '请用 Content-Encoding: gzip，或不编码', en: 'send with Content-Encoding: gzip, or without any' },
  },
  'LT-2152': {
    what: { zh: '一次请求中的事件过多：至多 {max} 个', en: 'too many events in one request: at most {max}' },
    fix: { zh: '分成几次报送', en: 'send them in several requests' },
  },
  'LT-2153': {
    what: { zh: '正在处理的报送过多，此次一个也没有接收', en: 'too much is being taken in at present; nothing of this request was accepted' },
    fix: { zh: '{seconds} 秒后原样重发', en: 'send the same again in {seconds} s' },
  },
  'LT-2154': {
    what: { zh: '同一 Idempotency-Key 的请求还在处理', en: 'a request with this Idempotency-Key is still being worked on' },
    fix: { zh: '{seconds} 秒后原样重发，即得它的答复', en: 'send the same again in {seconds} s for its answer' },
  },
  'LT-2155': {
    what: { zh: '此 Idempotency-Key 已随另一请求体用过', en: 'this Idempotency-Key was used with another body' },
    fix: { zh: '另一请求体请用新的键', en: 'take a new key for another body' },
  },
  'LT-2156': {
    what: { zh: '请求体不是完整的 {form}', en: 'the body is not {form}, or not all of it' },
    fix: { zh: '核对 Content-Type 与 Content-Encoding，并整体重发', en: 'check Content-Type and Content-Encoding, and send it whole' },
  },
  'LT-2401': {
    what: {
      zh: '状态文件 {file} 是从另一份日志得来的：它的第 {place} 个分区是 {known}，这里是 {found}',
      en: 'state file {file} was made from another log: its partition number {place} is {known}, here it is {found}',
    },
    fix: {
      zh: '用读出它的那份日志接着跑，或换一个空的数据目录重新开始',
      en: 'go on with the log it was made from, or start with an empty data folder',
    },
  },
  'LT-2402': {
    what: { zh: '状态文件 {file} 正被另一个进程使用：{why}', en: 'state file {file} is in use by another process: {why}' },
    fix: { zh: '先停止那个进程：fuser -v {file}', en: 'stop that process first: fuser -v {file}' },
  },
  'LT-2403': {
    what: {
      zh: '状态文件 {file} 已损坏（{why}），没有完好的快照，且 Kafka 已不再保有最早的事件：无法不丢数据地继续',
      en: 'state file {file} is broken ({why}), there is no good snapshot, and Kafka no longer holds the first events: it cannot go on without losing some',
    },
    fix: {
      zh: '从备份恢复 {folder} 中的文件或主题；确认接受缺失后，换一个新的数据目录重新开始',
      en: 'restore the files in {folder} or the topics from a backup; if the loss is accepted, start over with a new data directory',
    },
  },
  'LT-2404': {
    what: {
      zh: '状态文件 {file} 由另一版本的程序写成（模式 {why}），本版本不能接着用',
      en: 'state file {file} was written by another version of the program (schema {why}); this one cannot go on from it',
    },
    fix: {
      zh: '改用写成它的版本，或换一个新的数据目录，历史从 Kafka 重读',
      en: 'run the version that wrote it, or start over with a new data directory; history is read again from Kafka',
    },
  },
  'LT-2405': {
    what: { zh: '状态文件 {file} 在此无法检查：{why}', en: 'state file {file} cannot be checked here: {why}' },
    fix: {
      zh: '检查权限与内存：ls -l {file}；free -m；需要时调大配置中的 state.memory',
      en: 'check permissions and memory: ls -l {file}; free -m; raise state.memory in the configuration where needed',
    },
  },
  'LT-2406': {
    what: {
      zh: '{folder} 暂时写不进去（{why}）：已暂停读取，已确认的都在，恢复后自动继续',
      en: '{folder} takes no writes at present ({why}): reading is paused, nothing acknowledged is lost, and it goes on by itself',
    },
    fix: { zh: '腾出空间：df -h {folder}', en: 'make room: df -h {folder}' },
  },
  'LT-2408': {
    what: {
      zh: 'Kafka 上多了分区（{partitions}）：引擎重新打开日志，从它们的第一条消息读起',
      en: 'Kafka has more partitions ({partitions}): the engine opens the log again and reads them from their first message',
    },
  },
  'LT-2409': {
    what: {
      zh: '控制日志要求从 {asked} 起判定，而状态文件 {file} 是从 {kept} 起判定的（none 即从头）：接着用它，告警会与重放不同',
      en: 'the control log asks to judge from {asked}, but state file {file} was made judging from {kept} (none: the beginning): going on from it, alerts would differ from a replay',
    },
    fix: {
      zh: '换一个空的数据目录重新开始；或撤回：lookthrough topics judge-from --brokers … --at {kept}',
      en: 'start with an empty data folder; or take it back: lookthrough topics judge-from --brokers … --at {kept}',
    },
  },
  'LT-2410': {
    what: {
      zh: '状态文件 {file} 不可用（{why}），已移到 {kept}；从 {from} 继续，其后的事件重读，告警不变、不重发',
      en: 'state file {file} could not be used ({why}) and was moved to {kept}; going on from {from}: later events are read again, alerts stay the same and are not sent twice',
    },
    fix: { zh: '查明磁盘原因后可删除：rm {kept}*', en: 'once the cause on the disk is known, it may go: rm {kept}*' },
  },
  'LT-2411': {
    what: {
      zh: '状态文件 {file} 不在了，但有它的快照或日志；从 {from} 继续，其后的事件重读，告警不变、不重发',
      en: 'state file {file} is missing, but a snapshot or a log of it is there; going on from {from}: later events are read again, alerts stay the same and are not sent twice',
    },
    fix: { zh: '若本意是重新开始，请换一个空的数据目录', en: 'if it was meant to start over, take an empty data directory' },
  },
  ...RULE_ERRORS,
  'LT-9001': { what: { zh: '内部不变量被破坏：{why}', en: 'an invariant of our own is broken: {why}' } },
} satisfies Record<`LT-${number}`, Entry>

export type ErrorCode = keyof typeof ERRORS
export type Facts = Record<string, string | number>
export type Language = keyof Words

export class LookthroughError extends Error {
  readonly code: ErrorCode
  readonly facts: Facts

  constructor(code: ErrorCode, facts: Facts = {}, cause?: unknown) {
    super(fill(ERRORS[code].what.en, facts), { cause })
    this.name = 'LookthroughError'
    this.code = code
    this.facts = facts
  }
}

/** One line for a terminal, two with the fix. */
export function describeError(error: unknown, language: Language): string {
  if (!(error instanceof LookthroughError)) return error instanceof Error ? (error.stack ?? error.message) : String(error)
  const entry: Entry = ERRORS[error.code]
  const what = `${error.code} ${fill(entry.what[language], error.facts)}`
  return entry.fix === undefined ? what : `${what}\n  ${language === 'zh' ? '解决' : 'fix'}: ${fill(entry.fix[language], error.facts)}`
}

/** The exit code of the command line for an error: 2 for bad usage or input, 1 for everything else. */
export function exitCode(error: unknown): 1 | 2 {
  return error instanceof LookthroughError && error.code.startsWith('LT-1') ? 2 : 1
}

/** `{name}` in a text replaced by the fact of that name. */
export function fill(text: string, facts: Facts): string {
  return text.replace(/\{(\w+)\}/g, (whole, name: string) => String(facts[name] ?? whole))
}
