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
import { useRows } from './list/use-rows.ts'
import { go, useRoute } from './route.ts'
import { useWords } from './words/language.ts'

const NO_RULES: Rules = new Map()

/** The page of someone signed in: what is open by severity, the list, and the alert chosen from it. */
export function Desk({ token, person, onLeave }: { token: string; person: Person; onLeave: (why?: SignInProblem) => void }) {
  const { say } = useWords()
  const route = useRoute()
  const { store, view, reconnect } = useFeed(token, onLeave)
  const { rules, failed } = useRuleRecords(token)
  const [manual, setManual] = useState(false)
  const [touched, setTouched] = useState({ over: false, scrolled: false })
  const [cursor, setCursor] = useState<string>()
  const [wide, setWide] = useState(false)
  const [help, setHelp] = useState(false)

  const at = route.alert ?? cursor
  const rows = useRows(view, route, rules, manual || touched.over || touched.scrolled || at !== undefined)
  const place = at === undefined ? -1 : rows.ids.indexOf(at)
  const scrollTop = useRef<() => void>(undefined)

  const open = useCallback((id: string | undefined, replace = false) => {
    setCursor(id)
    go({ alert: id }, replace)
  }, [])
  const move = useCallback(
    (by: number) => {
      const next = rows.ids[Math.min(rows.ids.length - 1, Math.max(0, place + by))]
      if (next === undefined) return
      if (route.alert === undefined) setCursor(next)
      else open(next, true)
    },
    [rows.ids, place, route.alert, open],
  )
  const release = useCallback(() => {
    setManual(false)
    rows.release()
    scrollTop.current?.()
  }, [rows.release])
  const close = useCallback(() => {
    if (help) setHelp(false)
    else if (route.alert !== undefined) {
      setCursor(route.alert)
      setWide(false)
      go({ alert: undefined })
    } else setCursor(undefined)
  }, [help, route.alert])

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
        <AlertList
          view={view}
          rules={rules}
          rows={rows}
          route={route}
          at={at}
          manual={manual}
          onOpen={open}
          onRelease={release}
          onManual={setManual}
          onTouched={setTouched}
          scrollTop={scrollTop}
        />
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

function useFeed(token: string, onLeave: (why?: SignInProblem) => void) {
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
    if (refused) onLeave({ kind: 'refused' })
  }, [refused, onLeave])
  const reconnect = useCallback(() => connection.current?.reconnectNow(), [])
  return { store, view, reconnect }
}

function useRuleRecords(token: string): { rules: Rules; failed: boolean } {
  const [rules, setRules] = useState<Rules>(NO_RULES)
  const [failed, setFailed] = useState(false)
  useEffect(() => {
    const abort = new AbortController()
    fetchRules(token, abort.signal).then(setRules, () => setFailed(!abort.signal.aborted))
    return () => abort.abort()
  }, [token])
  return { rules, failed }
}
