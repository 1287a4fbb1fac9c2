/**
 * `lookthrough import fire`: records in the Financial Regulatory format (SuadeLabs/fire, v1-dev schemas) as loans, positions, capital and parties.
 * Amounts there are whole numbers of cents of any currency. Ids hold within a firm, so those of parties carry the firm's name here.
 */
import { isRecord } from '../../hot/accept/schema.ts'
import { CapitalSums } from './fire-capital.ts'
import { loanOf } from './fire-loan.ts'
import { partyOf } from './fire-party.ts'
import { accountOf, derivativeOf, securityOf } from './fire-position.ts'
import { type Fire, fireOf, type Mapped } from './fire-record.ts'
import { fields } from './fields.ts'
import type { Intake } from './intake.ts'
import { members, wholeText } from './members.ts'

const MAPPINGS: Record<string, (fire: Fire) => Mapped> = {
  loan: loanOf,
  account: accountOf,
  security: securityOf,
  derivative: derivativeOf,
  customer: partyOf,
  issuer: partyOf,
  guarantor: partyOf,
  entity: partyOf,
}

export async function importFire(file: string, intake: Intake): Promise<void> {
  for await (const { stream } of members(file, ['.json'])) {
    const root = fields(JSON.parse(await wholeText(stream)))
    const lists = Object.entries(fields(root['data'] ?? root)).filter((entry): entry is [string, unknown[]] => Array.isArray(entry[1]))
    if (lists.length === 0) throw new Error('it holds no list of records under "data"')
    const capital = new CapitalSums()
    for (const [kind, list] of lists) for (const record of list) await importRecord(kind, record, capital, intake)
    await capital.write(intake)
  }
}

async function importRecord(kind: string, record: unknown, capital: CapitalSums, intake: Intake): Promise<void> {
  intake.take()
  const fire = fireOf(kind, fields(record))
  if (!isRecord(record) || typeof fire === 'string') return intake.skip('import.why.field', kind, { field: typeof fire === 'string' ? fire : kind })
  const at = `${kind} ${fire.id}`
  if (capital.takes(fire)) return capital.add(fire, at, intake)
  const mapping = Object.hasOwn(MAPPINGS, kind) ? MAPPINGS[kind] : undefined
  if (mapping === undefined) return intake.skip('import.why.kind', at, { kind })
  const mapped = mapping(fire)
  if ('why' in mapped) return intake.skip(mapped.why, at, mapped.facts)
  if ('detail' in mapped) return intake.detail(mapped.detail)
  intake.uncarried(record, mapped.read, `${kind}.`)
  for (const field of mapped.lost ?? []) if (record[field] !== undefined) intake.lost(`${kind}.${field}`)
  for (const field of mapped.assumed ?? []) intake.assume(`${kind}.${field}`)
  return intake.map(kind, [fire.say(mapped.type, mapped.data)])
}
