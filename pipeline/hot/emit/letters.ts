/**
 * Dead letters on their way out. They need no outbox of their own: what was committed and is not known to be out are the last rows of `lt.dead_letters`,
 * and `engine.mark` says how many are out. The next commit waits for them, so those under way are never more than what one commit refused.
 */
import type { DeadReason } from '../../contract/index.ts'
import type { OutgoingLetter, Sink, WireForm } from '../../contract/source.ts'
import type { Database } from '../../store/database.ts'

/** Handed over at one time, so that no more than these lie in the memory of whoever sends them. */
const AT_ONCE = { letters: 2000, bytes: 8 << 20 }

export class Letters {
  readonly #sink: Sink
  #out: number
  #marked: number

  private constructor(sink: Sink, out: number) {
    this.#sink = sink
    this.#out = out
    this.#marked = out
  }

  /** What was refused before the first engine that sends dead letters stays where it is. */
  static async open(db: Database, sink: Sink): Promise<Letters> {
    if (sink.deliverDead === undefined) return new Letters(sink, 0)
    const [row] = await db.rows('SELECT coalesce(sum(dead), 0) FROM engine.partition')
    return new Letters(sink, Number(await db.meta.restore('letters', Number(row?.[0]))))
  }

  /** Sends what an earlier life committed and may not have sent. */
  async resend(db: Database): Promise<void> {
    if (this.#sink.deliverDead === undefined) return
    const [row] = await db.rows(`SELECT (SELECT coalesce(sum(dead), 0) FROM engine.partition), (SELECT count(*) FROM lt.dead_letters)`)
    const [counted, kept] = (row ?? []).map(Number) as [number, number]
    const unsent = counted - this.#out
    for (let at = 0; at < unsent; at += AT_ONCE.letters) await this.deliver(await lettersAt(db, kept - unsent, at))
  }

  /** Inside the transaction: notes how many are out. */
  mark(db: Database): void {
    if (this.#out === this.#marked) return
    db.meta.note('letters', this.#out)
    this.#marked = this.#out
  }

  /** After the commit; resolves once they are durable where they go. */
  async deliver(letters: readonly OutgoingLetter[]): Promise<void> {
    for (let from = 0; this.#sink.deliverDead !== undefined && from < letters.length; ) {
      const to = endOfPart(letters, from)
      await this.#sink.deliverDead(letters.slice(from, to))
      this.#out += to - from
      from = to
    }
  }
}

function endOfPart(letters: readonly OutgoingLetter[], from: number): number {
  let [to, bytes] = [from, 0]
  while (to < letters.length && to - from < AT_ONCE.letters && (to === from || bytes + (letters[to]?.bytes.length ?? 0) <= AT_ONCE.bytes))
    bytes += letters[to++]?.bytes.length ?? 0
  return to
}

/** Of the rows after the first `sent`, from the n-th on in the order of the log: those of one commit lie in any order, after those of the commits before. */
async function lettersAt(db: Database, sent: number, n: number): Promise<OutgoingLetter[]> {
  const rows = await db.objects(`SELECT topic, "partition", "offset", event, reason, pointer, id, institution, form, size, bytes
    FROM (FROM lt.dead_letters ORDER BY rowid OFFSET ${sent}) ORDER BY topic, "partition", "offset", event LIMIT ${AT_ONCE.letters} OFFSET ${n}`)
  return rows.map((row) => ({
    topic: String(row['topic']),
    partition: Number(row['partition']),
    offset: Number(row['offset']),
    event: Number(row['event']),
    reason: row['reason'] as DeadReason,
    pointer: row['pointer'] as string | null,
    id: row['id'] as string | null,
    institution: row['institution'] as string | null,
    form: row['form'] as WireForm,
    size: Number(row['size']),
    bytes: (row['bytes'] as { bytes: Uint8Array }).bytes,
  }))
}
