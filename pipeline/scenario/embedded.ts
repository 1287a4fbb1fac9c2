/** A Kafka broker for trying things out: nothing to install, nothing kept. */
import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { LookthroughError } from '../contract/errors.ts'
import { EVENT_TYPES } from '../contract/event.ts'
import { type BrokerReport, hostBroker } from './embedded-child.ts'

export type EmbeddedBroker = {
  /** `127.0.0.1:<port>`, for `bootstrap.servers`. */
  brokers: string
  /** The broker's process. */
  pid: number
  /** Ends the process; resolves when it is gone. */
  stop(): Promise<void>
}

/**
 * Starts librdkafka's mock cluster in a process of its own and creates the topics of all event types, `lookthrough.alerts`,
 * `lookthrough.actions`, `lookthrough.control`, `lookthrough.rules` and `lookthrough.dead-letters`, each with 4 partitions. The process ends with `stop()`, or when this process ends, however it ends.
 *
 * Limits of the mock cluster: one broker, everything in memory; a partition keeps the last 5 MB or 100,000 messages, whichever is less,
 * and drops what is older; timestamps are the producer's (no `LogAppendTime`); no compaction, no ACLs, no offsets within transactions;
 * a classic consumer group gets no second member (use `assign`, or `group.protocol=consumer`).
 *
 * Throws LT-2201 when it does not come up.
 */
export async function startEmbeddedBroker(): Promise<EmbeddedBroker> {
  const child = spawn(process.execPath, ['-e', brokerProgram()], { stdio: ['ignore', 'ignore', 'inherit', 'ipc'] })
  const brokers = await ready(child).catch((error: unknown) => {
    child.kill('SIGKILL')
    throw error
  })
  return { brokers, pid: child.pid ?? 0, stop: () => stop(child) }
}

/** The child as CommonJS text for `node -e`; it needs an IPC channel. */
export function brokerProgram(): string {
  const topics = [...EVENT_TYPES, 'lookthrough.alerts', 'lookthrough.actions', 'lookthrough.control', 'lookthrough.rules', 'lookthrough.dead-letters']
  return `(${hostBroker.toString()})(require('node:module').createRequire(${JSON.stringify(import.meta.url)}), ${JSON.stringify(topics)})`
}

const START_MS = 15_000
const STOP_MS = 2000

function ready(child: ChildProcess): Promise<string> {
  return new Promise((resolve, reject) => {
    const fail = (why: string, cause?: unknown) => {
      clearTimeout(timer)
      reject(new LookthroughError('LT-2201', { why }, cause))
    }
    const timer = setTimeout(() => fail(`no answer within ${START_MS / 1000} s`), START_MS)
    child.once('error', (error) => fail(error.message, error))
    child.once('exit', (code, signal) => fail(`its process ended with ${signal ?? code}`))
    child.once('message', (message: BrokerReport) => {
      clearTimeout(timer)
      if ('ready' in message) resolve(message.ready)
      else fail(message.failed)
    })
  })
}

async function stop(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return
  const gone = once(child, 'exit')
  const timer = setTimeout(() => child.kill('SIGKILL'), STOP_MS)
  if (child.connected) child.send('stop')
  else child.kill('SIGKILL')
  await gone
  clearTimeout(timer)
}
