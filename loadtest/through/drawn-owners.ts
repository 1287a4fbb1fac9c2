/** The owners that the benchmark is about, drawn: as numbers, as statements, as the table an engine has after a restart. */
import { createSchema } from '../../pipeline/store/schema.ts'
import { Database } from '../../pipeline/store/database.ts'
import { randomFor } from '../../pipeline/scenario/random.ts'

const SCALE = Number(process.env['OWNERS_SCALE'] ?? 1)
export const [COMPANIES, PERSONS, HUB] = [450_000 * SCALE, 550_000 * SCALE, 100_000 * SCALE]

export type Edges = { owner: Int32Array; owned: Int32Array; share: Float64Array; count: number; roots: number[] }

/** Companies come in groups of 1 to 12, every 4,000th of 2,000: each but the first has a parent among those before it, the rest of it belongs to persons. */
export function draw(): Edges {
  const random = randomFor(1, 'owners')
  const most = (COMPANIES + PERSONS) * 3
  const edges: Edges = { owner: new Int32Array(most), owned: new Int32Array(most), share: new Float64Array(most), count: 0, roots: [] }
  const add = (owner: number, owned: number, share: number) => {
    edges.owner[edges.count] = owner
    edges.owned[edges.count] = owned
    edges.share[edges.count++] = Math.round(share * 1e7) / 1e7
  }
  const person = () => COMPANIES + random.whole(0, PERSONS - 1)
  for (let first = 2, group = 0; first < COMPANIES; group++) {
    const size = Math.min(COMPANIES - first, group % 4000 === 3999 ? 2000 : random.whole(1, 12))
    edges.roots.push(first)
    for (let i = 0; i < size; i++) {
      let left = 0.95
      if (i > 0) left -= give(first + random.whole(Math.max(0, i - 40), i - 1), first + i, random.chance(0.7) ? 0.55 : 0.3)
      if (i > 0 && random.chance(0.02)) left -= give(first + i, first + random.whole(0, i - 1), 0.03)
      if (random.chance(HUB / COMPANIES)) left -= give(0, first + i, 0.05)
      for (let n = random.whole(1, 4); n > 0; n--) give(person(), first + i, left / 5)
    }
    first += size
  }
  for (let i = 0; i < HUB; i++) add(person(), 1, 0.9 / HUB)
  while (edges.count < 2_000_000 * SCALE) add(person(), random.whole(2, COMPANIES - 1), 0.01)
  return edges

  function give(owner: number, owned: number, share: number): number {
    add(owner, owned, share)
    return share
  }
}

export function party(id: number): string {
  return `P${id}`
}

export function statement(owner: number, owned: number, share: number) {
  const event = `/registry|REG-${owner}-${owned}`
  return { owner: party(owner), owned: party(owned), kind: 'equity' as const, share: share.toFixed(7), ref: { event, order: event } }
}

/** An engine's file in which the statements stand, and besides tables `edge` and `root` with parties as numbers. */
export async function filed(file: string, { owner, owned, share, count, roots }: Edges): Promise<Database> {
  const db = await Database.open(file)
  await createSchema(db)
  await db.run('CREATE TABLE edge(i INTEGER, owner INTEGER, owned INTEGER, share DOUBLE); CREATE TABLE root(id INTEGER)')
  const numbers = (values: Int32Array) => ({ type: 'integer', values: values.slice(0, count) }) as const
  await db.append(
    'main',
    'edge',
    [numbers(Int32Array.from({ length: count }, (_, i) => i)), numbers(owner), numbers(owned), { type: 'double', values: share.slice(0, count) }],
    count,
  )
  await db.append('main', 'root', [{ type: 'integer', values: Int32Array.from(roots) }], roots.length)
  await db.run(`INSERT INTO engine.state_ownership(slot, about, e, time, sequence, source, id, institution, op, part, log_offset, "ownershipId", owner, owned, kind, share)
      SELECT i, 0, i, i, i, '/registry', 'REG-' || owner || '-' || owned, 'R0001', 'upsert', 0, i, 'O' || i, 'P' || owner, 'P' || owned, 'equity',
        share::DECIMAL(9,7)::VARCHAR FROM edge ORDER BY i`)
  db.meta.note('tick', Infinity)
  await db.meta.write()
  await db.run('CHECKPOINT')
  return db
}
