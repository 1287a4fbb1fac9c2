/**
 * The columns of a record batch into ours, as wholes: each is checked in one loop over its rows, or over the entries of its dictionary, and the rows that
 * hold are copied column by column.
 */
import type { Data } from 'apache-arrow'
import { type EventType, MAX_INSTITUTION_LENGTH, MAX_NAME_LENGTH, OPERATIONS, STREAMS } from '../../contract/index.ts'
import { booleansOf, integersOf, sequencesOf, type Texts, textsOf, timesOf, unitsOfMoney, validOf, writtenTexts } from './arrow-arrays.ts'
import { type Columns, cellsOf } from './arrow-cells.ts'
import type { ColumnBuilder, FieldBuilder } from './columns.ts'
import { DataPlan, type FieldPlan, isWord, type TextPlan, wordPlan } from './field-plan.ts'
import { dataOfRow, isWrittenTime } from './row-event.ts'

/** `write` appends rows `first…last`, none of them `bad`, and returns where the first of them is. */
export type ColumnsOfType = { bad: Uint8Array; write(builder: ColumnBuilder, first: number, last: number): number }
type Writer = (field: FieldBuilder, row: number, first: number, last: number) => void

/** Marks the rows with a value that does not hold; undefined when a column is missing or of a kind that is not read here. */
export function columnsOfType(columns: Columns, type: EventType, count: number, latest: number): ColumnsOfType | undefined {
  const bad = new Uint8Array(count)
  const plan = DataPlan.of(type)
  const names = namesOf(columns, type, bad)
  const order = orderOf(columns, bad, latest)
  if (plan === undefined || names === undefined || order === undefined || !versionsHold(columns.get('specversion'), bad)) return undefined
  const writers: Writer[] = []
  for (const [k, field] of plan.fields.entries()) {
    const writer = writerOf(columns.get(plan.names[k] as string), field, bad)
    if (writer === undefined) return undefined
    writers.push(writer)
  }
  return {
    bad,
    write(builder, first, last) {
      builder.reserve(last - first)
      for (const name of NAMES) builder.out[name].addRows(names[name], first, last)
      for (const [k, write] of writers.entries()) write(builder.field(k), builder.out.count, first, last)
      if (builder.out.json !== undefined) for (let row = first; row < last; row++) builder.out.json.add(JSON.stringify(dataOfRow(type, cellsOf(columns, row))))
      return builder.closeRows(first, last, order.sequence, order.time, order.recorded, order.op)
    },
  }
}

const NAMES = ['id', 'source', 'institution', 'subject'] as const
type Names = Record<(typeof NAMES)[number], Texts>

/** Without a column of subjects, they are what the records' keys are. */
function namesOf(columns: Columns, type: EventType, bad: Uint8Array): Names | undefined {
  const texts = (name: string, plan: TextPlan): Texts | undefined => {
    const column = columns.get(name)
    const found = textsOf(column)
    if (found === undefined) return undefined
    markNulls(validOf(column), bad)
    markTexts(found, plan, undefined, bad)
    return found
  }
  const id = texts('id', { shortest: 1, longest: MAX_NAME_LENGTH })
  const source = texts('source', { shortest: 1, longest: MAX_NAME_LENGTH })
  const institution = texts('institution', { shortest: 1, longest: MAX_INSTITUTION_LENGTH })
  const subject = texts(columns.has('subject') ? 'subject' : STREAMS[type].key, { shortest: 0, longest: Infinity })
  return id && source && institution && subject && { id, source, institution, subject }
}

type Order = { sequence: Float64Array; time: Float64Array; recorded: Float64Array | undefined; op: Uint8Array }

/** What tells when a row counts, and as what. */
function orderOf(columns: Columns, bad: Uint8Array, latest: number): Order | undefined {
  const stated = columns.get('recordedtime')
  const [sequence, time, recorded] = [sequencesOf(columns.get('sequence')), timesOf(columns.get('time')), timesOf(stated)]
  const op = operationsOf(columns.get('op'), bad)
  if (sequence === undefined || time === undefined || op === undefined || (stated !== undefined && recorded === undefined)) return undefined
  markNulls(validOf(columns.get('sequence')), bad)
  const given = validOf(stated)
  for (let row = 0; row < bad.length; row++) {
    const n = sequence[row] as number
    const holds = n >= 0 && n < 1e15 && isTimely(time[row] as number, latest)
    const recordedHolds = recorded === undefined || given?.[row] === 0 ? op[row] !== CORRECT : isTimely(recorded[row] as number, latest)
    if (!holds || !recordedHolds) bad[row] = 1
  }
  return { sequence, time, recorded, op }
}

