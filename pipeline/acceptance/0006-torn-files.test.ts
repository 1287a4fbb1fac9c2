import { copyFileSync, cpSync, existsSync, readdirSync, readFileSync, statSync, truncateSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { loadRules } from '../cold/catalogue/catalogue.ts'
import { replay } from '../cold/replay/replay.ts'
import type { ChildJob } from '../cold/testing/engine-child.ts'
import { newJob, outcomeOf, removeJob, startEngineProcess, writeLog } from '../cold/testing/engine.ts'
import { digestOf } from '../contract/index.ts'
import { openFiles } from '../hot/accept/file-source.ts'
import { randomFor } from '../scenario/random.ts'

/** Damages of each kind. */
const POINTS = Number(process.env['LOOKTHROUGH_TORN_POINTS'] ?? 2)
const { log, events } = writeLog(9, 20_000)
/** Sixty commits. */
const batch = Math.ceil(events / 60)
const random = randomFor(20_260_302, 'torn files')
const at = (bytes: number) => random.whole(0, bytes - 1)

const KINDS: Record<string, (state: string) => void> = {
  'its file truncated': (state) => truncateSync(state, at(statSync(state).size)),
  'its log truncated': (state) => truncateSync(`${state}.wal`, at(statSync(`${state}.wal`).size)),
  'bytes of its file flipped': flip,
  'bytes of its log flipped': (state) => flip(`${state}.wal`),
}

describe('an engine killed in the middle', () => {
  let killed: ChildJob
  let expected: { digest: string; alerts: number }

  beforeAll(async () => {
    const { revisions } = await replay({ source: await openFiles([log]), rules: await loadRules() })
    expected = { digest: digestOf(revisions), alerts: revisions.length }
    // A snapshot, then a file that is ahead of it, then a log that is ahead of the file.
    killed = newJob(log, { batch, maintenance: { snapshotMs: 3_600_000 } })
    for (const commits of [20, 18]) await startEngineProcess(killed, `before-commit:${commits}`).ended
    await startEngineProcess(killed, 'before-commit:16').ended
    expect(readdirSync(killed.state).some((f) => f.includes('.snapshot-'))).toBe(true)
    expect(existsSync(killed.alerts)).toBe(true)
    expect(statSync(join(killed.state, 'state.duckdb.wal')).size).toBeGreaterThan(100_000)
  })

  afterAll(() => removeJob(killed))

  test.each(Object.keys(KINDS))(
    `and then %s, at ${POINTS} random points: it finds out, goes on from what is good, and no alert is wrong`,
    {
      timeout: 3_600_000,
    },
    async (kind) => {
      const wentOn = new Map<string, number>()
      let repeated = 0
      for (let point = 0; point < POINTS; point++) {
        const job = newJob(log, { batch: 3000 })
        cpSync(killed.state, job.state, { recursive: true })
        copyFileSync(killed.alerts, job.alerts)
        KINDS[kind]?.(join(job.state, 'state.duckdb'))
        const run = startEngineProcess(job)
        const { code } = await run.ended
        const { ended, digest, alerts, contradictions, repeats } = outcomeOf(job, run.lines)
        const said = run.lines.filter((line) => 'failed' in line)
        expect([kind, point, code, said, ended]).toEqual([kind, point, 0, [], { nextOffset: events, used: events, late: 0, duplicate: 0, dead: 0 }])
        expect([digest, alerts.length, contradictions]).toEqual([expected.digest, expected.alerts, 0])
        const notice = run.lines.find((line) => 'notice' in line)
        const from =
          notice === undefined
            ? 'the file as it was'
            : (/going on from (?:\S*\.)?(snapshot|the last checkpoint|the first event)/.exec(notice.text)?.[1] ?? notice.text)
        wentOn.set(from, (wentOn.get(from) ?? 0) + 1)
        repeated += repeats
        removeJob(job)
      }
      console.log(
        `${kind}: ${POINTS} × right; went on from ${[...wentOn].map(([from, n]) => `${from} ${n}`).join(', ')}; ${repeated} revisions sent again, same bytes`,
      )
    },
  )

  test('and then both its file and every snapshot broken, it starts over where the log still holds its first event', async () => {
    const job = newJob(log, { batch: 3000 })
    cpSync(killed.state, job.state, { recursive: true })
    for (const file of readdirSync(job.state)) if (!file.endsWith('.wal')) truncateSync(join(job.state, file), 5000)
    const run = startEngineProcess(job)
    await run.ended
    const { ended, digest } = outcomeOf(job, run.lines)
    expect([ended?.used, digest]).toEqual([events, expected.digest])
    expect(run.lines.some((line) => 'notice' in line && line.notice === 'LT-2410' && line.text.includes('the first event'))).toBe(true)
    expect(existsSync(join(job.state, 'state.duckdb.quarantine-1'))).toBe(true)
    removeJob(job)
  })
})

/** One to eight bytes, each by one bit. */
function flip(file: string): void {
  const bytes = readFileSync(file)
  for (let n = 1 + at(8); n > 0; n--) {
    const i = at(bytes.length)
    bytes[i] = (bytes[i] ?? 0) ^ (1 << at(8))
  }
  writeFileSync(file, bytes)
}
