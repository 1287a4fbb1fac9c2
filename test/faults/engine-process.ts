/** `lookthrough run --role engine` in a process of its own, to be killed, ended and looked at. */
import { type ChildProcess, spawn } from 'node:child_process'
import { mkdtempSync, readFileSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { StateConfig } from '../../pipeline/cold/config/config.ts'
import type { KafkaOptions } from '../../pipeline/kafka/client.ts'
import { Database } from '../../pipeline/store/database.ts'

export type Books = { topic: string; partition: number; nextOffset: number; used: number; late: number; duplicate: number; dead: number }

export class EngineProcess {
  readonly folder = mkdtempSync(join(tmpdir(), 'lookthrough-fault-'))
  /** What it said on stderr, all lives together. */
  said = ''
  /** Highest resident memory of any life so far, MiB. */
  peakMiB = 0
  #child: ChildProcess | undefined
  readonly #config: string

  constructor(kafka: KafkaOptions, state: StateConfig = {}) {
    this.#config = join(this.folder, 'config.yaml')
    writeFileSync(this.#config, `kafka: ${JSON.stringify(kafka)}\ndata: ${join(this.folder, 'data')}\nstate: ${JSON.stringify(state)}\n`)
  }

  get runs(): boolean {
    return this.#child !== undefined && this.#child.exitCode === null && this.#child.signalCode === null
  }

  /** `module`: loaded before the program, in each of its threads. */
  start({ module, environment }: { module?: string; environment?: Record<string, string> } = {}): void {
    const before = module === undefined ? [] : ['--import', module]
    this.#child = spawn(process.execPath, [...before, 'pipeline/launch.cjs', 'run', '--config', this.#config, '--role', 'engine'], {
      env: { ...process.env, LOOKTHROUGH_LANG: 'en', ...environment },
      stdio: ['ignore', 'ignore', 'pipe'],
    })
    this.#child.stderr?.setEncoding('utf8').on('data', (text: string) => (this.said += text))
  }

  /** Sends the signal and waits for the end; returns the ms that took and the exit code. */
  async end(signal: 'SIGTERM' | 'SIGKILL'): Promise<{ ms: number; code: number | null }> {
    const child = this.#child
    const sent = performance.now()
    if (child !== undefined && this.runs) {
      this.residentMiB()
      const exited = new Promise((resolve) => child.once('exit', resolve))
      child.kill(signal)
      await exited
    }
    return { ms: performance.now() - sent, code: child?.exitCode ?? null }
  }

  /** Resident memory now, MiB. */
  residentMiB(): number {
    const status = readStatus(this.#child?.pid)
    this.peakMiB = Math.max(this.peakMiB, mib(status, 'VmHWM'))
    return mib(status, 'VmRSS')
  }

  /** The books of every partition, from the file it left. */
  async books(): Promise<Books[]> {
    const db = await Database.open(join(this.folder, 'data', 'state.duckdb'))
    try {
      const rows = await db.rows('SELECT topic, "partition", next_offset, used, late, duplicate, dead FROM engine.partition ORDER BY topic, "partition"')
      return rows.map(([topic, partition, ...counts]) => {
        const [nextOffset, used, late, duplicate, dead] = counts.map(Number) as [number, number, number, number, number]
        return { topic: String(topic), partition: Number(partition), nextOffset, used, late, duplicate, dead }
      })
    } finally {
      db.close()
    }
  }
}

/** Partitions where in ≠ used + late + duplicate + dead. */
export function unbalanced(books: readonly Books[]): string[] {
  return books
    .filter((b) => b.nextOffset !== b.used + b.late + b.duplicate + b.dead)
    .map((b) => `${b.topic}/${b.partition}: ${b.nextOffset} in, ${b.used} used, ${b.late} late, ${b.duplicate} duplicate, ${b.dead} dead`)
}

function readStatus(pid: number | undefined): string {
  try {
    return readFileSync(`/proc/${pid ?? 0}/status`, 'utf8')
  } catch {
    return ''
  }
}

function mib(status: string, name: string): number {
  return Math.round(Number(new RegExp(`${name}:\\s+(\\d+)`).exec(status)?.[1] ?? 0) / 1024)
}
