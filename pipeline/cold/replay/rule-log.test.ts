import { mkdtempSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { memorySource } from '../../contract/source.ts'
import { replay } from './replay.ts'
import { changesOf, withRuleLog } from './rule-log.ts'
import { firstRules, linesOf, recordsOf } from './testing/changing.ts'

const lines = linesOf([5, 25].map((time) => ({ what: 'payment', time: time * 1000, delay: 0, of: 0, money: 30, bank: 0 })))
const rules = firstRules(['TR-02', 'TR-03', 'TR-04', 'TR-05', 'TR-06'])
const file = join(mkdtempSync(join(tmpdir(), 'lookthrough-rule-log-')), 'changes.ndjson')
const records = recordsOf([
  { code: 'TR-01', act: 'activated', at: 20, most: 20 },
  { code: 'TR-02', act: 'activated', at: 1, most: 20 },
])

test('on 2026-03-02 a file of changes takes effect in a replay of files, or those of the rules alone that are asked for', async () => {
  writeFileSync(file, records.map(({ value }) => `${value}\n`).join('\n'))
  const versions = async (source: Awaited<ReturnType<typeof withRuleLog>>) =>
    (await replay({ source, rules })).revisions.map((a) => `${a.rule.code} ${a.rule.version} ${a.at.slice(17, 19)}`)
  expect(await versions(memorySource(lines))).toEqual([])
  expect(await versions(await withRuleLog(memorySource(lines), file))).toEqual(['TR-01 1.1.0 25'])
  expect(await versions(changesOf(await withRuleLog(memorySource(lines), file), new Set(['TR-02'])))).toEqual([])
})

test('a line that is no change is named', async () => {
  writeFileSync(file, `${records[0]?.value}\n{"type":"lookthrough.rule.activated"}\n`)
  await expect(withRuleLog(memorySource(lines), file)).rejects.toMatchObject({ code: 'LT-1019', facts: { line: 2 } })
})
