/**
 * 5 M payments of 35 days among 1 M accounts, heavy-tailed, one of them a hub with 100,000 counterparties; 10,000 loans traced by four methods, round trips
 * sought with every payment, 1,000 of them planted; then corrections. Beside it, the round trips of 20,000 payments drawn the same way among 50,000 accounts, 100
 * of them planted, by ours, by a recursive CTE of DuckDB, and by walking a graph of graphology, depth first from each closing payment.
 *
 *     npm run bench:through -- money     (LOOKTHROUGH_SCALE=0.05: a twentieth of it all)
 */
import { processorMs } from '../../pipeline/cold/telemetry/timing.ts'
import { DuckDBInstance } from '@duckdb/node-api'
import { randomFor } from '../../pipeline/scenario/random.ts'
import { MoneyTrace } from '../../pipeline/through/flows.ts'
import type { Payment } from '../../pipeline/through/payment-record.ts'
import { Payments } from '../../pipeline/through/payments.ts'
import { RoundTrips } from '../../pipeline/through/round-trips.ts'

const scale = Number(process.env['LOOKTHROUGH_SCALE'] ?? 1)
/** How much of what there is. `counterparties`: of the hub; `planted`: round trips. */
type Size = { payments: number; accounts: number; loans: number; counterparties: number; planted: number; days: number }

const ALL: Size = { payments: 5_000_000, accounts: 1_000_000, loans: 10_000, counterparties: 100_000, planted: 1_000, days: 35 }
const SIZE: Size = { ...(Object.fromEntries(Object.entries(ALL).map(([of, n]) => [of, Math.round(n * scale)])) as Size), days: ALL.days }
/** What ours and others seek round trips in. */
const WINDOW: Size = { payments: 20_000, accounts: 50_000, loans: 0, counterparties: 5_000, planted: 100, days: 12 }
const [DAY_MS, CORRECTIONS] = [86_400_000, 20]
const HUB = 'A0000000'

/** One payment, as numbers but for the accounts. */
type Row = { e: number; from: string; to: string; amount: number; loan?: string }

export async function measure(): Promise<void> {
  const payments = new Payments(ALL.days * DAY_MS)
  const trace = new MoneyTrace(payments)
  const trips = new RoundTrips(payments)
  /** ms, of every tenth payment: those of all would be memory that is not ours. */
  const took = new Float32Array(Math.ceil(SIZE.payments / 10))
  let [n, busy, longest, largest, round, told, judging] = [0, 0, 0, 0, 0, 0, 0]
  const started = performance.now()
  for (const row of rows(SIZE)) {
    if (row.loan !== undefined) trace.set(row.loan, { account: row.to })
    const payment = paymentOf(row, n)
    const before = processorMs()
    payments.set(`p${n}`, payment)
    const ms = processorMs() - before
    busy += ms
    longest = Math.max(longest, ms)
    if (n % 10 === 0) took[n / 10] = ms
    n++
    if (n % 10_000 > 0) continue
    const at = performance.now()
    told += trace.changed().length
    round += trips.changed().length
    judging += performance.now() - at
    largest = Math.max(largest, process.memoryUsage.rss())
  }
  const all = performance.now() - started
  console.log(
    `${n} payments: ${(n / busy / 1000).toFixed(3)} M/s of CPU (wall, with making them ${(all / 1000).toFixed(1)} s); CPU ${spread(took)} of every tenth, most of all ${longest.toPrecision(3)} ms; changes asked every 10,000: ${judging.toFixed(0)} ms`,
  )
  console.log(
    `RSS at most ${Math.round(largest / 2 ** 20)} MiB; ${payments.size} payments kept; loans told ${told} times; ${round} payments close a round trip`,
  )
  console.log(`caps met: accounts of a trace by ${trace.capped} traces, payments of a search ${trips.capped} times of ${n}`)
  correct(payments, trace, trips, n)
  const recent = [...rows(WINDOW)]
  const found = ours(recent)
  console.log(`round trips in ${recent.length} payments: ours ${found.text}`)
  console.log(`  recursive CTE ${await recursive(recent)}`)
  console.log(`  graphology ${await walked(recent)}`)
}

