/** Rules as the engine reads them, each with the same conditions as plain functions: what the reference judges by. */
import { formatDecimal, parseDecimal } from '../../pipeline/contract/money.ts'
import {
  type AlertsRule,
  amount,
  type AmountRule,
  count,
  countOf,
  defineRule,
  distinct,
  type DueRule,
  duration,
  type EachRule,
  first,
  type GraphRule,
  last,
  type LimitRule,
  max,
  mean,
  type MetricRule,
  min,
  type MissingRule,
  type OutlierRule,
  ratio,
  type RatioRule,
  type Rule,
  type Severity,
  stddev,
  sum,
  type SummaryRule,
  top,
  type WindowRule,
} from '../../pipeline/contract/rule.ts'
import { common } from './common.ts'
import { CROSSING_RULES } from './crossing-rules.ts'
import type { Measured } from './measures.ts'
import { SINGLE_RULES } from './single-rules.ts'

type Data = Record<string, unknown>
export type WindowTest = {
  kind: 'window'
  rule: WindowRule
  where?: (data: Data) => boolean
  when: (m: Measured, institution: string) => boolean
  threshold: (m: Measured, institution: string) => string
  /** The graver grade that holds, if any. */
  graver?: (m: Measured, institution: string) => { severity: Severity; threshold: string } | undefined
}
export type LimitTest = { kind: 'limit'; rule: LimitRule }
export type EachTest = {
  kind: 'each'
  rule: EachRule
  when: (data: Data) => boolean
  values: (data: Data) => Record<string, string>
  threshold: (data: Data) => string
  /** The graver grade that holds, if any. */
  graver?: (data: Data) => { severity: Severity; threshold: string } | undefined
}
/** `limit`: the parameter that is a statement's limit. */
export type RatioTest = { kind: 'ratio'; rule: RatioRule; limit: (data: Data) => string }
export type MetricTest = { kind: 'metric'; rule: MetricRule }
export type AmountTest = { kind: 'amount'; rule: AmountRule; when: (data: Data) => boolean }
export type SummaryTest = { kind: 'summary'; rule: SummaryRule }
export type MissingTest = { kind: 'missing'; rule: MissingRule }
export type DueTest = { kind: 'due'; rule: DueRule }
export type OutlierTest = { kind: 'outlier'; rule: OutlierRule }
export type AlertsTest = { kind: 'alerts'; rule: AlertsRule }
/** Over the table `backtest`: the grade that holds for so many exceptions. */
export type BacktestTest = { kind: 'backtest'; rule: GraphRule; grade: (exceptions: number) => { severity: Severity; threshold: string } | undefined }
export type TestRule =
  | WindowTest
  | LimitTest
  | EachTest
  | SummaryTest
  | MissingTest
  | DueTest
  | RatioTest
  | MetricTest
  | AmountTest
  | OutlierTest
  | AlertsTest
  | BacktestTest

const loans: LimitTest = {
  kind: 'limit',
  rule: defineRule({
    ...common('LM-01', 'loans'),
    kind: 'limit',
    parameters: { limit: ratio('0.10') },
    numerator: { from: 'credit.loan', sum: 'balance', by: 'customerId', subjectKind: 'party' },
    value: 'loans',
    base: { name: 'capital', metric: 'net-capital' },
    limit: 'limit',
    says: { zh: '{subject} {loans} {share}', en: '{institution} {subject} {loans} of {capital}: {share} ({threshold})' },
  }),
}

const positions: LimitTest = {
  kind: 'limit',
  rule: defineRule({
    ...common('LM-02', 'positions'),
    kind: 'limit',
    parameters: { limit: ratio('0.055') },
    numerator: { from: 'book.position', sum: 'value', by: 'issuerId', subjectKind: 'issuer' },
    value: 'held',
    base: { name: 'tier1', metric: 'tier1' },
    limit: 'limit',
    ladder: 'entered',
    says: { zh: '{subject} {held}', en: '{subject} {held}' },
  }),
}

