/** The seeded world: institutions, parties, loans, products, positions, prices and capital, quiet before the story begins. */
import type { Event } from '../contract/event.ts'
import { type Ledger, buildLedger } from './accounts.ts'
import { type Cast, buildCast } from './cast.ts'
import { type Institution, buildInstitutions, capitalStatements } from './institutions.ts'
import { type Booked, buildLoans, loanStatements } from './loans.ts'
import { type Parties, buildParties, partyStatements } from './parties.ts'
import { bondOf, buildPositions, positionStatements, withBorrowed } from './positions.ts'
import { buildProducts, buyProducts, holdingStatements } from './products.ts'
import { type LoanData, MARKET, type Statement, numbering } from './statement.ts'

export type World = {
  /** What everybody has stated before `start`: about 6,500 events in time order, all within the 30 s before it. */
  events: Event[]
  institutions: Institution[]
  /** A statement of each who says nothing more in the story's own course. */
  quiet: Statement[]
  parties: Parties
  /** The loans the story's ordinary traffic may restate: all but the cast's. */
  loans: Booked<LoanData>[]
  /** Instruments with a price. */
  instruments: string[]
  ledger: Ledger
  cast: Cast
}

/**
 * The world of a seed as it stands at `start` (ms since the Unix epoch); the same for the same two numbers.
 * It raises no alert of CR-01, CR-02, CR-05, CR-09 or OP-08, at no moment of being loaded: what a product holds is stated
 * before anybody says that he holds the product.
 */
export function buildWorld(seed: number, start: number): World {
  const institutions = buildInstitutions(seed)
  const parties = buildParties(seed, institutions)
  const ledger = buildLedger(seed, institutions, parties)
  const cast = buildCast(seed, institutions, parties, start)
  const loans = buildLoans(seed, institutions, parties, start)
  const shelf = buildProducts(seed, parties, start)
  const investors = institutions.filter((i) => i.kind !== 'manager')
  const banks = institutions.filter((i) => i.kind === 'bank')
  const positions = investors.flatMap((i) => [...buildPositions(seed, i, banks, parties, start), ...buyProducts(seed, i, shelf)])
  const instruments = parties.issuers.map((issuer) => bondOf(issuer.partyId))
  const [capital, register] = [capitalStatements(institutions, start), partyStatements(parties)]
  const insurers = institutions.filter((i) => i.kind === 'insurer')
  const quiet = [...register.slice(0, 1), ...insurers.flatMap(({ id }) => capital.filter((s) => s.institution === id).slice(0, 1))]
  const events = inTime(start, [
    [30, capital],
    [29, register],
    [24, holdingStatements([...shelf.holdings, ...cast.holdings])],
    [
      22,
      instruments.map(
        (instrumentId): Statement => ({ type: 'mkt.price', institution: MARKET, data: { instrumentId, kind: 'price', value: '100.0000', ccy: 'CNY' } }),
      ),
    ],
    [20, loanStatements([...loans, ...cast.loans])],
    [8, positionStatements(withBorrowed([...positions, ...cast.positions]))],
  ])
  return { events, institutions, quiet, parties, loans, instruments, ledger, cast }
}

/** Each group spread evenly over the time until the next one begins, `secondsBefore` the start, two statements at a time: both sides of a claim are stated together. */
function inTime(start: number, groups: readonly (readonly [number, Statement[]])[]): Event[] {
  const number = numbering()
  return groups.flatMap(([secondsBefore, statements], g) => {
    const begin = start - secondsBefore * 1000
    const length = (secondsBefore - (groups[g + 1]?.[0] ?? 0)) * 1000
    return statements.map((statement, i) => number(statement, begin + Math.floor(((i - (i % 2)) * length) / statements.length)))
  })
}
