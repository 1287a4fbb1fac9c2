import type { View } from '../feed/store.ts'
import { DEFAULT_FILTERS, type Filters, formatRoute, DEFAULT_SORT, go } from '../route.ts'
import { useNow } from '../frame/use-now.ts'
import { age } from '../words/format.ts'
import { useWords } from '../words/language.ts'
import type { Rules } from './select.ts'

const ALL: Filters = { state: [], severity: [], rule: [], institution: [] }
const SKELETON = Array.from({ length: 12 }, (_, i) => i)

/** Three reasons for a list without rows: still loading, everything in order, or filtered away. */
export function Empty({ view, filters, rules }: { view: View; filters: Filters; rules: Rules }) {
  const { say } = useWords()
  const now = useNow()
  const { loaded, lastFrameAt, phase } = view.connection
  if (!view.ready)
    return (
      <div className="skeleton" aria-busy="true" data-testid="loading">
        <p>{say('list.loading', { count: loaded.toLocaleString('en') })}</p>
        {SKELETON.map((i) => (
          <div key={i} className="skeleton-row" aria-hidden="true" />
        ))}
      </div>
    )
  const narrowed =
    formatRoute({ alert: undefined, filters, sort: DEFAULT_SORT }) !== formatRoute({ alert: undefined, filters: DEFAULT_FILTERS, sort: DEFAULT_SORT })
  if (narrowed)
    return (
      <div className="empty" data-testid="no-match">
        <h2>{say('list.no-match')}</h2>
        <p>{say('list.no-match.more', { count: view.alerts.length.toLocaleString('en') })}</p>
        <button type="button" className="primary" onClick={() => go({ filters: DEFAULT_FILTERS }, true)}>
          {say('filters.clear')}
        </button>
      </div>
    )
  const since = age(now - (lastFrameAt ?? now))
  return (
    <div className="empty" data-testid="all-clear">
      <h2>{say('list.empty')}</h2>
      {phase === 'live' && (
        <>
          <p>{say('list.empty.healthy', { rules: rules.size, age: say(since.name, { n: since.n }) })}</p>
          <p>{say('list.empty.more')}</p>
        </>
      )}
      {view.alerts.length > 0 && (
        <button type="button" onClick={() => go({ filters: ALL }, true)}>
          {say('filters.show-all')}
        </button>
      )}
    </div>
  )
}
