import { existsSync, mkdirSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { loadRules } from '../cold/catalogue/catalogue.ts'
import { replay } from '../cold/replay/replay.ts'
import { type EngineProcess, newJob, outcomeOf, startEngineProcess, writeLog } from '../cold/testing/engine.ts'
import { SmallDisk } from '../cold/testing/small-disk.ts'
import { digestOf } from '../contract/index.ts'
import { openFiles } from '../hot/accept/file-source.ts'

const TIMES = Number(process.env['LOOKTHROUGH_DISK_FULL'] ?? 2)
const disk = SmallDisk.mount(96)
if (disk === undefined) console.log('skipped: the engine on a full disk, because mounting a tmpfs is not permitted here (run as root)')
const { log, events } = writeLog(9, 20_000)

describe.skipIf(disk === undefined)('an engine whose disk', () => {
  let expected: { digest: string; alerts: number }
  let states = 0
  const newState = () => {
    const state = join(disk?.folder ?? '', `state-${++states}`)
    mkdirSync(state)
    return state
  }

  beforeAll(async () => {
    const { revisions } = await replay({ source: await openFiles([log]), rules: await loadRules() })
    expected = { digest: digestOf(revisions), alerts: revisions.length }
  })
  afterAll(() => disk?.unmount())

  test(`fills up ${TIMES} times pauses each time, goes on by itself when there is room again, and loses nothing`, { timeout: 3_600_000 }, async () => {
    const job = newJob(log, { state: newState(), batch: Math.ceil(events / (TIMES + 1) / 8), paceMs: 100, maintenance: { snapshotMs: 1500, keep: 2 } })
    const run = startEngineProcess(job)
    for (let time = 1; time <= TIMES; time++) {
      await until(run, () => countOf(run, 'running') === time)
      disk?.fill()
      await until(run, () => countOf(run, 'paused') === time || countOf(run, 'running') > time)
      disk?.free()
    }
    await run.ended
    const { ended, digest, alerts, repeats, contradictions } = outcomeOf(job, run.lines)
    expect(run.lines.filter((line) => 'failed' in line || ('notice' in line && line.notice !== 'LT-2406'))).toEqual([])
    expect(countOf(run, 'paused')).toBeGreaterThanOrEqual(TIMES)
    expect(ended).toEqual({ nextOffset: events, used: events, late: 0, duplicate: 0, dead: 0 })
    expect([digest, alerts.length, repeats, contradictions]).toEqual([expected.digest, expected.alerts, 0, 0])
  })

  test('is read-only waits, and starts by itself when it can be written', { timeout: 300_000 }, async () => {
    const job = newJob(log, { state: newState(), batch: 3000 })
    disk?.setReadOnly(true)
    const run = startEngineProcess(job)
    await until(run, () => countOf(run, 'paused') > 0)
    expect(run.lines[0]).toEqual({ state: 'paused' })
    expect(existsSync(job.alerts)).toBe(false)
    disk?.setReadOnly(false)
    await run.ended
    expect([outcomeOf(job, run.lines).digest, outcomeOf(job, run.lines).repeats]).toEqual([expected.digest, 0])
  })
})

function countOf(run: EngineProcess, state: 'running' | 'paused'): number {
  return run.lines.filter((line) => 'state' in line && line.state === state).length
}

async function until(run: EngineProcess, condition: () => boolean): Promise<void> {
  while (!condition()) {
    if (run.child.exitCode !== null || run.child.signalCode !== null) throw new Error(`the engine has ended: ${JSON.stringify(run.lines)}`)
    await new Promise((resolve) => setTimeout(resolve, 20))
  }
}
