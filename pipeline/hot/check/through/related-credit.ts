/**
 * Credit to related parties: CR-21. Related to an institution is who is declared so on one of its loans, who has 5 % or more of the effective economic interest
 * in it, and whoever is in the client group of such a party. Net: balances less margin, pledged deposits and treasuries, never below nothing.
 */
import type { EvidenceRef } from '../../../contract/finding.ts'
import type { PathStep } from '../../../contract/index.ts'
import { type Locate, refOf } from '../evidence.ts'
import type { ExposureEvidence } from '../exposure-evidence.ts'
import type { FxBook } from '../fx.ts'
import type { Exposure, LookthroughStage } from '../lookthrough.ts'
import type { Owners } from './owners.ts'
import type { Change, Part } from './part.ts'
import { Grouped } from './grouped.ts'
import { type Later, Rows } from './rows.ts'

/** The economic interest in an institution from which on its owner is related. */
const RELATED_SHARE = 0.05
const NETTED = new Set(['margin', 'pledgedDeposit', 'treasury'])
/** How many parties have their loans shown as evidence. */
const PARTIES_SHOWN = 20

/** The customer of a loan, as it stands. */
export type CustomerOf = (institution: string, loanId: string) => string | undefined

type Cover = { institution: string; loans: readonly string[]; ccy: string; amount: bigint; ref: EvidenceRef }
/** `parties`: in text order. */
type Related = { parties: ReadonlySet<string>; owners: ReadonlyMap<string, { path: PathStep[]; refs: EvidenceRef[] }> }

export class RelatedCredit implements Part {
  readonly reads = { 'credit.loan': ['customerId', 'relatedParty'], 'credit.mitigant': ['kind', 'loanIds', 'value', 'ccy'] }
  readonly keeps = { 'credit.loan': ['customerId', 'relatedParty'] }
  readonly recalls = { 'credit.loan': `"relatedParty"`, 'credit.mitigant': `kind IN ('margin', 'pledgedDeposit', 'treasury')` }
  readonly tables = { related_credit: new Rows() }
  readonly #owners: Owners
  readonly #lookthrough: LookthroughStage
  readonly #fx: FxBook
  readonly #customerOf: CustomerOf
  readonly #evidence: ExposureEvidence
  readonly #locate: Locate
  /** Institution → customer → loans that declare it related. */
  readonly #declared = new Map<string, Map<string, number>>()
  /** By institution. */
  readonly #covers = new Grouped<Cover>()
  readonly #related = new Map<string, Related>()
  readonly #stale = new Set<string>()
  /** How many institutions with loans there were when owners were looked at last. */
  #noted = 0

  constructor(owners: Owners, lookthrough: LookthroughStage, fx: FxBook, customerOf: CustomerOf, evidence: ExposureEvidence, locate: Locate) {
    this.#owners = owners
    this.#lookthrough = lookthrough
    this.#fx = fx
    this.#customerOf = customerOf
    this.#evidence = evidence
    this.#locate = locate
  }

  apply(change: Change): void {
    if (change.type === 'credit.loan') this.#loan(change)
    else this.#cover(change)
  }

  settle(at: number, exposures: ReadonlyMap<string, readonly Exposure[]>): void {
    for (const institution of this.#covers.takeStale()) this.#stale.add(institution)
    this.#noteOwners()
    for (const [institution, changed] of exposures) {
      const parties = this.#related.get(institution)?.parties
      if (parties !== undefined && parties.size > 0 && changed.some((e) => parties.has(e.obligor))) this.#stale.add(institution)
    }
    for (const institution of this.#stale) this.#write(institution, at)
    this.#stale.clear()
  }

  /** What is stated in CNY is worth what it was. */
  ratesChanged(): void {
    for (const [institution] of this.#lookthrough.loans.foreignSubjects()) this.#stale.add(institution)
    this.#covers.markWhere(({ ccy }) => ccy !== 'CNY')
  }

  #loan({ was, from, is, after }: Change): void {
    if (was?.['relatedParty'] === 'true' && from !== undefined) this.#declare(from, String(was['customerId']), -1)
    if (is?.['relatedParty'] === 'true') this.#declare(after.institution, String(is['customerId']), 1)
    // A loan of another customer takes its cover along.
    if (was?.['customerId'] !== is?.['customerId'] && this.#covers.has(after.institution)) this.#stale.add(after.institution)
  }

  #declare(institution: string, customer: string, by: 1 | -1): void {
    const of = this.#declared.get(institution) ?? new Map<string, number>()
    const count = (of.get(customer) ?? 0) + by
    if (count === 0) of.delete(customer)
    else of.set(customer, count)
    this.#declared.set(institution, of)
    this.#related.delete(institution)
    this.#stale.add(institution)
  }

  #cover({ is, after }: Change): void {
    if (is === undefined || !NETTED.has(String(is['kind']))) return this.#covers.remove(after.key)
    const { institution } = after
    const loans = JSON.parse(String(is['loanIds'] ?? '[]')) as string[]
    const amount = (is['value'] ?? 0n) as bigint
    this.#covers.set(after.key, institution, {
      institution,
      loans,
      ccy: String(is['ccy'] ?? 'CNY'),
      amount,
      ref: refOf(after, 'credit.mitigant', this.#locate),
    })
  }

