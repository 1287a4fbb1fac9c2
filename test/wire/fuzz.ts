/** Mutated messages through the decoder one by one, on the clock, and in batches through the engine into a DuckDB file; what became of them. */
import { mkdtempSync, rmSync } from 'node:fs'
import { isUtf8 } from 'node:buffer'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import fc from 'fast-check'
import { DEAD_REASONS, type DeadReason, EVENT_TYPES, MAX_DEPTH, MAX_MESSAGE_BYTES, parseTime } from '../../pipeline/contract/index.ts'
import type { RawBatch, Source } from '../../pipeline/contract/source.ts'
import { runEngine } from '../../pipeline/engine.ts'
import { decoder } from '../../pipeline/hot/accept/decode.ts'
import { randomFor } from '../../pipeline/scenario/random.ts'
import { Database } from '../../pipeline/store/database.ts'
import { anyEvent } from './events.ts'
import { anyCut, messagesOf, rawOf, type WireMessage } from './forms.ts'
import { mutate } from './mutate.ts'

export type FuzzReport = {
  messages: number
  events: number
  fates: Record<'used' | 'late' | 'duplicate' | 'dead', number>
  reasons: Record<string, number>
  /** The longest that one message took to decode, and its form. */
  slowest: { ms: number; form: string }
  /** Of the process, MB: after the first batch, and at most. */
  memory: { first: number; peak: number }
  seconds: number
  /** Empty when every message is accounted for, with the reason that comes first. */
  problems: string[]
}

const AT_ONCE = 1000
const SOUND_MESSAGES = 500

export async function fuzz(seed: number, count: number): Promise<FuzzReport> {
  const started = performance.now()
  const folder = mkdtempSync(join(tmpdir(), 'lookthrough-fuzz-'))
  const db = await Database.open(join(folder, 'state.duckdb'), { memoryLimit: '512MB' })
  const watched = new Watched(seed, count)
  try {
    const ledger = await runEngine({
      db,
      source: watched.source,
      rules: [],
      keepEvents: true,
      pace: { maxEvents: AT_ONCE, waitMs: 0 },
      sink: { deliver: () => Promise.resolve(), close: () => Promise.resolve() },
    })
    const sum = (of: 'used' | 'late' | 'duplicate' | 'dead') => ledger.books.reduce((n, b) => n + b[of], 0)
    const fates = { used: sum('used'), late: sum('late'), duplicate: sum('duplicate'), dead: sum('dead') }
    const rows = await db.rows('SELECT reason, count(*)::INTEGER FROM lt.dead_letters GROUP BY reason ORDER BY reason')
    const reasons = Object.fromEntries(rows.map(([reason, n]) => [String(reason), Number(n)]))
    const kept = Number((await db.rows(`SELECT count(*) FROM lt.events WHERE length(id) > 0 AND json_valid(data)`))[0]?.[0])
    return { ...watched.report(), fates, reasons, seconds: (performance.now() - started) / 1000, problems: watched.problemsWith(fates, reasons, kept) }
  } finally {
    db.close()
    rmSync(folder, { recursive: true, force: true })
  }
}

/** A source of mutated messages that looks at each of them first. */
class Watched {
  readonly source: Source
  readonly #problems: string[] = []
  readonly #decode = decoder({ keepJson: true })
  #events = 0
  #slowest = { ms: 0, form: '' }
  #memory = { first: 0, peak: 0 }
  #made = 0

