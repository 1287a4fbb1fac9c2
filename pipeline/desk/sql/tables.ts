/** What of the lake a viewer may query. The authority's people: all of it. A bank: its own rows of the tables named here, nothing else. */
import { readdir } from 'node:fs/promises'
import { join } from 'node:path'
import { isBank } from '../entitlements/see.ts'
import { FIGURE, KEPT_FIGURES, TOLD_TEXTS } from '../entitlements/values.ts'
import type { Table } from './job.ts'
import { maskedFrom } from './masked.ts'

const VALUES = `map_entries(CAST("values" AS MAP(VARCHAR, VARCHAR)))`
const TOLD_VALUES = `list_filter(${VALUES}, lambda v: (rule_code || '/' || v.key) NOT IN (${named(KEPT_FIGURES)})
  AND (regexp_matches(v.value, ${literal(FIGURE)}) OR (rule_code || '/' || v.key) IN (${named(TOLD_TEXTS)})))`
const isAllTold = `len(${TOLD_VALUES}) = len(${VALUES})`

/** What `viewFor` tells a bank of an alert where others' records are behind it; here no alert is told of by more than that. */
const ALERT_COLUMNS = `id, revision, state, mode, rule_code, rule_id, rule_version, rule_hash, institution, subject_kind, subject_id, subject_part, severity, band, "at",
  window_start, window_end, to_json(map_from_entries(${TOLD_VALUES})) AS "values", threshold, CASE WHEN ${isAllTold} THEN says_zh END AS says_zh,
  CASE WHEN ${isAllTold} THEN says_en END AS says_en, law, disclosure`

/**
 * Tables of a bank, each with the columns it may read. What could tell of others is left out: paths and evidence of alerts, values and sentences that name
 * them, log positions, what others claimed, and whatever was looked through (`exposure`, `path`, `holding`).
 */
const BANK_TABLES: Record<string, { columns: string; where?: string }> = {
  alerts: { columns: ALERT_COLUMNS, where: `disclosure = 'institution' AND mode = 'live'` },
  alert_revisions: { columns: ALERT_COLUMNS, where: `disclosure = 'institution' AND mode = 'live'` },
  party: { columns: '*' },
  ownership: { columns: '*' },
  loan: { columns: '*' },
  mitigant: { columns: '*' },
  position: { columns: '*' },
  metric: { columns: '*' },
  dead_letters: { columns: 'topic, reason, pointer, id, institution' },
  late: { columns: 'topic, id, source, type, institution, lateness_ms' },
  'sys.institution': { columns: '*' },
  'sys.stream': { columns: '*' },
  'sys.gap': { columns: '*' },
}

/** Where the files of a schema lie, and how its tables are named above. */
const SCHEMAS = [
  { schema: 'lt', folder: 'tables', prefix: '' },
  { schema: 'sys', folder: 'sys', prefix: 'sys.' },
] as const

/** `institution` null: sees all; one that is no bank's name: nothing. `seesBytes`: those as they were sent, whoever they speak of. */
export type SqlViewer = { institution: string | null; seesBytes?: boolean }

/** The tables there are for this viewer; their selects use the macro `pd`. */
export async function tablesFor(lakeDirectory: string, viewer: SqlViewer): Promise<Table[]> {
  const tables = await Promise.all(SCHEMAS.map((of) => tablesOf(lakeDirectory, of, viewer)))
  return tables.flat()
}

async function tablesOf(lakeDirectory: string, { schema, folder, prefix }: (typeof SCHEMAS)[number], viewer: SqlViewer): Promise<Table[]> {
  const { institution } = viewer
  const files = await readdir(join(lakeDirectory, folder)).catch(() => [])
  const names = files.flatMap((file) => /^([a-z_]+)\.parquet$/.exec(file)?.[1] ?? []).sort()
  return names.flatMap((name) => {
    const file = join(lakeDirectory, folder, `${name}.parquet`)
    const parties = names.includes('party') ? literal(join(lakeDirectory, folder, 'party.parquet')) : undefined
    const from = schema === 'lt' ? maskedFrom(name, literal(file), parties, viewer) : `read_parquet(${literal(file)})`
    if (institution === null) return { schema, name, file, select: `SELECT * FROM ${from}` }
    const bank = Object.hasOwn(BANK_TABLES, prefix + name) ? BANK_TABLES[prefix + name] : undefined
    if (bank === undefined) return []
    const where = [isBank(institution) ? `institution = ${literal(institution)}` : 'false', ...(bank.where === undefined ? [] : [bank.where])].join(' AND ')
    return { schema, name, file, select: `SELECT ${bank.columns} FROM ${from} WHERE ${where}` }
  })
}

/** Names by rule, as a list in SQL: `'CR-09/class', …`. */
function named(byRule: Readonly<Record<string, readonly string[]>>): string {
  return Object.entries(byRule)
    .flatMap(([code, names]) => names.map((name) => literal(`${code}/${name}`)))
    .join(', ')
}

/** As a text in SQL. */
export function literal(text: string): string {
  return `'${text.replaceAll("'", "''")}'`
}
