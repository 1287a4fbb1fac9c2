/** An explanation as a tree, a graph in DOT, or rows of CSV. */
import { formatDecimal, type Language } from '../../contract/index.ts'
import { say } from '../../messages/index.ts'
import type { Explanation, Way } from './explanation.ts'

/** One line a step, amounts aligned. */
export function tree(explanation: Explanation, language: Language): string[] {
  const { institution, obligor, total, direct, indirect, rest, ways } = explanation
  const head = say('through.head', language, { institution, obligor, total: money(total), direct: money(direct), indirect: money(indirect) })
  const lines = [...branches(ways, ''), ...(rest === 0n ? [] : [{ text: `└─ ${say('through.rest', language)}`, amount: rest, event: '' }])]
  const [wide, far] = [Math.max(...lines.map((l) => columnsOf(l.text))), Math.max(...lines.map((l) => money(l.amount).length))]
  return [head, ...lines.map((l) => `${l.text}${' '.repeat(wide - columnsOf(l.text))}  ${money(l.amount).padStart(far)}  ${l.event}`.trimEnd())]
}

type Line = { text: string; amount: bigint; event: string }

function branches(ways: readonly Way[], indent: string): Line[] {
  return ways.flatMap((way, i) => {
    const isLast = i === ways.length - 1
    const text = `${indent}${isLast ? '└─ ' : '├─ '}${way.to}  ${way.kind}${shares(way)}`
    return [{ text, amount: way.amount, event: way.event ?? '' }, ...branches(way.on, indent + (isLast ? '   ' : '│  '))]
  })
}

/** `20 %`, or `50 % = 10 %` where the effective share is another; nothing for what lies in a product itself. */
function shares({ share, effective }: Way): string {
  if (effective === null || share === 1) return ''
  const [own, whole] = [percent(share ?? effective), percent(effective)]
  return own === whole ? `  ${whole}` : `  ${own} = ${whole}`
}

export function dot({ institution, ways }: Explanation): string[] {
  const edges = new Set<string>()
  const draw = (from: string, of: readonly Way[]) => {
    for (const way of of) {
      edges.add(`  ${JSON.stringify(from)} -> ${JSON.stringify(way.to)} [label=${JSON.stringify(`${way.kind}${shares(way)}\n${money(way.amount)}`)}];`)
      draw(way.to, way.on)
    }
  }
  draw(institution, ways)
  return ['digraph lookthrough {', '  rankdir=LR; node [shape=box];', ...edges, '}']
}

/** A row a step, in the order of the tree; `depth` from 1. */
export function csv({ ways }: Explanation): string[] {
  const rows = (of: readonly Way[], depth: number): string[] =>
    of.flatMap((w) => [[depth, w.to, w.kind, w.share ?? '', w.effective ?? '', money(w.amount), w.event ?? ''].map(cell).join(','), ...rows(w.on, depth + 1)])
  return ['depth,to,kind,share,effective_share,amount,event', ...rows(ways, 1)]
}

export function asJson({ direct, indirect, total, rest, ways, ...about }: Explanation): object {
  const way = ({ amount, on, ...step }: Way): object => ({ ...step, amount: money(amount), on: on.map(way) })
  return { ...about, total: money(total), direct: money(direct), indirect: money(indirect), rest: money(rest), paths: ways.map(way) }
}

function cell(value: string | number): string {
  const text = String(value)
  return /[",\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text
}

function money(amount: bigint): string {
  return formatDecimal(amount, 2)
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
