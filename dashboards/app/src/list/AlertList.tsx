import { useVirtualizer } from '@tanstack/react-virtual'
import { type RefObject, useEffect, useRef } from 'react'
import { ALERTS_KEPT, type View } from '../feed/store.ts'
import { go, type Route, type SortKey } from '../route.ts'
import { useWords } from '../words/language.ts'
import { AlertRow } from './AlertRow.tsx'
import { Empty } from './Empty.tsx'
import type { Rules } from './select.ts'
import type { Reading } from './use-reading.ts'

const ROW_HEIGHT = 38
const OVERSCAN = 12
const COLUMNS: readonly { key: SortKey; label: 'severity' | 'at' | 'institution' | 'rule' | 'value' | 'subject' | 'layers' | 'state' }[] = [
  { key: 'severity', label: 'severity' },
  { key: 'at', label: 'at' },
  { key: 'institution', label: 'institution' },
  { key: 'rule', label: 'rule' },
  { key: 'value', label: 'value' },
  { key: 'subject', label: 'subject' },
  { key: 'layers', label: 'layers' },
  { key: 'state', label: 'state' },
]

type Props = { view: View; rules: Rules; route: Route; reading: Reading }

/** The list of alerts: flat, sortable, virtualised; new rows wait behind a bar while someone is reading. */
export function AlertList(props: Props) {
  const { view, route } = props
  const { rows, setTouched } = props.reading
  const { say } = useWords()
  const over = (on: boolean) => setTouched((t) => (t.over === on ? t : { ...t, over: on }))
  return (
    <main className="list" aria-label={say('list')}>
      <ListHead {...props} />
      <div
        className="list-body"
        onPointerEnter={(event) => event.pointerType === 'mouse' && over(true)}
        onPointerLeave={() => over(false)}
        data-testid="alert-list"
        data-held={rows.held}
      >
        {view.ready && rows.ids.length > 0 ? <Grid {...props} /> : <Empty view={view} filters={route.filters} rules={props.rules} />}
      </div>
    </main>
  )
}

function ListHead({ view, reading: { rows, manual, release, setManual } }: Props) {
  const { say } = useWords()
  return (
    <div className="list-head">
      <h1>{say('list')}</h1>
      {view.ready && (
        <span className="list-count" data-testid="list-count">
          {say('list.count', { shown: rows.ids.length.toLocaleString('en'), total: view.alerts.length.toLocaleString('en') })}
          {view.capped && ` · ${say('list.capped', { count: ALERTS_KEPT.toLocaleString('en') })}`}
        </span>
      )}
      {rows.waiting > 0 ? (
        <button type="button" className="waiting" onClick={release} aria-keyshortcuts="n" data-testid="waiting" title={say('help.release')}>
          {say('list.waiting', { count: rows.waiting.toLocaleString('en') })}
        </button>
      ) : rows.held || view.connection.phase === 'live' ? (
        <span className="following" data-held={rows.held} title={say('list.paused.why')} data-testid="following">
          {say(rows.held ? 'list.paused' : 'list.following')}
        </span>
      ) : null}
      {view.ready && (manual || !rows.held) && (
        <button type="button" className="quiet" aria-pressed={manual} onClick={() => setManual(!manual)} aria-keyshortcuts="p" data-testid="pause">
          {say(manual ? 'list.follow' : 'list.hold')}
        </button>
      )}
    </div>
  )
}

function Grid({ view, rules, route, reading: { rows, at, open, setTouched, scrollTop } }: Props) {
  const { say } = useWords()
  const scroller = useRef<HTMLDivElement>(null)
  const virtual = useVirtualizer({
    count: rows.ids.length,
    getScrollElement: () => scroller.current,
    estimateSize: () => ROW_HEIGHT,
    overscan: OVERSCAN,
    getItemKey: (index) => rows.ids[index] ?? index,
  })
  useEffect(() => {
    scrollTop.current = () => scroller.current?.scrollTo({ top: 0 })
    return () => {
      scrollTop.current = undefined
      setTouched({ over: false, scrolled: false })
    }
  }, [scrollTop, setTouched])
  const index = at === undefined ? -1 : rows.ids.indexOf(at)
  useFollowing(scroller, index, (to) => virtual.scrollToIndex(to, { align: 'auto' }))
  const onScroll = () => {
    const scrolled = (scroller.current?.scrollTop ?? 0) > ROW_HEIGHT / 2
    setTouched((t) => (t.scrolled === scrolled ? t : { ...t, scrolled }))
  }
  return (
    <div
      ref={scroller}
      id="list"
      className="grid"
      role="grid"
      aria-label={say('list')}
      aria-rowcount={rows.ids.length + 1}
      aria-colcount={COLUMNS.length}
      tabIndex={index < 0 ? 0 : -1}
      onScroll={onScroll}
    >
      <HeadRow route={route} />
      <div role="rowgroup" className="grid-rows" style={{ height: virtual.getTotalSize() }}>
        {virtual.getVirtualItems().map((item) => {
          const id = rows.ids[item.index]
          const alert = id === undefined ? undefined : rows.alert(id)
          if (id === undefined || alert === undefined) return null
          return (
            <AlertRow
              key={id}
              alert={alert}
              rule={rules.get(alert.rule.code)}
              index={item.index}
              top={item.start}
              chosen={id === at}
              open={id === route.alert}
              onOpen={open}
              arriving={view.connection.phase === 'live'}
            />
          )
        })}
      </div>
    </div>
  )
}

function HeadRow({ route }: { route: Route }) {
  const { say } = useWords()
  const { key: sorted, descending } = route.sort
  return (
    <div role="rowgroup" className="grid-head">
      <div role="row" aria-rowindex={1} className="row">
        {COLUMNS.map(({ key, label }, i) => (
          <div
            key={key}
            role="columnheader"
            aria-colindex={i + 1}
            className={`cell cell-${key}`}
            aria-sort={sorted === key ? (descending ? 'descending' : 'ascending') : 'none'}
          >
            <button
              type="button"
              title={say('list.sort-by', { column: say(label) })}
              data-testid={`sort-${key}`}
              onClick={() => go({ sort: { key, descending: sorted === key ? !descending : NEWEST_FIRST.has(key) } }, true)}
            >
              {say(label)}
              <span className="sort-arrow" aria-hidden="true">
                {sorted === key ? (descending ? '▼' : '▲') : ''}
              </span>
            </button>
          </div>
        ))}
      </div>
    </div>
  )
}

/** Columns of which one wants the largest first. */
const NEWEST_FIRST: ReadonlySet<SortKey> = new Set(['at', 'value', 'layers'])

/** Keeps the chosen row in sight, and the keyboard's focus on it when the focus is in the list. */
function useFollowing(scroller: RefObject<HTMLDivElement | null>, index: number, scrollTo: (index: number) => void): void {
  const latest = useRef(scrollTo)
  latest.current = scrollTo
  useEffect(() => {
    if (index < 0) return
    latest.current(index)
    const frame = requestAnimationFrame(() => {
      const focused = document.activeElement
      if (focused !== document.body && scroller.current?.contains(focused) !== true) return
      scroller.current?.querySelector<HTMLElement>(`[aria-rowindex="${index + 2}"]`)?.focus({ preventScroll: true })
    })
    return () => cancelAnimationFrame(frame)
  }, [index, scroller])
}
