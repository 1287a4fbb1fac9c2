import fc from 'fast-check'
import { expect, test } from 'vitest'
import { alertOf } from '../testing/world.ts'
import { Channel } from './channel.ts'
import { Cursors } from './cursors.ts'
import type { EntryFrames } from './frames.ts'
import { AlertLog } from './log.ts'
import { MAX_QUEUED_BYTES, type Outlet, type Standing, Subscription } from './subscription.ts'

type Got = { seq: number; prev: number; id: string; revision: number; conflated: number }

/** A reader that takes so many bytes when it is told to, and keeps what it has got. */
class SlowReader implements Outlet {
  held = 0
  queued = 0
  isOpen = true
  most = 0
  isLagging = false
  subscription: Subscription | undefined
  readonly got: Got[] = []
  #waiting: (() => void)[] = []
  readonly #queue: number[] = []

  read(bytes: number): void {
    for (let left = bytes; left > 0 && this.#queue.length > 0; ) {
      const size = this.#queue.shift() ?? 0
      this.queued -= size
      left -= size
    }
    if (this.#queue.length > 0) return
    this.subscription?.flush()
    for (const resolve of this.#waiting.splice(0)) resolve()
  }

  room(): Promise<void> {
    return new Promise((resolve) => this.#waiting.push(resolve))
  }

  snapshot(_sid: string, items: readonly Standing[], _part: number, _last: boolean, seq: number): void {
    for (const { alert, json } of items) {
      this.got.push({ seq, prev: seq, id: alert.id, revision: alert.revision, conflated: 0 })
      this.queued += json.length
      this.#queue.push(json.length)
    }
    this.seen()
  }

  event(_sid: string, { entry, bytes }: EntryFrames, prev: number, conflated: number): void {
    this.got.push({ seq: entry.seq, prev, id: entry.alert.id, revision: entry.alert.revision, conflated })
    this.#queue.push(bytes)
    this.queued += bytes
    this.seen()
  }

  live(): void {
    this.seen()
  }

  lagging(): void {
    this.isLagging = true
  }

  tooSlow(): void {
    this.isOpen = false
    this.subscription?.end()
  }

  seen(): void {
    this.most = Math.max(this.most, this.queued + this.held)
  }
}

const PADS = [10, 3_000, 60_000].map((length) => ({ zh: 'x'.repeat(length), en: '' }))

function newStream() {
  const log = new AlertLog()
  const stream = log.of({ role: 'admin', institution: null })
  return { log, stream, channel: new Channel('all', stream, new Cursors(log), log.epoch) }
}

const turn = () => new Promise((resolve) => setImmediate(resolve))

const step = fc.oneof(
  { weight: 6, arbitrary: fc.record({ alert: fc.nat(4), pad: fc.nat(2), times: fc.integer({ min: 1, max: 6 }) }) },
  { weight: 2, arbitrary: fc.record({ read: fc.integer({ min: 1, max: 300_000 }) }) },
  { weight: 2, arbitrary: fc.constant('turn' as const) },
)

test('however slowly it reads, a reader ends with what the log says, never holds more than a mebibyte, and sees an unbroken chain', async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(step, { minLength: 20, maxLength: 120 }), fc.boolean(), async (steps, conflate) => {
      const { log, stream, channel } = newStream()
      const readers: SlowReader[] = []
      const revisions = new Map<number, number>()
      const comeBack = () => {
        const before = readers.at(-1)
        const reader = new SlowReader()
        reader.subscription = new Subscription({ channel, outlet: reader, conflate })
        readers.push(reader)
        return reader.subscription.begin(before?.subscription?.at ?? 0)
      }
      void comeBack()
      for (const s of steps) {
        if (s === 'turn') await turn()
        else if ('read' in s) readers.at(-1)?.read(s.read)
        else
          for (let n = 0; n < s.times; n++) {
            const revision = (revisions.get(s.alert) ?? 0) + 1
            revisions.set(s.alert, revision)
            log.add(alertOf(s.alert, { revision, says: PADS[s.pad] ?? { zh: '', en: '' } }))
            readers.at(-1)?.seen()
          }
        if (readers.at(-1)?.isOpen === false) void comeBack()
      }
      for (let n = 0; n < 400; n++) {
        readers.at(-1)?.read(MAX_QUEUED_BYTES)
        await turn()
        if (readers.at(-1)?.isOpen === false) void comeBack()
      }
      const all = readers.flatMap((reader) => reader.got)
      const end = new Map(all.map(({ id, revision }) => [id, revision]))
      expect(end).toEqual(new Map([...revisions].map(([n, revision]) => [alertOf(n).id, revision])))
      for (const reader of readers) {
        expect(reader.got.map((g) => g.prev)).toEqual(reader.got.map((_, k) => (k === 0 ? reader.got[0]?.prev : reader.got[k - 1]?.seq)))
        expect(reader.most).toBeLessThan(MAX_QUEUED_BYTES)
      }
      // Each revision was sent, or is counted by the newer one that took its place.
      const counted = all.reduce((sum, { conflated }) => sum + 1 + conflated, 0)
      expect(new Set(all.map((g) => g.seq)).size).toBe(all.length)
      expect(counted).toBe(stream.seq)
      if (!conflate) expect(all.map((g) => g.seq)).toEqual(Array.from({ length: stream.seq }, (_, k) => k + 1))
      expect(readers.at(-1)?.held).toBe(0)
    }),
    { numRuns: 60 },
  )
})