/** The same base as `loans`, another numerator. */
const instruments: LimitTest = {
  kind: 'limit',
  rule: defineRule({
    ...common('LM-03', 'instruments'),
    kind: 'limit',
    parameters: { limit: ratio('0.50') },
    numerator: { from: 'book.position', sum: 'value', by: 'instrumentId', subjectKind: 'instrument' },
    value: 'held',
    base: { name: 'capital', metric: 'net-capital' },
    limit: 'limit',
    says: { zh: '{subject} {held}', en: '{subject} {held}' },
  }),
}

const returns: SummaryTest = {
  kind: 'summary',
  rule: defineRule({
    ...common('SM-01', 'returns'),
    kind: 'summary',
    parameters: { part: ratio('0.35'), floor: amount('100.00', { of: { B3: '420.50' } }) },
    detail: { from: 'credit.loan', sum: 'balance' },
    reported: 'return:loans',
    part: 'part',
    floor: 'floor',
    severity: 'orange',
    says: { zh: '{detail} {reported}', en: '{institution} {subject} {detail} {reported} {difference} {threshold}' },
  }),
}

const bases: MissingTest = {
  kind: 'missing',
  rule: defineRule({
    ...common('MB-01', 'bases'),
    kind: 'missing',
    parameters: {},
    severity: 'yellow',
    says: { zh: '{metric} {rules}', en: '{institution} {subject} {metric} {rules} {threshold}' },
  }),
}

const CLASSES = ['normal', 'special-mention', 'substandard', 'doubtful', 'loss']
const floorOf = (dpd: unknown) =>
  Number(dpd) > 360 ? 'loss' : Number(dpd) > 270 ? 'doubtful' : Number(dpd) > 90 ? 'substandard' : Number(dpd) > 0 ? 'special-mention' : 'normal'

const classes: EachTest = {
  kind: 'each',
  rule: defineRule({
    ...common('EA-01', 'classes'),
    kind: 'each',
    reads: 'credit.loan',
    parameters: {},
    values: {
      dpd: 'dpd',
      class: 'class',
      floor: `CASE WHEN dpd > 360 THEN 'loss' WHEN dpd > 270 THEN 'doubtful' WHEN dpd > 90 THEN 'substandard' WHEN dpd > 0 THEN 'special-mention' ELSE 'normal' END`,
    },
    when: `list_position(['${CLASSES.join("', '")}'], class) < list_position(['${CLASSES.join("', '")}'], floor)`,
    threshold: 'floor',
    severity: 'red',
    subject: { kind: 'loan', id: 'loanId' },
    says: { zh: '{subject} {dpd} {class} {floor}', en: '{subject} {dpd} {class} {floor} {threshold}' },
  }),
  when: ({ dpd, class: c }) => CLASSES.indexOf(String(c)) < CLASSES.indexOf(floorOf(dpd)),
  values: ({ dpd, class: c }) => ({ dpd: String(dpd ?? ''), class: String(c ?? ''), floor: floorOf(dpd) }),
  threshold: ({ dpd }) => floorOf(dpd),
}

const cash: EachTest = {
  kind: 'each',
  rule: defineRule({
    ...common('EA-02', 'cash'),
    kind: 'each',
    reads: 'pay.payment',
    parameters: { most: amount('8.00') },
    values: { amount: 'amount', channel: 'channel' },
    when: `channel = 'cash' AND amount > :most`,
    threshold: ':most',
    severity: 'blue',
    subject: { kind: 'account', id: 'debtorAccount' },
    says: { zh: '{subject} {amount}', en: '{subject} {amount}' },
  }),
  when: ({ channel, amount: a }) => channel === 'cash' && Number(a) > 8,
  values: ({ channel, amount: a }) => ({ amount: a === undefined ? '' : formatDecimal(parseDecimal(String(a), 2) ?? 0n, 2), channel: String(channel ?? '') }),
  threshold: () => '8.00',
}

const numbers: DueTest = {
  kind: 'due',
  rule: defineRule({
    ...common('DU-01', 'numbers'),
    kind: 'due',
    due: 'number',
    parameters: { patience: duration('2s') },
    within: 'patience',
    severity: 'yellow',
    says: { zh: '{subject} {from}', en: '{institution} {subject} {from} {to} {threshold}' },
  }),
}

