import { join } from 'node:path'
import { Command } from 'commander'
import { type Language, LookthroughError } from '../../contract/errors.ts'
import { positionOf } from '../../contract/source.ts'
import { say } from '../../messages/index.ts'
import { explain, readable } from '../dead/explain.ts'
import { type Chosen, countsOf, type Letter, lettersOf } from '../dead/letters.ts'
import { retry } from '../dead/retry.ts'
import { openTables, type Query } from '../tables.ts'
import { type DeskOptions, table } from './sql.ts'

type From = DeskOptions & { db?: string; json?: boolean }
type Options = From & Chosen & { limit: number }
type RetryTo = { brokers?: string; prefix?: string; out?: string; again?: boolean }

export function deadCommand(language: Language): Command {
  const list = asked(new Command('list').description(say('dead.list', language)), language)
    .option('--limit <n>', say('cli.limit', language), Number, 20)
    .action((options: Options) => within(options, language, (query) => printList(query, options, language)))
  const show = tables(new Command('show').description(say('dead.show', language)).argument('<position>'), language).action((position: string, options: From) =>
    within(options, language, async (query) => {
      for (const letter of await found(query, { position })) printLetter(letter, options.json === true, language)
    }),
  )
  const again = asked(new Command('retry').description(say('dead.retry', language)), language)
    .option('--brokers <host:port,…>', say('cli.brokers', language))
    .option('--prefix <prefix>', say('cli.prefix', language))
    .option('--out <file>', say('dead.out', language))
    .option('--again', say('dead.again', language))
    .action((options: From & Chosen & RetryTo) => within(options, language, (query) => handBack(query, options, language)))
  return new Command('dead').description(say('dead.about', language)).addCommand(list).addCommand(show).addCommand(again)
}

/** Where the letters lie. */
function tables(command: Command, language: Language): Command {
  return command
    .option('--db <file>', say('dead.db', language))
    .option('--url <url>', say('cli.url', language))
    .option('--token <token>', say('cli.token', language))
    .option('--data <dir>', say('cli.data', language), '.lookthrough')
    .option('--json', say('cli.json', language))
}

/** And which of them. */
function asked(command: Command, language: Language): Command {
  return tables(command, language)
    .option('--reason <reason>', say('dead.reason', language))
    .option('--institution <id>', say('dead.institution', language))
    .option('--topic <topic>', say('dead.topic', language))
    .option('--id <id>', say('dead.id', language))
    .option('--position <position>', say('dead.position', language))
}

function chosenOf({ reason, institution, topic, id, position }: Chosen): Chosen {
  return {
    ...(reason !== undefined && { reason }),
    ...(institution !== undefined && { institution }),
    ...(topic !== undefined && { topic }),
    ...(id !== undefined && { id }),
    ...(position !== undefined && { position }),
  }
}

async function within(options: From, language: Language, act: (query: Query) => Promise<void>): Promise<void> {
  const { query, close } = await openTables(options, language)
  try {
    await act(query)
  } finally {
    close()
  }
}

/** Throws LT-1012 when there is none. */
async function found(query: Query, chosen: Chosen): Promise<Letter[]> {
  const letters = await lettersOf(query, chosen)
  if (letters.length === 0) throw new LookthroughError('LT-1012', { asked: JSON.stringify(chosen) })
  return letters
}

async function printList(query: Query, options: Options, language: Language): Promise<void> {
  const chosen = chosenOf(options)
  const [counts, newest] = [await countsOf(query, chosen), await lettersOf(query, chosen, options.limit)]
  if (options.json === true) return print(JSON.stringify({ counts, newest: newest.map(asJson) }))
  print(say('dead.total', language, { count: counts.reduce((sum, c) => sum + c.letters, 0) }))
  if (counts.length === 0) return
  const columns = ['letters', 'reason', 'institution', 'topic'].map((name) => ({ name, type: '' }))
  print(...table({ columns, rows: counts.map((c) => [c.letters, c.reason, c.institution, c.topic]) }), '')
  print(...newest.map((letter) => whereText(letter, language)))
}

function printLetter(letter: Letter, json: boolean, language: Language): void {
  const { expected, got } = explain(letter)
  if (json) return print(JSON.stringify({ ...asJson(letter), expected, ...(got !== undefined && { got }) }))
  print(
    whereText(letter, language),
    say('dead.expected', language, { expected }),
    ...(letter.pointer === null && got === undefined ? [] : [say('dead.got', language, { got: got ?? say('dead.absent', language) })]),
    readable(letter),
  )
}

async function handBack(query: Query, options: From & Chosen & RetryTo, language: Language): Promise<void> {
  const { brokers, prefix, out, again = false } = options
  const chosen = chosenOf(options)
  if (Object.keys(chosen).length === 0) throw new LookthroughError('LT-1007', { why: 'dead retry --reason | --institution | --topic | --id | --position' })
  if ((brokers === undefined) === (out === undefined)) throw new LookthroughError('LT-1007', { why: 'dead retry … --brokers host:port | --out FILE.ndjson' })
  const to = brokers === undefined ? { out: out as string } : { brokers, ...(prefix !== undefined && { prefix }) }
  const marks = options.db === undefined ? join(options.data, 'dead.retried') : `${options.db}.retried`
  const report = await retry(await found(query, chosen), { to, marks, again })
  if (options.json === true) print(JSON.stringify(report))
  else process.stderr.write(`${say('dead.retried', language, report)}\n`)
}

function whereText(letter: Letter, language: Language): string {
  const { reason, pointer, institution, id } = letter
  return say('dead.where', language, { position: positionOf(letter), reason, pointer: pointer ?? '', institution: institution ?? '', id: id ?? '' }).trimEnd()
}

function asJson({ bytes, ...letter }: Letter): Record<string, unknown> {
  return { ...letter, bytes: bytes.toString('base64') }
}

function print(...lines: string[]): void {
  process.stdout.write(lines.map((line) => `${line}\n`).join(''))
}
