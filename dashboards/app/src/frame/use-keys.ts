import { useEffect, useRef } from 'react'

export type Keys = Readonly<Record<string, () => unknown>>

/** Single keys for the whole page, except while someone types, composes Chinese, holds a modifier, or a control wants the key itself. */
export function useKeys(keys: Keys): void {
  const latest = useRef(keys)
  useEffect(() => {
    latest.current = keys
  })
  useEffect(() => {
    const onKey = (event: KeyboardEvent) => {
      if (event.isComposing || event.ctrlKey || event.metaKey || event.altKey || event.defaultPrevented) return
      if (!(event.target instanceof Element) || event.target.closest('input, textarea, select, dialog[open], [contenteditable]') !== null) return
      if (event.key === 'Enter' && event.target.closest('a, button') !== null) return
      if (event.key.startsWith('Arrow') && event.target.closest('.list') === null) return
      const act = latest.current[event.key]
      if (act === undefined) return
      event.preventDefault()
      act()
    }
    window.addEventListener('keydown', onKey)
    return () => window.removeEventListener('keydown', onKey)
  }, [])
}