function correct(payments: Payments, trace: MoneyTrace, trips: RoundTrips, count: number): void {
  const random = randomFor(3, 'corrections')
  const took = new Float32Array(CORRECTIONS)
  let loans = 0
  for (let i = 0; i < CORRECTIONS; i++) {
    const place = count - random.whole(1, Math.floor(count * 0.8))
    const key = `p${place}`
    const before = processorMs()
    payments.set(key, undefined)
    loans += trace.changed().length
    trips.changed()
    took[i] = processorMs() - before
  }
  console.log(`${CORRECTIONS} payments taken out, one at a time: CPU ${spread(took)} ms each, ${loans} loans traced anew`)
}

function paymentOf(row: Row, n: number): Payment {
  const { e, from, to, amount, loan } = row
  return {
    e,
    source: `/bank/${n % 200}`,
    sequence: BigInt(n),
    id: `payment-${n}`,
    from,
    to,
    creditor: `P${to}`,
    amount: BigInt(amount),
    ...(loan !== undefined && { loan }),
  }
}

/** In order of time: ordinary payments, the hub's, loans paid out, and planted round trips of 3 to 6 payments. */
function* rows({ payments, accounts, loans, counterparties, planted, days }: Size): Generator<Row> {
  const random = randomFor(1, 'payments')
  const planned: Row[] = []
  for (let i = 0; i < planted; i++) planned.push(...roundTrip(random, i, days))
  for (let i = 0; i < loans; i++) {
    const e = random.between(0, 5 * DAY_MS)
    planned.push({ e, from: `bank${i % 200}`, to: anyone(random, accounts), amount: Math.round(random.lognormal(5e7, 1)), loan: `L${i}` })
  }
  planned.sort((a, b) => a.e - b.e)
  const count = payments - planned.length
  for (let i = 0, next = 0; i < count; i++) {
    const e = (i * days * DAY_MS) / count
    for (; next < planned.length && (planned[next] as Row).e <= e; next++) yield planned[next] as Row
    const amount = Math.round(random.lognormal(2e5, 1.5))
    const kind = random.next()
    const [from, to] = [kind < 0.02 ? HUB : anyone(random, accounts), kind > 0.98 ? HUB : anyone(random, accounts)]
    const counterparty = () => accountOf(1 + random.whole(0, counterparties - 1) * (accounts / counterparties - 1))
    yield { e, from: kind > 0.98 ? counterparty() : from, to: kind < 0.02 ? counterparty() : to, amount }
  }
}

type Random = ReturnType<typeof randomFor>

/** The busiest thousandth of accounts has a tenth of the payments. */
function anyone(random: Random, accounts: number): string {
  return accountOf(1 + Math.floor((accounts - 1) * random.next() ** 3))
}

function accountOf(n: number): string {
  return `A${String(Math.floor(n)).padStart(7, '0')}`
}

function roundTrip(random: Random, i: number, days: number): Row[] {
  const hops = random.whole(3, 6)
  const start = random.between(0, (days - 10) * DAY_MS)
  return Array.from({ length: hops }, (_, k) => ({
    e: start + (k * 9 * DAY_MS) / hops,
    from: `R${i}-${k}`,
    to: `R${i}-${(k + 1) % hops}`,
    amount: Math.round(1e7 * 0.95 ** k),
  }))
}

const [WITHIN, MAX_HOPS] = [10 * DAY_MS, 6]

function ours(window: readonly Row[]): { text: string } {
  const payments = new Payments(ALL.days * DAY_MS)
  const trips = new RoundTrips(payments)
  const at = processorMs()
  window.forEach((row, n) => payments.set(`p${n}`, paymentOf(row, n)))
  const ms = processorMs() - at
  const found = trips.changed().reduce((sum, key) => sum + trips.closedBy(key).length, 0)
  return { text: `${found} in ${ms.toFixed(0)} ms of CPU, capped ${trips.capped}` }
}

/** A time limit, since the number of ways grows with every hop. */
const PATIENCE_MS = 120_000

