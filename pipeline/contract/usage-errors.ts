/** Usage and input: LT-1xxx, exit code 2; part of the one catalogue in errors.ts. */
export const USAGE_ERRORS = {
  'LT-1001': {
    what: { zh: '文件 {file} 打不开：{why}', en: 'cannot open file {file}: {why}' },
    fix: { zh: '检查路径与权限：ls -l {file}', en: 'check the path and its permissions: ls -l {file}' },
  },
  'LT-1002': {
    what: { zh: '没有规则 {rule}；现有：{known}', en: 'there is no rule {rule}; there are {known}' },
    fix: { zh: '查看规则：lookthrough rules list', en: 'see the rules: lookthrough rules list' },
  },
  'LT-1003': {
    what: { zh: '参数 {parameter} 无效：{why}', en: 'parameter {parameter} is not valid: {why}' },
    fix: {
      zh: '写法：--param CODE.name=value，参数名见 lookthrough rules show CODE --json',
      en: 'write --param CODE.name=value; names as printed by lookthrough rules show CODE --json',
    },
  },
  'LT-1004': {
    what: { zh: '{file} 不是 {format}：{why}', en: '{file} is not {format}: {why}' },
    fix: { zh: '检查文件内容与命令中的格式', en: 'check the file and the format named in the command' },
  },
  'LT-2201': {
    what: { zh: '内置消息代理未能启动：{why}', en: 'the embedded broker did not start: {why}' },
    fix: {
      zh: '重新安装 Kafka 客户端：npm run setup；或改用真实的 Kafka：lookthrough run',
      en: 'install the Kafka client again: npm run setup; or use a real Kafka: lookthrough run',
    },
  },
  'LT-2203': {
    what: { zh: '场景无法写入 Kafka {brokers}：{why}', en: 'the scenario cannot write to Kafka {brokers}: {why}' },
    fix: { zh: '检查代理是否在运行、地址是否正确', en: 'check that the broker runs and that its address is right' },
  },
  'LT-1005': {
    what: { zh: '配置 {file} 有误：{why}', en: 'configuration {file} is wrong: {why}' },
    fix: { zh: '对照 docker/config.yaml 修改', en: 'compare with docker/config.yaml' },
  },
  'LT-1006': {
    what: { zh: '查询未完成：{why}', en: 'the query did not complete: {why}' },
    fix: {
      zh: '只能是一条 SELECT；表见 select table_name from information_schema.tables',
      en: 'one SELECT only; tables: select table_name from information_schema.tables',
    },
  },
  'LT-1007': {
    what: { zh: '用法有误：{why}', en: 'this is not how it is used: {why}' },
    fix: { zh: '查看帮助：lookthrough replay --help', en: 'see lookthrough replay --help' },
  },
  'LT-1008': {
    what: {
      zh: '数据库文件不能叫 {file}：DuckDB 会把它与同名模式混淆',
      en: 'a database file cannot be called {file}: DuckDB would take it for the schema of that name',
    },
    fix: { zh: '换一个文件名，例如 out.duckdb', en: 'choose another name, such as out.duckdb' },
  },
  'LT-1009': {
    what: { zh: '{record} 中没有告警 {id}', en: 'there is no alert {id} in {record}' },
    fix: {
      zh: '告警号见控制台，或 lookthrough sql "select id from lt.alerts"；记录在别处时：--record 告警文件、state.duckdb 或数据目录',
      en: 'ids stand on the dashboard, or lookthrough sql "select id from lt.alerts"; where the record lies elsewhere: --record ALERTS.ndjson, a state.duckdb or a data folder',
    },
  },
  'LT-1010': {
    what: {
      zh: '告警 {id} 无法判定：主题 {topic} 分区 {partition} 只从 {low} 起保存，更早的事件已过保留期被删除',
      en: 'alert {id} cannot be judged: topic {topic} partition {partition} is kept from {low} on only, retention deleted what came before',
    },
    fix: {
      zh: '用保存完整的日志副本：lookthrough replay EVENTS.ndjson --alert {id} --record ALERTS.ndjson；并延长保留期：kafka-configs.sh --alter --entity-type topics --entity-name {topic} --add-config retention.ms=-1',
      en: 'take a copy of the log that is whole: lookthrough replay EVENTS.ndjson --alert {id} --record ALERTS.ndjson; and keep more: kafka-configs.sh --alter --entity-type topics --entity-name {topic} --add-config retention.ms=-1',
    },
  },
  'LT-1011': {
    what: { zh: '{record} 中的告警 {id} 没有版本 {revision}；有：{known}', en: 'alert {id} in {record} has no revision {revision}; it has {known}' },
    fix: { zh: '不写 --revision 即核对全部版本', en: 'leave --revision out to prove all of them' },
  },
  'LT-1012': {
    what: { zh: '没有符合条件的死信：{asked}', en: 'no dead letter matches: {asked}' },
    fix: { zh: '查看现有死信：lookthrough dead list', en: 'see those there are: lookthrough dead list' },
  },
  'LT-1013': {
    what: { zh: '结果太多，监管席一次答不完', en: 'this is more than the desk gives at once' },
    fix: {
      zh: '少选一些（如 --institution），或读 replay --db 留下的文件：--db 文件',
      en: 'choose less (such as --institution), or read a file that replay --db left: --db FILE',
    },
  },
  'LT-1014': {
    what: { zh: '{institution} 对 {obligor} 没有风险暴露', en: '{institution} has nothing at risk with {obligor}' },
    fix: {
      zh: `查看有哪些：lookthrough sql "select institution, obligor, total from lt.exposure_total order by total desc limit 20"`,
      en: `see whom there is: lookthrough sql "select institution, obligor, total from lt.exposure_total order by total desc limit 20"`,
    },
  },
  'LT-1015': {
    what: {
      zh: '{at} 的数据已不再保存：被取代的陈述只从 {since} 起保存',
      en: '{at} is no longer kept: what was replaced since is there from {since} on',
    },
    fix: {
      zh: '由日志重算，并保留得更久：lookthrough replay --kafka --brokers … --to-end --keep 400d --db then.duckdb，再 lookthrough through {institution} {obligor} --at {at} --db then.duckdb',
      en: 'judge the log again and keep more: lookthrough replay --kafka --brokers … --to-end --keep 400d --db then.duckdb, then lookthrough through {institution} {obligor} --at {at} --db then.duckdb',
    },
  },
  'LT-1016': {
    what: { zh: '{at} 尚未判定：目前判到 {until}', en: '{at} is not judged yet: the last tick judged is {until}' },
    fix: { zh: '稍后再问；或去掉 at，查看目前的情形', en: 'ask again later, or without a time for how it is now' },
  },
  'LT-1017': {
    what: { zh: '{file} 第 {line} 行的参数调整无效：{why}', en: '{file}, line {line}: this parameter of an institution is not valid: {why}' },
    fix: {
      zh: '改正该行；参数名、单位与允许范围见 lookthrough rules show CODE',
      en: 'correct that line; names, units and bounds of parameters: lookthrough rules show CODE',
    },
  },
  'LT-1018': {
    what: { zh: '{alert} 不在这里：{why}', en: '{alert} is not here: {why}' },
    fix: {
      zh: '给出产生它的日志与规则：lookthrough rules explain {alert} FILE…，或告警记录 --record ALERTS.ndjson|state.duckdb',
      en: 'give the log it came from: lookthrough rules explain {alert} FILE…, or where it is on record: --record ALERTS.ndjson|state.duckdb',
    },
  },
  'LT-1019': {
    what: { zh: '{file}:{line} 不是规则变更：{why}', en: '{file}:{line} is no change of rules: {why}' },
    fix: {
      zh: '每行一条 lookthrough.rules 的记录（lookthrough rules activate … --append {file} 写出）',
      en: 'one record of lookthrough.rules a line, as lookthrough rules activate … --append {file} writes it',
    },
  },
  'LT-1027': {
    what: { zh: '用法有误：{why}', en: 'this is not how it is used: {why}' },
    fix: { zh: '查看帮助：lookthrough {command} --help', en: 'see lookthrough {command} --help' },
  },
  'LT-1031': {
    what: {
      zh: '所选死信中有 {hidden} 封谈及当事人，其原文不向此角色显示',
      en: 'of the dead letters chosen, {hidden} speak of parties, and their bytes are not shown to this role',
    },
    fix: { zh: '以管理员令牌再试：--token；或另选主题：--topic', en: 'try again with the token of an admin: --token; or choose another topic: --topic' },
  },
}
