import { LOAN_CLASSES } from '../../contract/index.ts'
import { dayOf, type Fields, lookUp, present, records, text } from './fields.ts'
import { centsOf, defaultsOf, fieldsRead, type Fire, type Mapped, NO_CURRENCY, partyIdOf } from './fire-record.ts'

const DAY_MS = 86_400_000

/** Whom loans are to that name no customer: one party per firm, so that they add up against its limit. */
const UNNAMED = 'unnamed'

/** Types of `loan.type` that are no loan to a company. */
const PRODUCTS: Record<string, string> = {
  mortgage: 'mortgage',
  heloan: 'mortgage',
  heloc: 'mortgage',
  reverse_mortgage: 'mortgage',
  personal: 'consumer',
  auto: 'consumer',
  new_auto: 'consumer',
  used_auto: 'consumer',
  education: 'consumer',
  credit_card: 'card',
  charge_card: 'card',
  corporate_card: 'card',
  nostro: 'interbank',
  vostro: 'interbank',
}

/** The last word of `impairment_status`; where a stage stands alone, the stage. */
const CLASSES: Record<string, (typeof LOAN_CLASSES)[number]> = {
  performing: 'normal',
  normal: 'normal',
  stage_1: 'normal',
  watch: 'special-mention',
  stage_2: 'special-mention',
  substandard: 'substandard',
  non_performing: 'substandard',
  pre_litigation: 'substandard',
  in_litigation: 'substandard',
  stage_3: 'substandard',
  doubtful: 'doubtful',
  loss: 'loss',
}

const READ = fieldsRead(
  'balance currency_code customer_id customers type purpose limit_amount provision_amount impairment_amount impairment_status status ' +
    'arrears_balance first_arrears_date start_date end_date asset_liability on_balance_sheet',
)

/** A loan the firm has given. What is committed and off the balance sheet is a limit not yet drawn; what the firm owes is no loan of its own. */
export function loanOf(fire: Fire): Mapped {
  const { id, record } = fire
  const balance = centsOf(record['balance'])
  if (balance === undefined) return { why: 'import.why.amount', facts: { value: text(record['balance']) ?? '-' } }
  const undrawn = record['on_balance_sheet'] === false
  if (record['asset_liability'] === 'liability' && !undrawn) return { why: 'import.why.owed' }
  const customers = records(record['customers'])
  const data = present({
    loanId: id,
    customerId: partyIdOf(fire, record['customer_id'] ?? customers[0]?.['id'] ?? UNNAMED),
    product: lookUp(PRODUCTS, record['type']) ?? 'corporate',
    purpose: text(record['purpose']),
    balance: undrawn ? '0.00' : balance,
    ccy: text(record['currency_code']) ?? NO_CURRENCY,
    limit: centsOf(record['limit_amount']) ?? (undrawn ? balance : undefined),
    dpd: daysPastDue(fire),
    class: classOf(record),
    provision: centsOf(record['provision_amount'] ?? record['impairment_amount']),
    impaired: text(record['impairment_status'])?.startsWith('stage_3'),
    disbursedOn: dayOf(record['start_date']),
    maturesOn: dayOf(record['end_date']),
  })
  const assumed = defaultsOf(fire, { currency_code: NO_CURRENCY, type: 'corporate', ...(customers.length === 0 && { customer_id: UNNAMED }) })
  return { type: 'credit.loan', data, read: READ, lost: customers.length > 1 ? ['customers'] : [], assumed }
}

/** The format has no days past due: days since the loan first fell into the arrears it is still in, else 0. */
function daysPastDue({ record, date }: Fire): number {
  const since = dayOf(record['first_arrears_date'])
  if (since === undefined || !(Number(record['arrears_balance']) > 0)) return 0
  return Math.max(0, Math.floor((Date.parse(date) - Date.parse(since)) / DAY_MS))
}

function classOf(record: Fields): string {
  const status = text(record['impairment_status'])
  const said = lookUp(CLASSES, status) ?? lookUp(CLASSES, status?.replace(/^stage_\d_/, ''))
  if (said !== undefined) return said
  if (record['status'] === 'defaulted') return 'substandard'
  return Number(record['arrears_balance']) > 0 ? 'special-mention' : 'normal'
}
