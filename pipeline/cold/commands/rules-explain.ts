import { Command } from 'commander'
import { type Language, LookthroughError } from '../../contract/errors.ts'
import { type PublishedAlert, parseTime, type Rule } from '../../contract/index.ts'
import type { Source } from '../../contract/source.ts'
import { say } from '../../messages/index.ts'
import { loadRules } from '../catalogue/catalogue.ts'
import { recordAt } from '../proof/record.ts'
import { replay } from '../replay/replay.ts'
import { logOf } from '../why/log-of.ts'
import type { Asked, AskedSubject } from '../why/observer.ts'
import { linesOf } from '../why/render.ts'
import { why, type Why } from '../why/why.ts'
import { instantOption, timeOption } from './options.ts'
import { chosenRules, openSource, several } from './replay.ts'
import { recordedWhy } from '../why/recorded.ts'
import { type DeskOptions, signIn } from './sql.ts'

type Options = DeskOptions & {
  institution?: string
  subject?: string
  at?: number
  db?: string
  record?: string
  kafka?: boolean
  brokers?: string
  prefix?: string
  param?: string[]
  overrides?: string
  judgeFrom?: number
  json?: boolean
}

export function explainCommand(language: Language): Command {
  return new Command('explain')
    .description(say('why.about', language))
    .argument('<alert|rule>')
    .argument('[file...]')
    .option('--institution <id>', say('why.institution', language))
    .option('--subject <subject>', say('why.subject', language))
    .option('--at <time>', say('why.at', language), instantOption)
    .option('--db <file>', say('why.db', language))
    .option('--record <path>', say('cli.record', language))
    .option('--kafka', say('cli.kafka', language))
    .option('--brokers <host:port,…>', say('cli.brokers', language))
    .option('--prefix <prefix>', say('cli.prefix', language))
    .option('--param <CODE.name=value>', say('cli.param', language), several)
    .option('--overrides <file>', say('cli.overrides', language))
    .option('--judge-from <time>', say('cli.judgeFrom', language), timeOption)
    .option('--url <url>', say('cli.url', language))
    .option('--token <token>', say('cli.token', language))
    .option('--data <dir>', say('cli.data', language), '.lookthrough')
    .option('--json', say('cli.json', language))
    .action(async (name: string, files: string[], options: Options) => {
      const said = await explained(name, files, options)
      process.stdout.write(options.json === true ? `${JSON.stringify(said)}\n` : `${linesOf(said, language).join('\n')}\n`)
      if (!hasLog(files, options)) process.stderr.write(`${say('why.recorded', language, { id: name })}\n`)
    })
}

const ALERT = /^A-[0-9a-f]{20}$/

async function explained(name: string, files: string[], options: Options): Promise<Why> {
  const rules = await chosenRules(options)
  const isAlert = ALERT.test(name)
  if (!hasLog(files, options)) {
    if (!isAlert) throw new LookthroughError('LT-1007', { why: 'rules explain CODE … with FILE…, --db F or --kafka --brokers …' })
    return recordedWhy(await askDesk(name, options), rules)
  }
  const open = () => openLog(files, options)
  const { rule, asked } = isAlert ? await ofAlert(name, rules, options, open) : ofRule(name, rules, options)
  const plain = (await loadRules()).find((r) => r.code === rule.code) ?? rule
  const { judgeFrom } = options
  return why({ rule, plain, known: rules, asked, open, ...(isAlert && { alert: name }), ...(judgeFrom !== undefined && { judgeFrom }) })
}

function hasLog(files: string[], { db, kafka }: Options): boolean {
  return files.length > 0 || db !== undefined || kafka === true
}

/** A log is read from its beginning each time. */
async function openLog(files: string[], options: Options): Promise<Source> {
  return options.db === undefined ? openSource(files, { ...options, toEnd: true }, () => undefined) : logOf(options.db)
}

function ofRule(name: string, rules: readonly Rule[], { institution, subject, at }: Options): { rule: Rule; asked: Asked } {
  const rule = rules.find((r) => r.code === name || r.id === name)
  if (rule === undefined) throw new LookthroughError('LT-1002', { rule: name, known: rules.map((r) => r.code).join(', ') })
  if (institution === undefined || subject === undefined || at === undefined)
    throw new LookthroughError('LT-1007', { why: 'rules explain CODE --institution B --subject KIND:ID --at TIME' })
  return { rule, asked: { institution, subject: subjectFrom(subject), at } }
}

/** `KIND:ID`, `KIND:ID:PART`, or an id alone; ids of streams hold colons of their own. */
function subjectFrom(text: string): AskedSubject {
  const [, kind, id = text, part] = /^([a-z]+):([^:]+)(?::([^:]+))?$/.exec(text) ?? []
  return { id, ...(kind !== undefined && { kind }), ...(part !== undefined && { part }) }
}

/** As it is on record, else as the log gives it when it is judged with all rules. Throws LT-1018. */
async function ofAlert(id: string, rules: readonly Rule[], options: Options, open: () => Promise<Source>): Promise<{ rule: Rule; asked: Asked }> {
  const path = options.record ?? options.db
  const found =
    path === undefined
      ? (await replay({ source: await open(), rules, ...(options.judgeFrom !== undefined && { judgeFrom: options.judgeFrom }) })).revisions
      : (await recordAt(path, new Set([id]))).revisions.map((r) => r.alert)
  const alert = found.findLast((a) => a.id === id)
  if (alert === undefined) throw new LookthroughError('LT-1018', { alert: id, why: path ?? 'FILE' })
  const rule = rules.find((r) => r.code === alert.rule.code)
  if (rule === undefined) throw new LookthroughError('LT-1002', { rule: alert.rule.code, known: rules.map((r) => r.code).join(', ') })
  const at = parseTime(alert.at) ?? 0
  const window = alert.window === null ? undefined : parseTime(alert.window.start)
  return { rule, asked: { institution: alert.institution, subject: alert.subject, at, exactly: at, ...(window !== undefined && { window }) } }
}

/** Throws LT-2102 (no desk there), LT-1018 (it has no such alert). */
async function askDesk(id: string, options: Options): Promise<PublishedAlert> {
  const { url, token } = await signIn(options)
  const response = await fetch(`${url}/v1/alerts/${id}`, { headers: { authorization: `Bearer ${token}` } }).catch((error: unknown) => {
    throw new LookthroughError('LT-2102', { url }, error)
  })
  if (!response.ok) throw new LookthroughError('LT-1018', { alert: id, why: url })
  return (await response.json()) as PublishedAlert
}
