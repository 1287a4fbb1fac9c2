/** A rule over missing numbers: which gaps are due when, and which were told. One episode per gap as it was when it was told, until all of it has come. */
import type { Alert } from '../../../contract/index.ts'
import type { Held } from '../../../contract/finding.ts'
import type { DueRule } from '../../../contract/rule.ts'
import { tickOf } from '../../../contract/tick.ts'
import { durationOf } from '../expression.ts'
import { Agenda } from './agenda.ts'
import { dueFinding } from './finding.ts'
import type { Range } from './numbers.ts'
import type { Change, Heard, Stream } from './heard.ts'

export class GapWatch {
  readonly rule: DueRule
  readonly #heard: Heard
  readonly #due = new Agenda<Stream>()
  readonly #told = new Map<string, Range[]>()

  constructor(rule: DueRule, heard: Heard) {
    this.rule = rule
    this.#heard = heard
  }

  /** The next tick in which a gap may be due. */
  next(): number {
    return this.#due.next
  }

  /** `open`: the rule's alerts that stand after `judged`. */
  restore(open: readonly Alert[], judged: number): void {
    for (const { subject, values } of open)
      this.#told.set(subject.id, [...(this.#told.get(subject.id) ?? []), { from: BigInt(values['from'] ?? 0), to: BigInt(values['to'] ?? 0) }])
    for (const stream of this.#heard.streams) this.#note(stream, judged)
  }

  /** Of all that is missing, what is due by now. */
  begin(tick: number): Held[] {
    const due = [...this.#heard.streams].flatMap((stream) => this.#tell(stream, tick, (at) => at <= tick))
    for (const stream of this.#heard.streams) this.#note(stream, tick)
    return due
  }

  judge(tick: number, changes: readonly Change[]): Held[] {
    const findings: Held[] = []
    for (const { stream, opened, filled } of changes) {
      if (opened) this.#due.add(this.#dueOf(stream, tick), stream)
      if (filled) findings.push(...this.#come(stream, tick))
    }
    for (const stream of this.#due.take(tick)) findings.push(...this.#tell(stream, tick, (at) => at === tick))
    return findings
  }

  /** Notes when what is missing and not yet due will be. */
  #note(stream: Stream, after: number): void {
    const ticks = new Set(stream.numbers.gaps().map(({ since }) => this.#dueOf(stream, since)))
    for (const tick of ticks) if (tick > after) this.#due.add(tick, stream)
  }

  /** When what is missing `since` a tick, ms, is due. */
  #dueOf({ institution }: Stream, since: number): number {
    return tickOf(since + durationOf(this.rule, this.rule.within, { institution, at: since }))
  }

  #tell(stream: Stream, tick: number, isDue: (at: number) => boolean): Held[] {
    const due = stream.numbers.gaps().filter(({ since }) => isDue(this.#dueOf(stream, since)))
    if (due.length > 0) this.#told.set(nameOf(stream), [...(this.#told.get(nameOf(stream)) ?? []), ...due])
    return due.map((gap) => this.#finding(stream, tick, gap, { holds: true, since: gap.since }))
  }

  #come(stream: Stream, tick: number): Held[] {
    const told = this.#told.get(nameOf(stream)) ?? []
    const come = told.filter((gap) => stream.numbers.has(gap))
    if (come.length === 0) return []
    this.#told.set(
      nameOf(stream),
      told.filter((gap) => !come.includes(gap)),
    )
    return come.map((gap) => this.#finding(stream, tick, gap, { holds: false, since: tick }))
  }

  #finding(stream: Stream, at: number, { from, to }: Range, { holds, since }: { holds: boolean; since: number }): Held {
    const subject = { kind: 'stream', id: nameOf(stream), part: String(from) }
    return dueFinding(this.rule, { institution: stream.institution, subject, at, holds, values: { from: String(from), to: String(to) } }, since)
  }
}

function nameOf({ source, type }: Stream): string {
  return `${source}|${type}`
}