  constructor(seed: number, count: number) {
    const random = randomFor(seed, 'mutations')
    const sound = soundMessages(seed)
    this.source = {
      partitions: [{ topic: 'fuzz', partition: 0 }],
      control: [],
      pull: (max) => {
        if (this.#made >= count) return Promise.resolve(null)
        const first = this.#made
        const messages = Array.from({ length: Math.min(max, count - first) }, () => ({ ...mutate(random, random.pick(sound)), events: 0 }))
        for (const [i, message] of messages.entries()) this.#lookAt(message, `message ${first + i} of seed ${seed}`)
        this.#made += messages.length
        this.#weigh()
        return Promise.resolve(rawOf(messages, first, this.#made >= count))
      },
      silent: () => [],
      writeControl: () => Promise.resolve(),
      close: () => Promise.resolve(),
    }
  }

  report(): Pick<FuzzReport, 'messages' | 'events' | 'slowest' | 'memory'> {
    return { messages: this.#made, events: this.#events, slowest: this.#slowest, memory: this.#memory }
  }

  problemsWith(fates: FuzzReport['fates'], reasons: Record<string, number>, kept: number): string[] {
    const accounted = fates.used + fates.late + fates.duplicate + fates.dead
    const letters = Object.values(reasons).reduce((a, b) => a + b, 0)
    return [
      ...this.#problems,
      ...(accounted === this.#events ? [] : [`${this.#events} events came in, ${accounted} were accounted for`]),
      ...(letters === fates.dead ? [] : [`${fates.dead} are dead, there are ${letters} letters`]),
      ...(kept === fates.used + fates.late ? [] : [`${fates.used + fates.late} were taken in, ${kept} stand in the table`]),
    ]
  }

  #lookAt(message: WireMessage, name: string): void {
    const raw = rawOf([message])
    const from = performance.now()
    const { message: of, stream, dead } = this.#decode(raw)
    const first = performance.now() - from
    const ms = first > this.#slowest.ms ? Math.min(first, this.#again(raw)) : first
    if (ms > this.#slowest.ms) this.#slowest = { ms, form: message.form }
    this.#events += of.length
    const single = message.form === 'event' || message.form === 'binary'
    if (single && of.length !== 1) this.#problems.push(`${name} has ${of.length} fates`)
    if (stream.filter((s) => s === -1).length !== dead.length) this.#problems.push(`${name}: not one reason for each dead letter`)
    const wrong = dead.find((d) => !DEAD_REASONS.includes(d.reason))
    if (wrong !== undefined) this.#problems.push(`${name}: reason ${wrong.reason}`)
    const expected = message.form === 'event' ? firstReason(message.bytes) : undefined
    if (expected !== undefined && expected !== (dead[0]?.reason ?? 'none') && !(expected === 'none' && isLater(dead[0]?.reason)))
      this.#problems.push(`${name}: ${dead[0]?.reason ?? 'none'} instead of ${expected}`)
  }

  /** What took long for another reason than its bytes, such as a machine that does other work, does not a second time. */
  #again(raw: RawBatch): number {
    const from = performance.now()
    this.#decode(raw)
    return performance.now() - from
  }

  #weigh(): void {
    const now = Math.round(process.memoryUsage().rss / 2 ** 20)
    this.#memory = { first: this.#memory.first === 0 ? now : this.#memory.first, peak: Math.max(this.#memory.peak, now) }
  }
}

/** Of every type and every form. */
function soundMessages(seed: number): WireMessage[] {
  const events = fc.sample(anyEvent(), { numRuns: SOUND_MESSAGES * 3, seed })
  const cuts = fc.sample(anyCut(8), { numRuns: 60, seed })
  return messagesOf(events, cuts)
}

/** Reasons that only the schema of a type can tell come after those of `firstReason`. */
function isLater(reason: DeadReason | undefined): boolean {
  return reason === 'bad-money' || reason === 'schema'
}

/** The first reason of contract §1 that applies to one structured event, up to its type, from the text alone. */
function firstReason(bytes: Buffer): DeadReason | 'none' {
  if (bytes.length > MAX_MESSAGE_BYTES) return 'too-large'
  if (depthOf(bytes.toString()) > MAX_DEPTH) return 'too-deep'
  const event = parsed(bytes)
  if (event === undefined) return 'not-json'
  if (event === null || typeof event !== 'object' || Array.isArray(event)) return 'not-cloudevent'
  const { specversion, id, source, type, time, recordedtime } = event as Record<string, unknown>
  if (specversion !== '1.0' || ![id, source, type].every((a) => typeof a === 'string' && a !== '')) return 'not-cloudevent'
  for (const stated of recordedtime === undefined ? [time] : [time, recordedtime])
    if (typeof stated !== 'string' || parseTime(stated) === undefined) return 'bad-time'
  return (EVENT_TYPES as readonly unknown[]).includes(type) ? 'none' : 'unknown-type'
}

function parsed(bytes: Buffer): unknown {
  try {
    return isUtf8(bytes) ? (JSON.parse(bytes.toString()) as unknown) : undefined
  } catch {
    return undefined
  }
}

/** Brackets outside of texts. */
function depthOf(text: string): number {
  let [depth, deepest] = [0, 0]
  for (const [bracket] of text.replaceAll(/"(?:[^"\\]|\\[^])*(?:"|$)/g, '').matchAll(/[[{}\]]/g))
    if (bracket === '[' || bracket === '{') deepest = Math.max(deepest, ++depth)
    else depth--
  return deepest
}
