/**
 * State rules: released statements are applied tick by tick in event order; after each tick the subjects that changed are measured.
 * Keeps sums, capital bases, rates and the look-through in memory; all of it can be rebuilt from the state tables.
 */
import { EVENT_TYPES, type EventType, parseDecimal, shanghaiDay, STREAMS } from '../../contract/index.ts'
import type { Finding } from '../../contract/finding.ts'
import type { EachRule, LimitRule, Rule, StateSum } from '../../contract/rule.ts'
import type { Database } from '../../store/database.ts'
import { stateTable, STATE_TYPES } from '../../store/schema.ts'
import { readRates, writeExposures, writeRates } from './books.ts'
import { CapitalBook } from './capital.ts'
import { Effects, FIELDS } from './effects.ts'
import type { Locate } from './evidence.ts'
import { parameterText } from './expression.ts'
import { FxBook } from './fx.ts'
import { heldFinding } from './held.ts'
import { LookthroughStage } from './lookthrough.ts'
import { Measure } from './measure.ts'
import { clearReleased, createReleaseTables, release, type Released, type ReleaseSpec, settle, type Statement } from './release.ts'

const DAY_MS = 86_400_000

export type StatePart = {
  db: Database
  rules: readonly Rule[]
  /** Is an episode open under this key (`code|institution|subject`)? */
  isOpen(key: string): boolean
  locate: Locate
}

export class StateCheck {
  readonly #part: StatePart
  readonly #each: EachRule[]
  readonly #capital = new CapitalBook()
  readonly #fx = new FxBook()
  readonly #lookthrough: LookthroughStage
  readonly #effects: Effects
  readonly #measure: Measure
  /** Lowest effective time in waiting, per type. */
  readonly #waiting = new Map<EventType, number>()
  readonly #released = new Set<EventType>()
  #lastTick = -Infinity

