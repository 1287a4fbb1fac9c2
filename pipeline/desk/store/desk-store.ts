/**
 * The desk's own file, opened by the desk alone: what its streams said and under which numbers, what people did, who has taken what, and from where the topics
 * are read on. A batch is one transaction; whoever shows any of it does so after its COMMIT.
 *
 * DuckDB gives a file up after a failed write. Where the disk takes none, the file is let go of, and checked and opened anew once it does: what was being
 * written waits for that and is written then; what is to be read meanwhile is refused (LT-2163).
 */
import { randomBytes } from 'node:crypto'
import { chmod } from 'node:fs/promises'
import { dirname } from 'node:path'
import type { DuckDBConnection, DuckDBValue } from '@duckdb/node-api'
import type { Action } from '../../contract/action.ts'
import { LookthroughError, type PublishedAlert } from '../../contract/index.ts'
import type { Position } from '../../contract/source.ts'
import { doubleColumn, integerColumn, textColumn } from '../../store/columns.ts'
import { Database, quote } from '../../store/database.ts'
import { DISK_WAIT, type DiskWait, isDiskTrouble, untilWritable } from '../../store/recovery/disk.ts'
import { exists, quarantine } from '../../store/recovery/files.ts'
import { recover } from '../../store/recovery/recover.ts'
import type { Admitted, Archive, Entry, StreamState } from '../feed/log.ts'
import { writeActions } from './actions.ts'
import { createDeskSchema, DESK_SCHEMA } from './schema.ts'
import { VERIFIER } from './verify.ts'

export type StoreOptions = {
  /** `:memory:`: nothing is kept beyond this run. */
  file: string
  /** DuckDB's own memory. */
  memoryLimit?: string | undefined
  /** Told that the file was broken and what became of it (LT-2412), and that the disk takes no writes (LT-2406). */
  onNotice?: ((notice: LookthroughError) => void) | undefined
  waitMs?: DiskWait | undefined
}

/** What came at once. `places`: from where the topics are read on. */
export type Batch = { admitted: readonly Admitted[]; actions: readonly { action: Action; at: number }[]; places: readonly Position[] }

const CLOSED = 'the desk is closed'
export const DESK_MEMORY = '256MB'
/** Entries of each stream that are read back into memory at start. */
const RECENT = 500

export class DeskStore implements Archive {
  readonly file: string
  /** Made with the file, and anew when it lost something: numbers hold within it. */
  readonly epoch: string
  /** For the HMAC of cursors. */
  readonly key: Buffer
  readonly #options: StoreOptions
  readonly #waiting = new AbortController()
  #db: Database
  #reader: DuckDBConnection
  #places = new Map<string, Position>()
  #streams = new Set<string>()
  #hidden = new Set<string>()
  /** Resolves when the file is open again. */
  #pause: Promise<void> | undefined
  #last: Promise<unknown> = Promise.resolve()
  readonly #reads = new Set<Promise<unknown>>()
  #isClosed = false

  private constructor(options: StoreOptions, { db, reader, known }: Opened) {
    this.#options = options
    this.#db = db
    this.#reader = reader
    this.file = db.file
    this.epoch = known.epoch
    this.key = known.key
    this.#learn(known)
  }

  /** Throws LT-2402 (in use), LT-2404 (made by another version), LT-2405 (cannot be checked here), LT-2406 (the disk takes no writes). */
  static async open(options: StoreOptions): Promise<DeskStore> {
    return new DeskStore(options, await openFile(options))
  }

  /** Moves the file aside and opens a new one; tells why (LT-2412). */
  async startOver(options: StoreOptions, why: string): Promise<DeskStore> {
    await this.close()
    const kept = this.file === ':memory:' ? '-' : await quarantine(this.file, 'all')
    options.onNotice?.(new LookthroughError('LT-2412', { file: this.file, why, kept }))
    return DeskStore.open(options)
  }

  /** Whether it waits for the disk. */
  get isPaused(): boolean {
    return this.#pause !== undefined
  }

  /** Throws LT-2163 while it waits for the disk. */
  mustBeOpen(): void {
    if (this.isPaused) throw new LookthroughError('LT-2163')
  }

  /** Resolves once it waits for the disk no more; rejects when it gave up. */
  async opened(): Promise<void> {
    await this.#pause
  }

