import { mkdtempSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { loadRules } from '../cold/catalogue/catalogue.ts'
import type { PublishedAlert } from '../contract/index.ts'
import { batchOf, type RawBatch, type Source } from '../contract/source.ts'
import { runEngine } from '../engine.ts'
import { scenarioEvents } from '../scenario/steps.ts'
import { Database } from './database.ts'

const events = [...scenarioEvents(9, Date.UTC(2026, 10, 2, 1), 40_000)].map((e) => Buffer.from(JSON.stringify(e)))

/** The log from `from` on, handed out in slices; ends for good, or just stops, at `to`. */
function logOf(from: number, to: number, ends: boolean): Source {
  let at = from
  let done = false
  const pull = (max: number): RawBatch | null => {
    if (done || (!ends && at >= to)) return null
    const slice = events.slice(at, Math.min(to, at + max))
    const first = at
    at += slice.length
    done = ends && at >= to
    return batchOf(slice, { first, ended: done })
  }
  return {
    partitions: [{ topic: 'log', partition: 0 }],
    control: [],
    silent: () => [],
    writeControl: () => Promise.resolve(),
    close: () => Promise.resolve(),
    pull: (max) => Promise.resolve(pull(max)),
  }
}

async function run(file: string, source: Source, out: PublishedAlert[]): Promise<void> {
  const db = await Database.open(file)
  await runEngine({
    db,
    source,
    rules: await loadRules(),
    pace: { maxEvents: 500, waitMs: 1 },
    sink: { deliver: () => Promise.resolve(), close: () => Promise.resolve() },
    onDelivered: (d) => out.push(...d.revisions),
  })
  db.close()
}

test('an engine stopped and started again four times, over its file, says what an unbroken one says, and knows what it has seen', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'lookthrough-restore-'))
  const [whole, broken]: [PublishedAlert[], PublishedAlert[]] = [[], []]
  await run(join(folder, 'whole.duckdb'), logOf(0, events.length, true), whole)
  const file = join(folder, 'broken.duckdb')
  const stops = [3100, 6500, 7900, events.length - 800]
  let from = 0
  for (const stop of stops) {
    await run(file, logOf(from, stop, false), broken)
    from = stop
  }
  // The last run is handed the events of the one before once more: they are duplicates now, and change nothing.
  events.push(...events.slice(3000, 3050))
  await run(file, logOf(from, events.length, true), broken)
  expect(whole.length).toBeGreaterThan(5)
  expect(broken).toEqual(whole)
  const db = await Database.open(file)
  expect((await db.rows('SELECT used, duplicate, dead FROM lt.progress')).map((r) => r.map(Number))).toEqual([[events.length - 50, 50, 0]])
  db.close()
})
