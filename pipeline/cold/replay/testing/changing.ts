/** Random logs under rules that change on the way, for tests: small rules of most kinds in two versions, and a log of them cut into partitions, batches and runs. */
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import fc from 'fast-check'
import { amount, defineRule, duration, type EventType, formatTime, type PublishedAlert, ratio, type Rule, STREAMS, sum } from '../../../contract/index.ts'
import { type Act, ruleRecord } from '../../../contract/rule-change.ts'
import { batchOf, type ControlRecord, type RawBatch, type RuleRecord, type Source } from '../../../contract/source.ts'
import { runEngine } from '../../../engine.ts'
import { Database } from '../../../store/database.ts'

export const T0 = Date.UTC(2026, 2, 2, 1)
const CLOSING_MS = 120_000
const WORDS = { zh: '试', en: 'trial' }
/** What trial rules have alike. */
export const common = (code: string, version: string) => ({
  code,
  id: `trial/${code.toLowerCase()}`,
  version,
  title: WORDS,
  law: [{ act: '试', article: '一', inForce: '2026-01-01', verified: false }],
  says: WORDS,
  advice: WORDS,
  disclosure: 'supervisor' as const,
  gaps: [],
})

/** A rule of each kind, by code; `most`: its threshold in yuan, seconds of silence, or percent. */
export const RULES: Readonly<Record<string, (version: string, most: number) => Rule>> = {
  'TR-01': (version, most) =>
    defineRule({
      ...common('TR-01', version),
      kind: 'each',
      reads: 'pay.payment',
      parameters: { most: amount(`${most}.00`) },
      when: 'amount > :most',
      values: { amount: 'amount' },
      threshold: ':most',
      severity: 'yellow',
      subject: { kind: 'account', id: 'creditorAccount' },
    }),
  'TR-02': (version, most) =>
    defineRule({
      ...common('TR-02', version),
      kind: 'each',
      reads: 'credit.loan',
      parameters: { most: amount(`${most}.00`) },
      when: 'balance > :most',
      values: { balance: 'balance' },
      threshold: ':most',
      severity: 'yellow',
      subject: { kind: 'loan', id: 'loanId' },
    }),
  'TR-03': (version, most) =>
    defineRule({
      ...common('TR-03', version),
      kind: 'limit',
      parameters: { limit: ratio(`0.${String(most).padStart(2, '0')}`) },
      numerator: { from: 'credit.loan', sum: 'balance', by: 'customerId', subjectKind: 'party' },
      value: 'lent',
      base: { name: 'tier1', metric: 'tier1' },
      limit: 'limit',
    }),
  'TR-04': (version, most) =>
    defineRule({
      ...common('TR-04', version),
      kind: 'window',
      reads: 'pay.payment',
      parameters: { most: amount(`${most}.00`), size: duration('10s'), every: duration('5s') },
      window: { size: 'size', every: 'every', per: 'creditorAccount', early: true },
      measures: { total: sum('amount') },
      when: 'total > :most',
      threshold: ':most',
      severity: 'orange',
      subject: { kind: 'account', id: 'creditorAccount' },
    }),
  'TR-05': (version, most) =>
    defineRule({
      ...common('TR-05', version),
      kind: 'due',
      due: 'word',
      parameters: { within: duration(`${Math.max(5, most)}s`) },
      within: 'within',
      severity: 'blue',
    }),
  'TR-06': (version, most) =>
    defineRule({
      ...common('TR-06', version),
      kind: 'window',
      reads: 'pay.payment',
      parameters: { most: amount(`${most}.00`), gap: duration('4s') },
      window: { kind: 'session', gap: 'gap', per: 'creditorAccount', early: false },
      measures: { total: sum('amount') },
      when: 'total > :most',
      threshold: ':most',
      severity: 'orange',
      subject: { kind: 'account', id: 'creditorAccount' },
    }),
}

/** An event `time` ms after T0 that comes `delay` ms later; `of`: what it is about. */
export type Happening = { what: 'payment' | 'loan' | 'tier1'; time: number; delay: number; of: number; money: number; bank: number }
export const happening: fc.Arbitrary<Happening> = fc.record({
  what: fc.constantFrom('payment', 'payment', 'payment', 'loan', 'loan', 'tier1'),
  time: fc.integer({ min: 0, max: 160 }).map((quarter) => quarter * 250),
  delay: fc.integer({ min: 0, max: 4000 }),
  of: fc.nat(2),
  money: fc.integer({ min: 1, max: 90 }),
  bank: fc.nat(1),
})
/** A change `at` s after T0. */
export type Change = { code: string; act: Act; at: number; most: number }
export const change: fc.Arbitrary<Change> = fc.record({
  code: fc.constantFrom(...Object.keys(RULES)),
  act: fc.constantFrom<Act>('activated', 'activated', 'activated', 'retired'),
  at: fc.integer({ min: 6, max: 50 }),
  most: fc.integer({ min: 5, max: 80 }),
})

