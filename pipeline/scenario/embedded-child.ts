/** What runs in the embedded broker's own process. */
import type { LibrdKafkaError, Metadata, Producer, ProducerGlobalConfig } from '@confluentinc/kafka-javascript'

/** What the child tells its parent; the parent's only word is `stop`. */
export type BrokerReport = { ready: string } | { failed: string }

/**
 * Hosts librdkafka's mock cluster until told to stop or left alone by its parent.
 * The function is sent to the child as text (Node 20 runs no TypeScript, and a test runs from the sources),
 * so it must not use anything from outside itself but its arguments.
 */
export function hostBroker(load: NodeJS.Require, topics: readonly string[]): void {
  process.title = 'lookthrough-broker'
  const report = (message: BrokerReport) => process.send?.(message)
  // Ctrl-C reaches the whole process group; the broker outlives it so that the engine can finish, and stops when told to.
  process.on('SIGINT', () => undefined)
  process.on('disconnect', () => process.exit(0))
  process.on('message', (message) => {
    if (message === 'stop') process.exit(0)
  })
  const fail = (why: unknown) => {
    report({ failed: why instanceof Error ? why.message : String(why) })
    process.exitCode = 1
    process.disconnect()
  }
  const metadata = (client: Producer, options: { topic?: string; allTopics?: boolean }) =>
    new Promise<Metadata>((resolve, reject) => {
      client.getMetadata({ ...options, timeout: 5000 }, (error: LibrdKafkaError | null, data: Metadata) =>
        error ? reject(new Error(error.message)) : resolve(data),
      )
    })
  // Asking for a topic makes the mock cluster create it, but the answer does not wait for that.
  const create = async (client: Producer): Promise<string> => {
    await Promise.all(topics.map((topic) => metadata(client, { topic })))
    for (let asked = 0; asked < 100; asked++) {
      const found = await metadata(client, { allTopics: true })
      const broker = found.brokers[0]
      if (broker !== undefined && topics.every((name) => found.topics.some((topic) => topic.name === name))) return `${broker.host}:${broker.port}`
      await new Promise((resolve) => setTimeout(resolve, 20))
    }
    throw new Error('the mock cluster does not create its topics')
  }
  try {
    const { Producer: Host } = load('@confluentinc/kafka-javascript') as typeof import('@confluentinc/kafka-javascript')
    // The typings leave out the option that makes a client host a cluster.
    const host = new Host({ 'test.mock.num.brokers': 1, 'client.id': 'lookthrough-broker', log_level: 0 } as ProducerGlobalConfig)
    host.on('event.error', () => undefined)
    host.connect({ timeout: 5000 }, (error: LibrdKafkaError | null) => {
      if (error) return fail(error)
      create(host)
        .then((brokers) => report({ ready: brokers }))
        .catch(fail)
    })
  } catch (error) {
    fail(error)
  }
}
