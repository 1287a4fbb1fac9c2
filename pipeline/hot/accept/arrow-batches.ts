/**
 * The record batches of an Arrow IPC stream whose metadata hold (`streamIn`), as `tableFromIPC` gives them, but without the array it makes per dictionary
 * to remember its values as strings: nobody asks for those here, and the arrays are most of the garbage that reading such a stream leaves.
 */
import { type Data, type DataType, makeData, Message, RecordBatch, type Schema, Struct, Table, Vector } from 'apache-arrow'
import { VectorLoader } from 'apache-arrow/visitor/vectorloader'
import type { StreamMessage } from './arrow-metadata.ts'

/** Throws where their schemas differ once short columns are filled up. */
export function recordBatches([first, ...messages]: readonly StreamMessage[]): readonly RecordBatch[] {
  const schema = Message.decode(first?.metadata).header() as Schema
  const dictionaries = new Map<number, Vector>()
  const batches: RecordBatch[] = []
  for (const { metadata, body } of messages) {
    const message = Message.decode(metadata)
    const own = body.byteOffset % 8 === 0 ? body : body.slice()
    const load = ({ nodes, buffers }: Buffers, types: Types) => new VectorLoader(own, nodes, buffers, dictionaries, schema.metadataVersion).visitMany(types)
    if (message.isRecordBatch()) {
      const header = message.header()
      batches.push(batchOf(schema, header.length, load(header, schema.fields)))
    } else if (message.isDictionaryBatch()) {
      const { id, isDelta, data } = message.header()
      const [before, entries] = [dictionaries.get(id), new Vector(load(data, [schema.dictionaries.get(id) as DataType]))]
      dictionaries.set(id, isDelta && before !== undefined ? before.concat(entries) : entries)
    }
  }
  if (batches.length > 0) return new Table(batches).batches
  return [
    batchOf(
      schema,
      0,
      schema.fields.map(({ type }) => makeData({ type })),
    ),
  ]
}

type Loader = ConstructorParameters<typeof VectorLoader>
type Buffers = { nodes: Loader[1]; buffers: Loader[2] }
type Types = Parameters<VectorLoader['visitMany']>[0]

function batchOf(schema: Schema, length: number, children: Data[]): RecordBatch {
  return new RecordBatch(schema, makeData({ type: new Struct(schema.fields), length, children }))
}
