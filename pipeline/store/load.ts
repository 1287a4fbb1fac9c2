/**
 * A batch as a relation: queries read its columns where they lie, only those they name, through a table function. Nothing is copied into a table first.
 * The function is answered on the thread that asked the query, which waits for it and must do nothing else with the connection meanwhile.
 */
import { DuckDBTableFunction, VARCHAR } from '@duckdb/node-api'
import type { TextColumn } from '../contract/text.ts'
import { type Column, duckType, VECTOR_ROWS, writeColumn } from './columns.ts'
import { type Database, quote } from './database.ts'

/** `text` in bytes; numbers as `appendColumns` takes them. */
export type LoadColumn = { name: string; column: Column } | { name: string; text: TextColumn }

type Relation = { names: string[]; columns: Column[]; count: number }
/** Where a scan stands: the next row, and the columns it was asked for. */
type Scan = { relation: Relation; next: number; columns: number[] }

const RELATIONS = new WeakMap<Database, Map<string, Relation>>()

/** Puts `count` rows of columns under a name, in place of what was there, and gives the relation to read them by. They must stay as they are until then. */
export function load(db: Database, name: string, columns: readonly LoadColumn[], count: number): string {
  const values = columns.map((c): Column => ('text' in c ? { type: 'utf8', values: c.text } : c.column))
  relationsOf(db).set(name, { names: columns.map((c) => c.name), columns: values, count })
  return loaded(name)
}

/** The relation of what was loaded last under this name. */
export function loaded(name: string): string {
  return `loaded(${quote(name)})`
}

function relationsOf(db: Database): Map<string, Relation> {
  const known = RELATIONS.get(db)
  if (known !== undefined) return known
  const relations = new Map<string, Relation>()
  RELATIONS.set(db, relations)
  db.connection.registerTableFunction(scanOf(relations))
  return relations
}

function scanOf(relations: Map<string, Relation>): DuckDBTableFunction {
  return DuckDBTableFunction.create({
    name: 'loaded',
    parameterTypes: [VARCHAR],
    supportsProjectionPushdown: true,
    bindFunction(bind) {
      const relation = relations.get(String(bind.getParameter(0)))
      if (relation === undefined) return bind.setError(`nothing is loaded under ${String(bind.getParameter(0))}`)
      relation.columns.forEach((column, k) => bind.addResultColumn(relation.names[k] ?? '', duckType(column)))
      bind.setCardinality(relation.count, true)
      bind.setBindData(relation)
    },
    initFunction(init) {
      // One thread: the rows of a batch stay together, so that large ones go into the file as whole row groups.
      init.setMaxThreads(1)
      init.setInitData({ relation: init.bindData as Relation, next: 0, columns: init.getColumnIndexes() } satisfies Scan)
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
