/**
 * emit: revisions, episodes, books and offsets are committed in the transaction that batch opened; only then do alerts and dead letters leave.
 * Every revision waits in `engine.outbox` until the sink has it, every dead letter in its table (`letters.ts`); what was not confirmed before a crash is
 * sent again after it.
 */
import { concatMap, type OperatorFunction } from 'rxjs'
import { failpoint } from '../../contract/failpoint.ts'
import { canonicalJson, type PublishedAlert } from '../../contract/index.ts'
import type { OutboxMessage, Sink } from '../../contract/source.ts'
import type { Decided, Delivered } from '../../contract/stage.ts'
import { type Column, integerColumn, textColumn } from '../../store/columns.ts'
import type { Database } from '../../store/database.ts'
import type { Progress } from '../../store/meta.ts'
import type { Letters } from './letters.ts'

export type EmitPart = {
  db: Database
  sink: Sink
  /** Grows by one at every start; a writer with an older one is fenced off. */
  epoch: number
  progress(): Progress[]
  writeEpisodes(): Promise<void>
  outbox: Outbox
  letters: Letters
}

export function emit(part: EmitPart): OperatorFunction<Decided, Omit<Delivered, 'stages'>> {
  return concatMap(async ({ revisions, letters, received }) => {
    await part.writeEpisodes()
    await appendRevisions(part.db, revisions)
    const messages = await part.outbox.add(part.db, revisions)
    part.letters.mark(part.db)
    await part.db.meta.commit(part.epoch, part.progress())
    failpoint('before-commit')
    await part.db.run('COMMIT')
    if (messages.length + letters.length > 0) {
      failpoint('after-commit-before-deliver')
      if (messages.length > 0) await part.sink.deliver(messages)
      await part.letters.deliver(letters)
      failpoint('after-deliver-before-mark')
      part.outbox.delivered(messages)
    }
    return { revisions, received }
  })
}

/** What is committed and not yet confirmed; the rows go with the next commit. */
export class Outbox {
  #sequence: number
  #confirmed = 0

  /** `sequence`: the last one used. */
  constructor(sequence: number) {
    this.#sequence = sequence
  }

  static async open(db: Database): Promise<{ outbox: Outbox; pending: OutboxMessage[] }> {
    const last = Number(await db.meta.restore('sequence', 0))
    const rows = await db.rows('SELECT sequence, id, revision, body FROM engine.outbox ORDER BY sequence')
    const pending = rows.map(([sequence, id, revision, body]) => ({
      sequence: Number(sequence),
      id: String(id),
      revision: Number(revision),
      body: String(body),
    }))
    return { outbox: new Outbox(last), pending }
  }

  /** Inside the transaction: puts revisions in and takes confirmed ones out. */
  async add(db: Database, revisions: PublishedAlert[]): Promise<OutboxMessage[]> {
    if (this.#confirmed > 0) await db.run(`DELETE FROM engine.outbox WHERE sequence <= ${this.#confirmed}`)
    this.#confirmed = 0
    if (revisions.length === 0) return []
    const messages = revisions.map((r) => ({ sequence: ++this.#sequence, id: r.id, revision: r.revision, body: canonicalJson(r) }))
    await db.append(
      'engine',
      'outbox',
      [
        { type: 'bigint', values: BigInt64Array.from(messages, (m) => BigInt(m.sequence)) },
        textColumn(messages.map((m) => m.id)),
        integerColumn(messages.map((m) => m.revision)),
        textColumn(messages.map((m) => m.body)),
      ],
      messages.length,
    )
    db.meta.note('sequence', this.#sequence)
    return messages
  }

  delivered(messages: OutboxMessage[]): void {
    for (const m of messages) this.#confirmed = Math.max(this.#confirmed, m.sequence)
  }
}

async function appendRevisions(db: Database, revisions: PublishedAlert[]): Promise<void> {
  const ms = (of: (r: PublishedAlert) => string | undefined): Column => ({
    type: 'timestamp',
    values: Float64Array.from(revisions, (r) => Date.parse(of(r) ?? '')),
  })
  const json = (of: (r: PublishedAlert) => unknown) => textColumn(revisions.map((r) => JSON.stringify(of(r) ?? null)))
  const word = (of: (r: PublishedAlert) => string | null | undefined) => textColumn(revisions.map((r) => of(r) ?? null))
  await db.append(
    'lt',
    'alert_revisions',
    [
      word((r) => r.id),
      integerColumn(revisions.map((r) => r.revision)),
      word((r) => r.state),
      word((r) => r.mode),
      word((r) => r.rule.code),
      word((r) => r.rule.id),
      word((r) => r.rule.version),
      word((r) => r.rule.hash),
      word((r) => r.institution),
      word((r) => r.subject.kind),
      word((r) => r.subject.id),
      word((r) => r.subject.part),
      word((r) => r.severity),
      word((r) => r.band),
      ms((r) => r.at),
      ms((r) => r.window?.start),
      ms((r) => r.window?.end),
      json((r) => r.values),
      word((r) => r.threshold),
      word((r) => r.says.zh),
      word((r) => r.says.en),
      json((r) => r.law),
      json((r) => r.path),
      json((r) => r.evidence),
      integerColumn(revisions.map((r) => r.evidenceCount)),
      word((r) => r.disclosure),
      json((r) => r.positions),
    ],
    revisions.length,
  )
}
