/** Plays the scenario to Kafka in real time. */
import type { LibrdKafkaError, Producer } from '@confluentinc/kafka-javascript'
import { LookthroughError } from '../contract/errors.ts'
import type { Label } from './planned.ts'
import { type Step, scenarioSteps } from './steps.ts'

export type PlayOptions = {
  brokers: string
  /** The same seed, the same story. */
  seed: number
  /** 1 is real time. */
  speed: number
  /** Ends the play. */
  signal: AbortSignal
  /** A labelled step was produced; `at` is its event time in ms. */
  onLabel?: (label: Label, at: number) => void
  /** Events produced so far. */
  onCount?: (events: number) => void
}

/**
 * Produces the world at once and then the story, lap after lap, until `signal` aborts; resolves when all of it is acknowledged.
 * Throws LT-2203 when the brokers cannot be reached or do not take the events.
 */
export async function playScenario(options: PlayOptions): Promise<void> {
  const { brokers, seed, speed, signal, onLabel, onCount } = options
  const producer = await connect(brokers)
  const failures: LibrdKafkaError[] = []
  producer.on('delivery-report', (error: LibrdKafkaError | null) => {
    if (error) failures.push(error)
  })
  try {
    const steps = scenarioSteps(seed, Date.now(), speed)
    let produced = 0
    for (let step = next(steps); !signal.aborted; await pause(SLICE_MS, signal)) {
      const now = Date.now()
      const before = produced
      for (; step.at <= now; step = next(steps)) {
        while (!offer(producer, step)) await pause(SLICE_MS)
        produced++
        if (step.label !== undefined) onLabel?.(step.label, step.at)
      }
      if (produced > before) onCount?.(produced)
      if (failures[0] !== undefined) throw unreachable(brokers, failures[0])
    }
    await flush(producer, brokers)
  } finally {
    await new Promise<void>((resolve) => producer.disconnect(() => resolve()))
  }
}

/** What is due is looked up again after each slice, so that a slow slice delays nothing after it. */
const SLICE_MS = 20
const CONNECT_MS = 10_000
const FLUSH_MS = 10_000

async function connect(brokers: string): Promise<Producer> {
  // Loaded late: the addon takes a while, and a program that only writes the scenario to a file does without it.
  const { default: kafka } = await import('@confluentinc/kafka-javascript')
  const producer = new kafka.Producer(
    { 'bootstrap.servers': brokers, 'client.id': 'lookthrough-scenario', 'enable.idempotence': true, 'linger.ms': 5, dr_cb: true },
    { partitioner: 'murmur2_random' },
  )
  // Without a listener an error event would end the process; what matters of it comes with the delivery reports.
  producer.on('event.error', () => undefined)
  await new Promise<void>((resolve, reject) => {
    producer.connect({ timeout: CONNECT_MS }, (error: LibrdKafkaError | null) => {
      if (error) reject(unreachable(brokers, error))
      else resolve()
    })
  })
  producer.setPollInBackground(true)
  return producer
}

/** False when the client's queue is full and the event has to wait. */
function offer(producer: Producer, { event }: Step): boolean {
  try {
    producer.produce(event.type, null, Buffer.from(JSON.stringify(event)), event.subject)
    return true
  } catch (error) {
    if ((error as Partial<LibrdKafkaError>).code === QUEUE_FULL) return false
    throw error
  }
}

const QUEUE_FULL = -184

function flush(producer: Producer, brokers: string): Promise<void> {
  return new Promise((resolve, reject) => {
    producer.flush(FLUSH_MS, (error: LibrdKafkaError | null) => (error ? reject(unreachable(brokers, error)) : resolve()))
  })
}

function unreachable(brokers: string, error: { message: string }): LookthroughError {
  return new LookthroughError('LT-2203', { brokers, why: error.message }, error)
}

function next(steps: Generator<Step>): Step {
  const { value } = steps.next() as IteratorYieldResult<Step>
  return value
}

function pause(ms: number, signal?: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    const done = () => {
      clearTimeout(timer)
      signal?.removeEventListener('abort', done)
      resolve()
    }
    const timer = setTimeout(done, ms)
    signal?.addEventListener('abort', done)
  })
}
