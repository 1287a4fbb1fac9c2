/** Where someone is in the list, and what keeps it still: a chosen row, a scrolled list, the pointer on it, or the pause button. */
import { type Dispatch, type RefObject, type SetStateAction, useCallback, useRef, useState } from 'react'
import type { View } from '../feed/store.ts'
import { go, type Route } from '../route.ts'
import type { Rules } from './select.ts'
import { type Rows, useRows } from './use-rows.ts'

export type Touched = { over: boolean; scrolled: boolean }
export type Reading = {
  rows: Rows
  /** The chosen row: the open alert, or where the keyboard is. */
  at: string | undefined
  cursor: string | undefined
  manual: boolean
  setManual: Dispatch<SetStateAction<boolean>>
  setTouched: Dispatch<SetStateAction<Touched>>
  /** The list puts its way to scroll to the top in here. */
  scrollTop: RefObject<(() => void) | undefined>
  /** Opens an alert, as a step to go back from. */
  open(id: string): void
  /** Chooses the row so many further on; with an alert open, opens that one instead. */
  move(by: number): void
  /** Closes the open alert but stays on its row; with none open, leaves the row. */
  close(): void
  /** Lets in what waits, and goes to the top. */
  release(): void
}

export function useReading(view: View, route: Route, rules: Rules): Reading {
  const [manual, setManual] = useState(false)
  const [touched, setTouched] = useState<Touched>({ over: false, scrolled: false })
  const [cursor, setCursor] = useState<string>()
  const scrollTop = useRef<() => void>(undefined)
  const at = route.alert ?? cursor
  const rows = useRows(view, route, rules, manual || touched.over || touched.scrolled || at !== undefined)
  const { ids, release: letIn } = rows
  const opened = route.alert !== undefined

  const open = useCallback((id: string) => {
    setCursor(id)
    go({ alert: id })
  }, [])
  const move = useCallback(
    (by: number) => {
      const next = ids[Math.min(ids.length - 1, Math.max(0, (at === undefined ? -1 : ids.indexOf(at)) + by))]
      if (next === undefined) return
      setCursor(next)
      if (opened) go({ alert: next }, true)
    },
    [ids, at, opened],
  )
  const close = useCallback(() => {
    setCursor(route.alert)
    if (route.alert !== undefined) go({ alert: undefined })
  }, [route.alert])
  const release = useCallback(() => {
    setManual(false)
    letIn()
    scrollTop.current?.()
  }, [letIn])
  return { rows, at, cursor, manual, setManual, setTouched, scrollTop, open, move, close, release }
}
