/** A small world for the desk's tests: alerts of two banks, users of every kind, a log that can be fed while the desk runs. */
import { WebSocket } from 'ws'
import type { PublishedAlert } from '../../contract/index.ts'
import type { DeskUser } from '../entitlements/users.ts'
import { FEED_PROTOCOL } from '../feed/frames.ts'

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

export type Frame = { type: string; sid?: string; seq?: number; prev?: number; cursor?: string; [field: string]: unknown }

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
