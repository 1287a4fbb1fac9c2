import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import type { CaseEvent, Language, Rule } from '../../contract/index.ts'
import { memorySource, type Source } from '../../contract/source.ts'
import { loadRules, selectRules } from '../catalogue/catalogue.ts'
import { caseEvents } from '../catalogue/run-case.ts'
import { overridden } from '../overrides/overrides.ts'
import { replay } from '../replay/replay.ts'
import { logOf } from './log-of.ts'
import { linesOf } from './render.ts'
import { why } from './why.ts'

const all = await loadRules()
const AT = Date.UTC(2026, 2, 2, 12)

function sourceOf(given: CaseEvent[]): Source {
  return memorySource(caseEvents({ name: '', kind: 'quiet', on: '2026-03-02', expect: [], given }).map((e) => Buffer.from(JSON.stringify(e))))
}

type What = { institution?: string; id: string; rules?: readonly Rule[]; language?: Language }

/** Without its first line and the law. */
async function judged(code: string, source: Source, { institution = 'B0001', id, rules = all, language = 'en' }: What): Promise<string> {
  const [rule] = selectRules(rules, [code], [])
  const said = await why({ rule: rule as Rule, plain: rule as Rule, known: rules, asked: { institution, subject: { id }, at: AT }, open: () => source })
  const lines = linesOf(said, language)
  return lines.slice(1, lines.indexOf(language === 'zh' ? '法律依据' : 'law')).join('\n')
}

const metric = (at: string, name: string, value: string): CaseEvent => ({
  type: 'inst.metric',
  at,
  data: { metric: name, value, unit: 'CNY', period: '2026-02', basis: 'solo' },
})
const loan = (at: string, balance: string, more = {}): CaseEvent => ({
  type: 'credit.loan',
  at,
  data: { loanId: 'L1', customerId: 'C1', product: 'corporate', balance, ccy: 'CNY', dpd: 0, class: 'normal', ...more },
})
const cash = (at: string, amount: string, channel = 'cash'): CaseEvent => ({
  type: 'pay.payment',
  at,
  data: {
    paymentId: `T${at}`,
    debtorId: 'X',
    debtorAccount: 'A1',
    creditorId: 'P1',
    creditorAccount: 'A2',
    amount,
    ccy: 'CNY',
    channel,
    crossBorder: false,
    ...(channel === 'cash' && { cash: 'in' }),
  },
})

test('a limit: who is below it, by how much, and whose limit it is', async () => {
  const own = {
    rule: 'CR-01',
    name: 'limit',
    institution: 'B0001',
    value: '0.12',
    from: '2026-01-01',
    reason: 'pilot',
    approvedBy: 'board',
    source: 'letter 17',
    file: '',
    line: 1,
  }
  const rules = overridden(all, all, [own])
  expect(await judged('CR-01', sourceOf([metric('01:00:00', 'net-capital', '1000'), loan('01:00:01', '90.00')]), { id: 'C1', rules })).toMatchInlineSnapshot(`
    "did not fire
    parameters
      limit = 0.12  [0, 1]  of B0001 from 2026-01-01 to any time: pilot (board, letter 17)
    events it rests on (2)
      /institutions/B0001/core|case-1  inst.metric upsert  of 2026-03-02T01:00:00.000Z, in effect from 2026-03-02T01:00:00.000Z
      /institutions/B0001/core|case-2  credit.loan upsert  of 2026-03-02T01:00:01.000Z, in effect from 2026-03-02T01:00:01.000Z
    judged
      · loans = 90.00
      · capital = 1000.00
      · share = 0.0900
      · limit limit = 0.12
      ✗ 80%: 0.0900 ≥ 0.12 × 80 % → no
      ✗ 90%: 0.0900 ≥ 0.12 × 90 % → no
      ✗ 95%: 0.0900 ≥ 0.12 × 95 % → no
      ✗ breach: 0.0900 > 0.12 × 100 % → no
    it stops here
      · 0.0900 is below the lowest band (80 % of the limit) by 6.00 CNY
    the institution may see it (live)"
  `)
})

test('a band that is held by its slack says so', async () => {
  const log = () => sourceOf([metric('01:00:00', 'net-capital', '1000'), loan('01:00:01', '101.00'), loan('02:00:00', '99.00')])
  expect(await judged('CR-01', log(), { id: 'C1' })).toContain(
    '✓ still in band breach: it lasts until the value is more than 2 points of the limit below its edge',
  )
})

