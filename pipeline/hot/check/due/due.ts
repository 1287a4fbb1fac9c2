/**
 * Rules over what is due and has not come (docs/decisions/0017), at ticks: numbers missing in a stream, institutions that have fallen silent. What came is
 * kept whether or not a rule reads it: schema `sys` shows it.
 */
import { type Alert, subjectKey } from '../../../contract/alert.ts'
import type { Held } from '../../../contract/finding.ts'
import type { Rule } from '../../../contract/rule.ts'
import type { Spoken } from '../../../contract/stage.ts'
import { tickOf } from '../../../contract/tick.ts'
import type { Database } from '../../../store/database.ts'
import { firstTick } from '../cold-start.ts'
import { endedBy, type Turn } from '../turn.ts'
import { Agenda } from './agenda.ts'
import { GapWatch } from './gap-watch.ts'
import { Heard } from './heard.ts'
import { Journal } from './journal.ts'
import { SilenceWatch } from './silence-watch.ts'

export type DuePart = {
  db: Database
  rules: readonly Rule[]
  /** Alerts of a rule that stand. */
  open(code: string): Alert[]
  /** Other rules held before this tick. */
  turn?: Turn | undefined
  /** Ticks at this time or before, ms, raise nothing; at the next one all that stands is told. */
  judgeFrom?: number | undefined
  /** Rows of the journal above which it is folded. */
  foldAbove?: number | undefined
}

export class DueCheck {
  readonly #part: DuePart
  readonly #heard = new Heard()
  readonly #journal: Journal
  readonly #gaps: GapWatch[]
  readonly #silences: SilenceWatch[]
  readonly #said = new Agenda<Spoken>()
  readonly #firstTick: number
  /** The last tick judged, and the last in which anybody is known to speak. */
  #judged = -Infinity
  #latest = -Infinity

  constructor(part: DuePart) {
    this.#part = part
    this.#journal = new Journal(part.db, part.foldAbove)
    this.#firstTick = firstTick(part.judgeFrom)
    const rules = part.rules.filter((r) => r.kind === 'due')
    this.#gaps = rules.filter((r) => r.due === 'number').map((r) => new GapWatch(r, this.#heard))
    this.#silences = rules.filter((r) => r.due === 'word').map((r) => new SilenceWatch(r, this.#heard))
  }

  /** Over an old file, reads back what memory held. */
  async restore(): Promise<void> {
    const { db, open } = this.#part
    this.#judged = Number(await db.meta.restore('spoken', -Infinity))
    for (const said of await this.#journal.restore()) this.#hear(said)
    for (let tick = this.#said.next; tick <= this.#judged; tick = this.#said.next) this.#heard.take(tick, this.#said.take(tick))
    if (this.#judged < this.#firstTick) return
    for (const watch of this.#gaps) if (!this.#turns(watch.rule)) watch.restore(open(watch.rule.code), this.#judged)
    for (const watch of this.#silences) if (!this.#turns(watch.rule)) watch.restore(open(watch.rule.code))
  }

  /** Takes in what has come, and judges every tick up to `horizon`. */
  async check(horizon: number, spoken: readonly Spoken[]): Promise<Held[]> {
    const before = this.#judged
    await this.#journal.append(spoken)
    for (const said of spoken) if (!Number.isNaN(said.tick)) this.#hear(said)
    const findings: Held[] = []
    for (let tick = this.#next(); tick <= horizon && Number.isFinite(tick); tick = this.#next())
      for (const finding of await this.#judge(tick)) findings.push(finding)
    if (Number.isFinite(horizon)) this.#judged = Math.max(horizon, this.#judged)
    if (this.#judged > before) this.#part.db.meta.note('spoken', this.#judged)
    await this.#journal.fold(this.#heard.streams, this.#judged)
    return findings
  }

  #hear(said: Spoken): void {
    this.#said.add(said.tick, said)
    this.#latest = Math.max(this.#latest, tickOf(said.last))
  }

  #next(): number {
    const first = this.#judged < this.#firstTick ? this.#firstTick : this.#turnAt()
    let next = Math.min(first, this.#said.next)
    for (const watch of this.#gaps) next = Math.min(next, watch.next())
    for (const watch of this.#silences) next = Math.min(next, watch.next(this.#latest))
    return next
  }

  /** The tick that is still to come from which on other rules hold; Infinity: none. */
  #turnAt(): number {
    const { at = -Infinity } = this.#part.turn ?? {}
    return at > this.#judged && at > this.#firstTick ? at : Infinity
  }

  /** Whether a rule holds only from that tick on. */
  #turns({ code }: Rule): boolean {
    return this.#turnAt() < Infinity && this.#part.turn?.changed.some((c) => c.code === code) === true
  }

  /** Of what rules are watching that have just begun to; what they do not find any more ends. */
  #begun(turn: Turn, tick: number): Held[] {
    const codes = new Set(turn.changed.map((c) => c.code))
    const found = [
      ...this.#gaps.filter((w) => codes.has(w.rule.code)).flatMap((w) => w.begin(tick)),
      ...this.#silences.filter((w) => codes.has(w.rule.code)).flatMap((w) => w.turn(tick, this.#part.open(w.rule.code), this.#latest)),
    ]
    const isFound = (code: string, alert: Alert) =>
      found.some((f) => f.rule.code === code && f.institution === alert.institution && subjectKey(f.subject) === subjectKey(alert.subject))
    const ended = turn.changed.flatMap(({ code, before, after }) => {
      if (before?.kind !== 'due') return []
      const rule = after?.kind === 'due' ? after : before
      return this.#part
        .open(code)
        .filter((alert) => !isFound(code, alert))
        .map((alert) => endedBy(rule, alert, tick))
    })
    return [...ended, ...found]
  }

  async #judge(tick: number): Promise<Held[]> {
    const begins = this.#judged < this.#firstTick && tick >= this.#firstTick
    const turn = tick === this.#turnAt() ? this.#part.turn : undefined
    const isOld = ({ rule }: { rule: Rule }) => !this.#turns(rule)
    const [gaps, silences] = [this.#gaps.filter(isOld), this.#silences.filter(isOld)]
    this.#judged = tick
    const said = this.#said.take(tick)
    const changes = this.#heard.take(tick, said)
    for (const { stream, givenUp } of changes) for (const range of givenUp) await this.#journal.giveUp(stream, tick, range)
    if (tick < this.#firstTick) return []
    if (begins) return [...this.#gaps.flatMap((w) => w.begin(tick)), ...this.#silences.flatMap((w) => w.begin(tick, this.#latest))]
    const judged = [...gaps.flatMap((w) => w.judge(tick, changes)), ...silences.flatMap((w) => w.judge(tick, said, this.#latest))]
    return turn === undefined ? judged : [...judged, ...this.#begun(turn, tick)]
  }
}
