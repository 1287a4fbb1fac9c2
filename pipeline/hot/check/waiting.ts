/**
 * Statements of state that the watermark has not passed. All of them lie in the state tables since they arrived; the last ones also wait in memory, up to
 * a bound, so that letting them go reads nothing. What is above the bound, or waited when the engine was started, is read from the file when it is due.
 */
import { EVENT_TYPES, type EventType, LookthroughError } from '../../contract/index.ts'
import type { Arrived } from '../../contract/stage.ts'
import { tickOf } from '../../contract/tick.ts'
import type { Database } from '../../store/database.ts'
import { STATE_TYPES, stateTable } from '../../store/schema.ts'
import { type Kept, keepArrived, weightOf } from './arrived.ts'
import { readWaiting } from './release.ts'
import { inEventOrder, type Statement, type StatementSpec } from './statement.ts'
import { double } from './windows/shape.ts'

/** What may wait in memory, bytes as `weightOf` counts them. */
export const WAITING_BYTES = 64 * 2 ** 20

export type Released = { type: EventType; statements: Statement[] }

type Held = { kept: Kept; weight: number }
/** Rows from `first` to `last` that wait in the file alone; `e` is the lowest effective time among them. */
type InFile = { e: number; first: number; last: number }

export class Waiting {
  readonly #db: Database
  readonly #bound: number
  readonly #held = new Map<EventType, Held[]>()
  readonly #inFile = new Map<EventType, InFile>()
  #weight = 0

  constructor(db: Database, bound = WAITING_BYTES) {
    this.#db = db
    this.#bound = bound
  }

  /** Over an old file: everything above the last tick waits. */
  async restore(lastTick: number): Promise<void> {
    for (const type of STATE_TYPES) await this.#look(type, { first: 0, last: Number.MAX_SAFE_INTEGER }, lastTick)
  }

  /** Takes in what a batch appended; `relation` holds its rows. */
  async arrived(spec: StatementSpec, relation: string, arrived: Arrived, lastTick: number): Promise<void> {
    const range = rangeOf(arrived)
    if (tickOf(range.e) <= lastTick) throw new LookthroughError('LT-9001', { why: `${spec.type} came in for tick ${tickOf(range.e)} after tick ${lastTick}` })
    const weight = weightOf(arrived)
    if (this.#weight + weight > this.#bound) return this.#leaveInFile(spec.type, range)
    const held = this.#held.get(spec.type) ?? []
    held.push({ kept: await keepArrived(this.#db, spec, relation, arrived), weight })
    this.#held.set(spec.type, held)
    this.#weight += weight
  }

  /** All with a tick up to `horizon`, which is a tick, in event order, the types in that of the catalogue. `lastTick`: the last that was released. */
  async release(spec: (type: EventType) => StatementSpec, lastTick: number, horizon: number): Promise<Released[]> {
    const released: Released[] = []
    for (const type of EVENT_TYPES) {
      const parts = [...(await this.#fromFile(type, spec, lastTick, horizon)), ...this.#fromMemory(type, horizon)]
      if (parts.length > 0) released.push({ type, statements: parts.length === 1 ? (parts[0] as Statement[]) : parts.flat().sort(inEventOrder) })
    }
    return released
  }

  async #fromFile(type: EventType, spec: (type: EventType) => StatementSpec, lastTick: number, horizon: number): Promise<Statement[][]> {
    const inFile = this.#inFile.get(type)
    if (inFile === undefined || tickOf(inFile.e) > horizon) return []
    const statements = await readWaiting(this.#db, spec(type), inFile, lastTick, horizon)
    await this.#look(type, inFile, horizon)
    return [statements]
  }

  #fromMemory(type: EventType, horizon: number): Statement[][] {
    const held = this.#held.get(type)
    if (held === undefined) return []
    const due: Statement[][] = []
    for (const { kept, weight } of held) {
      const statements = kept.take(horizon)
      if (statements.length > 0) due.push(statements)
      if (kept.isEmpty) this.#weight -= weight
    }
    const left = held.filter(({ kept }) => !kept.isEmpty)
    if (left.length > 0) this.#held.set(type, left)
    else this.#held.delete(type)
    return due
  }

  /** The new ones, and with them those of their type that waited in memory: what waits in the file alone is one range of rows. */
  #leaveInFile(type: EventType, range: InFile): void {
    const before = this.#inFile.get(type)
    const held = this.#held.get(type) ?? []
    const waiting = held.map(({ kept }) => kept.lowest)
    this.#held.delete(type)
    for (const { weight } of held) this.#weight -= weight
    this.#inFile.set(type, {
      e: waiting.reduce((low, s) => Math.min(low, s.e), Math.min(range.e, before?.e ?? Infinity)),
      first: waiting.reduce((low, s) => Math.min(low, s.first), Math.min(range.first, before?.first ?? Infinity)),
      last: range.last,
    })
  }

  /** Finds what waits in the file between two rows. */
  async #look(type: EventType, { first, last }: Omit<InFile, 'e'>, after: number): Promise<void> {
    const [row] = await this.#db.rows(`SELECT min(e), min(slot), max(slot) FROM engine.state_${stateTable(type)}
      WHERE slot BETWEEN ${first} AND ${last} AND e > ${double(after)}`)
    if (row === undefined || row[0] === null) this.#inFile.delete(type)
    else this.#inFile.set(type, { e: Number(row[0]), first: Number(row[1]), last: Number(row[2]) })
  }
}

function rangeOf({ columns, slot, effective }: Arrived): InFile {
  const range: InFile = { e: Infinity, first: Infinity, last: 0 }
  for (let row = 0; row < columns.count; row++) {
    const [s, e] = [slot[row] ?? 0, effective[row] ?? 0]
    if (s === 0) continue
    range.e = Math.min(range.e, e)
    range.first = Math.min(range.first, s)
    range.last = Math.max(range.last, s)
  }
  return range
}
