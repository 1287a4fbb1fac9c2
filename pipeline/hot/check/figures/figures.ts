/**
 * Metrics of institutions against each other and against their own past, at every tick in which one of them changes: because it is stated, or because
 * another of its past values is the one that was valid so long before. Exactly, as cross products.
 */
import type { AlertSubject } from '../../../contract/alert.ts'
import type { Evidence, Held } from '../../../contract/finding.ts'
import { type EventType, formatDecimal, parseDuration, ratioText, rescale } from '../../../contract/index.ts'
import type { MetricRule } from '../../../contract/rule.ts'
import { Subjects } from '../../../contract/subjects.ts'
import { tickOf } from '../../../contract/tick.ts'
import { type Database, quote } from '../../../store/database.ts'
import { type Base, BASE_SCALE, type CapitalBook } from '../capital.ts'
import { Agenda } from '../due/agenda.ts'
import { type Locate, refOf } from '../evidence.ts'
import { PARAMETER_SCALE, parameterText, parameterUnits } from '../expression.ts'
import { readStated } from '../release.ts'
import type { Statement } from '../statement.ts'
import { PastBook, type PastValue } from './past.ts'

export type FiguresPart = {
  rules: readonly MetricRule[]
  capital: CapitalBook
  /** Subjects of a rule in an institution that have an episode open, by `subjectKey`. */
  open(code: string, institution: string): ReadonlyMap<string, AlertSubject>
  locate: Locate
}

const METRIC = 'inst.metric' satisfies EventType
/** What a metric's past is made of. */
const FIELDS = ['metric', 'basis', 'period', 'value']

/** A grade with its two numbers; `parameter` is its threshold. */
type Compared = { severity: Held['severity']; parameter: string; holds: boolean; values: Record<string, string>; rests: Statement[] }

export class Figures {
  readonly #part: FiguresPart
  readonly #past = new PastBook()
  /** Rules that compare a metric with its past, by metric. */
  readonly #falls = new Map<string, MetricRule[]>()
  readonly #agenda = new Agenda<{ rule: MetricRule; institution: string }>()
  /** Whom to compare at the next tick. */
  #changed = new Map<MetricRule, Set<string>>()
  /** Whose figure has had a grade in the ticks since the last `take`. */
  readonly #named = new Subjects()
  #found: Held[] = []
  /** The last tick in which anything was compared. */
  #judged = -Infinity

  constructor(part: FiguresPart) {
    this.#part = part
    for (const rule of part.rules) if ('falls' in rule.against) this.#falls.set(rule.metric, [...(this.#falls.get(rule.metric) ?? []), rule])
  }

