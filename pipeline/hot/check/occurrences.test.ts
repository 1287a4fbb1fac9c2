import { memorySource } from '../../contract/source.ts'
import { expect, test } from 'vitest'
import { replay } from '../../cold/replay/replay.ts'
import { judgedInParts, T0 } from '../../cold/replay/testing/window-log.ts'
import { amount, defineRule, formatTime } from '../../contract/index.ts'

const rule = defineRule({
  kind: 'each',
  code: 'OP-91',
  id: 'operational/trial-each',
  version: '1.0.0',
  title: { zh: '试', en: 'trial' },
  law: [{ act: '试', article: '一', inForce: '2026-01-01', verified: false }],
  reads: 'pay.payment',
  parameters: { most: amount('8.00') },
  values: { amount: 'amount' },
  when: 'amount > :most',
  threshold: ':most',
  severity: 'blue',
  subject: { kind: 'account', id: 'debtorAccount' },
  says: { zh: '{amount}', en: '{amount}' },
  advice: { zh: '看', en: 'look' },
  disclosure: 'supervisor',
  gaps: [],
})

/** Payment `p`, at `time` s after T0; a word on it is sent at `sent` s. */
function word(op: 'upsert' | 'correct' | 'delete', time: number, sum: string, sent = time): Buffer {
  const at = (s: number) => formatTime(T0 + s * 1000)
  const data = { paymentId: 'p', debtorId: 'P1', debtorAccount: 'D1', creditorId: 'P2', creditorAccount: 'C1', amount: sum, ccy: 'CNY' }
  const event = {
    specversion: '1.0',
    id: `${op}-${sent}`,
    source: '/B1/core',
    type: 'pay.payment',
    subject: 'D1',
    institution: 'B1',
    sequence: String(sent),
    op,
  }
  const times = op === 'correct' ? { time: at(time), recordedtime: at(sent) } : { time: at(sent) }
  return Buffer.from(JSON.stringify({ ...event, ...times, data: { ...data, channel: 'wire', crossBorder: false } }))
}

const short = ({ at, revision, state, values }: { at: string; revision: number; state: string; values: Record<string, string> }) =>
  `${(Date.parse(at) - T0) / 1000} s: revision ${revision} ${state}, ${values['amount']}`

async function told(words: Buffer[]): Promise<string[]> {
  const runs = [1, 2, 100].map(async (maxEvents) => (await replay({ source: memorySource(words), rules: [rule], maxEvents })).revisions.map(short))
  const [first, ...others] = await Promise.all(runs)
  for (const other of others) expect(other).toEqual(first)
  return first ?? []
}

test('a correction that comes before what it corrects takes effect after it', async () => {
  const words = [word('correct', 1, '5.00', 3), word('upsert', 1, '9.00'), word('upsert', 60, '1.00')]
  expect(await told(words)).toEqual(['1 s: revision 1 new, 9.00', '3 s: revision 2 resolved, 5.00'])
})

test('a correction leaves alone what is stated after it, and what is older than rows are kept', async () => {
  expect(await told([word('upsert', 2, '9.00'), word('correct', 1, '5.00', 1), word('upsert', 60, '1.00')])).toEqual(['2 s: revision 1 new, 9.00'])
  const days = 40 * 86_400
  expect(await told([word('upsert', 1, '9.00'), word('delete', days, '9.00'), word('upsert', days + 60, '1.00')])).toEqual(['1 s: revision 1 new, 9.00'])
})

test('what waits for the watermark outlives a restart', async () => {
  const words = [word('correct', 1, '7.00', 3), word('upsert', 1, '9.00'), word('correct', 1, '9.50', 4), word('upsert', 60, '1.00')]
  for (const stops of [[], [1], [1, 3]]) {
    const alerts = await judgedInParts(rule, words, stops)
    expect(alerts.map(short)).toEqual(['1 s: revision 1 new, 9.00', '3 s: revision 2 resolved, 7.00', '4 s: revision 1 new, 9.50'])
  }
})
