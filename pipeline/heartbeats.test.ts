import { expect, test } from 'vitest'
import { loadRules } from './cold/catalogue/catalogue.ts'
import { digestOf, formatTime, type PublishedAlert } from './contract/index.ts'
import { batchOf, type Carried, type RawBatch, type Source } from './contract/source.ts'
import { runEngine } from './engine.ts'
import { Database } from './store/database.ts'

const START = Date.UTC(2026, 2, 2, 1)
const PARTITIONS = ['credit.loan', 'inst.metric', 'sys.heartbeat'].map((topic) => ({ topic, partition: 0 }))
const LOANS = 0
const METRICS = 1
const HEARTBEATS = 2

type Message = { partition: number; seconds: number; data: Record<string, unknown> }

/** Messages one a pull, a second of wall time apart; whatever was read stands at its end. */
function sourceOf(messages: Message[], control: Carried[], wrote: Carried[], clock: { now: number }): Source {
  const next = PARTITIONS.map(() => 0)
  let i = 0
  return {
    partitions: PARTITIONS,
    control,
    pull: () => {
      const m = messages[i++]
      clock.now += 1000
      return Promise.resolve(m === undefined ? null : toBatch(m, i, next))
    },
    silent: () => PARTITIONS.map((_, partition) => ({ partition, nextOffset: next[partition] ?? 0, since: clock.now })),
    writeControl: (records) => Promise.resolve(void wrote.push(...records.filter((r): r is Carried => !('kind' in r)))),
    close: () => Promise.resolve(),
  }
}

function toBatch({ partition, seconds, data }: Message, n: number, next: number[]): RawBatch {
  const { topic } = PARTITIONS[partition] as { topic: string }
  const time = formatTime(START + seconds * 1000)
  const event = { specversion: '1.0', id: `e${n}`, source: '/b1', type: topic, time, subject: 's', institution: 'B0001', sequence: String(n), data }
  const batch = batchOf([Buffer.from(JSON.stringify(event))], { first: next[partition] ?? 0 })
  batch.partition.fill(partition)
  next[partition] = (next[partition] ?? 0) + 1
  return batch
}

const heartbeat = (seconds: number): Message => ({ partition: HEARTBEATS, seconds, data: { until: formatTime(START + seconds * 1000) } })
const loan = (seconds: number, balance: string): Message => ({
  partition: LOANS,
  seconds,
  data: { loanId: 'L1', customerId: 'C1', product: 'corporate', balance, ccy: 'CNY', dpd: 0, class: 'normal' },
})
const metric: Message = {
  partition: METRICS,
  seconds: 0,
  data: { metric: 'net-capital', value: '1000.00', unit: 'CNY', period: '2026-02', basis: 'solo' },
}

async function run(messages: Message[], control: Carried[], wrote: Carried[]): Promise<PublishedAlert[]> {
  const alerts: PublishedAlert[] = []
  const clock = { now: 0 }
  const db = await Database.open(':memory:')
  const ledger = await runEngine({
    db,
    source: sourceOf(messages, control, wrote, clock),
    sink: { deliver: () => Promise.resolve(), close: () => Promise.resolve() },
    rules: await loadRules(),
    onDelivered: (d) => alerts.push(...d.revisions),
    clock: () => clock.now,
  })
  db.close()
  expect(ledger.books.map((b) => [b.late, b.dead])).toEqual(PARTITIONS.map(() => [0, 0]))
  return alerts
}

test('a partition whose reporter vouches for it does not hold the others back; a replay of the control log says the same', async () => {
  const spoken = [metric, loan(0, '200.00'), loan(10, '50.00'), loan(20, '60.00'), loan(30, '70.00')]
  const vouched = spoken.flatMap((m) => [m, heartbeat(m.seconds + 9)])
  const [silent, wrote]: [Carried[], Carried[]] = [[], []]
  expect(await run(spoken, [], silent)).toEqual([])
  expect(silent).toEqual([])
  const live = await run(vouched, [], wrote)
  expect(live.map((a) => [a.rule.code, a.state])).toContainEqual(['CR-01', 'resolved'])
  expect(wrote.length).toBeGreaterThan(0)
  expect(new Set(wrote.map((r) => r.topic))).toEqual(new Set(['inst.metric', 'credit.loan']))
  expect(digestOf(await run(vouched, wrote, []))).toBe(digestOf(live))
})
