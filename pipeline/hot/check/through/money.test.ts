import { memorySource } from '../../../contract/source.ts'
import { mkdtempSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { loadRules, selectRules } from '../../../cold/catalogue/catalogue.ts'
import { replay } from '../../../cold/replay/replay.ts'
import { digestOf, type EventType, formatTime, type PublishedAlert, STREAMS } from '../../../contract/index.ts'
import { runEngine } from '../../../engine.ts'
import { openFiles } from '../../accept/file-source.ts'
import { Database } from '../../../store/database.ts'

const DAY = 86_400_000
const START = Date.UTC(2026, 2, 2)
/** Short terms, so that a log of two months outlives them several times. */
const KEEP = 6 * DAY
const CODES = ['CR-18', 'CR-19', 'CR-20', 'OP-11', 'OP-13']
const rules = selectRules(await loadRules(), CODES, ['CR-18.days=8', 'CR-18.floor=100', 'CR-19.days=7', 'CR-19.part=0.02', 'OP-11.days=5'])

type Stated = { type: EventType; at: number; institution: string; op?: 'correct' | 'delete'; recordedAt?: number; data: Record<string, unknown> }

test('an engine that is stopped anywhere and goes on decides the same, and knows the same of where money went', { timeout: 600_000 }, async () => {
  const lines = linesOf(twoMonths(1))
  const whole = await run(lines, [], 5000)
  for (const code of CODES) expect(whole.revisions.map((r) => r.rule.code)).toContain(code)
  for (const code of CODES.filter((c) => c !== 'CR-20')) expect(whole.revisions.some((r) => r.rule.code === code && r.state === 'resolved')).toBe(true)
  expect(whole.flows.length).toBeGreaterThan(20)
  const stops = Array.from({ length: 7 }, (_, i) => Math.round(((i + 0.6) * lines.length) / 7))
  const parts = await run(lines, stops, 60, 5000)
  expect(brief(parts.revisions)).toEqual(brief(whole.revisions))
  expect(digestOf(parts.revisions)).toBe(digestOf(whole.revisions))
  expect(parts.flows).toEqual(whole.flows)
})

test('payments in a file of their own are judged as in one with the statements', { timeout: 600_000 }, async () => {
  const inOrder = [...twoMonths(5)].sort((a, b) => (a.recordedAt ?? a.at) - (b.recordedAt ?? b.at))
  const lines = linesOf(inOrder).map(String)
  const folder = mkdtempSync(join(tmpdir(), 'lookthrough-money-'))
  const judged = async (...parts: string[][]) => {
    const files = parts.map((_, i) => join(folder, `${parts.length}-${i}.ndjson`))
    files.forEach((file, i) => writeFileSync(file, `${parts[i]?.join('\n')}\n`))
    const { revisions, late } = await replay({ source: await openFiles(files), rules, maxEvents: 400 })
    return { late, revisions: brief(revisions) }
  }
  const isPayment = (line: string) => line.includes('pay.payment')
  const one = await judged(lines)
  expect(
    await judged(
      lines.filter(isPayment),
      lines.filter((line) => !isPayment(line)),
    ),
  ).toEqual({ late: 0, revisions: one.revisions })
  expect(one.late).toBe(0)
})

test('history up to an instant is loaded in silence: payments of it raise nothing, a loan whose money is gone raises one alert at the first tick', async () => {
  const upTo = START + 2 * DAY + 500
  const hit = (i: number, at: number) => paid(`T${i}`, 'P1/0', 'P6/0', '100.00', at)
  const history: Stated[] = [
    flagsOf(6, ['sanctioned', 'broker'], START),
    loanOf(1, 1, START),
    { ...paid('T0', 'B/0', 'P1/0', '1000.00', START + DAY), data: { ...paid('T0', 'B/0', 'P1/0', '1000.00', 0).data, loanId: 'L1' } },
    hit(1, START + DAY + 1000),
    hit(2, upTo),
    hit(3, upTo + 100),
    hit(4, upTo + DAY),
  ]
  const { revisions } = await replay({ source: memorySource(linesOf(history)), rules, judgeFrom: upTo })
  expect(revisions.map((r) => `${r.rule.code} ${r.at}`).sort()).toEqual([
    `CR-18 ${formatTime(START + 2 * DAY + 1000)}`,
    `OP-13 ${formatTime(upTo + 100)}`,
    `OP-13 ${formatTime(upTo + DAY)}`,
  ])
})

test('without a rule over money no payment is kept', async () => {
  const lines = linesOf([paid('T1', 'P1/0', 'P2/0', '1.00', START), paid('T2', 'P2/0', 'P3/0', '1.00', START + 1)])
  const kept = async (codes: string[]) => {
    let segments: unknown
    const inspect = async (db: Database) => void (segments = (await db.rows(`SELECT count(*)::INTEGER FROM engine.segment`))[0]?.[0])
    await replay({ source: memorySource(lines), rules: rules.filter((r) => codes.includes(r.code)), inspect })
    return segments
  }
  expect([await kept(['CR-20']), await kept(['OP-11'])]).toEqual([0, 1])
})

test('a payment stands in the log as evidence, in order, and its path from the loan to the sink', async () => {
  const lines = linesOf([
    flagsOf(6, ['broker'], START),
    loanOf(1, 1, START),
    { ...paid('T0', 'B/0', 'P1/0', '1000.00', START + 1), data: { ...paid('T0', 'B/0', 'P1/0', '1000.00', 0).data, loanId: 'L1' } },
    paid('T1', 'P1/0', 'P2/0', '900.00', START + 2000),
    paid('T2', 'P2/0', 'P6/0', '900.00', START + 3000),
  ])
  const { revisions } = await replay({ source: memorySource(lines), rules })
  const source = '/institutions/B0001/core'
  expect(revisions.map(({ rule, evidence, evidenceCount }) => [rule.code, evidence, evidenceCount])).toEqual([
    ['CR-18', [1, 2, 3, 4].map((i) => `${source}|e${i}`), 4],
  ])
  expect(revisions[0]?.path.map((s) => `${s.from}>${s.to} ${s.amount} ${s.event}`)).toEqual([
    `B/0>P1/0 1000.00 ${source}|e2`,
    `P1/0>P2/0 900.00 ${source}|e3`,
    `P2/0>P6/0 900.00 ${source}|e4`,
  ])
})

/** What is decided, and the flows in the end, by an engine that is stopped and started again at each of `stops` (numbers of events). */
async function run(lines: Buffer[], stops: number[], maxEvents: number, waitingBytes?: number): Promise<{ revisions: PublishedAlert[]; flows: unknown[] }> {
  const file = join(mkdtempSync(join(tmpdir(), 'lookthrough-money-')), 'state.duckdb')
  const revisions: PublishedAlert[] = []
  let [from, flows]: [number, unknown[]] = [0, []]
  for (const stop of [...stops, lines.length]) {
    const db = await Database.open(file)
    const sink = { deliver: () => Promise.resolve(), close: () => Promise.resolve() }
    const onDelivered = (delivered: { revisions: PublishedAlert[] }) => void revisions.push(...delivered.revisions)
    await runEngine({
      db,
      source: memorySource(lines, { from, to: stop }),
      rules,
      pace: { maxEvents, waitMs: 1 },
      sink,
      onDelivered,
      keepMs: KEEP,
      segmentRows: 50,
      ...(waitingBytes !== undefined && { waitingBytes }),
    })
    flows = await db.rows('SELECT loan_id, method, account, party, amount::VARCHAR, hops FROM lt.flow_trace ORDER BY ALL')
    db.close()
    from = stop
  }
  return { revisions, flows }
}

function brief(revisions: readonly PublishedAlert[]): string[] {
  return revisions
    .map(
      (r) =>
        `${r.at} ${r.rule.code} ${r.institution} ${r.subject.id} ${r.revision} ${r.state} ${JSON.stringify([r.values, r.evidence, r.evidenceCount, r.path])}`,
    )
    .sort()
}

/** Payments of seven parties with two accounts each, loans, guarantees, owners and flags; reported again, late, corrected and deleted. */
function twoMonths(seed: number): Stated[] {
  const next = randomFrom(seed)
  const whole = (below: number) => Math.floor(next() * below)
  const stated: Stated[] = []
  const paid: Stated[] = []
  for (let loan = 0; loan < 6; loan++) stated.push(loanOf(loan, loan % 5, START + loan))
  stated.push(rateOf('7', START + 10))
  for (let i = 0; i < 1100; i++) {
    const at = START + DAY + Math.round((i * 60 * DAY) / 1100) + whole(3_000_000)
    const dice = next()
    const earlier = paid[Math.max(0, paid.length - 1 - whole(80))]
    if (dice < 0.72 || earlier === undefined) paid.push(paymentOf(i, at - (next() < 0.05 ? 3 * 3_600_000 : 0), whole, next))
    if (dice < 0.72 || earlier === undefined) stated.push(paid.at(-1) as Stated)
    else if (dice < 0.78) stated.push({ ...earlier, institution: earlier.institution === 'B0001' ? 'B0002' : 'B0001' })
    else if (dice < 0.83) stated.push({ ...earlier, op: 'correct', recordedAt: at, data: { ...earlier.data, amount: `${20 + whole(400)}.00` } })
    else if (dice < 0.86)
      stated.push({ type: 'pay.payment', at, institution: earlier.institution, op: 'delete', data: { paymentId: earlier.data['paymentId'] } })
    else if (dice < 0.9) stated.push(flagsOf(whole(7), next() < 0.4 ? [['broker', 'sanctioned', 'developer', 'privateLender'][whole(4)] as string] : [], at))
    else if (dice < 0.93) stated.push(ownsOf(whole(7), whole(7), `0.${whole(10)}`, at))
    else if (dice < 0.96) stated.push(guaranteeOf(whole(5), whole(6), at))
    else if (dice < 0.98) stated.push({ ...loanOf(whole(6), whole(5), at), ...(next() < 0.3 && { op: 'delete' as const }) })
    else stated.push(rateOf(`${6 + whole(3)}`, at))
  }
  return stated
}

function paymentOf(i: number, at: number, whole: (below: number) => number, next: () => number): Stated {
  const loan = next() < 0.08 ? whole(6) : undefined
  const [from, to] = loan === undefined ? [accountOf(whole(7), whole(2)), accountOf(whole(7), whole(2))] : ['B/0', accountOf(loan % 5, 0)]
  const made = paid(`T${i}`, from, to, `${(loan === undefined ? 20 : 500) + whole(400)}.${10 + whole(90)}`, at)
  const data = { ...made.data, ccy: next() < 0.1 ? 'USD' : 'CNY', ...(loan !== undefined && { loanId: `L${loan}` }) }
  return { ...made, institution: next() < 0.5 ? 'B0001' : 'B0002', data }
}

function paid(paymentId: string, from: string, to: string, amount: string, at: number): Stated {
  const [debtorId, creditorId] = [from, to].map((account) => account.split('/')[0])
  const data = { paymentId, debtorId, debtorAccount: from, creditorId, creditorAccount: to, amount, ccy: 'CNY', channel: 'wire', crossBorder: false }
  return { type: 'pay.payment', at, institution: 'B0001', data }
}

function accountOf(party: number, n: number): string {
  return `P${party}/${n}`
}

function loanOf(loan: number, party: number, at: number): Stated {
  const data = { loanId: `L${loan}`, customerId: `P${party}`, product: 'corporate', balance: '1.00', ccy: 'CNY', dpd: 0, class: 'normal' }
  return { type: 'credit.loan', at, institution: 'B0001', data: { ...data, disbursementAccount: accountOf(loan % 5, 0) } }
}

function guaranteeOf(provider: number, loan: number, at: number): Stated {
  const data = { mitigantId: `G${provider}-${loan}`, kind: 'guarantee', providerId: `P${provider}`, loanIds: [`L${loan}`], value: '1.00', ccy: 'CNY' }
  return { type: 'credit.mitigant', at, institution: 'B0001', data }
}

function flagsOf(party: number, flags: string[], at: number): Stated {
  return { type: 'ref.party', at, institution: 'REG', data: { partyId: `P${party}`, kind: 'company', name: 'name', flags } }
}

function ownsOf(owner: number, owned: number, share: string, at: number): Stated {
  const data = { ownershipId: `${owner}-${owned}`, owner: `P${owner}`, owned: `P${owned}`, kind: 'equity', share }
  return { type: 'ref.ownership', at, institution: 'REG', data }
}

function rateOf(value: string, at: number): Stated {
  return { type: 'mkt.price', at, institution: 'REG', data: { instrumentId: 'USD/CNY', kind: 'fx', value } }
}

function linesOf(stated: readonly Stated[]): Buffer[] {
  return stated.map(({ type, at, institution, op, recordedAt, data }, i) =>
    Buffer.from(
      JSON.stringify({
        specversion: '1.0',
        id: `e${i}`,
        source: `/institutions/${institution}/core`,
        type,
        time: formatTime(at),
        subject: String(data[STREAMS[type].key] ?? ''),
        institution,
        sequence: String(i + 1),
        ...(op !== undefined && { op }),
        ...(recordedAt !== undefined && { recordedtime: formatTime(recordedAt) }),
        data,
      }),
    ),
  )
}

function randomFrom(seed: number): () => number {
  let state = seed
  return () => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0
    return state / 2 ** 32
  }
}
