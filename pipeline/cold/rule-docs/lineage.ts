/** Which fields of which topics a rule rests on: for the catalogue, and for whoever asks what a change of a form would touch. */
import { dataColumns, type EventType } from '../../contract/index.ts'
import type { Rule } from '../../contract/rule.ts'
import type { ThroughTable } from '../../contract/through-table.ts'
import { fieldsNamed } from '../../hot/check/expression.ts'

/** Topic → fields, both in the order of the schema. */
export type Lineage = ReadonlyMap<EventType, readonly string[]>
type Fields = Partial<Record<EventType, readonly string[]>>

const HELD = {
  'book.position': ['issuerId', 'productId', 'kind', 'side', 'value', 'ccy'],
  'product.holding': ['productId', 'lines', 'nav', 'totalAssets'],
} satisfies Fields
const OWNED = { 'ref.ownership': ['owner', 'owned', 'kind', 'share'], 'ref.party': ['partyId', 'kind', 'flags'] } satisfies Fields
const LENT = { 'credit.loan': ['customerId', 'balance', 'ccy'] } satisfies Fields
const EXPOSED: Fields = { ...LENT, ...HELD, 'ref.party': ['partyId', 'kind', 'flags'] }
const PAID: Fields = { 'pay.payment': ['debtorId', 'debtorAccount', 'creditorId', 'creditorAccount', 'amount', 'ccy'] }
const LOANS_PAID: Fields = { ...PAID, 'credit.loan': ['loanId', 'customerId', 'disbursementAccount'], 'ref.party': ['partyId', 'flags'] }
const INTERBANK: Fields = { 'book.position': ['issuerId', 'kind', 'side', 'value', 'ccy'], 'inst.metric': ['metric', 'value', 'period'] }

const SOURCES: Readonly<Record<ThroughTable | 'exposure_total', Fields>> = {
  exposure_total: EXPOSED,
  nesting: { 'product.holding': ['productId', 'lines', 'kind'] },
  sanity: { ...OWNED, 'product.holding': ['productId', 'lines'] },
  coverage: HELD,
  equity_assets: { ...HELD, 'inst.metric': ['metric', 'value', 'period'] },
  client_group_exposure: { ...EXPOSED, ...OWNED },
  related_credit: { ...OWNED, 'credit.loan': ['customerId', 'balance', 'ccy', 'relatedParty'], 'credit.mitigant': ['kind', 'loanIds', 'value', 'ccy'] },
  guarantee_circle: { 'credit.mitigant': ['kind', 'providerId', 'loanIds'], 'credit.loan': ['loanId', 'customerId'] },
  double_pledge: { 'credit.mitigant': ['kind', 'assetId', 'loanIds'] },
  two_sided: INTERBANK,
  debtrank: INTERBANK,
  clearing: INTERBANK,
  backtest: { 'inst.metric': ['metric', 'value', 'period', 'basis'] },
  open_position: { 'book.position': ['kind', 'side', 'value', 'ccy'], 'mkt.price': ['instrumentId', 'kind', 'value'] },
  loan_sinks: LOANS_PAID,
  loan_return: { ...LOANS_PAID, ...OWNED },
  round_trip: PAID,
  sanctions_hit: { ...OWNED, 'pay.payment': ['debtorId', 'creditorId', 'amount'] },
}

export function lineageOf(rule: Rule): Lineage {
  const fields = fieldsOf(rule)
  return new Map(
    (Object.entries(fields) as [EventType, readonly string[]][]).map(([type, named]) => [
      type,
      dataColumns(type)
        .map((c) => c.field)
        .filter((f) => named.includes(f)),
    ]),
  )
}

function fieldsOf(rule: Rule): Fields {
  switch (rule.kind) {
    case 'each':
    case 'window':
      return { [rule.reads]: named(rule.reads, { ...rule, says: undefined, title: undefined, law: undefined }) }
    case 'limit': {
      const { numerator } = rule
      const own: Fields = 'by' in numerator ? { [numerator.from]: [numerator.by, numerator.sum, 'ccy'] } : SOURCES[numerator.from]
      return { ...own, 'inst.metric': ['metric', 'value', 'period', 'basis'] }
    }
    case 'graph':
      return SOURCES[rule.from]
    case 'summary':
      return { [rule.detail.from]: [rule.detail.sum, 'ccy'], 'inst.metric': ['metric', 'value', 'period', 'basis'] }
    case 'missing':
      return { 'inst.metric': ['metric', 'value', 'period', 'basis'] }
    case 'ratio':
      return { [rule.reads]: [rule.numerator, rule.denominator, rule.subject.id, ...named(rule.reads, rule.limits)] }
    case 'metric':
      return { 'inst.metric': ['metric', 'value', 'period', 'basis'] }
    case 'amount':
      return { [rule.reads]: [rule.amount, 'ccy', rule.subject.id, ...named(rule.reads, rule.when)], 'inst.metric': ['metric', 'value', 'period', 'basis'] }
    case 'outlier':
      return { [rule.reads]: [rule.per, rule.value, rule.weight, rule.subject.id] }
    case 'alerts':
    case 'due':
      return {}
  }
}

/** Fields of a topic that occur anywhere in a part of a rule. */
function named(type: EventType, part: unknown): string[] {
  return fieldsNamed(
    dataColumns(type).map((c) => c.field),
    [JSON.stringify(part) ?? ''],
  )
}
