/** Columns on their way from one thread to another: plain arrays over memory that threads share. Only one of them may use it at a time. */
import type { EventColumns, FieldValues } from '../../contract/stage.ts'
import { TextColumn, type TextParts } from '../../contract/text.ts'

type PackedField = Exclude<FieldValues, { kind: 'text' }> | { kind: 'text'; values: TextParts }
type Texts = 'id' | 'source' | 'institution' | 'subject'
export type PackedColumns = Omit<EventColumns, Texts | 'json' | 'fields'> &
  Record<Texts, TextParts> & { json: TextParts | undefined; fields: Record<string, PackedField> }

export function pack(columns: readonly EventColumns[]): PackedColumns[] {
  const field = (f: FieldValues): PackedField => (f.kind === 'text' ? { kind: 'text', values: f.values.parts() } : f)
  return columns.map((s) => ({
    ...s,
    id: s.id.parts(),
    source: s.source.parts(),
    institution: s.institution.parts(),
    subject: s.subject.parts(),
    json: s.json?.parts(),
    fields: mapped(s.fields, field),
  }))
}

export function unpack(packed: readonly PackedColumns[]): EventColumns[] {
  const text = (parts: TextParts) => TextColumn.from(parts)
  const field = (f: PackedField): FieldValues => (f.kind === 'text' ? { kind: 'text', values: text(f.values) } : f)
  return packed.map((s) => ({
    ...s,
    id: text(s.id),
    source: text(s.source),
    institution: text(s.institution),
    subject: text(s.subject),
    json: s.json && text(s.json),
    fields: mapped(s.fields, field),
  }))
}

function mapped<A, B>(of: Record<string, A>, to: (value: A) => B): Record<string, B> {
  return Object.fromEntries(Object.entries(of).map(([name, value]) => [name, to(value)]))
}