/** The log as it arrives. Nothing in it is late. */
export function linesOf(happenings: readonly Happening[]): Buffer[] {
  const closing: Happening = { what: 'payment', time: CLOSING_MS, delay: 0, of: 9, money: 1, bank: 9 }
  const arriving = [...happenings].sort((a, b) => a.time + a.delay - (b.time + b.delay))
  return [...arriving, ...[0, 1, 2, 3].map((of) => ({ ...closing, of }))].map((one, i) => lineOf(one, i + 1))
}

function lineOf({ what, time, of, money, bank }: Happening, sequence: number): Buffer {
  const institution = `B${bank}`
  const [type, data]: [EventType, Record<string, unknown>] =
    what === 'payment'
      ? [
          'pay.payment',
          {
            paymentId: `p${sequence}`,
            debtorId: 'D',
            debtorAccount: 'D',
            creditorId: `A${of}`,
            creditorAccount: `A${of}`,
            amount: `${money}.00`,
            ccy: 'CNY',
            channel: 'wire',
            crossBorder: false,
          },
        ]
      : what === 'loan'
        ? ['credit.loan', { loanId: `L${of}`, customerId: `C${of % 2}`, product: 'corporate', balance: `${money}.00`, ccy: 'CNY', dpd: 0, class: 'normal' }]
        : ['inst.metric', { metric: 'tier1', value: `${money * 10}.00`, unit: 'CNY', period: '2025', basis: 'solo' }]
  const { key } = STREAMS[type]
  const subject = key === 'institution' ? institution : String(data[key])
  const at = formatTime(T0 + time)
  return Buffer.from(
    JSON.stringify({
      specversion: '1.0',
      id: `e${sequence}`,
      source: `/${institution}`,
      type,
      time: at,
      subject,
      institution,
      sequence: String(sequence),
      data,
    }),
  )
}

/** Records of the rules topic; each version has a number of its own. */
export function recordsOf(changes: readonly Change[]): RuleRecord[] {
  return changes.map(({ code, act, at, most }, offset) => {
    const rule = RULES[code]?.(act === 'retired' ? '1.0.0' : `1.${offset + 1}.0`, act === 'retired' ? 40 : most) as Rule
    return { offset, value: ruleRecord(act, rule, T0 + at * 1000).value }
  })
}

export type Cut = {
  partitions: number
  /** Sizes of batches, over and over. */
  sizes: number[]
  /** After how many batches the engine is stopped and started anew over its file. */
  stops?: number[]
}

/** All rules but the `absent` ones, in their first version. */
export function firstRules(absent: readonly string[]): Rule[] {
  return Object.entries(RULES).flatMap(([code, of]) => (absent.includes(code) ? [] : [of('1.0.0', 40)]))
}

/** What rules and changes of them say of the log. */
export async function judgedWith(lines: readonly Buffer[], records: readonly RuleRecord[], rules: readonly Rule[], cut: Cut): Promise<PublishedAlert[]> {
  const file = join(mkdtempSync(join(tmpdir(), 'lookthrough-changing-')), 'state.duckdb')
  const out: PublishedAlert[] = []
  const batches = batchesOf(lines, cut)
  const stops = [...new Set(cut.stops ?? [])].filter((n) => n > 0 && n < batches.length).sort((a, b) => a - b)
  const control = records.map(({ offset }): ControlRecord => ({ kind: 'rule', offset, accepted: true }))
  let from = 0
  try {
    for (const stop of [...stops, batches.length]) {
      const db = await Database.open(cut.stops === undefined ? ':memory:' : file)
      const source = sourceOf(batches.slice(from, stop), cut.partitions, { rules: records, control })
      const onDelivered = ({ revisions }: { revisions: PublishedAlert[] }) => void out.push(...revisions)
      await runEngine({ db, source, rules, sink: { deliver: () => Promise.resolve(), close: () => Promise.resolve() }, onDelivered })
      db.close()
      from = stop
    }
    return out
  } finally {
    rmSync(dirname(file), { recursive: true, force: true })
  }
}

/** A source that hands out these batches, one at a time. */
export function sourceOf(batches: readonly RawBatch[], partitions: number, more: Partial<Source> = {}): Source {
  let next = 0
  return {
    partitions: Array.from({ length: partitions }, (_, partition) => ({ topic: 'log', partition })),
    control: [],
    silent: () => [],
    writeControl: () => Promise.resolve(),
    close: () => Promise.resolve(),
    pull: () => Promise.resolve(batches[next++] ?? null),
    ...more,
  }
}

/** The log dealt out to partitions in turn, in batches; the last ends all of them. */
export function batchesOf(lines: readonly Buffer[], { partitions, sizes }: Pick<Cut, 'partitions' | 'sizes'>): RawBatch[] {
  const batches: RawBatch[] = []
  for (let from = 0, n = 0; from < lines.length; n++) {
    const to = Math.min(lines.length, from + (sizes[n % sizes.length] ?? 1))
    const batch = batchOf(lines.slice(from, to))
    for (let i = 0; i < to - from; i++) {
      batch.partition[i] = (from + i) % partitions
      batch.offset[i] = Math.floor((from + i) / partitions)
    }
    if (to === lines.length) batch.ended = Array.from({ length: partitions }, (_, p) => p)
    batches.push(batch)
    from = to
  }
  return batches
}
