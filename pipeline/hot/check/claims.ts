/** Claims: what another source says about a shared thing, kept beside what stands (contract §1). */
import { type EventType, formatDecimal } from '../../contract/index.ts'
import { textColumn } from '../../store/columns.ts'
import type { Database } from '../../store/database.ts'
import { stateTable } from '../../store/schema.ts'
import type { Data, Statement } from './statement.ts'

/** A claim, and the row that stood when it was made. */
export type Claim = { statement: Statement; standing: number }

/** `fields`: those a statement of the type was read with. The rows that stood must still lie in the state table. */
export async function writeClaims(db: Database, type: EventType, fields: string[], claims: Claim[]): Promise<void> {
  if (claims.length === 0) return
  const words = (values: unknown[]) => values.map((v) => String(v ?? '')).join('|')
  const slots = [...new Set(claims.map((c) => c.standing))]
  const rows = await db.rows(
    `SELECT ${['slot', ...fields.map((f) => `"${f}"`)].join(', ')} FROM engine.state_${stateTable(type)} WHERE slot IN (${slots.join(', ')})`,
  )
  const stood = new Map(rows.map(([slot, ...values]) => [Number(slot), words(values)]))
  const column = (of: (c: Claim) => string) => textColumn(claims.map(of))
  await db.append(
    'lt',
    'claim',
    [
      column(() => type),
      column((c) => c.statement.key),
      column((c) => c.statement.source),
      column((c) => c.statement.institution),
      column((c) => `${c.statement.source}|${c.statement.id}`),
      column((c) => words(fields.map((f) => shown(c.statement.data[f])))),
      column((c) => stood.get(c.standing) ?? ''),
    ],
    claims.length,
  )
}

/** As DuckDB shows the same value. */
function shown(value: Data[string]): string | undefined {
  return typeof value === 'bigint' ? formatDecimal(value, 2) : value
}
