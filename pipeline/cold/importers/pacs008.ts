import { formatDecimal, parseDecimal } from '../../contract/index.ts'
import { type Fields, present, timeOf } from './fields.ts'
import { type Intake, sourceOf } from './intake.ts'
import { agentId, betweenSides, paymentIdOf, sideOf } from './iso-parties.ts'
import { element, elements, firstText, type Node, textAt } from './xml.ts'

/** Elements of a transfer that are read, and its agents between the two ends. */
const READ = new Set('PmtId IntrBkSttlmAmt IntrBkSttlmDt SttlmTmIndctn AccptncDtTm InstgAgt Dbtr DbtrAcct DbtrAgt Cdtr CdtrAcct CdtrAgt Purp'.split(' '))

/** Each `CdtTrfTxInf` is one payment, reported by the instructing agent, at the moment it was debited, accepted, or its message made. */
export async function importTransfers(message: Node, intake: Intake): Promise<void> {
  const header = element(message, 'GrpHdr')
  const messageId = textAt(header, 'MsgId') ?? 'pacs.008'
  for (const [i, transfer] of elements(message, 'CdtTrfTxInf').entries()) {
    intake.take()
    await importTransfer(transfer, header, `${messageId}#${i + 1}`, intake)
  }
}

async function importTransfer(transfer: Node, header: Node, id: string, intake: Intake): Promise<void> {
  const said = textAt(transfer, 'IntrBkSttlmAmt') ?? '-'
  const amount = parseDecimal(said, 2)
  if (amount === undefined || amount < 0n) return intake.skip('import.why.amount', id, { value: said })
  const ccy = textAt(transfer, 'IntrBkSttlmAmt/@Ccy')
  if (ccy === undefined) return intake.skip('import.why.field', id, { field: 'Ccy' })
  const time = timeOf(momentOf(transfer, header))
  if (time === undefined) return intake.skip('import.why.time', id, { value: momentOf(transfer, header) ?? '-' })
  const debtor = sideOf(element(transfer, 'Dbtr'), element(transfer, 'DbtrAcct'), element(transfer, 'DbtrAgt'))
  const creditor = sideOf(element(transfer, 'Cdtr'), element(transfer, 'CdtrAcct'), element(transfer, 'CdtrAgt'))
  if (debtor === undefined) return intake.skip('import.why.party', id, { side: 'Dbtr' })
  if (creditor === undefined) return intake.skip('import.why.party', id, { side: 'Cdtr' })
  const reporter = [element(transfer, 'InstgAgt'), element(header, 'InstgAgt'), element(transfer, 'DbtrAgt')].map(agentId).find((a) => a !== undefined)
  const institution = (reporter ?? 'ISO20022').slice(0, 128)
  const data = present({
    paymentId: paymentIdOf(element(transfer, 'PmtId')) ?? id,
    ...betweenSides(debtor, creditor),
    amount: formatDecimal(amount, 2),
    ccy,
    channel: 'wire',
    purpose: firstText(transfer, 'Purp/Cd', 'Purp/Prtry'),
  })
  intake.uncarried(transfer as Fields, READ, '')
  return intake.map('CdtTrfTxInf', [{ id, source: sourceOf('iso20022', institution), type: 'pay.payment', time, institution, data }])
}

function momentOf(transfer: Node, header: Node): string | undefined {
  return firstText(transfer, 'SttlmTmIndctn/DbtDtTm', 'AccptncDtTm') ?? firstText(header, 'CreDtTm') ?? textAt(transfer, 'IntrBkSttlmDt')
}
