/** What an exposure rests on: direct loans and positions, and the largest paths through products. */
import type { EventType, PathStep } from '../../contract/index.ts'
import type { Evidence } from '../../contract/finding.ts'
import type { Database } from '../../store/database.ts'
import { type AskedFor, type EvidenceSpec, type Locate, type StatementsAsOf, statementsAsOf } from './evidence.ts'
import type { Exposure, LookthroughStage } from './lookthrough.ts'

/** Paths shown on an alert, largest first. */
const PATHS_SHOWN = 10

const LOANS: EvidenceSpec = { type: 'credit.loan', by: 'customerId', fields: ['balance'] }
const POSITIONS: EvidenceSpec = { type: 'book.position', by: 'issuerId', where: `"productId" IS NULL AND side = 'long'`, fields: ['value', 'kind'] }
const NONE: StatementsAsOf = { refs: [], rows: [], count: 0 }

/** Paths and statements behind an exposure. */
type Behind = ReturnType<LookthroughStage['explain']>

type Ask = (asked: AskedFor) => Promise<StatementsAsOf>

export class ExposureEvidence {
  readonly #db: Database
  readonly #lookthrough: LookthroughStage
  readonly #locate: Locate
  readonly #isEmpty: (type: EventType) => boolean
  readonly #asks = new Map<string, Ask>()

  /** `isEmpty`: nothing was ever stated in this stream. */
  constructor(db: Database, lookthrough: LookthroughStage, locate: Locate, isEmpty: (type: EventType) => boolean) {
    this.#db = db
    this.#lookthrough = lookthrough
    this.#locate = locate
    this.#isEmpty = isEmpty
  }

  /** Of an exposure in its tick `at`, ms: the look-through knows no past, so paths are taken now; loans and positions are asked for once the tick is over. */
  capture(institution: string, exposure: Exposure, at: number): () => Promise<Evidence> {
    const behind = this.#lookthrough.explain(institution, exposure, PATHS_SHOWN)
    return () => this.#of({ institution, subject: exposure.obligor, at }, exposure.kind === 'party', behind)
  }

  async #of(asked: AskedFor, isParty: boolean, behind: Behind): Promise<Evidence> {
    const [loans, positions] = await Promise.all([isParty ? this.loans(asked) : NONE, isParty ? this.ask(POSITIONS, asked) : NONE])
    const direct: PathStep[] = [...steps(asked, loans, 'balance', 'loan'), ...steps(asked, positions, 'value')]
    return {
      refs: [...loans.refs, ...positions.refs, ...behind.refs],
      count: loans.count + positions.count + behind.refs.length,
      path: [...direct.slice(0, PATHS_SHOWN), ...behind.paths.flatMap((r) => r.path)],
    }
  }

  /** An institution's loans to a customer. */
  loans(asked: AskedFor): Promise<StatementsAsOf> {
    return this.ask(LOANS, asked)
  }

  /** All who ask for the same kind of statement in one turn share one query; a stream without statements is not asked. */
  async ask(spec: EvidenceSpec, asked: AskedFor): Promise<StatementsAsOf> {
    if (this.#isEmpty(spec.type)) return NONE
    const key = JSON.stringify(spec)
    let ask = this.#asks.get(key)
    if (ask === undefined) this.#asks.set(key, (ask = statementsAsOf(this.#db, spec, this.#locate)))
    return ask(asked)
  }
}

/** One step from the institution to the obligor for each statement. */
function steps({ institution, subject }: AskedFor, { refs, rows }: StatementsAsOf, amount: string, kind?: string): PathStep[] {
  return rows.map((row, i) => ({ from: institution, to: subject, kind: kind ?? row['kind'] ?? '', amount: row[amount] ?? '', event: refs[i]?.event ?? '' }))
}
