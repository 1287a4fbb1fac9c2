/** An explanation as a tree, a graph in DOT, or rows of CSV. */
import type { Language } from '../../contract/index.ts'
import type { Lookthrough, LookthroughStep } from '../../contract/lookthrough.ts'
import { say } from '../../messages/index.ts'

/** One line a step, amounts aligned. */
export function tree(explanation: Lookthrough, language: Language): string[] {
  const { rest, paths, ...head } = explanation
  const lines = [...branches(paths, '', language), ...(isNothing(rest) ? [] : [{ text: `└─ ${say('through.rest', language)}`, amount: rest, event: '' }])]
  const [wide, far] = [Math.max(...lines.map((l) => columnsOf(l.text))), Math.max(...lines.map((l) => l.amount.length))]
  return [
    say('through.head', language, head),
    ...lines.map((l) => `${l.text}${' '.repeat(wide - columnsOf(l.text))}  ${l.amount.padStart(far)}  ${l.event}`.trimEnd()),
  ]
}

type Line = { text: string; amount: string; event: string }

function branches(steps: readonly LookthroughStep[], indent: string, language: Language): Line[] {
  return steps.flatMap((step, i) => {
    const isLast = i === steps.length - 1
    const text = `${indent}${isLast ? '└─ ' : '├─ '}${nameOf(step, language)}  ${step.kind}${shares(step)}`
    return [{ text, amount: step.amount, event: step.event ?? '' }, ...branches(step.on, indent + (isLast ? '   ' : '│  '), language)]
  })
}

/** A bank is not told where another's step leads. */
function nameOf({ to }: LookthroughStep, language: Language): string {
  return to ?? say('through.other', language)
}

/** `20 %`, or `50 % = 10 %` where the effective share is another; nothing for what lies in a product itself. */
function shares({ share, effective }: LookthroughStep): string {
  if (effective === undefined || effective === null || share === 1) return ''
  const [own, whole] = [percent(share ?? effective), percent(effective)]
  return own === whole ? `  ${whole}` : `  ${own} = ${whole}`
}

/** Steps whose end is not told are each a node of their own. */
export function dot({ institution, paths }: Lookthrough, language: Language): string[] {
  const edges = new Set<string>()
  const nodes: string[] = []
  const node = (step: LookthroughStep) => {
    if (step.to !== undefined) return JSON.stringify(step.to)
    nodes.push(`  "?${nodes.length + 1}" [label=${JSON.stringify(nameOf(step, language))}];`)
    return `"?${nodes.length}"`
  }
  const draw = (from: string, steps: readonly LookthroughStep[]) => {
    for (const step of steps) {
      const to = node(step)
      edges.add(`  ${from} -> ${to} [label=${JSON.stringify(`${step.kind}${shares(step)}\n${step.amount}`)}];`)
      draw(to, step.on)
    }
  }
  draw(JSON.stringify(institution), paths)
  return ['digraph lookthrough {', '  rankdir=LR; node [shape=box];', ...nodes, ...edges, '}']
}

/** A row a step, in the order of the tree; `depth` from 1. */
export function csv({ paths }: Lookthrough): string[] {
  const rows = (steps: readonly LookthroughStep[], depth: number): string[] =>
    steps.flatMap((s) => [[depth, s.to ?? '', s.kind, s.share ?? '', s.effective ?? '', s.amount, s.event ?? ''].map(cell).join(','), ...rows(s.on, depth + 1)])
  return ['depth,to,kind,share,effective_share,amount,event', ...rows(paths, 1)]
}

function cell(value: string | number): string {
  const text = String(value)
  return /[",\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text
}

function isNothing(amount: string): boolean {
  return Number(amount) === 0
}

function percent(share: number): string {
  return `${Number((share * 100).toPrecision(6))} %`
}

/** How wide a text is in a terminal: a Chinese character takes two columns. */
function columnsOf(text: string): number {
  return Array.from(text).reduce(
    (sum, c) => sum + (/[\u1100-\u115f\u2e80-\ua4cf\uac00-\ud7a3\uf900-\ufaff\ufe30-\ufe6f\uff00-\uff60\uffe0-\uffe6]/.test(c) ? 2 : 1),
    0,
  )
}
