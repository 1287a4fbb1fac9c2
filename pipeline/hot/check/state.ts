/**
 * State rules: released statements are applied tick by tick in event order; after each tick the subjects that changed are measured.
 * Keeps sums, capital bases, rates and the look-through in memory; all of it can be rebuilt from the state tables.
 */
import { type Alert, type AlertSubject, type EventType, shanghaiDay } from '../../contract/index.ts'
import type { Finding, Held } from '../../contract/finding.ts'
import type { Batched } from '../../contract/stage.ts'
import { EVERYONE, type GraphRule, type LimitRule, type Rule } from '../../contract/rule.ts'
import type { Database } from '../../store/database.ts'
import { STATE_TYPES } from '../../store/schema.ts'
import { keepSettings, readRates, writeExposures, writeRates } from './books.ts'
import { CapitalBook } from './capital.ts'
import { firstTick } from './cold-start.ts'
import { Admissions } from './admission.ts'
import { Amounts } from './amounts/amounts.ts'
import { Applier, type ApplierPart, HeldFindings } from './applier.ts'
import { Effects, sumsOf } from './effects.ts'
import type { Ending } from './endings.ts'
import { booksAsOf, type Locate } from './evidence.ts'
import { ExposureEvidence } from './exposure-evidence.ts'
import { Figures } from './figures/figures.ts'
import { FxBook } from './fx.ts'
import { heldFinding } from './held.ts'
import { LookthroughStage } from './lookthrough.ts'
import { lookSettings } from './look-settings.ts'
import { Measure } from './measure.ts'
import { MissingBases } from './missing.ts'
import { writeClaims } from './claims.ts'
import { Folding, forgetHistory } from './fold.ts'
import { Names } from './names.ts'
import { ParameterChanges } from './parameter-changes.ts'
import { type Question, questionsOf } from './question.ts'
import { recall } from './recall.ts'
import { readHits, settle, thingHash } from './release.ts'
import { StandingBook } from './standing.ts'
import type { StatementSpec } from './statement.ts'
import { Summaries } from './summary.ts'
import type { Capped } from './through/capped.ts'
import { GraphMeasure } from './through/graph-measure.ts'
import type { PaymentSource } from './through/payment-feed.ts'
import { ThroughStage } from './through/stage.ts'
import { tickOf } from '../../contract/tick.ts'
import { endedAt, noLongerMissing, type Turn } from './turn.ts'
import type { UnjudgedVerdicts } from './unjudged.ts'
import { type Released, Waiting } from './waiting.ts'

const DAY_MS = 86_400_000

export type StatePart = {
  db: Database
  rules: readonly Rule[]
  /** Subjects of a rule in an institution that have an episode open, by `subjectKey`. */
  open(code: string, institution: string): ReadonlyMap<string, AlertSubject>
  /** Alerts of a rule over state that stand. */
  standing(code: string): Alert[]
  /** Other rules held before this tick. */
  turn?: Turn | undefined
  locate: Locate
  unjudged: UnjudgedVerdicts
  /** The relation of a type's events in the batch in hand. */
  batchOf(type: EventType): string
  /** What may wait in memory, bytes; default 64 MiB. The rest is read from the file when it is due. */
  waitingBytes?: number
  /** How long a statement is kept after another has taken its place, ms. */
  keepMs: number
  /** Ticks at this time or before, ms, are loaded and not judged; at the next one all that stands is measured. */
  judgeFrom?: number | undefined
  /** Where payments lie, for rules over money. */
  payments?: PaymentSource
  /** How many rows that stand no more may lie among the others; default 65,536. */
  foldAbove?: number
}

