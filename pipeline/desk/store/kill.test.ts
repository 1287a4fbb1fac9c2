import { type ChildProcess, fork } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { afterEach, expect, test } from 'vitest'
import type { PublishedAlert } from '../../contract/index.ts'
import { type FileLog, fileLog } from '../testing/file-log.ts'
import { alertOf, connect, USERS } from '../testing/world.ts'

const CHILD = fileURLToPath(new URL('../../../dist/pipeline/desk/testing/desk-child.js', import.meta.url))
const KILLS = 4

const folder = mkdtempSync(join(tmpdir(), 'lookthrough-killed-'))
let child: ChildProcess | undefined
afterEach(() => {
  child?.kill('SIGKILL')
  rmSync(folder, { recursive: true, force: true })
})

async function startChild(): Promise<string> {
  child = fork(CHILD, [folder], { stdio: ['ignore', 'inherit', 'inherit', 'ipc'], execArgv: [] })
  const [told] = (await once(child, 'message')) as [{ url?: string; notice?: string }]
  if (told.url === undefined) throw new Error(`the desk says ${told.notice}`)
  return told.url
}

async function killChild(): Promise<void> {
  const ended = once(child as ChildProcess, 'exit')
  child?.kill('SIGKILL')
  await ended
}

/** What a reader has seen under which number, over all its connections; it says so when a number is used twice. */
class Reader {
  readonly seen = new Map<number, string>()
  readonly recovered: unknown[] = []
  cursor: string | undefined
  #client: Awaited<ReturnType<typeof connect>> | undefined
  readonly #token: string

  constructor(token: string) {
    this.#token = token
  }

  async open(url: string): Promise<void> {
    const client = await connect(url, this.#token)
    this.#client = client
    client.socket.on('error', () => undefined)
    client.send({ op: 'subscribe', sid: 's', from: this.cursor === undefined ? 'snapshot' : { cursor: this.cursor } })
    await client.until(() => client.of('subscribed').length > 0, 60_000)
  }

  /** What came on the last connection; call it when that is gone. */
  take(): void {
    for (const frame of this.#client?.frames ?? []) {
      if (frame.type === 'subscribed') this.recovered.push(frame['recovered'])
      if (frame.type === 'subscribed' || frame.type === 'event') this.cursor = frame.cursor
      if (frame.type !== 'event') continue
      const { id } = frame['event'] as { id: string }
      const seq = Number(frame.seq)
      if ((this.seen.get(seq) ?? id) !== id) throw new Error(`${seq} was ${this.seen.get(seq)} and is ${id}`)
      this.seen.set(seq, id)
    }
  }

  /** Waits for the entry of this number, then takes what came. */
  async upTo(seq: number): Promise<void> {
    await this.#client?.until(() => (this.#client?.frames ?? []).some((f) => f.type === 'event' && f.seq === seq), 60_000)
    this.#client?.socket.terminate()
    this.take()
  }
}

/** Bursts of revisions of both banks while `busy` lasts. */
async function write(log: FileLog, written: PublishedAlert[], busyMs: number): Promise<void> {
  const until = Date.now() + busyMs
  while (Date.now() < until) {
    const burst = Array.from({ length: 1 + Math.floor(Math.random() * 20) }, (_, k) => {
      const n = written.length + k
      return alertOf(Math.floor(n / 3), { revision: 1 + (n % 3), institution: Math.floor(n / 3) % 2 === 0 ? 'B0001' : 'B0002' })
    })
    log.push(...burst)
    written.push(...burst)
    await new Promise((resolve) => setTimeout(resolve, 10))
  }
}

test('a desk killed in the middle of bursts loses nothing a reader has seen, and renumbers nothing', { timeout: 120_000 }, async () => {
  const log = fileLog(folder, 3)
  log.push(alertOf(1_000_000))
  const readers = [new Reader(USERS.supervisor.token), new Reader(USERS.b1.token)]
  const written: PublishedAlert[] = []
  let url = await startChild()
  for (const reader of readers) await reader.open(url)
  for (let kill = 0; kill < KILLS; kill++) {
    const writing = write(log, written, 1200)
    await new Promise((resolve) => setTimeout(resolve, 200 + Math.random() * 800))
    await killChild()
    url = await startChild()
    await writing
    for (const reader of readers) {
      reader.take()
      await reader.open(url)
    }
  }
  const streams = [written, written.filter((alert) => alert.institution === 'B0001')]
  for (const [k, reader] of readers.entries()) {
    const expected = (streams[k] ?? []).map(({ id, revision }) => `${id}/${revision}`)
    await reader.upTo(expected.length + 1)
    expect([...reader.seen.keys()].sort((a, b) => a - b)).toEqual(expected.map((_, n) => n + 2))
    expect([...reader.seen.values()].sort()).toEqual(expected.sort())
    expect(reader.recovered).toEqual([false, ...Array.from({ length: KILLS }, () => true)])
  }
  expect([...readers].every((reader) => reader.seen.size > 50)).toBe(true)
})
