import { formatDecimal, parseDecimal } from '../../contract/index.ts'
import { dayOf, type Fields, fields, lookUp, present, text } from './fields.ts'

/** One interest as the data of `ref.ownership`; the key tells the interests of a record apart: their type, and the number where it repeats. */
export type Ownership = { key: string; data: Fields }

/** Interests that say who owns or decides. Seats on a board, benefits and claims to assets say neither (docs/importers.md). */
const KINDS: Record<string, 'equity' | 'votes' | 'control'> = {
  shareholding: 'equity',
  votingRights: 'votes',
  appointmentOfBoard: 'control',
  otherInfluenceOrControl: 'control',
  seniorManagingOfficial: 'control',
  controlViaCompanyRulesOrArticles: 'control',
  controlByLegalFramework: 'control',
  settlor: 'control',
  trustee: 'control',
  protector: 'control',
  nominator: 'control',
}

type Between = { recordId: string; owner: string; owned: string; isComponent: boolean }

/** Undefined where a share is not within 0 … 100, or its bounds cross. */
export function ownershipsOf({ recordId, owner, owned, isComponent }: Between, interests: Fields[]): Ownership[] | undefined {
  const found = new Map<string, Fields>()
  for (const interest of interests) {
    const kind = kindOf(interest)
    if (kind === undefined) continue
    const share = shareOf(fields(interest['share']))
    if (share === undefined) return undefined
    const type = String(interest['type'])
    let key = type
    for (let n = 2; found.has(key); n++) key = `${type}:${n}`
    const [from, to] = [dayOf(interest['startDate']), dayOf(interest['endDate'])]
    found.set(key, present({ ownershipId: `${recordId}:${key}`, owner, owned, kind, ...share, isComponent: isComponent || undefined, from, to }))
  }
  return [...found].map(([key, data]) => ({ key, data }))
}

export function kindOf(interest: Fields): 'equity' | 'votes' | 'control' | undefined {
  return lookUp(KINDS, interest['type'])
}

/** A party that stands for an interested party of whom only the reason is given why it is not specified; undefined where the reason is that nobody exists. */
export function unspecifiedParty(recordId: string, interestedParty: unknown): (Fields & { partyId: string }) | undefined {
  const { reason, description } = fields(interestedParty)
  const why = text(reason)
  if (why === undefined || why === 'noBeneficialOwners') return undefined
  return { partyId: `${recordId}:unspecified`, kind: 'other', name: text(description) ?? why, flags: ['unspecified'] }
}

/** Percent 0 … 100 as ratios 0 … 1: an exact share, or a range whose missing bound is 0 or 1. Exclusive bounds are kept as inclusive ones. */
function shareOf(share: Fields): Fields | undefined {
  const { exact, minimum, maximum, exclusiveMinimum, exclusiveMaximum } = share
  if (exact !== undefined) {
    const ratio = ratioOf(exact)
    return ratio === undefined ? undefined : { share: ratio }
  }
  const [low, high] = [minimum ?? exclusiveMinimum, maximum ?? exclusiveMaximum]
  if (low === undefined && high === undefined) return {}
  const [shareMin, shareMax] = [ratioOf(low ?? 0), ratioOf(high ?? 100)]
  if (shareMin === undefined || shareMax === undefined || Number(low ?? 0) > Number(high ?? 100)) return undefined
  return shareMin === shareMax ? { share: shareMin } : { shareMin, shareMax }
}

const DECIMALS = 18

function ratioOf(percent: unknown): string | undefined {
  const units = parseDecimal(text(percent) ?? '', DECIMALS)
  if (units === undefined || units < 0n || units > 100n * 10n ** BigInt(DECIMALS)) return undefined
  return formatDecimal(units, DECIMALS + 2).replace(/\.?0+$/, '')
}
