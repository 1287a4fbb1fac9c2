import { memorySource } from '../../../contract/source.ts'
import { expect, test } from 'vitest'
import { loadRules, selectRules } from '../../../cold/catalogue/catalogue.ts'
import { replay } from '../../../cold/replay/replay.ts'

const rules = selectRules(await loadRules(), ['CR-20'], [])
const event = (i: number, institution: string, type: string, data: Record<string, unknown>) => ({
  specversion: '1.0',
  id: `e${i}`,
  source: `/${institution}`,
  type,
  time: `2026-03-02T01:00:0${i}Z`,
  subject: String(data['loanId'] ?? data['mitigantId']),
  institution,
  sequence: String(i + 1),
  data,
})
const loan = (i: number, institution: string, customerId: string) =>
  event(i, institution, 'credit.loan', { loanId: 'L', customerId, product: 'corporate', balance: '1.00', ccy: 'CNY', dpd: 0, class: 'normal' })
const guarantee = (i: number, institution: string, providerId: string) =>
  event(i, institution, 'credit.mitigant', { mitigantId: 'G', kind: 'guarantee', providerId, loanIds: ['L'], value: '1.00', ccy: 'CNY' })

test('a circle across three banks, whose loans and guarantees are numbered alike, shows each guarantee and is for the supervisor alone', async () => {
  const banks = ['B1', 'B2', 'B3']
  const events = banks.flatMap((bank, i) => [loan(2 * i, bank, `P${i + 1}`), guarantee(2 * i + 1, bank, `P${((i + 2) % 3) + 1}`)])
  const lines = events.map((e) => Buffer.from(JSON.stringify(e)))
  const { revisions } = await replay({ source: memorySource(lines), rules })
  expect(revisions).toMatchObject([
    {
      institution: '*',
      disclosure: 'supervisor',
      values: { size: '3', members: 'P1,P2,P3', institutions: 'B1,B2,B3' },
      evidence: ['/B1|e1', '/B2|e3', '/B3|e5'],
    },
  ])
  expect(revisions[0]?.path.map((s) => `${s.from}>${s.to} ${s.event}`)).toEqual(['P1>P2 /B2|e3', 'P2>P3 /B3|e5', 'P3>P1 /B1|e1'])
})
