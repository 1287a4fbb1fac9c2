/** A rule over silence: who spoke last when. An episode from the tick by which the last word is too old, until there is another. */
import { type Alert, formatTime } from '../../../contract/index.ts'
import type { Held } from '../../../contract/finding.ts'
import type { DueRule } from '../../../contract/rule.ts'
import type { Spoken } from '../../../contract/stage.ts'
import { TICK_MS } from '../../../contract/tick.ts'
import { durationOf } from '../expression.ts'
import { Agenda } from './agenda.ts'
import { dueFinding } from './finding.ts'
import type { Heard } from './heard.ts'

export class SilenceWatch {
  readonly rule: DueRule
  readonly #heard: Heard
  /** Each institution that is not silent once, at some tick before it is or when. */
  readonly #due = new Agenda<string>()
  readonly #noted = new Set<string>()
  readonly #silent = new Set<string>()

  constructor(rule: DueRule, heard: Heard) {
    this.rule = rule
    this.#heard = heard
  }

  /** The next tick to look at. Where a log ends, time does: nobody is silent after `latest`, the last tick in which anybody speaks. */
  next(latest: number): number {
    return this.#due.next <= latest ? this.#due.next : Infinity
  }

  /** `open`: the rule's alerts that stand. */
  restore(open: readonly Alert[]): void {
    for (const { institution } of open) this.#silent.add(institution)
    for (const institution of this.#heard.last.keys()) this.#note(institution)
  }

  /** Of all who have spoken, who is silent by now. */
  begin(tick: number, latest: number): Held[] {
    for (const institution of this.#heard.last.keys()) this.#note(institution)
    const findings: Held[] = []
    while (this.next(latest) <= tick) findings.push(...this.#tell(this.#due.next, tick))
    return findings
  }

  /** The same by a rule that holds from this tick on: who was silent before (`open`) and is not by it, speaks again. */
  turn(tick: number, open: readonly Alert[], latest: number): Held[] {
    const speaking = open.filter(({ institution }) => this.#dueOf(institution) > tick)
    return [...speaking.map(({ institution }) => this.#finding(institution, tick, false)), ...this.begin(tick, latest)]
  }

  /** `said`: what was said in this tick. */
  judge(tick: number, said: readonly Spoken[], latest: number): Held[] {
    const findings: Held[] = []
    for (const { speaker } of said) {
      const { institution } = speaker
      if (this.#silent.delete(institution)) findings.push(this.#finding(institution, tick, false))
      this.#note(institution)
    }
    return this.next(latest) === tick ? [...findings, ...this.#tell(tick, tick)] : findings
  }

  #note(institution: string): void {
    if (this.#noted.has(institution) || this.#silent.has(institution)) return
    this.#noted.add(institution)
    this.#due.add(this.#dueOf(institution), institution)
  }

  /** Those noted for tick `due` that have not spoken since; the others are noted anew. */
  #tell(due: number, tick: number): Held[] {
    const findings: Held[] = []
    for (const institution of this.#due.take(due)) {
      this.#noted.delete(institution)
      if (this.#dueOf(institution) <= tick) {
        this.#silent.add(institution)
        findings.push(this.#finding(institution, tick, true))
      } else this.#note(institution)
    }
    return findings
  }

  /** The first tick by which the last word is older than `within`. */
  #dueOf(institution: string): number {
    const last = this.#heard.last.get(institution) ?? 0
    return Math.floor((last + durationOf(this.rule, this.rule.within, { institution, at: last })) / TICK_MS) * TICK_MS + TICK_MS
  }

  #finding(institution: string, at: number, holds: boolean): Held {
    const last = this.#heard.last.get(institution) ?? 0
    const values = { last: formatTime(last) }
    return dueFinding(this.rule, { institution, subject: { kind: 'institution', id: institution }, at, holds, values }, last)
  }
}
