/**
 * Measures as columns. What merges is kept in parts (count, sums, sums of squares, extremes, first, last) from which a measure's value follows exactly;
 * `distinct` and `top` have no parts but a bound, the number of rows, and are counted from the rows themselves.
 * Money and whole numbers are exact; a price or share beyond 18 digits before the point is taken for missing.
 */
import type { DuckDBDecimalValue, DuckDBValue } from '@duckdb/node-api'
import { dataColumns, divideHalfEven, type EventType, formatDecimal } from '../../../contract/index.ts'
import type { Measure, WindowRule } from '../../../contract/rule.ts'
import { quote } from '../../../store/database.ts'

/** A column of a partial result: its type, its value over rows, and how two of them become one. */
export type Part = { column: string; type: string; ofRows: string; merge: 'sum' | 'min' | 'max' | 'earliest' | 'latest' }

/** The parts of all measures of a rule, each column once. */
export function partsOf(rule: WindowRule): Part[] {
  const parts = Object.entries(rule.measures).flatMap(([name, m]) => partsOfMeasure(rule.reads, name, m))
  return [...new Map(parts.map((p) => [p.column, p])).values()]
}

/** The columns of a row that its measures are computed from, as a select list over the stream's: a number that is squared also in limbs, each computed once. */
export function measuredColumns({ reads, measures }: WindowRule): string[] {
  const all = Object.values(measures)
  const fields = all.flatMap((m) => ('field' in m ? [readAs(m.field, m.as)] : []))
  const limbs = all.flatMap((m) => (m.kind === 'stddev' ? numeric(reads, columnOf(m)).limbs.map((l) => `${l.sql} AS ${l.column}`) : []))
  const ordered = all.some((m) => m.kind === 'first' || m.kind === 'last')
  const counted = all.some((m) => m.kind === 'count' && m.as !== undefined) ? [KEY_NAME] : []
  return [...new Set([...fields, ...limbs, ...counted, ...(ordered ? ['time', 'source', 'sequence', 'id'] : [])])]
}

/** Under which of a window's keys a row is there. */
export const KEY_NAME = 'row_as'

/** The column a measure is computed from; who reported a row is among its columns already. */
export function columnOf({ field, as }: { field: string; as?: string | undefined }): string {
  const column = field === 'institution' ? 'reporter' : field
  return as === undefined ? column : `${column}~${as}`
}

function readAs(field: string, as: string | undefined): string {
  const column = columnOf({ field })
  return as === undefined ? `"${column}"` : `CASE WHEN ${KEY_NAME} = ${quote(as)} THEN "${column}" END AS "${columnOf({ field, as })}"`
}

/** `merge` over parts in a group; with `over`, a running one. */
export function merged(p: Part, over = ''): string {
  const column = `"${p.column}"`
  const ordered = p.merge === 'earliest' ? 'arg_min' : p.merge === 'latest' ? 'arg_max' : undefined
  return `${ordered === undefined ? `${p.merge}(${column})` : `${ordered}(${column}, ${column}.o)`}${over === '' ? '' : ` OVER ${over}`}`
}

/** Select list that gives measures by their names, as `when` reads them, over columns of parts and of what was counted (`<name>~c`). */
export function valuesOf(rule: WindowRule): string[] {
  return asked(rule).map(([name, m]) => `${valueOf(rule.reads, name, m)} AS "${name}"`)
}

/** The same where nothing was counted: a distinct count is at most the number of rows. */
export function boundsOf(rule: WindowRule): string[] {
  return asked(rule).map(([name, m]) => {
    if (m.kind === 'top') return `'' AS "${name}"`
    if (m.kind === 'median') return `NULL AS "${name}"`
    return `${m.kind === 'distinct' ? '"~rows"' : valueOf(rule.reads, name, m)} AS "${name}"`
  })
}

/** Without means and deviations that nothing compares: what an alert shows of these follows from their parts. */
function asked({ measures, when, threshold, graver = [] }: WindowRule): [string, Measure][] {
  const named = withoutParameters([when, threshold, ...graver.flatMap((g) => [g.when, g.threshold])].join(' '))
  return Object.entries(measures).filter(([name, m]) => (m.kind !== 'mean' && m.kind !== 'stddev') || new RegExp(`\\b${name}\\b`).test(named))
}

/** Aggregates over rows for what has no parts. */
export function countedOf(rule: WindowRule): string[] {
  return Object.entries(rule.measures).flatMap(([name, m]) => {
    if (m.kind === 'distinct') return [`${distinctOf(m)} AS "${name}~c"`]
    if (m.kind === 'median') return [`${medianOf(numeric(rule.reads, columnOf(m)))} AS "${name}~c"`]
    return m.kind === 'top' ? [`${mostFrequent(columnOf(m), m.k)} AS "${name}~c"`] : []
  })
}

