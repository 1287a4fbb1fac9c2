/** Many feed clients in processes of their own, and what they have got. */
import { type ChildProcess, fork } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import type { AlertFilter } from '../../pipeline/contract/feed.ts'

export type Order =
  /** As many clients are to be open: those that are not come (back, with their cursors); done when all are live. */
  | { do: 'open'; port: number; path: string; token: string; count: number; filter?: AlertFilter }
  /** Done when everybody who reads has this sequence. */
  | { do: 'await'; seq: number }
  | { do: 'pause'; count: number }
  /** Done when everybody has this sequence, or was closed. */
  | { do: 'resume'; seq: number }
  | { do: 'drop' }
  /** Whether ms from an event's time to its arrival are kept. */
  | { do: 'measure'; on: boolean }

/** `broken`: events whose `prev` is not the one that came before. `closed`: close codes, 0 for a connection that broke off. `ms`: of those who read, since the last report. */
export type FeedReport = { clients: number; events: number; broken: number; closed: number[]; ms: number[] }

export const latencies = { on: false }

export class Crowd {
  readonly #processes: ChildProcess[]

  constructor(processes: number) {
    // The built program, also where the tests run from the sources.
    const file = fileURLToPath(new URL('../../dist/loadtest/feed/crowd-process.js', pathFromRoot()))
    this.#processes = Array.from({ length: processes }, () => fork(file, { execArgv: [] }))
  }

  /** `count` is shared out among the processes. Resolves with what all of them together have got when all are done. */
  async all(order: Order): Promise<FeedReport> {
    const parts = this.#processes.map((process, k) => tell(process, shareOf(order, k, this.#processes.length)))
    const reports = await Promise.all(parts)
    return {
      clients: sum(reports.map((r) => r.clients)),
      events: sum(reports.map((r) => r.events)),
      broken: sum(reports.map((r) => r.broken)),
      closed: reports.flatMap((r) => r.closed),
      ms: reports.flatMap((r) => r.ms),
    }
  }

  close(): void {
    for (const process of this.#processes) process.disconnect()
  }
}

function pathFromRoot(): string {
  return import.meta.url.replace('/dist/', '/')
}

function shareOf(order: Order, k: number, of: number): Order {
  return 'count' in order ? { ...order, count: Math.floor((order.count * (k + 1)) / of) - Math.floor((order.count * k) / of) } : order
}

function tell(process: ChildProcess, order: Order): Promise<FeedReport> {
  return new Promise((resolve, reject) => {
    process.once('message', (told: FeedReport | { error: string }) => ('error' in told ? reject(new Error(told.error)) : resolve(told)))
    process.send(order)
  })
}

function sum(numbers: number[]): number {
  return numbers.reduce((a, b) => a + b, 0)
}
