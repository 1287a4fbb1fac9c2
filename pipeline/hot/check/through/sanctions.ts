/**
 * Payments whose debtor or creditor is listed, or has someone listed above it: OP-13. Of several who are listed the party itself is named, else who has the
 * largest interest, else who controls it; who is listed and who owns whom is as of the payment's tick.
 */
import type { Evidence, EvidenceRef, PathStep } from '../../../contract/index.ts'
import { formatDecimal, parseDecimal, rescale } from '../../../contract/money.ts'
import { grown } from '../../../through/grown.ts'
import type { Ids } from '../../../through/ids.ts'
import { Occurrences } from './occurrences.ts'
import type { Owners } from './owners.ts'
import type { Part } from './part.ts'
import type { Parties } from './parties.ts'
import type { PaymentBook } from './payment-book.ts'
import type { PaymentChange, PaymentChanges } from './payment-changes.ts'
import { CREDITOR, DEBTOR, DELETE, OP, type PaymentRows } from './payment-rows.ts'
import { captured } from './rows.ts'

const LISTED = 'sanctioned'
/** Shares come with so many decimals. */
const SCALE = 12

/** `share`: of one whole, `SCALE` decimals. */
type Hit = { listed: string; via: 'self' | 'interest' | 'control'; share: string; path: PathStep[]; refs: EvidenceRef[] }

export class Sanctions implements Part {
  readonly reads = {}
  readonly recalls = {}
  readonly tables = { sanctions_hit: new Occurrences() }
  readonly #book: PaymentBook
  readonly #changes: PaymentChanges
  readonly #owners: Owners
  readonly #parties: Parties
  readonly #share: number
  readonly #sides: readonly Side[]

  /** `share`: the interest from which on someone above counts. */
  constructor(book: PaymentBook, changes: PaymentChanges, owners: Owners, parties: Parties, share: number) {
    this.#book = book
    this.#changes = changes
    this.#owners = owners
    this.#parties = parties
    this.#share = share
    this.#sides = [new Side('debtor', DEBTOR, book.names.debtors), new Side('creditor', CREDITOR, book.names.kept.parties)]
  }

  apply(): void {}

  settle(): void {
    for (const party of this.#owners.changedOwned) for (const side of this.#sides) side.doubt(party)
    for (const change of this.#changes.all) for (const side of this.#sides) this.#judge(change, side)
  }

  /** Flags of a party have changed: it may stand above anyone. */
  flagsChanged(): void {
    for (const side of this.#sides) side.doubtAll()
  }

  #judge({ row, corrects }: PaymentChange, side: Side): void {
    const { rows } = this.#changes
    const isThere = rows.at(row, OP) !== DELETE
    const hit = isThere && !side.isClean(rows, row) ? this.#hitOf(rows, row, side) : undefined
    if (hit === undefined && !corrects) return
    const ref = this.#book.ref(rows, row)
    const evidence = hit === undefined ? { refs: [ref], count: 1, path: [] } : evidenceOf(hit, this.#paid(rows, row, ref), ref)
    this.tables.sanctions_hit.add({
      institution: rows.institutionText(row),
      subject: { kind: 'party', id: isThere ? side.party(rows, row) : '' },
      cells: hit === undefined ? undefined : cellsOf(hit),
      occurrence: { event: ref.event, order: ref.order, thing: `${rows.paymentIdText(row)}|${side.name}`, time: rows.time(row), corrects },
      capture: () => captured(evidence),
    })
  }

  /** A party that pays itself is judged as the debtor alone. */
  #hitOf(rows: PaymentRows, row: number, side: Side): Hit | undefined {
    const party = side.party(rows, row)
    if (side.name === 'creditor' && party === this.#sides[0]?.party(rows, row)) return undefined
    const hit = this.#find(party)
    if (hit === undefined) side.clean(rows, row)
    return hit
  }

  #paid(rows: PaymentRows, row: number, { event }: EvidenceRef): PathStep {
    const [from, to] = this.#sides.map((side) => side.party(rows, row)) as [string, string]
    return { from, to, kind: 'payment', amount: formatDecimal(rows.amount(row), 2), event }
  }

  #find(party: string): Hit | undefined {
    const isListed = (id: string) => this.#parties.isFlagged(id, LISTED)
    if (isListed(party)) return { listed: party, via: 'self', share: '1', path: [], refs: [] }
    const [first] = this.#owners.graph
      .ownersOf(party, this.#share)
      .filter(({ owner }) => isListed(owner))
      .map((owner) => ({ ...owner, least: owner.economic.min ?? 0 }))
      .sort((a, b) => b.least - a.least)
    if (first === undefined) return undefined
    const { owner, least, path, refs } = first
    return { listed: owner, via: least >= this.#share ? 'interest' : 'control', share: least.toFixed(SCALE), path, refs }
  }
}

/** One side of payments, and whom of it nobody listed stands above, until flags or who owns them may have changed. */
class Side {
  readonly name: 'debtor' | 'creditor'
  readonly #column: number
  readonly #ids: Ids
  /** By number of a party, in which state of the flags it was clean. */
  #clean = new Int32Array(64)
  #flags = 1

  constructor(name: Side['name'], column: number, ids: Ids) {
    this.name = name
    this.#column = column
    this.#ids = ids
  }

  party(rows: PaymentRows, row: number): string {
    return this.#ids.text(rows.at(row, this.#column))
  }

  isClean(rows: PaymentRows, row: number): boolean {
    return this.#clean[rows.at(row, this.#column)] === this.#flags
  }

  clean(rows: PaymentRows, row: number): void {
    const party = rows.at(row, this.#column)
    this.#clean = grown(this.#clean, party + 1)
    this.#clean[party] = this.#flags
  }

  doubt(party: string): void {
    const number = this.#ids.find(party)
    if (number !== undefined && number < this.#clean.length) this.#clean[number] = 0
  }

  doubtAll(): void {
    this.#flags++
  }
}

function cellsOf({ listed, via, share }: Hit): Record<string, string> {
  return { listed, via, interest: share, share: formatDecimal(rescale(parseDecimal(share, SCALE) ?? 0n, SCALE, 4), 4) }
}

/** From who is listed down to the party, and the payment. */
function evidenceOf(hit: Hit, paid: PathStep, ref: EvidenceRef): Evidence {
  return { refs: [...hit.refs, ref], count: hit.refs.length + 1, path: [...hit.path, paid] }
}
