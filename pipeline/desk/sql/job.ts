/** What goes between the desk and a query's own process. */

/** A Parquet file as a table: `select` reads it, `schema` and `name` are what the query calls it. */
export type Table = { schema: 'lt' | 'sys'; name: string; file: string; select: string }

/** `before` and `after`: statements around the loading of the tables, before the query is looked at. */
export type Job = { sql: string; tables: Table[]; before: string; after: string; maxRows: number; maxBytes: number; timeoutMs: number }

export type SqlValue = string | number | boolean | null | SqlValue[] | { [key: string]: SqlValue }

/** `ms`: how long the query ran, without starting its process. */
export type SqlResult = { columns: { name: string; type: string }[]; rows: SqlValue[][]; truncated: boolean; ms: number }

/** `no-tables`: the files could not be read; its text may name paths and is for the log only. */
export type Answer = { result: SqlResult } | { failed: 'refused' | 'failed' | 'timeout' | 'memory' | 'no-tables'; why: string }
