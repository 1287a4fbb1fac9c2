/** Runs one case of a rule on the real engine: events in, the last revision of every alert out. */
import { type Alert, type Case, type CaseAlert, type CaseEvent, formatTime, parseTime, type Rule, STREAMS } from '../../contract/index.ts'
import { memorySource } from '../../contract/source.ts'
import { replay } from '../replay/replay.ts'
import { loadRules, selectRules } from './catalogue.ts'

/** What differs between the case's expectation and what came; empty when it holds. `known`: the rules that may run beside it. */
export async function runCase(rule: Rule, given: Case, known?: readonly Rule[]): Promise<string[]> {
  const { revisions, dead } = await replay({
    source: memorySource(caseEvents(given).map((event) => Buffer.from(JSON.stringify(event)))),
    rules: rulesOf(rule, given, known ?? (await loadRules())),
  })
  return problemsOf(rule, given, revisions, dead)
}

/** The rule with the case's parameters, and what runs beside it. */
export function rulesOf(rule: Rule, given: Case, known: readonly Rule[]): Rule[] {
  const parameters = Object.entries(given.params ?? {}).map(([name, value]) => `${rule.code}.${name}=${value}`)
  return [...selectRules([rule], [], parameters), ...(given.beside === undefined ? [] : selectRules(known, given.beside, []))]
}

/** What differs between the expectation and these revisions; `dead`: how many of the given events were refused. */
export function problemsOf(rule: Rule, given: Case, revisions: readonly Alert[], dead: number): string[] {
  if (dead !== (given.dead ?? 0)) return [`${dead} of the given events are no valid events, ${given.dead ?? 0} are meant to be none`]
  const byId = new Map<string, Alert[]>()
  for (const r of revisions) if (r.rule.code === rule.code) byId.set(r.id, [...(byId.get(r.id) ?? []), r])
  const left = new Set(byId.values())
  const problems: string[] = []
  for (const want of given.expect) {
    const nearest: string[] = []
    const hit = [...left].find((got) => {
      const why = differs(given.on, want, got)
      if (why !== undefined) nearest.push(why)
      return why === undefined
    })
    if (hit === undefined) problems.push(`no alert on ${want.subject} as expected: ${nearest.join('; ') || 'none came'}`)
    else left.delete(hit)
  }
  for (const got of left) problems.push(`unexpected alert on ${got.at(-1)?.subject.id}: ${JSON.stringify(got.at(-1)?.values)}`)
  return problems
}

function differs(on: string, want: CaseAlert, got: Alert[]): string | undefined {
  const last = got.at(-1)
  if (last === undefined || last.subject.id !== want.subject) return `is on ${last?.subject.id}`
  if (want.part !== undefined && want.part !== last.subject.part) return `is on part ${last.subject.part}`
  const path = got.map((r) => (r.state === 'resolved' ? 'resolved' : r.severity))
  if (want.revisions !== undefined && want.revisions.join() !== path.join()) return `revisions are ${path.join(' ')}`
  if (want.severity !== undefined && want.severity !== last.severity) return `severity is ${last.severity}`
  if (want.state !== undefined && want.state !== last.state) return `state is ${last.state}`
  if (want.at !== undefined && formatTime(instant(on, want.at)) !== last.at) return `at is ${last.at}`
  for (const [name, value] of Object.entries(want.values ?? {})) if (last.values[name] !== value) return `${name} is ${last.values[name]}`
  return undefined
}

/** `HH:MM:SS` of the day, or `+2d HH:MM:SS` for days after it; UTC. */
function instant(on: string, at: string): number {
  const m = /^(?:\+(\d+)d )?(\d{2}:\d{2}:\d{2})$/.exec(at)
  const time = m === null ? undefined : parseTime(`${on}T${m[2]}Z`)
  if (time === undefined) throw new Error(`a case's time is HH:MM:SS, maybe after +Nd: ${at}`)
  return time + Number(m?.[1] ?? 0) * 86_400_000
}

/** The given events as they are sent, in the order given. */
export function caseEvents(given: Case): Record<string, unknown>[] {
  const sequences = new Map<string, number>()
  return given.given.map((event, i) => toEvent(given.on, event, i, sequences))
}

function toEvent(on: string, event: CaseEvent, i: number, sequences: Map<string, number>): Record<string, unknown> {
  const institution = event.institution ?? 'B0001'
  const source = event.source ?? `/institutions/${institution}/core`
  const sequence = event.sequence ?? (sequences.get(`${source}|${event.type}`) ?? 0) + 1
  sequences.set(`${source}|${event.type}`, sequence)
  const { key } = STREAMS[event.type]
  return {
    specversion: '1.0',
    id: `case-${i + 1}`,
    source,
    type: event.type,
    time: formatTime(instant(on, event.at)),
    subject: key === 'institution' ? institution : String(event.data[key] ?? ''),
    institution,
    sequence: String(sequence),
    ...(event.op !== undefined && { op: event.op }),
    ...(event.recordedAt !== undefined && { recordedtime: formatTime(instant(on, event.recordedAt)) }),
    data: event.data,
  }
}
