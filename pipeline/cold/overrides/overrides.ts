/** Parameters that institutions have of their own, as they are written in YAML: read, checked against the rules, and put into them. */
import { readFile } from 'node:fs/promises'
import Type, { type Static } from 'typebox'
import { Compile } from 'typebox/compile'
import { LineCounter, parseDocument, isMap, isSeq, type Node, type ParsedNode } from 'yaml'
import { LookthroughError } from '../../contract/index.ts'
import { EVERYONE, instantOf, Override, parameterError, type Rule } from '../../contract/rule.ts'
import { whyForAll } from './for-all.ts'

/** An override as it is written: `rule` is a code or an id. */
const Written = Type.Object({ rule: Type.String({ minLength: 1 }), ...Override.properties }, { additionalProperties: false })
const written = Compile(Written)
/** With where it stands. */
export type WrittenOverride = Static<typeof Written> & { file: string; line: number }

/** The overrides of a file: a list, by itself or under `parameters`. Throws LT-1001, LT-1017 with the line that is wrong. */
export async function readOverrides(file: string): Promise<WrittenOverride[]> {
  const text = await readFile(file, 'utf8').catch((error: Error) => {
    throw new LookthroughError('LT-1001', { file, why: error.message }, error)
  })
  const lines = new LineCounter()
  const document = parseDocument(text, { lineCounter: lines })
  const [broken] = document.errors
  if (broken !== undefined) refuse({ file, line: broken.linePos?.[0].line ?? 1 }, broken.message)
  const list = isMap(document.contents) ? document.contents.get('parameters', true) : document.contents
  if (!isSeq(list)) return refuse({ file, line: 1 }, 'parameters: a list of { rule, name, institution, value, from, to, reason, approvedBy, source }')
  return overridesIn(list.items as ParsedNode[], file, lines)
}

/** Those among the items of a list in YAML. Throws LT-1017. */
export function overridesIn(items: readonly Node[], file: string, lines: LineCounter): WrittenOverride[] {
  return items.map((item) => {
    const line = lines.linePos(item.range?.[0] ?? 0).line
    const value: unknown = item.toJSON()
    if (!written.Check(value)) return refuse({ file, line: lineOf(item, value, lines) }, faultOf(value))
    return { ...value, file, line }
  })
}

/** The rules with the overrides that are theirs. Throws LT-1002 (no such rule), LT-1017 with the line. */
export function overridden(rules: readonly Rule[], all: readonly Rule[], overrides: readonly WrittenOverride[]): Rule[] {
  const byCode = new Map<string, WrittenOverride[]>()
  for (const override of overrides) {
    const rule = all.find((r) => r.code === override.rule || r.id === override.rule)
    if (rule === undefined) return refuse(override, `rule ${override.rule}: ${all.map((r) => r.code).join(', ')}`)
    const fault = faultIn(rule, override, byCode.get(rule.code) ?? [])
    if (fault !== undefined) refuse(override, fault)
    byCode.set(rule.code, [...(byCode.get(rule.code) ?? []), override])
  }
  return rules.map((rule) => {
    const own = byCode.get(rule.code)
    return own === undefined ? rule : Object.freeze({ ...rule, overrides: own.map(overrideOf) })
  })
}

function overrideOf(of: WrittenOverride): Override {
  const { rule: _, file: __, line: ___, ...override } = of
  return override
}

/** What is wrong with an override, after those before it. */
function faultIn(rule: Rule, { name, institution, value, from, to }: WrittenOverride, before: readonly WrittenOverride[]): string | undefined {
  const p = rule.parameters[name]
  if (p === undefined) return `${rule.code} has no parameter ${name}; it has ${Object.keys(rule.parameters).join(', ') || 'none'}`
  const error = parameterError(p, value)
  if (error !== undefined) return `${rule.code}.${name}: ${error}`
  const forAll = whyForAll(rule, name, institution)
  if (forAll !== undefined) return forAll
  const [since, until] = [timeOf(from, -Infinity), timeOf(to, Infinity)]
  if (since === undefined || until === undefined) return `from, to: a day such as 2026-07-01, or a time such as 2026-07-01T09:00:00+08:00`
  if (since >= until) return `from ${from} is not before to ${to}`
  const other = before.find(
    (o) => o.name === name && o.institution === institution && since < (timeOf(o.to, Infinity) ?? 0) && until > (timeOf(o.from, -Infinity) ?? 0),
  )
  return other === undefined
    ? undefined
    : `overlaps with line ${other.line}: ${rule.code}.${name} of ${institution === EVERYONE ? 'all' : institution} would have two values`
}

function timeOf(text: string | undefined, otherwise: number): number | undefined {
  return text === undefined ? otherwise : instantOf(text)
}

function faultOf(value: unknown): string {
  const [error] = written.Errors(value)
  const more = (error as { params?: { additionalProperties?: string[] } } | undefined)?.params?.additionalProperties
  const where = error?.instancePath === undefined || error.instancePath === '' ? '' : `${error.instancePath.slice(1)}: `
  return `${where}${error?.message ?? ''}${more === undefined ? '' : `: ${more.join(', ')}`}`
}

/** Of the field that is wrong, else of the item. */
function lineOf(item: Node, value: unknown, lines: LineCounter): number {
  const [error] = written.Errors(value)
  const field = error?.instancePath.slice(1) ?? ''
  const node = isMap(item) && field !== '' ? (item.get(field, true) as Node | undefined) : undefined
  return lines.linePos(node?.range?.[0] ?? item.range?.[0] ?? 0).line
}

function refuse({ file, line }: { file: string; line: number }, why: string): never {
  throw new LookthroughError('LT-1017', { file, line, why })
}