  constructor(part: StatePart) {
    this.#part = part
    this.#each = part.rules.filter((r): r is EachRule => r.kind === 'each' && STREAMS[r.reads].state)
    const limits = part.rules.filter((r) => r.kind === 'limit')
    this.#lookthrough = new LookthroughStage(this.#capital, this.#fx, materialityOf(limits))
    this.#effects = new Effects(
      limits.filter((r): r is LimitRule & { numerator: StateSum } => r.numerator.from !== 'exposure_total'),
      this.#capital,
      this.#fx,
      this.#lookthrough,
      part.locate,
    )
    this.#measure = new Measure({
      db: part.db,
      limits,
      capital: this.#capital,
      fx: this.#fx,
      effects: this.#effects,
      lookthrough: this.#lookthrough,
      isOpen: part.isOpen,
      locate: part.locate,
    })
  }

  /** Makes the temporary tables and, over an old file, reads back what memory held. */
  async restore(): Promise<void> {
    const { db } = this.#part
    await createReleaseTables(db)
    for (const record of await readRates(db)) this.#fx.set(record)
    const [tick] = await db.rows(`SELECT value FROM engine.meta WHERE key = 'tick'`)
    this.#lastTick = tick === undefined ? -Infinity : Number(tick[0])
    for (const type of STATE_TYPES) {
      const low = (await db.rows(`SELECT min(e) FROM engine.pending_${stateTable(type)}`))[0]?.[0]
      if (typeof low === 'number') this.#waiting.set(type, low)
      await this.#effects.load(db, type)
    }
    this.#lookthrough.changed(this.#lastTick)
    this.#lookthrough.takeRewritten()
    this.#effects.takeDirty()
  }

  /** Judges every tick up to `horizon`. */
  async check(horizon: number, waiting: Map<EventType, number>): Promise<Finding[]> {
    for (const [type, low] of waiting) this.#waiting.set(type, Math.min(low, this.#waiting.get(type) ?? Infinity))
    const released = await this.#releaseDue(horizon)
    const ticks = this.#ticks(released, horizon)
    if (ticks.length === 0) return []
    const appliers = released.map((r) => new Applier(r, this.#effects, this.#eachOver(r.type), this.#part))
    const held: Finding[] = []
    for (const tick of ticks) {
      this.#roll(tick)
      for (const applier of appliers) applier.apply(tick, held)
      this.#measure.tick(tick)
    }
    for (const applier of appliers) await this.#settle(applier)
    const measured = await this.#measure.take()
    await this.#write()
    return [...held, ...measured]
  }

  #eachOver(type: EventType): EachRule[] {
    return this.#each.filter((rule) => rule.reads === type)
  }

  async #releaseDue(horizon: number): Promise<Released[]> {
    const { db } = this.#part
    for (const type of this.#released) await clearReleased(db, type)
    this.#released.clear()
    const released: Released[] = []
    for (const type of STATE_TYPES) {
      const low = this.#waiting.get(type)
      if (low === undefined || Math.ceil(low / 1000) * 1000 > horizon) continue
      const spec: ReleaseSpec = {
        type,
        fields: [...new Set([...(FIELDS[type] ?? []), ...this.#effects.fieldsOf(type)])],
        each: this.#eachOver(type),
      }
      const some = await release(db, spec, horizon)
      if (some === undefined) continue
      this.#released.add(type)
      released.push(some)
      const rest = (await db.rows(`SELECT min(e) FROM engine.pending_${stateTable(type)}`))[0]?.[0]
      if (typeof rest === 'number') this.#waiting.set(type, rest)
      else this.#waiting.delete(type)
    }
    return released.sort((a, b) => EVENT_TYPES.indexOf(a.type) - EVENT_TYPES.indexOf(b.type))
  }

  /** Ticks in which a statement takes effect, and Shanghai midnights, at which rates change for whoever holds foreign currency. */
  #ticks(released: Released[], horizon: number): number[] {
    const ticks = new Set<number>()
    for (const { statements } of released) for (const { tick } of statements) ticks.add(tick)
    const sorted = [...ticks].sort((a, b) => a - b)
    const foreign = this.#lookthrough.hasForeign() || released.some((r) => r.type === 'credit.loan' || r.type === 'book.position')
    const from = Number.isFinite(this.#lastTick) ? this.#lastTick : sorted[0]
    const last = Number.isFinite(horizon) ? horizon : sorted.at(-1)
    if (!foreign || from === undefined || last === undefined) return sorted
    for (let day = shanghaiDay(from) + DAY_MS; day <= last; day += DAY_MS) ticks.add(day)
    return [...ticks].sort((a, b) => a - b)
  }

  /** Passing a Shanghai midnight changes the rates in force. */
  #roll(tick: number): void {
    if (Number.isFinite(this.#lastTick) && shanghaiDay(tick) !== shanghaiDay(this.#lastTick)) this.#effects.ratesChanged()
    this.#lastTick = tick
  }

  async #settle(applier: Applier): Promise<void> {
    await settle(this.#part.db, applier.type, applier.accepted())
    for (const claim of applier.claims) await this.#part.db.run(claim)
  }

  async #write(): Promise<void> {
    const { db } = this.#part
    await writeExposures(db, this.#lookthrough.takeRewritten())
    await writeRates(db, this.#fx, this.#lastTick)
    await db.run(`INSERT OR REPLACE INTO engine.meta VALUES ('tick', '${this.#lastTick}')`)
  }
}

/** Applies one stream's released statements and judges its each-rules. */
class Applier {
  readonly type: EventType
  readonly claims: string[] = []
  readonly #released: Released
  readonly #effects: Effects
  readonly #rules: EachRule[]
  readonly #part: StatePart
  readonly #touched = new Set<string>()
  readonly #accepted: number[] = []
  readonly #lastOf = new Map<string, number>()
  #next = 0

  constructor(released: Released, effects: Effects, rules: EachRule[], part: StatePart) {
    this.type = released.type
    this.#released = released
    this.#effects = effects
    this.#rules = rules
    this.#part = part
  }

  /** Applies the statements up to `tick`; what the each-rules say of them goes into `findings`. */
  apply(tick: number, findings: Finding[]): void {
    for (; this.#next < this.#released.statements.length; this.#next++) {
      const statement = this.#released.statements[this.#next]
      if (statement === undefined || statement.tick > tick) break
      const before = this.#released.standing.get(statement.key)
      const fate = this.#effects.accept(this.type, before, statement)
      if (fate === 'claim' && before !== undefined) this.claims.push(this.#effects.claim(this.type, before, statement))
      if (fate !== 'accepted') continue
      this.#effects.apply(this.type, before, statement)
      this.#released.standing.set(statement.key, statement)
      this.#accepted.push(statement.ord)
      this.#lastOf.set(statement.key, statement.ord)
      for (const finding of this.#judge(statement)) findings.push(finding)
    }
  }

  accepted(): { ord: number; last: boolean }[] {
    const last = new Set(this.#lastOf.values())
    return this.#accepted.map((ord) => ({ ord, last: last.has(ord) }))
  }

  #judge(statement: Statement): Finding[] {
    return this.#rules.flatMap((rule, k) => {
      const verdict = statement.each[k]
      if (verdict === undefined) return []
      const key = `${rule.code}|${statement.institution}|${rule.subject.kind}:${verdict.subject}`
      const holds = verdict.hit && statement.op !== 'delete'
      if (!holds && !this.#touched.has(key) && !this.#part.isOpen(key)) return []
      this.#touched.add(key)
      return [heldFinding(rule, statement, verdict, holds, this.#part.locate)]
    })
  }
}

function materialityOf(limits: LimitRule[]): { share: bigint; metric: string } {
  const rule = limits.find((r) => r.parameters['materiality'] !== undefined)
  return { share: parseDecimal(rule === undefined ? '0.0015' : parameterText(rule, 'materiality'), 20) ?? 0n, metric: 'tier1' }
}
