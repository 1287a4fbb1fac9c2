/**
 * An Arrow IPC stream as events: one row per event, columns named like the attributes and the data fields (contract §1). Text may be plain or
 * dictionary-coded, money int64 minor units or decimal128, times timestamps of any unit, milliseconds or RFC 3339. Columns are checked one by one;
 * rows whose columns all hold go straight into ours, the others are put together as JSON and take the slow way, which finds the reason.
 */
import type { Data, RecordBatch } from 'apache-arrow'
import { type EventType, isEventType } from '../../contract/index.ts'
import { textsOf } from './arrow-arrays.ts'
import { recordBatches } from './arrow-batches.ts'
import { cellsOf, type Columns, expandedBytes, isSound } from './arrow-cells.ts'
import { columnsOfType } from './arrow-columns.ts'
import { streamIn } from './arrow-metadata.ts'
import type { ColumnBuilder } from './columns.ts'
import { isWord } from './field-plan.ts'
import { eventOfRow } from './row-event.ts'

export type ArrowRows = {
  readonly count: number
  /** Takes the rows that hold into the columns: all rows in their order, as many at once as stand together. `at`: where the first of them is. */
  fast(
    builderOf: (type: EventType) => ColumnBuilder,
    latest: number,
    taken: (rows: number, builder: ColumnBuilder, at: number) => void,
    refused: (row: number) => void,
  ): void
  /** A row as one event in JSON. */
  json(row: number): Buffer
}

/** What the texts of a message may come to where its rows name them by codes: few bytes can name a long text many times. */
export const MAX_EXPANDED_BYTES = 256 << 20
/** What a row comes to as JSON, about: a column of nothing has any number of rows in a few bytes. */
const ROW_BYTES = 256

/** The record batches of a message; or why it is no Arrow stream, or not one of text and numbers in good order. */
export function arrowRows(bytes: Uint8Array): ArrowRows[] | 'not-json' | 'too-large' {
  try {
    // A `Buffer` would make each part of it a slower `Buffer`, and share memory where a copy is asked for.
    const { messages, end } = streamIn(new Uint8Array(bytes.buffer, bytes.byteOffset, bytes.byteLength))
    if (bytes.length === 0 || end !== bytes.length) return 'not-json'
    const batches = recordBatches(messages)
    if (!batches.every(holdsRows)) return 'not-json'
    if (batches.reduce((sum, b) => sum + b.numRows, 0) > MAX_EXPANDED_BYTES / ROW_BYTES) return 'too-large'
    const expanded = batches.reduce((sum, b) => b.data.children.reduce((n, column) => n + expandedBytes(column), sum), 0)
    return expanded > MAX_EXPANDED_BYTES ? 'too-large' : batches.map(rowsOf)
  } catch {
    return 'not-json'
  }
}

/** Every column has a value, or none, for every row. */
function holdsRows({ data, schema, numRows }: RecordBatch): boolean {
  return (numRows === 0 || schema.fields.length > 0) && data.children.every((column) => column.length === numRows && isSound(column))
}

function rowsOf(batch: RecordBatch): ArrowRows {
  const count = batch.numRows
  const columns: Columns = new Map(batch.schema.fields.map((f, k) => [f.name, batch.data.children[k] as Data]))
  return {
    count,
    fast(builderOf, latest, taken, refused) {
      const type = constantType(columns.get('type'), count)
      const checked = type && columnsOfType(columns, type, count, latest)
      for (let row = 0; row < count; ) {
        if (type === undefined || checked === undefined || checked.bad[row] === 1) {
          refused(row++)
          continue
        }
        const bad = checked.bad.indexOf(1, row)
        const end = bad < 0 ? count : bad
        const builder = builderOf(type)
        taken(end - row, builder, checked.write(builder, row, end))
        row = end
      }
    },
    json: (row) => eventOfRow(cellsOf(columns, row)),
  }
}

/** The type all rows have. */
function constantType(column: Data | undefined, count: number): EventType | undefined {
  const texts = textsOf(column)
  if (texts === undefined || count === 0 || (column?.nullCount ?? 0) > 0) return undefined
  const { bytes, starts, ends, codes } = texts
  const first = codes?.[0] ?? 0
  const name = bytes.subarray(starts[first], ends[first])
  for (let row = 1; row < count; row++) {
    const text = codes === undefined ? row : (codes[row] as number)
    if (text !== first && !isWord(name, bytes, starts[text] as number, ends[text] as number)) return undefined
  }
  const type = name.toString()
  return isEventType(type) ? type : undefined
}
