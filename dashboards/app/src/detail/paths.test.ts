import { expect, test } from 'vitest'
import type { PathStep, PublishedAlert } from '../../../../pipeline/contract/alert.ts'
import { layoutGraph } from './layout.ts'
import { graphOf, layersOf, pathsOf } from './paths.ts'

test('a direct loan and two ways through one fund are three paths, and the fund is drawn once', () => {
  const alert = about('P1', [
    { from: 'B1', to: 'P1', kind: 'loan', amount: '40.00', event: 'b1|l' },
    { from: 'B1', to: 'F1', kind: 'fundUnits', share: '0.5', amount: '100.00', event: 'b1|p' },
    { from: 'F1', to: 'P1', kind: 'bond', share: '0.5', amount: '30.00', event: 'am|f1' },
    { from: 'B1', to: 'F1', kind: 'fundUnits', share: '0.5', amount: '100.00', event: 'b1|p' },
    { from: 'F1', to: 'F2', kind: 'fundUnits', share: '0.2', amount: '20.00', event: 'am|f1' },
    { from: 'F2', to: 'P1', kind: 'bond', share: '0.2', amount: '20.00', event: 'am|f2' },
  ])
  const { nodes, edges } = graphOf(alert)
  expect([pathsOf(alert).length, layersOf(alert)]).toEqual([3, 2])
  expect(nodes.map((n) => [n.id, n.role, n.layer])).toEqual([
    ['B1', 'institution', 0],
    ['P1', 'obligor', 3],
    ['F1', 'product', 1],
    ['F2', 'product', 2],
  ])
  expect(edges.find((e) => e.to === 'F1')).toMatchObject({ amount: '100.00', share: '0.5', paths: new Set([1, 2]) })
})

test('the same fund reached through two others adds up', () => {
  const alert = about('P1', [...way(['B1', 'F1', 'F3', 'P1'], '10.00'), ...way(['B1', 'F2', 'F3', 'P1'], '7.05')])
  expect(graphOf(alert).edges.find((e) => e.from === 'F3')?.amount).toBe('17.05')
})

test('what the desk leaves out is drawn as a hidden node of its own, never joined with another', () => {
  const alert = about('P1', [
    { from: 'B1', to: 'F1', kind: 'fundUnits', amount: '10.00', event: 'b1|p' },
    { kind: 'bond', amount: '6.00' },
    { from: 'B1', to: 'F1', kind: 'fundUnits', amount: '10.00', event: 'b1|p' },
    { kind: 'bond', amount: '4.00' },
  ])
  const { nodes, edges } = graphOf(alert)
  expect(nodes.filter((n) => n.role === 'redacted').map((n) => n.label)).toEqual(['***', '***'])
  expect(edges.filter((e) => e.redacted).map((e) => [e.from, e.amount])).toEqual([
    ['F1', '6.00'],
    ['F1', '4.00'],
  ])
})

test('a product nobody has described leads on to the unknown client', () => {
  const alert = about('unknown', [{ from: 'B1', to: 'F9', kind: 'fundUnits', amount: '5.00', event: 'b1|p' }])
  expect(graphOf(alert).nodes.map((n) => n.role)).toEqual(['institution', 'product', 'unknown'])
})

test('holdings in a circle still end', () => {
  const alert = about('P1', way(['B1', 'F1', 'F2', 'F1', 'P1'], '1.00'))
  expect(graphOf(alert).layers).toBeLessThan(8)
})

test('no two nodes overlap, and every line ends at its node', () => {
  const alert = about('P1', [...way(['B1', 'F1', 'P1'], '9.00'), ...way(['B1', 'F2', 'F3', 'P1'], '5.00'), ...way(['B1', 'P1'], '3.00')])
  const { nodes, routes, nodeWidth } = layoutGraph(graphOf(alert), 600)
  for (const a of nodes) for (const b of nodes) if (a !== b) expect(Math.abs(a.x - b.x) >= nodeWidth || Math.abs(a.y - b.y) >= 40).toBe(true)
  const goal = nodes.find((n) => n.id === 'P1')
  for (const route of routes.filter((r) => r.edge.to === 'P1')) expect(route.line).toMatch(new RegExp(`${goal?.x} ${(goal?.y ?? 0) + 20}$`))
})

function way(names: string[], amount: string): PathStep[] {
  return names.slice(1).map((to, i) => ({ from: names[i] ?? '', to, kind: 'fundUnits', share: '0.1', amount, event: `${names[i]}|h` }))
}

function about(subject: string, path: PathStep[]): PublishedAlert {
  return {
    id: `A-${'0'.repeat(20)}`,
    revision: 1,
    state: 'new',
    mode: 'live',
    rule: { code: 'CR-02', id: 'credit/single-client-exposure', version: '1.0.0', hash: 'sha256:0' },
    institution: 'B1',
    subject: { kind: 'party', id: subject },
    severity: 'red',
    band: 'breach',
    at: '2026-03-02T01:00:00.000Z',
    window: null,
    values: {},
    threshold: null,
    says: { zh: '', en: '' },
    law: [],
    path,
    evidence: [],
    evidenceCount: 0,
    disclosure: 'institution',
  }
}