async function recursive(window: readonly Row[]): Promise<string> {
  const connection = await (await DuckDBInstance.create(':memory:')).connect()
  await connection.run('CREATE TABLE p(n INTEGER, src VARCHAR, dst VARCHAR, e DOUBLE, amount BIGINT)')
  const rowsOf = await connection.createAppender('p')
  window.forEach(({ from, to, e, amount }, n) => {
    rowsOf.appendInteger(n)
    rowsOf.appendVarchar(from)
    rowsOf.appendVarchar(to)
    rowsOf.appendDouble(e)
    rowsOf.appendBigInt(BigInt(amount))
    rowsOf.endRow()
  })
  rowsOf.closeSync()
  const [at, busy] = [performance.now(), processorMs()]
  const impatience = setTimeout(() => connection.interrupt(), PATIENCE_MS)
  const sql = `WITH RECURSIVE way AS (
      SELECT n AS last, src AS start, dst AS here, e AS since, e, amount, [src] AS nodes FROM p WHERE src <> dst UNION ALL
      SELECT p.n, start, p.dst, since, p.e, p.amount, list_append(nodes, p.src) FROM way JOIN p ON p.src = way.here
      WHERE way.here <> start AND p.dst <> p.src AND p.e > way.e AND p.e <= since + ${WITHIN} AND p.amount * 5 >= way.amount * 4
        AND len(nodes) < ${MAX_HOPS} AND NOT list_contains(nodes, p.src))
    SELECT count(DISTINCT (last, list_min(nodes))) FROM way WHERE here = start AND len(nodes) >= 3`
  const found = await connection.runAndReadAll(sql).then(
    (result) => String(result.getRows()[0]?.[0]),
    () => 'not done',
  )
  clearTimeout(impatience)
  return `${found} in ${(processorMs() - busy).toFixed(0)} ms of CPU (wall ${(performance.now() - at).toFixed(0)}), its table filled beforehand`
}

type Edge = { n: number; e: number; amount: number }
type Walkable = {
  mergeNode(id: string): void
  addEdge(from: string, to: string, attributes: Edge): void
  forEachInEdge(node: string, visit: (edge: string, attributes: Edge, from: string) => void): void
}

/** From every payment backward, all ways to its payee. */
async function walked(window: readonly Row[]): Promise<string> {
  const name = 'graphology'
  const library = await import(name).then(
    (module: unknown) => module as { MultiDirectedGraph: new () => Walkable },
    () => undefined,
  )
  if (library === undefined) return 'is not installed'
  const [at, busy] = [performance.now(), processorMs()]
  const graph = new library.MultiDirectedGraph()
  const found = new Set<string>()
  let done = 0
  for (const [n, { from, to, e, amount }] of window.entries()) {
    if (performance.now() - at > PATIENCE_MS) break
    for (const account of [from, to]) graph.mergeNode(account)
    if (from !== to) {
      const closing = { n, e, amount }
      const waiting = [{ account: from, edge: closing, inside: [from] }]
      for (let top = waiting.pop(); top !== undefined; top = waiting.pop()) {
        const { account, edge, inside } = top
        graph.forEachInEdge(account, (_, before, source) => {
          if (before.e >= edge.e || before.e < e - WITHIN || edge.amount * 5 < before.amount * 4 || inside.includes(source)) return
          const all = [...inside, source]
          if (source !== to && all.length < MAX_HOPS) waiting.push({ account: source, edge: before, inside: all })
          else if (source === to && all.length >= 3) found.add(`${n} ${all.reduce((a, b) => (a < b ? a : b))}`)
        })
      }
      graph.addEdge(from, to, closing)
    }
    done++
  }
  return `${found.size} in ${(processorMs() - busy).toFixed(0)} ms of CPU${done < window.length ? `, after ${done} payments` : ''}`
}

function spread(values: Float32Array): string {
  const sorted = values.toSorted()
  const at = (part: number) => (sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * part))] as number).toPrecision(3)
  return `median ${at(0.5)}, p99 ${at(0.99)}, most ${at(1)}`
}
