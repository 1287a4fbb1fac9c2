/**
 * An engine that goes on from an older state (a snapshot, or a file whose last commits were torn off) judges again what it has judged before.
 * It comes to the same revisions and dead letters; their topics have them already and do not get them twice.
 */
import type { Sink } from '../contract/source.ts'
import type { KafkaOptions } from './client.ts'
import { DEAD_LETTERS_TOPIC, letterName, lettersAmong } from './dead-letters.ts'
import { writtenTo } from './read-topic.ts'
import { ALERTS_TOPIC, readAlerts } from './sink.ts'

/** How many revisions the engine's file knows of; how many dead letters, of which the last `unsent` may not be out. */
export type Known = { sequence: number; letters: { counted: number; unsent: number } }

/** Reads the topics only where they may hold more than the file knows to be there. */
export async function withoutRepeats(sink: Sink, options: KafkaOptions, { sequence, letters }: Known): Promise<Sink> {
  const [revisions, dead] = await Promise.all([writtenTo(options, ALERTS_TOPIC), writtenTo(options, DEAD_LETTERS_TOPIC)])
  const said = revisions > sequence ? await revisionsIn(options) : new Set<string>()
  // What the file does not know to be there came last. Where the topic was made anew, only that which may be.
  const unknown = Math.max(letters.unsent, dead - (letters.counted - letters.unsent))
  const buried = unknown > 0 ? await lettersAmong(options, unknown) : new Set<string>()
  return {
    async deliver(messages) {
      const missing = messages.filter((m) => !said.delete(`${m.id}/${m.revision}`))
      if (missing.length > 0) await sink.deliver(missing)
    },
    async deliverDead(all) {
      const missing = all.filter((letter) => !buried.delete(letterName(letter)))
      if (missing.length > 0) await sink.deliverDead?.(missing)
    },
    close: () => sink.close(),
  }
}

async function revisionsIn(options: KafkaOptions): Promise<Set<string>> {
  const there = new Set<string>()
  for await (const { id, revision } of readAlerts(options, { follow: false })) there.add(`${id}/${revision}`)
  return there
}
