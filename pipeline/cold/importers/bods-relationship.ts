import { kindOf, type Ownership, ownershipsOf, unspecifiedParty } from './bods-ownership.ts'
import type { Bods } from './bods-statement.ts'
import { fields, records, text } from './fields.ts'
import type { Intake, Statement } from './intake.ts'

/** The keys of the ownerships that stand after what each record said last. */
export type Standing = Map<string, string[]>

/**
 * A relationship becomes one ownership per interest that is equity, votes or control. What an update no longer lists is deleted. A closed record's
 * interests are deleted, but where they have an end date they stay with it. An interested party that is not specified becomes a party of its own.
 */
export async function importRelationship(bods: Bods, isNamed: boolean, standing: Standing, intake: Intake): Promise<void> {
  const { recordId, statementId, details } = bods
  const owned = text(details['subject'])
  if (owned === undefined) return intake.skip('import.why.subject', statementId)
  const nobody = unspecifiedParty(recordId, details['interestedParty'])
  const owner = text(details['interestedParty']) ?? nobody?.partyId
  if (owner === undefined) return intake.skip('import.why.noOwner', statementId)
  const isComponent = details['isComponent'] === true || isNamed
  const listed = ownershipsOf({ recordId, owner, owned, isComponent }, records(details['interests']))
  if (listed === undefined) return intake.skip('import.why.share', statementId)
  const events = [...(nobody === undefined ? [] : [aboutNobody(nobody, bods)]), ...aboutOwnerships(listed, owned, standing, bods)]
  if (events.length > 0) {
    noteLosses(bods, intake)
    await intake.map('relationship', events)
  } else if (isComponent) intake.detail('import.detail.component')
  else intake.skip('import.why.interest', statementId, { interests: records(details['interests']).map(nameOf).join(', ') || '-' })
}

function aboutNobody(data: { partyId: string }, { say, closed }: Bods): Statement {
  const of = { key: 'party', type: 'ref.party' as const }
  return say(closed ? { ...of, op: 'delete', data: { partyId: data.partyId } } : { ...of, data })
}

function aboutOwnerships(listed: Ownership[], owned: string, standing: Standing, { recordId, closed, say }: Bods): Statement[] {
  const kept = closed ? listed.filter(({ data }) => data['to'] !== undefined) : listed
  const keys = kept.map(({ key }) => key)
  const ended = [...new Set([...(standing.get(recordId) ?? []), ...listed.map(({ key }) => key)])].filter((key) => !keys.includes(key))
  standing.set(recordId, keys)
  return [
    ...kept.map(({ key, data }) => say({ key, type: 'ref.ownership', data })),
    ...ended.map((key) => say({ key, type: 'ref.ownership', op: 'delete', data: { ownershipId: `${recordId}:${key}`, owned } })),
  ]
}

const RELATIONSHIP_READ = new Set(['isComponent', 'componentRecords', 'subject', 'interestedParty', 'interests'])
const INTEREST_READ = new Set(['type', 'share', 'startDate', 'endDate'])

function noteLosses({ details }: Bods, intake: Intake): void {
  intake.uncarried(details, RELATIONSHIP_READ, '')
  for (const interest of records(details['interests'])) {
    intake.uncarried(interest, INTEREST_READ, 'interests.')
    if (kindOf(interest) === undefined) intake.lost(`interests.${nameOf(interest)}`)
    for (const bound of ['exclusiveMinimum', 'exclusiveMaximum']) if (fields(interest['share'])[bound] !== undefined) intake.lost(`interests.share.${bound}`)
  }
}

const nameOf = (interest: Record<string, unknown>) => text(interest['type']) ?? 'unknown'