test('what lags is told so, and revisions of one alert become the last', async () => {
  const { log, channel } = newStream()
  const reader = new SlowReader()
  reader.subscription = new Subscription({ channel, outlet: reader })
  await reader.subscription.begin(0)
  for (let n = 1; n <= 300; n++) {
    log.add(alertOf(n % 2, { revision: Math.ceil(n / 2), says: PADS[1] ?? { zh: '', en: '' } }))
    if (n % 10 === 0) await turn()
  }
  expect(reader.isLagging).toBe(true)
  reader.read(MAX_QUEUED_BYTES)
  expect(reader.got.at(-1)).toMatchObject({ seq: 300, revision: 150 })
  expect(reader.got.reduce((sum, { conflated }) => sum + conflated + 1, 0)).toBe(300)
  expect(reader.got.length).toBeLessThan(100)
  expect(reader.subscription.at).toBe(300)
})

test('a burst within one turn of the event loop lets nobody go: the reader catches up', async () => {
  const { log, channel } = newStream()
  const reader = new SlowReader()
  reader.subscription = new Subscription({ channel, outlet: reader, conflate: false })
  await reader.subscription.begin(0)
  for (let n = 0; n < 1000; n++) log.add(alertOf(n, { says: PADS[1] ?? { zh: '', en: '' } }))
  expect(reader.held).toBe(0)
  while (reader.got.length < 1000 && reader.isOpen) {
    reader.read(MAX_QUEUED_BYTES)
    await turn()
  }
  expect(reader.got.map((g) => g.seq)).toEqual(Array.from({ length: 1000 }, (_, k) => k + 1))
  expect(reader.most).toBeLessThan(MAX_QUEUED_BYTES)
})

test('a snapshot of large alerts comes in as many parts as it takes, and a slow reader gets all of it', async () => {
  const { log, channel } = newStream()
  for (let n = 0; n < 300; n++) log.add(alertOf(n, { says: { zh: 'x'.repeat(20_000), en: '' } }))
  const reader = new SlowReader()
  reader.subscription = new Subscription({ channel, outlet: reader })
  const begun = reader.subscription.begin('snapshot')
  log.add(alertOf(7, { revision: 2 }))
  while (reader.subscription.at !== 301) {
    reader.read(50_000)
    await turn()
  }
  await begun
  expect(reader.got).toHaveLength(301)
  expect(reader.got.at(-1)).toMatchObject({ seq: 301, prev: 300, revision: 2 })
  expect(reader.most).toBeLessThan(MAX_QUEUED_BYTES / 2)
})
