/** Places a layered graph from left to right. Edges over several layers bend through free places, so that none runs under a node. Pure. */
import type { Graph, GraphEdge, GraphNode } from './paths.ts'

export type Placed = GraphNode & { x: number; y: number }
export type Route = { edge: GraphEdge; line: string; label: { x: number; y: number }; width: number }
export type Layout = { nodes: Placed[]; routes: Route[]; nodeWidth: number; width: number; height: number }

export const NODE_HEIGHT = 40
const ROW = 58
const MARGIN = 4
const NODE_WIDTHS = { least: 84, most: 128 }
const GAPS = { least: 56, most: 230 }
const SWEEPS = 6
const THINNEST = 1.5
const THICKEST = 9

type Place = { id: string; layer: number; row: number; node: GraphNode | undefined }
type Chain = { edge: GraphEdge; places: Place[] }

export function layoutGraph(graph: Graph, available: number): Layout {
  const { layers } = graph
  const free = available - 2 * MARGIN
  const nodeWidth = within((free - (layers - 1) * GAPS.least) / layers, NODE_WIDTHS)
  const gap = layers < 2 ? 0 : within((free - layers * nodeWidth) / (layers - 1), GAPS)
  const { columns, chains } = places(graph)
  order(columns, chains)
  const rows = Math.max(1, ...columns.map((c) => c.length))
  const height = rows * ROW + 2 * MARGIN
  const x = (layer: number) => MARGIN + layer * (nodeWidth + gap)
  const y = (place: Place) => MARGIN + ((place.row + 0.5) / (columns[place.layer]?.length ?? 1)) * rows * ROW
  const nodes = columns.flat().flatMap((p) => (p.node === undefined ? [] : [{ ...p.node, x: x(p.layer), y: y(p) - NODE_HEIGHT / 2 }]))
  const largest = Math.max(1, ...graph.edges.map((e) => Number(e.amount ?? 0)))
  const routes = chains.map((chain): Route => {
    const points = chain.places.map((p) => ({ left: x(p.layer), right: x(p.layer) + nodeWidth, y: y(p) }))
    return { edge: chain.edge, ...curve(points, labelNearEnd(chain.edge, graph)), width: thickness(chain.edge, largest) }
  })
  return { nodes, routes, nodeWidth, width: 2 * MARGIN + layers * nodeWidth + Math.max(0, layers - 1) * gap, height }
}

function within(value: number, { least, most }: { least: number; most: number }): number {
  return Math.min(most, Math.max(least, value))
}

function thickness(edge: GraphEdge, largest: number): number {
  return THINNEST + (THICKEST - THINNEST) * Math.sqrt(Math.max(0, Number(edge.amount ?? 0)) / largest)
}

/** The columns of the drawing, with a free place for an edge in every layer that it passes. */
function places(graph: Graph): { columns: Place[][]; chains: Chain[] } {
  const columns: Place[][] = Array.from({ length: graph.layers }, () => [])
  const put = (id: string, layer: number, node?: GraphNode): Place => {
    const place = { id, layer, row: columns[layer]?.length ?? 0, node }
    columns[layer]?.push(place)
    return place
  }
  const byId = new Map(graph.nodes.map((node) => [node.id, put(node.id, node.layer, node)]))
  const chains = graph.edges.flatMap((edge): Chain[] => {
    const [from, to] = [byId.get(edge.from), byId.get(edge.to)]
    if (from === undefined || to === undefined) return []
    const between = Array.from({ length: Math.max(0, to.layer - from.layer - 1) }, (_, i) => put(`${edge.from}>${edge.to}|${edge.kind}`, from.layer + i + 1))
    return [{ edge, places: [from, ...between, to] }]
  })
  return { columns, chains }
}

/** Sweeps to the right and back, each time sorting a column by the middle of its neighbours: the usual barycentre heuristic. */
function order(columns: Place[][], chains: Chain[]): void {
  const neighbours = new Map<Place, { left: Place[]; right: Place[] }>()
  const of = (place: Place) => {
    const known = neighbours.get(place) ?? { left: [], right: [] }
    neighbours.set(place, known)
    return known
  }
  for (const { places: chain } of chains)
    chain.forEach((place, i) => {
      const next = chain[i + 1]
      if (next === undefined) return
      of(place).right.push(next)
      of(next).left.push(place)
    })
  const height = (place: Place) => (place.row + 0.5) / (columns[place.layer]?.length ?? 1)
  const middle = (place: Place, side: Place[]) => (side.length === 0 ? height(place) : side.reduce((sum, p) => sum + height(p), 0) / side.length)
  for (let sweep = 0; sweep < SWEEPS; sweep++) {
    const side = sweep % 2 === 0 ? 'left' : 'right'
    for (const column of side === 'left' ? columns : columns.toReversed()) {
      const wanted = new Map(column.map((p) => [p, middle(p, of(p)[side])]))
      column.sort((a, b) => (wanted.get(a) ?? 0) - (wanted.get(b) ?? 0))
      column.forEach((place, row) => {
        place.row = row
      })
    }
  }
}

/** A label stands where its edge is by itself: at the end that fewer edges share. */
function labelNearEnd(edge: GraphEdge, graph: Graph): boolean {
  const leaving = graph.edges.filter((e) => e.from === edge.from).length
  const arriving = graph.edges.filter((e) => e.to === edge.to).length
  return leaving >= arriving
}

type Point = { left: number; right: number; y: number }

/** Bends lie between columns only; within a column that it passes, a line is straight. */
function curve(points: Point[], nearEnd: boolean): { line: string; label: { x: number; y: number } } {
  const [first, last] = [points[0], points.at(-1)]
  if (first === undefined || last === undefined) return { line: '', label: { x: 0, y: 0 } }
  let line = `M${first.right} ${first.y}`
  points.slice(1).forEach((to, i) => {
    const from = points[i] ?? first
    const mid = (from.right + to.left) / 2
    line += ` C${mid} ${from.y} ${mid} ${to.y} ${to.left} ${to.y}`
    if (to !== last) line += ` H${to.right}`
  })
  // A line that passes layers has a straight piece of its own in each of them.
  const passed = points.slice(1, -1)[Math.floor((points.length - 2) / 2)]
  if (passed !== undefined) return { line, label: { x: (passed.left + passed.right) / 2, y: passed.y } }
  const [a, b] = nearEnd ? [points.at(-2) ?? first, last] : [first, points[1] ?? last]
  const t = a.y === b.y ? 0.5 : nearEnd ? 0.66 : 0.34
  const middle = (a.right + b.left) / 2
  const at = (p: number, c1: number, c2: number, q: number) => (1 - t) ** 3 * p + 3 * (1 - t) ** 2 * t * c1 + 3 * (1 - t) * t * t * c2 + t ** 3 * q
  return { line, label: { x: at(a.right, middle, middle, b.left), y: at(a.y, a.y, b.y, b.y) } }
}
