/** Rows of a table of the look-through as a relation that SQL reads. */
import { columnsOfTable, type CellKind, type ThroughTable } from '../../../contract/through-table.ts'
import { formatDecimal } from '../../../contract/index.ts'
import { doubleColumn, integerColumn, textColumn } from '../../../store/columns.ts'
import type { Database } from '../../../store/database.ts'
import { load } from '../../../store/load.ts'
import type { Cell, Cells } from './rows.ts'

/** `institution`, `subject`, `subject_kind` and the table's columns, in the order of `rows`, whose place is column `i`; `rule` and `at`, ms: a number for each. */
export function relationOf(
  db: Database,
  table: ThroughTable,
  rows: readonly { institution: string; subject: { kind: string; id: string }; cells: Cells }[],
  rules: readonly number[] = rows.map(() => 0),
  at: readonly number[] = rows.map(() => 0),
): string {
  const columns = columnsOfTable(table)
  // As text: a sum may have more digits than an amount, and what is planned for one batch holds for the next.
  const cells = columns.map(([name, kind]) => ({ name, column: textColumn(rows.map((r) => cellText(r.cells[name] ?? null, kind))) }))
  const loaded = load(
    db,
    `through ${table}`,
    [
      { name: 'i', column: integerColumn(rows.map((_, i) => i)) },
      { name: 'rule', column: integerColumn([...rules]) },
      { name: 'institution', column: textColumn(rows.map((r) => r.institution)) },
      { name: 'subject', column: textColumn(rows.map((r) => r.subject.id)) },
      { name: 'subject_kind', column: textColumn(rows.map((r) => r.subject.kind)) },
      { name: 'at', column: doubleColumn([...at]) },
      ...cells,
    ],
    rows.length,
  )
  const typed = columns.filter(([, kind]) => kind !== 'text').map(([name, kind]) => `TRY_CAST("${name}" AS ${CELL_SQL[kind]}) AS "${name}"`)
  return typed.length === 0 ? loaded : `(SELECT * REPLACE (${typed.join(', ')}) FROM ${loaded})`
}

/** How cells are typed in it. */
export const CELL_SQL: Readonly<Record<CellKind, string>> = {
  money: 'DECIMAL(38,2)',
  integer: 'BIGINT',
  ratio: 'DECIMAL(38,20)',
  text: 'VARCHAR',
  boolean: 'BOOLEAN',
}

/** As it is written on an alert. */
export function cellText(cell: Cell, kind: CellKind): string | null {
  if (cell === null) return null
  return kind === 'money' ? formatDecimal(cell as bigint, 2) : String(cell)
}
