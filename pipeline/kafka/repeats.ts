/**
 * An engine that goes on from an older state (a snapshot, or a file whose last commits were torn off) judges again what it has judged before.
 * It comes to the same revisions and dead letters; their topics have them already and do not get them twice.
 */
import type { Position, Sink } from '../contract/source.ts'
import type { KafkaOptions } from './client.ts'
import { DEAD_LETTERS_TOPIC, letterName, namesAmong } from './dead-letters.ts'
import { writtenTo } from './read-topic.ts'
import { ALERTS_TOPIC, readAlerts } from './sink.ts'
import type { Start } from './source.ts'

/**
 * What the engine's file says: where it goes on, how many revisions it knows of, and how many dead letters, of which the last `unsent` may not be out:
 * in each partition those from `from` on.
 */
export type Known = { starts: readonly Start[]; sequence: number; letters: { counted: number; unsent: number; from: readonly Position[] } }

/** Reads the topics only where they hold more than the file knows to be there. */
export async function withoutRepeats(sink: Sink, options: KafkaOptions, known: Known): Promise<Sink> {
  const [said, buried] = await Promise.all([revisionsIn(options, known), lettersIn(options, known)])
  return {
    async deliver(messages) {
      const missing = messages.filter((m) => !said.delete(`${m.id}/${m.revision}`))
      if (missing.length > 0) await sink.deliver(missing)
    },
    async deliverDead(letters) {
      const missing = letters.filter((letter) => !buried.delete(letterName(letter)))
      if (missing.length > 0) await sink.deliverDead?.(missing)
    },
    close: () => sink.close(),
  }
}

async function revisionsIn(options: KafkaOptions, { sequence }: Known): Promise<Set<string>> {
  const there = new Set<string>()
  if ((await writtenTo(options, ALERTS_TOPIC)) <= sequence) return there
  for await (const { id, revision } of readAlerts(options, { follow: false })) there.add(`${id}/${revision}`)
  return there
}

/** How much more is read where what is looked for was not among the last. */
const FURTHER = 4

/**
 * Those the file does not know to be there, by name. How many there are is known beforehand, so that no more of the topic is read than they reach back:
 * after a kill its last few; after going on from an older state, whatever was sent since.
 */
async function lettersIn(options: KafkaOptions, { starts, letters: { counted, unsent, from } }: Known): Promise<Set<string>> {
  const written = await writtenTo(options, DEAD_LETTERS_TOPIC)
  const out = counted - unsent
  if (written === out) return new Set()
  const floors = new Map([...starts.map((s) => ({ ...s, offset: s.nextOffset })), ...from].map((p) => [`${p.topic}/${p.partition}`, p.offset]))
  const unknown = (p: Position) => p.offset >= (floors.get(`${p.topic}/${p.partition}`) ?? 0)
  // A topic that holds less than went out was made anew: nothing is known of it.
  let last = written < out ? written : Math.max(unsent, written - out)
  for (;;) {
    const names = await namesAmong(options, last, unknown)
    if (names.size >= written - out || last >= written) return names
    last *= FURTHER
  }
}
