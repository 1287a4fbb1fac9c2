/**
 * Which events were seen before, exactly: a table in memory finds by hash what may be a repetition, the log of events seen on disk
 * (`engine.seen_<generation>`: source, id) says whether it is. Bounded: two generations; when the young one is full the old one is forgotten,
 * so at least the latest `DUPLICATE_HORIZON` events are remembered. A repetition from before that is taken for a new event.
 */
import type { Decoded, EventColumns } from '../../contract/stage.ts'
import { type Database, quote } from '../../store/database.ts'
import { KeyTable } from './key-table.ts'

/** Events that are remembered at least; twice as many at most. */
export const DUPLICATE_HORIZON = 3_000_000

/** Rows whose keys are fetched from memory together: what they need stays in a core's own cache. */
const AHEAD = 256

export const NEW = 0
export const DUPLICATE = 1
export const CONFLICT = 2

/** Per arrival: what it is, and for new ones their number in the log of events seen. */
export type Told = { fate: Uint8Array; number: Int32Array }

/** `n`: the number of the event with the same hash in the log of `table`. */
type Suspect = { arrival: number; columns: EventColumns; row: number; table: KeyTable; n: number; sameContent: boolean }
type Twin = { source: string; id: string; content: [number, number] }

export class Duplicates {
  readonly #db: Database
  readonly #horizon: number
  #young: KeyTable
  #old: KeyTable | undefined
  /** New events that share a hash with an older one: none, in all likelihood, ever. */
  readonly #twins: Twin[] = []

  private constructor(db: Database, horizon: number, young: KeyTable, old: KeyTable | undefined) {
    this.#db = db
    this.#horizon = horizon
    this.#young = young
    this.#old = old
  }

  /** Reads back what the file remembers. */
  static async open(db: Database, horizon = DUPLICATE_HORIZON): Promise<Duplicates> {
    const tables = await db.rows(`SELECT table_name FROM duckdb_tables() WHERE schema_name = 'engine' AND table_name LIKE 'seen\\_%' ESCAPE '\\'`)
    const generations = tables.map(([name]) => Number(String(name).slice(5))).sort((a, b) => b - a)
    const [young, old] = await Promise.all(generations.slice(0, 2).map((g) => readTable(db, g)))
    const duplicates = new Duplicates(db, horizon, young ?? new KeyTable(0), old)
    if (young === undefined) await createTable(db, 0)
    for (const [source, id, content] of await db.rows('SELECT source, id, content FROM engine.twin')) {
      const words = new Uint32Array(BigUint64Array.of(content as bigint).buffer)
      duplicates.#twins.push({ source: String(source), id: String(id), content: [words[0] ?? 0, words[1] ?? 0] })
    }
    return duplicates
  }

  /** The table new events are to be logged in, inside the transaction. */
  get log(): string {
    return seenTable(this.#young.generation)
  }

  get remembered(): number {
    return this.#young.size + (this.#old?.size ?? 0)
  }

  /** Tells every event of a batch, in order of arrival, and remembers the new ones. */
  async tell(decoded: Decoded): Promise<Told> {
    if (this.#young.size >= this.#horizon) await this.#rotate()
    const count = decoded.stream.length
    const told: Told = { fate: new Uint8Array(count), number: new Int32Array(count) }
    const [young, old] = [this.#young, this.#old]
    const first = young.next
    const accepted = new Int32Array(count)
    const suspects: Suspect[] = []
    for (let a = 0; a < count; a++) {
      const columns = decoded.streams[decoded.stream[a] as number]
      if (columns === undefined) continue
      const row = decoded.row[a] as number
      const { key, content } = columns
      if (row % AHEAD === 0) for (const table of [young, old]) table?.touch(key, row * 4, Math.min(AHEAD, columns.count - row))
      const inOld = old === undefined ? -1 : old.find(key, row * 4)
      const { next } = young
      const n = inOld < 0 ? young.add(key, row * 4, content, row * 2) : inOld
      if (inOld < 0 && n === next) {
        told.number[a] = n
        accepted[n - first] = a
        continue
      }
      const table = old === undefined || inOld < 0 ? young : old
      suspects.push({ arrival: a, columns, row, table, n, sameContent: table.sameContent(n, content, row * 2) })
    }
    if (suspects.length > 0) await this.#compare(decoded, suspects, told, { first, accepted })
    return told
  }

  /** Same hash: the same event, or a stranger? What was accepted in this very batch is not in the log yet. */
  async #compare(decoded: Decoded, suspects: Suspect[], told: Told, batch: { first: number; accepted: Int32Array }): Promise<void> {
    const isHere = (s: Suspect) => s.table === this.#young && s.n >= batch.first
    const logged = new Map<KeyTable, Map<number, string>>()
    for (const table of new Set(suspects.filter((s) => !isHere(s)).map((s) => s.table)))
      logged.set(
        table,
        await this.#read(
          table,
          suspects.filter((s) => s.table === table && !isHere(s)).map((s) => s.n),
        ),
      )
    for (const s of suspects) {
      const name = nameOf(s.columns, s.row)
      const known = isHere(s) ? nameOfArrival(decoded, batch.accepted[s.n - batch.first]) : logged.get(s.table)?.get(s.n)
      if (known === name) told.fate[s.arrival] = s.sameContent ? DUPLICATE : CONFLICT
      else await this.#twin(s, told)
    }
  }

  async #read(table: KeyTable, numbers: number[]): Promise<Map<number, string>> {
    const [low, high] = numbers.reduce(([l, h], n) => [Math.min(l, n), Math.max(h, n)], [Infinity, -Infinity] as [number, number])
    const which = high - low < numbers.length * 8 ? `n BETWEEN ${low} AND ${high}` : `n IN (${numbers.join(', ')})`
    const rows = await this.#db.rows(`SELECT n, source, id FROM ${seenTable(table.generation)} WHERE ${which}`)
    return new Map(rows.map(([n, source, id]) => [Number(n), `${String(source)}\u0000${String(id)}`]))
  }

