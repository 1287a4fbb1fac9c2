/**
 * The interbank network, statement by statement: who lent to whom, and each institution's equity and external balance. From it, computed anew when asked for and
 * something has changed: the clearing of all debts as they stand (scenario `base`), and for each institution what its default would cost the others
 * (`default:<institution>`, as linear DebtRank and as a threshold cascade). The result is that of a network built afresh, to the last bit (docs/decisions/0021).
 */
import { divideHalfEven } from '../../contract/index.ts'
import { Ids } from '../ids.ts'
import { type Ratio, WHOLE } from './cascade.ts'
import { clear, type Seniority } from './clearing.ts'
import { type Loser, relativeLoss } from './default.ts'
import { type Defaults, defaultsOf } from './defaults.ts'
import { Lending } from './lending.ts'

/** An interbank claim: `institution` lends `amount` (minor units of CNY) to `issuer`. */
export type Exposure = { institution: string; issuer: string; amount: bigint }

export type NetworkMetric = 'equity' | 'external-assets' | 'external-liabilities'

export type NetworkOptions = {
  /** Of the clearing: the part of external assets that is lost beforehand (default none), and who is paid first. */
  shock?: Ratio
  seniority?: Seniority
  /** Of the cascade: the part of a claim on a bank in default that is lost; default all of it. */
  lossGivenDefault?: Ratio
}

/** What an institution pays the other banks and owes them, and its assets less all it owes, at face value (`before`) and cleared; minor units of CNY. */
export type Cleared = { payment: bigint; owed: bigint; before: bigint; equity: bigint; short: boolean }

/** What a default costs the others, and the equity of all that have any, in minor units of CNY. */
export type Cost = { loss: bigint; systemEquity: bigint }

/** A row of table `contagion` (contract §5); amounts in minor units of CNY. */
export type ContagionRow = {
  model: 'eisenberg-noe' | 'debtrank' | 'cascade'
  scenario: string
  institution: string
  equityAfter: bigint
  loss: bigint
  impact: number
  defaulted: boolean
}

/** Institutions whose clearing, and whose default, differ from the last call, by name. */
export type NetworkChange = { clearing: string[]; defaults: string[] }

type Told = { cleared: ReadonlyMap<number, Cleared>; defaults: Defaults; systemEquity: bigint }

const METRICS = ['equity', 'external-assets', 'external-liabilities'] as const
/** A creditor and a debtor as one number: creditor · PAIRS + debtor. */
const PAIRS = 2 ** 26

export class InterbankNetwork {
  readonly #options: Required<NetworkOptions>
  readonly #ids = new Ids()
  readonly #exposures = new Map<string, { pair: number; amount: bigint }>()
  readonly #claims = new Map<number, bigint>()
  readonly #metrics = { equity: new Map<number, bigint>(), 'external-assets': new Map<number, bigint>(), 'external-liabilities': new Map<number, bigint>() }
  readonly #changedClaims = new Set<number>()
  readonly #changedEquity = new Set<number>()
  #stale = false
  #clearingCapped = 0
  #now: Told = { cleared: new Map(), defaults: { of: new Map(), together: false }, systemEquity: 0n }
  #told = this.#now

  constructor({ shock = 0n, seniority = 'external-first', lossGivenDefault = WHOLE }: NetworkOptions = {}) {
    this.#options = { shock, seniority, lossGivenDefault }
  }

  /** Claims of one institution on another add up; what comes to nothing or less is no claim, and nobody has one on itself. */
  setExposure(id: string, exposure: Exposure | undefined): void {
    const before = this.#exposures.get(id)
    if (before !== undefined) this.#addClaim(before.pair, -before.amount)
    this.#exposures.delete(id)
    if (exposure === undefined) return
    const pair = this.#ids.of(exposure.institution) * PAIRS + this.#ids.of(exposure.issuer)
    this.#exposures.set(id, { pair, amount: exposure.amount })
    this.#addClaim(pair, exposure.amount)
  }

