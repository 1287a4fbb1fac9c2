/** `lookthrough replay --alert A-…`: exit 0 the same byte for byte, 1 it differs, 2 it cannot be judged. */
import { describeError, type Language, LookthroughError } from '../../contract/errors.ts'
import { openFiles } from '../../hot/accept/file-source.ts'
import { type Held, heldOf } from '../../kafka/beginning.ts'
import type { KafkaOptions } from '../../kafka/client.ts'
import { openKafkaSource } from '../../kafka/source.ts'
import { say } from '../../messages/index.ts'
import { loadRules, selectRules } from '../catalogue/catalogue.ts'
import { overridden, readOverrides } from '../overrides/overrides.ts'
import { type Proof, type ProofRun, prove, type RevisionProof } from '../proof/proof.ts'
import { type AlertRecord, recordAt, recordOnTopic } from '../proof/record.ts'
import { progressBar } from './progress.ts'

export type ProveOptions = {
  alert: string[]
  revision?: number
  record?: string
  kafka?: boolean
  brokers?: string
  prefix?: string
  rules?: string
  param?: string[]
  overrides?: string
  judgeFrom?: number
  json?: boolean
  alerts?: string
  db?: string
  dead?: string
}

/** Prints the proofs; returns the exit code. */
export async function proveAlerts(files: string[], options: ProveOptions, language: Language): Promise<0 | 1 | 2> {
  try {
    const { run, held } = await proved(files, options, language)
    if (options.json === true) process.stdout.write(`${JSON.stringify(run)}\n`)
    else process.stdout.write(`${report(run, held, language).join('\n')}\n`)
    for (const { id, outcome } of run.proofs) {
      const cut = held?.find((h) => h.low > 0)
      if (outcome === 'unjudged' && cut !== undefined)
        process.stderr.write(`${describeError(new LookthroughError('LT-1010', { id, topic: cut.topic, partition: cut.partition, low: cut.low }), language)}\n`)
    }
    return run.proofs.some((p) => p.outcome === 'unjudged') ? 2 : run.proofs.some((p) => p.outcome === 'differs') ? 1 : 0
  } catch (error) {
    process.stderr.write(`${describeError(error, language)}\n`)
    return 2
  }
}

async function proved(files: string[], options: ProveOptions, language: Language): Promise<{ run: ProofRun; held: Held[] | undefined }> {
  mustFit(files, options)
  const ids = new Set(options.alert)
  const kafka: KafkaOptions | undefined =
    options.brokers === undefined ? undefined : { brokers: options.brokers, ...(options.prefix !== undefined && { prefix: options.prefix }) }
  const all = await loadRules()
  const named = options.rules?.split(',').map((r) => r.trim()) ?? []
  const [given, catalogue] = [selectRules(all, named, options.param ?? []), selectRules(all, named, [])]
  const rules = options.overrides === undefined ? given : overridden(given, all, await readOverrides(options.overrides))
  const record = await recordOf(options, kafka, ids)
  const held = options.kafka === true && kafka !== undefined ? await heldOf(kafka) : undefined
  const messages = held?.reduce((n, h) => n + h.high - h.low, 0)
  const bar = progressBar(language, 'proof.progress')
  let searching = false
  try {
    const run = await prove({
      record,
      ids: [...ids],
      rules,
      catalogue,
      open: () => (held !== undefined && kafka !== undefined ? openKafkaSource({ ...kafka, toEnd: true }) : openFiles(files, { onProgress: bar.of })),
      ...(held !== undefined && { held }),
      ...(options.revision !== undefined && { revision: options.revision }),
      ...(options.judgeFrom !== undefined && { judgeFrom: options.judgeFrom }),
      onRead(read, reading) {
        if (reading === 'search' && !searching) process.stderr.write(`${say('proof.searching', language)}\n`)
        searching = reading === 'search'
        bar.events(read)
        if (messages !== undefined) bar.of(read, messages)
      },
    })
    return { run, held }
  } finally {
    bar.stop()
  }
}

/** A replay that writes files is another thing; a log on standard input cannot be read twice. Throws LT-1007. */
function mustFit(files: string[], options: ProveOptions): void {
  const fail = (why: string): never => {
    throw new LookthroughError('LT-1007', { why })
  }
  if (options.alerts !== undefined || options.db !== undefined || options.dead !== undefined) fail('--alert writes nothing: not with --alerts, --db, --dead')
  if (options.kafka === true && options.brokers === undefined) fail('--kafka needs --brokers')
  if (options.kafka === true && files.length > 0) fail('--kafka or FILE…, not both')
  if (options.kafka !== true && (files.length === 0 || files.includes('-'))) fail('replay --alert A-… with --kafka --brokers … or with FILE…')
  if (options.record === undefined && options.brokers === undefined) fail('replay FILE… --alert A-… needs --record ALERTS.ndjson|state.duckdb|DATA')
  if (options.revision !== undefined && !(Number.isInteger(options.revision) && options.revision > 0)) fail('--revision: 1, 2, …')
}

async function recordOf(options: ProveOptions, kafka: KafkaOptions | undefined, ids: ReadonlySet<string>): Promise<AlertRecord> {
  if (options.record !== undefined || kafka === undefined) return recordAt(options.record ?? '', ids)
  return recordOnTopic(kafka, ids)
}

function report(run: ProofRun, held: Held[] | undefined, language: Language): string[] {
  const { messages, seconds, watermark } = run.read
  const reached = watermark === null ? say('proof.toEnd', language) : say('proof.reached', language, { watermark })
  const cut = held?.some((h) => h.low > 0) === true
  return [
    ...run.proofs.flatMap((p) => [...lines(p, language), ...(cut && p.outcome === 'same' ? [say('proof.cut', language)] : [])]),
    say('proof.read', language, { record: run.record, messages, seconds: seconds.toFixed(2), reached }),
  ]
}

function lines({ id, code, outcome, revisions, causes, positions }: Proof, language: Language): string[] {
  return [
    say(`proof.${outcome}`, language, { id, code }),
    ...revisions.flatMap((r) => [revisionLine(r, language), ...differenceLines(r, language)]),
    ...(positions ? [] : [say('proof.noPositions', language)]),
    ...(causes.length > 0 ? [say('proof.because', language)] : []),
    ...causes.map((c) => `    ${say(`proof.cause.${c.kind}`, language, c.facts)}`),
  ]
}

function revisionLine({ revision, outcome, bytes, sha256, replayedSha256 }: RevisionProof, language: Language): string {
  return say(`proof.revision.${outcome}`, language, { revision, bytes: bytes ?? 0, sha256: sha256 ?? '', replayed: replayedSha256 ?? '' })
}

/** More are for machines. */
const SHOWN = 30

function differenceLines({ differences }: RevisionProof, language: Language): string[] {
  const value = (v: unknown) => (v === undefined ? say('proof.nothing', language) : JSON.stringify(v))
  const shown = differences
    .slice(0, SHOWN)
    .map((d) => say('proof.difference', language, { pointer: d.pointer || '/', recorded: value(d.recorded), replayed: value(d.replayed) }))
  return differences.length > SHOWN ? [...shown, say('proof.more', language, { count: differences.length - SHOWN })] : shown
}
