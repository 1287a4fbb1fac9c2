/** The desk's log as two files that only grow, a line per record: it outlives the desk, and is read by several processes at once. */
import { appendFileSync, closeSync, existsSync, openSync, readFileSync, readSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { type Action, actionEvent, actionIn } from '../../contract/action.ts'
import type { DeskLog, LogRecord } from '../../contract/desk-log.ts'
import type { PublishedAlert } from '../../contract/index.ts'

const POLL_MS = 5

export type FileLog = DeskLog & {
  push(...alerts: PublishedAlert[]): void
  /** From where it was asked to read, the last time. */
  readonly begunAt: Record<string, number>
}

export function fileLog(folder: string): FileLog {
  const files = { alerts: join(folder, 'alerts.ndjson'), actions: join(folder, 'actions.ndjson') }
  let begunAt: Record<string, number> = {}
  return {
    get begunAt() {
      return begunAt
    },
    push: (...alerts) => appendFileSync(files.alerts, alerts.map((alert) => `${JSON.stringify(alert)}\n`).join('')),
    write(actions: readonly Action[]) {
      appendFileSync(files.actions, actions.map((action) => `${JSON.stringify(actionEvent(action))}\n`).join(''))
      return Promise.resolve()
    },
    isMissing: (from) => Promise.resolve(from.find((p) => p.offset > linesIn(p.topic === 'alerts' ? files.alerts : files.actions))),
    async *read(from, signal) {
      begunAt = Object.fromEntries(from.map((p) => [p.topic, p.offset]))
      const tails = Object.entries(files).map(([topic, file]) => new Tail(topic, file, begunAt[topic] ?? 0))
      while (!signal.aborted) {
        const records = tails.flatMap((tail) => tail.read())
        yield* records
        if (records.length === 0) await new Promise((resolve) => setTimeout(resolve, POLL_MS))
      }
    },
  }
}

class Tail {
  readonly #topic: string
  readonly #file: string
  readonly #from: number
  #bytes = 0
  #line = 0
  #rest = ''

  constructor(topic: string, file: string, from: number) {
    this.#topic = topic
    this.#file = file
    this.#from = from
  }

  read(): LogRecord[] {
    const lines = (this.#rest + this.#more()).split('\n')
    this.#rest = lines.pop() ?? ''
    return lines.flatMap((line): LogRecord[] => {
      const place = { topic: this.#topic, partition: 0, offset: this.#line++, at: Date.now() }
      if (place.offset < this.#from) return []
      const action = this.#topic === 'actions' ? actionIn(line) : undefined
      return [action === undefined ? { ...place, alert: JSON.parse(line) as PublishedAlert } : { ...place, action }]
    })
  }

  #more(): string {
    if (!existsSync(this.#file)) return ''
    const bytes = Buffer.alloc(statSync(this.#file).size - this.#bytes)
    if (bytes.length === 0) return ''
    const file = openSync(this.#file, 'r')
    const read = readSync(file, bytes, 0, bytes.length, this.#bytes)
    closeSync(file)
    this.#bytes += read
    return bytes.subarray(0, read).toString()
  }
}

function linesIn(file: string): number {
  return existsSync(file) ? readFileSync(file, 'utf8').split('\n').length - 1 : 0
}
