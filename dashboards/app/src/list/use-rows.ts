/**
 * The rows of the list. While it is held, no row moves, comes or goes: what is new waits and is counted.
 * The content of a row is always the latest revision, since the feed goes on.
 */
import { useCallback, useEffect, useMemo, useRef, useState } from 'react'
import type { PublishedAlert } from '../../../../pipeline/contract/alert.ts'
import type { View } from '../feed/store.ts'
import type { Route } from '../route.ts'
import { matches, type Rules, selectIds } from './select.ts'

export type Rows = { ids: readonly string[]; held: boolean; waiting: number; alert(id: string): PublishedAlert | undefined; release(): void }

const HELD: readonly PublishedAlert[] = []

export function useRows(view: View, { filters, sort }: Route, rules: Rules, hold: boolean): Rows {
  const [released, setReleased] = useState(0)
  const length = useRef(0)
  // An empty list has no row that could move, so there is nothing to hold.
  const held = hold && view.ready && length.current > 0
  const source = held ? HELD : view.alerts
  const latest = useRef(view.alerts)
  latest.current = view.alerts
  // When `held` begins, the memo runs once more over the same alerts, and then stays until something the user did changes it.
  const ids = useMemo(() => {
    void [source, released, view.ready]
    return selectIds(latest.current, filters, sort, rules)
  }, [source, released, view.ready, filters, sort, rules])
  useEffect(() => {
    length.current = ids.length
  }, [ids])
  const waiting = useMemo(() => {
    if (!held) return 0
    const shown = new Set(ids)
    return view.alerts.filter((alert) => !shown.has(alert.id) && matches(alert, filters)).length
  }, [held, ids, view.alerts, filters])
  const alert = useCallback((id: string) => view.byId.get(id), [view.byId])
  const release = useCallback(() => setReleased((n) => n + 1), [])
  return { ids, held, waiting, alert, release }
}
