/** An event written out of its columns, where what it came in has no bytes for it alone. */
import { dataColumns, formatDecimal, formatTime, OPERATIONS } from '../../contract/index.ts'
import type { EventColumns, FieldValues } from '../../contract/stage.ts'

export function eventBytes(columns: EventColumns, row: number): Uint8Array {
  const data = dataColumns(columns.type).flatMap(({ field, kind }) => {
    const values = columns.fields[field]
    const value = values === undefined ? null : valueOf(values, row)
    return value === null ? [] : [[field, kind === 'json' ? (JSON.parse(String(value)) as unknown) : value]]
  })
  const recorded = columns.recorded[row] as number
  return Buffer.from(
    JSON.stringify({
      specversion: '1.0',
      id: columns.id.at(row),
      source: columns.source.at(row),
      type: columns.type,
      time: formatTime(columns.time[row] as number),
      subject: columns.subject.at(row),
      institution: columns.institution.at(row),
      sequence: String(columns.sequence[row]),
      op: OPERATIONS[columns.op[row] as number],
      ...(!Number.isNaN(recorded) && { recordedtime: formatTime(recorded) }),
      data: Object.fromEntries(data) as unknown,
    }),
  )
}

function valueOf(field: FieldValues, row: number): string | number | boolean | null {
  if (field.kind === 'text') return field.values.at(row)
  if (field.valid[row] !== 1) return null
  if (field.kind === 'money') return formatDecimal(field.values[row] as bigint, 2)
  return field.kind === 'boolean' ? field.values[row] === 1 : (field.values[row] as number)
}
