/**
 * A batch as a relation: queries read its columns where they lie, only those they name, through a table function. Nothing is copied into a table first.
 * The function is answered on the thread that asked the query, which waits for it and must do nothing else with the connection meanwhile.
 */
import { type DuckDBConnection, DuckDBTableFunction, VARCHAR } from '@duckdb/node-api'
import { TextColumn } from '../contract/text.ts'
import { type Column, duckType, type NumericArray, VECTOR_ROWS, writeColumn } from './columns.ts'
import type { Database } from './database.ts'
import { quote } from './quote.ts'

/** `text` in bytes; numbers as `appendColumns` takes them. */
export type LoadColumn = { name: string; column: Column } | { name: string; text: TextColumn }

export type Relation = { names: string[]; columns: Column[]; count: number }
/** Where a scan stands: the next row, and the columns it was asked for. */
type Scan = { relation: Relation; next: number; columns: number[] }

/** The column every relation has besides: the place of a row in it. */
export const ROW = '_row'

/** Puts `count` rows of columns under a name, in place of what was there, and gives the relation to read them by. They must stay as they are until then. */
export function load(db: Database, name: string, columns: readonly LoadColumn[], count: number): string {
  const values = columns.map((c): Column => ('text' in c ? { type: 'utf8', values: c.text } : c.column))
  const relation = { names: [ROW, ...columns.map((c) => c.name)], columns: [{ type: 'integer', values: placesUpTo(count) }, ...values] as Column[], count }
  const before = db.relations.get(name)
  if (before !== undefined && !isAlike(before, relation)) db.forgetPlans()
  db.relations.set(name, relation)
  return loaded(name)
}

/** A relation of some rows of what is loaded under a name; of all of them where they are so many that picking them takes longer. */
export function pick(db: Database, name: string, rows: readonly number[]): string {
  const relation = db.relations.get(name)
  if (relation === undefined || rows.length * 4 > relation.count) return loaded(name)
  const picked = `${name} picked`
  db.relations.set(picked, { names: relation.names, columns: relation.columns.map((c) => rowsOf(c, rows)), count: rows.length })
  return loaded(picked)
}

/** The relation of what was loaded last under this name. */
export function loaded(name: string): string {
  return `loaded(${quote(name)})`
}

/** The same columns in the same order: a plan for one will do for the other. */
function isAlike(a: Relation, b: Relation): boolean {
  return a.names.length === b.names.length && a.names.every((name, k) => name === b.names[k] && a.columns[k]?.type === b.columns[k]?.type)
}

function rowsOf(column: Column, rows: readonly number[]): Column {
  switch (column.type) {
    case 'utf8':
      return { type: 'utf8', values: TextColumn.of(rows.map((row) => column.values.at(row))) }
    case 'text':
      return { type: 'text', values: rows.map((row) => column.values[row] ?? null) }
    case 'blob':
      return { type: 'blob', values: rows.map((row) => column.values[row] ?? new Uint8Array()) }
  }
  const chosen = { ...column, values: numbersOf(column.values, rows) } as Column
  return 'valid' in chosen && chosen.valid !== undefined ? { ...chosen, valid: numbersOf(chosen.valid, rows) } : chosen
}

function numbersOf<T extends NumericArray>(values: T, rows: readonly number[]): T {
  const chosen = new (values.constructor as new (n: number) => T)(rows.length)
  rows.forEach((row, i) => (chosen[i] = values[row] as never))
  return chosen
}

let places = new Int32Array(0)

/** 0, 1, 2 and so on, at least `count` of them. */
function placesUpTo(count: number): Int32Array {
  if (places.length < count) places = new Int32Array(Math.max(count, places.length * 2)).map((_, i) => i)
  return places
}

/** No relations yet, and the function of this connection's instance that reads them by their names. */
export function relationsOn(connection: DuckDBConnection): Map<string, Relation> {
  const relations = new Map<string, Relation>()
  connection.registerTableFunction(scanOf(relations))
  return relations
}

function scanOf(relations: ReadonlyMap<string, Relation>): DuckDBTableFunction {
  return DuckDBTableFunction.create({
    name: 'loaded',
    parameterTypes: [VARCHAR],
    supportsProjectionPushdown: true,
    bindFunction(bind) {
      const name = String(bind.getParameter(0))
      const relation = relations.get(name)
      if (relation === undefined) return bind.setError(`nothing is loaded under ${name}`)
      relation.columns.forEach((column, k) => bind.addResultColumn(relation.names[k] ?? '', duckType(column)))
      // A guess: what is planned now may be run over the batches to come.
      bind.setCardinality(relation.count, false)
      bind.setBindData({ name })
    },
    initFunction(init) {
      // One thread: the rows of a batch stay together, so that large ones go into the file as whole row groups.
      init.setMaxThreads(1)
      init.setInitData({
        relation: relations.get((init.bindData as { name: string }).name) as Relation,
        next: 0,
        columns: init.getColumnIndexes(),
      } satisfies Scan)
    },
    mainFunction(info, chunk) {
      const scan = info.initData as Scan
      const { columns, count } = scan.relation
      const n = Math.min(VECTOR_ROWS, count - scan.next)
      chunk.rowCount = n
      for (const [k, index] of scan.columns.entries()) {
        const column = columns[index]
        // A count of rows asks for none.
        if (n > 0 && column !== undefined) writeColumn(chunk, k, column, scan.next, n)
      }
      scan.next += n
    },
  })
}
