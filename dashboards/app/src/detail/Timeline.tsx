import type { PublishedAlert } from '../../../../pipeline/contract/alert.ts'
import type { AlertRecord, ApiError } from '../api.ts'
import { SeverityBadge } from '../frame/Severity.tsx'
import { clockTime, percent } from '../words/format.ts'
import { useWords } from '../words/language.ts'

/** Every revision of the episode, the latest on top. */
export function Timeline({ record, problem }: { record: AlertRecord | undefined; problem: ApiError | undefined }) {
  const { say } = useWords()
  if (record === undefined) return <p className="nothing">{problem === undefined ? say('detail.loading') : say('timeline.failed', { why: problem.message })}</p>
  const latestFirst = record.revisions.toReversed()
  return (
    <ol className="timeline" data-testid="timeline">
      {latestFirst.map((revision, i) => (
        <Moment key={revision.revision} alert={revision} current={i === 0} />
      ))}
    </ol>
  )
}

function Moment({ alert, current }: { alert: PublishedAlert; current: boolean }) {
  const { say } = useWords()
  const share = alert.values['share']
  const what = alert.state === 'resolved' ? 'timeline.resolved' : alert.revision === 1 ? 'timeline.opened' : 'timeline.changed'
  return (
    <li data-severity={alert.severity} data-state={alert.state} data-revision={alert.revision}>
      <time dateTime={alert.at}>{clockTime(alert.at)}</time>
      <strong>{say(what)}</strong>
      {alert.state !== 'resolved' && <SeverityBadge severity={alert.severity} />}
      {alert.band !== null && <span>{alert.band === 'breach' ? say('band.breach') : say('band', { band: alert.band })}</span>}
      {share !== undefined && <span className="number">{percent(share)}</span>}
      {current && <em className="tag">{say('timeline.now')}</em>}
    </li>
  )
}
