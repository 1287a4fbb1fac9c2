/** Everything that decoded columns say, in plain values: per type the rows in their order, amounts in minor units, hashes to the last bit. */
import type { Decoded, EventColumns, FieldValues } from '../../pipeline/contract/stage.ts'

export function toldColumns({ streams }: Pick<Decoded, 'streams'>): Record<string, unknown> {
  return Object.fromEntries([...streams].sort((a, b) => (a.type < b.type ? -1 : 1)).map((columns) => [columns.type, toldStream(columns)]))
}

function toldStream({ count, id, source, institution, subject, json, fields, time, recorded, sequence, op, key, content }: EventColumns): unknown {
  return {
    texts: [id, source, institution, subject].map((t) => [...t]),
    numbers: [time, recorded, sequence, op].map((n) => Array.from(n.subarray(0, count), String)),
    hashes: [Array.from(key.subarray(0, count * 4)), Array.from(content.subarray(0, count * 2))],
    json: json && [...json].map((text) => JSON.parse(text ?? 'null') as unknown),
    fields: Object.entries(fields).map(([name, field]) => [name, toldField(field, count)]),
  }
}

function toldField(field: FieldValues, count: number): unknown[] {
  if (field.kind === 'text') return [...field.values]
  return Array.from({ length: count }, (_, row) => (field.valid[row] === 1 ? String(field.values[row]) : null))
}
