import { expect, test } from 'vitest'
import { memorySource } from '../../../contract/source.ts'
import { loadRules, selectRules } from '../../../cold/catalogue/catalogue.ts'
import { replay } from '../../../cold/replay/replay.ts'
import { formatTime } from '../../../contract/index.ts'
import { Database } from '../../../store/database.ts'
import { runEngine } from '../../../engine.ts'

const START = Date.UTC(2026, 2, 2)
const rules = selectRules(await loadRules(), ['OP-13'], [])
const SENT = 200

/** Payments to and from who is listed, a few in each tick, from two sources that come in turns; the second lags half a minute behind the first. */
const lines = [
  Buffer.from(JSON.stringify(eventOf('party', 'ref.party', START, { partyId: 'P1', kind: 'company', name: 'name', flags: ['sanctioned'] }))),
  ...Array.from({ length: SENT }, (_, i) => {
    const [bank, at] = [1 + (i % 2), START + 1000 + i * 150 - (i % 2) * 30_000]
    const data = { paymentId: `T${i}`, debtorId: 'P1', debtorAccount: 'A1', creditorId: 'P2', creditorAccount: 'A2', amount: '1.00', ccy: 'CNY' }
    return Buffer.from(JSON.stringify(eventOf(`e${i}`, 'pay.payment', at, { ...data, channel: 'wire', crossBorder: false }, bank)))
  }),
]

test('payments that wait in memory, in the file, or first in one and then in the other take effect in the same order', async () => {
  const { revisions } = await replay({ source: memorySource(lines), rules })
  const whole = revisions.map((r) => `${r.at} ${r.subject.id} ${r.evidence.join()}`).sort()
  expect(whole.length).toBeGreaterThan(SENT / 2)
  for (const [waitingBytes, maxEvents] of [
    [1, 17],
    [2_000, 40],
    [2_000, 7],
    [20_000, 50],
  ] as const)
    expect(await judged(waitingBytes, maxEvents)).toEqual(whole)
})

async function judged(waitingBytes: number, maxEvents: number): Promise<string[]> {
  const db = await Database.open(':memory:')
  const found: string[] = []
  const sink = { deliver: () => Promise.resolve(), close: () => Promise.resolve() }
  await runEngine({
    db,
    source: memorySource(lines),
    rules,
    pace: { maxEvents, waitMs: 1 },
    sink,
    waitingBytes,
    onDelivered: ({ revisions }) => void found.push(...revisions.map((r) => `${r.at} ${r.subject.id} ${r.evidence.join()}`)),
  })
  db.close()
  return found.sort()
}

function eventOf(id: string, type: string, at: number, data: Record<string, unknown>, bank = 1) {
  const institution = `B000${bank}`
  const said = { specversion: '1.0', id, source: `/institutions/${institution}/core`, type, time: formatTime(at), subject: id, institution }
  return { ...said, sequence: String(at - START + 60_000), data }
}
