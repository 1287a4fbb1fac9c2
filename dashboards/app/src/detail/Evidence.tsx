import type { PublishedAlert } from '../../../../pipeline/contract/alert.ts'
import { REDACTED } from '../words/alert-words.ts'
import { useWords } from '../words/language.ts'
import { CopyButton } from './CopyButton.tsx'

/** The events it rests on, and where each lies in the log where the source has positions. */
export function Evidence({ alert }: { alert: PublishedAlert }) {
  const { say } = useWords()
  const { evidence, evidenceCount, positions = [] } = alert
  if (evidence.length === 0) return <p className="nothing">{say('evidence.none')}</p>
  return (
    <>
      <p className="nothing" data-testid="evidence-count">
        {evidenceCount > evidence.length
          ? say('evidence.first', { count: evidenceCount, shown: evidence.length })
          : say('evidence.count', { count: evidenceCount })}
      </p>
      <div className="scroll-x">
        <table className="plain evidence" data-testid="evidence">
          <thead>
            <tr>
              <th scope="col">#</th>
              <th scope="col">{say('evidence.source')}</th>
              <th scope="col">{say('evidence.id')}</th>
              {positions.length > 0 && <th scope="col">{say('evidence.position')}</th>}
            </tr>
          </thead>
          <tbody>
            {evidence.map((reference, i) => {
              const [source, ...id] = reference.split('|')
              const at = positions[i]
              const place = at === undefined ? undefined : `${at.topic}/${at.partition}@${at.offset}`
              return (
                <tr key={`${i}${reference}`}>
                  <td className="number">{i + 1}</td>
                  <td className={source === REDACTED ? 'redacted' : undefined}>{source}</td>
                  <td>
                    <code>{id.join('|')}</code>
                  </td>
                  {positions.length > 0 && (
                    <td>
                      {place !== undefined && (
                        <>
                          <code>{place}</code>
                          <CopyButton small text={() => place} label={say('evidence.copy', { what: place })} />
                        </>
                      )}
                    </td>
                  )}
                </tr>
              )
            })}
          </tbody>
        </table>
      </div>
    </>
  )
}
