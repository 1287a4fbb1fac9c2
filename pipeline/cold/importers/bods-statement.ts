import type { EventType, Operation } from '../../contract/index.ts'
import { type Fields, fields, text, timeOf } from './fields.ts'
import { sourceOf, type Statement } from './intake.ts'

/** What a statement says about its record, and how to say the same in an event; `key` tells several events of one statement apart. */
export type Bods = {
  statementId: string
  recordId: string
  closed: boolean
  details: Fields
  say(what: { key?: string; type: EventType; op?: Operation; data: Fields }): Statement
}

/** The name of the field that is missing or wrong, where one is. */
export function bodsOf(statement: Fields): Bods | string {
  const [statementId, recordId] = [text(statement['statementId']), text(statement['recordId'])]
  const publication = fields(statement['publicationDetails'])
  const publisher = fields(publication['publisher'])
  const institution = (text(publisher['name']) ?? text(publisher['url']) ?? 'BODS').slice(0, 128)
  const time = timeOf(statement['statementDate'] ?? publication['publicationDate'])
  const status = statement['recordStatus'] ?? 'new'
  if (statementId === undefined) return 'statementId'
  if (recordId === undefined) return 'recordId'
  if (time === undefined) return 'statementDate'
  if (status !== 'new' && status !== 'updated' && status !== 'closed') return 'recordStatus'
  return {
    statementId,
    recordId,
    closed: status === 'closed',
    details: fields(statement['recordDetails']),
    say: ({ key, ...what }) => ({
      id: key === undefined ? statementId : `${statementId}:${key}`,
      source: sourceOf('bods', institution),
      time,
      institution,
      ...what,
    }),
  }
}
