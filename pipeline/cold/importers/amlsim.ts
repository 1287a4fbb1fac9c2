/**
 * `lookthrough import amlsim`: the published AMLSim samples (IBM/AMLSim) as payments. Columns sourceNodeId, targetNodeId, value, time;
 * step n is 2026-01-01T00:00:00Z + (n − 1) days; accounts and parties are both `n<nodeid>`; ids `t<row>`, first data row 1.
 */
import { parse } from 'csv-parse'
import { formatDecimal, formatTime, parseDecimal } from '../../contract/index.ts'
import type { Intake, Statement } from './intake.ts'
import { members } from './members.ts'

const FIRST_STEP = Date.UTC(2026, 0, 1)
const DAY_MS = 86_400_000

/** `transactions.csv`, or the one inside an archive, in row order. Rows are numbered on where a run has several files. */
export async function importAmlsim(file: string, intake: Intake): Promise<void> {
  for await (const { stream } of members(file, ['/transactions.csv'])) {
    const rows = parse({ columns: true, trim: true, relax_column_count: true })
    stream.on('error', (error) => rows.destroy(error))
    for await (const row of stream.pipe(rows) as AsyncIterable<Record<string, string>>) {
      intake.take()
      await importRow(row, `t${intake.next('amlsim rows')}`, intake)
    }
  }
}

async function importRow(row: Record<string, string>, id: string, intake: Intake): Promise<void> {
  const { sourceNodeId, targetNodeId, value, time } = row
  if (sourceNodeId === undefined || targetNodeId === undefined || value === undefined || time === undefined) return intake.skip('import.why.column', id)
  const amount = parseDecimal(value, 2)
  if (amount === undefined || amount < 0n) return intake.skip('import.why.amount', id, { value })
  const step = Number(time)
  if (!Number.isInteger(step) || step < 1) return intake.skip('import.why.time', id, { value: time })
  return intake.map('transaction', [payment(id, `n${sourceNodeId}`, `n${targetNodeId}`, formatDecimal(amount, 2), step)])
}

function payment(paymentId: string, debtor: string, creditor: string, amount: string, step: number): Statement {
  return {
    id: paymentId,
    source: '/amlsim',
    type: 'pay.payment',
    time: formatTime(FIRST_STEP + (step - 1) * DAY_MS),
    institution: 'AMLSIM',
    data: {
      paymentId,
      debtorId: debtor,
      debtorAccount: debtor,
      creditorId: creditor,
      creditorAccount: creditor,
      amount,
      ccy: 'CNY',
      channel: 'wire',
      crossBorder: false,
    },
  }
}
