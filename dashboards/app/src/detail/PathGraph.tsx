import { useEffect, useMemo, useRef, useState } from 'react'
import type { PublishedAlert } from '../../../../pipeline/contract/alert.ts'
import { REDACTED } from '../words/alert-words.ts'
import { compact, grouped, percent } from '../words/format.ts'
import { useWords } from '../words/language.ts'
import { type Layout, layoutGraph, NODE_HEIGHT, type Placed, type Route } from './layout.ts'
import { type Graph, layersOf, pathsOf } from './paths.ts'

const CORNER = 6
/** A graph a little too wide is drawn smaller; one much too wide is scrolled. */
const LEAST_SCALE = 0.85
const CHARACTER_WIDTH = 8

/** Layers from left to right, lines as thick as their amounts; pointing at a node or a line lights up the paths through it. */
export function PathGraph({ alert, graph }: { alert: PublishedAlert; graph: Graph }) {
  const { say } = useWords()
  const frame = useRef<HTMLDivElement>(null)
  const width = useWidth(frame)
  const layout = useMemo<Layout | undefined>(() => (width === 0 ? undefined : layoutGraph(graph, width)), [graph, width])
  const scale = layout === undefined ? 1 : Math.min(1, Math.max(LEAST_SCALE, width / layout.width))
  const [lit, setLit] = useState<ReadonlySet<number>>()
  const summary = say('path.summary', {
    from: alert.institution,
    to: alert.subject.id,
    paths: pathsOf(alert).length,
    layers: layersOf(alert),
  })
  const shows = (paths: ReadonlySet<number>) => lit === undefined || [...paths].some((p) => lit.has(p))
  const pathsAt = (id: string) => new Set(graph.edges.filter((e) => e.from === id || e.to === id).flatMap((e) => [...e.paths]))
  return (
    <div ref={frame} className="graph scroll-x" data-severity={alert.severity} data-testid="path-graph">
      {layout !== undefined && (
        <svg width={layout.width * scale} height={layout.height * scale} viewBox={`0 0 ${layout.width} ${layout.height}`} role="img" aria-label={summary}>
          {layout.routes.map((route) => (
            <Line key={`${route.edge.from}>${route.edge.to}|${route.edge.kind}`} route={route} faint={!shows(route.edge.paths)} onLight={setLit} />
          ))}
          {layout.nodes.map((node) => {
            const paths = pathsAt(node.id)
            return (
              <Node key={node.id} node={node} width={layout.nodeWidth} faint={!shows(paths)} onEnter={() => setLit(paths)} onLeave={() => setLit(undefined)} />
            )
          })}
          {layout.routes.map((route) => (
            <Label key={`${route.edge.from}>${route.edge.to}|${route.edge.kind}`} route={route} faint={!shows(route.edge.paths)} />
          ))}
        </svg>
      )}
    </div>
  )
}

function Line({ route, faint, onLight }: { route: Route; faint: boolean; onLight: (paths: ReadonlySet<number> | undefined) => void }) {
  const { say, label } = useWords()
  const { edge } = route
  const facts = [
    label('kind', edge.kind),
    edge.share === undefined ? undefined : `${say('path.share')} ${percent(edge.share)}`,
    edge.amount === undefined ? undefined : `${grouped(edge.amount)} ${say('unit.yuan')}`,
  ]
  return (
    <g
      className="edge-line"
      data-faint={faint}
      data-redacted={edge.redacted}
      data-kind={edge.kind}
      onPointerEnter={() => onLight(edge.paths)}
      onPointerLeave={() => onLight(undefined)}
    >
      <title>{facts.filter((f) => f !== undefined).join(' · ')}</title>
      <path className="reach" d={route.line} />
      <path className="ink" d={route.line} strokeWidth={route.width} />
      {(edge.redacted || ['unidentified', 'stale'].includes(edge.kind)) && <path className="dashes" d={route.line} />}
    </g>
  )
}

function Label({ route, faint }: { route: Route; faint: boolean }) {
  const { label, language } = useWords()
  const { edge } = route
  const amount = edge.amount === undefined ? undefined : compact(edge.amount, language)
  const second = edge.share === undefined ? label('kind', edge.kind) : percent(edge.share)
  return (
    <g className="edge-label" data-faint={faint} transform={`translate(${route.label.x} ${route.label.y})`}>
      <text className="edge-amount" y={-4 - route.width / 3} textAnchor="middle">
        {amount}
      </text>
      <text className="edge-share" y={10 + route.width / 3} textAnchor="middle">
        {second}
      </text>
    </g>
  )
}

type NodeProps = { node: Placed; width: number; faint: boolean; onEnter: () => void; onLeave: () => void }

function Node({ node, width, faint, onEnter, onLeave }: NodeProps) {
  const { say, label } = useWords()
  const name = node.role === 'unknown' ? label('subject', 'unknown') : node.role === 'redacted' ? REDACTED : node.label
  return (
    <g
      className="node"
      data-role={node.role}
      data-node={node.label}
      data-faint={faint}
      transform={`translate(${node.x} ${node.y})`}
      onPointerEnter={onEnter}
      onPointerLeave={onLeave}
    >
      <title>{node.role === 'redacted' ? say('path.redacted') : `${say(`node.${node.role}`)} ${name}`}</title>
      <rect width={width} height={NODE_HEIGHT} rx={CORNER} />
      <text className="node-name" x={width / 2} y="17" textAnchor="middle">
        {shortened(name, Math.floor((width - 6) / CHARACTER_WIDTH))}
      </text>
      <text className="node-role" x={width / 2} y="31" textAnchor="middle">
        {say(`node.${node.role}`)}
      </text>
    </g>
  )
}

/** The middle goes first: ids differ at their ends. */
function shortened(name: string, most: number): string {
  if (name.length <= most) return name
  const end = Math.floor((most - 1) / 2)
  return `${name.slice(0, most - 1 - end)}…${name.slice(-end)}`
}

function useWidth(element: React.RefObject<HTMLElement | null>): number {
  const [width, setWidth] = useState(0)
  useEffect(() => {
    if (element.current === null) return
    const observer = new ResizeObserver(([entry]) => setWidth(Math.floor(entry?.contentRect.width ?? 0)))
    observer.observe(element.current)
    return () => observer.disconnect()
  }, [element])
  return width
}
