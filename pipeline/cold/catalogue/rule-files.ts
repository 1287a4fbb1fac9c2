/**
 * Rules as their authors write them: `<dir>/<area>/<rule>/{rule,cases}.ts`, read as they lie there, so that a rule can be looked at and tried before anything is
 * built. A change of the file is a new module: what was read before stays as it was.
 */
import { readdir, readFile } from 'node:fs/promises'
import { existsSync } from 'node:fs'
import { basename, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { build, type BuildFailure, type Plugin } from 'esbuild'
import * as contract from '../../contract/index.ts'
import { compareText } from '../../contract/text.ts'
import { type Case, LookthroughError, type Rule } from '../../contract/index.ts'

/** Where the rules of this checkout are written: beside the sources, wherever this code runs from. */
export const RULE_SOURCES =
  ['../../../../rules/', '../../../rules/'].map((path) => fileURLToPath(new URL(path, import.meta.url))).find((path) => existsSync(path)) ?? 'rules'

export type RuleFolder = { id: string; directory: string }

/** Every folder below `directory` that holds a rule, in order of their ids. */
export async function ruleFolders(directory = RULE_SOURCES): Promise<RuleFolder[]> {
  const areas = await foldersIn(directory)
  const found = await Promise.all(
    areas.map(async (area) => (await foldersIn(join(directory, area))).map((rule) => ({ id: `${area}/${rule}`, directory: join(directory, area, rule) }))),
  )
  return found.flat().filter((folder) => existsSync(join(folder.directory, 'rule.ts')))
}

export type WrittenRule = { folder: RuleFolder; rule: Rule; cases: Case[] }

/** All rules below `directory` with their cases, in order of their codes. Throws LT-3001. */
export async function readRules(directory = RULE_SOURCES): Promise<WrittenRule[]> {
  const folders = await ruleFolders(directory)
  const written = await Promise.all(folders.map(async (folder) => ({ folder, rule: await readRule(folder), cases: await readCases(folder) })))
  return written.sort((a, b) => compareText(a.rule.code, b.rule.code))
}

/** The rule of a folder. Throws LT-3001 with the line that is wrong. */
export async function readRule(folder: RuleFolder): Promise<Rule> {
  const rule = await moduleOf<Rule>(join(folder.directory, 'rule.ts'))
  if (rule.id === folder.id) return rule
  return refuse(join(folder.directory, 'rule.ts'), 'id:', `id is ${rule.id}, the folder ${folder.id}`)
}

/** Its cases. Throws LT-3001. */
export async function readCases(folder: RuleFolder): Promise<Case[]> {
  return moduleOf<Case[]>(join(folder.directory, 'cases.ts'))
}

/** The first line, from 1 on, that holds a text; 1 where none does. */
export function lineOf(source: string, text: string): number {
  const at = source.indexOf(text)
  return at < 0 ? 1 : source.slice(0, at).split('\n').length
}

const SHARED = Symbol.for('lookthrough.contract')

/** `#contract` is this process's own. */
const ownContract: Plugin = {
  name: 'contract',
  setup({ onResolve, onLoad }) {
    onResolve({ filter: /^#contract$/ }, () => ({ path: 'contract', namespace: 'own' }))
    onLoad({ filter: /./, namespace: 'own' }, () => ({
      contents: `export const { ${Object.keys(contract).join(', ')} } = globalThis[Symbol.for('lookthrough.contract')]`,
    }))
  },
}

async function moduleOf<T>(file: string): Promise<T> {
  Object.assign(globalThis, { [SHARED]: contract })
  const code = await bundled(file)
  try {
    return ((await import(`data:text/javascript;base64,${Buffer.from(code).toString('base64')}`)) as { default: T }).default
  } catch (error) {
    const why = error instanceof Error ? error.message : String(error)
    return refuse(file, namedIn(why), why)
  }
}

async function bundled(file: string): Promise<string> {
  try {
    const { outputFiles } = await build({
      entryPoints: [file],
      bundle: true,
      write: false,
      format: 'esm',
      platform: 'node',
      target: 'node20',
      logLevel: 'silent',
      plugins: [ownContract],
    })
    return outputFiles[0]?.text ?? ''
  } catch (error) {
    const [first] = (error as BuildFailure).errors
    throw new LookthroughError('LT-3001', { file, line: first?.location?.line ?? 1, why: first?.text ?? String(error) })
  }
}

/** What a sentence of `defineRule` is about, as it is written in the file: `/window/size must …`, `parameter senders: …`. */
function namedIn(why: string): string {
  const path = / \/([\w/]+) /
    .exec(why)?.[1]
    ?.split('/')
    .findLast((part) => !/^\d+$/.test(part))
  const parameter = /parameter (\w+):/.exec(why)?.[1]
  return `${parameter ?? path ?? 'defineRule'}${parameter === undefined && path === undefined ? '' : ':'}`
}

async function refuse(file: string, text: string, why: string): Promise<never> {
  throw new LookthroughError('LT-3001', { file, line: lineOf(await readFile(file, 'utf8'), text), why })
}

async function foldersIn(directory: string): Promise<string[]> {
  const entries = await readdir(directory, { withFileTypes: true }).catch((error: unknown) => {
    throw new LookthroughError('LT-1001', { file: directory, why: error instanceof Error ? error.message : basename(directory) })
  })
  return entries.flatMap((e) => (e.isDirectory() ? [e.name] : [])).sort()
}
