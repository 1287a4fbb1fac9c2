/** Values of parameters that hold for one institution, or for all, between two times: who approved them and why is part of them (catalogue; docs/decisions/0034). */
import Type, { type Static } from 'typebox'
import { parseTime } from './clock.ts'
import type { Parameter } from './parameter.ts'

const Text = Type.String({ minLength: 1 })
const Day = Type.String({ pattern: '^\\d{4}-\\d{2}-\\d{2}(T.+)?$' })

/** For all institutions where it names `*`. `from` and `to` (not included): a day in Shanghai, or RFC 3339; absent: always. */
export const Override = Type.Object(
  {
    name: Text,
    institution: Text,
    value: Text,
    from: Type.Optional(Day),
    to: Type.Optional(Day),
    reason: Text,
    approvedBy: Text,
    source: Text,
  },
  { additionalProperties: false },
)
export type Override = Static<typeof Override>

export const EVERYONE = '*'

type Named = { code: string; parameters: Readonly<Record<string, Parameter>>; overrides?: readonly Override[] | undefined }

/** An override with its times in ms. */
export type Dated = Override & { since: number; until: number }

/** All parameters as they are for an institution at a time, ms. */
export function parametersAt(rule: Named, institution: string, at: number): Readonly<Record<string, Parameter>> {
  const dated = overridesOf(rule)
  if (dated === undefined) return rule.parameters
  return withValues(
    rule,
    [...(dated.get(EVERYONE) ?? []), ...(dated.get(institution) ?? [])].filter((o) => o.since <= at && at < o.until),
  )
}

/** The override that a parameter has for an institution at a time, ms. */
export function overrideAt(rule: Named, name: string, institution: string, at: number): Dated | undefined {
  const dated = overridesOf(rule)
  const holds = (o: Dated) => o.name === name && o.since <= at && at < o.until
  return dated?.get(institution)?.find(holds) ?? dated?.get(EVERYONE)?.find(holds)
}

/** Between which times, ms, an institution (`*`: whoever is not named) has parameters other than the rule's, as far as `names` goes; the institutions named come first. */
export type Period = { institution: string; since: number; until: number; parameters: Readonly<Record<string, Parameter>> }

export function periodsOf(rule: Named, names: ReadonlySet<string>): Period[] {
  const dated = overridesOf(rule)
  if (dated === undefined) return []
  const everyone = (dated.get(EVERYONE) ?? []).filter((o) => names.has(o.name))
  const named = [...dated].filter(([institution]) => institution !== EVERYONE)
  return [...named, [EVERYONE, []] as const].flatMap(([institution, own]) => {
    const all = [...everyone, ...own.filter((o) => names.has(o.name))]
    const edges = [...new Set(all.flatMap((o) => [o.since, o.until]))].sort((a, b) => a - b)
    return edges.slice(0, -1).flatMap((since, i): Period[] => {
      const inForce = all.filter((o) => o.since <= since && since < o.until)
      return inForce.length === 0 ? [] : [{ institution, since, until: edges[i + 1] ?? Infinity, parameters: withValues(rule, inForce) }]
    })
  })
}

/** The times, ms, at which a parameter changes for somebody, and for whom. */
export function edgesOf(rule: Named): { at: number; institution: string }[] {
  return [...(overridesOf(rule)?.values() ?? [])]
    .flat()
    .flatMap(({ since, until, institution }) => [since, until].filter(Number.isFinite).map((at) => ({ at, institution })))
}

/** Every value a parameter may have for an institution, its own and those of overrides. */
export function valuesOf(rule: Named, name: string, institution: string): string[] {
  const dated = overridesOf(rule)
  const own = [...(dated?.get(EVERYONE) ?? []), ...(dated?.get(institution) ?? [])].filter((o) => o.name === name)
  return [String(rule.parameters[name]?.value ?? ''), ...own.map((o) => o.value)]
}

/** ms of a day's begin in Shanghai, or of an instant; undefined: it is neither. */
export function instantOf(text: string): number | undefined {
  return parseTime(text.length === 10 ? `${text}T00:00:00+08:00` : text)
}

function withValues(rule: Named, overrides: readonly Override[]): Named['parameters'] {
  const parameters = { ...rule.parameters }
  for (const { name, value } of overrides) {
    const p = parameters[name]
    if (p === undefined) continue
    if (p.type === 'count') parameters[name] = { ...p, value: Number(value) }
    else if (p.type === 'amount') {
      const { of: _, ...plain } = p
      parameters[name] = { ...plain, value }
    } else parameters[name] = { ...p, value }
  }
  return parameters
}

const known = new WeakMap<readonly Override[], Map<string, Dated[]>>()

/** By institution; undefined: there are none. */
function overridesOf({ overrides }: Named): Map<string, Dated[]> | undefined {
  if (overrides === undefined || overrides.length === 0) return undefined
  let dated = known.get(overrides)
  if (dated !== undefined) return dated
  dated = new Map()
  for (const o of overrides) {
    const one = {
      ...o,
      since: o.from === undefined ? -Infinity : (instantOf(o.from) ?? Number.NaN),
      until: o.to === undefined ? Infinity : (instantOf(o.to) ?? Number.NaN),
    }
    dated.set(o.institution, [...(dated.get(o.institution) ?? []), one])
  }
  known.set(overrides, dated)
  return dated
}
