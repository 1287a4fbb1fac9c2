/** The rules as the topics have them: what the checkout brings, what was changed since, what is to come; and changes put there (docs/decisions/0032). */
import { formatTime, LookthroughError, type Rule, ruleHash } from '../../contract/index.ts'
import { type Act, readRuleRecord, ruleRecord } from '../../contract/rule-change.ts'
import { inForce, type RuleChange, rulingsOf } from '../../contract/ruling.ts'
import type { RuleDecision, RuleRecord } from '../../contract/source.ts'
import { tickOf } from '../../contract/tick.ts'
import type { RuleAnswer, RuleAsked, RuleShelf } from '../../desk/http/rules.ts'
import { ConfirmingProducer, type KafkaOptions } from '../../kafka/client.ts'
import { CONTROL_TOPIC, toControl } from '../../kafka/control.ts'
import { readTopic } from '../../kafka/read-topic.ts'
import { RULES_TOPIC, ruleMessage, ruleRecordIn } from '../../kafka/rules.ts'
import { faultBeside } from '../lint/beside.ts'

export type RuleBook = RuleShelf & Required<Pick<RuleShelf, 'change'>> & { close(): Promise<void> }

/** So long the engine is waited for. */
const DECIDE_MS = 20_000

/** Throws LT-2001. `rules`: those of the checkout that run. */
export async function openRuleBook(kafka: KafkaOptions, rules: readonly Rule[]): Promise<RuleBook> {
  const producer = await ConfirmingProducer.connect(kafka)
  const book = new TopicBook(kafka, rules, producer)
  return { list: () => book.list(), change: (asked) => book.change(asked), close: () => book.close() }
}

class TopicBook {
  readonly #kafka: KafkaOptions
  readonly #rules: readonly Rule[]
  readonly #producer: ConfirmingProducer
  readonly #records: RuleRecord[] = []
  readonly #decided = new Map<number, RuleDecision>()
  readonly #stop = new AbortController()
  readonly #following: Promise<unknown>
  #wake: (() => void)[] = []

  constructor(kafka: KafkaOptions, rules: readonly Rule[], producer: ConfirmingProducer) {
    this.#kafka = kafka
    this.#rules = rules
    this.#producer = producer
    this.#following = Promise.allSettled([this.#readRules(), this.#readControl()])
  }

  list(): unknown[] {
    const now = Date.now()
    const time = (ms: number) => (Number.isFinite(ms) ? formatTime(ms) : null)
    return rulingsOf(this.#rules, this.#accepted())
      .filter((r) => r.until > now)
      .map(({ rule, from, until }) => ({ ...rule, hash: ruleHash(rule), effective: time(from), until: time(until), isInForce: from <= now }))
      .reverse()
  }

  async change(asked: RuleAsked): Promise<RuleAnswer> {
    const effective = tickOf(asked.effective)
    const rulings = rulingsOf(this.#rules, this.#accepted())
    const beside = inForce(rulings, effective)
    const rule = 'rule' in asked ? asked.rule : beside.find((r) => r.code === asked.code)
    if (rule === undefined) throw refused('code' in asked ? asked.code : '', 'not-in-force', `not in force at ${formatTime(effective)}`)
    const known = rulings.find((r) => r.rule.code === rule.code && r.rule.version === rule.version)
    if (known !== undefined && ruleHash(known.rule) !== ruleHash(rule)) throw refused(rule.code, 'no-new-version', `version ${rule.version} is taken`)
    const fault = asked.act === 'activated' ? await faultBeside(rule, beside) : undefined
    if (fault !== undefined) throw refused(rule.code, 'faulty', fault)
    return this.#put(asked.act, rule, effective)
  }

  async close(): Promise<void> {
    this.#stop.abort()
    await this.#following
    await this.#producer.close()
  }

  /** Sends it, and waits until the engine has decided. */
  async #put(act: Act, rule: Rule, effective: number): Promise<RuleAnswer> {
    const record = ruleRecord(act, rule, effective)
    const before = this.#records.length
    await this.#producer.send([ruleMessage(record, this.#kafka.prefix)])
    const decision = await this.#decision(before, record.value)
    if (decision === undefined) throw new LookthroughError('LT-3011', { code: rule.code, seconds: DECIDE_MS / 1000 })
    if (!decision.accepted) throw refused(rule.code, decision.reason, decision.why)
    return { code: rule.code, version: rule.version, hash: ruleHash(rule), effective: formatTime(effective) }
  }

  async #decision(before: number, value: string): Promise<RuleDecision | undefined> {
    const until = performance.now() + DECIDE_MS
    for (;;) {
      const mine = this.#records.slice(before).find((r) => r.value === value)
      const decision = mine && this.#decided.get(mine.offset)
      const left = until - performance.now()
      if (decision !== undefined || left <= 0) return decision
      await new Promise<void>((resolve) => {
        const timer = setTimeout(resolve, left)
        this.#wake.push(() => (clearTimeout(timer), resolve()))
      })
    }
  }

  #accepted(): RuleChange[] {
    return this.#records.flatMap(({ offset, value }) => {
      const change = this.#decided.get(offset)?.accepted === true ? readRuleRecord(value) : undefined
      return change === undefined || typeof change === 'string' ? [] : [{ ...change, offset }]
    })
  }

  async #readRules(): Promise<void> {
    for await (const message of readTopic(this.#kafka, RULES_TOPIC, { follow: true, signal: this.#stop.signal })) {
      this.#records.push(ruleRecordIn(message))
      this.#wakeAll()
    }
  }

  async #readControl(): Promise<void> {
    for await (const { value } of readTopic(this.#kafka, CONTROL_TOPIC, { follow: true, signal: this.#stop.signal })) {
      const record = toControl(value)
      if (record === undefined || !('kind' in record) || record.kind !== 'rule') continue
      if (!this.#decided.has(record.offset)) this.#decided.set(record.offset, record)
      this.#wakeAll()
    }
  }

  #wakeAll(): void {
    for (const wake of this.#wake.splice(0)) wake()
  }
}

function refused(code: string, reason: string, why: string): LookthroughError {
  return new LookthroughError('LT-3010', { code, reason, why })
}
