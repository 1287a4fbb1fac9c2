/**
 * Why a rule did, or did not, raise an alert on a subject by a time: the log is judged again up to then, with the rule, what settles it, and variants of it
 * that speak where it keeps quiet.
 */
import { formatTime, parseTime, type Provision, type PublishedAlert, type Rule, ruleHash, type Words } from '../../contract/index.ts'
import { boundsOf, type Override, overrideAt, parametersAt } from '../../contract/rule.ts'
import type { Source } from '../../contract/source.ts'
import { judgeFromOf } from '../../contract/source.ts'
import { TICK_MS } from '../../contract/tick.ts'
import { settlesForOthers } from '../../hot/check/look-settings.ts'
import { replay } from '../replay/replay.ts'
import { type Asked, isSubject, Observer } from './observer.ts'
import { type EventRead, eventsRead, type Refused, refusedOf } from './events-read.ts'
import { isProbe, probesOf } from './probes.ts'
import { readingOf } from './reading.ts'
import type { Step } from './step.ts'

export type Why = {
  rule: { code: string; id: string; version: string; hash: string; kind: Rule['kind']; title: Words }
  institution: string
  subject: Asked['subject']
  at: string
  /** `fired`: an alert stands; `resolved`: one stood and does no longer; `quiet`: none was raised. */
  outcome: 'fired' | 'resolved' | 'quiet'
  alert: Pick<PublishedAlert, 'id' | 'revision' | 'state' | 'severity' | 'band' | 'at' | 'says'> | null
  parameters: ParameterUsed[]
  /** What was read of the subject, the first 20 in event order, and how many there are. */
  events: EventRead[]
  eventCount: number
  refused: Refused
  steps: Step[]
  /** Where it stops, when no alert stands. */
  stop: Step | null
  path: PublishedAlert['path']
  disclosure: Rule['disclosure']
  mode: PublishedAlert['mode']
  law: Provision[]
}

export type ParameterUsed = { name: string; value: string; unit: string; bounds: string[]; from: 'rule' | 'option' | 'override'; override?: Override }

/** `known`: the rules that run, this one among them; `plain`: the rule as the catalogue has it. */
export type WhyOptions = {
  rule: Rule
  plain: Rule
  known: readonly Rule[]
  asked: Asked
  open(): Source | Promise<Source>
  alert?: string
  judgeFrom?: number
  onEvents?: (read: number) => void
}

export async function why(options: WhyOptions): Promise<Why> {
  const { rule, asked } = options
  const probes = probesOf(rule, asked.institution, asked.subject)
  const observer = new Observer(rule, probes, asked)
  const stop = new AbortController()
  const source = await options.open()
  let read: { events: EventRead[]; refused: Refused } = { events: [], refused: { late: [], dead: [] } }
  const { revisions } = await replay({
    source,
    rules: [...runningWith(options), ...probes.map((p) => p.rule)],
    keepEvents: true,
    stop: stop.signal,
    ...(options.judgeFrom !== undefined && { judgeFrom: options.judgeFrom }),
    ...(options.onEvents !== undefined && { onEvents: options.onEvents }),
    async told(findings, windows, horizon) {
      await observer.told(findings, windows)
      if (Number.isFinite(horizon) && horizon > asked.at + BEYOND_MS) stop.abort()
    },
    inspect: async (db) => {
      const { evidence } = readingOf(rule, { observer, asked, revisions: [] })
      read = { events: await eventsRead(db, evidence?.refs ?? []), refused: await refusedOf(db, rule, asked) }
    },
  })
  const judgeFrom = options.judgeFrom ?? judgeFromOf(source.control)
  return whyOf(
    options,
    observer,
    revisions.filter((r) => !isProbe(r.rule.code) && (parseTime(r.at) ?? 0) <= asked.at),
    read,
    judgeFrom,
  )
}

/** What came after the time asked about may still take effect before it. */
const BEYOND_MS = 60_000

/** The rule, the alerts it reads, limits whose bases it watches, and rules by whose parameters others are judged. */
function runningWith({ rule, known }: WhyOptions): Rule[] {
  const others = known.filter((r) => r.code !== rule.code)
  const reads = (r: Rule) => (rule.kind === 'alerts' && rule.of.includes(r.code)) || (rule.kind === 'missing' && r.kind === 'limit')
  return [rule, ...others.filter((r) => reads(r) || settlesForOthers(r))]
}

function whyOf(
  { rule, plain, asked, alert: id }: WhyOptions,
  observer: Observer,
  revisions: readonly PublishedAlert[],
  { events, refused }: { events: EventRead[]; refused: Refused },
  judgeFrom: number | undefined,
): Why {
  const own = revisions.filter((r) => r.rule.code === rule.code && isAbout(r, asked) && (id === undefined || r.id === id))
  const latest = new Map(own.map((r) => [r.id, r]))
  const alert = [...latest.values()].findLast((r) => r.state === 'new') ?? [...latest.values()].at(-1)
  const outcome = alert === undefined ? 'quiet' : alert.state === 'new' ? 'fired' : 'resolved'
  const reading = readingOf(rule, { observer, asked, revisions: [...revisions.filter((r) => r.rule.code !== rule.code), ...own] })
  const isSilent = judgeFrom !== undefined && asked.at <= Math.ceil(judgeFrom / TICK_MS) * TICK_MS
  const stop: Step | undefined = outcome === 'fired' ? undefined : isSilent ? { kind: 'silent', facts: { at: formatTime(judgeFrom) } } : reading.stop
  const { code, id: ruleId, version, kind, title, law, disclosure } = rule
  return {
    rule: { code, id: ruleId, version, hash: ruleHash(rule), kind, title },
    institution: asked.institution,
    subject: asked.subject,
    at: formatTime(asked.at),
    outcome,
    alert: alert === undefined ? null : shortOf(alert),
    parameters: parametersOf(rule, plain, { institution: asked.institution, at: reading.at ?? asked.at }),
    events,
    eventCount: reading.evidence?.count ?? 0,
    refused,
    steps: reading.steps,
    stop: stop ?? null,
    path: reading.evidence?.path ?? [],
    disclosure: asked.institution === '*' ? 'supervisor' : disclosure,
    mode: alert?.mode ?? 'live',
    law,
  }
}

function isAbout(r: PublishedAlert, { institution, subject }: Asked): boolean {
  return r.institution === institution && isSubject(subject, r.subject)
}

export function shortOf({ id, revision, state, severity, band, at, says }: PublishedAlert): NonNullable<Why['alert']> {
  return { id, revision, state, severity, band, at, says }
}

/** As they are in force where it was judged. */
export function parametersOf(rule: Rule, plain: Rule, { institution, at }: { institution: string; at: number }): ParameterUsed[] {
  return Object.entries(parametersAt(rule, institution, at)).map(([name, p]) => {
    const dated = overrideAt(rule, name, institution, at)
    const from = dated !== undefined ? 'override' : String(plain.parameters[name]?.value) === String(p.value) ? 'rule' : 'option'
    const unit = p.type === 'count' ? p.unit : p.type === 'amount' ? 'CNY' : ''
    return { name, value: String(p.value), unit, bounds: boundsOf(p).map(String), from, ...(dated !== undefined && { override: writtenOf(dated) }) }
  })
}

function writtenOf(dated: ReturnType<typeof overrideAt> & object): Override {
  const { since: _, until: __, ...override } = dated
  return override
}
