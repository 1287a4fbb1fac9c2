/** An engine that follows a broker over its file, within the process of the test. */
import { loadRules } from '../catalogue/catalogue.ts'
import type { Event, PublishedAlert } from '../../contract/index.ts'
import { runEngine } from '../../engine.ts'
import { DEFAULT_LATENESS_MS } from '../../hot/batch/ledger.ts'
import { Database } from '../../store/database.ts'
import { verify } from '../../store/recovery/verify.ts'
import { ConfirmingProducer, type KafkaOptions } from '../../kafka/client.ts'
import { addressOf } from '../../kafka/produce.ts'
import { openKafkaSource } from '../../kafka/source.ts'

/**
 * Follows the log from where the file says until it has judged everything up to `until`, ms: loans of a millisecond each carry time on.
 * Returns the alerts it delivered.
 */
export async function followTo(until: number, options: KafkaOptions, file: string): Promise<PublishedAlert[]> {
  const alerts: PublishedAlert[] = []
  const db = await Database.open(file)
  const stop = new AbortController()
  const source = await openKafkaSource({ ...options, starts: (await verify(db, () => undefined)).starts })
  const producer = await ConfirmingProducer.connect(options)
  try {
    // What a batch judges is what the watermark had passed when it began: partitions are carried along after a commit, too.
    let [judged, low] = [-Infinity, -Infinity]
    const done = runEngine({
      db,
      source,
      rules: await loadRules(),
      pace: { maxEvents: 500, waitMs: 20 },
      sink: { deliver: () => Promise.resolve(), close: () => Promise.resolve() },
      onDelivered(delivered, ledger) {
        alerts.push(...delivered.revisions)
        judged = low
        low = ledger.books.reduce((least, _, p) => Math.min(least, ledger.watermark(p)), Infinity)
      },
      stop: stop.signal,
    })
    const ticking = (async () => {
      while (judged <= until && !stop.signal.aborted) {
        await producer.send([messageOf(closing(until), options.prefix)])
        await new Promise((resolve) => setTimeout(resolve, 250))
      }
      stop.abort()
    })()
    await done.finally(() => stop.abort())
    await ticking
  } finally {
    await source.close()
    await producer.close()
    db.close()
  }
  return alerts
}

export async function send(options: KafkaOptions, events: readonly Event[]): Promise<void> {
  const producer = await ConfirmingProducer.connect(options)
  await producer.send(events.map((e) => messageOf(e, options.prefix)))
  await producer.close()
}

function messageOf(event: Event, prefix = ''): Parameters<ConfirmingProducer['send']>[0][number] {
  return { topic: `${prefix}${event.type}`, key: addressOf(event)?.key ?? '', value: Buffer.from(JSON.stringify(event)) }
}

let closings = 0

function closing(until: number): Event {
  const n = ++closings
  const loan = { loanId: 'CLOSING', customerId: 'CLOSING', product: 'corporate', balance: `${n}.00`, ccy: 'CNY', dpd: 0, class: 'normal' }
  const head = {
    specversion: '1.0',
    id: `closing-${process.pid}-${n}`,
    source: '/closing',
    type: 'credit.loan',
    time: new Date(until + DEFAULT_LATENESS_MS + n).toISOString(),
  }
  return { ...head, subject: 'CLOSING', institution: 'B0001', sequence: String(n), data: loan } as Event
}
