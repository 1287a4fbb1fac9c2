/**
 * A seeded log: few ids, keys and amounts, so that ties, limits, corrections and windows really happen. What each event says is drawn first, then when it
 * arrives and by which partition; the same events can so be spread over any number of partitions.
 */
import { formatTime, MAX_FUTURE_MS } from '../../pipeline/contract/index.ts'
import { type Random, randomFor } from '../../pipeline/scenario/random.ts'
import type { Log, LogEvent, LogPartition } from '../reference/arrivals.ts'
import { type Draft, nextDraft } from './events.ts'

/** `files`: partitions carry every type and have no timestamps. `topics`: a topic per type, with timestamps. */
export type Layout = { kind: 'files' | 'topics'; partitions: number }
export type WorldOptions = { events: number; corrections: boolean }

/**
 * A message on its way: `bytes` as they lie in the log; no event: it cannot be judged. `arrives`: ms of wall time. `future`: it is from so far ahead of its
 * timestamp that it cannot be judged; a log without timestamps has none of these.
 */
export type Message = { arrives: number; timestamp: number; bytes: Buffer; event?: LogEvent; topic: string; key: string; future?: boolean }
export type World = { start: number; messages: Message[]; disorderWithinBound: boolean }

const BOUND_MS = 5000
const CLOCK_AHEAD_MS = 30_000
/** A minute before midnight in Shanghai. */
const START = Date.UTC(2026, 2, 2, 15, 59)

export function worldOf(seed: number, options: WorldOptions): World {
  const random = randomFor(seed, 'world')
  const disorderWithinBound = random.chance(0.3)
  const duration = random.pick([30_000, 60_000, 120_000, 240_000])
  const grain = random.pick([1, 250, 500, 1000])
  const calm = quietTimes(random, duration)
  const drafts: Draft[] = []
  const nextNumber = numbering(randomFor(seed, 'numbers'))
  const messages: Message[] = []
  const send = (event: LogEvent, arrives: number, bytes = write(event, random)) =>
    messages.push({ arrives, timestamp: arrives, bytes, event, topic: event.type, key: event.subject })
  for (let i = 0; i < options.events; i++) {
    const sent = START + Math.floor(((i + random.next()) * duration) / options.events / grain) * grain
    // A clock that runs ahead must not close the windows of others.
    const now = !disorderWithinBound && random.chance(0.002) ? sent + random.whole(0, CLOCK_AHEAD_MS) : sent
    const draft = nextDraft(random, drafts, now, options.corrections, (type) => calm(type, sent - START))
    drafts.push(draft)
    const event = eventOf(draft, i, now, nextNumber, random)
    const arrives = sent + delay(random, disorderWithinBound)
    send(event, arrives)
    if (random.chance(0.03)) send(event, arrives + random.whole(0, disorderWithinBound ? 0 : 9000))
    if (random.chance(0.01)) messages.push(conflict(event, arrives + random.whole(1, 3000)))
    if (random.chance(0.02)) messages.push(deadLetter(event, arrives, random))
    if (random.chance(0.002)) messages.push(future(event, arrives))
  }
  return { start: START, messages: messages.sort((a, b) => a.arrives - b.arrives), disorderWithinBound }
}

/** The messages as a layout holds them: each in the partition of its key, in the order of their arrival. */
export function placed(world: World, layout: Layout): { log: Log; messages: (Message & { partition: number; offset: number })[] } {
  const topics = layout.kind === 'files' ? ['log'] : [...new Set(world.messages.map((m) => m.topic))].sort()
  const partitions = topics.flatMap((topic) => Array.from({ length: layout.partitions }, (_, partition): LogPartition => ({ topic, partition, entries: [] })))
  const messages = world.messages
    .filter((m) => layout.kind === 'topics' || m.future !== true)
    .map((m) => {
      const at = Math.max(0, topics.indexOf(m.topic)) * layout.partitions + (hash(m.key) % layout.partitions)
      const timestamp = layout.kind === 'files' ? Number.NaN : m.timestamp
      const entries = partitions[at]?.entries ?? []
      entries.push({ timestamp, ...(m.event !== undefined && { event: m.event }) })
      return { ...m, timestamp, partition: at, offset: entries.length - 1 }
    })
  return { log: { partitions, control: [] }, messages }
}

