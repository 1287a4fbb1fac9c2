/**
 * Replay as proof: the revisions of an alert on record against those that a replay of the log comes up with, byte for byte; where they differ,
 * what differs and why, as far as it can be told.
 */
import { createHash } from 'node:crypto'
import { canonicalJson, digestLine, EVENT_TYPES, formatTime, LookthroughError, type PublishedAlert } from '../../contract/index.ts'
import type { Rule } from '../../contract/rule.ts'
import { judgeFromOf, type Source } from '../../contract/source.ts'
import type { Ledger } from '../../hot/batch/ledger.ts'
import { settlesForOthers } from '../../hot/check/look-settings.ts'
import type { Held } from '../../kafka/beginning.ts'
import { replay } from '../replay/replay.ts'
import { changesOf, codeIn } from '../replay/rule-log.ts'
import { type Cause, causesOf, outcomesOf } from './causes.ts'
import { type Difference, differences } from './differences.ts'
import { followsFromFields, subjectOf } from './identity.ts'
import type { AlertRecord, RecordedRevision } from './record.ts'
import { sightings } from './sightings.ts'

export type ProofOptions = {
  record: AlertRecord
  ids: readonly string[]
  /** Only this revision of each; else all on record. */
  revision?: number
  /** The rules to judge by, and the same without what `--param` changed. */
  rules: readonly Rule[]
  catalogue: readonly Rule[]
  /** The log from its beginning; opened a second time where something differs. */
  open: () => Promise<Source>
  /** Where the log is on Kafka: what the brokers hold of it. */
  held?: readonly Held[]
  judgeFrom?: number
  maxEvents?: number
  /** Messages read, and which of the two readings it is. */
  onRead?: (messages: number, reading: 'replay' | 'search') => void
}

export type RevisionProof = {
  revision: number
  /** `missing`: the replay has no such revision; `absent`: the record has not. */
  outcome: 'same' | 'differs' | 'missing' | 'absent'
  /** Bytes on record and their sha256; the same of what the replay has. */
  bytes?: number
  sha256?: string
  replayedSha256?: string
  differences: Difference[]
}

export type Proof = {
  id: string
  code: string
  /** `unjudged`: it differs, but the log no longer reaches back to its beginning. */
  outcome: 'same' | 'differs' | 'unjudged'
  /** Whether positions were compared too: only where record and log both have them. */
  positions: boolean
  revisions: RevisionProof[]
  causes: Cause[]
}

export type ProofRun = {
  proofs: Proof[]
  record: string
  /** What was read of the log for it; `watermark` (RFC 3339) is null where a partition had none or the log was read to its end. */
  read: { messages: number; seconds: number; watermark: string | null; partitions: { topic: string; partition: number; nextOffset: number }[] }
}

/** How far beyond its own time an alert that has not come up is looked for. */
const LOOK_BEYOND_MS = 3_600_000

/** Throws LT-1002 (a rule that is no longer there), LT-1009 (not on record), LT-1011 (no such revision). */
export async function prove(options: ProofOptions): Promise<ProofRun> {
  const asked = new Map(options.ids.map((id) => [id, onRecord(options, id)]))
  const about = new Set([...asked.values()].flatMap((revisions) => revisions.map((r) => subjectOf(r.alert))))
  const stop = new AbortController()
  const found: PublishedAlert[] = []
  let books: { topic: string; partition: number; nextOffset: number }[] = []
  let outcomes: Awaited<ReturnType<typeof outcomesOf>> = []
  let watermark = Infinity
  const log = await options.open()
  const rules = rulesFor(options, [...asked.values()], log)
  const source = rules === options.rules ? log : changesOf(log, new Set([...rules.map((r) => r.code), ...codesOf([...asked.values()])]))
  const { control } = source
  const result = await replay({
    source,
    rules,
    stop: stop.signal,
    ...(options.judgeFrom !== undefined && { judgeFrom: options.judgeFrom }),
    ...(options.maxEvents !== undefined && { maxEvents: options.maxEvents }),
    onEvents: (read) => options.onRead?.(read, 'replay'),
    watch({ revisions }, ledger) {
      found.push(...revisions.filter((r) => asked.has(r.id) || about.has(subjectOf(r))))
      if (settled(asked, found, ledger)) stop.abort()
    },
    async inspect(db, ledger) {
      books = ledger.books.map(({ topic, partition, nextOffset }) => ({ topic, partition, nextOffset }))
      watermark = ledger.books.reduce((low, b, p) => (b.ended ? low : Math.min(low, ledger.watermark(p))), Infinity)
      outcomes = await outcomesOf(db, evidenceOf([...asked.values()].flat(), found))
    },
  })
  const compared = [...asked].map(([id, revisions]) => compare(id, revisions, found, options))
  const differing = compared.filter((proof) => proof.outcome !== 'same')
  if (differing.length > 0) {
    const wanted = evidenceOf(
      differing.flatMap((p) => asked.get(p.id) ?? []),
      found,
    )
    const upTo = books.map((b) => b.nextOffset)
    const seen = await sightings(await options.open(), wanted, upTo, (read) => options.onRead?.(read, 'search'))
    const judgeFrom = options.judgeFrom ?? judgeFromOf(control)
    for (const proof of differing) proof.causes = causesOf({ options, judgeFrom, outcomes, seen, found, recorded: asked.get(proof.id) ?? [], proof })
  }
  const reached = Number.isFinite(watermark) ? formatTime(watermark) : null
  return { proofs: compared, record: options.record.from, read: { messages: result.read, seconds: result.seconds, watermark: reached, partitions: books } }
}

