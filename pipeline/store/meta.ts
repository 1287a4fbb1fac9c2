/**
 * `engine.mark`: all that moves on with every commit in one row, since what a commit costs is its statements. `epoch`: that of the engine that writes the file;
 * `books`: how far each partition was read and what became of its messages, shown as `engine.partition`; `notes`: up to where is judged, by keys of ours.
 */
import { LookthroughError } from '../contract/index.ts'
import type { Books } from '../contract/source.ts'
import type { Database } from './database.ts'
import { quote } from './quote.ts'

export class Meta {
  readonly #db: Pick<Database, 'connection'>
  /** As the file has them; undefined: they were not read yet. */
  #notes: Record<string, string> | undefined
  readonly #noted = new Map<string, string>()
  #books = ''

  constructor(db: Pick<Database, 'connection'>) {
    this.#db = db
  }

  /** Another engine begins on the file: what was noted and not committed does not hold. */
  forget(): void {
    this.#notes = undefined
    this.#noted.clear()
    this.#books = ''
  }

  /** What is noted under a key; of one that was not there `initial` is noted, and that in the file. With no transaction open. */
  async restore(key: string, initial: string | number): Promise<string> {
    const known = this.#noted.get(key) ?? (await this.#read())[key]
    if (known !== undefined) return known
    this.note(key, initial)
    await this.write()
    return String(initial)
  }

  /** For the commit of the batch in hand. */
  note(key: string, value: string | number): void {
    this.#noted.set(key, String(value))
  }

  /** Inside the transaction: what was noted stands in the file from here on, for who asks it in the same batch. */
  async write(): Promise<void> {
    if (this.#noted.size > 0) await this.#db.connection.run(`UPDATE engine.mark SET notes = ${await this.#text()}`)
  }

  /** Inside the transaction, last: notes and books. Throws LT-9001 where the file is another engine's by now. */
  async commit(epoch: number, books: readonly Progress[]): Promise<void> {
    const text = booksText(books)
    if (this.#noted.size === 0 && text === this.#books) return
    const sql = `UPDATE engine.mark SET notes = ${await this.#text()}, books = ${quote(text)} WHERE epoch = ${epoch}`
    const { rowsChanged } = await this.#db.connection.run(sql)
    if (rowsChanged !== 1) throw new LookthroughError('LT-9001', { why: `fenced: another engine has taken the file over, it is no more of epoch ${epoch}` })
    this.#books = text
  }

  /** All notes, with what was noted since. */
  async #text(): Promise<string> {
    const notes = Object.assign(await this.#read(), Object.fromEntries(this.#noted))
    this.#noted.clear()
    return quote(JSON.stringify(notes))
  }

  async #read(): Promise<Record<string, string>> {
    if (this.#notes !== undefined) return this.#notes
    const [row] = (await this.#db.connection.runAndReadAll('SELECT notes FROM engine.mark')).getRows()
    return (this.#notes = JSON.parse(String(row?.[0])) as Record<string, string>)
  }
}

/** A partition's books, at its place (`index`) in the file. */
export type Progress = Books & { index: number }

/** The tables and views of this; `keys`: what the file asks for itself, noted as -Infinity. */
export function createMark(keys: readonly string[]): string {
  const notes = JSON.stringify(Object.fromEntries(keys.map((key) => [key, '-Infinity'])))
  const shape = JSON.stringify([Object.fromEntries(BOOK_COLUMNS.map(([column, type]) => [column, type]))])
  return `CREATE TABLE engine.mark(epoch INTEGER, notes JSON, books JSON);
    INSERT INTO engine.mark VALUES (0, '${notes}', '[]');
    CREATE VIEW engine.partition AS SELECT unnest(from_json(books, '${shape}'), recursive := true), epoch FROM engine.mark;`
}

/** What is noted under a key, in SQL. */
export function noted(key: string): string {
  return `(SELECT notes->>'${key}' FROM engine.mark)`
}

const BOOK_COLUMNS: [string, string, (p: Progress) => number | string][] = [
  ['idx', 'INTEGER', (p) => p.index],
  ['topic', 'VARCHAR', (p) => p.topic],
  ['partition', 'INTEGER', (p) => p.partition],
  ['next_offset', 'DOUBLE', (p) => p.nextOffset],
  ['own', 'DOUBLE', (p) => p.own],
  ['raised', 'DOUBLE', (p) => p.raised],
  ['used', 'BIGINT', (p) => p.used],
  ['late', 'BIGINT', (p) => p.late],
  ['duplicate', 'BIGINT', (p) => p.duplicate],
  ['dead', 'BIGINT', (p) => p.dead],
]

/** JSON knows no infinite numbers: they are text in it, which DuckDB reads as numbers. */
function booksText(books: readonly Progress[]): string {
  const finite = (value: number | string) => (typeof value === 'string' || Number.isFinite(value) ? value : String(value))
  return JSON.stringify(books.map((p) => Object.fromEntries(BOOK_COLUMNS.map(([column, , of]) => [column, finite(of(p))]))))
}
