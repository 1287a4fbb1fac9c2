/** Why a replay says something else than the record: what can be told from the rule, the log and the record itself, most certain first. */
import { formatTime, type PublishedAlert } from '../../contract/index.ts'
import { type Rule, ruleHash, withParameters } from '../../contract/rule.ts'
import type { LogPosition } from '../../contract/alert.ts'
import { RESOLVED, sentence } from '../../hot/decide/sentence.ts'
import { type Database, quote } from '../../store/database.ts'
import { followsFromFields, subjectOf } from './identity.ts'
import type { Proof, ProofOptions } from './proof.ts'
import type { RecordedRevision } from './record.ts'
import type { Sightings } from './sightings.ts'

/** `kind` has a text in the catalogue of messages (`proof.cause.<kind>`), which takes the facts. */
export type Cause = { kind: CauseKind; facts: Record<string, string | number> }
export type CauseKind =
  | 'rule-version'
  | 'rule-content'
  | 'parameter'
  | 'identity'
  | 'sentence'
  | 'form'
  | 'absent'
  | 'cut'
  | 'missing'
  | 'late'
  | 'dead'
  | 'moved'
  | 'added'
  | 'count'
  | 'judge-from'
  | 'control'
  | 'not-raised'
  | 'elsewhere'
  | 'reference'
  | 'unexplained'

/** What became of an event in the replay: late by so many ms, or dead for a reason. */
export type EventOutcome = { event: string } & ({ late: number; reason: string } | { dead: string })

export type CauseFacts = {
  options: Pick<ProofOptions, 'record' | 'rules' | 'catalogue' | 'held'>
  /** What the replay judged from, ms. */
  judgeFrom: number | undefined
  outcomes: EventOutcome[]
  seen: Sightings
  /** What the replay has of the alerts asked about, and other revisions of their rules and subjects. */
  found: PublishedAlert[]
  recorded: RecordedRevision[]
  proof: Proof
}

export function causesOf(facts: CauseFacts): Cause[] {
  const causes = [...ofRule(facts), ...ofRecord(facts), ...ofLog(facts), ...ofControl(facts), ...ofRaising(facts)]
  return causes.some((c) => c.kind !== 'not-raised' && c.kind !== 'elsewhere') ? causes : [...causes, ...ofState(facts)]
}

/** Which of these events (`<source>|<id>`) the replay counted late or dead. */
export async function outcomesOf(db: Database, events: ReadonlySet<string>): Promise<EventOutcome[]> {
  if (events.size === 0) return []
  const list = (names: Iterable<string>) => [...names].map(quote).join(', ')
  const byId = new Map([...events].map((event) => [event.slice(event.indexOf('|') + 1), event]))
  const late = await db.objects(`SELECT source || '|' || id AS event, lateness_ms, reason FROM lt.late WHERE source || '|' || id IN (${list(events)})`)
  const dead = await db.objects(`SELECT id, reason FROM lt.dead_letters WHERE id IN (${list(byId.keys())})`)
  return [
    ...late.map((row) => ({ event: String(row['event']), late: Number(row['lateness_ms']), reason: String(row['reason']) })),
    ...dead.map((row) => ({ event: byId.get(String(row['id'])) ?? '', dead: String(row['reason']) })),
  ]
}

function ofRule({ options: { rules, catalogue }, recorded }: CauseFacts): Cause[] {
  const causes: Cause[] = []
  for (const { alert } of recorded) {
    const { code, version, hash } = alert.rule
    const rule = rules.find((r) => r.code === code)
    if (rule === undefined || ruleHash(rule) === hash || causes.length > 0) continue
    if (rule.version !== version) causes.push({ kind: 'rule-version', facts: { code, recorded: version, now: rule.version } })
    else {
      const changed = parameterBehind(rule, catalogue.find((r) => r.code === code) ?? rule, alert)
      causes.push(...(changed.length > 0 ? changed : [{ kind: 'rule-content' as const, facts: { code, version, recorded: hash, now: ruleHash(rule) } }]))
    }
  }
  return causes
}

/** A parameter whose value can be told for certain: with it the rule hashes to what the alert carries. Tried are the catalogue's values and those the alert shows. */
function parameterBehind(rule: Rule, plain: Rule, alert: PublishedAlert): Cause[] {
  const { code, hash } = alert.rule
  const valueOf = (r: Rule, name: string) => String(r.parameters[name]?.value)
  if (ruleHash(plain) === hash)
    return Object.keys(rule.parameters)
      .filter((name) => valueOf(rule, name) !== valueOf(plain, name))
      .map((name) => ({ kind: 'parameter', facts: { code, name, recorded: valueOf(plain, name), now: valueOf(rule, name) } }))
  const shown = [...Object.values(alert.values), ...(alert.threshold === null ? [] : [alert.threshold])]
  // `0.1500` on an alert may be `0.15` in a rule: decimals are tried with as few zeros at their end as they can have, and as they stand.
  const candidates = new Set(shown.flatMap((v) => [v, v.replace(/(\.\d*?)0+$/, '$1').replace(/\.$/, ''), v.replace(/0$/, ''), v.replace(/00$/, '')]))
  for (const name of Object.keys(rule.parameters))
    for (const value of candidates) {
      const tried = withParameters(rule, { [name]: value })
      if (typeof tried !== 'string' && ruleHash(tried) === hash)
        return [{ kind: 'parameter', facts: { code, name, recorded: value, now: valueOf(rule, name) } }]
    }
  return []
}

