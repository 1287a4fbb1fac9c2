import type { Words } from '../contract/rule.ts'

/** What `replay --alert` prints. */
export const PROOF = {
  'cli.alert': {
    zh: '由日志重算此告警（A-…，可重复），与记录逐字节核对，不同则指出何处、为何',
    en: 'judge this alert (A-…, may be repeated) from the log again and hold it against the record, byte for byte; says what differs and why',
  },
  'cli.revision': { zh: '只核对这个版本', en: 'prove this revision only' },
  'cli.record': {
    zh: '告警记录：告警文件、state.duckdb 或数据目录（Kafka 默认取告警主题）',
    en: 'where the alert is on record: an alerts file, a state.duckdb or a data folder (on Kafka: the alerts topic, unless given)',
  },
  'proof.progress': { zh: '重放 |{bar}| {percentage}% · {events} 条消息', en: 'replay |{bar}| {percentage}% · {events} messages' },
  'proof.searching': { zh: '有不同，正在日志中查找证据事件', en: 'it differs; looking for its evidence in the log' },
  'proof.same': { zh: '✓ {id} {code} 与记录逐字节相同', en: '✓ {id} {code} is the same as on record, byte for byte' },
  'proof.differs': { zh: '✗ {id} {code} 与记录不同', en: '✗ {id} {code} differs from the record' },
  'proof.unjudged': { zh: '? {id} {code} 无法判定：日志不完整', en: '? {id} {code} cannot be judged: the log is not whole' },
  'proof.revision.same': {
    zh: '  版本 {revision}：相同，{bytes} 字节，sha256 {sha256}',
    en: '  revision {revision}: the same, {bytes} bytes, sha256 {sha256}',
  },
  'proof.revision.differs': {
    zh: '  版本 {revision}：不同，记录 sha256 {sha256}，重放 {replayed}',
    en: '  revision {revision}: differs, sha256 {sha256} on record, {replayed} replayed',
  },
  'proof.revision.missing': { zh: '  版本 {revision}：重放没有得出它', en: '  revision {revision}: the replay does not come up with it' },
  'proof.revision.absent': { zh: '  版本 {revision}：重放得出，记录中没有', en: '  revision {revision}: the replay has it, the record has not' },
  'proof.difference': { zh: '    {pointer}  记录 {recorded}  重放 {replayed}', en: '    {pointer}  on record {recorded}  replayed {replayed}' },
  'proof.nothing': { zh: '（无）', en: '(nothing)' },
  'proof.more': { zh: '    另有 {count} 处，全部见 --json', en: '    {count} more, all with --json' },
  'proof.because': { zh: '  原因', en: '  why' },
  'proof.noPositions': { zh: '  未核对 positions：记录或日志一方没有 Kafka 位置', en: '  positions are not compared: record or log has none' },
  'proof.read': {
    zh: '记录：{record}；从头读日志 {messages} 条消息，{seconds} 秒，{reached}',
    en: 'record: {record}; log read from its beginning: {messages} messages, {seconds} s, {reached}',
  },
  'proof.reached': { zh: '水位到 {watermark}', en: 'up to watermark {watermark}' },
  'proof.toEnd': { zh: '读到末尾', en: 'up to its end' },
  'proof.cut': {
    zh: '  注意：日志已不从头保存，但现存部分足以重算',
    en: '  note: the log no longer reaches back to its beginning, but what is left was enough',
  },
  'proof.cause.rule-version': {
    zh: '规则 {code} 现为 {now} 版，告警由 {recorded} 版得出：用当时的版本再核对',
    en: 'rule {code} is version {now} now, the alert came from version {recorded}: prove it with the version of that time',
  },
  'proof.cause.rule-content': {
    zh: '规则 {code} 版本仍是 {version}，内容不同（记录 {recorded}，现为 {now}）：条文、条件或参数被改过；当时用了参数则加上 --param',
    en: 'rule {code} is still version {version} with other content ({recorded} on record, {now} now): text, condition or a parameter was changed; if parameters were set then, give them with --param',
  },
  'proof.cause.parameter': {
    zh: '参数 {code}.{name}：告警得出时为 {recorded}，现为 {now}；以 --param {code}.{name}={recorded} 再核对',
    en: 'parameter {code}.{name} was {recorded} when the alert was raised and is {now} now; prove it with --param {code}.{name}={recorded}',
  },
  'proof.cause.identity': {
    zh: '记录自相矛盾：告警号 {id} 不是由它的规则、机构、对象与起始时刻得出的：记录被改过',
    en: 'the record contradicts itself: id {id} does not follow from its rule, institution, subject and start; it was changed',
  },
  'proof.cause.sentence': {
    zh: '记录自相矛盾：版本 {revision} 的文字与其数值、阈值不符：记录被改过',
    en: 'the record contradicts itself: the text of revision {revision} does not follow from its values and threshold; it was changed',
  },
  'proof.cause.form': {
    zh: '版本 {revision} 内容相同，但字节写法不同（空格、键序或转义）：不是引擎写出的原样',
    en: 'revision {revision} says the same in other bytes (spaces, order of keys or escapes): not as the engine wrote it',
  },
  'proof.cause.absent': { zh: '记录缺少版本 {revision}', en: 'the record lacks revision {revision}' },
  'proof.cause.cut': {
    zh: '日志不完整：主题 {topic} 分区 {partition} 只从 {low} 起保存',
    en: 'the log is not whole: topic {topic} partition {partition} is kept from {low} on only',
  },
  'proof.cause.missing': { zh: '证据事件 {event} 不在所读的日志中', en: 'evidence {event} is not in the log that was read' },
  'proof.cause.late': {
    zh: '证据事件 {event} 在此日志中迟到 {seconds} 秒（{reason}）',
    en: 'evidence {event} is late in this log by {seconds} s ({reason})',
  },
  'proof.cause.dead': { zh: '证据事件 {event} 在此日志中是死信：{reason}', en: 'evidence {event} is a dead letter in this log: {reason}' },
  'proof.cause.moved': {
    zh: '证据事件 {event} 记录在 {recorded}，现在 {now}：日志不是同一份，或次序变了',
    en: 'evidence {event} is on record at {recorded} and lies at {now}: this is another log, or its order was changed',
  },
  'proof.cause.added': {
    zh: '重放的证据中有 {event}（{place}），记录中没有：日志里多了它，或当时它未被计入',
    en: 'the replay has {event} ({place}) for evidence, the record has not: the log was added to, or it did not count then',
  },
  'proof.cause.count': {
    zh: '版本 {revision} 记录有 {recorded} 件证据（列出前 {named} 件），重放有 {now} 件：未列出的证据在此日志中缺失、迟到或多出',
    en: 'revision {revision} counts {recorded} pieces of evidence on record (the first {named} named) and {now} in the replay: of those not named, some are missing, late or new in this log',
  },
  'proof.cause.judge-from': {
    zh: '起判时刻不同：记录的引擎从 {recorded} 起判，重放从 {now} 起判（none 即从头，? 即未知）；用 --judge-from 指定',
    en: 'judged from another time: {recorded} on record, {now} in the replay (none: the beginning, ?: not known); set it with --judge-from',
  },
  'proof.cause.control': {
    zh: '告警来自 Kafka，重放读的是文件：文件没有 Kafka 时间戳与控制日志（静默分区、起判时刻），时序可能不同；改用 --kafka 重放',
    en: 'the alert came from Kafka and files were replayed: they have no Kafka timestamps and no control log (silent partitions, judge-from), so lateness may differ; replay --kafka',
  },
  'proof.cause.not-raised': {
    zh: '重放中规则 {code} 对 {subject} 没有任何告警',
    en: 'in the replay rule {code} raises nothing at all on {subject}',
  },
  'proof.cause.elsewhere': {
    zh: '重放没有得出此告警；同一规则与对象最接近的是 {id}，时刻 {at}（记录为 {recorded}）',
    en: 'the replay does not raise it; the nearest of the same rule and subject is {id}, at {at} ({recorded} on record)',
  },
  'proof.cause.reference': {
    zh: '规则、参数与证据都相同，{fields} 不同：截至 {at} 所知的其他状态报送（参考数据、资本、价格、关联关系）与当时不同，或记录被改过',
    en: 'rule, parameters and evidence are the same, {fields} differ: other statements known at {at} (reference data, capital, prices, relations) are not those of that time, or the record was changed',
  },
  'proof.cause.unexplained': {
    zh: '规则、参数、证据事件与次序都相同：记录或某个事件的内容在事后被改过',
    en: 'rule, parameters, evidence and order are the same: the record, or what an event says, was changed afterwards',
  },
} satisfies Record<string, Words>
