/** `lookthrough produce`: files of events to their topics. */
import { createReadStream } from 'node:fs'
import { createInterface } from 'node:readline'
import { type EventType, isEventType, LookthroughError, STREAMS } from '../contract/index.ts'
import { ConfirmingProducer, type KafkaOptions } from './client.ts'

export type ProduceReport = { read: number; produced: number; skipped: { line: number; why: string }[] }

const SLAB = 5000

/** An event's topic and record key (contract §1); undefined when it names no known type. */
export function addressOf(event: unknown): { topic: EventType; key: string } | undefined {
  if (event === null || typeof event !== 'object') return undefined
  const { type, institution, data } = event as { type?: unknown; institution?: unknown; data?: Record<string, unknown> }
  if (!isEventType(type)) return undefined
  const { key } = STREAMS[type]
  const value = key === 'institution' ? institution : data?.[key]
  return typeof value === 'string' ? { topic: type, key: value } : undefined
}

/** Produces every readable line, in order; lines without a known type stay behind and are reported. `-` is standard input. */
export async function produceFiles(files: string[], options: KafkaOptions & { onProgress?: (produced: number) => void }): Promise<ProduceReport> {
  const producer = await ConfirmingProducer.connect(options)
  const report: ProduceReport = { read: 0, produced: 0, skipped: [] }
  const flush = async (slab: Parameters<ConfirmingProducer['send']>[0]) => {
    await producer.send(slab)
    report.produced += slab.length
    options.onProgress?.(report.produced)
  }
  try {
    for (const file of files) {
      let line = 0
      let slab: Parameters<ConfirmingProducer['send']>[0] = []
      for await (const text of linesOf(file)) {
        line++
        if (text.trim() === '') continue
        report.read++
        const address = addressOf(parsed(text))
        if (address === undefined) report.skipped.push({ line, why: 'no event of a known type with its key' })
        else slab.push({ topic: `${options.prefix ?? ''}${address.topic}`, key: address.key, value: Buffer.from(text) })
        if (slab.length >= SLAB) {
          await flush(slab)
          slab = []
        }
      }
      await flush(slab)
    }
  } finally {
    await producer.close()
  }
  return report
}

async function* linesOf(file: string): AsyncIterable<string> {
  const input = file === '-' ? process.stdin : createReadStream(file)
  try {
    yield* createInterface({ input, crlfDelay: Infinity })
  } catch (error) {
    throw new LookthroughError('LT-1001', { file, why: (error as Error).message }, error)
  }
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text) as unknown
  } catch {
    return undefined
  }
}
