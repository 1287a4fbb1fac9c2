import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, describe, expect, test } from 'vitest'
import { loadRules } from '../../../cold/catalogue/catalogue.ts'
import { formatTime, parseTime, type PublishedAlert } from '../../../contract/index.ts'
import { batchOf, type ControlRecord, type Source } from '../../../contract/source.ts'
import { runEngine } from '../../../engine.ts'
import { Database } from '../../../store/database.ts'

const folder = mkdtempSync(join(tmpdir(), 'lookthrough-due-'))
afterAll(() => rmSync(folder, { recursive: true, force: true }))

const rules = (await loadRules()).filter((r) => r.kind === 'due')
const START = parseTime('2026-03-02T01:00:00Z') ?? 0

type Sent = [second: number, sequence: number, institution?: string]

function eventOf([second, sequence, institution = 'B0001']: Sent): Buffer {
  const time = formatTime(START + second * 1000)
  const of = { specversion: '1.0', id: `${institution}-${sequence}`, source: `/${institution}`, type: 'sys.heartbeat', time, subject: institution }
  return Buffer.from(JSON.stringify({ ...of, institution, sequence: String(sequence), data: { until: time } }))
}

/** A log read from `from` to `to`, in batches of `size`; at its end it is closed, before that the engine just stops. */
function sourceOf(log: readonly Buffer[], { from = 0, to = log.length, size = 1000, control = [] as ControlRecord[] }): Source {
  let at = from
  let isDone = false
  return {
    partitions: [{ topic: 'log', partition: 0 }],
    control,
    silent: () => [],
    writeControl: () => Promise.resolve(),
    close: () => Promise.resolve(),
    pull() {
      if (isDone || (to < log.length && at >= to)) return Promise.resolve(null)
      const [first, slice] = [at, log.slice(at, Math.min(to, at + size))]
      at += slice.length
      isDone = at >= log.length
      return Promise.resolve(batchOf(slice, { first, ended: isDone }))
    },
  }
}

async function told(source: Source, db: Database, options: { foldAbove?: number } = {}): Promise<PublishedAlert[]> {
  const out: PublishedAlert[] = []
  const sink = { deliver: () => Promise.resolve(), close: () => Promise.resolve() }
  await runEngine({ db, source, sink, rules, onDelivered: (d) => out.push(...d.revisions), ...options })
  return out
}

const brief = (alerts: readonly PublishedAlert[]) =>
  alerts.map((a) => `${a.rule.code} ${a.subject.part ?? a.subject.id} ${a.at.slice(11, 19)} ${a.state} ${Object.values(a.values).join('–')}`)

describe('what has not come', () => {
  test('before a cold start is told once when it begins, and only what still has not come', async () => {
    const log = (
      [
        [0, 1],
        [10, 3],
        [20, 5],
        [100, 2],
        [200, 1, 'B0002'],
        [1500, 2, 'B0002'],
      ] as Sent[]
    ).map(eventOf)
    const control: ControlRecord[] = [{ kind: 'judge-from', at: START + 1_000_000 }]
    const alerts = await told(sourceOf(log, { control }), await Database.open(':memory:'))
    expect(brief(alerts)).toEqual([
      'DQ-04 4 01:16:41 new 4–4',
      'DQ-03 B0001 01:16:41 new 2026-03-02T01:01:40.000Z',
      'DQ-03 B0002 01:16:41 new 2026-03-02T01:03:20.000Z',
      'DQ-03 B0002 01:25:00 resolved 2026-03-02T01:25:00.000Z',
    ])
  })

  test('is known to an engine that is stopped and started after every message', async () => {
    const log = (
      [
        [0, 1],
        [5, 9, 'B0002'],
        [10, 8],
        [30, 4],
        [90, 2],
        [95, 3],
        [200, 10, 'B0002'],
        [700, 12, 'B0002'],
        [800, 11, 'B0002'],
        [900, 7],
        [901, 9],
        [1600, 13, 'B0002'],
      ] as Sent[]
    ).map(eventOf)
    const whole = await told(sourceOf(log, {}), await Database.open(':memory:'))
    const file = join(folder, 'stopped.duckdb')
    const broken: PublishedAlert[] = []
    for (let at = 0; at < log.length; at++) {
      const db = await Database.open(file)
      broken.push(...(await told(sourceOf(log, { from: at, to: at + 1 }), db, { foldAbove: at % 3 })))
      db.close()
    }
    expect(brief(whole)).toContain('DQ-04 2 01:01:10 new 2–3')
    expect(brief(whole)).toContain('DQ-04 2 01:01:35 resolved 2–3')
    expect(brief(whole)).toContain('DQ-04 5 01:01:10 new 5–7')
    expect(brief(whole).filter((line) => line.startsWith('DQ-03'))).toHaveLength(5)
    expect(broken).toEqual(whole)
  })

  test('beyond a thousand gaps of a stream is counted and not told, the same after a start and in any batches', async () => {
    // Every other number, then one of those in between that can be told apart: it fills a gap of its own.
    const log = [...Array.from({ length: 1005 }, (_, i): Sent => [i, i * 2 + 1]), [1300, 2], [1301, 2012], [1400, 2013]] as Sent[]
    const db = await Database.open(':memory:')
    const whole = await told(sourceOf(log.map(eventOf), {}), db)
    const gaps = whole.filter((a) => a.rule.code === 'DQ-04')
    expect(gaps.filter((a) => a.state === 'resolved').map((a) => a.values['from'])).toEqual(['2'])
    // Four are given up; the one that has come makes room for another.
    expect(gaps.filter((a) => a.state === 'new').map((a) => Number(a.values['from']))).toEqual([...Array.from({ length: 1000 }, (_, i) => i * 2 + 2), 2010])
    expect(await db.rows('SELECT given_up::INTEGER, open_gaps::INTEGER, received::INTEGER, used::INTEGER FROM sys.stream')).toEqual([[4, 1000, 1008, 1008]])
    const file = await Database.open(join(folder, 'many.duckdb'))
    const first = await told(sourceOf(log.map(eventOf), { to: 1003, size: 100 }), file)
    const second = await told(sourceOf(log.map(eventOf), { from: 1003, size: 2 }), file)
    expect([...first, ...second]).toEqual(whole)
    file.close()
  })
})
