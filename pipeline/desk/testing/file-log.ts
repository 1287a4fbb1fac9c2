/** The desk's log as files that only grow, a line per record: it outlives the desk, and is read by several processes at once. */
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

/** With several `partitions` of alerts, which of them is read first is left to chance, as with a broker. */
export function fileLog(folder: string, partitions = 1): FileLog {
  const files = {
    ...Object.fromEntries(Array.from({ length: partitions }, (_, p) => [`alerts/${p}`, join(folder, `alerts-${p}.ndjson`)])),
    'actions/0': join(folder, 'actions.ndjson'),
  } as Record<string, string>
  const fileOf = ({ topic, partition }: { topic: string; partition: number }) => files[`${topic}/${partition}`] ?? ''
  const partitionOf = ({ id }: PublishedAlert) => Number.parseInt(id.slice(-1), 16) % partitions
  let begunAt: Record<string, number> = {}
  return {
    get begunAt() {
      return begunAt
    },
    push(...alerts) {
      for (let partition = 0; partition < partitions; partition++) {
        const own = alerts.filter((alert) => partitionOf(alert) === partition)
        if (own.length > 0) appendFileSync(fileOf({ topic: 'alerts', partition }), own.map((alert) => `${JSON.stringify(alert)}\n`).join(''))
      }
    },
    write(actions: readonly Action[]) {
      appendFileSync(fileOf({ topic: 'actions', partition: 0 }), actions.map((action) => `${JSON.stringify(actionEvent(action))}\n`).join(''))
      return Promise.resolve()
    },
    isMissing: (from) => Promise.resolve(from.find((p) => p.offset > linesIn(fileOf(p)))),
    async *read(from, signal) {
      begunAt = Object.fromEntries(from.map((p) => [`${p.topic}/${p.partition}`, p.offset]))
      const tails = Object.entries(files).map(([place, file]) => new Tail(place, file, begunAt[place] ?? 0))
      while (!signal.aborted) {
        const records = tails.sort(() => Math.random() - 0.5).flatMap((tail) => tail.read())
        yield* records
        if (records.length === 0) await new Promise((resolve) => setTimeout(resolve, POLL_MS))
      }
    },
  }
}

class Tail {
  readonly #topic: string
  readonly #partition: number
  readonly #file: string
  readonly #from: number
  #bytes = 0
  #line = 0
  #rest = ''

  constructor(place: string, file: string, from: number) {
    const [topic = '', partition] = place.split('/')
    this.#topic = topic
    this.#partition = Number(partition)
    this.#file = file
    this.#from = from
  }

  read(): LogRecord[] {
    const lines = (this.#rest + this.#more()).split('\n')
    this.#rest = lines.pop() ?? ''
    return lines.flatMap((line): LogRecord[] => {
      const place = { topic: this.#topic, partition: this.#partition, offset: this.#line++, at: Date.now() }
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
