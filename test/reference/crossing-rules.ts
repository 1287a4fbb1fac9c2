/** Rules over several keys, institutions, trades and rules, as `rules.ts` has the others. */
import {
  count,
  countOf,
  defineRule,
  distinct,
  duration,
  max,
  mean,
  median,
  min,
  ratio,
  sum,
  type Severity,
  type WindowRule,
} from '../../pipeline/contract/index.ts'
import { common } from './common.ts'
import type { AlertsTest, BacktestTest, OutlierTest, TestRule, WindowTest } from './rules.ts'

const window = (
  code: string,
  name: string,
  rest: Pick<WindowRule, 'reads' | 'window' | 'measures' | 'when' | 'threshold' | 'subject'> & Partial<WindowRule>,
  is: Pick<WindowTest, 'when' | 'threshold'> & Partial<WindowTest>,
): WindowTest => ({
  kind: 'window',
  rule: defineRule({
    ...common(code, name),
    kind: 'window',
    parameters: { size: duration('10s'), every: duration('5s'), odd: duration('7s'), gap: duration('3s'), spread: ratio('0.02') },
    severity: 'yellow',
    says: { zh: '{subject}', en: '{institution} {subject} {threshold}' },
    ...rest,
  }),
  ...is,
})

const account = { kind: 'account', id: 'account' }
const party = { kind: 'party', id: 'party' }
const bothSides = { per: 'creditorId', as: 'in', also: [{ per: 'debtorId', as: 'out' }] }

/** A payment is a row of who is paid and of who pays. */
const sides: WindowTest[] = [
  window(
    'HW-21',
    'passed-on',
    {
      reads: 'pay.payment',
      window: { size: 'size', every: 'every', ...bothSides, early: false, late: 'correct' },
      measures: {
        n: countOf(),
        received: sum('amount', 'in'),
        sent: sum('amount', 'out'),
        senders: distinct('debtorAccount', 'in'),
        paid: countOf('out'),
        spread: { kind: 'stddev', field: 'amount', as: 'in' },
        closing: { kind: 'last', field: 'amount', as: 'out' },
        purposes: { kind: 'top', field: 'purpose', k: 2, as: 'in' },
      },
      when: 'received >= 5 AND senders >= 2 AND sent >= 0.5 * received',
      threshold: '5',
      subject: party,
    },
    {
      when: ({ received, senders, sent }) =>
        received !== null && sent !== null && Number(received) >= 5 && Number(senders) >= 2 && 2 * Number(sent) >= Number(received),
      threshold: () => '5',
    },
  ),
  window(
    'HW-22',
    'received-early',
    {
      reads: 'pay.payment',
      window: { size: 'size', every: 'every', ...bothSides, early: true },
      measures: { received: sum('amount', 'in'), senders: distinct('debtorAccount', 'in'), paid: countOf('out') },
      when: 'received >= 7.5 AND senders >= 2 AND paid >= 1',
      threshold: '7.5',
      subject: party,
    },
    {
      when: ({ received, senders, paid }) => received !== null && Number(received) >= 7.5 && Number(senders) >= 2 && Number(paid) >= 1,
      threshold: () => '7.5',
    },
  ),
]

const grade = (severity: Severity, threshold: string) => ({ severity, threshold })

/** Windows that may be graver than they were. */
const graver: WindowTest[] = [
  window(
    'HW-23',
    'banks',
    {
      reads: 'pay.payment',
      scope: '*',
      window: { size: 'size', every: 'every', per: 'creditorAccount', early: true, late: 'correct' },
      measures: { banks: distinct('institution'), n: countOf() },
      when: 'banks >= 2 AND n >= 4',
      threshold: '2',
      graver: [
        { severity: 'orange', when: 'banks >= 3', threshold: '3' },
        { severity: 'red', when: 'banks >= 3 AND n >= 9', threshold: '9' },
      ],
      subject: account,
    },
    {
      when: ({ banks, n }) => Number(banks) >= 2 && Number(n) >= 4,
      threshold: () => '2',
      graver: ({ banks, n }) => (Number(banks) < 3 ? undefined : Number(n) >= 9 ? grade('red', '9') : grade('orange', '3')),
    },
  ),
  window(
    'HW-24',
    'averages',
    {
      reads: 'pay.payment',
      window: { size: 'size', every: 'every', per: 'creditorAccount', early: false, late: 'correct' },
      measures: { n: countOf(), average: mean('amount'), high: max('amount') },
      when: 'n >= 3',
      threshold: '3',
      graver: [
        { severity: 'orange', when: 'average > 4.75', threshold: '4.75' },
        { severity: 'red', when: 'average > 6 AND high >= 10', threshold: '6' },
      ],
      subject: account,
    },
    {
      when: ({ n }) => Number(n) >= 3,
      threshold: () => '3',
      graver: ({ average, high }) =>
        Number(average) > 6 && Number(high) >= 10 ? grade('red', '6') : Number(average) > 4.75 ? grade('orange', '4.75') : undefined,
    },
  ),
  window(
    'SE-21',
    'session-graver',
    {
      reads: 'pay.payment',
      window: { kind: 'session', gap: 'gap', per: 'creditorAccount', early: true },
      measures: { n: countOf(), total: sum('amount') },
      when: 'n >= 3',
      threshold: '3',
      graver: [{ severity: 'red', when: 'total >= 30', threshold: '30' }],
      subject: account,
    },
    { when: ({ n }) => Number(n) >= 3, threshold: () => '3', graver: ({ total }) => (Number(total) >= 30 ? grade('red', '30') : undefined) },
  ),
]

