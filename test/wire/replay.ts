/** Messages of any form as a log of one partition, and what the engine makes of it. */
import { digestOf } from '../../pipeline/contract/index.ts'
import type { Source } from '../../pipeline/contract/source.ts'
import type { Rule } from '../../pipeline/contract/rule.ts'
import { replay } from '../../pipeline/cold/replay/replay.ts'
import type { Database } from '../../pipeline/store/database.ts'
import { rawOf, type WireMessage } from './forms.ts'

export type Outcome = {
  digest: string
  revisions: number
  counts: Record<'used' | 'late' | 'duplicate' | 'dead', number>
  tables: Record<string, unknown>
  problems: string[]
}

/** `batches`: how many messages the engine gets at a time, in turns. */
export function sourceOf(messages: readonly WireMessage[], batches: readonly number[]): Source {
  let [next, turn] = [0, 0]
  return {
    partitions: [{ topic: 'log', partition: 0 }],
    control: [],
    pull() {
      if (next >= messages.length) return Promise.resolve(null)
      const first = next
      next += batches[turn++ % batches.length] as number
      return Promise.resolve(rawOf(messages.slice(first, next), first, next >= messages.length))
    },
    silent: () => [],
    writeControl: () => Promise.resolve(),
    close: () => Promise.resolve(),
  }
}

/** `problems`: commits at which in ≠ used + late + duplicate + dead. */
export async function outcomeOf(messages: readonly WireMessage[], batches: readonly number[], rules: readonly Rule[]): Promise<Outcome> {
  const problems: string[] = []
  let tables: Record<string, unknown> = {}
  const result = await replay({
    source: sourceOf(messages, batches),
    rules,
    watch(_, { books }) {
      const [log] = books
      if (log === undefined) return
      const came = messages.slice(0, log.nextOffset).reduce((sum, m) => sum + m.events, 0)
      const accounted = log.used + log.late + log.duplicate + log.dead
      if (came !== accounted) problems.push(`at offset ${log.nextOffset} ${came} events had come in, ${accounted} were accounted for`)
    },
    inspect: async (db) => {
      tables = await tablesOf(db)
    },
  })
  const { used, late, duplicate, dead, revisions } = result
  return { digest: digestOf(revisions), revisions: revisions.length, counts: { used, late, duplicate, dead }, tables, problems }
}

const STATE = ['party', 'ownership', 'loan', 'mitigant', 'position', 'holding', 'holding_line', 'price', 'metric', 'exposure_total', 'alerts']

/** The tables of the contract, positions aside: an event's offset is that of the message it came with. */
async function tablesOf(db: Database): Promise<Record<string, unknown>> {
  const texts: Record<string, unknown> = {}
  for (const table of STATE) texts[table] = await linesOf(db, `SELECT to_json(t)::VARCHAR FROM lt.${table} t`)
  texts['dead_letters'] = await linesOf(db, `SELECT concat_ws('|', reason, pointer, id, institution) FROM lt.dead_letters`)
  return texts
}

async function linesOf(db: Database, sql: string): Promise<string[]> {
  return (await db.rows(sql)).map(([line]) => String(line).replaceAll(/"positions":(\[.*?\]|null)/g, '')).sort()
}