/** Which types say nothing at which time: partitions fall silent. */
function quietTimes(random: Random, duration: number): (type: string, at: number) => boolean {
  const quiet = ['mkt.trade', 'book.position', 'inst.metric', 'credit.loan'].map((type) => {
    const from = random.whole(0, duration)
    return { type, from, to: from + random.whole(0, duration / 2) }
  })
  return (type, at) => quiet.some((q) => q.type === type && at >= q.from && at < q.to)
}

/** Under the bound; beyond it for two of a hundred. */
function delay(random: Random, withinBound: boolean): number {
  if (!withinBound && random.chance(0.02)) return BOUND_MS + random.whole(1, 20_000)
  return random.chance(0.4) ? 0 : random.whole(0, BOUND_MS - 1)
}

/** Numbers per (source, type): now and then some are left out, and some of those are given to later events. */
function numbering(random: Random): (stream: string) => number {
  const last = new Map<string, number>()
  const leftOut = new Map<string, number[]>()
  return (stream) => {
    const left = leftOut.get(stream) ?? []
    if (left.length > 0 && random.chance(0.05)) return left.splice(random.whole(0, left.length - 1), 1)[0] ?? 0
    const before = last.get(stream) ?? random.whole(0, 1)
    const skipped = random.chance(0.02) ? random.whole(1, 4) : 0
    for (let n = before + 1; n <= before + skipped; n++) left.push(n)
    leftOut.set(stream, left)
    last.set(stream, before + skipped + 1)
    return before + skipped + 1
  }
}

function eventOf(draft: Draft, i: number, now: number, nextNumber: (stream: string) => number, random: Random): LogEvent {
  const source = `/${draft.institution}/${draft.desk}`
  const sequence = nextNumber(source + draft.type)
  const recorded = draft.time !== now || draft.op === 'correct' || random.chance(0.05)
  return {
    specversion: '1.0',
    id: `e${i}`,
    source,
    type: draft.type,
    time: formatTime(draft.time),
    subject: draft.key,
    institution: draft.institution,
    sequence: String(sequence),
    ...(draft.op !== 'upsert' && { op: draft.op }),
    ...(recorded && { recordedtime: formatTime(now) }),
    data: draft.data,
  }
}

/** The same event may be written in more than one way. */
function write(event: LogEvent, random: Random): Buffer {
  const written = random.chance(0.2) ? { ...Object.fromEntries(Object.entries(event).reverse()), op: event.op ?? 'upsert' } : event
  return Buffer.from(JSON.stringify(written))
}

function conflict(event: LogEvent, arrives: number): Message {
  const other = { ...event, sequence: String(Number(event.sequence) + 1_000_000) }
  return { arrives, timestamp: arrives, bytes: Buffer.from(JSON.stringify(other)), event: other, topic: event.type, key: event.subject }
}

function deadLetter(event: LogEvent, arrives: number, random: Random): Message {
  const text = JSON.stringify({ ...event, id: `${event.id}-dead` })
  const bad = random.pick([
    () => text.slice(0, -3),
    () => '',
    () => `${'['.repeat(70)}${']'.repeat(70)}`,
    () => text.replace('"specversion":"1.0"', '"specversion":"0.3"'),
    () => text.replace(/"time":"[^"]*"/, '"time":"yesterday"'),
    () => text.replace(/"type":"[^"]*"/, '"type":"no.such"'),
    () => text.replace(/"sequence":"[^"]*"/, '"sequence":"one"'),
    () => JSON.stringify({ ...event, id: `${event.id}-dead`, data: { ...event.data, amount: '1e3', balance: '1e3', value: '1e3', price: '1e3', name: 1 } }),
  ])()
  return { arrives, timestamp: arrives, bytes: Buffer.from(bad), topic: event.type, key: event.subject }
}

function future(event: LogEvent, arrives: number): Message {
  const other = { ...event, id: `${event.id}-future`, time: formatTime(arrives + MAX_FUTURE_MS + 1) }
  return { arrives, timestamp: arrives, bytes: Buffer.from(JSON.stringify(other)), topic: event.type, key: event.subject, future: true }
}

function hash(text: string): number {
  let h = 17
  for (const c of text) h = (Math.imul(h, 31) + c.charCodeAt(0)) >>> 0
  return h
}
