import { mkdtempSync, readFileSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, describe, expect, test } from 'vitest'
import { Database } from '../../store/database.ts'
import { readCases, readRule, readRules, RULE_SOURCES, type RuleFolder, ruleFolders, type WrittenRule } from '../catalogue/rule-files.ts'
import { runCase } from '../catalogue/run-case.ts'
import { scaffold } from '../catalogue/scaffold.ts'
import { lintRule } from './lint.ts'
import { readRecorded, record } from './versions.ts'

const db = await Database.open(':memory:')
afterAll(() => db.close())

/** A new rule from the pattern, with texts of its files put in place of others. */
async function changed(file: string, changes: Record<string, string>) {
  const directory = mkdtempSync(join(tmpdir(), 'lookthrough-lint-'))
  const { directory: folder } = await scaffold('credit/my-rule', { directory })
  const [found] = await ruleFolders(directory)
  const path = join(folder, file)
  for (const [from, to] of Object.entries(changes)) {
    const text = readFileSync(path, 'utf8')
    if (!text.includes(from)) throw new Error(`${file} has no ${from}`)
    writeFileSync(path, text.replace(from, to))
  }
  return found as NonNullable<typeof found>
}

/** What a folder says at present. */
async function written(folder: RuleFolder): Promise<WrittenRule> {
  return { folder, rule: await readRule(folder), cases: await readCases(folder) }
}

async function lintsOf(file: string, changes: Record<string, string>) {
  return lintRule(await written(await changed(file, changes)), { db, recorded: {} })
}

describe('every lint speaks', () => {
  const SPEAKS: [lint: string, file: string, changes: Record<string, string>][] = [
    ['clause', 'rule.ts', { '（条款）': ' ' }],
    ['law-text', 'law.md', { 施行日期: '日期' }],
    ['law-text', 'rule.ts', { "inForce: '2026-01-01'": "inForce: '2025-12-31'" }],
    ['law-text', 'law.md', { 条文要点: '要点' }],
    ['gaps', 'rule.ts', { "gaps: [{ zh: '代发工资等正常付款未排除。', en: 'Payrolls and the like are not left out.' }]": 'gaps: []' }],
    ['firing-case', 'cases.ts', { "kind: 'firing'": "kind: 'quiet'" }],
    ['quiet-case', 'cases.ts', { "kind: 'quiet'": "kind: 'boundary'" }],
    ['boundary-case', 'cases.ts', { "kind: 'boundary'": "kind: 'quiet'" }],
    ['undated-case', 'cases.ts', { 'on 2026-03-02 four': 'four' }],
    ['untranslated', 'rule.ts', { "en: 'Many payees in a day'": "en: ''" }],
    ['untranslated', 'rule.ts', { "en: 'Check who pays and why.'": "en: ''" }],
    ['untranslated', 'rule.ts', { "zh: '核查付款人身份与业务背景。'": "zh: 'Check who pays.'" }],
    ['placeholder', 'rule.ts', { '{payees} 个账户': '{receivers} 个账户' }],
    ['placeholders-differ', 'rule.ts', { '，共 {total:money} 元': '' }],
    ['unit-in-words', 'rule.ts', { '{total:money} 元': '{total:money} 万元' }],
    ['unit-in-words', 'rule.ts', { '{total:money} 元': '{total:percent} %' }],
    ['unit-in-words', 'rule.ts', { 'paid {payees} accounts': 'paid {payees:money} accounts' }],
    ['expression', 'rule.ts', { "when: 'payees >= :payees'": "when: 'payers >= :payees'" }],
    ['expression', 'rule.ts', { "sum('amount')": "sum('ammount')" }],
    ['expression', 'rule.ts', { "when: 'payees >= :payees'": "when: 'payees >= :payees AND random() > 0.5'" }],
    ['not-a-condition', 'rule.ts', { "when: 'payees >= :payees'": "when: 'payees + :payees'" }],
    ['unknown-parameter', 'rule.ts', { "when: 'payees >= :payees'": "when: 'payees >= :payers'" }],
    ['unused-parameter', 'rule.ts', { 'count(5),': 'count(5), most: count(9),' }],
    ['float', 'rule.ts', { "when: 'payees >= :payees'": "when: 'total::DOUBLE > 1 AND payees >= :payees'" }],
    ['overflow', 'rule.ts', { "when: 'payees >= :payees'": "when: 'payees >= :payees AND total * total > 1'" }],
    ['overflow', 'rule.ts', { 'window: { size': "where: 'amount * 0.8 > 100',\n  window: { size" }],
    ['unit', 'rule.ts', { "when: 'payees >= :payees'": "when: 'total >= :payees'" }],
    [
      'percent',
      'rule.ts',
      {
        '{ count,': '{ count, ratio,',
        'count(5),': "count(5), part: ratio('0.05'),",
        "when: 'payees >= :payees'": "when: 'payees >= :payees AND payees >= :part * 100'",
      },
    ],
    ['unbounded', 'rule.ts', { "{ size: 'size', every: 'size',": "{ kind: 'session', gap: 'size'," }],
    ['unbounded', 'rule.ts', { "every: 'size'": "every: 'step'", "size: duration('24h')": "size: duration('30d'), step: duration('1s')" }],
    ['dedupe', 'rule.ts', { "subject: { kind: 'account', id: 'debtorAccount' }": "subject: { kind: 'party', id: 'debtorId' }" }],
  ]
  test.each(SPEAKS)('%s, of a change in %s: %o', async (lint, file, changes) => {
    const found = await lintsOf(file, changes)
    expect(found.map((f) => f.lint)).toContain(lint)
  })

  test('version, where a threshold changed under it, and not once it has its own', async () => {
    const folder = await changed('rule.ts', {})
    const file = join(folder.directory, '../../versions.json')
    await record(file, [await readRule(folder)])
    const path = join(folder.directory, 'rule.ts')
    writeFileSync(path, readFileSync(path, 'utf8').replace('count(5)', 'count(6)'))
    const recorded = await readRecorded(file)
    const found = await lintRule(await written(folder), { db, recorded })
    expect(found.map((f) => f.lint)).toEqual(['version'])
    writeFileSync(path, readFileSync(path, 'utf8').replace('0.1.0', '0.2.0'))
    expect(await lintRule(await written(folder), { db, recorded })).toEqual([])
  })

  test('it names the line', async () => {
    const [found] = await lintsOf('rule.ts', { "when: 'payees >= :payees'": "when: 'payers >= :payees'" })
    const line = readFileSync(found?.file ?? '', 'utf8').split('\n')[(found?.line ?? 0) - 1]
    expect(line).toContain("when: 'payers")
  })
})

