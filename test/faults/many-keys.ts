/**
 * R18: an attack by number: each event has an id, a payer and a payee that were never seen before. What is remembered stays within its bound, memory
 * within the limit; every event is in the books.
 */
import { spawn } from 'node:child_process'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import type { Flood, FloodReport } from './flood-engine.ts'
import type { Report } from './suite.ts'
import { some } from './verdict.ts'

const RSS_MIB = 3072

export async function manyKeys({ events = 10_000_000, repeated = 20_000 }: Record<string, number>): Promise<Report> {
  const folder = mkdtempSync(join(tmpdir(), 'lookthrough-flood-'))
  const report = await flood({ folder, events, repeated })
  rmSync(folder, { recursive: true, force: true })
  const { used, late, duplicate, dead, peakMiB, remembered, seconds, fileMiB } = report
  return {
    figures: {
      'distinct events': events,
      'repetitions of the latest': repeated,
      used,
      'told as duplicates': duplicate,
      'keys remembered': remembered,
      'peak RSS MiB': peakMiB,
      'state file MiB': fileMiB,
      'events a second': Math.round((events + repeated) / seconds),
    },
    differences: [
      ...some('events are not in the books', Math.abs(events + repeated - used - late - duplicate - dead)),
      ...some('repetitions of the latest events were taken for new ones', repeated - duplicate),
    ],
    exceeded: some(`MiB were resident, not at most ${RSS_MIB}`, peakMiB > RSS_MIB ? peakMiB : 0),
  }
}

function flood(job: Flood): Promise<FloodReport> {
  // From compiled code in any case: the tests run from source.
  const root = fileURLToPath(new URL('../../', import.meta.url)).replace(/dist\/$/, '')
  const child = spawn(process.execPath, [join(root, 'dist/test/faults/flood-engine.js'), JSON.stringify(job)], { stdio: ['ignore', 'pipe', 'inherit'] })
  let text = ''
  child.stdout.setEncoding('utf8').on('data', (part: string) => (text += part))
  return new Promise((resolve, reject) => {
    child.once('exit', (code) => (code === 0 ? resolve(JSON.parse(text) as FloodReport) : reject(new Error(`the engine ended with ${code}`))))
  })
}
