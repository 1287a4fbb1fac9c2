/** The catalogue as files: `index.html`, `rules/<CODE>.html`, and `rules.json` for machines. */
import { mkdir, readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { ruleHash } from '../../contract/index.ts'
import { readRules } from '../catalogue/rule-files.ts'
import { clausesOf } from './clauses.ts'
import { indexPage } from './index-page.ts'
import { lineageOf } from './lineage.ts'
import { rulePage } from './rule-page.ts'

/** Writes the site of the rules of a folder; returns how many there are. Throws LT-3001. */
export async function writeSite(rulesDirectory: string, out: string): Promise<number> {
  const all = await readRules(rulesDirectory)
  const rules = all.map(({ rule }) => rule)
  await mkdir(join(out, 'rules'), { recursive: true })
  for (const { folder, rule, cases } of all) {
    const law = await readFile(join(folder.directory, 'law.md'), 'utf8').catch(() => '')
    await writeFile(join(out, 'rules', `${rule.code}.html`), rulePage(rule, { law, cases }))
  }
  await writeFile(join(out, 'index.html'), indexPage(rules, await clausesOf(rules, join(rulesDirectory, 'clauses.json'))))
  await writeFile(
    join(out, 'rules.json'),
    `${JSON.stringify(rules.map((rule) => ({ ...rule, hash: ruleHash(rule), lineage: Object.fromEntries(lineageOf(rule)) })))}\n`,
  )
  return rules.length
}
