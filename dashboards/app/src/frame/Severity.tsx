import type { Severity } from '../../../../pipeline/contract/rule.ts'
import { ROMAN } from '../words/alert-words.ts'
import { useWords } from '../words/language.ts'

/** Diamond, triangle, circle, square: a severity is told by shape, word and numeral as well as by its colour. */
const SHAPES: Record<Severity, string> = {
  red: 'M6 .6 11.4 6 6 11.4 .6 6Z',
  orange: 'M6 1 11.4 10.8H.6Z',
  yellow: 'M6 1a5 5 0 1 1 0 10A5 5 0 0 1 6 1Z',
  blue: 'M1.4 1.4h9.2v9.2H1.4Z',
}

export function SeverityMark({ severity }: { severity: Severity }) {
  return (
    <svg className="mark" data-severity={severity} viewBox="0 0 12 12" aria-hidden="true">
      <path d={SHAPES[severity]} />
    </svg>
  )
}

export function SeverityBadge({ severity, large = false }: { severity: Severity; large?: boolean }) {
  const { say } = useWords()
  return (
    <span className={large ? 'severity large' : 'severity'} data-severity={severity}>
      <SeverityMark severity={severity} />
      <span className="severity-word">{say(`severity.${severity}`)}</span>
      <span className="roman">{ROMAN[severity]}</span>
    </span>
  )
}
