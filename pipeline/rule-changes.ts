/**
 * Changes of rules on their way into the engine (docs/decisions/0032): each record of `lookthrough.rules` is accepted or refused before anything is judged by
 * it, durably, and takes effect when time has come to its tick.
 */
import type { Rule } from './contract/rule.ts'
import { readRuleRecord } from './contract/rule-change.ts'
import { inForce, type RuleChange, type Ruling, rulingsOf } from './contract/ruling.ts'
import type { RefusalReason, RuleDecision, RuleRecord, Source } from './contract/source.ts'
import { type Turn, turnOf } from './hot/check/turn.ts'
import { paymentStream } from './hot/check/through/payment-feed.ts'
import type { Database } from './store/database.ts'
import { formatTime } from './contract/clock.ts'
import { ruleHash } from './contract/rule.ts'

export type RuleChangesPart = {
  db: Database
  source: Pick<Source, 'rules' | 'newRules' | 'control' | 'writeControl'>
  /** What holds where no record says otherwise. */
  rules: readonly Rule[]
  /** What keeps a rule from running beside others, as a sentence. */
  faultOf?: ((rule: Rule, beside: readonly Rule[]) => Promise<string | undefined>) | undefined
  /** A rule with the overrides that the configuration has for it; throws where they do not fit it. */
  configured?: ((rule: Rule) => Rule) | undefined
  onDecided?: ((record: RuleRecord, decision: RuleDecision) => void) | undefined
}

/** Under which name the file keeps since when the rules hold by which it is judged. */
const SINCE = 'rules since'

export class RuleChanges {
  readonly #part: RuleChangesPart
  readonly #accepted: RuleChange[] = []
  readonly #undecided: RuleRecord[] = []
  #since = -Infinity

  constructor(part: RuleChangesPart) {
    this.#part = part
  }

  /** Over an old file, reads back how far it is; what was accepted stands in the control log. */
  async restore(): Promise<void> {
    const { db, source } = this.#part
    this.#since = Number(await db.meta.restore(SINCE, -Infinity))
    const decided = new Map<number, RuleDecision>()
    for (const record of source.control) if ('kind' in record && record.kind === 'rule' && !decided.has(record.offset)) decided.set(record.offset, record)
    for (const record of source.rules ?? []) {
      const decision = decided.get(record.offset)
      if (decision === undefined) this.#undecided.push(record)
      else if (decision.accepted) this.#accept(record)
    }
  }

  /** Since when, ms, the rules hold by which is judged now. */
  get since(): number {
    return this.#since
  }

  /** From when on, ms, others hold; Infinity: none. */
  get next(): number {
    return this.#accepted.reduce((next, { effective }) => (effective > this.#since ? Math.min(next, effective) : next), Infinity)
  }

  /** All that is accepted, also what holds later or held before. */
  get rulings(): Ruling[] {
    return rulingsOf(this.#part.rules, this.#accepted)
  }

  /** What changed when the rules came to hold by which is judged now. */
  get turn(): Turn | undefined {
    const { rulings } = this
    return this.#since === -Infinity ? undefined : turnOf(this.#since, inForce(rulings, this.#since - 1), inForce(rulings, this.#since))
  }

  /** The next hold from here on; noted for the file, to be written with what they judge first. */
  begin(): void {
    this.#since = this.next
    this.#part.db.meta.note(SINCE, this.#since)
  }

  /** Decides what has come, in its order: nothing of `latest`, ms, or later has been judged. Whether anything was accepted. */
  async decide(latest: number): Promise<boolean> {
    const { source, onDecided } = this.#part
    if (source.newRules === undefined) return false
    this.#undecided.push(...(await source.newRules()))
    const before = this.#accepted.length
    for (const record of this.#undecided.splice(0)) {
      const refused = await this.#refusalOf(record, latest)
      const decision: RuleDecision = { kind: 'rule', offset: record.offset, ...(refused === undefined ? { accepted: true } : { accepted: false, ...refused }) }
      await source.writeControl([decision])
      if (decision.accepted) this.#accept(record)
      onDecided?.(record, decision)
    }
    return this.#accepted.length > before
  }

  async #refusalOf({ value }: RuleRecord, latest: number): Promise<{ reason: RefusalReason; why: string } | undefined> {
    const change = readRuleRecord(value)
    if (typeof change === 'string') return { reason: 'broken', why: change }
    const { code, rule, effective, isRetired } = change
    if (effective <= latest) return { reason: 'too-late', why: `events up to ${formatTime(latest)} may have been judged` }
    const { rulings } = this
    const beside = inForce(rulings, effective)
    if (isRetired) return beside.some((r) => r.code === code) ? undefined : { reason: 'not-in-force', why: `${code} does not hold at ${formatTime(effective)}` }
    const sameVersion = rulings.find((r) => r.rule.code === code && r.rule.version === rule.version)
    if (sameVersion !== undefined && ruleHash(sameVersion.rule) !== ruleHash(rule))
      return { reason: 'no-new-version', why: `version ${rule.version} has another content already` }
    const fault = this.#misfit(rule) ?? (await this.#part.faultOf?.(rule, beside))
    if (fault !== undefined) return { reason: 'faulty', why: fault }
    if (paymentStream([rule]).length > 0 && paymentStream(rulings.map((r) => r.rule)).length === 0)
      return { reason: 'no-history', why: 'it follows payments that were not kept so far' }
    return undefined
  }

  #accept({ offset, value }: RuleRecord): void {
    const change = readRuleRecord(value)
    if (typeof change !== 'string') this.#accepted.push({ ...change, rule: this.#configured(change.rule), offset })
  }

  #configured(rule: Rule): Rule {
    return this.#part.configured?.(rule) ?? rule
  }

  #misfit(rule: Rule): string | undefined {
    try {
      this.#configured(rule)
      return undefined
    } catch (error) {
      return String(error)
    }
  }
}
