import { memo, useEffect, useRef } from 'react'
import type { PublishedAlert } from '../../../../pipeline/contract/alert.ts'
import type { Rule } from '../../../../pipeline/contract/rule.ts'
import { layersOf } from '../detail/paths.ts'
import { SeverityBadge } from '../frame/Severity.tsx'
import { GRADES, keyValue, subjectText, valueText } from '../words/alert-words.ts'
import { clockTime, compact } from '../words/format.ts'
import { useWords } from '../words/language.ts'

type Props = {
  alert: PublishedAlert
  rule: Rule | undefined
  index: number
  top: number
  chosen: boolean
  open: boolean
  arriving: boolean
  onOpen: (id: string) => void
}

export const AlertRow = memo(function AlertRow({ alert, rule, index, top, chosen, open, arriving, onOpen }: Props) {
  const { say, label, language } = useWords()
  const layers = layersOf(alert)
  const fresh = useFresh(alert, arriving)
  return (
    <div
      ref={fresh}
      role="row"
      className="row"
      aria-rowindex={index + 2}
      aria-selected={chosen}
      tabIndex={chosen ? 0 : -1}
      data-alert-id={alert.id}
      data-severity={alert.severity}
      data-state={alert.state}
      data-rule={alert.rule.code}
      data-open={open}
      style={{ transform: `translateY(${top}px)` }}
      onClick={() => onOpen(alert.id)}
    >
      <div role="gridcell" className="cell cell-severity">
        <SeverityBadge severity={alert.severity} />
      </div>
      <div role="gridcell" className="cell cell-at">
        <time dateTime={alert.at} title={`${clockTime(alert.at, true)} UTC+8`}>
          {clockTime(alert.at)}
        </time>
      </div>
      <div role="gridcell" className="cell cell-institution">
        {alert.institution}
      </div>
      <div role="gridcell" className="cell cell-rule" title={rule?.title[language]}>
        <b>{alert.rule.code}</b>
        <span>{rule?.title[language]}</span>
        {alert.mode === 'shadow' && <em className="tag">{say('mode.shadow')}</em>}
      </div>
      <div role="gridcell" className="cell cell-value">
        <ValueCell alert={alert} rule={rule} />
      </div>
      <div role="gridcell" className="cell cell-subject" title={`${label('subject', alert.subject.kind)} ${alert.subject.id}`}>
        {subjectText(alert, label)}
      </div>
      <div role="gridcell" className="cell cell-layers" title={layers > 0 ? say('layers.title', { n: layers }) : undefined}>
        {layers > 0 ? say('layers.count', { n: layers }) : say('none')}
      </div>
      <div role="gridcell" className="cell cell-state">
        <span className="state" data-state={alert.state}>
          {label('state', alert.state)}
        </span>
      </div>
    </div>
  )
})

function ValueCell({ alert, rule }: { alert: PublishedAlert; rule: Rule | undefined }) {
  const words = useWords()
  const { say, label, language } = words
  const found = keyValue(alert, rule)
  if (found === undefined) return say('none')
  const { name, value, threshold, filled } = found
  const money = Object.entries(alert.values).find(([n]) => n === 'exposure' || n === 'loans' || n === 'total')
  return (
    <div className="value" title={money === undefined ? undefined : `${label('value', money[0])} ${compact(money[1], language)}${say('unit.yuan')}`}>
      <span className="value-text">
        <strong>{valueText(name, value, words, true)}</strong>
        {threshold !== null && <span> / {valueText(name, threshold, words, true)}</span>}
      </span>
      {filled !== undefined && <Bar filled={filled} />}
      {found.form === 'grade' && <Steps value={value} floor={threshold} />}
    </div>
  )
}

/** The value against its threshold; the tick is the threshold, at four fifths of the width. */
function Bar({ filled }: { filled: number }) {
  return (
    <span className="bar" aria-hidden="true">
      <span className="bar-fill" style={{ width: `${Math.min(100, filled * 80)}%` }} />
      <span className="bar-limit" />
    </span>
  )
}

/** Five grades as five cells: the reported one filled, the floor outlined. */
function Steps({ value, floor }: { value: string; floor: string | null }) {
  return (
    <span className="steps" aria-hidden="true">
      {GRADES.map((grade) => (
        <span key={grade} data-here={grade === value} data-floor={grade === floor} />
      ))}
    </span>
  )
}

/** Marks a row that has just appeared or changed, once. */
function useFresh(alert: PublishedAlert, arriving: boolean) {
  const row = useRef<HTMLDivElement>(null)
  const shown = useRef(alert.revision)
  useEffect(() => {
    if (!arriving || shown.current === alert.revision) return
    shown.current = alert.revision
    const element = row.current
    element?.classList.remove('fresh')
    requestAnimationFrame(() => element?.classList.add('fresh'))
  }, [alert.revision, arriving])
  return row
}
