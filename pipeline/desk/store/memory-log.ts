/** The desk's log where there is no Kafka: the alerts it is given, and the actions of this run in memory. */
import type { Action } from '../../contract/action.ts'
import type { DeskLog, LogRecord } from '../../contract/desk-log.ts'
import type { PublishedAlert } from '../../contract/index.ts'

/** `alerts`: every revision from the beginning, then each as it comes; read once. */
export function memoryLog(alerts: AsyncIterable<PublishedAlert>): DeskLog {
  const actions: Action[] = []
  const readers = new Set<(action: Action) => void>()
  return {
    read: (_from, signal) => merged(alerts, actions, readers, signal),
    isMissing: () => Promise.resolve(undefined),
    write(written) {
      for (const action of written) {
        actions.push(action)
        for (const tell of readers) tell(action)
      }
      return Promise.resolve()
    },
  }
}

/** Both as they come; ends with the alerts' failure, not with their end. */
async function* merged(
  alerts: AsyncIterable<PublishedAlert>,
  actions: readonly Action[],
  readers: Set<(action: Action) => void>,
  signal: AbortSignal,
): AsyncGenerator<LogRecord> {
  const waiting: LogRecord[] = []
  const offsets = { alerts: 0, actions: 0 }
  let failure: { error: unknown } | undefined
  let wake = () => undefined as void
  const put = (record: LogRecord) => {
    waiting.push(record)
    wake()
  }
  const tell = (action: Action) => put({ topic: 'lookthrough.actions', partition: 0, offset: offsets.actions++, at: Date.now(), action })
  const copy = async () => {
    for await (const alert of alerts) {
      if (signal.aborted) return
      put({ topic: 'lookthrough.alerts', partition: 0, offset: offsets.alerts++, at: Date.now(), alert })
    }
  }
  copy().catch((error: unknown) => {
    failure = { error }
    wake()
  })
  const stop = () => wake()
  signal.addEventListener('abort', stop, { once: true })
  actions.forEach(tell)
  readers.add(tell)
  try {
    while (!signal.aborted) {
      for (let next = waiting.shift(); next !== undefined; next = waiting.shift()) yield next
      if (failure !== undefined) throw failure.error
      await new Promise<void>((resolve) => (wake = resolve))
    }
  } finally {
    readers.delete(tell)
    signal.removeEventListener('abort', stop)
  }
}
