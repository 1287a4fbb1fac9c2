/** The catalogue as files: `index.html`, `rules/<CODE>.html`, and `rules.json` for machines. */
import { mkdir, readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { type Case, type Rule, ruleHash } from '../../contract/index.ts'
import { readCases, readRule, type RuleFolder, ruleFolders } from '../catalogue/rule-files.ts'
import { clausesOf } from './clauses.ts'
import { indexPage } from './index-page.ts'
import { lineageOf } from './lineage.ts'
import { rulePage } from './rule-page.ts'

type Read = { rule: Rule; cases: readonly Case[]; law: string }

/** Writes the site of the rules of a folder; returns how many there are. Throws LT-3001. */
export async function writeSite(rulesDirectory: string, out: string): Promise<number> {
  const all = await Promise.all((await ruleFolders(rulesDirectory)).map(read))
  all.sort((a, b) => (a.rule.code < b.rule.code ? -1 : 1))
  const rules = all.map(({ rule }) => rule)
  await mkdir(join(out, 'rules'), { recursive: true })
  for (const { rule, ...of } of all) await writeFile(join(out, 'rules', `${rule.code}.html`), rulePage(rule, of))
  await writeFile(join(out, 'index.html'), indexPage(rules, await clausesOf(rules, join(rulesDirectory, 'clauses.json'))))
  await writeFile(
    join(out, 'rules.json'),
    `${JSON.stringify(rules.map((rule) => ({ ...rule, hash: ruleHash(rule), lineage: Object.fromEntries(lineageOf(rule)) })))}\n`,
  )
  return rules.length
}

async function read(folder: RuleFolder): Promise<Read> {
  const [rule, cases, law] = await Promise.all([readRule(folder), readCases(folder), readFile(join(folder.directory, 'law.md'), 'utf8').catch(() => '')])
  return { rule, cases, law }
}
