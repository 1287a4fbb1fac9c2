/** Amounts against a part of a base, one event after the other (decision 0026): the list of what counts is gone through anew at every correction. */
import { type Alert, type AmountRule, formatDecimal, parseDecimal, rescale } from '../../pipeline/contract/index.ts'
import { revise } from './alerts.ts'
import { type Arrived, isState, KEEP_MS, tickOf } from './arrivals.ts'
import type { AmountTest } from './rules.ts'
import { Standing } from './standing.ts'
import { BASE_SCALE, capitalOf } from './state.ts'

const SCALE = 20
/** What counts: the event that began it, the one that says its amount now, and the base when it began. */
type Counted = { begun: Arrived; said: Arrived; base: Arrived | undefined }
type Verdict = { reached: string | undefined; sum: bigint; of: Counted[] }

export function judgeAmount(test: AmountTest, arrived: Arrived[], keepMs = KEEP_MS): Alert[] {
  return new Judge(test, keepMs).judge(arrived)
}

class Judge {
  readonly #rule: AmountRule
  readonly #when: AmountTest['when']
  readonly #keepMs: number
  readonly #standing = new Standing()
  /** By institution and subject. */
  readonly #chains = new Map<string, Counted[]>()
  /** Alerts that stand, by thing, with the time of what they rest on. */
  readonly #alerts = new Map<string, { alert: Alert; time: number }[]>()
  readonly #out: Alert[] = []

  constructor({ rule, when }: AmountTest, keepMs: number) {
    this.#rule = rule
    this.#when = when
    this.#keepMs = keepMs
  }

