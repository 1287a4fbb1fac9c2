/** What is said of rules: LT-3xxx, as `ERRORS` has them. */
export const RULE_ERRORS = {
  'LT-3001': {
    what: { zh: '{file}:{line} 不是规则：{why}', en: '{file}:{line} is no rule: {why}' },
    fix: {
      zh: '改正该行后再试：lookthrough rules lint；规则的写法见 lookthrough rules new 生成的样板',
      en: 'correct that line and look again: lookthrough rules lint; how a rule is written shows what lookthrough rules new makes',
    },
  },
  'LT-3002': {
    what: { zh: '{file} 已经存在', en: '{file} exists already' },
    fix: { zh: '换一个名字，或先查看它：ls {file}', en: 'take another name, or look at it first: ls {file}' },
  },
  'LT-3003': {
    what: {
      zh: '{name} 不能作规则的名字：写成 领域/名称，小写字母、数字和连字符',
      en: '{name} cannot be the name of a rule: write area/name in small letters, digits and hyphens',
    },
    fix: { zh: '例如：lookthrough rules new credit/my-rule', en: 'such as: lookthrough rules new credit/my-rule' },
  },
  'LT-3010': {
    what: { zh: '{code} 的变更未被接受（{reason}）：{why}', en: 'the change of {code} was not accepted ({reason}): {why}' },
    fix: {
      zh: '改正后再试：lookthrough rules lint {code}；内容变了就换版本号，时刻要晚于已读到的事件（--at）',
      en: 'put it right and try again: lookthrough rules lint {code}; another content takes another version, and --at a time after the events read so far',
    },
  },
  'LT-3011': {
    what: {
      zh: '{code} 的变更已写入规则主题，但引擎 {seconds} 秒内没有答复',
      en: 'the change of {code} is on the rules topic, but the engine has not answered within {seconds} s',
    },
    fix: { zh: '查看引擎是否在运行：curl …/readyz；它恢复后会自行决定', en: 'see whether the engine runs: curl …/readyz; it decides once it does' },
  },
  'LT-3012': {
    what: {
      zh: '{code} 对 {about} 无法判断：其条件在这些数据上算不出来（转换不成立）。该条视为不满足，其余照常判断',
      en: '{code} could not be judged of {about}: its condition cannot be computed for these data (a cast that does not fit). It counts as not satisfied, all else is judged on',
    },
    fix: {
      zh: '查看该规则的表达式：lookthrough rules show {code}；用 TRY_CAST 或先判断取值，改好后换版本号',
      en: 'look at its expressions: lookthrough rules show {code}; use TRY_CAST or test the value first, in another version',
    },
  },
} as const
