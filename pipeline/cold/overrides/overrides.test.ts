import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { type CaseEvent, type PublishedAlert, type Rule, ruleHash } from '../../contract/index.ts'
import { memorySource } from '../../contract/source.ts'
import { loadRules, selectRules } from '../catalogue/catalogue.ts'
import { readConfig } from '../config/config.ts'
import { readRules } from '../catalogue/rule-files.ts'
import { caseEvents } from '../catalogue/run-case.ts'
import { replay } from '../replay/replay.ts'
import { overridden, readOverrides, type WrittenOverride } from './overrides.ts'

const all = await loadRules()
const given = { reason: '试点', approvedBy: '处长', source: '监管函 2026-17', file: 'own.yaml', line: 1 }
const override = (rule: string, name: string, value: string, more: Partial<WrittenOverride> = {}): WrittenOverride => ({
  rule,
  name,
  institution: 'B0001',
  value,
  ...given,
  ...more,
})

/** One rule at least of every kind that has parameters of its own, with a value that is not the rule's. */
const OWN: Record<string, Record<string, string>> = {
  'CR-01': { limit: '0.05' },
  'CR-02': { limit: '0.60' },
  'CR-05': { limit: '0.60' },
  'CR-06': { threshold: '0.20' },
  'CR-09': { substandardAfter: '60' },
  'CR-22': { single: '0.10', step: '0.003' },
  'DQ-03': { after: '5min' },
  'DQ-04': { patience: '2s' },
  'DQ-05': { floor: '2000000' },
  'DQ-11': { yellow: '0.50', orange: '0.10' },
  'IN-01': { limit: '5' },
  'LQ-06': { day: '0.50' },
  'MR-04': { yellow: '2' },
  'MR-09': { deviation: '0.2' },
  'MR-11': { limit: '1.10' },
  'OP-01': { threshold: '20000.50' },
  'OP-06': { threshold: '60000', floor: '0.5' },
  'OP-08': { senders: '3' },
  'OP-10': { part: '0.5', floor: '1000' },
  'OP-16': { amount: '1000' },
}
const CODES = Object.keys(OWN)
/** What these state belongs to nobody alone; it is the same in every log. */
const SHARED = ['ref.party', 'ref.ownership', 'product.holding', 'mkt.price']

const cases = (await readRules()).filter(({ rule }) => CODES.includes(rule.code)).flatMap((r) => r.cases)

/** The events of all cases as this institution's; what no institution has to itself comes from another. */
function eventsOf(institution: string): Record<string, unknown>[] {
  return cases.flatMap(({ on, given: events, name, kind }, k) =>
    caseEvents({
      on,
      name,
      kind,
      expect: [],
      given: events.map((e): CaseEvent => ({ ...e, institution, source: `/institutions/${institution}/${k}`, data: own(e, institution) })),
    })
      .filter((e) => SHARED.includes(String(e['type'])) === (institution === 'B0009'))
      .map((e, i): Record<string, unknown> => ({ ...e, id: `${institution}-${k}-${i}` })),
  )
}

/** Trades and what they are about are told apart across institutions. */
function own({ type, data }: CaseEvent, institution: string): CaseEvent['data'] {
  if (type !== 'mkt.trade') return data
  return { ...data, tradeId: `${institution}-${data['tradeId']}`, instrumentId: `${institution}-${data['instrumentId']}` }
}

async function alertsOf(institutions: string[], rules: Rule[]): Promise<PublishedAlert[]> {
  const events = [...institutions, 'B0009'].flatMap(eventsOf)
  const last = events.reduce((high, e) => (orderOf(e) > high ? orderOf(e) : high), '')
  const heartbeat = {
    ...events.find((e) => e['institution'] === 'B0009'),
    id: 'end',
    type: 'sys.heartbeat',
    time: last,
    subject: 'B0009',
    sequence: '1',
    source: '/end',
    data: { until: last },
  }
  const lines = [...events.sort((a, b) => (orderOf(a) < orderOf(b) ? -1 : orderOf(a) > orderOf(b) ? 1 : 0)), heartbeat]
  return (await replay({ source: memorySource(lines.map((e) => Buffer.from(JSON.stringify(e)))), rules })).revisions
}

function orderOf(event: Record<string, unknown>): string {
  return String(event['recordedtime'] ?? event['time'])
}

/** Without the hash: where a parameter is set for all it is another rule. */
function of(alerts: PublishedAlert[], institution: string): unknown[] {
  return alerts
    .filter((a) => a.institution === institution)
    .map((alert) => ({ ...alert, rule: { ...alert.rule, hash: '' } }))
    .sort((a, b) => (JSON.stringify(a) < JSON.stringify(b) ? -1 : 1))
}

test('an institution with parameters of its own is judged as if it were alone and all had them, and its neighbour as if nobody had', async () => {
  const rules = selectRules(all, CODES, [])
  const overrides = CODES.flatMap((code) =>
    ['B0001', 'B0009'].flatMap((institution) => Object.entries(OWN[code] ?? {}).map(([name, value]) => override(code, name, value, { institution }))),
  )
  const parameters = CODES.flatMap((code) => Object.entries(OWN[code] ?? {}).map(([name, value]) => `${code}.${name}=${value}`))
  const together = await alertsOf(['B0001', 'B0002'], overridden(rules, all, overrides))
  const alone = await alertsOf(['B0001'], selectRules(all, CODES, parameters))
  const neighbour = await alertsOf(['B0002'], rules)
  for (const code of CODES) {
    const by = (alerts: PublishedAlert[]) => alerts.filter((a) => a.rule.code === code)
    expect({ code, alerts: of(by(together), 'B0001') }).toEqual({ code, alerts: of(by(alone), 'B0001') })
    expect({ code, alerts: of(by(together), 'B0009') }).toEqual({ code, alerts: of(by(alone), 'B0009') })
    expect({ code, alerts: of(by(together), 'B0002') }).toEqual({ code, alerts: of(by(neighbour), 'B0002') })
  }
  // Each of them makes a difference, or it would show nothing.
  const brief = (alerts: PublishedAlert[], code: string, institution: string) =>
    alerts
      .filter((a) => a.rule.code === code && a.institution === institution)
      .map((a) => [a.at, a.severity, a.band, a.threshold].join())
      .sort()
  const same = CODES.filter((code) =>
    [
      ['B0001', 'B0002'],
      ['B0009', 'B0009'],
    ].every(([a = '', b = '']) => String(brief(together, code, a)) === String(brief(neighbour, code, b))),
  )
  expect(same).toEqual([])
})