  async #twin(s: Suspect, told: Told): Promise<void> {
    const [source, id] = [s.columns.source.at(s.row) ?? '', s.columns.id.at(s.row) ?? '']
    const content: [number, number] = [s.columns.content[s.row * 2] ?? 0, s.columns.content[s.row * 2 + 1] ?? 0]
    const known = this.#twins.find((t) => t.source === source && t.id === id)
    if (known !== undefined) {
      told.fate[s.arrival] = known.content[0] === content[0] && known.content[1] === content[1] ? DUPLICATE : CONFLICT
      return
    }
    this.#twins.push({ source, id, content })
    const [word] = new BigUint64Array(Uint32Array.from(content).buffer)
    await this.#db.run(`INSERT INTO engine.twin VALUES (${quote(source)}, ${quote(id)}, ${word})`)
    told.number[s.arrival] = this.#young.number()
  }

  async #rotate(): Promise<void> {
    if (this.#old !== undefined) await this.#db.run(`DROP TABLE ${seenTable(this.#old.generation)}`)
    this.#old = this.#young
    // It will be as large: it need not grow there step by step.
    this.#young = new KeyTable(this.#old.generation + 1, this.#horizon)
    await createTable(this.#db, this.#young.generation)
  }
}

function nameOf(columns: EventColumns, row: number): string {
  return `${columns.source.at(row) ?? ''}\u0000${columns.id.at(row) ?? ''}`
}

function nameOfArrival(decoded: Decoded, arrival: number | undefined): string | undefined {
  const columns = decoded.streams[decoded.stream[arrival ?? -1] ?? -1]
  return columns === undefined ? undefined : nameOf(columns, decoded.row[arrival ?? 0] ?? 0)
}

function seenTable(generation: number): string {
  return `engine.seen_${generation}`
}

async function createTable(db: Database, generation: number): Promise<void> {
  await db.run(`CREATE TABLE IF NOT EXISTS ${seenTable(generation)}(n INTEGER, k0 UBIGINT, k1 UBIGINT, content UBIGINT,
    source VARCHAR USING COMPRESSION dictionary, id VARCHAR USING COMPRESSION uncompressed)`)
}

async function readTable(db: Database, generation: number): Promise<KeyTable> {
  const [total] = await db.rows(`SELECT count(*), coalesce(max(n), -1) FROM ${seenTable(generation)}`)
  const table = new KeyTable(generation, Number(total?.[0] ?? 0))
  await db.eachChunk(`SELECT n, k0, k1, content FROM ${seenTable(generation)}`, (chunk) => {
    const [n, k0, k1, content] = [0, 1, 2, 3].map((k) => (chunk.getColumnVector(k) as unknown as { items: Int32Array | BigUint64Array }).items)
    table.insertAll(n as Int32Array, k0 as BigUint64Array, k1 as BigUint64Array, content as BigUint64Array)
  })
  table.next = Number(total?.[1] ?? -1) + 1
  return table
}
