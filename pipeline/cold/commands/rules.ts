import { join } from 'node:path'
import { Command } from 'commander'
import type { Facts, Language } from '../../contract/errors.ts'
import { boundsOf, EVERYONE, type Override, type Rule, ruleHash } from '../../contract/index.ts'
import { type MessageKey, say } from '../../messages/index.ts'
import { Database } from '../../store/database.ts'
import { loadRules, selectRules } from '../catalogue/catalogue.ts'
import { readRules, RULE_SOURCES, type WrittenRule } from '../catalogue/rule-files.ts'
import { runCase } from '../catalogue/run-case.ts'
import { scaffold } from '../catalogue/scaffold.ts'
import { type Finding, lintRule } from '../lint/lint.ts'
import { ruleChangeCommands } from './rule-changes.ts'
import { mixedLog } from '../rule-bench/mixed-log.ts'
import { besideFive, costOf, costOfNone, FIVE } from '../rule-bench/rule-bench.ts'
import { writeSite } from '../rule-docs/site.ts'
import { chosenRules } from './replay.ts'
import { explainCommand } from './rules-explain.ts'
import { readRecorded, record } from '../lint/versions.ts'

type From = { rulesDir: string; json?: boolean }

export function rulesCommand(language: Language): Command {
  const list = new Command('list')
    .description(say('cli.rulesList', language))
    .option('--json', say('cli.json', language))
    .action(async ({ json }: { json?: boolean }) => {
      const rules = await loadRules()
      if (json === true) print(JSON.stringify(rules.map(({ code, id, version, title, kind }) => ({ code, id, version, title, kind }))))
      else for (const r of rules) print(`${r.code}  ${r.version}  ${r.id.padEnd(34)} ${r.title[language]}`)
    })
  const show = new Command('show')
    .description(say('cli.rulesShow', language))
    .argument('<rule>')
    .option('--overrides <file>', say('cli.overrides', language))
    .option('--json', say('cli.json', language))
    .action(async (name: string, { json, overrides }: { json?: boolean; overrides?: string }) => {
      const [rule] = await chosenRules({ rules: name, ...(overrides !== undefined && { overrides }) })
      if (rule === undefined) return
      print(json === true ? JSON.stringify({ ...rule, hash: ruleHash(rule) }, null, 2) : text(rule, language).join('\n'))
    })
  const lint = written(new Command('lint').description(say('rules.lintAbout', language)), language)
    .option('--record', say('rules.record', language))
    .action(async (names: string[], options: From & { record?: boolean }) => {
      if ((await lintAll(names, options, language)) > 0) process.exitCode = 1
    })
  const test = written(new Command('test').description(say('rules.testAbout', language)), language).action(async (names: string[], options: From) => {
    if ((await testAll(names, options, language)) > 0) process.exitCode = 1
  })
  const begin = new Command('new')
    .description(say('rules.newAbout', language))
    .argument('<area/name>')
    .option('--code <code>', say('rules.code', language))
    .option('--rules-dir <dir>', say('rules.dir', language), RULE_SOURCES)
    .action(async (id: string, { code, rulesDir }: { code?: string; rulesDir: string }) => {
      print(say('rules.made', language, await scaffold(id, { directory: rulesDir, ...(code !== undefined && { code }) })))
    })
  const docs = new Command('docs')
    .description(say('rules.docsAbout', language))
    .option('--rules-dir <dir>', say('rules.dir', language), RULE_SOURCES)
    .option('--out <dir>', say('rules.docsOut', language), 'rules-docs')
    .action(async ({ rulesDir, out }: { rulesDir: string; out: string }) => {
      note(say('rules.documented', language, { rules: await writeSite(rulesDir, out), out }))
    })
  const bench = new Command('bench')
    .description(say('rules.benchAbout', language))
    .argument('[rule...]')
    .option('--copies <n>', say('rules.copies', language), Number, 3)
    .option('--pairs <n>', say('rules.pairs', language), Number, 3)
    .action(async (names: string[], options: { copies: number; pairs: number }) => benchAll(names, options, language))
  const about = say('cli.rulesAbout', language)
  return [list, show, lint, test, begin, docs, bench, explainCommand(language), ...ruleChangeCommands(language)].reduce(
    (all, command) => all.addCommand(command),
    new Command('rules').description(about),
  )
}

/** A command over rules as they are written: all, or those named by code or id. */
function written(command: Command, language: Language): Command {
  return command.argument('[rule...]').option('--rules-dir <dir>', say('rules.dir', language), RULE_SOURCES).option('--json', say('cli.json', language))
}