const loanOf = (at: string): Record<string, unknown>[] =>
  caseEvents({
    name: '',
    kind: 'firing',
    on: '2026-06-29',
    expect: [],
    given: [
      { type: 'inst.metric', at, data: { metric: 'net-capital', value: '1000', unit: 'CNY', period: '2026-06-30', basis: 'solo' } },
      { type: 'credit.loan', at, data: { loanId: 'L1', customerId: 'C1', product: 'corporate', balance: '75.00', ccy: 'CNY', dpd: 0, class: 'normal' } },
      { type: 'sys.heartbeat', at: '+9d 00:00:00', data: { until: '2026-07-08T00:00:00Z' } },
      { type: 'inst.metric', at: '+9d 00:00:00', data: { metric: 'tier1', value: '1000', unit: 'CNY', period: '2026-06-30', basis: 'solo' } },
    ],
  })

test('an override holds from its day in Shanghai to another: what stands is measured again at both', async () => {
  const [rule] = overridden(selectRules(all, ['CR-01'], []), all, [override('CR-01', 'limit', '0.07', { from: '2026-07-01', to: '2026-07-03' })])
  const { revisions } = await replay({ source: memorySource(loanOf('01:00:00').map((e) => Buffer.from(JSON.stringify(e)))), rules: [rule as Rule] })
  expect(revisions.map(({ state, band, at, threshold }) => [state, band, at, threshold])).toEqual([
    ['new', 'breach', '2026-06-30T16:00:00.000Z', '0.07'],
    ['resolved', null, '2026-07-02T16:00:00.000Z', '0.10'],
  ])
  // It is no new version.
  expect(revisions[0]?.rule.hash).toBe(ruleHash(all.find((r) => r.code === 'CR-01') as Rule))
})

test('a file that does not hold is refused at its line, saying why', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'lookthrough-overrides-'))
  const file = join(folder, 'own.yaml')
  const more = `reason: 试点, approvedBy: 处长, source: 监管函 2026-17`
  const one = (fields: string) =>
    `parameters:\n  - { rule: CR-02, name: limit, institution: B0001, value: '0.12', from: '2026-07-01', ${more} }\n  - { ${fields} }\n`
  const wrong: [fields: string, why: RegExp][] = [
    [`rule: CR-02, name: limit, institution: B0002, value: 12%, ${more}`, /12% is not a ratio from 0 to 1/],
    [`rule: CR-02, name: cap, institution: B0002, value: '0.12', ${more}`, /has no parameter cap; it has limit, materiality/],
    [`rule: CR-02, name: limit, institution: B0001, value: '0.13', from: '2026-09-01', ${more}`, /overlaps with line 2/],
    [`rule: CR-02, name: limit, institution: B0002, value: '0.12', approvedBy: 处长, source: 函`, /reason/],
    [`rule: CR-02, name: limit, institution: B0002, value: '0.12', from: '2026-07-01', to: '2026-06-01', ${more}`, /is not before/],
    [`rule: OP-08, name: size, institution: B0001, value: 3d, ${more}`, /settles what is computed for all institutions together/],
    [`rule: MR-08, name: spread, institution: B0001, value: '0.01', ${more}`, /judges institutions together/],
    [`rule: ZZ-99, name: limit, institution: B0001, value: '0.12', ${more}`, /rule ZZ-99/],
  ]
  for (const [fields, why] of wrong) {
    writeFileSync(file, one(fields))
    const read = async () => overridden(all, all, await readOverrides(file))
    await expect(read()).rejects.toMatchObject({ code: 'LT-1017', facts: { file, line: 3, why: expect.stringMatching(why) as string } })
  }
  writeFileSync(file, one(`rule: CR-02, name: limit, institution: B0002, value: '0.12', ${more}`))
  expect((await readOverrides(file)).map((o) => [o.line, o.institution])).toEqual([
    [2, 'B0001'],
    [3, 'B0002'],
  ])
  rmSync(folder, { recursive: true })
})

test('the configuration of run takes them beside plain parameters, and is refused at the line that is wrong', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'lookthrough-overrides-'))
  const file = join(folder, 'config.yaml')
  const written = (value: string) => `kafka: { brokers: k:9092 }
data: data
parameters:
  - CR-01.limit=0.09
  - { rule: CR-02, name: limit, institution: B0001, value: ${value}, reason: 试点, approvedBy: 处长, source: 函 }
`
  writeFileSync(file, written(`'0.12'`))
  const { parameters, overrides } = await readConfig(file)
  expect([parameters, overrides.map((o) => [o.rule, o.value, o.line])]).toEqual([['CR-01.limit=0.09'], [['CR-02', '0.12', 5]]])
  // A number is no text: as a float it might not be what was written.
  writeFileSync(file, written('0.12'))
  await expect(readConfig(file)).rejects.toMatchObject({ code: 'LT-1017', facts: { line: 5 } })
  rmSync(folder, { recursive: true })
})
