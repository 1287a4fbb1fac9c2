import { useEffect, useMemo } from 'react'
import type { Severity } from '../../../../pipeline/contract/rule.ts'
import type { Person } from '../api.ts'
import type { Connection, View } from '../feed/store.ts'
import { DEFAULT_FILTERS, type Filters, go } from '../route.ts'
import { ROMAN, SEVERITY_ORDER } from '../words/alert-words.ts'
import { age } from '../words/format.ts'
import { changeLanguage, useWords } from '../words/language.ts'
import { Logo } from './Logo.tsx'
import { SeverityMark } from './Severity.tsx'
import { useNow } from './use-now.ts'

type Props = { person: Person; view: View; filters: Filters; onLeave: () => void; onHelp: () => void }

export function Header({ person, view, filters, onLeave, onHelp }: Props) {
  const { say, label, language } = useWords()
  return (
    <header className="header">
      <div className="brand">
        <Logo />
        <span className="brand-name">{say('product')}</span>
        {language === 'zh' && <span className="brand-latin">Lookthrough</span>}
      </div>
      <Counts view={view} filters={filters} />
      <LiveMark connection={view.connection} />
      <div className="header-tools">
        <div className="languages" role="group" aria-label={say('language')}>
          {(['zh', 'en'] as const).map((one) => (
            <button key={one} type="button" lang={one} aria-pressed={language === one} onClick={() => changeLanguage(one)} data-testid={`language-${one}`}>
              {one === 'zh' ? '中' : 'EN'}
            </button>
          ))}
        </div>
        <button type="button" className="quiet icon" onClick={onHelp} aria-label={say('help')} title={say('help')} aria-keyshortcuts="?">
          ?
        </button>
        <div className="person" data-testid="person">
          <span className="person-name">{person.name}</span>
          <span className="person-of">
            {label('role', person.role)} · {person.institution ?? say('all-institutions')}
          </span>
        </div>
        <button type="button" className="quiet" onClick={onLeave} data-testid="sign-out">
          {say('sign-out')}
        </button>
      </div>
    </header>
  )
}

/** How many are open, by severity; a click narrows the list to one. */
function Counts({ view, filters }: { view: View; filters: Filters }) {
  const { say } = useWords()
  const counts = useMemo(() => {
    const found: Record<Severity, number> = { red: 0, orange: 0, yellow: 0, blue: 0 }
    for (const alert of view.alerts) if (alert.state !== 'resolved') found[alert.severity] += 1
    return found
  }, [view.alerts])
  useEffect(() => {
    document.title = counts.red > 0 ? `(${counts.red}) ${say('product')}` : say('product')
  }, [counts.red, say])
  return (
    <div className="counts" role="group" aria-label={say('open-by-severity')}>
      {SEVERITY_ORDER.map((severity) => {
        const only = filters.severity.length === 1 && filters.severity[0] === severity
        return (
          <button
            key={severity}
            type="button"
            data-severity={severity}
            data-testid={`count-${severity}`}
            aria-pressed={only}
            aria-label={say('severity.count', { severity: say(`severity.${severity}`), roman: ROMAN[severity], count: counts[severity] })}
            onClick={() => go({ filters: { ...filters, state: DEFAULT_FILTERS.state, severity: only ? [] : [severity] } }, true)}
          >
            <SeverityMark severity={severity} />
            <span>
              {say(`severity.${severity}`)}
              <span className="roman">{ROMAN[severity]}</span>
            </span>
            <strong>{view.ready ? counts[severity].toLocaleString('en') : '·'}</strong>
          </button>
        )
      })}
    </div>
  )
}

/** Whether what one sees is the present, and how long ago the service last said anything. */
function LiveMark({ connection }: { connection: Connection }) {
  const { say } = useWords()
  const now = useNow()
  const state = liveState(connection, now)
  const since = connection.lastFrameAt === undefined ? undefined : age(now - connection.lastFrameAt)
  return (
    <div className="live" data-live={state} data-testid="live">
      <span className="live-dot" aria-hidden="true" />
      <span className="live-word">{say(LIVE_WORDS[state])}</span>
      {since !== undefined && <span className="live-age">{say('live.age', { age: say(since.name, { n: since.n }) })}</span>}
    </div>
  )
}

type LiveState = 'connecting' | 'loading' | 'live' | 'stale' | 'waiting' | 'closed'
const LIVE_WORDS = {
  connecting: 'live.connecting',
  loading: 'live.loading',
  live: 'live',
  stale: 'live.stale',
  waiting: 'live.reconnecting',
  closed: 'live.closed',
} as const satisfies Record<LiveState, string>

function liveState({ phase, lastFrameAt, heartbeatMs, attempt }: Connection, now: number): LiveState {
  if (phase === 'live') return lastFrameAt !== undefined && now - lastFrameAt > 1.5 * heartbeatMs ? 'stale' : 'live'
  return phase === 'connecting' && attempt > 0 ? 'waiting' : phase
}
