import type { PublishedAlert } from '../../../../pipeline/contract/alert.ts'
import type { Rule } from '../../../../pipeline/contract/rule.ts'
import { formOf, GRADES, inReadingOrder, type KeyValue, keyValue, valueText } from '../words/alert-words.ts'
import { compact } from '../words/format.ts'
import { useWords } from '../words/language.ts'

/** What was measured, exactly, and how it stands to the threshold. */
export function Values({ alert, rule }: { alert: PublishedAlert; rule: Rule | undefined }) {
  const words = useWords()
  const { say, label, language } = words
  const key = keyValue(alert, rule)
  const anyMoney = Object.entries(alert.values).some(([name, value]) => formOf(name, value) === 'money')
  return (
    <>
      {key?.form === 'ratio' && key.filled !== undefined && <LimitBar alert={alert} keyed={key} filled={key.filled} />}
      {key?.form === 'count' && key.filled !== undefined && <CountBar alert={alert} keyed={key} filled={key.filled} />}
      {key?.form === 'grade' && <GradeScale alert={alert} keyed={key} />}
      <table className="plain values" data-testid="values">
        <thead>
          <tr>
            <th scope="col">{say('values.name')}</th>
            <th scope="col" className="number">
              {say('values.value')}
            </th>
            <th scope="col" className="number about">
              {anyMoney && say('values.about')}
            </th>
          </tr>
        </thead>
        <tbody>
          {inReadingOrder(alert.values).map(([name, value]) => (
            <tr key={name} data-value={name} data-key={name === key?.name}>
              <th scope="row">{label('value', name)}</th>
              <td className="number" title={formOf(name, value) === 'money' ? `${compact(value, language)}${say('unit.yuan')}` : undefined}>
                {valueText(name, value, words)}
                {formOf(name, value) === 'money' && <span className="unit"> {say('unit.yuan')}</span>}
              </td>
              <td className="number about">{formOf(name, value) === 'money' && compact(value, language)}</td>
            </tr>
          ))}
          {alert.threshold !== null && key?.form !== 'grade' && (
            <tr className="threshold">
              <th scope="row">{say('values.threshold')}</th>
              <td className="number">{valueText(key?.name ?? 'share', alert.threshold, words)}</td>
              <td className="about" />
            </tr>
          )}
        </tbody>
      </table>
    </>
  )
}

type BarProps = { alert: PublishedAlert; keyed: KeyValue; filled: number }
const WIDTH = 600
const EDGES: readonly number[] = [0.8, 0.9, 0.95, 1]
/** Moves the labels of the last edges apart, in the drawing's units. */
const NUDGE: readonly number[] = [4, 2, 0, -8]

/** A limit with the edges of its warning bands; the drawing reaches to 110 % of the limit, or as far as the value. */
function LimitBar({ alert, keyed, filled }: BarProps) {
  const words = useWords()
  const end = Math.max(1.25, filled * 1.1)
  const x = (part: number) => (part / end) * WIDTH
  const value = valueText(keyed.name, keyed.value, words)
  const limit = valueText(keyed.name, keyed.threshold ?? '', words)
  const roomy = x(1) - x(0.9) > 46
  const near = Math.min(WIDTH - 34, Math.max(34, x(filled)))
  return (
    <figure className="limit-bar" data-severity={alert.severity} data-testid="limit-bar">
      <svg viewBox={`0 0 ${WIDTH} 72`} role="img" aria-label={words.say('values.bar', { value, limit, percent: `${(filled * 100).toFixed(1)}%` })}>
        <rect className="track" x="0" y="26" width={WIDTH} height="16" rx="3" />
        {EDGES.map((edge, i) => (
          <rect key={edge} className={`zone zone-${i}`} x={x(edge)} y="26" width={x(EDGES[i + 1] ?? end) - x(edge)} height="16" />
        ))}
        <rect className="fill" x="0" y="30" width={x(filled)} height="8" rx="2" />
        {EDGES.map((edge, i) => (
          <g key={edge} className={edge === 1 ? 'edge limit' : 'edge'}>
            <line x1={x(edge)} x2={x(edge)} y1={edge === 1 ? 20 : 24} y2={edge === 1 ? 48 : 44} />
            {(edge === 1 || edge === 0.8 || roomy) && (
              <text x={x(edge) + (NUDGE[i] ?? 0)} y="61" textAnchor={edge === 1 ? 'start' : edge === 0.95 ? 'middle' : 'end'}>
                {edge * 100}%{edge === 1 && ` ${words.say('values.limit')} ${limit}`}
              </text>
            )}
          </g>
        ))}
        <g className="needle">
          <path d={`M${x(filled) - 5} 18h10l-5 7z`} />
          <text x={near} y="13" textAnchor="middle">
            {value}
          </text>
        </g>
      </svg>
    </figure>
  )
}

/** A count against its threshold. */
function CountBar({ alert, keyed, filled }: BarProps) {
  const words = useWords()
  const end = Math.max(1.3, filled * 1.1)
  const value = valueText(keyed.name, keyed.value, words)
  const limit = valueText(keyed.name, keyed.threshold ?? '', words)
  const [at, edge] = [(filled / end) * WIDTH, WIDTH / end]
  return (
    <figure className="limit-bar" data-severity={alert.severity}>
      <svg viewBox={`0 0 ${WIDTH} 72`} role="img" aria-label={words.say('values.bar', { value, limit, percent: `${(filled * 100).toFixed(1)}%` })}>
        <rect className="track" x="0" y="26" width={WIDTH} height="16" rx="3" />
        <rect className="fill" x="0" y="30" width={at} height="8" rx="2" />
        <g className="edge limit">
          <line x1={edge} x2={edge} y1="20" y2="48" />
          <text x={edge} y="61" textAnchor="middle">
            {words.say('values.threshold')} {limit}
          </text>
        </g>
        <g className="needle">
          <path d={`M${at - 5} 18h10l-5 7z`} />
          <text x={Math.min(WIDTH - 34, at)} y="13" textAnchor="middle">
            {value}
          </text>
        </g>
      </svg>
    </figure>
  )
}

/** The five grades in a row: what was reported, and the best that is allowed. */
function GradeScale({ alert, keyed }: { alert: PublishedAlert; keyed: KeyValue }) {
  const { say, label } = useWords()
  const limit = keyed.threshold ?? ''
  return (
    <ol
      className="grades"
      data-severity={alert.severity}
      aria-label={say('values.scale', { value: label('grade', keyed.value), limit: label('grade', limit) })}
    >
      {GRADES.map((grade) => (
        <li key={grade} data-here={grade === keyed.value} data-floor={grade === limit} data-allowed={GRADES.indexOf(grade) >= GRADES.indexOf(limit)}>
          <span>{label('grade', grade)}</span>
          <small>{grade === keyed.value ? say('values.reported') : grade === limit ? label('value', 'floor') : ''}</small>
        </li>
      ))}
    </ol>
  )
}
