/**
 * `lookthrough import amlsim`: the published AMLSim samples (IBM/AMLSim) as payments. Columns sourceNodeId, targetNodeId, value, time;
 * step n is 2026-01-01T00:00:00Z + (n − 1) days; accounts and parties are both `n<nodeid>`; ids `t<row>`, first data row 1.
 */
import { createReadStream } from 'node:fs'
import { stat } from 'node:fs/promises'
import { Readable } from 'node:stream'
import { createGunzip } from 'node:zlib'
import { parse } from 'csv-parse'
import { extract } from 'tar-stream'
import { formatTime, LookthroughError, parseDecimal, formatDecimal } from '../../contract/index.ts'

export type ImportReport = { read: number; written: number; skipped: { row: number; why: string }[] }

const FIRST_STEP = Date.UTC(2026, 0, 1)
const DAY_MS = 86_400_000

/** Events of `transactions.csv`, or of the one inside a `.tgz` / `.gz`, as NDJSON lines handed to `write` in row order. */
export async function importAmlsim(file: string, write: (line: string) => Promise<void> | void): Promise<ImportReport> {
  const report: ImportReport = { read: 0, written: 0, skipped: [] }
  const parser = (await openCsv(file)).pipe(parse({ columns: true, trim: true, relax_column_count: true }))
  try {
    for await (const record of parser as AsyncIterable<Record<string, string>>) {
      report.read++
      const event = toEvent(record, report.read)
      if (typeof event === 'string') report.skipped.push({ row: report.read, why: event })
      else {
        report.written++
        await write(`${JSON.stringify(event)}\n`)
      }
    }
  } catch (error) {
    throw new LookthroughError('LT-1004', { file, format: 'AMLSim CSV', why: error instanceof Error ? error.message : String(error) }, error)
  }
  return report
}

function toEvent(record: Record<string, string>, row: number): Record<string, unknown> | string {
  const { sourceNodeId, targetNodeId, value, time } = record
  if (sourceNodeId === undefined || targetNodeId === undefined || value === undefined || time === undefined) return 'a column is missing'
  const amount = parseDecimal(value, 2)
  const step = Number(time)
  if (amount === undefined || amount < 0n) return `value is no amount: ${value}`
  if (!Number.isInteger(step) || step < 1) return `time is no step: ${time}`
  const [debtor, creditor] = [`n${sourceNodeId}`, `n${targetNodeId}`]
  return {
    specversion: '1.0',
    id: `t${row}`,
    source: '/amlsim',
    type: 'pay.payment',
    time: formatTime(FIRST_STEP + (step - 1) * DAY_MS),
    subject: debtor,
    institution: 'AMLSIM',
    sequence: String(row),
    data: {
      paymentId: `t${row}`,
      debtorId: debtor,
      debtorAccount: debtor,
      creditorId: creditor,
      creditorAccount: creditor,
      amount: formatDecimal(amount, 2),
      ccy: 'CNY',
      channel: 'wire',
      crossBorder: false,
    },
  }
}

async function openCsv(file: string): Promise<Readable> {
  try {
    await stat(file)
  } catch (error) {
    throw new LookthroughError('LT-1001', { file, why: error instanceof Error ? error.message : String(error) }, error)
  }
  const raw = createReadStream(file)
  if (/\.(tgz|tar\.gz)$/.test(file)) return memberOf(file, raw.pipe(createGunzip()))
  return file.endsWith('.gz') ? raw.pipe(createGunzip()) : raw
}

/** The `transactions.csv` of an archive, streamed. */
function memberOf(file: string, archive: Readable): Promise<Readable> {
  return new Promise((resolve, reject) => {
    const fail = (why: string) => reject(new LookthroughError('LT-1004', { file, format: 'AMLSim tgz', why }))
    const members = extract()
    members.on('entry', (header, stream, next) => {
      if (header.name.endsWith('/transactions.csv') || header.name === 'transactions.csv') resolve(Readable.from(stream))
      else stream.resume()
      stream.on('end', next)
    })
    members.on('finish', () => fail('it holds no transactions.csv'))
    members.on('error', (error: Error) => fail(error.message))
    archive.on('error', (error) => fail(error.message))
    archive.pipe(members)
  })
}
