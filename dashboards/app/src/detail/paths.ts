/** The steps of an alert as whole paths, and as one graph in which equal steps are drawn once. Pure. */
import type { PathStep, PublishedAlert } from '../../../../pipeline/contract/alert.ts'
import { formatDecimal, parseDecimal } from '../../../../pipeline/contract/money.ts'
import { REDACTED } from '../words/alert-words.ts'

export type Role = 'institution' | 'product' | 'obligor' | 'unknown' | 'redacted'
export type GraphNode = { id: string; label: string; role: Role; layer: number }
/** `amount` in CNY and `share` are sums over the paths that take this edge by different ways; `paths` their numbers. */
export type GraphEdge = { from: string; to: string; kind: string; amount: string | undefined; share: string | undefined; redacted: boolean; paths: Set<number> }
export type Graph = { nodes: GraphNode[]; edges: GraphEdge[]; layers: number; folded: number }

const UNKNOWN = 'unknown'
/** Paths drawn; the table has all of them. */
const PATHS_DRAWN = 14

/** A step whose ends are named: what the desk leaves out about another institution is `***`. */
export type NamedStep = PathStep & { from: string; to: string }

const split = new WeakMap<readonly PathStep[], NamedStep[][]>()

/** A path begins at the institution, and wherever a step does not go on from the one before. */
export function pathsOf(alert: PublishedAlert): NamedStep[][] {
  const known = split.get(alert.path)
  if (known !== undefined) return known
  const paths: NamedStep[][] = []
  let previous: NamedStep | undefined
  for (const stated of alert.path) {
    const step = { ...stated, from: stated.from ?? REDACTED, to: stated.to ?? REDACTED }
    const goesOn =
      previous !== undefined && step.from !== alert.institution && (step.from === REDACTED || previous.to === REDACTED || step.from === previous.to)
    if (goesOn) paths.at(-1)?.push(step)
    else paths.push([step])
    previous = step
  }
  if (alert.subject.id === UNKNOWN) for (const path of paths) endInUnknown(path)
  split.set(alert.path, paths)
  return paths
}

/** Products between the institution and the obligor, on the longest path. */
export function layersOf(alert: PublishedAlert): number {
  return pathsOf(alert).reduce((most, path) => Math.max(most, path.length - 1), 0)
}

export function graphOf(alert: PublishedAlert): Graph {
  const all = pathsOf(alert)
  const size = (path: NamedStep[]) => parseDecimal(path.at(-1)?.amount ?? '0', 2) ?? 0n
  const drawn = [...all].sort((a, b) => (size(a) < size(b) ? 1 : size(a) > size(b) ? -1 : 0)).slice(0, PATHS_DRAWN)
  const nodes = new Map<string, GraphNode>()
  const edges = new Map<string, GraphEdge>()
  const walked = new Set<string>()
  drawn.forEach((path, index) => {
    let at = nodeId(path[0]?.from ?? REDACTED, index, -1)
    addNode(nodes, at, path[0]?.from ?? REDACTED, alert)
    let way = at
    path.forEach((step, i) => {
      const to = nodeId(step.to, index, i)
      addNode(nodes, to, step.to, alert)
      way = `${way}>${to}|${step.kind}|${step.event ?? ''}`
      addStep(edges, { from: at, to, step, index, again: walked.has(way) })
      walked.add(way)
      at = to
    })
  })
  return layered([...nodes.values()], [...edges.values()], alert, all.length - drawn.length)
}

/** A product nobody has described is the last name on its path; what it hides is drawn, not dropped. */
function endInUnknown(path: NamedStep[]): void {
  const last = path.at(-1)
  if (last === undefined || last.to === UNKNOWN || last.to === REDACTED) return
  path.push({ from: last.to, to: UNKNOWN, kind: 'unidentified', ...(last.amount !== undefined && { amount: last.amount }) })
}

/** Every hidden name is a node of its own: nobody but the supervisor may know which of them are the same. */
function nodeId(name: string, path: number, step: number): string {
  return name === REDACTED ? `${REDACTED}${path}.${step}` : name
}

function addNode(nodes: Map<string, GraphNode>, id: string, name: string, alert: PublishedAlert): void {
  if (nodes.has(id)) return
  const role: Role =
    name === REDACTED
      ? 'redacted'
      : name === alert.institution
        ? 'institution'
        : name === UNKNOWN
          ? 'unknown'
          : name === alert.subject.id
            ? 'obligor'
            : 'product'
  nodes.set(id, { id, label: name, role, layer: 0 })
}

type Step = { from: string; to: string; step: NamedStep; index: number; again: boolean }

function addStep(edges: Map<string, GraphEdge>, { from, to, step, index, again }: Step): void {
  const key = `${from}>${to}|${step.kind}`
  const edge = edges.get(key)
  if (edge === undefined) {
    const redacted = step.from === REDACTED || step.to === REDACTED
    edges.set(key, { from, to, kind: step.kind, amount: step.amount, share: step.share, redacted, paths: new Set([index]) })
    return
  }
  edge.paths.add(index)
  if (again) return
  edge.amount = add(edge.amount, step.amount, 2)
  edge.share = add(edge.share, step.share, 20)
}

function add(a: string | undefined, b: string | undefined, scale: number): string | undefined {
  const [x, y] = [parseDecimal(a ?? '', scale), parseDecimal(b ?? '', scale)]
  return x === undefined ? b : y === undefined ? a : formatDecimal(x + y, scale)
}

/** Each node one layer right of the furthest that leads to it; the obligor at the far right. Rounds are bounded, so a cycle ends. */
function layered(nodes: GraphNode[], edges: GraphEdge[], alert: PublishedAlert, folded: number): Graph {
  const byId = new Map(nodes.map((n) => [n.id, n]))
  for (let round = 0; round < nodes.length; round++)
    for (const edge of edges) {
      const [from, to] = [byId.get(edge.from), byId.get(edge.to)]
      if (from !== undefined && to !== undefined && to.role !== 'institution' && from.layer < nodes.length) to.layer = Math.max(to.layer, from.layer + 1)
    }
  const layers = Math.max(0, ...nodes.map((n) => n.layer)) + 1
  for (const node of nodes) if (node.id === alert.subject.id || node.role === 'unknown') node.layer = Math.max(node.layer, layers - 1)
  return { nodes, edges, layers, folded }
}