/** How many values rows have. */
export function distinctOf(m: { field: string; as?: string | undefined }): string {
  return `count(DISTINCT "${columnOf(m)}")`
}

export function isCounted(m: Measure): boolean {
  return m.kind === 'distinct' || m.kind === 'top' || m.kind === 'median'
}

/** The values of a row of parts and measures as the alert shows them; what has no value is an empty text. */
export function textsOf(rule: WindowRule, row: Record<string, DuckDBValue>): Record<string, string> {
  return Object.fromEntries(Object.entries(rule.measures).map(([name, m]) => [name, textOf(rule.reads, name, m, row)]))
}

/**
 * Whether more rows can only make `when` true, never false, and the bounds (rows, or the sum over parts, for a distinct count, the part that is not negative of a sum) are at
 * least the measures: every measure it names stands alone on the growing side of a comparison.
 */
export function growsOnly(rule: WindowRule, only: (m: Measure) => boolean = () => true): boolean {
  // Of rows that are alike the latest takes the place of the one before it.
  if (rule.latest !== undefined) return false
  return [rule.when, ...(rule.graver ?? []).map((g) => g.when)].every((text) => growsBy(rule, text, only))
}

/**
 * What of `when` more rows can only make true, as a condition of its own: `when` does not hold where it does not. Undefined: nothing that can be told apart,
 * or a window may be graver without it.
 */
