/** Runs `engine-child` over a small log of the scenario, and reads what it left. Needs compiled code. */
import { type ChildProcess, spawn } from 'node:child_process'
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { digestOf, type PublishedAlert } from '../../contract/index.ts'
import { scenarioEvents } from '../../scenario/steps.ts'
import type { ChildJob, ChildLine } from './engine-child.ts'

/** Events of `storyMs` of the scenario, as NDJSON in a folder of its own. */
export function writeLog(seed: number, storyMs: number): { log: string; events: number } {
  const log = join(mkdtempSync(join(tmpdir(), 'lookthrough-log-')), 'log.ndjson')
  const lines = [...scenarioEvents(seed, Date.UTC(2026, 10, 2, 1), storyMs)].map((e) => `${JSON.stringify(e)}\n`)
  writeFileSync(log, lines.join(''))
  return { log, events: lines.length }
}

/** A job in new folders; the alerts lie beside the state, never in its folder. */
export function newJob(log: string, more: Partial<ChildJob> = {}): ChildJob {
  const folder = mkdtempSync(join(tmpdir(), 'lookthrough-engine-'))
  const state = mkdtempSync(join(folder, 'state-'))
  return { state, log, alerts: join(folder, 'alerts.ndjson'), batch: 400, ...more }
}

/** Deletes what a job left. */
export function removeJob(job: ChildJob): void {
  for (const folder of [job.state, dirname(job.alerts)]) rmSync(folder, { recursive: true, force: true })
}

export type EngineProcess = {
  child: ChildProcess
  /** Printed so far. */
  lines: ChildLine[]
  ended: Promise<{ code: number | null; signal: NodeJS.Signals | null }>
}

const CHILD = fileURLToPath(new URL('../../../dist/pipeline/cold/testing/engine-child.js', import.meta.url))

/** `failpoint` as in the environment variable. */
export function startEngineProcess(job: ChildJob, failpoint?: string): EngineProcess {
  const { LOOKTHROUGH_FAILPOINT: _, ...env } = process.env
  const child = spawn(process.execPath, [CHILD, JSON.stringify(job)], {
    env: failpoint === undefined ? env : { ...env, LOOKTHROUGH_FAILPOINT: failpoint },
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  const lines: ChildLine[] = []
  let rest = ''
  child.stdout.setEncoding('utf8').on('data', (text: string) => {
    const parts = `${rest}${text}`.split('\n')
    rest = parts.pop() ?? ''
    for (const part of parts) lines.push(JSON.parse(part) as ChildLine)
  })
  const ended = new Promise<{ code: number | null; signal: NodeJS.Signals | null }>((resolve) =>
    child.once('close', (code, signal) => resolve({ code, signal })),
  )
  return { child, lines, ended }
}

/** What an engine said and counted, to compare one run with another. */
export type Outcome = {
  ended: Extract<ChildLine, { ended: unknown }>['ended'] | undefined
  /** Canonical bodies, sorted; each (id, revision) once. */
  alerts: string[]
  digest: string
  /** Revisions that were sent more than once with different bytes: must be none. */
  contradictions: number
  /** Revisions sent more than once with the same bytes. */
  repeats: number
}

export function outcomeOf(job: ChildJob, lines: ChildLine[]): Outcome {
  const bodies = existsSync(job.alerts)
    ? readFileSync(job.alerts, 'utf8')
        .split('\n')
        .filter((line) => line !== '')
    : []
  const byRevision = new Map<string, string>()
  let contradictions = 0
  for (const body of bodies) {
    const { id, revision } = JSON.parse(body) as PublishedAlert
    const key = `${id}/${revision}`
    if ((byRevision.get(key) ?? body) !== body) contradictions++
    byRevision.set(key, body)
  }
  const alerts = [...byRevision.values()].sort()
  return {
    ended: lines.flatMap((line) => ('ended' in line ? [line.ended] : [])).at(-1),
    alerts,
    digest: digestOf(alerts.map((body) => JSON.parse(body) as PublishedAlert)),
    contradictions,
    repeats: bodies.length - byRevision.size,
  }
}
