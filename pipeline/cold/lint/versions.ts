/**
 * A rule's record does not change under its version. `rules/versions.json` holds the hash of every version there was; a record that is not what its version had
 * is a threshold changed in silence.
 */
import { readFile, writeFile } from 'node:fs/promises'
import { type Rule, ruleHash } from '../../contract/rule.ts'
import type { Linted, Remark } from './lint.ts'

/** Code → version → hash. */
export type Recorded = Readonly<Record<string, Readonly<Record<string, string>>>>

export function versionLints({ rule, recorded }: Linted): Remark[] {
  const hash = recorded[rule.code]?.[rule.version]
  return hash === undefined || hash === ruleHash(rule) ? [] : [{ lint: 'version', at: 'version:', facts: { version: rule.version } }]
}

/** What is recorded in a file; nothing where there is none. */
export async function readRecorded(file: string): Promise<Recorded> {
  const text = await readFile(file, 'utf8').catch(() => '{}')
  return JSON.parse(text) as Recorded
}

/** Records versions that are new; those there are stay as they were. */
export async function record(file: string, rules: readonly Rule[]): Promise<void> {
  const recorded = await readRecorded(file)
  const all: Record<string, Record<string, string>> = Object.fromEntries(Object.entries(recorded).map(([code, versions]) => [code, { ...versions }]))
  for (const rule of rules) {
    const versions = (all[rule.code] ??= {})
    versions[rule.version] ??= ruleHash(rule)
  }
  const sorted = Object.fromEntries(Object.entries(all).sort(([a], [b]) => (a < b ? -1 : 1)))
  await writeFile(file, `${JSON.stringify(sorted, null, 2)}\n`)
}
