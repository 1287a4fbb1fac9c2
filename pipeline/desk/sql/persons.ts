/** Who is behind a person's other names: read from the lake in a process of its own, as a query is. */
import { join } from 'node:path'
import { LookthroughError } from '../../contract/index.ts'
import { FORGET, macroOf, PERSONAL, pseudonym, type PseudonymKey } from '../entitlements/pseudonyms.ts'
import type { Answer, Job } from './job.ts'
import { inOwnProcess } from './own-process.ts'
import { CHILD } from './sql.ts'
import { literal } from './tables.ts'

/** Of a party all that is the person's own, of a token what stands behind it. */
export type AskedPerson = { party: string } | { token: string }
type Field = keyof typeof PERSONAL
export type Person = { party: string; fields: Partial<Record<Field, string | string[]>> }

const FIELDS = Object.entries(PERSONAL) as [Field, string][]
const COLUMNS = FIELDS.map(([, column]) => column)
const LIMITS = { maxRows: 100, maxBytes: 1 << 20, timeoutMs: 30_000 }

/** Those found, at most a hundred; none: nobody. `key`: that of the token. Throws LT-2132, LT-2134 and LT-2135 as a query does. */
export async function personsBehind(lakeDirectory: string, asked: AskedPerson, key: PseudonymKey, signal: AbortSignal): Promise<Person[]> {
  const file = join(lakeDirectory, 'tables', 'party.parquet')
  const where = 'party' in asked ? `party_id = ${literal(asked.party)}` : `list_contains(${TOKENS}, ${literal(asked.token)})`
  const select = `SELECT party_id, ${COLUMNS.join(', ')} FROM read_parquet(${literal(file)}) WHERE kind = 'person' AND ${where}`
  const job: Job = { sql: 'FROM lt.found', tables: [{ schema: 'lt', name: 'found', file, select }], before: macroOf(key), after: FORGET, ...LIMITS }
  const answer = await inOwnProcess<Answer>(CHILD, job, signal)
  if (!('result' in answer)) throw new LookthroughError(FAILURES[answer.failed] ?? 'LT-2135', { seconds: LIMITS.timeoutMs / 1000 })
  const isAsked = (text: string) => 'party' in asked || pseudonym(key, text) === asked.token
  return answer.result.rows.map(([party, ...values]) => ({ party: String(party), fields: fieldsOf(values, isAsked) }))
}

/** All tokens of a row. */
const TOKENS = `list_transform(list_concat([${COLUMNS.filter((c) => c !== 'ids').join(', ')}], CAST(ids AS VARCHAR[])), lambda text: pd(text))`
const FAILURES: Partial<Record<string, 'LT-2132' | 'LT-2134'>> = { timeout: 'LT-2132', memory: 'LT-2134' }

function fieldsOf(values: unknown[], isAsked: (text: string) => boolean): Person['fields'] {
  const told = FIELDS.flatMap(([field], k): [Field, string | string[]][] => {
    const value = values[k]
    if (typeof value !== 'string') return []
    if (field !== 'ids') return isAsked(value) ? [[field, value]] : []
    const papers = (JSON.parse(value) as string[]).filter(isAsked)
    return papers.length > 0 ? [[field, papers]] : []
  })
  return Object.fromEntries(told)
}
