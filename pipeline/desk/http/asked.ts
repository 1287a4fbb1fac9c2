/** What a query string asks of the alerts: the filter of the list and of the feed's channels over HTTP. */
import Type, { type Static } from 'typebox'
import { Compile } from 'typebox/compile'
import { AlertFilter } from '../../contract/feed.ts'

export const Names = Type.Optional(Type.Union([Type.String(), Type.Array(Type.String())]))
/** `severity=red,orange`, `severity=red&severity=orange`, `severity=gte:orange`. */
export const FilterQuery = { state: Names, severity: Names, rule: Names, institution: Names, subject: Names }
const filter = Compile(AlertFilter)

/** Undefined when it is no filter. */
export function filterFrom(query: Partial<Record<keyof typeof FilterQuery, Static<typeof Names>>>): AlertFilter | undefined {
  const given = Object.keys(FilterQuery).flatMap((name) => {
    const value = query[name as keyof typeof FilterQuery]
    return value === undefined ? [] : [[name, [value].flat().flatMap((v) => v.split(','))] as [string, string[]]]
  })
  const [gte, ...others] = given.find(([name]) => name === 'severity')?.[1] ?? []
  const least = others.length === 0 && gte?.startsWith('gte:') ? { severity: { gte: gte.slice('gte:'.length) } } : {}
  const asked = { ...Object.fromEntries(given), ...least }
  return filter.Check(asked) ? asked : undefined
}
