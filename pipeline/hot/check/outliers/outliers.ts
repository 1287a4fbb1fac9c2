/**
 * Occurrences against others before them (docs/decisions/0027), judged once the watermark has passed them. Floating sums over the rows name those that may be
 * outliers; these, and whatever is late, corrected or reported twice, are compared exactly with the rows themselves.
 */
import type { EventType } from '../../../contract/index.ts'
import type { Evidence, Occurred } from '../../../contract/finding.ts'
import type { OutlierRule } from '../../../contract/rule.ts'
import { covers, type Ruling, stateName } from '../../../contract/ruling.ts'
import { TICK_MS, tickOf } from '../../../contract/tick.ts'
import type { Database } from '../../../store/database.ts'
import { type Locate, refOf } from '../evidence.ts'
import { parameterText } from '../expression.ts'
import { type Compared, Comparison } from './comparison.ts'
import { type Head, Neighbours, type OccurrenceSource, withinOf } from './neighbours.ts'

export type OutlierPart = {
  db: Database
  rulings: readonly Ruling[]
  source: OccurrenceSource
  locate: Locate
  /** Occurrences of this time or before, ms, raise nothing. */
  judgeFrom?: number | undefined
}

/** An occurrence is judged by the version in force where the time that its neighbours are of begins. */
type Judge = { ruling: Ruling; rule: OutlierRule; neighbours: Neighbours; judged: number }

/** How many are compared with their neighbours at once. */
const AT_ONCE = 1000

export class OutlierCheck {
  readonly #part: OutlierPart
  readonly #judges: Judge[]
  /** Streams of which no window rule lets rows go. */
  readonly #alone: EventType[]

  constructor(part: OutlierPart) {
    this.#part = part
    const { db, source, rulings } = part
    this.#judges = rulings.flatMap((ruling) => {
      const { rule } = ruling
      return rule.kind === 'outlier' ? [{ ruling, rule, neighbours: new Neighbours(db, source, rule), judged: -Infinity }] : []
    })
    const read = new Set(this.#judges.map((j) => j.rule.reads))
    this.#alone = [...read].filter((type) => !rulings.some(({ rule }) => rule.kind === 'window' && rule.reads === type))
  }

  /** Reads back up to which tick each rule was judged. */
  async restore(): Promise<void> {
    const { db } = this.#part
    for (const judge of this.#judges) judge.judged = Number(await db.meta.restore(keyOf(judge), judge.ruling.from - TICK_MS))
  }

  /** Up to which tick a rule was judged. */
  judged(code: string): number {
    const judges = this.#judges.filter((j) => j.rule.code === code)
    return judges.length === 0 ? -Infinity : Math.min(...judges.map((j) => j.judged))
  }

  /** Judges what has taken effect up to each stream's horizon. */
  async check(horizons: Map<EventType, number>): Promise<Occurred[]> {
    await this.#expire()
    const findings: Occurred[] = []
    for (const judge of this.#judges) {
      const { ruling, rule, neighbours, judged } = judge
      const horizon = horizons.get(rule.reads) ?? -Infinity
      if (horizon <= judged) continue
      const heads = (await neighbours.heads(judged, horizon)).filter(
        ({ time }) => time > (this.#part.judgeFrom ?? -Infinity) && covers(ruling, time - withinOf(rule)),
      )
      for (let from = 0; from < heads.length; from += AT_ONCE) findings.push(...(await this.#compare(judge, heads.slice(from, from + AT_ONCE))))
      judge.judged = horizon
      const last = Number.isFinite(horizon) ? horizon : Math.max(judged, tickOf(await this.#part.source.latest(rule.reads)))
      this.#part.db.meta.note(keyOf(judge), last)
    }
    return findings
  }

  async #compare({ rule, neighbours }: Judge, heads: readonly Head[]): Promise<Occurred[]> {
    const comparisons = heads.map(() => new Comparison(rule))
    const repeated = new Set<Head>()
    await neighbours.each(heads, (place, other) => {
      const [head, comparison] = [heads[place], comparisons[place]]
      if (head === undefined || comparison === undefined) return
      if (other.thing !== head.thing) {
        if (other.time < head.time) comparison.add(other.thing, other.value, other.weight, () => refOf(other, rule.reads, this.#part.locate))
      } else if (head.op === 'upsert' || other.institution !== head.institution) repeated.add(head)
    })
    return heads.flatMap((head, i) => {
      const compared = comparisons[i]?.of(head.value, { institution: head.institution, at: head.time })
      const isJudged = head.op !== 'delete' && !repeated.has(head)
      const corrects = head.op !== 'upsert'
      return compared === undefined || !((isJudged && compared.holds) || corrects) ? [] : [this.#finding(rule, head, compared, isJudged && compared.holds)]
    })
  }

  #finding(rule: OutlierRule, head: Head, compared: Compared, holds: boolean): Occurred {
    const { institution, thing, time, e, op } = head
    const ref = refOf(head, rule.reads, this.#part.locate)
    const corrects = op !== 'upsert'
    const evidence: Evidence = { refs: [...compared.refs, ref], count: compared.count + 1, path: [] }
    return {
      kind: 'occurred',
      rule,
      institution,
      subject: { kind: rule.subject.kind, id: head.subject },
      at: corrects ? tickOf(e) : time,
      holds,
      corrects,
      event: ref.event,
      order: ref.order,
      thing,
      time,
      reaches: e - this.#part.source.keepMs,
      // Of a deletion the last values stand.
      threshold: op === 'delete' ? '' : parameterText(rule, rule.most, { institution, at: time }),
      values: op === 'delete' ? {} : compared.values,
      evidence: () => evidence,
    }
  }

  async #expire(): Promise<void> {
    for (const type of this.#alone) {
      const judged = this.#judges.filter((j) => j.rule.reads === type).reduce((low, j) => Math.min(low, j.judged), Infinity)
      if (Number.isFinite(judged)) await this.#part.source.expire(type, judged, () => Promise.resolve(Infinity))
    }
  }
}

function keyOf({ ruling }: Judge): string {
  return `judged ${stateName(ruling)}`
}
