import { expect, test } from 'vitest'
import { loadRules } from '../cold/catalogue/catalogue.ts'
import { replay } from '../cold/replay/replay.ts'
import type { ChildLine } from '../cold/testing/engine-child.ts'
import { newJob, outcomeOf, removeJob, startEngineProcess, writeLog } from '../cold/testing/engine.ts'
import { FAILPOINTS } from '../contract/failpoint.ts'
import { digestOf } from '../contract/index.ts'
import { openFiles } from '../hot/accept/file-source.ts'

/** Per failpoint. */
const KILLS = Number(process.env['LOOKTHROUGH_FAILPOINT_KILLS'] ?? 2)
const { log, events } = writeLog(9, 12_000)
const unbroken = replay({ source: await openFiles([log]), rules: await loadRules() })

test.each(FAILPOINTS)(`killed ${KILLS} times at %s, the engine says what an unbroken one says, each revision once`, { timeout: 3_600_000 }, async (name) => {
  const expected = (await unbroken).revisions
  let kills = 0
  for (let round = 0; round === 0 || kills < KILLS; round++) {
    const job = newJob(log, { batch: 150, maintenance: { snapshotMs: 1, walBytes: 1 << 20, idleMs: 1 } })
    const said: ChildLine[] = []
    let run
    do {
      // At varying points of the work, and of what is going on meanwhile.
      const step = kills * 7919 + round
      const late = name.startsWith('during') && step % 3 > 0 ? `:${1 + (step % 6)}` : ''
      run = startEngineProcess(job, kills < KILLS ? `${name}:${name === 'create-tables' ? 1 : 1 + (step % 4)}${late}` : undefined)
      if ((await run.ended).signal === 'SIGKILL') kills++
      said.push(...run.lines)
    } while (run.child.signalCode === 'SIGKILL')
    const { ended, digest, repeats, contradictions, alerts } = outcomeOf(job, run.lines)
    expect(ended).toEqual({ nextOffset: events, used: events, late: 0, duplicate: 0, dead: 0 })
    expect([digest, alerts.length, repeats, contradictions]).toEqual([digestOf(expected), expected.length, 0, 0])
    expect(alerts.length).toBeGreaterThan(10)
    // A kill breaks no file: nothing was moved aside.
    expect(said.filter((line) => 'notice' in line || 'failed' in line)).toEqual([])
    removeJob(job)
  }
})
