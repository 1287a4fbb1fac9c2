/** A book of loans for measurements: 200 banks, three loans to a customer, nobody near a limit until an event puts one there. */
import { integerColumn } from '../../pipeline/store/columns.ts'
import { type Database, quote } from '../../pipeline/store/database.ts'
import { aboutHash, createSchema } from '../../pipeline/store/schema.ts'

/** Event time of the first tick, ms; the book was stated before it. */
export const START = Date.UTC(2026, 2, 2, 1)
const BANKS = 200
const CAPITAL = '100000000.00'
export const CAPITAL_EVENTS = BANKS * 2

/** A new file with `count` loans that stand and what capital each bank has, as an engine leaves it. */
export async function fillLoans(db: Database, count: number): Promise<void> {
  await db.run('BEGIN')
  await createSchema(db)
  const bank = `'B' || lpad((i % ${BANKS})::VARCHAR, 4, '0')`
  const customer = `'P' || (i // ${BANKS * 3} * ${BANKS} + i % ${BANKS})`
  const customers = Array.from({ length: (Math.floor((count - 1) / (BANKS * 3)) + 1) * BANKS }, (_, c) => c)
  await db.run('CREATE TEMP TABLE about(c INTEGER, about INTEGER)')
  await db.append('main', 'about', [integerColumn(customers), integerColumn(customers.map((c) => aboutHash(bankOf(c), `P${c}`)))], customers.length)
  const columns = {
    slot: 'i + 1',
    about: 'about',
    e: `${START - 86_400_000}.0`,
    time: `${START - 86_400_000}.0`,
    sequence: 'i',
    source: `'urn:bank:' || ${bank}`,
    id: `'book-' || i`,
    institution: bank,
    op: quote('upsert'),
    part: '0',
    log_offset: 'i',
    '"loanId"': `'L' || i`,
    '"customerId"': customer,
    product: quote('corporate'),
    balance: '(1000 + hash(i) % 100000)::DECIMAL(18,2)',
    ccy: quote('CNY'),
    dpd: '0',
    class: quote('normal'),
    '"disbursedOn"': quote('2025-03-01'),
    '"maturesOn"': quote('2027-03-01'),
  }
  await db.run(`INSERT INTO engine.state_loan(${Object.keys(columns).join(', ')}) SELECT ${Object.values(columns).join(', ')} FROM range(${count}) r(i)
    JOIN about ON about.c = i // ${BANKS * 3} * ${BANKS} + i % ${BANKS} ORDER BY i`)
  await fillCapital(db)
  db.meta.note('tick', START - 86_400_000)
  await db.meta.write()
  await db.run('COMMIT')
  await db.run('CHECKPOINT')
}

async function fillCapital(db: Database): Promise<void> {
  const stated = Array.from({ length: CAPITAL_EVENTS }, (_, k) => {
    const [institution, metric] = [bankOf(k), metricOf(k)]
    const row = [k + 1, aboutHash(institution, metric), START - 86_400_000, START - 86_400_000, Math.floor(k / BANKS)]
    return `(${row.join(', ')}, ${[`urn:bank:${institution}`, `capital-${k}`, institution, 'upsert'].map(quote).join(', ')}, 0, ${k}, ${[metric, CAPITAL, 'CNY', '2026-02', 'solo'].map(quote).join(', ')})`
  })
  const columns = 'slot, about, e, time, sequence, source, id, institution, op, part, log_offset, metric, value, unit, period, basis'
  await db.run(`INSERT INTO engine.state_metric(${columns}) VALUES ${stated.join(', ')}`)
}

/** What capital each bank has: the first events of a run, numbers 0 and 1 of each bank's stream. */
export function capitalEvents(time = START - 1000): Uint8Array[] {
  return Array.from({ length: CAPITAL_EVENTS }, (_, k) => {
    const [institution, metric] = [bankOf(k), metricOf(k)]
    const data = { metric, value: CAPITAL, unit: 'CNY', period: '2026-02', basis: 'solo' }
    return encode('inst.metric', institution, `capital-${k}`, Math.floor(k / BANKS), time, institution, data)
  })
}

/** The book itself as events, for a run that reads it: loans `from` to `to` of `count`, stated in the hour before `START`. */
export function bookEvents(from: number, to: number, count: number): Uint8Array[] {
  return Array.from({ length: to - from }, (_, k) => {
    const i = from + k
    return loanEvent(i, `book-${i}`, Math.floor(i / BANKS), START - 3_600_000 + Math.floor((i / count) * 3_500_000), `${1000 + ((i * 7) % 100_000)}.00`)
  })
}

/**
 * New statements about `loans` (of each bank in turn) within tick `tick` (from 0 on); the first `over` of them are above every limit. `stated`: how many loans were
 * stated as events before the first tick: each bank's statements are numbered on from there.
 */
export function loanEvents(tick: number, loans: number[], { over = 0, stated = 0 } = {}): Uint8Array[] {
  const numbered = stated / BANKS + (tick * loans.length) / BANKS
  return loans.map((i, k) => {
    const balance = k < over ? '20000000.00' : `${2000 + ((i * 7 + tick) % 50_000)}.00`
    return loanEvent(i, `t${tick}-${k}`, numbered + Math.floor(k / BANKS), START + tick * 1000 + (k % 1000), balance)
  })
}

/** `count` loans out of `below` (both multiples of 200), of each bank in turn, the same ones for the same tick on every run. */
export function loansOfTick(count: number, below: number, tick: number): number[] {
  let state = (tick + 1) * 2654435761
  return Array.from({ length: count }, (_, k) => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0
    return Math.floor((state / 2 ** 32) * (below / BANKS)) * BANKS + (k % BANKS)
  })
}

function loanEvent(i: number, id: string, sequence: number, time: number, balance: string): Uint8Array {
  const customerId = `P${Math.floor(i / (BANKS * 3)) * BANKS + (i % BANKS)}`
  const data = { loanId: `L${i}`, customerId, product: 'corporate', balance, ccy: 'CNY', dpd: 0, class: 'normal' }
  return encode('credit.loan', bankOf(i), id, sequence, time, `L${i}`, data)
}

function metricOf(k: number): string {
  return k < BANKS ? 'tier1' : 'net-capital'
}

function bankOf(i: number): string {
  return `B${String(i % BANKS).padStart(4, '0')}`
}

function encode(type: string, institution: string, id: string, sequence: number, time: number, subject: string, data: object): Uint8Array {
  const source = `urn:bank:${institution}`
  return Buffer.from(
    JSON.stringify({ specversion: '1.0', id, source, type, time: new Date(time).toISOString(), subject, institution, sequence: String(sequence), data }),
  )
}