  /** Told of every statement before it takes effect; one about an earlier time than what stands is part of the past all the same. */
  hear(statement: Statement): void {
    const metric = String(statement.data['metric'])
    const { institution } = statement
    for (const rule of this.#part.rules) if (rule.metric === metric || ('to' in rule.against && rule.against.to === metric)) this.#mark(rule, institution)
    this.#remember(metric, statement)
  }

  /** The next tick at which a past value is another by itself. */
  get nextTick(): number {
    return this.#agenda.next
  }

  markAll(such: (institution: string) => boolean = () => true): void {
    for (const rule of this.#part.rules)
      for (const institution of this.#part.capital.institutions(rule.metric)) if (such(institution)) this.#mark(rule, institution)
  }

  /** Compares where something changed in this tick. */
  tick(at: number): void {
    this.#judged = at
    while (this.#agenda.next <= at) for (const { rule, institution } of this.#agenda.take(this.#agenda.next)) this.#mark(rule, institution)
    const changed = this.#changed
    this.#changed = new Map()
    for (const rule of this.#part.rules) for (const institution of [...(changed.get(rule) ?? [])].sort()) this.#compare(rule, institution, at)
  }

  take(): Held[] {
    const found = this.#found
    this.#found = []
    this.#named.clear()
    return found
  }

  /** Over an old file: what was stated of the metrics whose past is asked for. */
  async restore(db: Database, lastTick: number): Promise<void> {
    this.#judged = lastTick
    const metrics = [...this.#falls.keys()]
    if (metrics.length === 0) return
    for (const statement of await readStated(db, METRIC, FIELDS, `metric IN (${metrics.map(quote).join(', ')})`))
      this.#remember(String(statement.data['metric']), statement)
  }

  #mark(rule: MetricRule, institution: string): void {
    const institutions = this.#changed.get(rule)
    if (institutions === undefined) this.#changed.set(rule, new Set([institution]))
    else institutions.add(institution)
  }

  #remember(metric: string, statement: Statement): void {
    const rules = this.#falls.get(metric)
    if (rules === undefined) return
    const { institution, time } = statement
    this.#past.add(metric, statement)
    let longest = 0
    for (const rule of rules)
      for (const { within } of fallsOf(rule)) {
        const ms = parseDuration(within) ?? 0
        longest = Math.max(longest, ms)
        const tick = tickOf(time + ms)
        if (tick > this.#judged) this.#agenda.add(tick, { rule, institution })
      }
    this.#past.forget(metric, institution, this.#judged - longest)
  }

  #compare(rule: MetricRule, institution: string, at: number): void {
    const compared = 'to' in rule.against ? this.#ratios(rule, institution, at) : this.#fallen(rule, institution, at)
    const grade = compared.findLast((c) => c.holds) ?? compared[0]
    const holds = grade?.holds === true
    if (!holds && this.#part.open(rule.code, institution).size === 0 && this.#named.of(rule.code, institution).size === 0) return
    const subject = { kind: 'institution', id: institution }
    this.#named.add(rule.code, institution, subject)
    this.#found.push({
      kind: 'held',
      rule,
      institution,
      subject,
      at,
      holds,
      threshold: grade === undefined ? null : parameterText(rule, grade.parameter, { institution, at }),
      values: grade?.values ?? {},
      ...(grade?.severity !== undefined && { severity: grade.severity }),
      evidence: () => this.#evidence(grade?.rests ?? []),
    })
  }

  /** Nothing where one of the two is not known, or what it is measured by is not positive. */
  #ratios(rule: MetricRule, institution: string, at: number): Compared[] {
    if (!('to' in rule.against)) return []
    const [a, b] = [rule.metric, rule.against.to].map((metric) => this.#part.capital.latest(institution, metric))
    if (a === undefined || b === undefined || b.value <= 0n) return []
    return rule.against.below.map(({ severity, below }) => ({
      severity,
      parameter: below,
      holds: rescale(a.value, 0, PARAMETER_SCALE) < parameterUnits(rule, below, { institution, at }) * b.value,
      values: { ratio: ratioText(a.value, b.value) },
      rests: [a.statement, b.statement],
    }))
  }

  #fallen(rule: MetricRule, institution: string, at: number): Compared[] {
    const now = this.#part.capital.latest(institution, rule.metric)
    if (now === undefined) return []
    return fallsOf(rule).flatMap(({ severity, by, within }) => {
      const before = this.#past.at(rule.metric, institution, at - (parseDuration(within) ?? 0))
      if (before === undefined || before.value <= 0n) return []
      const holds = rescale(before.value - now.value, 0, PARAMETER_SCALE) > parameterUnits(rule, by, { institution, at }) * before.value
      return [{ severity, parameter: by, holds, values: fallValues(now, before, by), rests: [now.statement, before.statement] }]
    })
  }

  #evidence(statements: readonly Statement[]): Evidence {
    const refs = new Map(statements.map((s) => [`${s.source}|${s.id}`, refOf(s, METRIC, this.#part.locate)]))
    return { refs: [...refs.values()], count: refs.size, path: [] }
  }
}

function fallsOf({ against }: MetricRule) {
  return 'falls' in against ? against.falls : []
}

function fallValues(now: Base, before: PastValue, horizon: string): Record<string, string> {
  const money = (value: bigint) => formatDecimal(rescale(value, BASE_SCALE, 2), 2)
  return { now: money(now.value), before: money(before.value), outflow: ratioText(before.value - now.value, before.value), horizon }
}
