/**
 * Dead letters handed back: the bytes go to where they came from in the form they had, to be judged anew. Which were handed back stands in a file beside
 * the tables (one line each), so that none is twice by accident; if it were, the second would be a duplicate of the first.
 */
import { createHash } from 'node:crypto'
import { appendFile, readFile } from 'node:fs/promises'
import { EVENT_TYPES, LookthroughError } from '../../contract/index.ts'
import { positionOf } from '../../contract/source.ts'
import { CONTENT_TYPES, splitBinary } from '../../kafka/binary.ts'
import { ConfirmingProducer, type KafkaOptions } from '../../kafka/client.ts'
import { addressOf } from '../../kafka/produce.ts'
import { eventOf } from './explain.ts'
import type { Letter } from './letters.ts'

/** `marks`: the file of what was handed back; `again`: whatever it says. */
export type RetryOptions = { to: KafkaOptions | { out: string }; marks: string; again?: boolean }
export type RetryReport = { sent: number; before: number; cut: number; homeless: number }

/** Throws LT-1001 (a file), LT-2001, LT-2002, LT-2003. */
export async function retry(letters: readonly Letter[], { to, marks, again = false }: RetryOptions): Promise<RetryReport> {
  const known = again ? new Set<string>() : await readMarks(marks)
  const report: RetryReport = { sent: 0, before: 0, cut: 0, homeless: 0 }
  const fit: Letter[] = []
  for (const letter of letters) {
    if (known.has(markOf(letter))) report.before++
    else if (letter.reason === 'too-large') report.cut++
    else if (('out' in to ? lineOf(letter) : topicOf(letter)) === undefined) report.homeless++
    else fit.push(letter)
  }
  if (fit.length > 0) {
    if ('out' in to) await append(to.out, fit.map((letter) => `${lineOf(letter)}\n`).join(''))
    else await produce(fit, to)
    await append(marks, fit.map((letter) => `${markOf(letter)}\n`).join(''))
  }
  return { ...report, sent: fit.length }
}

async function produce(letters: readonly Letter[], options: KafkaOptions): Promise<void> {
  const producer = await ConfirmingProducer.connect(options)
  try {
    await producer.send(letters.map((letter) => messageOf(letter, options.prefix ?? '')))
  } finally {
    await producer.close()
  }
}

/** To the partition it came from, where it came from a topic. */
function messageOf(letter: Letter, prefix: string): Parameters<ConfirmingProducer['send']>[0][number] {
  const { headers, value } = letter.form === 'binary' ? splitBinary(letter.bytes) : { headers: {}, value: letter.bytes }
  return {
    topic: prefix + topicOf(letter),
    key: addressOf(eventOf(letter))?.key ?? '',
    ...(isTopic(letter.topic) && { partition: letter.partition }),
    value,
    headers: { 'content-type': CONTENT_TYPES[letter.form], ...headers, 'lookthrough-retry': positionOf(letter) },
  }
}

function topicOf(letter: Letter): string | undefined {
  return isTopic(letter.topic) ? letter.topic : addressOf(eventOf(letter))?.topic
}

function isTopic(name: string): boolean {
  return (EVENT_TYPES as readonly string[]).includes(name)
}

/** As a line of NDJSON; undefined for what holds many events in another form. Line ends of the JSON are white space. */
function lineOf(letter: Letter): string | undefined {
  if (letter.form === 'event') return letter.bytes.toString().replaceAll(/[\r\n]/g, ' ')
  const event = letter.form === 'binary' ? eventOf(letter) : undefined
  return event === undefined ? undefined : JSON.stringify(event)
}

/** Several letters may have come with one message. */
function markOf(letter: Letter): string {
  return `${positionOf(letter)} ${createHash('sha256').update(letter.bytes).digest('hex').slice(0, 16)}`
}

async function readMarks(file: string): Promise<Set<string>> {
  try {
    return new Set((await readFile(file, 'utf8')).split('\n'))
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return new Set()
    throw new LookthroughError('LT-1001', { file, why: (error as Error).message }, error)
  }
}

async function append(file: string, text: string): Promise<void> {
  try {
    await appendFile(file, text)
  } catch (error) {
    throw new LookthroughError('LT-1001', { file, why: (error as Error).message }, error)
  }
}
