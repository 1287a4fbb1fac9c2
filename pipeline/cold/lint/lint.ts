/** What is wrong with a rule that still runs: each finding with the line it is on and what to do (docs/rules.md lists them). */
import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import type { Case, Rule } from '../../contract/index.ts'
import type { Database } from '../../store/database.ts'
import type { Facts } from '../../contract/errors.ts'
import { lineOf, type RuleFolder, type WrittenRule } from '../catalogue/rule-files.ts'
import { casesLints } from './cases.ts'
import { expressionLints } from './expressions.ts'
import { identityLints } from './identity.ts'
import { lawLints } from './law.ts'
import { stateLints } from './state.ts'
import { unitLints } from './units.ts'
import { type Recorded, versionLints } from './versions.ts'
import { wordLints } from './words.ts'

/** Names of lints; each has its sentence in the catalogue of messages. */
export type LintName =
  | 'clause'
  | 'law-text'
  | 'gaps'
  | 'firing-case'
  | 'quiet-case'
  | 'boundary-case'
  | 'undated-case'
  | 'untranslated'
  | 'placeholder'
  | 'placeholders-differ'
  | 'unit-in-words'
  | 'expression'
  | 'not-a-condition'
  | 'unknown-parameter'
  | 'unused-parameter'
  | 'float'
  | 'overflow'
  | 'unit'
  | 'percent'
  | 'unbounded'
  | 'dedupe'
  | 'version'

/** What a lint has to say: `at` is a text of the file that the line is looked for by. */
export type Remark = { lint: LintName; file?: 'rule.ts' | 'cases.ts' | 'law.md'; at?: string; facts?: Facts }
export type Finding = { rule: string; lint: LintName; file: string; line: number; facts: Facts }

/** All that a lint may look at. */
export type Linted = { rule: Rule; cases: readonly Case[]; law: string; db: Database; recorded: Recorded }

type Lint = (linted: Linted) => Remark[] | Promise<Remark[]>
const LINTS: readonly Lint[] = [lawLints, casesLints, wordLints, expressionLints, unitLints, stateLints, identityLints, versionLints]

/** Findings of one rule, in the order of lints. */
export async function lintRule({ folder, rule, cases }: WrittenRule, { db, recorded }: Pick<Linted, 'db' | 'recorded'>): Promise<Finding[]> {
  const texts = await textsOf(folder)
  const linted: Linted = { rule, cases, law: texts['law.md'], db, recorded }
  const remarks = (await Promise.all(LINTS.map(async (lint) => lint(linted)))).flat()
  return remarks.map(({ lint, file = 'rule.ts', at, facts = {} }) => ({
    rule: rule.code,
    lint,
    file: join(folder.directory, file),
    line: at === undefined ? 1 : lineOf(texts[file], at),
    facts,
  }))
}

async function textsOf({ directory }: RuleFolder): Promise<Record<NonNullable<Remark['file']>, string>> {
  const [rule, cases, law] = await Promise.all(['rule.ts', 'cases.ts', 'law.md'].map((file) => readFile(join(directory, file), 'utf8').catch(() => '')))
  return { 'rule.ts': rule ?? '', 'cases.ts': cases ?? '', 'law.md': law ?? '' }
}
