import { mkdtempSync, readFileSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { RULE_SOURCES } from '../catalogue/rule-files.ts'
import { scaffold } from '../catalogue/scaffold.ts'
import { loadRules } from '../catalogue/catalogue.ts'
import { clausesOf } from './clauses.ts'
import { lineageOf } from './lineage.ts'
import { writeSite } from './site.ts'

test('the catalogue as pages: each rule with its law, numbers, gaps and cases in both languages, nothing fetched from elsewhere', async () => {
  const out = mkdtempSync(join(tmpdir(), 'lookthrough-docs-'))
  const rules = await loadRules()
  expect(await writeSite(RULE_SOURCES, out)).toBe(rules.length)
  const index = readFileSync(join(out, 'index.html'), 'utf8')
  for (const rule of rules) {
    const page = readFileSync(join(out, 'rules', `${rule.code}.html`), 'utf8')
    expect(index).toContain(`rules/${rule.code}.html`)
    for (const { act, inForce } of rule.law) for (const text of [act, inForce]) for (const on of [page, index]) expect(on).toContain(text)
    expect(page).not.toMatch(/<(td|span class="badge")>(firing|quiet|boundary|ratio|duration|days)</)
    for (const name of Object.keys(rule.parameters)) expect(page).toContain(`${rule.code}.${name}`)
    for (const words of [rule.title, rule.advice, ...rule.gaps])
      for (const text of [words.zh, words.en]) expect(page).toContain(text.replaceAll('<', '&lt;').replaceAll('>', '&gt;'))
    expect(page).not.toMatch(/src=|<script|https?:\/\/(?!www\.w3\.org)/)
  }
})

test('what an author writes is text on the page, never markup', async () => {
  const directory = mkdtempSync(join(tmpdir(), 'lookthrough-docs-'))
  const { directory: folder } = await scaffold('credit/my-rule', { directory })
  const file = join(folder, 'rule.ts')
  writeFileSync(file, readFileSync(file, 'utf8').replace("zh: '一日内多个收款人'", "zh: '<b>一日</b>'"))
  writeFileSync(join(folder, 'law.md'), '# 名\n\n<script>alert(1)</script>\n')
  await writeSite(directory, join(directory, 'out'))
  const page = readFileSync(join(directory, 'out/rules/CR-01.html'), 'utf8')
  for (const shown of ['&lt;b&gt;一日&lt;/b&gt;', '&lt;script&gt;']) expect(page).toContain(shown)
  expect(page).not.toMatch(/<b>一日|<script/)
})

test('the index of provisions names those without a rule, until one has its code', async () => {
  const rules = await loadRules()
  const file = join(RULE_SOURCES, 'clauses.json')
  const without = (await clausesOf(rules, file)).filter((c) => c.rules.length === 0)
  expect(without.length).toBeGreaterThan(0)
  const [first] = without
  const [rule] = rules
  if (rule === undefined || first?.catalogue === undefined) throw new Error('nothing to look at')
  const more = await clausesOf([...rules, { ...rule, code: first.catalogue }], file)
  expect(more.filter((c) => c.rules.length === 0).map((c) => c.catalogue)).not.toContain(first.catalogue)
})

test('every rule that reads data names its fields, all of which exist', async () => {
  for (const rule of await loadRules()) {
    const lineage = [...lineageOf(rule)]
    if (rule.kind !== 'due' && rule.kind !== 'alerts') expect(lineage.length, rule.code).toBeGreaterThan(0)
    for (const [topic, fields] of lineage) expect(fields.length, `${rule.code} ${topic}`).toBeGreaterThan(0)
  }
})
