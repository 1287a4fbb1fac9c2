/** Keeps the layout of the repository true: who may import whom, how long a file may be, what may not stand in the code. */
import { readdirSync, readFileSync, statSync } from 'node:fs'
import { dirname, join, relative, resolve } from 'node:path'
import { fileURLToPath } from 'node:url'
import { expect, test } from 'vitest'

const root = dirname(dirname(fileURLToPath(import.meta.url)))
const SKIPPED = new Set(['node_modules', 'dist', '.git', '.lookthrough'])
const files = walk(root).map((path) => relative(root, path))
const code = files.filter((f) => /\.(ts|tsx|mjs|cjs)$/.test(f) && !f.endsWith('.d.ts'))
const text = (file: string) => readFileSync(join(root, file), 'utf8')

/** A folder, and the folders of ours its files may import. A stage of the hot path never imports another stage. */
const MAY_IMPORT: [folder: string, allowed: string[]][] = [
  ['pipeline/contract/', ['pipeline/contract/']],
  ['pipeline/store/', ['pipeline/store/', 'pipeline/contract/']],
  ['pipeline/through/', ['pipeline/through/', 'pipeline/contract/']],
  ...['accept', 'batch', 'check', 'decide', 'emit'].map((stage): [string, string[]] => [
    `pipeline/hot/${stage}/`,
    [`pipeline/hot/${stage}/`, 'pipeline/contract/', 'pipeline/store/', 'pipeline/through/'],
  ]),
  ['pipeline/kafka/', ['pipeline/kafka/', 'pipeline/contract/']],
  // What is accepted at the door is judged as the engine does, by its own code.
  ['pipeline/desk/gateway/', ['pipeline/desk/', 'pipeline/contract/', 'pipeline/messages/', 'pipeline/hot/accept/']],
  ['pipeline/desk/store/', ['pipeline/desk/', 'pipeline/contract/', 'pipeline/store/']],
  ['pipeline/desk/', ['pipeline/desk/', 'pipeline/contract/', 'pipeline/messages/']],
  // What runs at a bank knows the contract, and how to say things.
  ['pipeline/client/', ['pipeline/client/', 'pipeline/contract/', 'pipeline/messages/']],
  ['rules/', []],
  ['test/reference/', ['test/reference/', 'pipeline/contract/']],
]

test('each folder imports only what its place in the flow allows', () => {
  const wrong = code
    .filter((file) => !file.endsWith('.test.ts'))
    .flatMap((file) => {
      const [folder, allowed] = MAY_IMPORT.find(([prefix]) => file.startsWith(prefix)) ?? [undefined, []]
      if (folder === undefined) return []
      return importsOf(file)
        .filter((target) => !allowed.some((a) => target.startsWith(a)))
        .map((target) => `${file} imports ${target}`)
    })
  expect(wrong).toEqual([])
})

test('a rule imports nothing but the contract', () => {
  const wrong = code
    .filter((f) => f.startsWith('rules/'))
    .flatMap((f) =>
      specifiers(f)
        .filter((s) => s !== '#contract')
        .map((s) => `${f} imports ${s}`),
    )
  expect(wrong).toEqual([])
})

test('no file is longer than 400 lines', () => {
  expect(code.filter((f) => text(f).split('\n').length > 401)).toEqual([])
})

test('no function is longer than 70 lines', () => {
  expect(code.filter((f) => /\.tsx?$/.test(f) && !f.endsWith('.test.ts')).flatMap(longFunctions)).toEqual([])
})

test('nothing is silenced, skipped or left open', () => {
  const banned = [
    /@ts-(ignore|expect-error|nocheck)/,
    /\b(test|it|describe)\.(skip|todo|only)\(/,
    /\bas any\b|: any\b|<any>/,
    /\b(TODO|FIXME|XXX)\b/,
    /oxlint-disable|eslint-disable|biome-ignore/,
  ]
  const found = code.filter((f) => f !== 'pipeline/tidy.test.ts').flatMap((f) => banned.filter((b) => b.test(text(f))).map((b) => `${f}: ${b}`))
  expect(found).toEqual([])
})

test('no generated file, binary or data dump is in the tree', () => {
  const large = files.filter((f) => f !== 'package-lock.json' && statSync(join(root, f)).size > 200_000)
  expect(large).toEqual([])
  expect(text('package-lock.json')).not.toMatch(/"resolved": "https?:/)
})

function importsOf(file: string): string[] {
  return specifiers(file)
    .filter((s) => s.startsWith('.'))
    .map((s) => relative(root, resolve(root, dirname(file), s)))
}

function specifiers(file: string): string[] {
  return [
    ...text(file).matchAll(/(?:^|\n)\s*(?:import|export)[^'"\n]*?(?:\{[^}]*\}[^'"\n]*?)?from\s+'([^']+)'|(?:^|\n)import '([^']+)'|import\('([^']+)'\)/g),
  ].map((m) => m[1] ?? m[2] ?? m[3] ?? '')
}

/** Top-level functions and methods, by indentation as the formatter leaves it. */
function longFunctions(file: string): string[] {
  const lines = text(file).split('\n')
  const long: string[] = []
  lines.forEach((line, i) => {
    const m = /^( {0,2})(?:export )?(?:default )?(?:async )?(?:function\*? (\w+)|(?:static |override )*(?:async )?\*?(#?\w+)\(.*\{$)/.exec(line)
    if (m === null || /^\s*(if|for|while|switch|return|else)\b/.test(line)) return
    const end = lines.findIndex((l, k) => k > i && l.startsWith(`${m[1]}}`))
    if (end - i > 70) long.push(`${file}:${i + 1} ${m[2] ?? m[3]} has ${end - i} lines`)
  })
  return long
}

function walk(folder: string): string[] {
  return readdirSync(folder, { withFileTypes: true }).flatMap((entry) => {
    if (SKIPPED.has(entry.name)) return []
    const path = join(folder, entry.name)
    return entry.isDirectory() ? walk(path) : [path]
  })
}
