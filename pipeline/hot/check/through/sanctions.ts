/**
 * Payments whose debtor or creditor is listed, or has someone listed above it: OP-13. Of several who are listed the party itself is named, else who has the
 * largest interest, else who controls it; who is listed and who owns whom is as of the payment's tick.
 */
import type { Evidence, EvidenceRef, PathStep } from '../../../contract/index.ts'
import { formatDecimal, parseDecimal, rescale } from '../../../contract/money.ts'
import { Occurrences } from './occurrences.ts'
import type { Owners } from './owners.ts'
import type { Part } from './part.ts'
import type { Parties } from './parties.ts'
import type { PaymentBook, PaymentChange } from './payment-book.ts'
import type { PaymentStatement } from './payment-feed.ts'
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
  readonly #owners: Owners
  readonly #parties: Parties
  readonly #share: number
  /** The last change of each payment in this tick. */
  readonly #changes = new Map<string, PaymentChange>()
  /** Parties with nobody listed above them, until flags or who owns them may have changed. */
  readonly #clean = new Set<string>()

  /** `share`: the interest from which on someone above counts. */
  constructor(book: PaymentBook, owners: Owners, parties: Parties, share: number) {
    this.#book = book
    this.#owners = owners
    this.#parties = parties
    this.#share = share
  }

  apply(): void {}

  pay(change: PaymentChange): void {
    const before = this.#changes.get(change.key)
    this.#changes.set(change.key, before?.corrects === false ? { ...change, corrects: false } : change)
  }

  settle(): void {
    for (const party of this.#owners.changedOwned) this.#clean.delete(party)
    for (const change of this.#changes.values()) for (const side of SIDES) this.#judge(change, side)
    this.#changes.clear()
  }

  /** Flags of a party have changed: it may stand above anyone. */
  flagsChanged(): void {
    this.#clean.clear()
  }

  /** A party that pays itself is judged as the debtor alone. */
  #judge({ key, is, after, corrects }: PaymentChange, side: 'debtor' | 'creditor'): void {
    const party = is === undefined ? '' : is[`${side}Id`]
    const hit = is === undefined || (side === 'creditor' && party === is.debtorId) ? undefined : this.#hitOf(party)
    if (hit === undefined && !corrects) return
    const { institution, paymentId } = this.#book.nameOf(key)
    const ref = this.#book.ref(after)
    this.tables.sanctions_hit.add({
      institution,
      subject: { kind: 'party', id: party },
      cells: hit === undefined ? undefined : cellsOf(hit),
      occurrence: { event: ref.event, order: ref.order, thing: `${paymentId}|${side}`, time: after.time, corrects },
      capture: () => captured(is === undefined || hit === undefined ? { refs: [ref], count: 1, path: [] } : evidenceOf(hit, is, ref)),
    })
  }

  #hitOf(party: string): Hit | undefined {
    const hit = this.#clean.has(party) ? undefined : this.#find(party)
    if (hit === undefined) this.#clean.add(party)
    return hit
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

const SIDES = ['debtor', 'creditor'] as const

function cellsOf({ listed, via, share }: Hit): Record<string, string> {
  return { listed, via, interest: share, share: formatDecimal(rescale(parseDecimal(share, SCALE) ?? 0n, SCALE, 4), 4) }
}

/** From who is listed down to the party, and the payment. */
function evidenceOf(hit: Hit, payment: PaymentStatement, ref: EvidenceRef): Evidence {
  const { debtorId, creditorId, amount } = payment
  const paid = { from: debtorId, to: creditorId, kind: 'payment', amount: formatDecimal(amount, 2), event: ref.event }
  return { refs: [...hit.refs, ref], count: hit.refs.length + 1, path: [...hit.path, paid] }
}