function isTimely(time: number, latest: number): boolean {
  return isWrittenTime(time) && !(time > latest)
}

/** Deletions carry less than their schema asks for, and are left to the slow way. */
function operationsOf(column: Data | undefined, bad: Uint8Array): Uint8Array | undefined {
  const op = new Uint8Array(bad.length)
  if (column === undefined) return op
  const [texts, valid] = [textsOf(column), validOf(column)]
  if (texts === undefined) return undefined
  markTexts(texts, wordPlan([UPSERT, CORRECTION]), valid, bad)
  const { bytes, starts, ends, codes } = texts
  for (let row = 0; row < bad.length; row++) {
    const text = codes === undefined ? row : (codes[row] as number)
    if (valid?.[row] !== 0 && isWord(CORRECTION, bytes, starts[text] as number, ends[text] as number)) op[row] = CORRECT
  }
  return op
}

const CORRECT = OPERATIONS.indexOf('correct')
const [UPSERT, CORRECTION, VERSION] = ['upsert', 'correct', '1.0'].map((word) => Buffer.from(word)) as [Buffer, Buffer, Buffer]

/** Where the rows say of which version they are: false when they say it in another way than as text. */
function versionsHold(column: Data | undefined, bad: Uint8Array): boolean {
  const texts = textsOf(column)
  if (texts !== undefined) markTexts(texts, wordPlan([VERSION]), validOf(column), bad)
  return column === undefined || texts !== undefined
}

function writerOf(column: Data | undefined, field: FieldPlan, bad: Uint8Array): Writer | undefined {
  if (column === undefined) {
    if (field.required) bad.fill(1)
    return (to, _, first, last) => to.texts?.addNulls(last - first)
  }
  const valid = validOf(column)
  if (field.required) markNulls(valid, bad)
  if (field.kind === 'text') {
    const texts = textsOf(column) ?? writtenTexts(column, field.schema)
    if (texts === undefined) return undefined
    markTexts(texts, field, valid, bad)
    return (to, _, first, last) => to.texts?.addRows(texts, first, last, valid)
  }
  const numbers = numbersOf(column, field)
  if (numbers === undefined) return undefined
  const [least, most] = rangeOf(field)
  for (let row = 0; row < bad.length; row++) if (!((numbers[row] as number) >= least && (numbers[row] as number) <= most) && valid?.[row] !== 0) bad[row] = 1
  return (to, row, first, last) => to.setNumbers(row, numbers, first, last, valid)
}

function numbersOf(column: Data, field: FieldPlan): Float64Array | undefined {
  if (field.kind === 'money') return unitsOfMoney(column)
  if (field.kind === 'integer') return integersOf(column)
  return field.kind === 'boolean' ? booleansOf(column) : undefined
}

/** Of amounts, in minor units, those with up to 13 digits before the point. */
function rangeOf(field: FieldPlan): [least: number, most: number] {
  if (field.kind === 'money') return [field.positive ? 0 : 1 - 1e15, 1e15 - 1]
  return [-2147483648, 2147483647]
}

/** Texts of rows that are not null. */
function markTexts(texts: Texts, plan: TextPlan, valid: Uint8Array | undefined, bad: Uint8Array): void {
  const wrong = wrongTexts(texts, plan)
  if (wrong === undefined) return
  const { codes } = texts
  for (let row = 0; row < bad.length; row++) if (valid?.[row] !== 0 && wrong[codes === undefined ? row : (codes[row] as number)] === 1) bad[row] = 1
}

/** 1 per text that does not hold; undefined: all do. */
function wrongTexts({ bytes, starts, ends }: Texts, plan: TextPlan): Uint8Array | undefined {
  const { shortest, longest, form } = plan
  if (shortest === 0 && longest === Infinity && form === undefined) return undefined
  let wrong: Uint8Array | undefined
  for (let k = 0; k < starts.length; k++) {
    const start = starts[k] as number
    const end = ends[k] as number
    const length = end - start
    if (length >= shortest && length <= longest && (form === undefined || form(bytes, start, end))) continue
    wrong ??= new Uint8Array(starts.length)
    wrong[k] = 1
  }
  return wrong
}

function markNulls(valid: Uint8Array | undefined, bad: Uint8Array): void {
  if (valid !== undefined) for (let row = 0; row < bad.length; row++) if (valid[row] === 0) bad[row] = 1
}
