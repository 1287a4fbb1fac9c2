import type { Words } from '../contract/rule.ts'

/** What `lookthrough rules` prints. */
export const RULES = {
  'cli.rulesAbout': { zh: '规则目录', en: 'the catalogue of rules' },
  'cli.rulesList': { zh: '列出规则', en: 'list the rules' },
  'cli.rulesShow': { zh: '显示一条规则：条款、参数、处置建议、已知局限', en: 'show a rule: law, parameters, advice, known gaps' },
  'rules.unverified': { zh: '未与原文核对', en: 'not checked against the text' },
  'rules.gap': { zh: '已知局限：{gap}', en: 'known gap: {gap}' },
  'rules.dir': { zh: '规则所在目录', en: 'the folder the rules are in' },
  'rules.testAbout': { zh: '在真实引擎上运行规则旁的用例', en: 'run the cases beside the rules on the real engine' },
  'rules.passed': { zh: '通过  {rule}  {name}', en: 'ok    {rule}  {name}' },
  'rules.failed': { zh: '不符  {rule}  {name}\n{why}', en: 'FAIL  {rule}  {name}\n{why}' },
  'rules.tested': { zh: '{rules} 条规则，{passed} 个用例通过，{failed} 个不符', en: '{rules} rules, {passed} cases passed, {failed} failed' },
  'rules.again': { zh: '只看这一条：lookthrough rules test {rule}', en: 'this one alone: lookthrough rules test {rule}' },
  'rules.lintAbout': {
    zh: '检查规则：条款、用例、文字、表达式、单位、状态、版本',
    en: 'look rules over: law, cases, words, expressions, units, state, versions',
  },
  'rules.record': { zh: '记下新版本的指纹（rules/versions.json）', en: 'record the hashes of new versions (rules/versions.json)' },
  'rules.linted': { zh: '{rules} 条规则，{found} 处问题', en: '{rules} rules, {found} findings' },
  'rules.finding': { zh: '{file}:{line}  {rule}  {lint}：{what}', en: '{file}:{line}  {rule}  {lint}: {what}' },
  'rules.newAbout': { zh: '新建一条规则：规则、用例、条款三个文件的样板', en: 'begin a rule: its record, cases and law, filled in as a pattern' },
  'rules.code': { zh: '规则代码（默认取该领域的下一个）', en: 'its code (default: the next one of its area)' },
  'rules.made': {
    zh: '已生成 {directory}\n接着：改写三个文件，然后\n  lookthrough rules lint {code}\n  lookthrough rules test {code}',
    en: 'made {directory}\nnext: change the three files, then\n  lookthrough rules lint {code}\n  lookthrough rules test {code}',
  },
  'lint.clause': { zh: '法律依据缺文件名或条款；补上 law 的 act 与 article', en: 'the law has no act or no article; fill in act and article' },
  'lint.law-text': { zh: 'law.md 缺少：{missing}', en: 'law.md does not say: {missing}' },
  'lint.gaps': { zh: '没有写已知局限；至少写一条 gaps', en: 'no known gap is named; write at least one in gaps' },
  'lint.firing-case': { zh: '没有触发的用例；补一个 kind: firing', en: 'no case fires; add one of kind firing' },
  'lint.quiet-case': { zh: '没有不触发的用例；补一个 kind: quiet', en: 'no case stays quiet; add one of kind quiet' },
  'lint.boundary-case': { zh: '没有边界用例；补一个 kind: boundary', en: 'no case is at the boundary; add one of kind boundary' },
  'lint.undated-case': { zh: '用例名没有写日期 {on}：“{name}”', en: 'the case’s name does not say its date {on}: “{name}”' },
  'lint.untranslated': { zh: '{text} 缺少中文或英文', en: '{text} is not there in both languages' },
  'lint.placeholder': { zh: '{name} 不在告警的数值里；有：{known}', en: 'an alert has no value {name}; it has {known}' },
  'lint.placeholders-differ': { zh: '中英文句子引用的数值不同：{zh} 与 {en}', en: 'the two sentences name different values: {zh} and {en}' },
  'lint.unit-in-words': {
    zh: '“{text}”的单位不对：money 印成元，percent 印成百分数',
    en: '“{text}” has the wrong unit: money prints yuan, percent prints a ratio times 100',
  },
  'lint.expression': { zh: '“{sql}”不成立：{why}', en: '“{sql}” does not hold together: {why}' },
  'lint.not-a-condition': { zh: '“{sql}”应为真假，却是 {type}；写成比较', en: '“{sql}” must be true or false and is {type}; write a comparison' },
  'lint.unknown-parameter': { zh: '没有参数 {name}；有：{known}', en: 'there is no parameter {name}; there are {known}' },
  'lint.unused-parameter': {
    zh: '参数 {name} 没有用到；删去，或在表达式里写 :{name}',
    en: 'parameter {name} is used nowhere; leave it out, or name it as :{name}',
  },
  'lint.float': { zh: '“{sql}”用了浮点类型 {type}；金额用 DECIMAL(38,2)', en: '“{sql}” uses {type}; money is DECIMAL(38,2)' },
  'lint.unit': { zh: '“{text}”拿 {left} 与 {right} 相比', en: '“{text}” compares {left} with {right}' },
  'lint.unbounded': {
    zh: '状态没有上限：{why}；缩短窗口、放宽步长，或改用 count、sum',
    en: 'state without bound: {why}; shorten the window, widen its step, or use count or sum',
  },
  'lint.dedupe': {
    zh: '告警的对象 {subject} 不是区分的键 {key}：两件事会并成一条告警',
    en: 'the subject {subject} is not what tells things apart, {key}: two would become one alert',
  },
  'lint.version': {
    zh: '内容变了而版本仍是 {version}；提高 version，再运行 lookthrough rules lint --record',
    en: 'the record changed and is still version {version}; raise version, then lookthrough rules lint --record',
  },
} satisfies Record<string, Words>
