/** Statements of ownership that stand, into the graph after a restart: a register of millions, in columns. */
import { type Block, eachBlock } from '../../../store/blocks.ts'
import type { Database } from '../../../store/database.ts'
import { Ids } from '../../../through/ids.ts'
import type { OwnershipGraph } from '../../../through/ownership.ts'
import type { StatementRef } from '../../../through/owners/refs.ts'
import { DECIMALS, MOST, WHOLE } from '../../../through/owners/share.ts'
import { OWNERSHIP_KINDS, type OwnershipColumns } from '../../../through/owners/statement.ts'
import { type Locate, refOf } from '../evidence.ts'

const SHARELESS = `kind IN ('control', 'dependence')`
const [LEAST, LARGEST] = [boundSql('shareMin', '0'), boundSql('shareMax', '1')]

/** Whether the shares of a statement are in the columns to the last digit: those of up to ten decimals. The others are stated one by one. */
export const IN_COLUMNS = [LEAST, LARGEST]
  .map(
    (text) =>
      `(coalesce(TRY_CAST(${text} AS DOUBLE), -1) BETWEEN 0 AND ${MOST} AND (NOT contains(${text}, '.') OR length(${text}) - strpos(${text}, '.') <= ${DECIMALS}))`,
  )
  .join(' AND ')

const COLUMNS = {
  texts: { ownershipId: '"ownershipId"', owner: 'owner', owned: 'owned', source: 'source', id: 'id', institution: 'institution' },
  integers: {
    kind: `(list_position([${OWNERSHIP_KINDS.map((kind) => `'${kind}'`).join(', ')}], kind) - 1)::INTEGER`,
    isComponent: `coalesce("isComponent", false)::INTEGER`,
    isUndeclared: `(NOT coalesce(declared, true))::INTEGER`,
    part: 'part',
  },
  bigints: { sequence: 'sequence' },
  doubles: {
    min: `TRY_CAST(${LEAST} AS DOUBLE)`,
    max: `TRY_CAST(${LARGEST} AS DOUBLE)`,
    from: startSql('from', '-Infinity'),
    to: startSql('to', 'Infinity'),
    e: 'e',
    offset: 'log_offset',
  },
}
type Read = Block<typeof COLUMNS>

/** Into an empty graph, whatever has its shares in the columns. */
export async function recallOwnerships(db: Database, graph: OwnershipGraph, locate: Locate): Promise<void> {
  const names = new Ids()
  await eachBlock(db, 'engine.standing_ownership', `op <> 'delete' AND ${IN_COLUMNS}`, COLUMNS, (block) => graph.load(columnsOf(block, names, locate)))
  graph.loaded()
}

function columnsOf(read: Read, names: Ids, locate: Locate): OwnershipColumns {
  const { count, texts, integers, doubles } = read
  const { kind, isComponent, isUndeclared } = integers
  const [min, max] = [doubles.min, doubles.max].map((shares) => shares.map((share) => Math.round(share * WHOLE))) as [Float64Array, Float64Array]
  const { from, to } = doubles
  const ref = refsOf(read, names, locate)
  return { count, id: texts.ownershipId, owner: texts.owner, owned: texts.owned, kind, isComponent, isUndeclared, min, max, from, to, ref }
}

/** What a statement is referred to by is put together when somebody asks; until then only what it is made of is kept. */
function refsOf({ texts: { source, institution, id }, integers: { part }, bigints: { sequence }, doubles: { e, offset } }: Read, names: Ids, locate: Locate) {
  const [sources, institutions] = [names.ofAll(source), names.ofAll(institution)]
  return (row: number): StatementRef => {
    const statement = {
      e: e[row] as number,
      source: names.text(sources[row] as number),
      id: id.at(row) ?? '',
      sequence: sequence[row] as bigint,
      part: part[row] as number,
      offset: offset[row] as number,
    }
    return { ...refOf(statement, 'ref.ownership', locate), institution: names.text(institutions[row] as number) }
  }
}

function boundSql(bound: 'shareMin' | 'shareMax', without: '0' | '1'): string {
  return `CASE WHEN ${SHARELESS} THEN '0' ELSE coalesce(share, "${bound}", '${without}') END`
}

/** Shanghai midnight at the start of a day, ms. */
function startSql(day: 'from' | 'to', without: string): string {
  return `coalesce(epoch_ms(TRY_CAST("${day}" AS TIMESTAMP))::DOUBLE - 8 * 3600000, '${without}'::DOUBLE)`
}
