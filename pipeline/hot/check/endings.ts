/**
 * Corrections and deletions of occurrences wait until the watermark has passed them: what they are about may come after them, through another partition
 * or within the bound of disorder. While there is none, nothing is asked of the database.
 */
import type { Severity } from '../../contract/rule.ts'
import { doubleColumn, textColumn } from '../../store/columns.ts'
import { type Database, quote } from '../../store/database.ts'

/** What a rule (`code`) says of one occurrence. `sequence` is a whole number, `values` are in the rule's order. */
export type Ending = {
  code: string
  e: number
  time: number
  source: string
  id: string
  sequence: string
  part: number
  offset: number
  institution: string
  thing: string
  subject: string
  holds: boolean
  corrects: boolean
  threshold: string
  severity?: Severity
  values: string[]
}

export class Endings {
  readonly #db: Database
  /** Lowest effective time in waiting, per stream that is waited for. */
  readonly #lowest = new Map<string, number>()

  constructor(db: Database) {
    this.#db = db
  }

  /** `codes`: the rules there are; what waits for others is forgotten. */
  async restore(codes: readonly string[]): Promise<void> {
    const others = codes.length === 0 ? 'true' : `code NOT IN (${codes.map(quote).join(', ')})`
    await this.#db.run(`DELETE FROM engine.ending WHERE ${others}`)
    for (const [type, low] of await this.#db.rows('SELECT type, min(e) FROM engine.ending GROUP BY type')) this.#lowest.set(String(type), Number(low))
  }

  /** Puts them in waiting, inside the transaction. */
  async wait(type: string, endings: readonly Ending[]): Promise<void> {
    if (endings.length === 0) return
    const columns = [
      textColumn(endings.map(() => type)),
      textColumn(endings.map((v) => v.code)),
      doubleColumn(endings.map((v) => v.e)),
      textColumn(endings.map((v) => JSON.stringify(v))),
    ]
    await this.#db.append('engine', 'ending', columns, endings.length)
    this.#lowest.set(
      type,
      endings.reduce((low, v) => Math.min(low, v.e), this.#lowest.get(type) ?? Infinity),
    )
  }

  /** Those with an effective time up to `horizon`, in event order; they wait no more. */
  async passed(type: string, horizon: number): Promise<Ending[]> {
    if (!((this.#lowest.get(type) ?? Infinity) <= horizon)) return []
    const due = `type = '${type}'${Number.isFinite(horizon) ? ` AND e <= ${horizon}` : ''}`
    const rows = await this.#db.rows(`SELECT body FROM engine.ending WHERE ${due}`)
    await this.#db.run(`DELETE FROM engine.ending WHERE ${due}`)
    const [lowest] = await this.#db.rows(`SELECT min(e) FROM engine.ending WHERE type = '${type}'`)
    if (lowest?.[0] === null || lowest === undefined) this.#lowest.delete(type)
    else this.#lowest.set(type, Number(lowest[0]))
    return rows.map(([body]) => JSON.parse(String(body)) as Ending).sort(inEventOrder)
  }
}

function inEventOrder(a: Ending, b: Ending): number {
  return a.e - b.e || compare(a.source, b.source) || compare(BigInt(a.sequence), BigInt(b.sequence)) || compare(a.id, b.id)
}

function compare<T extends string | bigint>(a: T, b: T): number {
  return a < b ? -1 : a > b ? 1 : 0
}
