import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { setTimeout as wait } from 'node:timers/promises'
import type { LibrdKafkaError, Message, Metadata } from '@confluentinc/kafka-javascript'
import kafka from '@confluentinc/kafka-javascript'
import { expect, test } from 'vitest'
import { EVENT_TYPES, type Event } from '../contract/event.ts'
import { LookthroughError } from '../contract/errors.ts'
import { type EmbeddedBroker, brokerProgram, startEmbeddedBroker } from './embedded.ts'
import type { Label } from './planned.ts'
import { playScenario } from './play.ts'
import { buildWorld } from './world.ts'

test('the embedded broker is up within 5 s with 4 partitions of every topic, and gone after stop', async () => {
  const began = performance.now()
  const broker = await startEmbeddedBroker()
  try {
    expect(performance.now() - began).toBeLessThan(5000)
    const topics = await topicsOf(broker)
    expect(Object.keys(topics).sort()).toEqual(
      [...EVENT_TYPES, 'lookthrough.alerts', 'lookthrough.actions', 'lookthrough.control', 'lookthrough.rules', 'lookthrough.dead-letters'].sort(),
    )
    expect(new Set(Object.values(topics))).toEqual(new Set([4]))
  } finally {
    await broker.stop()
  }
  expect(isAlive(broker.pid)).toBe(false)
  await broker.stop()
})

test('the broker ends when its parent is killed', async () => {
  const program = `const child = require('node:child_process').spawn(process.execPath, ['-e', ${JSON.stringify(brokerProgram())}], { stdio: ['ignore', 'ignore', 'inherit', 'ipc'] })
    child.once('message', () => process.stdout.write(String(child.pid)))`
  const parent = spawn(process.execPath, ['-e', program], { stdio: ['ignore', 'pipe', 'inherit'] })
  const [pid] = (await once(parent.stdout, 'data')).map((data) => Number(String(data)))
  expect(isAlive(pid ?? 0)).toBe(true)
  parent.kill('SIGKILL')
  await expect.poll(() => isAlive(pid ?? 0), { timeout: 5000 }).toBe(false)
})

test('a consumer reads exactly what play produced: the world, then the story in real time, each event once', async () => {
  const broker = await startEmbeddedBroker()
  const stop = new AbortController()
  const labels: { label: Label; at: number }[] = []
  let produced = 0
  try {
    const began = Date.now()
    const playing = playScenario({
      brokers: broker.brokers,
      seed: 5,
      speed: 10,
      signal: stop.signal,
      onLabel: (label, at) => labels.push({ label, at }),
      onCount: (events) => (produced = events),
    })
    await wait(4000)
    stop.abort()
    await playing
    const elapsed = Date.now() - began
    const messages = await readAll(broker, produced)
    const events = messages.map((m) => JSON.parse(String(m.value)) as Event)
    const world = buildWorld(5, began).events.length
    expect(messages.length).toBe(produced)
    expect(new Set(events.map((e) => `${e.source}|${e.id}`)).size).toBe(produced)
    expect(messages.every((m, i) => m.topic === events[i]?.type && String(m.key) === events[i]?.subject)).toBe(true)
    // 157 events a second, ten times as fast.
    expect((produced - world) / elapsed).toBeGreaterThan(1.57 * 0.75)
    expect((produced - world) / elapsed).toBeLessThan(1.57 * 1.1)
    expect(new Set(labels.map((l) => l.label.rule))).toEqual(new Set(['CR-01', 'CR-02', 'CR-05', 'CR-09', 'OP-08']))
    expect(events.every((e) => Date.parse(e.time) <= Date.now())).toBe(true)
    const lag = events.map((e, i) => (messages[i]?.timestamp ?? 0) - Date.parse(e.time)).slice(world)
    expect(Math.min(...lag)).toBeGreaterThanOrEqual(0)
  } finally {
    stop.abort()
    await broker.stop()
  }
})

test('play says LT-2203 when there is no broker', async () => {
  const playing = playScenario({ brokers: '127.0.0.1:9', seed: 1, speed: 1, signal: new AbortController().signal })
  const error = await playing.catch((e: unknown) => e)
  expect(error).toBeInstanceOf(LookthroughError)
  expect(error).toMatchObject({ code: 'LT-2203', facts: { brokers: '127.0.0.1:9' } })
})

function isAlive(pid: number): boolean {
  try {
    return process.kill(pid, 0)
  } catch {
    return false
  }
}

async function topicsOf(broker: EmbeddedBroker): Promise<Record<string, number>> {
  const client = new kafka.Producer({ 'bootstrap.servers': broker.brokers })
  await new Promise<void>((resolve, reject) => client.connect({}, (error: LibrdKafkaError | null) => (error ? reject(error) : resolve())))
  const metadata = await new Promise<Metadata>((resolve, reject) =>
    client.getMetadata({ allTopics: true, timeout: 5000 }, (error: LibrdKafkaError | null, data) => (error ? reject(error) : resolve(data))),
  )
  await new Promise<void>((resolve) => client.disconnect(() => resolve()))
  return Object.fromEntries(metadata.topics.map((t) => [t.name, t.partitions.length]))
}

/** Everything in the event topics from the beginning; gives up when nothing more comes for 2 s. */
async function readAll(broker: EmbeddedBroker, expected: number): Promise<Message[]> {
  const consumer = new kafka.KafkaConsumer(
    { 'bootstrap.servers': broker.brokers, 'group.id': 'test', 'enable.auto.commit': false },
    { 'auto.offset.reset': 'earliest' },
  )
  await new Promise<void>((resolve, reject) => consumer.connect({}, (error: LibrdKafkaError | null) => (error ? reject(error) : resolve())))
  consumer.setDefaultConsumeTimeout(200)
  consumer.assign(EVENT_TYPES.flatMap((topic) => [0, 1, 2, 3].map((partition) => ({ topic, partition, offset: 0 }))))
  const messages: Message[] = []
  for (let silent = 0; silent < 10 && messages.length < expected + 1; ) {
    const more = await new Promise<Message[]>((resolve, reject) =>
      consumer.consume(5000, (error: LibrdKafkaError | null, m) => (error ? reject(error) : resolve(m))),
    )
    messages.push(...more)
    silent = more.length === 0 ? silent + 1 : 0
  }
  await new Promise<void>((resolve) => consumer.disconnect(() => resolve()))
  return messages
}
