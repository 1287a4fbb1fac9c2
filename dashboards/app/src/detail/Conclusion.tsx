import type { PublishedAlert } from '../../../../pipeline/contract/alert.ts'
import { subjectText } from '../words/alert-words.ts'
import { clockTime, distance, fill } from '../words/format.ts'
import { useWords } from '../words/language.ts'

/** The sentence, how far from the limit, and what else one asks first. */
export function Conclusion({ alert }: { alert: PublishedAlert }) {
  const { say, label, language } = useWords()
  const share = alert.values['share']
  const away = share === undefined || alert.threshold === null ? undefined : distance(share, alert.threshold)
  const used = share === undefined || alert.threshold === null ? undefined : fill(share, alert.threshold)
  return (
    <div className="conclusion">
      <p className="says" data-testid="says">
        {emphasised(alert.says[language])}
      </p>
      {away !== undefined && used !== undefined && (
        <p className="away" data-over={away.over}>
          <strong>{say(away.over ? 'conclusion.over' : 'conclusion.below', { points: away.points })}</strong>
          <span>{say('conclusion.used', { percent: `${(used * 100).toFixed(1)}%` })}</span>
        </p>
      )}
      <ul className="chips">
        <li className="state" data-state={alert.state}>
          {label('state', alert.state)}
        </li>
        {alert.band !== null && <li>{alert.band === 'breach' ? say('band.breach') : say('band', { band: alert.band })}</li>}
        {alert.mode === 'shadow' && <li>{say('mode.shadow')}</li>}
        <li>
          {alert.subject.id !== 'unknown' && label('subject', alert.subject.kind)} {subjectText(alert, label)}
        </li>
        <li>
          <time dateTime={alert.at}>{clockTime(alert.at, true)}</time> UTC+8
        </li>
        {alert.window !== null && (
          <li>
            {say('window')} {clockTime(alert.window.start)} – {clockTime(alert.window.end)}
          </li>
        )}
        <li>{say('revision', { n: alert.revision })}</li>
        <li>{label('disclosure', alert.disclosure)}</li>
      </ul>
    </div>
  )
}

/** Numbers stand out in the sentence; names that contain digits do not. */
function emphasised(text: string) {
  return text.split(/((?<![\w.,-])\d[\d,]*(?:\.\d+)?%?(?![\w-]))/).map((part, i) => (i % 2 === 1 ? <b key={`${i}${part}`}>{part}</b> : part))
}
