/** The rules, found by walking: `<dir>/<area>/<rule>/rule.{ts,js}`; the id is the path. */
import { readdir } from 'node:fs/promises'
import { join } from 'node:path'
import { fileURLToPath, pathToFileURL } from 'node:url'
import { LookthroughError, type Rule, withParameters } from '../../contract/index.ts'

/** The rules of this checkout: compiled ones beside compiled code, sources beside sources. */
export const RULES_DIRECTORY = fileURLToPath(new URL('../../../rules/', import.meta.url))
const EXTENSION = import.meta.url.endsWith('.ts') ? 'ts' : 'js'

/** All rules in order of their code. Throws a plain Error when a folder and its rule disagree: rules are our own files. */
export async function loadRules(directory = RULES_DIRECTORY): Promise<Rule[]> {
  const rules: Rule[] = []
  for (const area of await folders(directory)) {
    for (const folder of await folders(join(directory, area))) {
      const module = (await import(pathToFileURL(join(directory, area, folder, `rule.${EXTENSION}`)).href)) as { default: Rule }
      if (module.default.id !== `${area}/${folder}`)
        throw new Error(`rule ${module.default.code} calls itself ${module.default.id} and lies in ${area}/${folder}`)
      rules.push(module.default)
    }
  }
  return rules.sort((a, b) => (a.code < b.code ? -1 : 1))
}

/** The rules named by code or id (all when none is named), with `CODE.name=value` parameters put in. Throws LT-1002, LT-1003. */
export function selectRules(rules: readonly Rule[], named: readonly string[], parameters: readonly string[]): Rule[] {
  const chosen = named.length === 0 ? [...rules] : named.map((text) => find(rules, text))
  const values = new Map<string, Record<string, string>>()
  for (const parameter of parameters) {
    const m = /^([^.=]+)\.(\w+)=(.*)$/.exec(parameter)
    if (m === null) throw new LookthroughError('LT-1003', { parameter, why: 'CODE.name=value' })
    const { code } = find(rules, m[1] ?? '')
    values.set(code, { ...values.get(code), [m[2] ?? '']: m[3] ?? '' })
  }
  return chosen.map((rule) => {
    const changed = withParameters(rule, values.get(rule.code) ?? {})
    if (typeof changed === 'string') throw new LookthroughError('LT-1003', { parameter: rule.code, why: changed })
    return changed
  })
}

function find(rules: readonly Rule[], text: string): Rule {
  const rule = rules.find((r) => r.code === text || r.id === text)
  if (rule === undefined) throw new LookthroughError('LT-1002', { rule: text, known: rules.map((r) => r.code).join(', ') })
  return rule
}

async function folders(directory: string): Promise<string[]> {
  return (await readdir(directory, { withFileTypes: true }))
    .filter((e) => e.isDirectory())
    .map((e) => e.name)
    .sort()
}
