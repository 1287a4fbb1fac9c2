/** A small world for the desk's tests: alerts of two banks, users of every kind, a log that can be fed while the desk runs. */
import { tableFromArrays, tableToIPC } from 'apache-arrow'
import { WebSocket } from 'ws'
import { parseDecimal, type PublishedAlert } from '../../contract/index.ts'
import { type DeskOptions, startDesk } from '../desk.ts'
import type { DeskUser } from '../entitlements/users.ts'
import { FEED_PROTOCOL } from '../../contract/feed.ts'

const user = (name: string, role: DeskUser['role'], institution: string | null = null): DeskUser => ({ name, role, institution, token: `token-of-${name}` })

export const USERS = {
  supervisor: user('supervisor', 'supervisor'),
  analyst: user('analyst', 'analyst'),
  admin: user('admin', 'admin'),
  b1: user('desk-B0001', 'desk', 'B0001'),
  b2: user('desk-B0002', 'desk', 'B0002'),
}

/** Alert number `n`, of bank B0001 and disclosed unless said otherwise. */
export function alertOf(n: number, over: Partial<PublishedAlert> = {}): PublishedAlert {
  return {
    id: `A-${n.toString(16).padStart(20, '0')}`,
    revision: 1,
    state: 'new',
    mode: 'live',
    rule: { code: 'CR-02', id: 'credit/single-client-exposure', version: '1.0.0', hash: 'sha256:0' },
    institution: 'B0001',
    subject: { kind: 'party', id: `P${n}` },
    severity: 'blue',
    band: '80%',
    at: new Date(Date.UTC(2026, 2, 2, 1) + n * 1000).toISOString(),
    window: null,
    values: { exposure: '132.00' },
    threshold: '0.1500',
    says: { zh: `第 ${n} 条`, en: `number ${n}` },
    law: [],
    path: [],
    evidence: [],
    evidenceCount: 0,
    disclosure: 'institution',
    ...over,
  }
}

/** A loan of B0001 as an event in good order. */
export function loanEvent(over: Record<string, unknown> = {}): Record<string, unknown> & { data: Record<string, unknown> } {
  const data = { loanId: 'L1', customerId: 'C1', product: 'corporate', balance: '1000.00', ccy: 'CNY', dpd: 0, class: 'normal' }
  return {
    specversion: '1.0',
    id: 'e1',
    source: '/institutions/B0001/core',
    type: 'credit.loan',
    time: '2026-03-02T01:00:00Z',
    subject: 'L1',
    institution: 'B0001',
    sequence: '1',
    data,
    ...over,
  }
}

/** Loans as an Arrow IPC stream, one row each. */
export function arrowOf(loans: readonly ReturnType<typeof loanEvent>[]): Buffer {
  const attributes = ['id', 'source', 'type', 'time', 'subject', 'institution', 'sequence'].map((name) => [name, loans.map((l) => String(l[name]))])
  const fields = ['loanId', 'customerId', 'product', 'ccy', 'class'].map((name) => [name, loans.map((l) => String(l.data[name]))])
  const columns = {
    ...Object.fromEntries([...attributes, ...fields]),
    balance: BigInt64Array.from(loans, (l) => parseDecimal(String(l.data['balance']), 2) ?? 0n),
    dpd: Int32Array.from(loans, (l) => Number(l.data['dpd'])),
  }
  return Buffer.from(tableToIPC(tableFromArrays(columns), 'stream'))
}

/** What is pushed comes out, first what was there before anybody asked; after `end` nothing more, or the error. */
export function openLog(history: readonly PublishedAlert[] = []) {
  const waiting = [...history]
  let ended: { error?: Error } | undefined
  let wake = () => undefined as void
  async function* read(): AsyncGenerator<PublishedAlert> {
    for (;;) {
      for (let next = waiting.shift(); next !== undefined; next = waiting.shift()) yield next
      if (ended?.error !== undefined) throw ended.error
      if (ended !== undefined) return
      await new Promise<void>((resolve) => (wake = resolve))
    }
  }
  return {
    alerts: read(),
    push(...alerts: PublishedAlert[]) {
      waiting.push(...alerts)
      wake()
    },
    end(error?: Error) {
      ended = error === undefined ? {} : { error }
      wake()
    },
  }
}

/** A desk whose log can be fed, and what it told of its readers. */
export async function openDesk(history: readonly PublishedAlert[] = [], options: Partial<DeskOptions> = {}) {
  const log = openLog(history)
  const told = { open: 0, slow: 0 }
  const onFeed = { connections: (n: number) => (told.open = n), slow: () => (told.slow += 1) }
  const users = Object.values(USERS)
  const desk = await startDesk({ port: 0, users, alerts: log.alerts, publish: () => Promise.resolve(), rules: [], onFeed, ...options })
  return { url: desk.url, port: desk.port, push: log.push, told, close: () => desk.close() }
}

export type Frame = { type: string; sid?: string; seq?: number; prev?: number; cursor?: string; cursors?: Record<string, string>; [field: string]: unknown }

/** A feed client that keeps every frame it gets. */
export async function connect(url: string, token: string, headers: Record<string, string> = {}) {
  const socket = new WebSocket(`${url.replace('http', 'ws')}/v1/feed`, FEED_PROTOCOL, { headers: { authorization: `Bearer ${token}`, ...headers } })
  const frames: Frame[] = []
  const waiting = new Set<() => void>()
  const changed = () => {
    for (const check of waiting) check()
  }
  let closed: number | undefined
  socket.on('message', (data: Buffer) => {
    frames.push(JSON.parse(data.toString()) as Frame)
    changed()
  })
  socket.on('close', (code) => {
    closed = code
    changed()
  })
  await new Promise<void>((resolve, reject) => {
    socket.once('open', resolve)
    socket.once('error', reject)
  })
  /** Resolves once `ready`, asked after each frame and at the end of the connection, is true. */
  const until = (ready: () => boolean, ms = 10_000) =>
    new Promise<void>((resolve, reject) => {
      const timer = setTimeout(() => reject(new Error(`waited ${ms} ms in vain; last frames: ${JSON.stringify(frames.slice(-3)).slice(0, 500)}`)), ms)
      const check = () => {
        if (!ready()) return
        clearTimeout(timer)
        waiting.delete(check)
        resolve()
      }
      waiting.add(check)
      check()
    })
  return {
    socket,
    frames,
    until,
    of: (type: string, sid?: string) => frames.filter((f) => f.type === type && (sid === undefined || f.sid === sid)),
    send: (frame: unknown) => socket.send(JSON.stringify(frame)),
    closed: () => closed,
  }
}
