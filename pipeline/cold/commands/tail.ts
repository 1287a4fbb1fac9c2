import { once } from 'node:events'
import { Command } from 'commander'
import { type AlertFilter, type AlertsOptions, type CursorStore, type FeedFrom, fileCursor, type FeedState, openFeed } from '../../client/index.ts'
import { type Language, LookthroughError } from '../../contract/errors.ts'
import { parseTime, SEVERITIES } from '../../contract/index.ts'
import { say } from '../../messages/index.ts'
import { writerFor } from '../tail/lines.ts'
import { type DeskOptions, signIn } from './sql.ts'

type Severity = (typeof SEVERITIES)[number]
type Options = DeskOptions & {
  institution?: string[]
  severity?: AlertFilter['severity']
  rule?: string[]
  from?: Exclude<FeedFrom, { durable: string }>
  output: string
  cursorFile?: string
  exitOnGap?: boolean
  durable?: string
}

export function tailCommand(language: Language): Command {
  return deskOptions(new Command('tail').description(say('tail.about', language)), language)
    .option('-i, --institution <ids>', say('tail.institution', language), list)
    .option('--severity <severities>', say('tail.severity', language), severityOption)
    .option('--rule <rules>', say('tail.rule', language), list)
    .option('--from <place>', say('tail.from', language), fromOption)
    .option('-o, --output <format>', say('tail.output', language), 'table')
    .option('--cursor-file <file>', say('tail.cursorFile', language))
    .option('--exit-on-gap', say('tail.exitOnGap', language))
    .option('--durable <name>', say('tail.durable', language))
    .action((options: Options) => tail(options, language))
}

/** Which desk, and as whom. */
export function deskOptions(command: Command, language: Language): Command {
  return command
    .option('--url <url>', say('cli.url', language))
    .option('--token-file <file>', say('cli.tokenFile', language))
    .option('--data <dir>', say('cli.data', language), '.lookthrough')
}

async function tail(options: Options, language: Language): Promise<void> {
  const writer = writerFor(options.output, language)
  const { url, renew } = await signIn(options)
  const stop = new AbortController()
  const end = () => stop.abort()
  const fail = (error: Error) => stop.abort(error)
  process.once('SIGINT', end)
  process.once('SIGTERM', end)
  // Whoever reads from us has had enough: `lookthrough tail | head`.
  process.stdout.once('error', end)
  try {
    const cursors = options.cursorFile === undefined ? undefined : placeIn(options.cursorFile, options.from)
    const feed = openFeed({
      url,
      token: renew,
      language,
      ...(cursors !== undefined && { cursors }),
      onGap: () => tell('tail.gap', language),
      onTest: ({ data }) => process.stderr.write(`${data.says[language]}\n`),
      onState: teller(url, language, fail),
    })
    process.stdout.write(writer.head)
    for await (const alert of feed.alerts({ ...wanted(options), signal: stop.signal }))
      if (!process.stdout.write(writer.line(alert))) await once(process.stdout, 'drain', { signal: stop.signal }).catch(() => undefined)
    if (stop.signal.reason instanceof LookthroughError) throw stop.signal.reason
  } finally {
    process.off('SIGINT', end)
    process.off('SIGTERM', end)
  }
}

function wanted({ institution, severity, rule, from, exitOnGap, durable }: Options): AlertsOptions {
  const filter = { ...(institution !== undefined && { institution }), ...(severity !== undefined && { severity }), ...(rule !== undefined && { rule }) }
  return {
    ...(Object.keys(filter).length > 0 && { filter }),
    ...(from !== undefined && { from }),
    ...(durable !== undefined && { durable }),
    ...(exitOnGap === true && { onGap: 'fail' as const }),
  }
}

/** The place in the file, unless another beginning was asked for; it is kept there in any case. */
function placeIn(file: string, from: Options['from']): CursorStore {
  const kept = fileCursor(file)
  return from === undefined ? kept : { ...kept, load: () => Promise.resolve(undefined) }
}

/** Says on stderr how the connection fares. A desk that is not there at the beginning is an error; later one waits for it. */
function teller(url: string, language: Language, fail: (error: Error) => void): (state: FeedState) => void {
  let wasThere = false
  return (now) => {
    if (now.state === 'replaying') wasThere = true
    else if (now.state === 'live') tell('tail.live', language)
    else if (now.state === 'lagging') tell('tail.lagging', language, { bytes: now.queuedBytes })
    else if (now.state === 'waiting') {
      if (!wasThere && now.end.code === 1006) return fail(new LookthroughError('LT-2102', { url }))
      tell('tail.waiting', language, { seconds: (now.ms / 1000).toFixed(1), why: `${now.end.code} ${now.end.reason}`.trim() })
    }
  }
}

function tell(key: Parameters<typeof say>[0], language: Language, facts: Parameters<typeof say>[2] = {}): void {
  process.stderr.write(`${say(key, language, facts)}\n`)
}

function list(text: string): string[] {
  return text.split(',').filter((name) => name !== '')
}

/** `red,orange`, or `>=orange`. Throws LT-1027. */
function severityOption(text: string): AlertFilter['severity'] {
  const least = text.startsWith('>=')
  const names = list(least ? text.slice(2) : text)
  if (names.length === 0 || !names.every((name): name is Severity => SEVERITIES.includes(name as Severity)) || (least && names.length > 1))
    throw new LookthroughError('LT-1027', { command: 'tail', why: `--severity ${text}: ${SEVERITIES.join(', ')}, >=orange` })
  return least ? { gte: names[0] as Severity } : names
}

/** `snapshot`, `now`, `15m`, a time; `cursor`: as if it were not there. Throws LT-1027. */
function fromOption(text: string): Options['from'] {
  if (text === 'cursor') return undefined
  if (text === 'snapshot' || text === 'now') return text
  if (/^[1-9]\d{0,5}[smhd]$/.test(text)) return { last: text }
  const time = parseTime(text)
  if (time === undefined)
    throw new LookthroughError('LT-1027', { command: 'tail', why: `--from ${text}: snapshot, now, cursor, 15m, 2026-03-02T09:00:00+08:00` })
  return { since: new Date(time).toISOString() }
}
