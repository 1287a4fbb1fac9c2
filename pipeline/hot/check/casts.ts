/**
 * Casts in an SQL expression, made such that one that does not fit is null for its row (docs/decisions/0037): `CAST(x AS T)` and `x::T` become TRY_CAST. DuckDB's
 * own `TRY` around an expression gives wrong rows once something in it fails (1.5.6).
 */

/** `failed`: per cast a condition that holds where it does not fit. None of casts in a lambda, whose variables nobody else knows. */
export type SafeCasts = { sql: string; failed: string[] }

export function safeCasts(sql: string): SafeCasts {
  const { text, restore } = withoutTexts(sql)
  const failed: string[] = []
  const cast = (operand: string, type: string) => {
    failed.push(`((${operand}) IS NOT NULL AND TRY_CAST(${operand} AS ${type}) IS NULL)`)
    return `TRY_CAST(${operand} AS ${type})`
  }
  const safe = safeCalls(safeColons(text, cast), cast)
  return { sql: restore(safe), failed: /\blambda\b|->/.test(text) ? [] : failed.map(restore) }
}

type Cast = (operand: string, type: string) => string

const TYPE = /^\s*[A-Za-z]\w*(?:\s*\(\s*\d+\s*(?:,\s*\d+\s*)?\))?(?:\[\])*/

/** From the left: what stands before a `::` has none any more. */
function safeColons(text: string, cast: Cast): string {
  const at = text.indexOf('::')
  if (at < 0) return text
  const start = operandStart(text, at)
  const type = TYPE.exec(text.slice(at + 2))?.[0] ?? ''
  return safeColons(`${text.slice(0, start)}${cast(text.slice(start, at).trim(), type.trim())}${text.slice(at + 2 + type.length)}`, cast)
}

/** From the right: within the last one there is no other. */
function safeCalls(text: string, cast: Cast): string {
  const last = [...text.matchAll(/\bCAST\s*\(/gi)].at(-1)
  if (last === undefined) return text
  const open = last.index + last[0].length - 1
  const close = closing(text, open)
  const [, operand = '', type = ''] = /^([\s\S]*)\sAS\s([\s\S]*)$/i.exec(text.slice(open + 1, close)) ?? []
  return safeCalls(`${text.slice(0, last.index)}${cast(operand.trim(), type.trim())}${text.slice(close + 1)}`, cast)
}

/** Where the operand begins that ends before `at`: a name, number or parameter, or what stands in brackets with the name before it. */
function operandStart(text: string, at: number): number {
  let start = text.slice(0, at).trimEnd().length
  while (start > 0 && ')]'.includes(text[start - 1] ?? ' ')) start = opening(text, start - 1)
  return start - (/:?[\w."]*$/.exec(text.slice(0, start))?.[0].length ?? 0)
}

function closing(text: string, open: number): number {
  let [at, depth] = [open, 0]
  do depth += ({ '(': 1, ')': -1 } as Record<string, number>)[text[at++] ?? ''] ?? 0
  while (depth > 0 && at < text.length)
  return at - 1
}

function opening(text: string, close: number): number {
  let [at, depth] = [close, 0]
  do depth += ({ ')': 1, ']': 1, '(': -1, '[': -1 } as Record<string, number>)[text[at--] ?? ''] ?? 0
  while (depth > 0 && at >= 0)
  return at + 1
}

/** With a name in place of each text, so that nothing in it is read. */
function withoutTexts(sql: string): { text: string; restore: (text: string) => string } {
  const texts: string[] = []
  const text = sql.replace(/'(?:[^']|'')*'/g, (found) => `text_${texts.push(found) - 1}_`)
  return { text, restore: (of) => of.replace(/\btext_(\d+)_\b/g, (_, k: string) => texts[Number(k)] ?? '') }
}
