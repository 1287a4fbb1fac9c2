/** Rules over single events and figures: what they say follows from the log, however it is cut into batches and wherever the engine starts anew. */
import { memorySource } from '../../contract/source.ts'
import { expect, test } from 'vitest'
import { digestOf, type EventType, type PublishedAlert, STREAMS } from '../../contract/index.ts'
import { loadRules, selectRules } from '../catalogue/catalogue.ts'
import { replay } from './replay.ts'
import { judgedInParts } from './testing/window-log.ts'

const DAY = '2026-03-0'
let n = 0
const event = (type: EventType, at: string, data: Record<string, unknown>, rest: Record<string, unknown> = {}) => {
  const { key } = STREAMS[type]
  const subject = key === 'institution' ? 'B0001' : String(data[key])
  const one = { specversion: '1.0', id: `e${n}`, source: '/b', type, time: `${DAY}${at}Z`, subject, institution: 'B0001', sequence: String(++n), data, ...rest }
  return Buffer.from(JSON.stringify(one))
}
const metric = (at: string, name: string, value: string, period = '2025', rest = {}) =>
  event('inst.metric', at, { metric: name, value, unit: 'CNY', period, basis: 'solo' }, rest)
const loan = (at: string, loanId: string, balance: string, rest = {}) =>
  event('credit.loan', at, { loanId, customerId: 'R1', product: 'corporate', balance, ccy: 'CNY', dpd: 0, class: 'normal', relatedParty: true }, rest)
const correct = (recorded: string) => ({ op: 'correct', recordedtime: `${DAY}${recorded}Z` })

const DEPOSITS = [
  metric('2T09:00:00', 'deposits', '1000.00', 'day 2'),
  metric('3T09:00:00', 'deposits', '950.00', 'day 3'),
  metric('3T10:00:00', 'pnl', '1.00'),
  event('sys.heartbeat', '4T10:00:00', { until: '2026-03-04T10:00:00Z' }),
]
const LOANS = [
  metric('2T00:00:00', 'net-capital', '1000.00'),
  ...[1, 2, 3, 4, 5, 6, 7].map((i) => loan(`2T0${i}:00:00`, `L${i}`, '9.00')),
  loan('2T02:00:00', 'L2', '1.00', correct('2T10:00:00')),
  metric('2T11:00:00', 'net-capital', '900.00'),
  loan('2T12:00:00', 'L8', '9.00'),
  loan('2T02:00:00', 'L2', '9.00', correct('2T13:00:00')),
]
const INCIDENTS = [
  metric('2T00:00:00', 'net-capital', '1000.00'),
  event('ops.incident', '2T01:00:00', { incidentId: 'IN1', kind: 'fraud', startedAt: '2026-03-01T00:00:00Z', provinces: [], loss: '50.00' }),
  event(
    'ops.incident',
    '2T01:00:00',
    { incidentId: 'IN1', kind: 'fraud', startedAt: '2026-03-01T00:00:00Z', provinces: [], loss: '49.00' },
    correct('2T03:00:00'),
  ),
  metric('2T04:00:00', 'net-capital', '1000.00'),
]

test.each([
  ['LQ-06', DEPOSITS, ['orange', 'resolved']],
  ['CR-22', LOANS, ['orange', 'resolved', 'orange', 'orange', 'orange', 'resolved', 'orange']],
  ['OP-16', INCIDENTS, ['red', 'resolved']],
])('%s says the same in batches of any size, and started anew after each event', async (code, lines, path) => {
  const [rule] = selectRules(await loadRules(), [code], [])
  if (rule === undefined) throw new Error(`no rule ${code}`)
  const whole = (await replay({ source: memorySource(lines), rules: [rule] })).revisions
  expect(whole.map((a: PublishedAlert) => (a.state === 'resolved' ? 'resolved' : a.severity))).toEqual(path)
  const one = await replay({ source: memorySource(lines), rules: [rule], maxEvents: 1 })
  expect(digestOf(one.revisions)).toBe(digestOf(whole))
  const anew = await judgedInParts(
    rule,
    lines,
    lines.map((_, i) => i).filter((i) => i > 0),
  )
  expect(digestOf(anew)).toBe(digestOf(whole))
})
