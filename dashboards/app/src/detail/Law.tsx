import type { PublishedAlert } from '../../../../pipeline/contract/alert.ts'
import type { Rule } from '../../../../pipeline/contract/rule.ts'
import { useWords } from '../words/language.ts'
import { CopyButton } from './CopyButton.tsx'

/** Which rule in which version, what it rests on, what to do first, and what it is known not to see. */
export function Law({ alert, rule }: { alert: PublishedAlert; rule: Rule | undefined }) {
  const { say } = useWords()
  const hash = alert.rule.hash
  return (
    <>
      <dl className="facts">
        <div>
          <dt>{say('rule')}</dt>
          <dd>
            <code>{alert.rule.id}</code>
          </dd>
        </div>
        <div>
          <dt>{say('law.version')}</dt>
          <dd>
            <code>{alert.rule.version}</code>
          </dd>
        </div>
        <div>
          <dt>{say('law.hash')}</dt>
          <dd>
            <code title={hash}>{hash.length > 22 ? `${hash.slice(0, 19)}…` : hash}</code>
            <CopyButton small text={() => hash} label={say('evidence.copy', { what: say('law.hash') })} />
          </dd>
        </div>
      </dl>
      <table className="plain law" data-testid="law">
        <thead>
          <tr>
            <th scope="col">{say('law.act')}</th>
            <th scope="col">{say('law.article')}</th>
            <th scope="col">{say('law.in-force')}</th>
            <th scope="col">{say('law.checked')}</th>
          </tr>
        </thead>
        <tbody>
          {alert.law.map((provision) => (
            <tr key={`${provision.act}${provision.article}`}>
              <td>{provision.act}</td>
              <td>{provision.article}</td>
              <td className="number">{provision.inForce}</td>
              <td>
                <span className="verified" data-verified={provision.verified}>
                  {say(provision.verified ? 'law.verified' : 'law.unverified')}
                </span>
              </td>
            </tr>
          ))}
        </tbody>
      </table>
      {rule !== undefined && <Notes rule={rule} />}
    </>
  )
}

/** What the supervisor should do first, and what the rule does not see. */
function Notes({ rule }: { rule: Rule }) {
  const { say, language } = useWords()
  return (
    <div className="notes">
      <div className="note advice">
        <h4>{say('law.advice')}</h4>
        <p>{rule.advice[language]}</p>
      </div>
      {rule.gaps.length > 0 && (
        <div className="note">
          <h4>{say('law.gaps')}</h4>
          <ul>
            {rule.gaps.map((gap) => (
              <li key={gap.en}>{gap[language]}</li>
            ))}
          </ul>
        </div>
      )}
    </div>
  )
}
