import {
  type Data,
  Dictionary,
  Field,
  Int32,
  makeData,
  RecordBatch,
  RecordBatchStreamWriter,
  Schema,
  Struct,
  Table,
  tableFromIPC,
  Utf8,
  Vector,
  vectorFromArray,
} from 'apache-arrow'
import { expect, test } from 'vitest'
import { TextColumn } from '../../contract/text.ts'
import { textsOf, validOf } from './arrow-arrays.ts'
import { recordBatches } from './arrow-batches.ts'
import { streamIn } from './arrow-metadata.ts'

const type = new Dictionary(new Utf8(), new Int32(), 1)
const schema = new Schema([new Field('name', type, true)])
const entries = (...texts: string[]): Data<Utf8> => vectorFromArray(texts, new Utf8()).data[0] as Data<Utf8>

/** One column of texts by codes; −1: none. */
function named(codes: readonly number[], dictionary: Vector<Utf8>): Data<Dictionary<Utf8, Int32>> {
  const bits = codes.reduce((sum, code, row) => sum | (code < 0 ? 0 : 1 << row), 0)
  const nullCount = codes.filter((code) => code < 0).length
  return makeData({ type, length: codes.length, nullCount, nullBitmap: Uint8Array.of(bits), data: Int32Array.from(codes), dictionary })
}

function streamOf(columns: readonly Data[]): Uint8Array {
  const writer = new RecordBatchStreamWriter()
  for (const column of columns) writer.write(new RecordBatch(schema, makeData({ type: new Struct(schema.fields), length: column.length, children: [column] })))
  if (columns.length === 0) writer.reset(undefined, schema)
  writer.finish()
  return writer.toUint8Array(true)
}

const rowsOf = (table: Table) => table.toArray().map((row: { name: string | null }) => row.name)

test('dictionaries that grow and that are replaced are what tableFromIPC makes of them', () => {
  const stream = streamOf([named([0, 2, -1, 3], new Vector([entries('a', 'b'), entries('c', 'd')])), named([1, 0], new Vector([entries('x', 'y')]))])
  const rows = rowsOf(new Table([...recordBatches(streamIn(stream).messages)]))
  expect(rows).toEqual(['a', 'c', null, 'd', 'y', 'x'])
  expect(rows).toEqual(rowsOf(tableFromIPC(stream)))
})

test('a stream of a schema alone is one record batch without rows', () => {
  const stream = streamOf([])
  expect(tableFromIPC(stream).batches.map((b) => [b.numRows, b.data.children.length])).toEqual([[0, 1]])
  expect(recordBatches(streamIn(stream).messages).map((b) => [b.numRows, b.data.children.length])).toEqual([[0, 1]])
})

test('codes that count up from that of a null are read as codes', () => {
  const column = named([-1, 0, 1], new Vector([entries('a', 'b', 'c')]))
  const texts = new TextColumn()
  texts.addRows(textsOf(column) as NonNullable<ReturnType<typeof textsOf>>, 0, 3, validOf(column))
  expect([...texts]).toEqual([null, 'a', 'b'])
})