  /** From now on nothing waits for the disk: what was about to be written is not. */
  endWaiting(): void {
    this.#waiting.abort()
  }

  /** From where the topics are read on. */
  get places(): Position[] {
    return [...this.#places.values()]
  }

  /** Each stream as it was when it was last written, its last revisions in memory. */
  async streams(): Promise<Map<string, StreamState>> {
    const states = new Map<string, StreamState & { latest: PublishedAlert[] }>()
    for (const [name, seq, floor] of await this.read('SELECT name, seq, floor FROM feed.stream'))
      states.set(String(name), { seq: Number(seq), floor: Number(floor), latest: [], recent: [] })
    await this.#db.eachChunk(LATEST, (chunk) => {
      for (const [stream, body] of chunk.getRows()) states.get(String(stream))?.latest.push(JSON.parse(String(body)) as PublishedAlert)
    })
    for (const [stream, ...row] of await this.read(RECENT_ENTRIES)) states.get(String(stream))?.recent.push(entryOf(row))
    return states
  }

  /** What came, and from where to read on, in one transaction. */
  async commit({ admitted, actions, places }: Batch): Promise<void> {
    const entries = admitted.filter((a): a is Admitted & { entry: Entry } => a.entry !== undefined)
    await this.transaction(async (db) => {
      // A COMMIT that failed for want of room may be one: then it is in the file that was opened anew.
      if (places.length > 0 && places.every((place) => (this.#places.get(placeOf(place))?.offset ?? 0) >= place.offset)) return
      await appendEntries(db, entries)
      await this.#writeStreams(entries)
      await this.#writeHidden(admitted)
      await writeActions(db, actions)
      await this.#writePlaces(places)
    })
  }

  async entries(stream: string, from: number, to: number, max: number): Promise<Entry[]> {
    const rows = await this.read(
      'SELECT seq, came, body FROM feed.entry WHERE stream = $1 AND seq > $2 AND seq <= $3 ORDER BY seq LIMIT $4',
      stream,
      from,
      to,
      max,
    )
    return rows.map(entryOf)
  }

  async entriesOf(stream: string, alert: string, to: number): Promise<Entry[]> {
    return (await this.read('SELECT seq, came, body FROM feed.entry WHERE stream = $1 AND alert = $2 AND seq <= $3 ORDER BY seq', stream, alert, to)).map(
      entryOf,
    )
  }

  async lastBefore(stream: string, to: number, at: number): Promise<number | undefined> {
    const [row] = await this.read('SELECT max(seq) FROM feed.entry WHERE stream = $1 AND seq <= $2 AND came < $3', stream, to, at)
    return row?.[0] === null || row === undefined ? undefined : Number(row[0])
  }

  /** Rows of what is committed. Throws LT-2163. */
  async read(sql: string, ...values: DuckDBValue[]): Promise<DuckDBValue[][]> {
    if (this.#isClosed) throw new Error(CLOSED)
    this.mustBeOpen()
    const reading = this.#reader.runAndReadAll(sql, values)
    this.#reads.add(reading)
    try {
      return (await reading).getRows()
    } catch (error) {
      throw isDiskTrouble(error) ? new LookthroughError('LT-2163', {}, error) : error
    } finally {
      this.#reads.delete(reading)
    }
  }

  /** Runs `work` in a transaction, after all those asked for before; where the disk takes no writes, again once it does: `work` finds its own traces. */
  transaction<T>(work: (db: Database) => Promise<T>): Promise<T> {
    const done = this.#last.then(async () => {
      for (;;) {
        await this.#pause
        if (this.#isClosed) throw new Error(CLOSED)
        try {
          return await this.#once(work)
        } catch (error) {
          if (this.file === ':memory:' || !isDiskTrouble(error)) throw error
          await this.#openAnew(error)
        }
      }
    })
    this.#last = done.catch(() => undefined)
    return done
  }

  /** Waits for what is being written, and lets go of the file. */
  async close(): Promise<void> {
    if (this.#isClosed) return
    this.#isClosed = true
    this.endWaiting()
    // What is under way would run on in memory that is gone.
    await Promise.allSettled([this.#last, ...this.#reads])
    if (this.isPaused) return
    this.#reader.closeSync()
    this.#db.close()
  }

  async #once<T>(work: (db: Database) => Promise<T>): Promise<T> {
    await this.#db.run('BEGIN')
    try {
      const result = await work(this.#db)
      await this.#db.run('COMMIT')
      return result
    } catch (error) {
      // Where even this fails, the reason is what was thrown.
      await this.#db.run('ROLLBACK').catch(() => undefined)
      throw error
    }
  }

  /** Lets go of the file, and opens it again once it can be written. Throws what `open` throws, and LT-2406 when nobody waits any more; it stays paused then. */
  async #openAnew(error: unknown): Promise<void> {
    const opening = this.#reopen(error)
    this.#pause = opening
    await opening
    this.#pause = undefined
  }

  async #reopen(error: unknown): Promise<void> {
    await Promise.allSettled(this.#reads)
    this.#reader.closeSync()
    this.#db.abandon()
    const folder = dirname(this.file)
    const why = (error instanceof Error ? error.message : String(error)).split('\n', 1)[0] ?? ''
    const paused = new LookthroughError('LT-2406', { folder, why }, error)
    this.#options.onNotice?.(paused)
    for (;;) {
      await untilWritable(folder, this.#options.waitMs ?? DISK_WAIT, this.#waiting.signal)
      if (this.#waiting.signal.aborted) throw paused
      const opened = await openFile(this.#options).catch((reason: unknown) => {
        if (isPassing(reason)) return undefined
        throw reason
      })
      if (opened !== undefined) return this.#take(opened)
    }
  }

  #take({ db, reader, known }: Opened): void {
    if (known.epoch !== this.epoch) {
      reader.closeSync()
      db.close()
      throw new Error('the desk’s file lost something: its numbers begin anew with the next start')
    }
    this.#db = db
    this.#reader = reader
    this.#learn(known)
  }

  #learn({ places, streams, hidden }: Known): void {
    this.#places = new Map(places.map((p) => [placeOf(p), p]))
    this.#streams = new Set(streams)
    this.#hidden = new Set(hidden)
  }

  async #writeStreams(entries: readonly (Admitted & { entry: Entry })[]): Promise<void> {
    const ends = new Map(entries.map((a) => [a.stream.name, a.entry.seq]))
    const known = [...ends].filter(([name]) => this.#streams.has(name))
    const added = [...ends].filter(([name]) => !this.#streams.has(name))
    if (known.length > 0)
      await this.#db.run(
        `UPDATE feed.stream s SET seq = v.n FROM (VALUES ${known.map(([name, seq]) => `(${quote(name)}, ${seq})`).join(', ')}) v(k, n) WHERE s.name = v.k`,
      )
    if (added.length > 0) await this.#db.run(`INSERT INTO feed.stream VALUES ${added.map(([name, seq]) => `(${quote(name)}, ${seq}, 0)`).join(', ')}`)
    for (const [name] of added) this.#streams.add(name)
  }

  async #writeHidden(admitted: readonly Admitted[]): Promise<void> {
    for (const { stream, id, entry } of admitted) {
      const hidden = hiddenOf(stream.name, id)
      if ((entry === undefined) === this.#hidden.has(hidden)) continue
      const [name, alert] = [quote(stream.name), quote(id)]
      await this.#db.run(
        entry === undefined ? `INSERT INTO feed.hidden VALUES (${name}, ${alert})` : `DELETE FROM feed.hidden WHERE stream = ${name} AND alert = ${alert}`,
      )
      if (entry === undefined) this.#hidden.add(hidden)
      else this.#hidden.delete(hidden)
    }
  }

  async #writePlaces(places: readonly Position[]): Promise<void> {
    for (const place of places) {
      const { topic, partition, offset } = place
      const sql = this.#places.has(placeOf(place))
        ? `UPDATE feed.place SET next_offset = ${offset} WHERE topic = ${quote(topic)} AND "partition" = ${partition}`
        : `INSERT INTO feed.place VALUES (${quote(topic)}, ${partition}, ${offset})`
      await this.#db.run(sql)
      this.#places.set(placeOf(place), place)
    }
  }
}

type Opened = { db: Database; reader: DuckDBConnection; known: Known }

async function openFile({ file, memoryLimit = DESK_MEMORY, onNotice }: StoreOptions): Promise<Opened> {
  const broken: LookthroughError[] = []
  if (file !== ':memory:') {
    // The topics are kept for ever: all can be read again.
    await recover({ file, memoryLimit, verifier: VERIFIER, canStartOver: () => Promise.resolve(true), onNotice: (notice) => broken.push(notice) })
    for (const { facts } of broken) onNotice?.(new LookthroughError('LT-2412', { why: 'missing', kept: `${file}.quarantine`, ...facts, file }))
  }
  const db = await Database.open(file, { threads: 1, memoryLimit, temporaryLimit: '1GB', walAutocheckpoint: '64MB' })
  try {
    const known = await knownIn(db, broken.length > 0)
    if (await exists(file)) await chmod(file, 0o600)
    return { db, reader: await db.connect(), known }
  } catch (error) {
    db.abandon()
    throw error
  }
}

/** Whether it may be opened a little later. */
function isPassing(error: unknown): boolean {
  return (error instanceof LookthroughError && error.code === 'LT-2406') || isDiskTrouble(error)
}

type Known = { epoch: string; key: Buffer; places: Position[]; streams: string[]; hidden: string[] }

/** What the file says; a new one gets its tables, its epoch and its key, one that `lost` something a new epoch. */
async function knownIn(db: Database, lost: boolean): Promise<Known> {
  const epoch = randomBytes(6).toString('base64url')
  await db.run('BEGIN')
  if (!(await db.exists('feed', 'meta'))) {
    await createDeskSchema(db)
    await db.run(`INSERT INTO feed.meta VALUES ('schema', '${DESK_SCHEMA}'), ('epoch', '${epoch}'), ('key', '${randomBytes(32).toString('hex')}')`)
  } else if (lost) await db.run(`UPDATE feed.meta SET value = '${epoch}' WHERE key = 'epoch'`)
  await db.run('COMMIT')
  const meta = new Map((await db.rows('SELECT key, value FROM feed.meta')).map(([key, value]) => [String(key), String(value)]))
  const places = await db.rows('SELECT topic, "partition", next_offset FROM feed.place')
  return {
    epoch: meta.get('epoch') ?? '',
    key: Buffer.from(meta.get('key') ?? '', 'hex'),
    places: places.map(([topic, partition, next]) => ({ topic: String(topic), partition: Number(partition), offset: Number(next) })),
    streams: (await db.rows('SELECT name FROM feed.stream')).map(([name]) => String(name)),
    hidden: (await db.rows('SELECT stream, alert FROM feed.hidden')).map(([stream, alert]) => hiddenOf(String(stream), String(alert))),
  }
}

const LATEST = `SELECT e.stream, e.body FROM feed.entry e
  SEMI JOIN (SELECT stream, max(seq) AS seq FROM feed.entry GROUP BY stream, alert) l ON l.stream = e.stream AND l.seq = e.seq
  ANTI JOIN feed.hidden h ON h.stream = e.stream AND h.alert = e.alert`

const RECENT_ENTRIES = `SELECT e.stream, e.seq, e.came, e.body FROM feed.entry e JOIN feed.stream s ON s.name = e.stream
  WHERE e.seq > greatest(s.floor, s.seq - ${RECENT}) ORDER BY e.stream, e.seq`

function entryOf([seq, came, body]: DuckDBValue[]): Entry {
  return { seq: Number(seq), at: Number(came), alert: JSON.parse(String(body)) as PublishedAlert }
}

async function appendEntries(db: Database, entries: readonly (Admitted & { entry: Entry })[]): Promise<void> {
  const bodies = entries.map((a) => JSON.stringify(a.entry.alert))
  for (const [k, a] of entries.entries()) a.length = bodies[k]?.length ?? 0
  await db.append(
    'feed',
    'entry',
    [
      textColumn(entries.map((a) => a.stream.name)),
      doubleColumn(entries.map((a) => a.entry.seq)),
      textColumn(entries.map((a) => a.id)),
      integerColumn(entries.map((a) => a.entry.alert.revision)),
      doubleColumn(entries.map((a) => a.entry.at)),
      textColumn(bodies),
    ],
    entries.length,
  )
}

function placeOf({ topic, partition }: Position): string {
  return `${topic}/${partition}`
}

function hiddenOf(stream: string, alert: string): string {
  return `${stream}\n${alert}`
}
