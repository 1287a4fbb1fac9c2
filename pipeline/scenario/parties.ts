/** Companies, people, provinces and the institutions themselves, as the register states them. */
import type { Institution } from './institutions.ts'
import { companyNames, personName } from './names.ts'
import { randomFor } from './random.ts'
import { REGISTER, type PartyData, type Statement } from './statement.ts'

export type Parties = {
  /** All of them, in the order the register states them. */
  all: PartyData[]
  /** Companies with bonds outstanding: what institutions and products invest in. */
  issuers: PartyData[]
  /** Companies that borrow; the issuers are among them. */
  borrowers: PartyData[]
  /** Companies kept apart for the story: nobody else lends to them or invests in them. */
  cast: PartyData[]
  persons: PartyData[]
  governments: PartyData[]
}

const ISSUERS = 150
const BORROWERS = 880
const CAST = 20
const PERSONS = 2200

export function buildParties(seed: number, institutions: readonly Institution[]): Parties {
  const random = randomFor(seed, 'parties')
  const nameOf = companyNames(random)
  const companies = Array.from({ length: BORROWERS + CAST }, (_, i): PartyData => {
    const name = nameOf(i)
    return { partyId: `C${number(i)}`, kind: 'company', name: name.zh, nameEn: name.en, sector: name.sector, residence: 'CN' }
  })
  const persons = Array.from({ length: PERSONS }, (_, i): PartyData => {
    const name = personName(random)
    return { partyId: `P${number(i)}`, kind: 'person', name: name.zh, nameEn: name.en, residence: 'CN' }
  })
  const governments = PROVINCES.map(
    ([zh, en], i): PartyData => ({ partyId: `G${number(i)}`, kind: 'government', name: `${zh}省财政厅`, nameEn: `${en} Provincial Treasury`, residence: 'CN' }),
  )
  const borrowers = companies.slice(0, BORROWERS)
  return {
    all: [...institutions.map(asParty), ...governments, ...companies, ...persons],
    issuers: borrowers.slice(0, ISSUERS),
    borrowers,
    cast: companies.slice(BORROWERS),
    persons,
    governments,
  }
}

export function partyStatements(parties: Parties): Statement[] {
  return parties.all.map((data) => ({ type: 'ref.party', institution: REGISTER, data }))
}

/** Provinces that do not exist. */
const PROVINCES: readonly (readonly [string, string])[] = [
  ['澜丘', 'Lanqiu'],
  ['岱南', 'Dainan'],
  ['汐东', 'Xidong'],
  ['梧北', 'Wubei'],
  ['砚中', 'Yanzhong'],
  ['朔宁', 'Shuoning'],
  ['霖西', 'Linxi'],
  ['穹原', 'Qiongyuan'],
  ['棠州', 'Tangzhou'],
  ['屿安', "Yu'an"],
]

const KIND: Record<Institution['kind'], PartyData['kind']> = { bank: 'bank', insurer: 'insurer', manager: 'other' }

function asParty({ id, kind, name }: Institution): PartyData {
  return { partyId: id, kind: KIND[kind], name: name.zh, nameEn: name.en, sector: 'finance', residence: 'CN' }
}

function number(i: number): string {
  return String(i + 1).padStart(5, '0')
}