  setMetric(institution: string, metric: NetworkMetric, value: bigint | undefined): void {
    const [id, values] = [this.#ids.of(institution), this.#metrics[metric]]
    if (values.get(id) === value) return
    if (value === undefined) values.delete(id)
    else values.set(id, value)
    if (metric === 'equity') this.#changedEquity.add(id)
    this.#stale = true
  }

  changed(): NetworkChange {
    const [before, now] = [this.#told, this.#compute()]
    const rescaled = before.systemEquity !== now.systemEquity
    this.#told = now
    return {
      clearing: this.#differing(before.cleared, now.cleared, sameCleared),
      defaults: this.#differing(before.defaults.of, now.defaults.of, (a, b) => a.equals(b) && !(rescaled && a.cost > 0n)),
    }
  }

  /** Undefined for an institution outside the network, or whose external balance is not known: it is taken to pay in full. */
  clearing(institution: string): Cleared | undefined {
    return this.#compute().cleared.get(this.#ids.find(institution) ?? -1)
  }

  /** What the default of an institution costs the others (DebtRank); undefined where its equity is not known. */
  costOfDefault(institution: string): Cost | undefined {
    const { defaults, systemEquity } = this.#compute()
    const found = defaults.of.get(this.#ids.find(institution) ?? -1)
    return found === undefined ? undefined : { loss: found.cost, systemEquity }
  }

  /** The institution's row of scenario `base`, where it has one. */
  clearingRow(institution: string): ContagionRow | undefined {
    const cleared = this.clearing(institution)
    if (cleared === undefined) return undefined
    const loss = cleared.before - cleared.equity
    const impact = relativeLoss(loss, cleared.before)
    return { model: 'eisenberg-noe', scenario: 'base', institution, equityAfter: cleared.equity, loss, impact, defaulted: cleared.short }
  }

  /** The rows of scenario `default:<institution>`: under each model the institution itself and those that lose by it. */
  defaultRows(institution: string): ContagionRow[] {
    const found = this.#compute().defaults.of.get(this.#ids.find(institution) ?? -1)
    if (found === undefined) return []
    const row = (model: ContagionRow['model'], { id, ...loser }: Loser): ContagionRow => ({
      model,
      scenario: `default:${institution}`,
      institution: this.#ids.text(id),
      ...loser,
    })
    return [...found.debtRank().map((l) => row('debtrank', l)), ...found.cascade().map((l) => row('cascade', l))]
  }

  /** What is not known of those that lent or borrowed: without equity their default is not judged, without an external balance their clearing. By name. */
  missing(): { institution: string; metric: NetworkMetric }[] {
    return this.#named(this.#linked()).flatMap((id) =>
      METRICS.filter((metric) => !this.#metrics[metric].has(id)).map((metric) => ({ institution: this.#ids.text(id), metric })),
    )
  }

  /** How many of the results that stand come from a computation that met its cap. */
  get capped(): number {
    const { defaults } = this.#compute()
    return this.#clearingCapped + [...defaults.of.values()].filter((d) => d.capped).length
  }

  #addClaim(pair: number, amount: bigint): void {
    const sum = (this.#claims.get(pair) ?? 0n) + amount
    if (sum === 0n) this.#claims.delete(pair)
    else this.#claims.set(pair, sum)
    this.#changedClaims.add(pair)
    this.#stale = true
  }

  #compute(): Told {
    if (!this.#stale) return this.#now
    const members = this.#named(new Set([...this.#linked(), ...METRICS.flatMap((metric) => [...this.#metrics[metric].keys()])]))
    const place = new Map(members.map((id, i) => [id, i]))
    const at = (id: number) => place.get(id) as number
    const loans = Array.from(this.#claims, ([pair, amount]) => ({ creditor: at(creditorOf(pair)), debtor: at(debtorOf(pair)), amount }))
    const lending = new Lending(members.length, loans)
    const { equity } = this.#metrics
    const standing = { lending, members, equity }
    this.#now = {
      cleared: this.#clear(lending, members),
      defaults: defaultsOf(standing, this.#options.lossGivenDefault, this.#now.defaults, this.#marked(lending, members)),
      systemEquity: [...equity.values()].reduce((sum, e) => (e > 0n ? sum + e : sum), 0n),
    }
    this.#changedClaims.clear()
    this.#changedEquity.clear()
    this.#stale = false
    return this.#now
  }

  #clear(lending: Lending, members: readonly number[]): Map<number, Cleared> {
    const assets = members.map((id) => this.#metrics['external-assets'].get(id))
    const liabilities = members.map((id) => this.#metrics['external-liabilities'].get(id))
    const judged = Uint8Array.from(members, (_, i) => (assets[i] === undefined || liabilities[i] === undefined ? 0 : 1))
    const face = assets.map((a) => a ?? 0n)
    const owing = liabilities.map((l) => l ?? 0n)
    const balance = { assets: face.map((a) => a - lostOf(a, this.#options.shock)), liabilities: owing, judged }
    const { payment, owed, equity, short, capped } = clear(lending, balance, this.#options.seniority)
    const { lent } = lending.sums()
    this.#clearingCapped = capped
    const cleared = new Map<number, Cleared>()
    for (const [i, id] of members.entries()) {
      if (judged[i] === 0) continue
      const before = (face[i] as bigint) + (lent[i] as bigint) - (owing[i] as bigint) - (owed[i] as bigint)
      cleared.set(id, { payment: payment[i] as bigint, owed: owed[i] as bigint, before, equity: equity[i] as bigint, short: short[i] === 1 })
    }
    return cleared
  }

  /** Whose distress now does something else than before: debtors of changed claims; those whose equity changed, and their debtors. By number. */
  #marked(lending: Lending, members: readonly number[]): Uint8Array {
    const marked = new Uint8Array(this.#ids.size)
    for (const pair of this.#changedClaims) marked[debtorOf(pair)] = 1
    for (const id of this.#changedEquity) marked[id] = 1
    if (this.#changedEquity.size === 0) return marked
    for (const [j, debtor] of members.entries()) {
      const creditors = lending.creditor.subarray(lending.start(j), lending.end(j))
      if (creditors.some((i) => this.#changedEquity.has(members[i] as number))) marked[debtor] = 1
    }
    return marked
  }

  /** Everyone who lent or borrowed. */
  #linked(): Set<number> {
    const linked = new Set<number>()
    for (const pair of this.#claims.keys()) linked.add(creditorOf(pair)).add(debtorOf(pair))
    return linked
  }

  /** In the order of their names. */
  #named(ids: Iterable<number>): number[] {
    const names = Array.from(ids, (id) => this.#ids.text(id)).sort()
    return names.map((name) => this.#ids.of(name))
  }

  #differing<T>(before: ReadonlyMap<number, T>, now: ReadonlyMap<number, T>, same: (a: T, b: T) => boolean): string[] {
    const differing: string[] = []
    for (const id of new Set([...before.keys(), ...now.keys()])) {
      const [a, b] = [before.get(id), now.get(id)]
      if (a === undefined || b === undefined || !same(a, b)) differing.push(this.#ids.text(id))
    }
    return differing.sort()
  }
}

function creditorOf(pair: number): number {
  return Math.floor(pair / PAIRS)
}

function debtorOf(pair: number): number {
  return pair % PAIRS
}

/** The part of external assets that is lost, to the cent; debts among them are not. */
function lostOf(assets: bigint, shock: Ratio): bigint {
  return assets > 0n ? divideHalfEven(assets * shock, WHOLE) : 0n
}

function sameCleared(a: Cleared, b: Cleared): boolean {
  return a.payment === b.payment && a.owed === b.owed && a.before === b.before && a.equity === b.equity && a.short === b.short
}