export function growingPart(rule: WindowRule): string | undefined {
  if (growsOnly(rule)) return rule.when
  if (rule.latest !== undefined || rule.graver !== undefined || /['"()]|\b(or|not|between|case)\b/i.test(rule.when)) return undefined
  const growing = rule.when.split(/\band\b/i).filter((part) => growsBy(rule, part, () => true))
  return growing.length === 0 ? undefined : growing.join(' AND ')
}

function growsBy(rule: WindowRule, text: string, only: (m: Measure) => boolean): boolean {
  const when = withoutParameters(text).replaceAll('"', '')
  if (/\b(not|case|if|ifnull|coalesce|between|is|in)\b/i.test(when)) return false
  return Object.entries(rule.measures).every(([name, m]) => {
    if (!only(m)) return true
    const occurrences = when.match(new RegExp(`\\b${name}\\b`, 'g'))?.length ?? 0
    if (occurrences === 0) return true
    if (!['count', 'sum', 'distinct', 'max', 'min'].includes(m.kind)) return false
    if ('field' in m && m.kind !== 'distinct' && numeric(rule.reads, columnOf(m)).limbs.length === 0) return false
    const [up, down] = m.kind === 'min' ? ['<', '>'] : ['>', '<']
    const alone = new RegExp(`(?:^|\\(|\\band\\b|\\bor\\b)\\s*${name}\\s*${up}=?|${down}=?\\s*${name}\\s*(?=$|\\)|\\band\\b|\\bor\\b)`, 'gi')
    return (when.match(alone)?.length ?? 0) === occurrences
  })
}

/** Upper bounds of the measures that `when` names, over rows: what it is asked with to find candidates. Those of parts add up: a distinct count may be too high then. */
export function boundOfRows(rule: WindowRule, name: string, m: Measure): string {
  if (!new RegExp(`\\b${name}\\b`).test(withoutParameters(rule.when))) return 'NULL'
  if (m.kind === 'count') return 'count(*)'
  if (m.kind === 'distinct') return distinctOf(m)
  if (m.kind === 'sum') return `sum(greatest(${numeric(rule.reads, columnOf(m)).sql}, 0))`
  return m.kind === 'min' || m.kind === 'max' ? `${m.kind}(${numeric(rule.reads, columnOf(m)).sql})` : 'NULL'
}

/** A parameter may be named like a measure. */
function withoutParameters(when: string): string {
  return when.replace(/(?<!:):[A-Za-z]\w*/g, '0')
}

/** `limbs`: the number in units of its last decimal as Σ limb × weight; `column` is the limb's among `measuredColumns`. */
type Numeric = { sql: string; type: string; scale: number; limbs: { column: string; sql: string; weight: bigint }[] }

/** `field`: a column as `columnOf` has it. */
function numeric(type: EventType, field: string): Numeric {
  const kind = dataColumns(type).find((c) => c.field === field.split('~', 1)[0])?.kind
  const f = `"${field}"`
  const limbsOf = (units: string, base: bigint, n: number) =>
    Array.from({ length: n }, (_, i) => ({
      column: `"${field}~limb${i}"`,
      sql: i === n - 1 ? `(${units}) // ${base ** BigInt(i)}` : `((${units}) // ${base ** BigInt(i)}) % ${base}`,
      weight: base ** BigInt(i),
    }))
  if (kind === 'money') return { sql: f, type: 'DECIMAL(18,2)', scale: 2, limbs: limbsOf(`CAST(${f} * 100 AS BIGINT)`, 1_000_000_000n, 2) }
  if (kind === 'integer') return { sql: f, type: 'INTEGER', scale: 0, limbs: limbsOf(`CAST(${f} AS BIGINT)`, 1_000_000_000n, 2) }
  if (kind === 'price' || kind === 'share') {
    const scale = kind === 'price' ? 10 : 20
    const sql = `TRY_CAST(${f} AS DECIMAL(${18 + scale},${scale}))`
    return { sql, type: `DECIMAL(${18 + scale},${scale})`, scale, limbs: limbsOf(`CAST(replace(CAST(${sql} AS VARCHAR), '.', '') AS HUGEINT)`, 10n ** 13n, 3) }
  }
  return { sql: f, type: kind === 'boolean' ? 'BOOLEAN' : 'VARCHAR', scale: 0, limbs: [] }
}

function sumType(n: Numeric): string {
  return n.scale === 0 ? 'HUGEINT' : `DECIMAL(38,${n.scale})`
}

function partsOfMeasure(type: EventType, name: string, m: Measure): Part[] {
  if (m.kind === 'count' && m.as !== undefined)
    return [{ column: `~rows~${m.as}`, type: 'BIGINT', ofRows: `count(*) FILTER (${KEY_NAME} = ${quote(m.as)})`, merge: 'sum' }]
  if (m.kind === 'count' || m.kind === 'distinct' || m.kind === 'top' || m.kind === 'median')
    return [{ column: '~rows', type: 'BIGINT', ofRows: 'count(*)', merge: 'sum' }]
  const n = numeric(type, columnOf(m))
  const sum = (column: string, ofRows: string, sql = sumType(n)): Part => ({ column, type: sql, ofRows, merge: 'sum' })
  switch (m.kind) {
    case 'sum':
      return [sum(name, `sum(${n.sql})`)]
    case 'min':
    case 'max':
      return [{ column: name, type: n.type, ofRows: `${m.kind}(${n.sql})`, merge: m.kind }]
    case 'first':
    case 'last': {
      const order = `{'t': time, 's': source, 'q': sequence, 'i': id}`
      const pick = m.kind === 'first' ? 'arg_min' : 'arg_max'
      const struct = `STRUCT(v ${n.type}, o STRUCT(t DOUBLE, s VARCHAR, q BIGINT, i VARCHAR))`
      const ofRows = `${pick}({'v': ${n.sql}, 'o': ${order}}, ${order}) FILTER (${n.sql} IS NOT NULL)`
      return [{ column: `${name}~at`, type: struct, ofRows, merge: m.kind === 'first' ? 'earliest' : 'latest' }]
    }
    case 'mean':
    case 'stddev': {
      const count = sum(`${name}~n`, `count(${n.sql})`, 'BIGINT')
      const total = sum(`${name}~s`, `sum(${n.sql})`)
      return m.kind === 'mean' ? [count, total] : [count, total, ...pairsOf(n).map(({ i, j, sql }) => sum(`${name}~${i}${j}`, `sum(${sql})`, 'HUGEINT'))]
    }
  }
}

/** Products of limbs: their sums give the sum of squares, however large, without overflow. */
function pairsOf(n: Numeric): { i: number; j: number; sql: string; weight: bigint }[] {
  return n.limbs.flatMap((a, i) =>
    n.limbs.slice(i).map((b, d) => ({ i, j: i + d, sql: `${a.column} * ${b.column}`, weight: a.weight * b.weight * (d === 0 ? 1n : 2n) })),
  )
}

function valueOf(type: EventType, name: string, m: Measure): string {
  if (m.kind === 'distinct') return `coalesce("${name}~c", 0)`
  if (m.kind === 'top') return `coalesce("${name}~c", '')`
  if (m.kind === 'median') return `"${name}~c"`
  if (m.kind === 'count') return m.as === undefined ? 'coalesce("~rows", 0)' : `coalesce("~rows~${m.as}", 0)`
  if (m.kind === 'sum' || m.kind === 'min' || m.kind === 'max') return `"${name}"`
  if (m.kind === 'first' || m.kind === 'last') return `"${name}~at".v`
  const n = numeric(type, columnOf(m))
  const [rows, total] = [`"${name}~n"`, `"${name}~s"`]
  if (m.kind === 'mean') return `CASE WHEN ${rows} > 0 THEN ${total}::DOUBLE / ${rows} END`
  return `CASE WHEN ${rows} > 1 THEN ${deviation(n, name, rows, total)} / 1e${n.scale} END`
}

/**
 * √(Σ(x − x̄)² ÷ (n − 1)) in units, for `when` alone: around the whole part of the mean, so that nothing is lost, as long as the squares stay below 10³⁸;
 * beyond, from the sums as floating numbers. What an alert shows is computed exactly, in `deviationText`.
 */
function deviation(n: Numeric, name: string, rows: string, total: string): string {
  const s = n.scale === 0 ? `${total}::HUGEINT` : `CAST(replace(CAST(${total} AS VARCHAR), '.', '') AS HUGEINT)`
  const pairs = pairsOf(n).map(({ i, j, weight }) => ({ column: `"${name}~${i}${j}"`, weight }))
  const exact = pairs.map((p) => `${p.column} * ${p.weight}::HUGEINT`).join(' + ')
  const rough = pairs.map((p) => `${p.column}::DOUBLE * ${Number(p.weight)}::DOUBLE`).join(' + ')
  const c = `(${s} // ${rows})`
  const around = `TRY((${exact}) - 2 * ${c} * (${s}) + ${rows} * ${c} * ${c})::DOUBLE - ((${s} - ${rows} * ${c})::DOUBLE ** 2) / ${rows}`
  const plain = `(${rough}) - ((${s})::DOUBLE ** 2) / ${rows}`
  return `sqrt(greatest(coalesce(${around}, ${plain}), 0) / (${rows} - 1))`
}

/** Half the sum of the two in the middle, which are one where their number is odd: exact, with one decimal more. */
function medianOf(n: Numeric): string {
  const [values, count] = [`list_sort(list(${n.sql}) FILTER (${n.sql} IS NOT NULL))`, `count(${n.sql})`]
  return `CAST((${values}[(${count} + 1) // 2] + ${values}[${count} // 2 + 1]) * 0.5 AS DECIMAL(${Math.min(38, 19 + n.scale)},${n.scale + 1}))`
}

function mostFrequent(field: string, k: number): string {
  const counted = `list_sort(list_transform(map_entries(histogram("${field}")), lambda x: {'c': -(x.value::BIGINT), 'v': x.key}))`
  return `array_to_string(list_transform(list_slice(${counted}, 1, ${k}), lambda x: x.v), ',')`
}

function textOf(type: EventType, name: string, m: Measure, row: Record<string, DuckDBValue>): string {
  if (m.kind !== 'mean' && m.kind !== 'stddev') return plainText(row[name] ?? null)
  const n = numeric(type, columnOf(m))
  const rows = BigInt(String(row[`${name}~n`] ?? 0))
  const total = unitsOf(row[`${name}~s`] ?? null)
  if (m.kind === 'mean') return rows < 1n ? '' : meanText(total, rows, n.scale)
  if (rows < 2n) return ''
  const squares = pairsOf(n).reduce((sum, { i, j, weight }) => sum + unitsOf(row[`${name}~${i}${j}`] ?? null) * weight, 0n)
  return deviationText(total, squares, rows, n.scale)
}

const SHOWN_DECIMALS = 4

/** Σ ÷ n at four decimals, half to even; Σ in units of 10^-scale. */
export function meanText(total: bigint, rows: bigint, scale: number): string {
  return formatDecimal(divideHalfEven(total * 10n ** BigInt(SHOWN_DECIMALS), rows * 10n ** BigInt(scale)), SHOWN_DECIMALS)
}

/** √((nΣx² − (Σx)²) ÷ (n(n − 1))) at four decimals, half to even, from exact sums in units of 10^-scale. */
export function deviationText(total: bigint, squares: bigint, rows: bigint, scale: number): string {
  const a = (rows * squares - total * total) * 10n ** BigInt(2 * SHOWN_DECIMALS)
  const b = rows * (rows - 1n) * 10n ** BigInt(2 * scale)
  const root = squareRoot(a / b)
  // The next one when √(a/b) > root + ½, that is 4a > (2root + 1)²b; at the half itself the even one.
  const [four, half] = [4n * a, (2n * root + 1n) ** 2n * b]
  return formatDecimal(four > half || (four === half && root % 2n === 1n) ? root + 1n : root, SHOWN_DECIMALS)
}

/** ⌊√n⌋ by Newton's iteration from above. */
function squareRoot(n: bigint): bigint {
  if (n < 2n) return n
  let x = 1n << BigInt(Math.ceil(n.toString(2).length / 2))
  for (;;) {
    const next = (x + n / x) >> 1n
    if (next >= x) return x
    x = next
  }
}

function unitsOf(value: DuckDBValue): bigint {
  if (value !== null && typeof value === 'object' && 'scale' in value) return (value as DuckDBDecimalValue).value
  return value === null ? 0n : BigInt(String(value))
}

function plainText(value: DuckDBValue): string {
  if (value === null) return ''
  if (typeof value === 'object' && 'scale' in value) return formatDecimal((value as DuckDBDecimalValue).value, (value as DuckDBDecimalValue).scale)
  return String(value)
}
