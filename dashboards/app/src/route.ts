/** Where one is lives in the address: `#/alerts/<id>?severity=red&sort=at`, so that everything can be linked to. */
import { useSyncExternalStore } from 'react'

export type Facet = 'state' | 'severity' | 'rule' | 'institution'
export const FACETS: readonly Facet[] = ['state', 'severity', 'rule', 'institution']
/** Chosen values per facet; none chosen means all. */
export type Filters = Readonly<Record<Facet, readonly string[]>>

export type SortKey = 'severity' | 'at' | 'institution' | 'rule' | 'value' | 'subject' | 'layers' | 'state'
export type Sort = { readonly key: SortKey; readonly descending: boolean }
export type Route = { readonly alert: string | undefined; readonly filters: Filters; readonly sort: Sort }

const SORT_KEYS: readonly SortKey[] = ['severity', 'at', 'institution', 'rule', 'value', 'subject', 'layers', 'state']
/** What is not resolved, the gravest first, the newest first among equals. */
export const DEFAULT_FILTERS: Filters = { state: ['new'], severity: [], rule: [], institution: [] }
export const DEFAULT_SORT: Sort = { key: 'severity', descending: false }

export function parseRoute(hash: string): Route {
  const [path = '', query = ''] = hash.replace(/^#/, '').split('?')
  const search = new URLSearchParams(query)
  const alert = /^\/alerts\/([^/]+)$/.exec(path)?.[1]
  const chosen = (facet: Facet) => {
    const text = search.get(facet)
    return text === null ? DEFAULT_FILTERS[facet] : text === 'all' ? [] : text.split(',').filter((v) => v !== '')
  }
  const key = SORT_KEYS.find((k) => k === search.get('sort')?.replace(/^-/, ''))
  return {
    alert: alert === undefined ? undefined : decodeURIComponent(alert),
    filters: { state: chosen('state'), severity: chosen('severity'), rule: chosen('rule'), institution: chosen('institution') },
    sort: key === undefined ? DEFAULT_SORT : { key, descending: search.get('sort')?.startsWith('-') === true },
  }
}

export function formatRoute(route: Route): string {
  const search: string[] = []
  for (const facet of FACETS) {
    const values = route.filters[facet]
    if (values.join() !== DEFAULT_FILTERS[facet].join()) search.push(`${facet}=${values.length === 0 ? 'all' : values.map(encodeURIComponent).join(',')}`)
  }
  const { key, descending } = route.sort
  if (key !== DEFAULT_SORT.key || descending) search.push(`sort=${descending ? '-' : ''}${key}`)
  const path = route.alert === undefined ? '#/' : `#/alerts/${encodeURIComponent(route.alert)}`
  return search.length === 0 ? path : `${path}?${search.join('&')}`
}

/** Opening an alert is a step one can go back from; filtering and walking along the list are not. */
export function go(change: Partial<Route>, replace = false): void {
  const next = formatRoute({ ...current, ...change })
  if (next === location.hash) return
  if (replace) history.replaceState(null, '', next)
  else history.pushState(null, '', next)
  read()
}

/** Takes up a fragment that was kept from before. */
export function resume(hash: string): void {
  history.replaceState(null, '', hash)
  read()
}

export function useRoute(): Route {
  return useSyncExternalStore(subscribe, () => current)
}

let current = parseRoute(location.hash)
const readers = new Set<() => void>()

function read(): void {
  current = parseRoute(location.hash)
  for (const reader of readers) reader()
}

function subscribe(reader: () => void): () => void {
  if (readers.size === 0) window.addEventListener('hashchange', read)
  readers.add(reader)
  return () => {
    readers.delete(reader)
    if (readers.size === 0) window.removeEventListener('hashchange', read)
  }
}
