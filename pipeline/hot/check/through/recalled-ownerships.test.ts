import { expect, test } from 'vitest'
import { Database } from '../../../store/database.ts'
import { createSchema } from '../../../store/schema.ts'
import { readStanding } from '../release.ts'
import { Owners } from './owners.ts'
import { IN_COLUMNS } from './recalled-ownerships.ts'

const NOON = Date.parse('2026-03-02T12:00:00+08:00')
/** Kind, share, shareMin, shareMax, isComponent, declared, from, to. */
const STATED = [
  `'equity', '0.6', NULL, NULL, NULL, NULL, NULL, NULL`,
  `'equity', NULL, '0.1', '0.3', false, false, NULL, NULL`,
  `'equity', NULL, '0.51', NULL, true, true, NULL, NULL`,
  `'votes', '0.50000000000000000001', NULL, NULL, NULL, NULL, NULL, NULL`,
  `'votes', '0.5000000001', NULL, NULL, NULL, NULL, '2026-03-02', NULL`,
  `'control', '0.1', NULL, NULL, NULL, NULL, NULL, '2026-03-02'`,
  `'dependence', NULL, NULL, NULL, NULL, NULL, '2026-03-03', '2026-04-01'`,
  `'dependence', NULL, NULL, NULL, NULL, true, NULL, NULL`,
  `'equity', '-0.2', NULL, NULL, NULL, NULL, NULL, NULL`,
  `'equity', '1001', NULL, NULL, NULL, NULL, NULL, NULL`,
  `'equity', NULL, NULL, NULL, NULL, NULL, NULL, NULL`,
]

test('after a restart the graph of owners is the one that every statement makes by itself, evidence and all', async () => {
  const db = await Database.open(':memory:')
  await createSchema(db)
  const rows = Array.from({ length: 400 }, (_, i) => {
    const [owner, owned] = [`单位${(i * 7) % 60}`, `P${(i * 13) % 50}`]
    // Far apart, as after years of statements that others took the place of.
    const slot = i * 5000
    return `(${slot}, 0, ${NOON - i}, ${NOON}, ${i % 3 === 0 ? '9223372036854775807' : i}, '/登记${i % 2}', 'REG-${i}', 'B${i % 3}', '${i % 17 === 5 ? 'delete' : 'upsert'}',
      ${i % 4}, ${i}, 'O${i}', '${owner}', '${i % 50 === 7 ? owner : owned}', ${STATED[i % STATED.length]})`
  })
  await db.run(`INSERT INTO engine.state_ownership(slot, about, e, time, sequence, source, id, institution, op, part, log_offset,
      "ownershipId", owner, owned, kind, share, "shareMin", "shareMax", "isComponent", declared, "from", "to") VALUES ${rows.join(', ')};
    INSERT INTO engine.gone_ownership VALUES (5000, ${NOON}), (10000, ${NOON})`)
  db.meta.note('tick', NOON)
  await db.meta.write()
  const locate = (part: number, offset: number) => ({ topic: 'lt.ref.ownership', partition: part, offset })
  const [recalled, told] = [new Owners(locate, undefined), new Owners(locate, undefined)]
  const inColumns = await db.rows(
    `SELECT count(*) FILTER (${IN_COLUMNS}), count(*) FILTER (NOT (${IN_COLUMNS})) FROM engine.standing_ownership WHERE op <> 'delete'`,
  )
  const standing = rows.map((_, i) => i).filter((i) => i % 17 !== 5 && i !== 1 && i !== 2)
  const bySelf = standing.filter((i) => [3, 8, 9].includes(i % STATED.length))
  expect(inColumns.flat().map(Number)).toEqual([standing.length - bySelf.length, bySelf.length])
  await recalled.recall(db, NOON)
  for (const [owners, where] of [
    [recalled, recalled.recalls['ref.ownership']],
    [told, 'true'],
  ] as const)
    for (const after of await readStanding(db, 'ref.ownership', [...owners.reads['ref.ownership']], where))
      owners.apply({ type: 'ref.ownership', was: undefined, from: undefined, is: after.data, after })
  db.close()
  for (const at of [NOON, NOON + 86_400_000]) {
    for (const owners of [recalled, told]) owners.settle(at)
    const parties = Array.from({ length: 60 }, (_, i) => [`单位${i}`, `P${i}`]).flat()
    const content = ({ graph, groups }: Owners) =>
      parties.map((party) => [party, graph.rows(party), graph.sanity(party), graph.statementsInto(party), graph.ownersOf(party, 0.05), groups.groupOf(party)])
    expect(content(recalled)).toEqual(content(told))
    expect(recalled.nextAt()).toBe(told.nextAt())
    expect(recalled.changedGroups).toEqual(told.changedGroups)
  }
})