const words: DueTest = {
  kind: 'due',
  rule: defineRule({
    ...common('DU-02', 'words'),
    kind: 'due',
    due: 'word',
    parameters: { after: duration('1500ms') },
    within: 'after',
    severity: 'orange',
    says: { zh: '{subject} {last}', en: '{institution} {subject} {last} {threshold}' },
  }),
}

/** Over payments: conditions are `at least` ones, so that more rows can only fulfil them. */
const payments = (
  code: string,
  name: string,
  window: WindowRule['window'],
  rest: Pick<WindowRule, 'measures' | 'when'> & Partial<WindowRule>,
  is: Pick<WindowTest, 'when'> & Partial<WindowTest>,
): WindowTest => ({
  kind: 'window',
  rule: defineRule({
    ...common(code, name),
    kind: 'window',
    reads: 'pay.payment',
    parameters: {
      size: duration('10s'),
      every: duration('5s'),
      odd: duration('7s'),
      twice: duration('14s'),
      day: duration('1d'),
      gap: duration('3s'),
      least: amount('24.00', { of: { B2: '17.50' } }),
      payers: count(3),
    },
    window,
    threshold: ':least',
    severity: 'yellow',
    subject: { kind: 'account', id: window.per },
    says: { zh: '{subject}', en: '{institution} {subject} {n} {total} {threshold}' },
    ...rest,
  }),
  threshold: (_, institution) => leastOf(institution).toFixed(2),
  ...is,
})
const leastOf = (institution: string) => (institution === 'B2' ? 17.5 : 24)
const per = 'creditorAccount'

/** Every kind of measure over an amount and over texts. */
const MEASURES: WindowRule['measures'] = {
  n: countOf(),
  total: sum('amount'),
  low: min('amount'),
  high: max('amount'),
  average: mean('amount'),
  spread: stddev('amount'),
  payers: distinct('debtorAccount'),
  opening: first('debtorAccount'),
  closing: last('amount'),
  purposes: top('purpose', 2),
  earliest: first('purpose'),
  lowest: min('purpose'),
}
const totalAtLeast: Pick<WindowTest, 'when'> = { when: ({ total }, institution) => total !== null && Number(total) >= leastOf(institution) }
const TOTAL = { measures: MEASURES, when: 'total >= :least' }
const SENDERS = { measures: { n: countOf(), payers: distinct('debtorAccount'), total: sum('amount') }, when: 'payers >= :payers', threshold: ':payers' }
const senders = { when: (m: Measured) => Number(m['payers']) >= 3, threshold: () => '3' }

