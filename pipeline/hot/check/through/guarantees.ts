/** Parties that guarantee each other's loans in a circle: CR-20. Of loans only those are known that a guarantee is for. */
import type { EvidenceRef } from '../../../contract/finding.ts'
import type { Evidence, PathStep } from '../../../contract/index.ts'
import { ACROSS, type Circle, GuaranteeCircles } from '../../../through/circles.ts'
import { type Locate, refOf } from '../evidence.ts'
import { named } from './group-exposures.ts'
import type { Change, Part } from './part.ts'
import type { CustomerOf } from './related-credit.ts'
import { captured, Rows } from './rows.ts'

type Guarantee = { institution: string; provider: string; loans: readonly string[]; ref: EvidenceRef }

/** How many guarantees are shown. */
const GUARANTEES_SHOWN = 100

export class Guarantees implements Part {
  readonly reads = { 'credit.mitigant': ['kind', 'providerId', 'loanIds'], 'credit.loan': ['loanId', 'customerId'] }
  readonly recalls = { 'credit.mitigant': `kind = 'guarantee'`, 'credit.loan': `"loanId" IN (${GUARANTEED})` }
  readonly tables = { guarantee_circle: new Rows() }
  readonly #circles: GuaranteeCircles
  readonly #guarantees = new Map<string, Guarantee>()
  readonly #by = new Map<string, Set<string>>()
  /** Whose loan it is, and how many guarantees are for it, by `nameOf`. */
  readonly #loans = new Map<string, { customer: string | undefined; guarantees: number }>()
  readonly #customerOf: CustomerOf
  readonly #locate: Locate

  /** `size`: from how many parties on a circle is one. */
  constructor(size: number, customerOf: CustomerOf, locate: Locate) {
    this.#circles = new GuaranteeCircles(size)
    this.#customerOf = customerOf
    this.#locate = locate
  }

  apply(change: Change): void {
    if (change.type === 'credit.loan') this.#loan(change)
    else this.#guarantee(change)
  }

  settle(): void {
    for (const circle of this.#circles.changed()) this.#write(circle)
  }

  #loan({ is, after }: Change): void {
    if (this.#loans.size === 0) return
    const name = nameOf(after.institution, String(after.data['loanId']))
    const loan = this.#loans.get(name)
    if (loan === undefined) return
    loan.customer = is === undefined ? undefined : String(is['customerId'])
    this.#circles.setLoan(name, loan.customer)
  }

  #guarantee({ is, after }: Change): void {
    const before = this.#guarantees.get(after.key)
    const guarantee = is?.['kind'] === 'guarantee' ? this.#stated(is, after) : undefined
    for (const name of guarantee?.loans ?? []) this.#name(name)
    this.#circles.set(after.key, guarantee)
    for (const name of before?.loans ?? []) this.#unname(name)
    if (before !== undefined) this.#by.get(before.provider)?.delete(after.key)
    if (guarantee === undefined) return void this.#guarantees.delete(after.key)
    this.#guarantees.set(after.key, guarantee)
    this.#by.set(guarantee.provider, (this.#by.get(guarantee.provider) ?? new Set()).add(after.key))
  }

  #stated(is: NonNullable<Change['is']>, after: Change['after']): Guarantee {
    const loans = new Set((JSON.parse(String(is['loanIds'] ?? '[]')) as string[]).map((loanId) => nameOf(after.institution, loanId)))
    return { institution: after.institution, provider: String(is['providerId']), loans: [...loans], ref: refOf(after, 'credit.mitigant', this.#locate) }
  }

  #name(name: string): void {
    const known = this.#loans.get(name)
    if (known !== undefined) return void known.guarantees++
    const [institution, loanId] = name.split(SEPARATOR) as [string, string]
    const customer = this.#customerOf(institution, loanId)
    this.#loans.set(name, { customer, guarantees: 1 })
    this.#circles.setLoan(name, customer)
  }

  #unname(name: string): void {
    const known = this.#loans.get(name)
    if (known === undefined || --known.guarantees > 0) return
    this.#loans.delete(name)
    this.#circles.setLoan(name, undefined)
  }

  #write({ institution, id, members }: Circle): void {
    const subject = { kind: 'group', id }
    if (members.length === 0) return this.tables.guarantee_circle.delete(institution, subject)
    const among = this.#among(institution, members)
    const institutions = [...new Set(among.map((g) => g.institution))].sort().join(',')
    const cells = { size: members.length, members: named(members), institutions }
    const evidence = this.#evidenceOf(among, members)
    this.tables.guarantee_circle.set({ institution, subject, cells, capture: () => captured(evidence) })
  }

  /** The guarantees of one member for another, in the order of providers and keys. */
  #among(institution: string, members: readonly string[]): Guarantee[] {
    const inside = new Set(members)
    return members
      .flatMap((provider) => [...(this.#by.get(provider) ?? [])].sort())
      .map((key) => this.#guarantees.get(key) as Guarantee)
      .filter((g) => (institution === ACROSS || g.institution === institution) && g.loans.some((name) => inside.has(this.#loans.get(name)?.customer ?? '')))
  }

  #evidenceOf(among: readonly Guarantee[], members: readonly string[]): Evidence {
    const inside = new Set(members)
    const shown = among.slice(0, GUARANTEES_SHOWN)
    const path = shown.flatMap(({ provider, loans, ref }): PathStep[] => {
      const customers = new Set(loans.map((name) => this.#loans.get(name)?.customer ?? ''))
      return [...customers].filter((c) => inside.has(c)).map((to) => ({ from: provider, to, kind: 'guarantee', event: ref.event }))
    })
    return { refs: shown.map((g) => g.ref), count: among.length, path }
  }
}

const SEPARATOR = '\u0000'

/** Loans that some guarantee names, by their ids alone: a few too many. */
const GUARANTEED = `SELECT unnest(from_json("loanIds", '["VARCHAR"]')) FROM engine.standing_mitigant WHERE kind = 'guarantee' AND op <> 'delete'`

/** A loan's name over all institutions. */
function nameOf(institution: string, loanId: string): string {
  return institution + SEPARATOR + loanId
}
