import { expect, test } from 'vitest'
import type { PublishedAlert } from '../../../../pipeline/contract/alert.ts'
import { loadRules } from '../../../../pipeline/cold/catalogue/catalogue.ts'
import { keyValue } from './alert-words.ts'

const rules = await loadRules()

/** The value shown beside the threshold, of an alert of a rule that carries these. */
function keyOf(code: string, threshold: string | null, values: Record<string, string>): string | undefined {
  const rule = rules.find((r) => r.code === code)
  if (rule === undefined) throw new Error(`there is no ${code}`)
  return keyValue({ values, threshold } as unknown as PublishedAlert, rule)?.name
}

test.each([
  ['CR-01', '0.10', { capital: '100.00', loans: '11.00', share: '0.1100' }, 'share'],
  ['CR-09', 'doubtful', { class: 'normal', dpd: '300', floor: 'doubtful' }, 'class'],
  ['OP-01', '50000', { count: '3', total: '60000.00' }, 'total'],
  ['OP-08', '8', { senders: '9', total: '900.00' }, 'senders'],
  ['OP-19', '2', { count: '2', institutions: 'B0001,B0002' }, 'count'],
  ['MR-04', '10', { days: '250', exceptions: '11' }, 'exceptions'],
  ['MR-09', '0.01', { deviation: '0.0200', price: '102', vwap: '100' }, 'deviation'],
  ['MR-11', '2.00', { leverage: '2.5000' }, 'leverage'],
  ['LQ-06', '0.03', { before: '100.00', horizon: 'day', now: '90.00', outflow: '0.1000' }, 'outflow'],
  ['IN-01', '0.50', { ratio: '0.4500' }, 'ratio'],
  ['SY-07', '3', { count: '3', institutions: 'B0001,B0002,B0003' }, 'count'],
  ['CR-08', '1', { layers: '2' }, 'layers'],
  ['DQ-05', '1000', { detail: '10.00', difference: '1.00', reported: '9.00' }, 'difference'],
])('%s shows its measure beside the threshold %s', (code, threshold, values, name) => {
  expect(keyOf(code, threshold, values)).toBe(name)
})