  /** Who is related may have changed for whoever is owned by others now, and whose related parties are in other groups. */
  #noteOwners(): void {
    const { changedOwned, changedGroups } = this.#owners
    const { loans } = this.#lookthrough
    if (changedOwned.length === 0 && changedGroups.length === 0 && loans.size === this.#noted) return
    this.#noted = loans.size
    const owned = new Set(changedOwned)
    // A group's name is one of those whom others joined.
    const moved = new Set(changedGroups.flatMap((g) => [g.group, ...g.joined, ...g.left]))
    for (const institution of loans.institutions()) {
      const related = this.#related.get(institution)
      const isSame = !owned.has(institution) && (moved.size === 0 || ![...(related?.parties ?? [])].some((party) => moved.has(party)))
      if (related !== undefined && isSame) continue
      this.#related.delete(institution)
      this.#stale.add(institution)
    }
  }

  #relatedTo(institution: string): Related {
    const known = this.#related.get(institution)
    if (known !== undefined) return known
    const { graph, groups } = this.#owners
    const owners = new Map(
      graph
        .ownersOf(institution, RELATED_SHARE)
        .filter(({ economic }) => (economic.min ?? 0) >= RELATED_SHARE)
        .map(({ owner, path, refs }) => [owner, { path, refs }]),
    )
    const named = [...(this.#declared.get(institution)?.keys() ?? []), ...owners.keys()]
    const parties = new Set(named.flatMap((party) => [party, ...groups.members(groups.groupOf(party))]).sort())
    const related = { parties, owners }
    this.#related.set(institution, related)
    return related
  }

  #write(institution: string, at: number): void {
    const { parties } = this.#relatedTo(institution)
    const covered = this.#covered(institution, at)
    const net = new Map<string, bigint>()
    for (const party of parties) {
      const rest = this.#lookthrough.loans.cny(institution, party, at, this.#fx) - (covered.get(party) ?? 0n)
      if (rest > 0n) net.set(party, rest)
    }
    const groups = new Map<string, string[]>()
    for (const party of net.keys()) {
      const group = this.#owners.groups.groupOf(party)
      groups.set(group, [...(groups.get(group) ?? []), party])
    }
    const rows = new Map<string, { kind: string; id: string; scope: string; members: string[] }>()
    const add = (kind: string, id: string, scope: string, members: string[]) => rows.set(`${kind}:${id}`, { kind, id, scope, members })
    for (const party of net.keys()) add('party', party, 'single', [party])
    for (const [group, members] of groups) if (this.#owners.groups.members(group).length > 1) add('group', group, 'group', members)
    if (net.size > 0) add('all', 'all', 'all', [...net.keys()])
    const table = this.tables.related_credit
    for (const subject of table.subjects(institution)) if (!rows.has(`${subject.kind}:${subject.id}`)) table.delete(institution, subject)
    for (const { kind, id, scope, members } of rows.values()) {
      const cells = { net: members.reduce((sum, party) => sum + (net.get(party) ?? 0n), 0n), scope }
      table.set({ institution, subject: { kind, id }, cells, capture: (tick) => this.#capture(institution, members, tick) })
    }
  }

  /** What covers the loans of each customer. Cover for loans of several customers counts for the customer of the first that stands. */
  #covered(institution: string, at: number): Map<string, bigint> {
    const covered = new Map<string, bigint>()
    for (const cover of this.#covers.of(institution)) {
      const customer = this.#customerOfCover(cover)
      const amount = this.#fx.toCny(cover.amount, cover.ccy, at)
      if (customer !== undefined && amount !== undefined) covered.set(customer, (covered.get(customer) ?? 0n) + amount)
    }
    return covered
  }

  #customerOfCover({ institution, loans }: Cover): string | undefined {
    for (const loan of loans) {
      const customer = this.#customerOf(institution, loan)
      if (customer !== undefined) return customer
    }
    return undefined
  }

  /** Loans, their cover, and why the parties are related. */
  #capture(institution: string, members: readonly string[], at: number): Later {
    const shown = members.slice(0, PARTIES_SHOWN)
    const covers = this.#covers.of(institution).filter((c) => shown.includes(this.#customerOfCover(c) ?? ''))
    const owners = this.#relatedTo(institution).owners
    const chains = [...owners].filter(([owner]) => shown.some((m) => this.#owners.groups.groupOf(m) === this.#owners.groups.groupOf(owner)))
    const why = [...covers.map((c) => c.ref), ...chains.flatMap(([, c]) => c.refs)]
    const path = chains.flatMap(([, c]) => c.path)
    return async () => {
      const loans = await Promise.all(shown.map((subject) => this.#evidence.loans({ institution, subject, at })))
      return { refs: [...loans.flatMap((l) => l.refs), ...why], count: loans.reduce((sum, l) => sum + l.count, why.length), path }
    }
  }
}
