import { Command } from 'commander'
import { describeError, type Language, LookthroughError } from '../../contract/errors.ts'
import type { Rule } from '../../contract/rule.ts'
import type { Source } from '../../contract/source.ts'
import { openFiles } from '../../hot/accept/file-source.ts'
import { openKafkaSource } from '../../kafka/source.ts'
import { say } from '../../messages/index.ts'
import { durationOption, timeOption } from './options.ts'
import { progressBar } from './progress.ts'
import { proveAlerts } from './prove.ts'
import { loadRules, selectRules } from '../catalogue/catalogue.ts'
import { overridden, readOverrides } from '../overrides/overrides.ts'
import { replay, type ReplayResult } from '../replay/replay.ts'
import { changesOf, withRuleLog } from '../replay/rule-log.ts'
import { unjudgedNotices } from '../run/unjudged.ts'

type Options = {
  kafka?: boolean
  brokers?: string
  prefix?: string
  toEnd?: boolean
  rules?: string
  param?: string[]
  rulesLog?: string
  overrides?: string
  alerts?: string
  db?: string
  dead?: string
  judgeFrom?: number
  keep?: number
  json?: boolean
  alert?: string[]
  revision?: number
  record?: string
}

export function replayCommand(language: Language): Command {
  return new Command('replay')
    .description(say('cli.replay', language))
    .argument('[file...]')
    .option('--kafka', say('cli.kafka', language))
    .option('--brokers <host:port,…>', say('cli.brokers', language))
    .option('--prefix <prefix>', say('cli.prefix', language))
    .option('--to-end', say('cli.toEnd', language))
    .option('--rules <codes>', say('cli.rules', language))
    .option('--rules-log <file>', say('cli.rulesLog', language))
    .option('--param <CODE.name=value>', say('cli.param', language), several)
    .option('--overrides <file>', say('cli.overrides', language))
    .option('--alerts <file>', say('cli.alerts', language))
    .option('--db <file>', say('cli.db', language))
    .option('--dead <file>', say('cli.dead', language))
    .option('--judge-from <time>', say('cli.judgeFrom', language), timeOption)
    .option('--keep <duration>', say('cli.keep', language), durationOption)
    .option('--alert <id>', say('cli.alert', language), several)
    .option('--revision <n>', say('cli.revision', language), Number)
    .option('--record <path>', say('cli.record', language))
    .option('--json', say('cli.json', language))
    .action(async (files: string[], options: Options) => {
      const { alert } = options
      if (alert !== undefined) {
        process.exitCode = await proveAlerts(files, { ...options, alert }, language)
        return
      }
      if (options.record !== undefined || options.revision !== undefined) throw new LookthroughError('LT-1007', { why: '--record, --revision: with --alert' })
      const rules = await chosenRules(options)
      const bar = progressBar(language, 'replay.progress')
      const opened = await openSource(files, options, bar.of)
      const source = options.rules === undefined ? opened : changesOf(opened, new Set(rules.map((r) => r.code)))
      const { alerts, db, dead, judgeFrom, keep } = options
      const result = await replay({
        source,
        rules,
        onEvents: bar.events,
        onUnjudged: unjudgedNotices((notice) => process.stderr.write(`${describeError(notice, language)}\n`)),
        ...(alerts !== undefined && { alerts }),
        ...(db !== undefined && { db }),
        ...(dead !== undefined && { dead }),
        ...(judgeFrom !== undefined && { judgeFrom }),
        ...(keep !== undefined && { keepMs: keep }),
      })
      bar.stop()
      if (options.json === true) process.stdout.write(`${JSON.stringify({ ...result, revisions: result.revisions.length })}\n`)
      else process.stdout.write(`${report(result, rules, language).join('\n')}\n`)
    })
}

/** The rules named, with parameters for all and for single institutions. Throws LT-1001, LT-1002, LT-1003, LT-1017. */
export async function chosenRules({ rules, param, overrides }: Pick<Options, 'rules' | 'param' | 'overrides'>): Promise<Rule[]> {
  const all = await loadRules()
  const chosen = selectRules(all, rules?.split(',').map((r) => r.trim()) ?? [], param ?? [])
  return overrides === undefined ? chosen : overridden(chosen, all, await readOverrides(overrides))
}

/** An option that may be given more than once. */
export const several = (value: string, all: string[] = []) => [...all, value]

/** Files, or Kafka as far as it reaches now: a replay always ends. */
export async function openSource(
  files: string[],
  options: Pick<Options, 'kafka' | 'brokers' | 'prefix' | 'toEnd' | 'rulesLog'>,
  onProgress: (read: number, total: number | undefined) => void,
): Promise<Source> {
  if (options.kafka !== true) {
    if (files.length === 0) throw new LookthroughError('LT-1007', { why: 'replay FILE… | - | --kafka --brokers … --to-end' })
    const source = await openFiles(files, { onProgress })
    return options.rulesLog === undefined ? source : withRuleLog(source, options.rulesLog)
  }
  if (options.rulesLog !== undefined) throw new LookthroughError('LT-1007', { why: '--rules-log: with FILE…; a log on Kafka has its own' })
  if (options.brokers === undefined || options.toEnd !== true) throw new LookthroughError('LT-1007', { why: '--kafka needs --brokers and --to-end' })
  return openKafkaSource({ brokers: options.brokers, toEnd: true, ...(options.prefix !== undefined && { prefix: options.prefix }) })
}

function report(result: ReplayResult, rules: readonly Rule[], language: Language): string[] {
  const { revisions, seconds, read } = result
  const lines = [
    say('replay.counts', language, { read, used: result.used, late: result.late, duplicate: result.duplicate, dead: result.dead }),
    say('replay.alerts', language, { alerts: new Set(revisions.map((r) => r.id)).size, revisions: revisions.length }),
  ]
  for (const rule of rules) {
    const own = revisions.filter((r) => r.rule.code === rule.code)
    const facts = {
      code: rule.code,
      title: rule.title[language],
      alerts: new Set(own.map((r) => r.id)).size,
      subjects: new Set(own.map((r) => `${r.institution}|${r.subject.id}`)).size,
    }
    lines.push(say('replay.rule', language, facts))
  }
  return [
    ...lines,
    say('replay.speed', language, { seconds: seconds.toFixed(2), rate: Math.round(read / seconds) }),
    say('replay.digest', language, { digest: result.digest }),
  ]
}