test('a new rule has nothing wrong with it, and its cases pass', async () => {
  const folder = await changed('rule.ts', {})
  expect(await lintRule(await written(folder), { db, recorded: {} })).toEqual([])
  const rule = await readRule(folder)
  expect(rule.code).toBe('CR-01')
  for (const given of await readCases(folder)) expect(await runCase(rule, given)).toEqual([])
})

test('a rule that cannot be read is refused with its line', async () => {
  const broken = await changed('rule.ts', { 'defineRule({': 'defineRule({ {' })
  await expect(readRule(broken)).rejects.toMatchObject({ code: 'LT-3001', facts: { line: 4 } })
  const outside = await changed('rule.ts', { 'count(5)': 'count(5, 6)' })
  const percent = await changed('rule.ts', { '{ count,': '{ count, ratio,', 'count(5),': "count(5), part: ratio('10')," })
  await expect(readRule(percent)).rejects.toMatchObject({ code: 'LT-3001', facts: { why: expect.stringContaining('10 is not a ratio from 0 to 1') } })
  await expect(readRule(outside)).rejects.toMatchObject({ code: 'LT-3001', facts: { line: 12 } })
})

test('the rules of this catalogue have nothing wrong with them, and are recorded', async () => {
  const recorded = await readRecorded(join(RULE_SOURCES, 'versions.json'))
  const found = []
  for (const of of await readRules()) {
    const { rule } = of
    if (recorded[rule.code]?.[rule.version] === undefined) found.push(`${rule.code} ${rule.version} is not recorded: lookthrough rules lint --record`)
    found.push(...(await lintRule(of, { db, recorded })))
  }
  expect(found).toEqual([])
})
