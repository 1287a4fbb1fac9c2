import { existsSync } from 'node:fs'
import { appendFile } from 'node:fs/promises'
import { basename, dirname, join, resolve } from 'node:path'
import { Command } from 'commander'
import { ERRORS, type ErrorCode, type Facts, fill, type Language, LookthroughError } from '../../contract/errors.ts'
import { formatTime, type Rule } from '../../contract/index.ts'
import { ruleRecord } from '../../contract/rule-change.ts'
import type { RuleAnswer, RuleAsked } from '../../desk/http/rules.ts'
import { say } from '../../messages/index.ts'
import { Database } from '../../store/database.ts'
import { loadRules, selectRules } from '../catalogue/catalogue.ts'
import { readCases, readRule, readRules, RULE_SOURCES, type WrittenRule } from '../catalogue/rule-files.ts'
import { readConfig } from '../config/config.ts'
import { lintRule } from '../lint/lint.ts'
import { readRecorded } from '../lint/versions.ts'
import { openRuleBook } from '../run/rule-book.ts'
import { type DeskOptions, signIn } from './sql.ts'
import { instantOption } from './options.ts'

type To = DeskOptions & { at: number; config?: string; append?: string; json?: boolean }

/** `rules activate` and `rules retire`: changes that take effect in a running engine. */
export function ruleChangeCommands(language: Language): Command[] {
  const activate = changing(new Command('activate').description(say('rules.activateAbout', language)).argument('<folder|rule>'), language)
    .option('--rules-dir <dir>', say('rules.dir', language), RULE_SOURCES)
    .option('--append <file>', say('rules.append', language))
    .action(async (name: string, { rulesDir, ...to }: To & { rulesDir: string }) => {
      const rule = await cleanRule(name, rulesDir, language)
      if (to.append === undefined) await put({ act: 'activated', effective: to.at, rule }, to, language)
      else await appendFile(to.append, `${ruleRecord('activated', rule, to.at).value}\n`)
    })
  const retire = changing(new Command('retire').description(say('rules.retireAbout', language)).argument('<code>'), language).action((code: string, to: To) =>
    put({ act: 'retired', effective: to.at, code }, to, language),
  )
  return [activate, retire]
}

function changing(command: Command, language: Language): Command {
  return command
    .requiredOption('--at <time>', say('rules.at', language), instantOption)
    .option('--config <file>', say('cli.config', language))
    .option('--url <url>', say('cli.url', language))
    .option('--token <token>', say('cli.token', language))
    .option('--data <dir>', say('cli.data', language), '.lookthrough')
    .option('--json', say('cli.json', language))
}

/** A rule as it is written, in which `rules lint` finds nothing. Throws LT-1002, LT-3001, LT-3010. */
async function cleanRule(name: string, rulesDir: string, language: Language): Promise<Rule> {
  const { written, versions } = await writtenRule(name, rulesDir)
  const db = await Database.open(':memory:')
  try {
    const [first] = await lintRule(written, { db, recorded: await readRecorded(versions) })
    if (first === undefined) return written.rule
    const why = `${first.file}:${first.line} ${say(`lint.${first.lint}`, language, first.facts)}`
    throw new LookthroughError('LT-3010', { code: written.rule.code, reason: first.lint === 'version' ? 'no-new-version' : 'faulty', why })
  } finally {
    db.close()
  }
}

async function writtenRule(name: string, rulesDir: string): Promise<{ written: WrittenRule; versions: string }> {
  const directory = resolve(name)
  if (existsSync(join(directory, 'rule.ts'))) {
    const folder = { id: `${basename(dirname(directory))}/${basename(directory)}`, directory }
    return { written: { folder, rule: await readRule(folder), cases: await readCases(folder) }, versions: join(directory, '../../versions.json') }
  }
  const all = await readRules(rulesDir)
  const [rule] = selectRules(
    all.map((w) => w.rule),
    [name],
    [],
  )
  return { written: all.find((w) => w.rule === rule) as WrittenRule, versions: join(rulesDir, 'versions.json') }
}

async function put(asked: RuleAsked, to: To, language: Language): Promise<void> {
  const answer = to.config === undefined ? await throughDesk(asked, to, language) : await throughTopics(asked, to.config)
  if (to.json === true) process.stdout.write(`${JSON.stringify(answer)}\n`)
  else process.stdout.write(`${say(asked.act === 'activated' ? 'rules.activated' : 'rules.retired', language, { ...answer })}\n`)
}

async function throughTopics(asked: RuleAsked, file: string): Promise<RuleAnswer> {
  const { kafka, rules, parameters } = await readConfig(file)
  const book = await openRuleBook(kafka, selectRules(await loadRules(), rules, parameters))
  try {
    return await book.change(asked)
  } finally {
    await book.close()
  }
}

/** Throws LT-2102, LT-2103, and what the desk says. */
async function throughDesk(asked: RuleAsked, to: DeskOptions, language: Language): Promise<RuleAnswer> {
  const { url, token } = await signIn(to, 'approver')
  let response: Response
  try {
    response = await fetch(`${url}/v1/rules`, {
      method: 'POST',
      headers: { authorization: `Bearer ${token}`, 'content-type': 'application/json', 'accept-language': language },
      body: JSON.stringify({ ...asked, effective: formatTime(asked.effective) }),
    })
  } catch (error) {
    throw new LookthroughError('LT-2102', { url }, error)
  }
  const answer = (await response.json()) as RuleAnswer | { error: { code: ErrorCode; message: string; detail: Facts | null } }
  if ('error' in answer) throw saidByDesk(answer.error)
  return answer
}

/** What a desk that knows more codes than we do says, comes in its own words. */
function saidByDesk({ code, message, detail }: { code: ErrorCode; message: string; detail: Facts | null }): Error {
  return code in ERRORS && !/\{\w+\}/.test(fill(ERRORS[code].what.en, detail ?? {}))
    ? new LookthroughError(code, detail ?? {})
    : new Error(`${code} ${message}`)
}
