import { type EventType, formatDecimal } from '../../contract/index.ts'
import type { MessageKey } from '../../messages/index.ts'
import { type Fields, text, timeOf } from './fields.ts'
import { sourceOf, type Statement } from './intake.ts'

/** A record with what every mapping of one needs. */
export type Fire = { kind: string; id: string; date: string; institution: string; record: Fields; say(type: EventType, data: Fields): Statement }

/**
 * What a record becomes: data of an event, detail of another record, or nothing for a reason. `read` are the fields its mapping looks at, `lost` those of
 * them that went nowhere this time, `assumed` what was taken for a field that is not there.
 */
export type Mapped =
  | { type: EventType; data: Fields; read: ReadonlySet<string>; lost?: string[]; assumed?: string[] }
  | { detail: MessageKey }
  | { why: MessageKey; facts?: Record<string, string> }

/** The name of the field that is missing or wrong, where one is. */
export function fireOf(kind: string, record: Fields): Fire | string {
  const [id, date] = [text(record['id']), timeOf(record['date'])]
  if (id === undefined) return 'id'
  if (date === undefined) return 'date'
  const institution = (text(record['reporting_lei']) ?? text(record['reporting_entity_name']) ?? 'FIRE').slice(0, 128)
  const version = text(record['version_id'])
  const eventId = `${kind}:${id}@${date}${version === undefined ? '' : `#${version}`}`
  return {
    kind,
    id,
    date,
    institution,
    record,
    say: (type, data) => ({ id: eventId, source: sourceOf('fire', institution), type, time: date, institution, data }),
  }
}

/** A whole number of cents as a decimal string, undefined when it is none. */
export function centsOf(value: unknown): string | undefined {
  return typeof value === 'number' && Number.isSafeInteger(value) ? formatDecimal(BigInt(value), 2) : undefined
}

/** The id of a party of this firm among the parties of all. */
export function partyIdOf({ institution }: Fire, id: unknown): string | undefined {
  const own = text(id)
  return own === undefined ? undefined : `${institution}:${own}`
}

/** The fields a mapping looks at, these and those every record has. */
export function fieldsRead(names: string): ReadonlySet<string> {
  return new Set(['id', 'date', 'reporting_lei', 'reporting_entity_name', 'version_id', ...names.split(' ')])
}

/** What is taken for the currency of a record that states none: no ISO 4217 code, so that checks of codes find it. */
export const NO_CURRENCY = 'unstated'

/** The names of these defaults whose field the record leaves out, as `currency_code=unstated`. */
export function defaultsOf({ record }: Fire, defaults: Record<string, string>): string[] {
  return Object.entries(defaults).flatMap(([field, value]) => (text(record[field]) === undefined ? [`${field}=${value}`] : []))
}
