import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { describe, expect, test } from 'vitest'
import type { Case } from '../../contract/index.ts'
import { loadRules, RULES_DIRECTORY } from './catalogue.ts'
import { runCase } from './run-case.ts'

for (const rule of await loadRules()) {
  const folder = join(RULES_DIRECTORY, rule.id)
  const { default: cases } = (await import(pathToFileURL(join(folder, 'cases.ts')).href)) as { default: Case[] }
  describe(`${rule.code} ${rule.id}`, () => {
    for (const given of cases) {
      test(given.name, async () => {
        expect(await runCase(rule, given)).toEqual([])
      })
    }

    test('has a firing, a quiet and a boundary case, its law in Chinese and its known gaps', () => {
      expect(new Set(cases.map((c) => c.kind))).toEqual(new Set(['firing', 'quiet', 'boundary']))
      expect(existsSync(join(folder, 'law.md'))).toBe(true)
      expect(readFileSync(join(folder, 'law.md'), 'utf8')).toMatch(/发布机关[\s\S]*施行日期[\s\S]*核对[\s\S]*理解[\s\S]*未覆盖/)
      expect(rule.gaps.length).toBeGreaterThan(0)
    })
  })
}