/** What counts is the last mark of each bank, or of each issuer. */
const latest = (code: string, name: string, shape: WindowRule['window'], of: string): WindowTest =>
  window(
    code,
    name,
    {
      reads: 'book.position',
      scope: '*',
      window: shape,
      latest: of,
      measures: { high: max('mark'), low: min('mark'), middle: median('mark'), n: countOf(), books: median('value') },
      when: 'middle > 0 AND high - low > :spread * middle',
      threshold: ':spread',
      subject: { kind: 'instrument', id: 'instrumentId' },
    },
    {
      when: ({ high, low, middle }) =>
        high !== null && low !== null && middle !== null && Number(middle) > 0 && 1e6 * (Number(high) - Number(low)) > 0.02e6 * Number(middle) + 1e-3,
      threshold: () => '0.02',
    },
  )

const trades: OutlierTest = {
  kind: 'outlier',
  rule: defineRule({
    ...common('OU-01', 'trades'),
    kind: 'outlier',
    reads: 'mkt.trade',
    parameters: { minutes: count(1), least: count(2), most: ratio('0.001') },
    per: 'instrumentId',
    value: 'price',
    weight: 'quantity',
    within: 'minutes',
    least: 'least',
    most: 'most',
    severity: 'orange',
    subject: { kind: 'trade', id: 'tradeId' },
    says: { zh: '{subject} {price}', en: '{institution} {subject} {price} {vwap} {deviation} {threshold}' },
  }),
}

const alerts = (code: string, of: string[], institutions: number): AlertsTest => ({
  kind: 'alerts',
  rule: defineRule({
    ...common(code, 'alerts'),
    kind: 'alerts',
    parameters: { size: duration('20s'), every: duration('5s'), institutions: count(institutions) },
    of,
    window: { size: 'size', every: 'every' },
    institutions: 'institutions',
    severity: 'red',
    subject: { kind: 'system', id: 'system' },
    says: { zh: '{count}', en: '{institution} {subject} {institutions} {count} {threshold}' },
  }),
})

const backtest: BacktestTest = {
  kind: 'backtest',
  rule: defineRule({
    ...common('BT-01', 'backtest'),
    kind: 'graph',
    parameters: { yellow: count(1), red: count(2), days: count(2) },
    from: 'backtest',
    grades: [
      { severity: 'yellow', when: 'exceptions >= :yellow', threshold: ':yellow' },
      { severity: 'red', when: 'exceptions >= :red', threshold: ':red' },
    ],
    values: { exceptions: 'exceptions', days: 'days' },
    says: { zh: '{exceptions}', en: '{institution} {subject} {exceptions} {days} {threshold}' },
  }),
  grade: (exceptions) => (exceptions >= 2 ? grade('red', '2') : exceptions >= 1 ? grade('yellow', '1') : undefined),
}

export const CROSSING_RULES: readonly TestRule[] = [
  ...sides,
  ...graver,
  latest('ST-21', 'latest', { size: 'size', every: 'size', per: 'instrumentId', early: false }, 'institution'),
  latest('ST-22', 'latest-corrected', { size: 'size', every: 'odd', per: 'instrumentId', early: false, late: 'correct' }, 'issuerId'),
  latest('ST-23', 'latest-before', { kind: 'rolling', size: 'size', per: 'instrumentId', late: 'correct' }, 'institution'),
  trades,
  alerts('AL-01', ['LM-01', 'SM-01', 'EA-01'], 2),
  alerts('AL-02', ['HW-02', 'LM-02'], 3),
  backtest,
]
