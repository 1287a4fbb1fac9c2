/** The measures of a window from its rows: exact, as the alert shows them, and unrounded for the rule's predicate. */
import { type ColumnKind, dataColumns, divideHalfEven, formatDecimal, type Measure, parseDecimal, type WindowRule } from '../../pipeline/contract/index.ts'
import { compare } from './arrivals.ts'
import { fieldOf, inTimeOrder, type Row } from './rows.ts'

/** What a predicate is given: numbers, texts, or null where there is no value. */
export type Measured = Record<string, number | string | null>

const SCALE: Partial<Record<ColumnKind, number>> = { money: 2, price: 10, share: 20, integer: 0 }
const SHOWN = 4
const scales = new Map<string, Map<string, number | undefined>>()

/** `values`: as the alert shows them. */
export type Measures = { values: Record<string, string>; measured: Measured }

export function measure(rule: WindowRule, rows: Row[]): Measures {
  const rowsOf = (m: Measure) => (m.as === undefined ? rows : rows.filter((row) => row.as === m.as))
  const texts = Object.entries(rule.measures).map(([name, m]): [string, Measure, string | null] => [name, m, textOf(rule, m, rowsOf(m))])
  return {
    values: Object.fromEntries(texts.map(([name, , text]) => [name, text ?? ''])),
    measured: Object.fromEntries(texts.map(([name, m, text]) => [name, text === null ? null : isNumber(rule, m) ? numberOf(m, rowsOf(m), text) : text])),
  }
}

/** A verdict is on unrounded numbers. */
function numberOf(m: Measure, rows: Row[], text: string): number {
  if (m.kind !== 'mean' && m.kind !== 'stddev') return Number(text)
  const numbers = rows.flatMap(({ event }) => (event.data[m.field] === undefined ? [] : [Number(event.data[m.field])]))
  const mean = numbers.reduce((a, b) => a + b, 0) / numbers.length
  return m.kind === 'mean' ? mean : Math.sqrt(numbers.reduce((a, b) => a + (b - mean) ** 2, 0) / (numbers.length - 1))
}

function textOf(rule: WindowRule, m: Measure, rows: Row[]): string | null {
  if (m.kind === 'count') return String(rows.length)
  const present = rows.filter((row) => fieldOf(row, m.field) !== undefined)
  const texts = present.map((row) => String(fieldOf(row, m.field)))
  if (m.kind === 'distinct') return String(new Set(texts).size)
  if (m.kind === 'top') return mostFrequent(texts, m.k)
  if (texts.length === 0) return null
  const scale = scaleOf(rule, m.field)
  if (m.kind === 'first' || m.kind === 'last') {
    const ordered = [...present].sort(inTimeOrder)
    const row = m.kind === 'first' ? ordered[0] : ordered.at(-1)
    return shown(String(row?.event.data[m.field]), scale)
  }
  if (scale === undefined) return texts.sort(compare).at(m.kind === 'min' ? 0 : -1) ?? null
  const units = texts.map((text) => parseDecimal(text, scale) ?? 0n).sort((a, b) => (a < b ? -1 : a > b ? 1 : 0))
  return numberText(m.kind, units, scale)
}

/** `units` in rising order, in units of the last of `scale` decimals. */
function numberText(kind: Measure['kind'], units: bigint[], scale: number): string | null {
  const n = BigInt(units.length)
  const total = units.reduce((a, b) => a + b, 0n)
  switch (kind) {
    case 'min':
      return formatDecimal(units[0] ?? 0n, scale)
    case 'max':
      return formatDecimal(units.at(-1) ?? 0n, scale)
    case 'sum':
      return formatDecimal(total, scale)
    case 'median':
      return formatDecimal(((units[(units.length - 1) >> 1] ?? 0n) + (units[units.length >> 1] ?? 0n)) * 5n, scale + 1)
    case 'mean':
      return formatDecimal(divideHalfEven(total * 10n ** BigInt(SHOWN), n * 10n ** BigInt(scale)), SHOWN)
    default: {
      if (n < 2n) return null
      const squares = units.reduce((a, b) => a + b * b, 0n)
      return rootText((n * squares - total * total) * 10n ** BigInt(2 * SHOWN), n * (n - 1n) * 10n ** BigInt(2 * scale))
    }
  }
}

/** √(a ÷ b) in ten-thousandths, rounded half to even: the root is tried out, not computed. */
function rootText(a: bigint, b: bigint): string {
  let root = BigInt(Math.floor(Math.sqrt(Number(a) / Number(b))))
  while (root * root * b > a) root--
  while ((root + 1n) * (root + 1n) * b <= a) root++
  const half = (2n * root + 1n) ** 2n * b
  const up = 4n * a > half || (4n * a === half && root % 2n !== 0n)
  return formatDecimal(up ? root + 1n : root, SHOWN)
}

function mostFrequent(texts: string[], k: number): string {
  const counts = new Map<string, number>()
  for (const text of texts) counts.set(text, (counts.get(text) ?? 0) + 1)
  const ordered = [...counts].sort(([a, m], [b, n]) => n - m || compare(a, b))
  return ordered
    .slice(0, k)
    .map(([text]) => text)
    .join(',')
}

function shown(text: string, scale: number | undefined): string {
  return scale === undefined ? text : formatDecimal(parseDecimal(text, scale) ?? 0n, scale)
}

function isNumber(rule: WindowRule, m: Measure): boolean {
  if (m.kind === 'top') return false
  return m.kind === 'count' || m.kind === 'distinct' || scaleOf(rule, m.field) !== undefined
}

/** Decimals of a number's field; undefined for a text. */
function scaleOf(rule: WindowRule, field: string): number | undefined {
  const known = scales.get(rule.reads) ?? new Map(dataColumns(rule.reads).map((c) => [c.field, SCALE[c.kind]]))
  scales.set(rule.reads, known)
  return known.get(field)
}
