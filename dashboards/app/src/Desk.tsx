import { useCallback, useEffect, useMemo, useRef, useState, useSyncExternalStore } from 'react'
import { fetchRules, type Person } from './api.ts'
import { Detail } from './detail/Detail.tsx'
import { FeedConnection } from './feed/connection.ts'
import { FeedStore } from './feed/store.ts'
import { Banners } from './frame/Banners.tsx'
import { Digest } from './frame/Digest.tsx'
import { Header } from './frame/Header.tsx'
import { Help } from './frame/Help.tsx'
import type { SignInProblem } from './frame/SignIn.tsx'
import { useKeys } from './frame/use-keys.ts'
import { AlertList } from './list/AlertList.tsx'
import { Filters } from './list/Filters.tsx'
import type { Rules } from './list/select.ts'
import { useReading } from './list/use-reading.ts'
import { useRoute } from './route.ts'
import type { Token } from './session.ts'
import { useWords } from './words/language.ts'

const NO_RULES: Rules = new Map()

/** The page of someone signed in: what is open by severity, the list, and the alert chosen from it. */
export function Desk({ token, person, onLeave }: { token: Token; person: Person; onLeave: (why?: SignInProblem) => void }) {
  const { say } = useWords()
  const route = useRoute()
  const { store, view, reconnect } = useFeed(token, onLeave)
  const { rules, failed } = useRuleRecords(token)
  const reading = useReading(view, route, rules)
  const { rows, cursor, open, move, close, release, setManual } = reading
  const [wide, setWide] = useState(false)
  const [help, setHelp] = useState(false)

  useKeys({
    j: () => move(1),
    ArrowDown: () => move(1),
    k: () => move(-1),
    ArrowUp: () => move(-1),
    Enter: () => cursor !== undefined && open(cursor),
    Escape: close,
    n: release,
    p: () => setManual((on) => !on),
    f: () => route.alert !== undefined && setWide((on) => !on),
    '?': () => setHelp(true),
  })

  const layout = route.alert === undefined ? 'list' : wide ? 'wide' : 'split'
  return (
    <div className="desk">
      <a className="skip" href="#list" onClick={focusList}>
        {say('skip')}
      </a>
      <Header person={person} view={view} filters={route.filters} onLeave={() => onLeave()} onHelp={() => setHelp(true)} />
      <Banners connection={view.connection} rulesFailed={failed} onReconnect={reconnect} />
      <div className="columns" data-layout={layout}>
        <Filters view={view} filters={route.filters} rules={rules} />
        <AlertList view={view} rules={rules} route={route} reading={reading} />
        {route.alert !== undefined && (
          <Detail
            key={route.alert}
            id={route.alert}
            token={token}
            live={view.byId.get(route.alert)}
            rules={rules}
            place={{ n: rows.ids.indexOf(route.alert) + 1, total: rows.ids.length }}
            wide={wide}
            onMove={move}
            onWide={setWide}
            onClose={close}
          />
        )}
      </div>
      <Digest store={store} />
      <Help open={help} onClose={() => setHelp(false)} />
    </div>
  )
}

function focusList(event: { preventDefault(): void }): void {
  event.preventDefault()
  document.getElementById('list')?.focus()
}

function useFeed(token: Token, onLeave: (why?: SignInProblem) => void) {
  const store = useMemo(() => new FeedStore(), [])
  const connection = useRef<FeedConnection>(undefined)
  useEffect(() => {
    const feed = new FeedConnection(token, store)
    connection.current = feed
    feed.start()
    return () => feed.stop()
  }, [token, store])
  const view = useSyncExternalStore(store.subscribe, store.view)
  const { refused } = view.connection
  useEffect(() => {
    if (refused) onLeave({ kind: token === undefined ? 'ended' : 'refused' })
  }, [refused, onLeave, token])
  const reconnect = useCallback(() => connection.current?.reconnectNow(), [])
  return { store, view, reconnect }
}

function useRuleRecords(token: Token): { rules: Rules; failed: boolean } {
  const [rules, setRules] = useState<Rules>(NO_RULES)
  const [failed, setFailed] = useState(false)
  useEffect(() => {
    const abort = new AbortController()
    fetchRules(token, abort.signal).then(setRules, () => setFailed(!abort.signal.aborted))
    return () => abort.abort()
  }, [token])
  return { rules, failed }
}
