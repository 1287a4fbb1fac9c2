import { type Fields, fields, lookUp, present, records, text } from './fields.ts'
import type { Intake } from './intake.ts'

const ENTITY_KINDS: Record<string, string> = { registeredEntity: 'company', legalEntity: 'company', state: 'government', stateBody: 'government' }
/** Types of persons and entities that are known to exist and not who they are. */
const FLAGS: Record<string, string> = { anonymousPerson: 'anonymous', anonymousEntity: 'anonymous', unknownPerson: 'unknown', unknownEntity: 'unknown' }

const READ = {
  person: new Set(['isComponent', 'personType', 'names', 'identifiers', 'addresses', 'taxResidencies', 'politicalExposure', 'unspecifiedPersonDetails']),
  entity: new Set(['isComponent', 'entityType', 'name', 'identifiers', 'addresses', 'jurisdiction', 'unspecifiedEntityDetails']),
}

/** The data of `ref.party` for a person or entity record. One that is anonymous or unknown stays a party of its own, flagged, named by the reason given. */
export function partyOf(partyId: string, type: 'person' | 'entity', details: Fields, intake: Intake): Fields {
  intake.uncarried(details, READ[type], `${type}.`)
  const what = type === 'person' ? text(details['personType']) : text(fields(details['entityType'])['type'])
  const unspecified = fields(details['unspecifiedPersonDetails'] ?? details['unspecifiedEntityDetails'])
  const flags = [lookUp(FLAGS, what), fields(details['politicalExposure'])['status'] === 'isPep' ? 'pep' : undefined].filter((flag) => flag !== undefined)
  const address = records(details['addresses'])[0]
  return present({
    partyId,
    kind: type === 'person' ? 'person' : entityKind(fields(details['entityType'])),
    name: nameOf(details) ?? text(unspecified['description']) ?? text(unspecified['reason']) ?? what ?? partyId,
    ids: listed(records(details['identifiers']).flatMap(identifier)),
    residence: text(fields(details['jurisdiction'])['code']) ?? text(records(details['taxResidencies'])[0]?.['code']),
    address: text(address?.['address']),
    flags: listed(flags),
  })
}

function entityKind({ type, subtype }: Fields): string {
  return subtype === 'trust' ? 'trust' : (lookUp(ENTITY_KINDS, type) ?? 'other')
}

/** The name of an entity; of a person the legal name, else the first. */
function nameOf({ name, names }: Fields): string | undefined {
  const all = records(names)
  const best = all.find((n) => n['type'] === 'legal') ?? all[0] ?? {}
  const parts = [text(best['givenName']), text(best['familyName'])].filter((part) => part !== undefined)
  return text(name) ?? text(best['fullName']) ?? (parts.length === 0 ? undefined : parts.join(' '))
}

/** `lei:…` for the scheme of org-id.guide, else the scheme as it is called there. */
function identifier({ scheme, schemeName, id }: Fields): string[] {
  const number = text(id)
  const by = scheme === 'XI-LEI' ? 'lei' : (text(scheme) ?? text(schemeName))
  return number === undefined ? [] : [by === undefined ? number : `${by}:${number}`]
}

const listed = <T>(values: T[]) => (values.length === 0 ? undefined : values)