const windows: WindowTest[] = [
  payments('HW-01', 'early', { size: 'size', every: 'every', per, early: true }, SENDERS, senders),
  payments('HW-02', 'closing', { size: 'size', every: 'every', per, early: false, alerts: 'window', late: 'correct' }, TOTAL, totalAtLeast),
  payments('HW-03', 'early-corrected', { size: 'size', every: 'every', per, early: true, late: 'correct' }, TOTAL, totalAtLeast),
  payments('HW-04', 'tumbling', { size: 'size', every: 'size', per, early: false }, SENDERS, senders),
  payments(
    'HW-05',
    'shanghai',
    { size: 'twice', every: 'odd', per, early: false, calendar: 'Asia/Shanghai', late: 'correct' },
    { ...TOTAL, when: 'average >= 4.75 AND spread > 2.3456' },
    { when: ({ average, spread }) => average !== null && spread !== null && Number(average) >= 4.75 && Number(spread) > 2.3456 },
  ),
  payments(
    'HW-06',
    'day',
    { size: 'day', every: 'day', per: 'debtorAccount', early: true, calendar: 'Asia/Shanghai', late: 'correct' },
    { measures: { n: countOf(), high: max('amount') }, when: 'n >= 9 AND high > 9', where: `channel <> 'cash' AND purpose IS NOT NULL` },
    {
      where: ({ channel, purpose }) => channel !== 'cash' && purpose !== undefined,
      when: ({ n, high }) => Number(n) >= 9 && high !== null && Number(high) > 9,
    },
  ),
  payments(
    'HW-07',
    'few',
    { size: 'odd', every: 'odd', per, early: false, late: 'correct' },
    { measures: { n: countOf(), total: sum('amount') }, when: 'n <= 2', threshold: '2' },
    { when: ({ n }) => Number(n) <= 2, threshold: () => '2' },
  ),
  payments('HW-08', 'everyone', { size: 'size', every: 'every', per, early: true, late: 'correct' }, { ...SENDERS, scope: '*' }, senders),
  payments(
    'HW-09',
    'two-keys',
    {
      size: 'size',
      every: 'every',
      per: 'creditorId',
      part: `'in'`,
      also: [{ per: 'debtorId', part: `'out'` }],
      partAs: 'direction',
      partyKind: 'company',
      early: true,
      late: 'correct',
    },
    { ...SENDERS, when: 'n >= :payers', subject: { kind: 'party', id: 'party' } },
    { ...senders, when: ({ n }) => Number(n) >= 3 },
  ),
  payments('HW-10', 'one-kind', { size: 'odd', every: 'odd', per: 'creditorId', partyKind: 'company', early: false }, SENDERS, senders),
  payments('SE-01', 'session', { kind: 'session', gap: 'gap', per, early: false }, TOTAL, totalAtLeast),
  payments('SE-02', 'early-session', { kind: 'session', gap: 'gap', per, early: true, late: 'correct' }, TOTAL, totalAtLeast),
  payments('SE-03', 'session-corrected', { kind: 'session', gap: 'gap', per, early: false, late: 'correct' }, SENDERS, senders),
  payments('RO-01', 'rolling', { kind: 'rolling', size: 'size', per }, TOTAL, totalAtLeast),
  payments('RO-02', 'rolling-corrected', { kind: 'rolling', size: 'odd', per, late: 'correct' }, SENDERS, senders),
]

const trades: WindowTest = {
  ...payments(
    'TR-01',
    'trades',
    { size: 'size', every: 'every', per: 'instrumentId', early: false, late: 'correct' },
    {
      reads: 'mkt.trade',
      scope: '*',
      measures: {
        n: countOf(),
        opening: first('price'),
        closing: last('price'),
        average: mean('price'),
        spread: stddev('price'),
        volume: sum('quantity'),
        buyers: top('buyer', 3),
      },
      when: 'spread >= 0.012345',
      threshold: '2',
      subject: { kind: 'instrument', id: 'instrumentId' },
    },
    { when: ({ spread }) => spread !== null && Number(spread) >= 0.012345, threshold: () => '2' },
  ),
}

/** Statements of state: the mark of one instrument at several banks. */
const marks = (code: string, late: 'drop' | 'correct', window: WindowRule['window']): WindowTest =>
  payments(
    code,
    `marks-${late}`,
    { ...window, late },
    {
      reads: 'book.position',
      scope: '*',
      measures: { n: countOf(), high: max('mark'), low: min('mark'), latest: last('mark'), banks: distinct('positionId') },
      when: 'high > 10.25',
      threshold: '10.25',
      subject: { kind: 'instrument', id: 'instrumentId' },
    },
    { when: ({ high }) => high !== null && Number(high) > 10.25, threshold: () => '10.25' },
  )
const byInstrument = { size: 'size', every: 'size', per: 'instrumentId', early: false } as const

export const RULES: readonly TestRule[] = [
  loans,
  positions,
  instruments,
  returns,
  bases,
  classes,
  cash,
  ...windows,
  trades,
  marks('ST-01', 'drop', byInstrument),
  marks('ST-02', 'correct', { ...byInstrument, early: true }),
  marks('ST-03', 'drop', { kind: 'session', gap: 'gap', per: 'instrumentId', early: false }),
  marks('ST-04', 'correct', { kind: 'rolling', size: 'odd', per: 'instrumentId' }),
  numbers,
  words,
  ...CROSSING_RULES,
  ...SINGLE_RULES,
]

export const rulesOf = (tests: readonly TestRule[]): Rule[] => tests.map((t) => t.rule)