test('a window: what was read, what its filter left, and what was too little', async () => {
  const log = sourceOf([cash('01:00:00', '20000.00'), cash('02:00:00', '25000.00'), cash('03:00:00', '90000.00', 'wire')])
  expect(await judged('OP-06', log, { id: 'P1' })).toMatchInlineSnapshot(`
    "did not fire
    parameters
      count = 3 count  [1, 1000000]  as the rule has it
      floor = 0.8  [0, 1]  as the rule has it
      threshold = 50000 CNY  [0, 1000000000000]  as the rule has it
      size = 7d  [1s, 35d]  as the rule has it
      every = 1d  [1s, 35d]  as the rule has it
    events it rests on (2)
      /institutions/B0001/core|case-1  pay.payment upsert  of 2026-03-02T01:00:00.000Z, in effect from 2026-03-02T01:00:00.000Z
      /institutions/B0001/core|case-2  pay.payment upsert  of 2026-03-02T02:00:00.000Z, in effect from 2026-03-02T02:00:00.000Z
    judged
      · window [2026-03-02T00:00:00.000Z, 2026-03-09T00:00:00.000Z), 2 events of the subject
      ✓ channel = 'cash': 2 of 2 satisfy it
      ✓ ccy = 'CNY': 2 of 2 satisfy it
      ✗ amount >= :floor * :threshold: 0 of 2 satisfy it
      ✓ amount < :threshold: 2 of 2 satisfy it
    it stops here
      · 2 events were read, none satisfies channel = 'cash' AND ccy = 'CNY' AND amount >= :floor * :threshold AND amount < :threshold
    the supervisor alone may see it (live)"
  `)
})

test('a rule over one statement: each part of its condition', async () => {
  expect(await judged('CR-09', sourceOf([loan('01:00:00', '5.00', { dpd: 120 })]), { id: 'L1', language: 'zh' })).toMatchInlineSnapshot(`
    "触发：告警 A-9570828e90f55c771c40 版本 1，红，2026-03-02T01:00:00.000Z
    参数
      substandardAfter = 90 days  [0, 3650]  规则自带
      doubtfulAfter = 270 days  [0, 3650]  规则自带
      lossAfter = 360 days  [0, 3650]  规则自带
    所依据的事件（1）
      /institutions/B0001/core|case-1  credit.loan upsert  事实时间 2026-03-02T01:00:00.000Z，生效 2026-03-02T01:00:00.000Z
    判断
      · dpd = 120
      · class = normal
      · floor = substandard
      ✓ list_position(['normal', 'special-mention', 'substandard', 'doubtful', 'loss'], class) < list_position(['normal', 'special-mention', 'substandard', 'doubtful', 'loss'], floor)：1 < 3 → 是
    公开范围：机构可见（live）"
  `)
})

test('a rule over a table of the look-through: the row, and the grades', async () => {
  const lent = (institution: string, side: string, issuerId: string, value: string): CaseEvent => ({
    type: 'book.position',
    at: '01:00:00',
    institution,
    data: { positionId: `${institution}-1`, book: 'banking', kind: 'interbank', issuerId, side, value, ccy: 'CNY' },
  })
  const log = sourceOf([lent('B0001', 'long', 'B0002', '100.00'), lent('B0002', 'short', 'B0001', '99.50')])
  expect(await judged('DQ-07', log, { institution: '*', id: 'B0001>B0002' })).toMatchInlineSnapshot(`
    "did not fire
    parameters
      part = 0.01  [0, 1]  as the rule has it
    events it rests on (2)
      /institutions/B0001/core|case-1  book.position upsert  of 2026-03-02T01:00:00.000Z, in effect from 2026-03-02T01:00:00.000Z
      /institutions/B0002/core|case-2  book.position upsert  of 2026-03-02T01:00:00.000Z, in effect from 2026-03-02T01:00:00.000Z
    judged
      · lent = 100.00
      · borrowed = 99.50
      · difference = 0.50
      ✗ difference > :part * greatest(lent, borrowed): 0.50 > 1.0000 → no
    it stops here
      · the condition does not hold: difference > :part * greatest(lent, borrowed)
    the supervisor alone may see it (live)"
  `)
})

test('a file that a replay left explains the same as the log does', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'lookthrough-why-'))
  const db = join(folder, 'out.duckdb')
  const given = [metric('01:00:00', 'net-capital', '1000'), loan('01:00:01', '85.00'), loan('02:00:00', '120.00', { loanId: 'L2' })]
  await replay({ source: sourceOf(given), rules: selectRules(all, ['CR-01'], []), db })
  expect(await judged('CR-01', await logOf(db), { id: 'C1' })).toBe(await judged('CR-01', sourceOf(given), { id: 'C1' }))
  rmSync(folder, { recursive: true })
})