/** What the record contradicts by itself. */
function ofRecord({ options: { record, rules }, recorded, proof }: CauseFacts): Cause[] {
  const causes: Cause[] = []
  if (recorded.some((r) => r.alert.revision === 1) && !followsFromFields(record, proof.id)) causes.push({ kind: 'identity', facts: { id: proof.id } })
  for (const { alert } of recorded) {
    const rule = rules.find((r) => r.code === alert.rule.code)
    if (rule === undefined || ruleHash(rule) !== alert.rule.hash) continue
    const values = { ...alert.values, institution: alert.institution, subject: alert.subject.id, threshold: alert.threshold ?? '' }
    const said = sentence(rule.says, values)
    const lead = alert.state === 'resolved' ? RESOLVED : { zh: '', en: '' }
    if (alert.says.zh !== lead.zh + said.zh || alert.says.en !== lead.en + said.en) causes.push({ kind: 'sentence', facts: { revision: alert.revision } })
  }
  for (const r of proof.revisions) {
    if (r.outcome === 'absent') causes.push({ kind: 'absent', facts: { revision: r.revision } })
    if (r.differences[0]?.pointer === '') causes.push({ kind: 'form', facts: { revision: r.revision } })
  }
  return causes
}

function ofLog(facts: CauseFacts): Cause[] {
  const { recorded, found, seen, outcomes, proof } = facts
  const held = facts.options.held ?? []
  const causes: Cause[] = held.filter((h) => h.low > 0).map(({ topic, partition, low }) => ({ kind: 'cut', facts: { topic, partition, low } }))
  const known = new Set(recorded.flatMap((r) => r.alert.evidence))
  for (const event of known) {
    if (!seen.has(event) && !outcomes.some((o) => o.event === event)) causes.push({ kind: 'missing', facts: { event } })
    const was = recorded.map((r) => positionIn(r.alert, event)).find((p) => p !== undefined)
    const now = seen.get(event) ?? []
    if (was !== undefined && proof.positions && now.length > 0 && !now.some((p) => place(p) === place(was)))
      causes.push({ kind: 'moved', facts: { event, recorded: place(was), now: now.map(place).join(', ') } })
  }
  const asked = new Set(recorded.map((r) => r.alert.revision))
  const replayed = found.filter((a) => a.id === proof.id && asked.has(a.revision))
  for (const event of new Set(replayed.flatMap((a) => a.evidence)))
    if (!known.has(event)) causes.push({ kind: 'added', facts: { event, place: (seen.get(event) ?? []).map(place).join(', ') } })
  for (const { alert } of recorded) {
    const now = replayed.find((a) => a.revision === alert.revision)?.evidenceCount ?? alert.evidenceCount
    const unnamed = Math.max(alert.evidenceCount, now) > alert.evidence.length
    if (unnamed && now !== alert.evidenceCount)
      causes.push({ kind: 'count', facts: { revision: alert.revision, recorded: alert.evidenceCount, named: alert.evidence.length, now } })
  }
  for (const o of outcomes) {
    if (!known.has(o.event)) continue
    if ('late' in o) causes.push({ kind: 'late', facts: { event: o.event, seconds: (o.late / 1000).toFixed(3), reason: o.reason } })
    else causes.push({ kind: 'dead', facts: { event: o.event, reason: o.dead } })
  }
  return causes
}

/** Where an alert names this piece of its evidence; only while it names all of them. */
function positionIn({ evidence, positions = [] }: PublishedAlert, event: string): LogPosition | undefined {
  return evidence.length === positions.length ? positions[evidence.indexOf(event)] : undefined
}

function place({ topic, partition, offset }: LogPosition): string {
  return `${topic}/${partition}@${offset}`
}

function ofControl({ options: { record, held }, recorded, judgeFrom }: CauseFacts): Cause[] {
  const now = judgeFrom === undefined ? 'none' : formatTime(judgeFrom)
  const causes: Cause[] = []
  const silenced = judgeFrom !== undefined && recorded.some((r) => Date.parse(r.alert.at) <= judgeFrom)
  if (silenced || (record.judgeFrom !== undefined && (record.judgeFrom ?? 'none') !== now))
    causes.push({ kind: 'judge-from', facts: { recorded: record.judgeFrom ?? (record.judgeFrom === null ? 'none' : '?'), now } })
  if (held === undefined && recorded.some((r) => r.alert.positions !== undefined)) causes.push({ kind: 'control', facts: {} })
  return causes
}

/** Not raised: the nearest of the same rule and subject, or that there is none. */
function ofRaising({ recorded, found, proof }: CauseFacts): Cause[] {
  const first = recorded[0]?.alert
  if (first === undefined || found.some((a) => a.id === proof.id)) return []
  const away = (a: PublishedAlert) => Math.abs(Date.parse(a.at) - Date.parse(first.at))
  const [nearest] = found.filter((a) => subjectOf(a) === subjectOf(first)).sort((a, b) => away(a) - away(b))
  if (nearest === undefined) return [{ kind: 'not-raised', facts: { code: first.rule.code, subject: first.subject.id } }]
  return [{ kind: 'elsewhere', facts: { code: first.rule.code, id: nearest.id, at: nearest.at, recorded: first.at } }]
}

const OVER_STATE: readonly Rule['kind'][] = ['limit', 'summary', 'missing', 'metric', 'amount']

/** Nothing else explains it: statements the rule knew of (capital, prices, who is related) for a limit, or a change after the fact. */
function ofState({ options: { rules }, recorded, proof }: CauseFacts): Cause[] {
  const rule = rules.find((r) => r.code === proof.code)
  const names = proof.revisions.flatMap((r) => r.differences.map((d) => d.pointer)).filter((p) => p.startsWith('/values/'))
  const facts = { fields: [...new Set(names)].join(' '), at: recorded[0]?.alert.at ?? '' }
  const overState = rule !== undefined && OVER_STATE.includes(rule.kind)
  return overState && names.length > 0 ? [{ kind: 'reference', facts }] : [{ kind: 'unexplained', facts: {} }]
}
