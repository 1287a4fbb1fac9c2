/** A decoded batch on its way from one thread to another: plain arrays, whose memory changes hands and is not copied. */
import type { TransferListItem } from 'node:worker_threads'
import type { Decoded, EventColumns, FieldValues } from '../../contract/stage.ts'
import { TextColumn, type TextParts } from '../../contract/text.ts'

type PackedField = Exclude<FieldValues, { kind: 'text' }> | { kind: 'text'; values: TextParts }
type Texts = 'id' | 'source' | 'institution' | 'subject'
type PackedColumns = Omit<EventColumns, Texts | 'json' | 'fields'> &
  Record<Texts, TextParts> & { json: TextParts | undefined; fields: Record<string, PackedField> }
export type PackedBatch = Omit<Decoded, 'streams'> & { streams: PackedColumns[] }

/** The batch is no longer of use to the thread that packs it. */
export function pack(decoded: Decoded): { packed: PackedBatch; memory: TransferListItem[] } {
  const memory = new Set<ArrayBuffer>()
  const text = (column: TextColumn): TextParts => {
    const parts = column.parts()
    memory.add(parts.bytes.buffer as ArrayBuffer).add(parts.ends.buffer as ArrayBuffer)
    return parts
  }
  const streams = decoded.streams.map((s): PackedColumns => {
    for (const column of [s.time, s.recorded, s.sequence, s.op, s.key, s.content]) memory.add(column.buffer as ArrayBuffer)
    const [id, source, institution, subject] = [text(s.id), text(s.source), text(s.institution), text(s.subject)]
    const field = (f: FieldValues): PackedField => {
      if (f.kind === 'text') return { kind: 'text', values: text(f.values) }
      memory.add(f.values.buffer as ArrayBuffer).add(f.valid.buffer as ArrayBuffer)
      return f
    }
    return { ...s, id, source, institution, subject, json: s.json && text(s.json), fields: mapped(s.fields, field) }
  })
  return { packed: { ...decoded, streams }, memory: [...memory] }
}

export function unpack(packed: PackedBatch): Decoded {
  const text = (parts: TextParts) => TextColumn.from(parts)
  const field = (f: PackedField): FieldValues => (f.kind === 'text' ? { kind: 'text', values: text(f.values) } : f)
  const streams = packed.streams.map(
    (s): EventColumns => ({
      ...s,
      id: text(s.id),
      source: text(s.source),
      institution: text(s.institution),
      subject: text(s.subject),
      json: s.json && text(s.json),
      fields: mapped(s.fields, field),
    }),
  )
  return { ...packed, streams }
}

function mapped<A, B>(of: Record<string, A>, to: (value: A) => B): Record<string, B> {
  return Object.fromEntries(Object.entries(of).map(([name, value]) => [name, to(value)]))
}