  judge(arrived: Arrived[]): Alert[] {
    for (const a of arrived) {
      const stands = !isState(a.event.type) || this.#standing.take(a)
      if (a.event.type !== this.#rule.reads) continue
      if (isState(a.event.type)) this.#statement(a, stands)
      else this.#occurrence(a)
    }
    return this.#out
  }

  #occurrence(a: Arrived): void {
    const counted = { begun: a, said: a, base: this.#baseOf(a) }
    const hits = a.event.op !== 'delete' && this.#when(a.event.data)
    this.#say(a, a.event.op !== undefined, counted, hits ? this.#verdicts([counted])[0] : undefined)
  }

  #statement(a: Arrived, stands: boolean): void {
    const hits = a.event.op !== 'delete' && this.#when(a.event.data)
    const corrects = a.event.op !== undefined
    for (const [key, chain] of this.#chains) {
      const place = chain.findIndex((c) => c.begun.thing === a.thing)
      const was = chain[place]
      if (was === undefined) continue
      if (!corrects || was.said.time !== a.time) return
      const stays = hits && key === this.#keyOf(a)
      const before = this.#verdicts(chain)
      const now = chain.flatMap((c, i) => (i !== place ? [c] : stays ? [{ ...was, said: a }] : []))
      this.#chains.set(key, now)
      if (!stays) this.#say(a, true, was, undefined)
      const after = this.#verdicts(now)
      const left = before.filter((_, i) => stays || i !== place)
      now.forEach((c, i) => {
        const [b, v] = [left[i], after[i]]
        const isOwn = stays && i === place
        const differs = isOwn || b?.reached !== v?.reached || b?.sum !== v?.sum
        if (i >= place && differs && (b?.reached ?? v?.reached) !== undefined) this.#say(a, true, c, v, isOwn)
      })
      if (stays) return
      break
    }
    if (!hits || !stands) return
    const counted = { begun: a, said: a, base: this.#baseOf(a) }
    const chain = [...(this.#chains.get(this.#keyOf(a)) ?? []), counted]
    this.#chains.set(this.#keyOf(a), chain)
    const verdict = this.#verdicts(chain).at(-1)
    if (verdict?.reached !== undefined) this.#say(a, false, counted, verdict)
  }

  #keyOf({ event }: Arrived): string {
    return JSON.stringify([event.institution, event.data[this.#rule.subject.id]])
  }

  #baseOf({ event }: Arrived): Arrived | undefined {
    return capitalOf(this.#standing, event.institution, this.#rule.base.metric)
  }

  #verdicts(chain: Counted[]): Verdict[] {
    const { part, floor, running } = this.#rule
    let of: Counted[] = []
    let [sum, again] = [0n, false]
    return chain.map((c): Verdict => {
      const amount = this.#amountOf(c)
      const reaches = (units: bigint, name: string) =>
        c.base !== undefined && units > 0n && units * 10n ** BigInt(BASE_SCALE + SCALE - 2) >= this.#parameter(name, c) * baseValue(c.base)
      of = [...of, c]
      sum += amount
      const due = running === undefined ? undefined : again ? running.step : running.first
      const isDue = due !== undefined && reaches(sum, due)
      const isFloor = floor !== undefined && amount > 0n && amount * 10n ** BigInt(SCALE - 2) >= this.#parameter(floor, c)
      const verdict = { reached: isFloor ? floor : reaches(amount, part) ? part : isDue ? due : undefined, sum, of }
      if (isDue) [of, sum, again] = [[], 0n, true]
      return verdict
    })
  }

  #amountOf({ said }: Counted): bigint {
    return parseDecimal(String(said.event.data[this.#rule.amount]), 2) ?? 0n
  }

  #parameter(name: string, { begun }: Counted): bigint {
    const p = this.#rule.parameters[name] as { value: string; of?: Record<string, string> }
    return parseDecimal(p.of?.[begun.event.institution] ?? p.value, SCALE) ?? 0n
  }

  /** `a`: what is judged now; in its wake also what was counted before is said anew. `isOwn`: it is about `a` itself. */
  #say(a: Arrived, corrects: boolean, counted: Counted, verdict: Verdict | undefined, isOwn = verdict === undefined || counted.said === a): void {
    const rule = this.#rule
    const { thing } = counted.begun
    const time = counted.said.time
    const holds = verdict?.reached !== undefined
    const standing = this.#alerts.get(thing) ?? []
    const touched = corrects ? standing.filter((s) => s.time >= a.e - this.#keepMs) : []
    if (corrects && isState(rule.reads) && time < a.e - this.#keepMs) return
    const subject = { kind: rule.subject.kind, id: String(counted.said.event.data[rule.subject.id]) }
    const facts = {
      institution: a.event.institution,
      at: corrects ? tickOf(a.e) : isState(rule.reads) ? a.e : a.time,
      severity: rule.severity,
      band: null,
      evidence:
        verdict === undefined
          ? [a, ...(isState(rule.reads) || counted.base === undefined ? [] : [counted.base])]
          : [...verdict.of.map((c) => c.said), ...(counted.base === undefined ? [] : [counted.base])],
    }
    const values = verdict === undefined ? {} : this.#valuesOf(counted, verdict)
    const threshold = verdict === undefined ? '' : String(rule.parameters[verdict.reached ?? rule.part]?.value)
    const stays = (alert: Alert) => holds && alert.subject.id === subject.id
    const revised = touched.map(({ alert }) =>
      revise(rule, alert, {
        ...facts,
        subject: alert.subject,
        values: { ...alert.values, ...values },
        threshold: threshold || alert.threshold,
        state: stays(alert) ? 'new' : 'resolved',
      }),
    )
    const own = `${counted.begun.event.source}|${counted.begun.event.id}`
    const corrected = `${a.event.source}|${a.event.id}`
    const start = !corrects ? own : isOwn ? corrected : `${own}|${corrected}`
    const fresh =
      holds && !touched.some(({ alert }) => stays(alert)) ? [revise(rule, undefined, { ...facts, subject, values, threshold, state: 'new' }, start)] : []
    this.#out.push(...revised, ...fresh)
    const now = [...revised.filter((alert) => alert.state === 'new'), ...fresh].map((alert) => ({ alert, time }))
    this.#alerts.set(thing, [...standing.filter((s) => !touched.includes(s)), ...now])
  }

  #valuesOf(counted: Counted, { sum }: Verdict): Record<string, string> {
    const { value, running, base } = this.#rule
    return {
      [value]: formatDecimal(this.#amountOf(counted), 2),
      ...(running !== undefined && { [running.value]: formatDecimal(sum, 2) }),
      [base.name]: counted.base === undefined ? '' : formatDecimal(rescale(baseValue(counted.base), BASE_SCALE, 2), 2),
    }
  }
}

function baseValue(base: Arrived): bigint {
  return parseDecimal(String(base.event.data['value']), BASE_SCALE) ?? 0n
}
