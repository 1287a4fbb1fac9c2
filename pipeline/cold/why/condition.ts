/** A condition in SQL taken apart: what is joined by AND and OR on its outermost level, and of each part the two sides of its comparison. */

/** `or`: which alternative it belongs to, from 0; those of one alternative have to hold together. Without an operator a part is a condition by itself. */
export type ConditionPart = { sql: string; or: number; sides?: { left: string; operator: string; right: string } }

export function partsOfCondition(sql: string): ConditionPart[] {
  return alternativesOf(sql).flatMap((alternative, or) =>
    splitAt(alternative, 'AND').map((part): ConditionPart => {
      const sides = sidesOf(part)
      return { sql: part, or, ...(sides !== undefined && { sides }) }
    }),
  )
}

/** Without parentheses around a whole alternative. */
function alternativesOf(sql: string): string[] {
  return splitAt(sql, 'OR').flatMap((alternative) => {
    const inner = insideOf(alternative)
    return inner === undefined ? [alternative] : alternativesOf(inner)
  })
}

/** What stands between parentheses that hold all of it. */
function insideOf(sql: string): string | undefined {
  const isWhole = sql.startsWith('(') && [...wordsOf(sql)].slice(1).every(({ depth }) => depth > 0)
  return isWhole ? sql.slice(1, -1).trim() : undefined
}

/** SQL that gives, as one JSON text, of each part whether it holds and both its sides as texts. */
export function weighingSql(parts: readonly ConditionPart[]): string {
  const shown = (sql: string | undefined) => (sql === undefined ? 'CAST(NULL AS VARCHAR)' : `CAST((${sql}) AS VARCHAR)`)
  const weighed = parts.map(
    ({ sql, sides }) => `{'holds': coalesce(CAST((${sql}) AS BOOLEAN), false), 'left': ${shown(sides?.left)}, 'right': ${shown(sides?.right)}}`,
  )
  return `CAST(to_json([${weighed.join(', ')}]) AS VARCHAR)`
}

/** One part as it was found to be. */
export type WeighedPart = { holds: boolean; left: string | null; right: string | null }

/** What `weighingSql` gave. */
export function weighedFrom(json: string): WeighedPart[] {
  return JSON.parse(json) as WeighedPart[]
}

/** Whether all parts of one of the alternatives hold. */
export function holdsOf(parts: readonly ConditionPart[], weighed: readonly WeighedPart[]): boolean {
  const alternatives = new Set(parts.map((p) => p.or))
  return [...alternatives].some((or) => parts.every((p, i) => p.or !== or || weighed[i]?.holds === true))
}

const COMPARISONS = ['>=', '<=', '<>', '!=', '=', '<', '>']

/** Undefined where it is no single comparison. */
function sidesOf(sql: string): ConditionPart['sides'] {
  const found: { at: number; operator: string }[] = []
  let skip = 0
  for (const { at, text, depth } of wordsOf(sql)) {
    if (depth > 0 || at < skip) continue
    if (/^(between|is|in|like|not|case)$/i.test(text)) return undefined
    const operator = COMPARISONS.find((o) => sql.startsWith(o, at) && !/\w/.test(text))
    if (operator === undefined) continue
    found.push({ at, operator })
    skip = at + operator.length
  }
  const [only] = found
  if (only === undefined || found.length > 1) return undefined
  return { left: sql.slice(0, only.at).trim(), operator: only.operator, right: sql.slice(only.at + only.operator.length).trim() }
}

function splitAt(sql: string, word: 'AND' | 'OR'): string[] {
  const parts: string[] = []
  let [from, isBetween] = [0, false]
  for (const { at, text, depth } of wordsOf(sql)) {
    if (depth > 0) continue
    if (/^between$/i.test(text)) isBetween = true
    if (text.toUpperCase() !== word) continue
    // The AND of BETWEEN joins no conditions.
    if (word === 'AND' && isBetween) {
      isBetween = false
      continue
    }
    parts.push(sql.slice(from, at).trim())
    from = at + word.length
  }
  return [...parts, sql.slice(from).trim()]
}

type Word = { at: number; text: string; depth: number }

/** Words and signs outside quotes, with how many parentheses and CASEs they stand in. */
function* wordsOf(sql: string): Iterable<Word> {
  let depth = 0
  for (const m of sql.matchAll(/'(?:[^']|'')*'|"(?:[^"]|"")*"|::|[A-Za-z_]\w*|[^\s\w]/g)) {
    const [text] = m
    if (/^['"]/.test(text)) continue
    const closes = /^([)\]}]|end)$/i.test(text)
    if (closes) depth--
    yield { at: m.index, text, depth: closes ? depth + 1 : depth }
    if (/^([([{]|case)$/i.test(text)) depth++
  }
}