export class StateCheck {
  readonly #part: StatePart
  readonly #questions: ReadonlyMap<EventType, Question[]>
  readonly #capital = new CapitalBook()
  readonly #fx = new FxBook()
  readonly #lookthrough: LookthroughStage
  readonly #through: ThroughStage
  readonly #effects: Effects
  readonly #measure: Measure
  readonly #graph: GraphMeasure
  readonly #summaries: Summaries
  readonly #figures: Figures
  readonly #amounts: Amounts
  readonly #missing: MissingBases
  readonly #waiting: Waiting
  readonly #books = new Map<EventType, StandingBook>()
  readonly #folding: Folding
  readonly #changes: ParameterChanges
  readonly #firstTick: number
  #lastTick = -Infinity
  /** The last tick that time by itself has reached. */
  #end = -Infinity
  /** The day on which history was last forgotten. */
  #forgotten = Number.NaN

  constructor(part: StatePart) {
    this.#part = part
    this.#firstTick = firstTick(part.judgeFrom)
    this.#folding = new Folding(part.foldAbove)
    this.#changes = new ParameterChanges(part.rules)
    this.#waiting = new Waiting(part.db, part.waitingBytes)
    this.#questions = new Map(STATE_TYPES.map((type) => [type, questionsOf(part.rules, ({ reads }) => reads === type)]))
    const limits = part.rules.filter((r) => r.kind === 'limit')
    this.#lookthrough = new LookthroughStage(this.#capital, this.#fx, lookSettings(part.rules))
    const { db, open, locate } = part
    const book = booksAsOf(db, locate)
    const evidence = new ExposureEvidence(db, this.#lookthrough, locate, (type) => this.#bookOf(type).size === 0)
    const [capital, fx, lookthrough] = [this.#capital, this.#fx, this.#lookthrough]
    const customerOf = (institution: string, loanId: string) => this.#customerOf(institution, loanId)
    this.#through = new ThroughStage({ ...part, capital, fx, lookthrough, customerOf, evidence, book })
    this.#effects = new Effects(sumsOf(part.rules), capital, fx, lookthrough, this.#through, locate, (institution, metric) =>
      this.#baseCame(limits, institution, metric),
    )
    const effects = this.#effects
    const isFlagged = (party: string, flag: string) => this.#through.parties.isFlagged(party, flag)
    const kept = { capital, fx, effects, lookthrough, admissions: new Admissions(db, limits, part.unjudged), isFlagged, open, locate }
    this.#measure = new Measure({ ...kept, limits, evidence })
    this.#graph = new GraphMeasure({
      db,
      open,
      unjudged: part.unjudged,
      keepMs: part.keepMs,
      judgeFrom: part.judgeFrom,
      rules: part.rules.filter((r): r is GraphRule => r.kind === 'graph'),
    })
    this.#summaries = new Summaries({ ...kept, book, rules: part.rules.filter((r) => r.kind === 'summary') })
    this.#figures = new Figures({ ...kept, rules: part.rules.filter((r) => r.kind === 'metric') })
    this.#amounts = new Amounts({
      ...kept,
      ...part,
      rules: part.rules.filter((r) => r.kind === 'amount'),
      questionsOver: (type) => this.#questionsOver(type),
    })
    this.#missing = new MissingBases({ ...kept, book, limits, rules: part.rules.filter((r) => r.kind === 'missing') })
  }

  /** Up to which tick, ms, all is judged. */
  get judged(): number {
    return this.#lastTick
  }

  /** What the look-through has cut short. */
  get capped(): Capped {
    return { ...this.#lookthrough.capped(), ...this.#through.capped() }
  }

  /** Over an old file, reads back what memory held. */
  async restore(): Promise<void> {
    const { db } = this.#part
    for (const record of await readRates(db)) this.#fx.set(record)
    this.#lastTick = Number(await db.meta.restore('tick', -Infinity))
    await this.#waiting.restore(this.#lastTick)
    const names = new Names()
    for (const type of STATE_TYPES) this.#books.set(type, new StandingBook(this.#effects.keptOf(type), names))
    await recall({ db, effects: this.#effects, lookthrough: this.#lookthrough, through: this.#through, books: this.#books, names, lastTick: this.#lastTick })
    await this.#folding.restore(db)
    await this.#figures.restore(db, this.#lastTick)
    await this.#amounts.restore()
    if (this.#missing.watches) this.#markLacking()
    const { dirty, exposures, rows } = this.#settle(this.#lastTick)
    this.#missing.tick(this.#lastTick, dirty, exposures, rows)
    await this.#missing.take()
    // The tables have it, unless products were looked through otherwise when they were written.
    if (!(await keepSettings(db, lookSettings(this.#part.rules), this.#lastTick))) this.#lookthrough.takeRewritten()
    this.#through.forgetUnwritten()
  }

  /** Whatever lacks its base counts as changed. */
  #markLacking(): void {
    const lacks = (institution: string, metric: string) => this.#missing.lacks(institution, metric)
    const metrics = this.#part.rules.flatMap((r) => (r.kind === 'limit' && r.numerator.from === 'exposure_total' ? [r.base.metric] : []))
    this.#effects.markAll(lacks)
    this.#lookthrough.markAll((institution) => metrics.some((metric) => lacks(institution, metric)))
  }

  /** Takes in what has arrived, and judges every tick up to the horizon; `occurrences`: those up to it, for rules over amounts. */
  async check(batched: Pick<Batched, 'stateHorizon' | 'stateEnd' | 'arrived' | 'occurred'>, occurrences: readonly Ending[]): Promise<Finding[]> {
    const { stateHorizon: horizon, arrived, occurred } = batched
    this.#end = tickOf(batched.stateEnd)
    this.#amounts.bring(occurrences)
    for (const [type, of] of arrived) await this.#waiting.arrived(this.#specOf(type), this.#part.batchOf(type), of, this.#lastTick)
    await this.#fold()
    this.#through.occurred(occurred)
    const held = new HeldFindings()
    const loaded = this.#lastTick < this.#firstTick && (await this.#load(horizon, held))
    const turned = await this.#turn(horizon, held)
    const walked = horizon > this.#firstTick && (await this.#walk(horizon, held))
    if (!loaded && !walked && turned === undefined) return []
    const measured = await this.#measure.take()
    const judged = await this.#graph.take()
    const missing = await this.#missing.take()
    await this.#write()
    return [...(turned ?? []), ...held.all, ...measured, ...judged, ...this.#summaries.take(), ...this.#figures.take(), ...this.#amounts.take(), ...missing]
  }

  /** Cold start: takes in what comes up to the first tick that is judged; in that tick everything that stands is measured. */
  async #load(horizon: number, held: HeldFindings): Promise<boolean> {
    const first = this.#firstTick
    const walked = await this.#walk(Math.min(horizon, first), undefined)
    if (!Number.isFinite(this.#lastTick)) return false
    this.#settle(this.#lastTick)
    if (horizon < first) return walked
    await this.#measureAll(first, held, () => this.#through.markAll())
    return true
  }

  /** In the tick from which on other rules hold, these measure whatever stands; undefined: that is not now. What ends because no rule goes on with it, and what lacks its base. */
  async #turn(horizon: number, held: HeldFindings): Promise<Held[] | undefined> {
    const { turn } = this.#part
    if (turn === undefined || turn.at <= this.#lastTick || turn.at <= this.#firstTick || horizon < turn.at) return undefined
    await this.#walk(turn.at, undefined)
    await this.#measureAll(turn.at, held, () => this.#through.markStanding())
    const lacking = await this.#missing.take()
    return [...endedAt(turn, this.#part.standing, held.named), ...noLongerMissing(this.#part, this.#missing, turn.at), ...lacking]
  }

  /** In a tick whose statements have taken effect, measures whatever stands; `markRows`: those of the look-through. */
  async #measureAll(at: number, held: HeldFindings, markRows: () => void): Promise<void> {
    this.#roll(at)
    this.#keepTick()
    // What stands is asked of the file in this batch.
    await this.#part.db.meta.write()
    this.#effects.markAll()
    this.#lookthrough.markAll()
    markRows()
    this.#figures.markAll()
    this.#judge(at)
    for (const question of [...this.#questions.values()].flat()) {
      const { rule } = question
      if (rule.kind === 'amount') continue
      for (const statement of await readHits(this.#part.db, question))
        held.add({ ...heldFinding(rule, statement, statement.verdicts.of(0), true, this.#part.locate), at })
    }
  }

  /** Applies what takes effect up to `horizon`, tick by tick, in parts where payments are many; without `held` nobody is measured. Whether there was any tick. */
  async #walk(horizon: number, held: HeldFindings | undefined): Promise<boolean> {
    for (let walked = false; ; ) {
      const { ticks, upTo } = await this.#through.takePayments(this.#lastTick, horizon)
      walked = (await this.#walkPart(upTo, ticks, held)) || walked
      if (upTo === horizon) return walked
    }
  }

  /** `paid`: ticks in which payments take effect. */
  async #walkPart(horizon: number, paid: ReadonlySet<number>, held: HeldFindings | undefined): Promise<boolean> {
    const released = await this.#waiting.release((type) => this.#specOf(type), this.#lastTick, horizon)
    const ticks = this.#ticks(released, paid, horizon)
    const heard: ApplierPart['heard'] = (type, statement, fate) => {
      if (type === 'inst.metric') this.#figures.hear(statement)
      this.#amounts.hear(type, statement, fate)
    }
    const told = { ...this.#part, heard }
    const appliers = released.map((r) => new Applier(r, this.#bookOf(r.type), this.#effects, this.#questionsOver(r.type), told))
    let walked = false
    for (const tick of held === undefined ? ticks : this.#due(ticks, horizon)) {
      walked = true
      this.#roll(tick)
      for (const applier of appliers) applier.apply(tick, held)
      this.#through.pay(tick, tick < this.#firstTick)
      this.#amounts.tick(tick)
      if (held !== undefined) this.#judge(tick)
    }
    if (!walked) return false
    for (const applier of appliers) await this.#finish(applier)
    this.#keepTick()
    return true
  }

  /** The ticks, and those before, between and after them in which something changes by itself; time by itself ends with the last event. */
  *#due(ticks: readonly number[], horizon: number): Iterable<number> {
    const last = Math.min(horizon, this.#end)
    for (const tick of [...ticks, Infinity]) {
      for (let own = this.#ownTick(); own < tick && own <= last; own = this.#ownTick()) yield own
      if (Number.isFinite(tick)) yield tick
    }
  }

  /** The next tick in which something changes by itself. */
  #ownTick(): number {
    return Math.min(tickOf(Math.min(this.#through.nextAt(), this.#lookthrough.nextAt())), this.#figures.nextTick, this.#changes.nextAfter(this.#lastTick))
  }

  /** Brings everything up to a tick, and says what changed. */
  #settle(tick: number) {
    const dirty = this.#effects.takeDirty()
    const exposures = this.#lookthrough.changed(tick, dirty.touched)
    return { dirty, exposures, rows: this.#through.settle(tick, exposures) }
  }

  /** What the rules over all that stands say of what changed in this tick. */
  #judge(tick: number): void {
    const { dirty, exposures, rows } = this.#settle(tick)
    this.#measure.tick(tick, dirty, exposures, rows)
    for (const [table, changed] of rows) this.#graph.tick(table, changed, tick)
    this.#summaries.tick(tick, dirty)
    this.#figures.tick(tick)
    this.#missing.tick(tick, dirty, exposures, rows)
  }

  #keepTick(): void {
    this.#part.db.meta.note('tick', this.#lastTick)
  }

  #specOf(type: EventType): StatementSpec {
    return { type, fields: this.#effects.readOf(type), each: this.#questionsOver(type) }
  }

  #questionsOver(type: EventType): Question[] {
    return this.#questions.get(type) ?? []
  }

  #bookOf(type: EventType): StandingBook {
    const book = this.#books.get(type)
    if (book === undefined) throw new Error(`${type} was not restored`)
    return book
  }

  /** Ticks in which a statement or a payment takes effect, and Shanghai midnights, at which rates change for whoever holds foreign currency. */
  #ticks(released: Released[], paid: ReadonlySet<number>, horizon: number): number[] {
    const ticks = new Set([...paid, ...this.#amounts.ticks().filter((tick) => tick <= horizon)])
    for (const { statements } of released) for (const { tick } of statements) ticks.add(tick)
    const sorted = [...ticks].sort((a, b) => a - b)
    const foreign = this.#lookthrough.hasForeign() || released.some((r) => r.type === 'credit.loan' || r.type === 'book.position')
    const from = Number.isFinite(this.#lastTick) ? this.#lastTick : sorted[0]
    const last = Number.isFinite(horizon) ? horizon : Math.max(this.#end, sorted.at(-1) ?? -Infinity)
    if (!foreign || from === undefined || last === undefined) return sorted
    for (let day = shanghaiDay(from) + DAY_MS; day <= last; day += DAY_MS) ticks.add(day)
    return [...ticks].sort((a, b) => a - b)
  }

  /** Passing a Shanghai midnight changes the rates in force. */
  #roll(tick: number): void {
    if (Number.isFinite(this.#lastTick) && shanghaiDay(tick) !== shanghaiDay(this.#lastTick)) this.#effects.ratesChanged()
    for (const institution of this.#changes.between(this.#lastTick, tick)) this.#markOf(institution)
    this.#lastTick = tick
  }

  /** Whoever is measured by other parameters than before is measured again. */
  #markOf(institution: string): void {
    const isMeant = (other: string) => institution === EVERYONE || other === institution
    this.#effects.markAll(isMeant)
    this.#lookthrough.markAll(isMeant)
    this.#figures.markAll(isMeant)
    this.#through.parametersChanged(institution)
  }

  async #finish({ type, claims, gone }: Applier): Promise<void> {
    const { db } = this.#part
    await writeClaims(db, type, this.#effects.readOf(type), claims)
    const slots = claims.map((c) => c.statement.slot)
    await settle(db, type, slots, gone)
    this.#folding.note(type, gone)
  }

  #customerOf(institution: string, loanId: string): string | undefined {
    const loan = this.#books.get('credit.loan')?.get(thingHash([institution, loanId]))
    return loan === undefined || loan.deleted ? undefined : (loan.data['customerId'] as string | undefined)
  }

  /** Nobody was measured without a base: who has an episode open may have nothing left by now. */
  #baseCame(limits: LimitRule[], institution: string, metric: string): void {
    this.#missing.came(institution, metric)
    for (const { code, base, numerator } of limits) {
      if (base.metric !== metric) continue
      for (const subject of [...this.#part.open(code, institution).values(), ...this.#measure.near(code, institution).values()])
        if (numerator.from === 'exposure_total') this.#lookthrough.mark(institution, subject)
        else if (!('by' in numerator)) this.#through.mark(numerator.from, institution, subject)
        else this.#effects.mark(code, institution, subject.id)
    }
  }

  /** Before anything is released: what was released last is still asked for as evidence until then. */
  async #fold(): Promise<void> {
    const { db, keepMs } = this.#part
    for (const [type, book] of this.#books) await this.#folding.fold(db, type, book.size)
    await this.#through.expire(this.#lastTick)
    const day = shanghaiDay(this.#lastTick)
    if (day === this.#forgotten) return
    await forgetHistory(db, this.#lastTick - keepMs)
    if (Number.isFinite(day)) db.meta.note('forgotten', this.#lastTick - keepMs)
    this.#forgotten = day
  }

  async #write(): Promise<void> {
    const { db } = this.#part
    await writeExposures(db, this.#lookthrough.products, this.#lookthrough.takeRewritten())
    await writeRates(db, this.#fx, this.#lastTick)
    await this.#through.write(db)
    await this.#amounts.write()
  }
}
