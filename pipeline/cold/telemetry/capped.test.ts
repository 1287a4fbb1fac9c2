import { memorySource } from '../../contract/source.ts'
import { expect, test } from 'vitest'
import { type EventType, formatTime } from '../../contract/index.ts'
import { runEngine } from '../../engine.ts'
import type { Capped } from '../../hot/check/through/capped.ts'
import { Database } from '../../store/database.ts'
import { loadRules, selectRules } from '../catalogue/catalogue.ts'
import { createTelemetry } from './metrics.ts'

const T0 = Date.UTC(2026, 2, 2, 1)

test('what is too entangled to be followed to the end is counted, by search, and a new engine counts on', async () => {
  const parties = Array.from({ length: 12 }, (_, i) => `P${i}`)
  const owned = parties.flatMap((owner) => parties.filter((other) => other !== owner).map((other) => ({ owner, owned: other })))
  const log = owned.map((pair, i) => event(i, 'ref.ownership', pair.owned, { ownershipId: `O${i}`, ...pair, kind: 'equity', share: '0.05' }))
  const capped = await cappedBy(log, ['DQ-08', 'CR-02', 'OP-11', 'SY-01', 'CR-18'])
  expect(capped).toEqual({
    'simple-paths': 12,
    'ownership-circles': 0,
    taint: 0,
    'round-trips': 0,
    networks: 0,
    'product-paths': 0,
    'product-circles': 0,
  })
  const telemetry = createTelemetry()
  const told = async (now: Capped) => {
    telemetry.committed({ received: 1, revisions: [], partitions: [], stages: {}, capped: now })
    return (await telemetry.render()).split('\n').filter((line) => line.startsWith('lookthrough_capped_'))
  }
  expect(await told(capped)).toContain('lookthrough_capped_searches_total{search="simple-paths"} 12')
  expect(await told(capped)).toContain('lookthrough_capped_searches_total{search="simple-paths"} 12')
  telemetry.engine('running')
  const lines = await told({ 'simple-paths': 3, 'product-circles': 2 })
  expect(lines).toContain('lookthrough_capped_searches_total{search="simple-paths"} 15')
  expect(lines).toContain('lookthrough_capped_results{result="product-circles"} 2')
  expect(lines).toContain('lookthrough_capped_searches_total{search="round-trips"} 0')
  expect(await told({})).toContain('lookthrough_capped_results{result="product-circles"} 0')
})

/** What an engine with these rules has cut short when it has read the log. */
async function cappedBy(log: Buffer[], codes: string[]): Promise<Capped> {
  const db = await Database.open(':memory:', { threads: 1 })
  let capped: Capped = {}
  await runEngine({
    db,
    source: memorySource(log),
    rules: selectRules(await loadRules(), codes, []),
    sink: { deliver: () => Promise.resolve(), close: () => Promise.resolve() },
    onDelivered: (_delivered, _ledger, state) => void (capped = state.capped),
  })
  db.close()
  return capped
}

function event(i: number, type: EventType, subject: string, data: Record<string, unknown>): Buffer {
  const envelope = { specversion: '1.0', id: `e${i}`, source: '/institutions/B0001/core', type, time: formatTime(T0 + i), subject }
  return Buffer.from(JSON.stringify({ ...envelope, institution: 'B0001', sequence: String(i + 1), data }))
}
