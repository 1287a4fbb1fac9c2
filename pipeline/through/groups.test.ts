import { expect, test } from 'vitest'
import { ClientGroups } from './groups.ts'
import { OwnershipGraph } from './ownership.ts'
import type { OwnershipKind } from './owners/statement.ts'

function world() {
  const graph = new OwnershipGraph()
  const groups = new ClientGroups(graph.ties)
  const set = (owner: string, owned: string, share?: string, kind: OwnershipKind = 'equity') =>
    graph.set(`${owner}>${owned}:${kind}`, share === undefined ? undefined : { owner, owned, kind, share, ref: { event: owner, order: owner } })
  return { graph, groups, set }
}

test('control over a company joins two borrowers, selling it splits them again, exactly 50 % is no control (golden client-group-split)', () => {
  const { groups, set } = world()
  set('P1', 'P4', '0.50')
  set('P1', 'P2', '0.60')
  expect(groups.changed()).toEqual([
    { group: 'P1', joined: ['P2'], left: [] },
    { group: 'P2', joined: [], left: ['P2'] },
  ])
  set('P2', 'P3', '0.51')
  expect([groups.groupOf('P3'), groups.members('P1'), groups.groupOf('P4')]).toEqual(['P1', ['P1', 'P2', 'P3'], 'P4'])
  groups.changed()
  set('P1', 'P2')
  expect(groups.changed()).toEqual([
    { group: 'P1', joined: [], left: ['P2', 'P3'] },
    { group: 'P2', joined: ['P2', 'P3'], left: [] },
  ])
  expect([groups.members('P1'), groups.members('P2'), groups.members('P3')]).toEqual([['P1'], ['P2', 'P3'], []])
})

test('votes held together through two companies one controls join what neither holds alone', () => {
  const { groups, set } = world()
  set('P', 'A', '0.6')
  set('P', 'B', '0.6')
  set('A', 'C', '0.3')
  set('B', 'C', '0.3')
  expect(groups.members('A')).toEqual(['A', 'B', 'C', 'P'])
  set('P', 'B', '0.5')
  expect([groups.members('A'), groups.groupOf('B'), groups.groupOf('C')]).toEqual([['A', 'P'], 'B', 'C'])
})

test('dependence joins groups that control has made, and a pair tied twice stays when one tie goes', () => {
  const { groups, set } = world()
  set('P1', 'P2', '0.9')
  set('P2', 'P9', '0', 'dependence')
  set('P9', 'P8', '0.9')
  expect(groups.members('P1')).toEqual(['P1', 'P2', 'P8', 'P9'])
  set('P9', 'P2', '0', 'dependence')
  set('P2', 'P9', undefined, 'dependence')
  groups.changed()
  expect(groups.groupOf('P8')).toBe('P1')
  set('P9', 'P2', undefined, 'dependence')
  expect(groups.changed().map((c) => c.group)).toEqual(['P1', 'P8'])
})

test('what merges and splits again before anyone asks is no change', () => {
  const { graph, groups, set } = world()
  set('P1', 'P2', '0.9')
  set('P3', 'P4', '0.9')
  groups.changed()
  set('P2', 'P3', '0.9')
  expect(graph.controls('P1', 'P4')).toBe(true)
  expect(groups.groupOf('P4')).toBe('P1')
  set('P2', 'P3')
  expect(groups.changed()).toEqual([])
})

test('a party nobody has named is a group of one', () => {
  const { groups } = world()
  expect([groups.groupOf('X'), groups.members('X')]).toEqual(['X', ['X']])
})
