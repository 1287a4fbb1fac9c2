/** Statements of one stream taking effect tick by tick. */
import type { AlertSubject, EventType } from '../../contract/index.ts'
import type { Held, Measured } from '../../contract/finding.ts'
import { Subjects } from '../../contract/subjects.ts'
import type { Claim } from './claims.ts'
import type { Effects } from './effects.ts'
import type { Locate } from './evidence.ts'
import { heldFinding } from './held.ts'
import type { Question } from './question.ts'
import type { Gone } from './release.ts'
import type { StandingBook } from './standing.ts'
import type { Statement } from './statement.ts'
import type { Released } from './waiting.ts'
import type { UnjudgedVerdicts } from './unjudged.ts'
import type { Verdicts } from './verdicts.ts'

export type ApplierPart = {
  /** Subjects of a rule in an institution that have an episode open, by `subjectKey`. */
  open(code: string, institution: string): ReadonlyMap<string, AlertSubject>
  locate: Locate
  unjudged: UnjudgedVerdicts
  /** Told of every statement before it takes effect. */
  heard(type: EventType, statement: Statement, fate: Fate): void
}
export type Fate = ReturnType<Effects['accept']>

/** Applies one stream's released statements and judges the rules over single ones. */
export class Applier {
  readonly type: EventType
  readonly claims: Claim[] = []
  readonly gone: Gone[] = []
  readonly #statements: Statement[]
  readonly #book: StandingBook
  readonly #effects: Effects
  readonly #questions: readonly Question[]
  readonly #part: ApplierPart
  #next = 0

  constructor({ type, statements }: Released, book: StandingBook, effects: Effects, questions: readonly Question[], part: ApplierPart) {
    this.type = type
    this.#statements = statements
    this.#book = book
    this.#effects = effects
    this.#questions = questions
    this.#part = part
  }

  /** Applies the statements up to `tick`; what the rules say of them goes into `held`. */
  apply(tick: number, held: HeldFindings | undefined): void {
    for (; this.#next < this.#statements.length; this.#next++) {
      const statement = this.#statements[this.#next]
      if (statement === undefined || statement.tick > tick) break
      const before = this.#book.get(statement.hashes, statement.hashAt)
      const fate = this.#effects.accept(this.type, before, statement)
      this.#part.heard(this.type, statement, fate)
      if (fate === 'claim' && before !== undefined) this.claims.push({ statement, standing: before.slot })
      if (fate === 'older') this.gone.push({ slot: statement.slot, until: statement.e })
      if (fate !== 'accepted') continue
      if (before !== undefined) this.gone.push({ slot: before.slot, until: statement.e })
      this.#book.set(statement.hashes, statement.hashAt, this.#effects.apply(this.type, before, statement))
      if (held !== undefined) this.#judge(statement, held)
    }
  }

  #judge(statement: Statement, held: HeldFindings): void {
    const { institution, op, verdicts } = statement
    for (let k = 0; k < this.#questions.length; k++) {
      const { rule } = this.#questions[k] as Question
      if (op !== 'delete' && verdicts.isUnknown(k)) this.#part.unjudged.note(rule.code, `${this.type} ${statement.source} ${statement.id}`)
      if (rule.kind === 'amount') continue
      const holds = op !== 'delete' && verdicts.hit(k)
      if (!holds && !isIn(held.named.of(rule.code, institution), rule, verdicts, k) && !isIn(this.#part.open(rule.code, institution), rule, verdicts, k))
        continue
      held.add(heldFinding(rule, statement, verdicts.of(k), holds, this.#part.locate))
    }
  }
}

/** Whether the subject of the verdict of question `k` is one of these. */
function isIn(subjects: ReadonlyMap<string, AlertSubject>, { subject }: Question['rule'], verdicts: Verdicts, k: number): boolean {
  return subjects.size > 0 && subjects.has(`${subject.kind}:${verdicts.subject(k)}`)
}

/** What the rules over single statements said since the last decision; who was named may have an episode by then. */
export class HeldFindings {
  readonly all: (Held | Measured)[] = []
  readonly named = new Subjects()

  add(finding: Held | Measured): void {
    this.all.push(finding)
    this.named.add(finding.rule.code, finding.institution, finding.subject)
  }
}
