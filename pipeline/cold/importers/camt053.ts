import { type Facts, formatDecimal, parseDecimal } from '../../contract/index.ts'
import type { MessageKey } from '../../messages/index.ts'
import { type Fields, present, timeOf } from './fields.ts'
import { type Intake, sourceOf, type Statement } from './intake.ts'
import { agentId, betweenSides, paymentIdOf, type Side, sideOf } from './iso-parties.ts'
import { element, elements, firstText, type Node, textAt } from './xml.ts'

/** The account a statement is about, and who keeps it. */
type Account = { owner: Side; institution: string; statementId: string }

/** A booking: the entry, or one transaction of it. The counterparty stands in the transaction's details. */
type Booking = { id: string; reference: string; details: Node; amount: bigint; credit: boolean }

const STATEMENT_READ = new Set('Id Acct Ntry'.split(' '))
const READ = new Set('Amt CdtDbtInd RvslInd Sts BookgDt ValDt AcctSvcrRef NtryRef BkTxCd NtryDtls'.split(' '))
const DETAILS_READ = new Set('Refs Amt AmtDtls CdtDbtInd RltdPties RltdAgts Purp BkTxCd'.split(' '))

/** Each booked entry is one payment, or one per transaction in it; whose side the account is on is what its indicator says. */
export async function importStatements(message: Node, intake: Intake): Promise<void> {
  for (const statement of elements(message, 'Stmt')) {
    const account = accountOf(statement)
    intake.uncarried(statement as Fields, STATEMENT_READ, 'Stmt.')
    for (const [i, entry] of elements(statement, 'Ntry').entries()) {
      const transactions = elements(entry, 'NtryDtls').flatMap((details) => elements(details, 'TxDtls'))
      intake.take(1 + transactions.length)
      const id = `${account?.statementId ?? textAt(statement, 'Id') ?? 'camt.053'}#${i + 1}`
      if (account === undefined) intake.skip('import.why.party', id, { side: 'Acct' }, 1 + transactions.length)
      else await importEntry(entry, transactions, account, id, intake)
    }
  }
}

function accountOf(statement: Node): Account | undefined {
  const acct = element(statement, 'Acct')
  const agent = element(acct, 'Svcr')
  const owner = sideOf(element(acct, 'Ownr'), acct, agent)
  const institution = (agentId(agent) ?? 'ISO20022').slice(0, 128)
  return owner && { owner, institution, statementId: textAt(statement, 'Id') ?? owner.account }
}

async function importEntry(entry: Node, transactions: Node[], account: Account, id: string, intake: Intake): Promise<void> {
  const skip = (why: MessageKey, facts?: Facts) => intake.skip(why, id, facts, 1 + transactions.length)
  const status = firstText(entry, 'Sts', 'Sts/Cd') ?? '-'
  if (status !== 'BOOK') return skip('import.why.notBooked', { status })
  const moment = firstText(entry, 'BookgDt/DtTm', 'BookgDt/Dt', 'ValDt/DtTm', 'ValDt/Dt')
  const time = timeOf(moment)
  if (time === undefined) return skip('import.why.time', { value: moment ?? '-' })
  const [amount, indicator] = [amountOf(entry, 'Amt'), textAt(entry, 'CdtDbtInd')]
  if (amount === undefined || amount < 0n) return skip('import.why.amount', { value: textAt(entry, 'Amt') ?? '-' })
  if (indicator !== 'CRDT' && indicator !== 'DBIT') return skip('import.why.field', { field: 'CdtDbtInd' })
  const ccy = textAt(entry, 'Amt/@Ccy')
  if (ccy === undefined) return skip('import.why.field', { field: 'Ccy' })
  const whole = { id, reference: firstText(entry, 'AcctSvcrRef', 'NtryRef') ?? id, details: transactions[0], amount, credit: indicator === 'CRDT' }
  const bookings = bookingsOf(whole, transactions, ccy)
  if (bookings === undefined) return skip('import.why.split')
  const payments: Statement[] = []
  for (const booking of bookings) {
    const data = paymentOf(booking, entry, account)
    if (data === undefined) return skip('import.why.party', { side: booking.credit ? 'Dbtr' : 'Cdtr' })
    const { institution } = account
    payments.push({ id: booking.id, source: sourceOf('iso20022', institution), type: 'pay.payment', time, institution, data })
  }
  if (transactions.length > 0) intake.detail('import.detail.transaction', transactions.length)
  intake.uncarried(entry as Fields, READ, 'Ntry.')
  for (const details of transactions) intake.uncarried(details as Fields, DETAILS_READ, 'TxDtls.')
  return intake.map('Ntry', payments)
}

/** The entry as a whole where it has at most one transaction, else one booking each; undefined where their amounts do not add up to the entry's. */
function bookingsOf(whole: Booking, transactions: Node[], ccy: string): Booking[] | undefined {
  if (transactions.length <= 1) return [whole]
  const bookings: Booking[] = []
  let sum = 0n
  for (const [i, details] of transactions.entries()) {
    const path = textAt(details, 'Amt') === undefined ? 'AmtDtls/TxAmt/Amt' : 'Amt'
    const amount = amountOf(details, path)
    if (amount === undefined || amount < 0n || textAt(details, `${path}/@Ccy`) !== ccy) return undefined
    const credit = (textAt(details, 'CdtDbtInd') ?? (whole.credit ? 'CRDT' : 'DBIT')) === 'CRDT'
    sum += credit === whole.credit ? amount : -amount
    const id = `${whole.id}.${i + 1}`
    bookings.push({ id, reference: textAt(details, 'Refs/AcctSvcrRef') ?? id, details, amount, credit })
  }
  return sum === whole.amount ? bookings : undefined
}

/**
 * A credit comes from the counterparty, a debit goes there. A reversal names its parties as the payment it takes back did, so that the counterparty
 * is on the other side. At a bank's counter the owner brings or takes cash. Undefined where no counterparty is named.
 */
function paymentOf({ reference, details, amount, credit }: Booking, entry: Node, { owner }: Account): Fields | undefined {
  const reversal = textAt(entry, 'RvslInd') === 'true'
  const cash = (textAt(details, 'BkTxCd/Domn/Fmly/Cd') ?? textAt(entry, 'BkTxCd/Domn/Fmly/Cd')) === 'CNTR'
  const other = cash ? owner : counterparty(details, credit !== reversal ? 'Dbtr' : 'Cdtr')
  if (other === undefined) return undefined
  return present({
    paymentId: paymentIdOf(element(details, 'Refs')) ?? reference,
    ...(credit ? betweenSides(other, owner) : betweenSides(owner, other)),
    amount: formatDecimal(amount, 2),
    ccy: textAt(entry, 'Amt/@Ccy'),
    channel: cash ? 'cash' : 'wire',
    cash: cash ? (credit ? 'in' : 'out') : undefined,
    purpose: reversal ? 'reversal' : firstText(details, 'Purp/Cd', 'Purp/Prtry'),
  })
}

function counterparty(details: Node, side: 'Dbtr' | 'Cdtr'): Side | undefined {
  const parties = element(details, 'RltdPties')
  return sideOf(element(parties, side), element(parties, `${side}Acct`), element(details, `RltdAgts/${side}Agt`))
}

function amountOf(node: Node, path: string): bigint | undefined {
  return parseDecimal(textAt(node, path) ?? '', 2)
}