/** How many findings there were. */
async function lintAll(names: readonly string[], { rulesDir, json, record: isRecorded }: From & { record?: boolean }, language: Language): Promise<number> {
  const versions = join(rulesDir, 'versions.json')
  const chosen = await choose(rulesDir, names)
  const db = await Database.open(':memory:')
  try {
    if (isRecorded === true)
      await record(
        versions,
        chosen.map(({ rule }) => rule),
      )
    const recorded = await readRecorded(versions)
    const found: Finding[] = []
    for (const written of chosen) found.push(...(await lintRule(written, { db, recorded })))
    for (const finding of found) print(json === true ? JSON.stringify(finding) : findingText(finding, language))
    note(say('rules.linted', language, { rules: chosen.length, found: found.length }))
    return found.length
  } finally {
    db.close()
  }
}

/** How many cases failed. */
async function testAll(names: readonly string[], { rulesDir, json }: From, language: Language): Promise<number> {
  const all = await readRules(rulesDir)
  const known = all.map(({ rule }) => rule)
  const chosen = named(all, names)
  let [passed, failed] = [0, 0]
  for (const { rule, cases } of chosen)
    for (const given of cases) {
      const problems = await runCase(rule, given, known)
      if (problems.length === 0) passed++
      else failed++
      const facts: Facts = { rule: rule.code, name: given.name, why: problems.map((p) => `      ${p}`).join('\n') }
      if (json === true) print(JSON.stringify({ rule: rule.code, name: given.name, passed: problems.length === 0, problems }))
      else print(say(problems.length === 0 ? 'rules.passed' : 'rules.failed', language, facts))
    }
  note(say('rules.tested', language, { rules: chosen.length, passed, failed }))
  return failed
}

/** Each rule beside a run without any, then all beside five. */
async function benchAll(names: readonly string[], { copies, pairs }: { copies: number; pairs: number }, language: Language): Promise<void> {
  const { rules, lines, types } = await mixedLog(copies)
  note(say('rules.benchLog', language, { events: lines.length, types }))
  const none = await costOfNone(lines, pairs)
  for (const rule of selectRules(rules, names, [])) {
    const { micros, bytes } = await costOf([rule], lines)
    const facts = { rule: rule.code, micros: (micros - none.micros).toFixed(2), kib: Math.max(0, Math.round((bytes - none.bytes) / 1024)) }
    print(say('rules.benchLine', language, facts))
  }
  const { five, all, kept } = await besideFive(rules, selectRules(rules, FIVE, []), lines, pairs)
  const [low = '', half = '', high = ''] = kept.map((part) => `${(part * 100).toFixed(0)} %`)
  const facts = { none: none.micros.toFixed(1), five: five.toFixed(1), all: all.toFixed(1), rules: rules.length }
  print(say('rules.benchAll', language, { ...facts, low, half, high }))
}

/** Rules as they are written in a folder: all, or those named by code or id. Throws LT-1002, LT-3001. */
async function choose(directory: string, names: readonly string[]): Promise<WrittenRule[]> {
  return named(await readRules(directory), names)
}

function named(all: readonly WrittenRule[], names: readonly string[]): WrittenRule[] {
  const codes = selectRules(
    all.map(({ rule }) => rule),
    names,
    [],
  ).map((rule) => rule.code)
  return codes.map((code) => all.find(({ rule }) => rule.code === code) as WrittenRule)
}

function findingText({ rule, lint, file, line, facts }: Finding, language: Language): string {
  const key: MessageKey = `lint.${lint}`
  return say('rules.finding', language, { file, line, rule, lint, what: say(key, language, facts) })
}

function text(rule: Rule, language: Language): string[] {
  return [
    `${rule.code} ${rule.title[language]}  (${rule.id} ${rule.version})`,
    ...rule.law.map((l) => `  ${l.act} ${l.article} · ${l.inForce}${l.verified ? '' : ` · ${say('rules.unverified', language)}`}`),
    ...Object.entries(rule.parameters).map(
      ([name, p]) => `  ${rule.code}.${name} = ${p.value}${p.type === 'count' ? ` ${p.unit}` : ''}${bounded(boundsOf(p))}`,
    ),
    ...(rule.overrides ?? []).map((o) => `  ${overrideLine(rule, o, language)}`),
    `  ${rule.advice[language]}`,
    ...rule.gaps.map((gap) => `  ${say('rules.gap', language, { gap: gap[language] })}`),
  ]
}

function overrideLine(rule: Rule, { name, institution, value, from, to, reason, approvedBy, source }: Override, language: Language): string {
  const always = say('why.always', language)
  const who = institution === EVERYONE ? say('why.everyone', language) : institution
  const facts = { name: `${rule.code}.${name}`, value, unit: '', bounds: '', institution: who, from: from ?? always, to: to ?? always }
  return say('why.parameter.override', language, { ...facts, reason, approvedBy, source })
}

function bounded(bounds: readonly (string | number)[]): string {
  return bounds.length === 0 ? '' : `  [${bounds.join(', ')}]`
}

function print(line: string): void {
  process.stdout.write(`${line}\n`)
}

function note(line: string): void {
  process.stderr.write(`${line}\n`)
}
