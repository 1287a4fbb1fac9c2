import { dayOf, type Fields, lookUp, present, text } from './fields.ts'
import { centsOf, defaultsOf, fieldsRead, type Fire, type Mapped, NO_CURRENCY, partyIdOf } from './fire-record.ts'

const KINDS: Record<string, string> = {
  ...of('bond', 'bond bill bond_cb mbs covered_bond commercial_paper debt floating_rate_note convertible_bond cd sub_debt'),
  ...of('equity', 'equity share share_agg pref_share dr'),
  ...of('fundUnits', 'cis cis_unit etf mmf nav fund ciu'),
}

const HQLA: Record<string, string> = { i: '1', iia: '2A', iib: '2B' }

const SECURITY_READ = fieldsRead(
  'asset_liability balance mtm_dirty mtm_clean notional_amount currency_code customer_id issuer_id isin_code type sft_type movement quantity ' +
    'maturity_date end_date hqla_class regulatory_book on_balance_sheet attachment_point capital_tier',
)
const ACCOUNT_READ = fieldsRead('asset_liability balance currency_code customer_id type end_date regulatory_book on_balance_sheet')
const DERIVATIVE_READ = fieldsRead('mtm_dirty mtm_clean currency_code customer_id end_date regulatory_book')

/**
 * A security held or owed. Of a repo the cash leg is the position, owed by or to the counterparty; the leg of the security that went the other way only
 * details it. Guarantees and other things off the balance sheet are no position.
 */
export function securityOf(fire: Fire): Mapped {
  const { record } = fire
  const isRepo = text(record['sft_type']) !== undefined
  if (isRepo && record['movement'] === 'asset') return { detail: 'import.detail.collateralLeg' }
  if (record['on_balance_sheet'] === false) return { why: 'import.why.offBalance' }
  if (record['asset_liability'] === 'equity') return { why: 'import.why.ledger' }
  const amount = ['mtm_dirty', 'mtm_clean', 'balance', 'notional_amount'].map((name) => centsOf(record[name])).find((cents) => cents !== undefined)
  if (amount === undefined) return { why: 'import.why.amount', facts: { value: '-' } }
  const kind = isRepo ? 'repo' : record['attachment_point'] !== undefined ? 'tranche' : (lookUp(KINDS, record['type']) ?? 'other')
  const own = record['asset_liability'] === 'liability'
  const behind = kind === 'fundUnits' || kind === 'tranche' ? { productId: productOf(fire) } : { issuerId: obligor(fire, own, isRepo ? [] : ['issuer_id']) }
  const rest = { instrumentId: text(record['isin_code']), quantity: plain(record['quantity']), hqla: lookUp(HQLA, record['hqla_class']) }
  return position(fire, { kind, ...behind, side: own ? 'short' : 'long', value: isRepo ? amount.replace('-', '') : amount, ...rest }, SECURITY_READ)
}

/** Money on account: what customers left with the firm (the default), or the firm with another. */
export function accountOf(fire: Fire): Mapped {
  const { record } = fire
  const balance = centsOf(record['balance'])
  if (balance === undefined) return { why: 'import.why.amount', facts: { value: text(record['balance']) ?? '-' } }
  const ledger = text(record['asset_liability']) ?? 'liability'
  if (ledger !== 'asset' && ledger !== 'liability') return { why: 'import.why.ledger' }
  if (record['on_balance_sheet'] === false) return { why: 'import.why.offBalance' }
  const own = ledger === 'liability'
  const kind = record['type'] === 'nostro' || record['type'] === 'vostro' ? 'interbank' : 'deposit'
  return position(fire, { kind, issuerId: obligor(fire, own, []), side: own ? 'short' : 'long', value: balance }, ACCOUNT_READ)
}

/** A derivative at its market value: what the counterparty owes is long, what the firm owes short. A leg without a market value is no amount. */
export function derivativeOf(fire: Fire): Mapped {
  const { record } = fire
  const mark = centsOf(record['mtm_dirty'] ?? record['mtm_clean'])
  if (mark === undefined) return { why: 'import.why.mark' }
  const own = mark.startsWith('-')
  const data = { kind: 'derivative', issuerId: obligor(fire, own, []), side: own ? 'short' : 'long', value: mark.replace('-', '') }
  return position(fire, data, DERIVATIVE_READ)
}

function position(fire: Fire, data: Fields, read: ReadonlySet<string>): Mapped {
  const { id, record } = fire
  const book = record['regulatory_book'] === 'trading_book' ? 'trading' : 'banking'
  const ccy = text(record['currency_code']) ?? NO_CURRENCY
  const maturesOn = dayOf(record['maturity_date']) ?? dayOf(record['end_date'])
  return {
    type: 'book.position',
    data: present({ positionId: id, book, ...data, ccy, maturesOn }),
    read,
    lost: ['customer_id', 'issuer_id'].filter((name) => read.has(name) && ![data['issuerId'], data['productId']].includes(partyIdOf(fire, record[name]))),
    assumed: defaultsOf(fire, { currency_code: NO_CURRENCY }),
  }
}

/** Who owes: the firm itself for what it owes, else whom the first of these fields names, the customer at last. */
function obligor(fire: Fire, own: boolean, names: string[]): string | undefined {
  if (own) return fire.institution
  return [...names, 'customer_id'].map((name) => partyIdOf(fire, fire.record[name])).find((id) => id !== undefined)
}

/** Funds and tranches are told apart by ISIN among all firms, else within the firm by their issuer or themselves. */
function productOf(fire: Fire): string | undefined {
  return text(fire.record['isin_code']) ?? partyIdOf(fire, fire.record['issuer_id'] ?? fire.id)
}

function plain(quantity: unknown): string | undefined {
  const said = text(quantity)
  return said !== undefined && /^-?\d{1,27}(\.\d{1,10})?$/.test(said) ? said : undefined
}

function of(kind: string, types: string): Record<string, string> {
  return Object.fromEntries(types.split(' ').map((type) => [type, kind]))
}
