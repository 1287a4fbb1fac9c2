import { expect, test } from 'vitest'
import { loadRules } from '../cold/catalogue/catalogue.ts'
import { valueUnits } from '../cold/lint/units.ts'
import { DASHBOARD } from './dashboard.ts'

test('whatever an alert of the catalogue shows has its word on the dashboard', async () => {
  const rules = await loadRules()
  const values = rules.flatMap((rule) => Object.keys(valueUnits(rule)).filter((name) => name !== 'band'))
  const subjects = [
    ...rules.flatMap((rule) => ('subject' in rule ? [rule.subject.kind] : [])),
    'group',
    'pair',
    'asset',
    'all',
    'stream',
    'product',
    'institution',
  ]
  const keys = [...values.map((name) => `dashboard.value.${name}`), ...subjects.map((kind) => `dashboard.subject.${kind}`)]
  expect([...new Set(keys)].filter((key) => !(key in DASHBOARD))).toEqual([])
})
