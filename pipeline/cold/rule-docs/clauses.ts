/** The index of provisions: which rule stands for which, and which have none yet (`rules/clauses.json`). */
import { readFile } from 'node:fs/promises'
import { existsSync } from 'node:fs'
import type { Rule, Words } from '../../contract/rule.ts'

/** `inForce`: since when, as its rules say; those without a rule have no date yet. */
export type Clause = { act: string; article: string; inForce?: string; rules: string[]; verified: boolean; catalogue?: string; about?: Words }
type Open = { act: string; article: string; catalogue: string; about: Words }

/** By act, then as rules and the list name their articles. A provision that has a rule by now is no longer open. */
export async function clausesOf(rules: readonly Rule[], file: string): Promise<Clause[]> {
  const clauses = new Map<string, Clause>()
  for (const rule of rules)
    for (const { act, article, inForce, verified } of rule.law) {
      const known = clauses.get(`${act}|${article}`)
      if (known === undefined) clauses.set(`${act}|${article}`, { act, article, inForce, rules: [rule.code], verified })
      else known.rules.push(rule.code)
    }
  const open = existsSync(file) ? (JSON.parse(await readFile(file, 'utf8')) as Open[]) : []
  const codes = new Set(rules.map((r) => r.code))
  const without = open.filter(({ catalogue }) => !codes.has(catalogue)).map((c): Clause => ({ ...c, rules: [], verified: false }))
  return [...clauses.values(), ...without].sort((a, b) => a.act.localeCompare(b.act, 'zh') || (a.rules[0] ?? '~').localeCompare(b.rules[0] ?? '~'))
}