function onRecord({ record, revision }: ProofOptions, id: string): RecordedRevision[] {
  const all = record.revisions.filter((r) => r.alert.id === id).sort((a, b) => a.alert.revision - b.alert.revision)
  if (all.length === 0) throw new LookthroughError('LT-1009', { id, record: record.from })
  const chosen = revision === undefined ? all : all.filter((r) => r.alert.revision === revision)
  if (chosen.length === 0)
    throw new LookthroughError('LT-1011', { id, revision: revision ?? '', record: record.from, known: all.map((r) => r.alert.revision).join(', ') })
  return chosen
}

/** Only the rules asked about and those whose parameters others are judged by, unless a record contradicts its own id, or its revisions each other: then whatever rule it was may have raised it. */
function rulesFor({ rules, record, ids }: ProofOptions, asked: RecordedRevision[][], log: Source): readonly Rule[] {
  const contradicts = !ids.every((id) => followsFromFields(record, id)) || asked.some((revisions) => codesOf([revisions]).size > 1)
  if (contradicts) return rules
  const codes = codesOf(asked)
  const known = new Set([...rules.map((r) => r.code), ...(log.rules ?? []).map(({ value }) => codeIn(value))])
  for (const rule of codes) if (!known.has(rule)) throw new LookthroughError('LT-1002', { rule, known: rules.map((r) => r.code).join(', ') })
  const readBy = new Set(rules.flatMap((r) => (r.kind === 'alerts' && codes.has(r.code) ? r.of : [])))
  return rules.filter((r) => codes.has(r.code) || readBy.has(r.code) || settlesForOthers(r))
}

function codesOf(asked: RecordedRevision[][]): Set<string> {
  return new Set(asked.flatMap((revisions) => revisions.map((r) => r.alert.rule.code)))
}

function evidenceOf(recorded: RecordedRevision[], found: PublishedAlert[]): Set<string> {
  const ids = new Set(recorded.map((r) => r.alert.id))
  return new Set([...recorded.map((r) => r.alert), ...found.filter((a) => ids.has(a.id))].flatMap((a) => a.evidence))
}

/** Nothing that was asked can still come up, or it is looked for no longer: its time is long past and all its evidence was read. */
function settled(asked: Map<string, RecordedRevision[]>, found: PublishedAlert[], ledger: Ledger): boolean {
  const there = new Set(found.map((a) => `${a.id}/${a.revision}`))
  const open = [...asked.values()].flat().filter((r) => !there.has(`${r.alert.id}/${r.alert.revision}`))
  const horizon = ledger.horizon(EVENT_TYPES)
  return open.every(({ alert }) => {
    const { positions = [] } = alert
    const read = positions.every((at) => ledger.books.some((b) => b.topic === at.topic && b.partition === at.partition && b.nextOffset > at.offset))
    return positions.length > 0 && read && horizon > Date.parse(alert.at) + LOOK_BEYOND_MS
  })
}

function compare(id: string, recorded: RecordedRevision[], found: PublishedAlert[], options: ProofOptions): Proof {
  const own = found.filter((a) => a.id === id)
  const positions = recorded.some((r) => r.alert.positions !== undefined) && (own.length === 0 || own.some((a) => a.positions !== undefined))
  const revisions = recorded.map((r) => compareRevision(r, own, positions))
  const highest = recorded.at(-1)?.alert.revision ?? 0
  const lowest = options.record.kind === 'state' ? (recorded[0]?.alert.revision ?? 1) : 1
  if (options.revision === undefined)
    for (const { revision } of own)
      if (revision >= lowest && revision < highest && !recorded.some((r) => r.alert.revision === revision))
        revisions.push({ revision, outcome: 'absent', differences: [] })
  const same = revisions.every((r) => r.outcome === 'same')
  const cut = (options.held ?? []).some((h) => h.low > 0)
  return { id, code: recorded[0]?.alert.rule.code ?? '', outcome: same ? 'same' : cut ? 'unjudged' : 'differs', positions, revisions, causes: [] }
}

/** Revisions the replay has no counterpart for are held against the one that comes closest, so that what was changed is named. */
function compareRevision({ alert, body }: RecordedRevision, own: PublishedAlert[], positions: boolean): RevisionProof {
  const exact = own.find((a) => a.revision === alert.revision)
  const other = exact ?? own.find((a) => a.at === alert.at) ?? own.at(-1)
  const form = (a: PublishedAlert) => (positions ? canonicalJson(a) : digestLine(a))
  // A body without positions is compared as it lies there; one with, where the replay has none, as it would lie in a file.
  const bytes = positions || alert.positions === undefined ? body : digestLine(alert)
  const facts = { revision: alert.revision, bytes: Buffer.byteLength(bytes), sha256: sha256(bytes) }
  if (other === undefined) return { ...facts, outcome: 'missing', differences: [] }
  const replayed = form(other)
  if (exact !== undefined && replayed === bytes) return { ...facts, replayedSha256: facts.sha256, outcome: 'same', differences: [] }
  const found = differences(JSON.parse(bytes), JSON.parse(replayed))
  const listed = found.length > 0 ? found : [{ pointer: '', recorded: bytes, replayed }]
  return { ...facts, replayedSha256: sha256(replayed), outcome: exact === undefined ? 'missing' : 'differs', differences: listed }
}

function sha256(text: string): string {
  return createHash('sha256').update(text).digest('hex')
}
