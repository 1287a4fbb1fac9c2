/** Institutions lending to each other: who cannot pay (SY-02), and what a default costs the others (SY-01). Only claims between institutions as lenders report them. */
import { rescale } from '../../../contract/index.ts'
import { booleanColumn, doubleColumn, moneyColumn, textColumn } from '../../../store/columns.ts'
import { type Database, quote } from '../../../store/database.ts'
import { type ContagionRow, InterbankNetwork, type NetworkMetric, type NetworkOptions } from '../../../through/network/network.ts'
import type { EvidenceRef } from '../../../contract/finding.ts'
import { BASE_SCALE, type CapitalBook } from '../capital.ts'
import { type Locate, refOf } from '../evidence.ts'
import type { FxBook } from '../fx.ts'
import type { Capped } from './capped.ts'
import type { Change, Part } from './part.ts'
import { captured, restingOn, Rows } from './rows.ts'

const METRICS: readonly NetworkMetric[] = ['equity', 'external-assets', 'external-liabilities']
const IN_METRICS = METRICS.map(quote).join(', ')

type Claim = { institution: string; issuer: string; ccy: string; amount: bigint; ref: EvidenceRef }

export class Network implements Part {
  readonly reads = { 'book.position': ['kind', 'issuerId', 'productId', 'side', 'value', 'ccy'], 'inst.metric': ['metric'] }
  readonly recalls = { 'book.position': `kind = 'interbank' AND side = 'long' AND "productId" IS NULL`, 'inst.metric': `metric IN (${IN_METRICS})` }
  readonly tables = { debtrank: new Rows(), clearing: new Rows() }
  readonly #network: InterbankNetwork
  readonly #capital: CapitalBook
  readonly #fx: FxBook
  readonly #locate: Locate
  readonly #claims = new Map<string, Claim>()
  readonly #staleClaims = new Set<string>()
  readonly #staleInstitutions = new Set<string>()
  readonly #unwritten = { cleared: new Set<string>(), defaults: new Set<string>() }

  constructor(options: NetworkOptions, capital: CapitalBook, fx: FxBook, locate: Locate) {
    this.#network = new InterbankNetwork(options)
    this.#capital = capital
    this.#fx = fx
    this.#locate = locate
  }

  apply({ type, is, after }: Change): void {
    if (type === 'inst.metric') {
      this.#staleInstitutions.add(after.institution)
      return
    }
    const issuer = is?.['kind'] === 'interbank' && is['side'] === 'long' && is['productId'] === undefined ? is['issuerId'] : undefined
    if (issuer === undefined && !this.#claims.has(after.key)) return
    this.#staleClaims.add(after.key)
    if (is === undefined || issuer === undefined) {
      this.#claims.delete(after.key)
      return
    }
    const [ccy, amount] = [String(is['ccy'] ?? 'CNY'), (is['value'] ?? 0n) as bigint]
    const { institution } = after
    this.#claims.set(after.key, { institution, issuer: String(issuer), ccy, amount, ref: refOf(after, 'book.position', this.#locate) })
  }

  ratesChanged(): void {
    for (const [key, { ccy }] of this.#claims) if (ccy !== 'CNY') this.#staleClaims.add(key)
  }

  settle(at: number): void {
    if (this.#staleClaims.size === 0 && this.#staleInstitutions.size === 0) return
    for (const key of this.#staleClaims) this.#network.setExposure(key, this.#exposure(this.#claims.get(key), at))
    for (const institution of this.#staleInstitutions)
      for (const metric of METRICS) this.#network.setMetric(institution, metric, this.#metric(institution, metric))
    this.#staleClaims.clear()
    this.#staleInstitutions.clear()
    const { clearing, defaults } = this.#network.changed()
    for (const institution of clearing) this.#writeClearing(institution)
    for (const institution of defaults) this.#writeDefault(institution)
  }

  capped(): Capped {
    return { networks: this.#network.capped }
  }

  async write(db: Database): Promise<void> {
    const { cleared, defaults } = this.#unwritten
    if (cleared.size === 0 && defaults.size === 0) return
    const [bases, scenarios] = [[...cleared], [...defaults]]
    if (bases.length > 0) await db.run(`DELETE FROM engine.contagion WHERE scenario = 'base' AND institution IN (${bases.map(quote).join(', ')})`)
    if (scenarios.length > 0) await db.run(`DELETE FROM engine.contagion WHERE scenario IN (${scenarios.map((i) => quote(`default:${i}`)).join(', ')})`)
    await append(db, [...bases.flatMap((i) => this.#network.clearingRow(i) ?? []), ...scenarios.flatMap((i) => this.#network.defaultRows(i))])
    this.forgetUnwritten()
  }

  forgetUnwritten(): void {
    this.#unwritten.cleared.clear()
    this.#unwritten.defaults.clear()
  }

  #exposure(claim: Claim | undefined, at: number) {
    const amount = claim === undefined ? undefined : this.#fx.toCny(claim.amount, claim.ccy, at)
    return claim === undefined || amount === undefined ? undefined : { institution: claim.institution, issuer: claim.issuer, amount }
  }

  #metric(institution: string, metric: NetworkMetric): bigint | undefined {
    const base = this.#capital.latest(institution, metric)
    return base === undefined ? undefined : rescale(base.value, BASE_SCALE, 2)
  }

  #writeClearing(institution: string): void {
    this.#unwritten.cleared.add(institution)
    const found = this.#network.clearing(institution)
    const subject = { kind: 'institution', id: institution }
    if (found === undefined) return this.tables.clearing.delete(institution, subject)
    const { payment, owed, equity, short } = found
    this.tables.clearing.set({
      institution,
      subject,
      cells: { payment, owed, equity, defaulted: short },
      capture: () => captured(this.#evidence(institution)),
    })
  }

  #writeDefault(institution: string): void {
    this.#unwritten.defaults.add(institution)
    const cost = this.#network.costOfDefault(institution)
    const subject = { kind: 'institution', id: institution }
    if (cost === undefined) return this.tables.debtrank.delete(institution, subject)
    this.tables.debtrank.set({
      institution,
      subject,
      cells: { loss: cost.loss, system_equity: cost.systemEquity },
      capture: () => captured(this.#evidence(institution)),
    })
  }

  /** What it owes the others and is owed by them, and its own balance. */
  #evidence(institution: string) {
    const claims = [...this.#claims.values()].filter((c) => c.institution === institution || c.issuer === institution).map((c) => c.ref)
    const bases = METRICS.flatMap((metric) => this.#capital.latest(institution, metric) ?? [])
    const refs = [...claims, ...bases.map((b) => refOf(b.statement, 'inst.metric', this.#locate))]
    return restingOn(refs)
  }
}

async function append(db: Database, rows: readonly ContagionRow[]): Promise<void> {
  await db.append(
    'engine',
    'contagion',
    [
      textColumn(rows.map((r) => r.model)),
      textColumn(rows.map((r) => r.scenario)),
      textColumn(rows.map((r) => r.institution)),
      moneyColumn(rows.map((r) => r.equityAfter)),
      moneyColumn(rows.map((r) => r.loss)),
      doubleColumn(rows.map((r) => r.impact)),
      booleanColumn(rows.map((r) => r.defaulted)),
    ],
    rows.length,
  )
}
