import { lookUp, present, text } from './fields.ts'
import { fieldsRead, type Fire, type Mapped, partyIdOf } from './fire-record.ts'

const KINDS: Record<string, string> = {
  natural_person: 'person',
  individual: 'person',
  credit_institution: 'bank',
  credit_union: 'bank',
  building_society: 'bank',
  mdb: 'bank',
  insurer: 'insurer',
  ciu: 'fund',
  fund: 'fund',
  mmkt_fund: 'fund',
  central_bank: 'government',
  sovereign: 'government',
  central_govt: 'government',
  regional_govt: 'government',
  local_authority: 'government',
  corporate: 'company',
  sme: 'company',
  partnership: 'company',
}

const READ = fieldsRead('type name legal_entity_name lei_code nace_code country_code')

/** A customer, issuer, guarantor or entity; where no name is given, its id. */
export function partyOf(fire: Fire): Mapped {
  const { id, record } = fire
  const lei = text(record['lei_code'])
  const data = present({
    partyId: partyIdOf(fire, id),
    kind: lookUp(KINDS, record['type']) ?? 'other',
    name: text(record['name']) ?? text(record['legal_entity_name']) ?? id,
    ids: lei === undefined ? undefined : [`lei:${lei}`],
    sector: text(record['nace_code']),
    residence: text(record['country_code']),
  })
  return { type: 'ref.party', data, read: READ }
}
