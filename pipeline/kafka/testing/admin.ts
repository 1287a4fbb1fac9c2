/** What an operator does to topics. */
import { CONNECT_MS, type KafkaOptions, loadKafka } from '../client.ts'

export type TopicAdmin = {
  /** More partitions. */
  grow(topic: string, partitions: number): Promise<void>
  /** Gone, and no longer named by the broker. */
  remove(topic: string): Promise<void>
  /** As retention does: partition 0 starts at `offset`. */
  forgetBefore(topic: string, offset: number): Promise<void>
  close(): void
}

export async function openAdmin(options: KafkaOptions): Promise<TopicAdmin> {
  const kafka = await loadKafka()
  const admin = kafka.AdminClient.create({ 'bootstrap.servers': options.brokers, 'client.id': 'lookthrough-admin' } as never)
  const ask = <T>(call: (done: (error: unknown, result: T) => void) => void) =>
    new Promise<T>((resolve, reject) => call((error, result) => (error ? reject(error as Error) : resolve(result))))
  return {
    grow: (topic, partitions) => ask((done) => admin.createPartitions(topic, partitions, CONNECT_MS, done as never)),
    async remove(topic) {
      await ask((done) => admin.deleteTopic(topic, CONNECT_MS, done as never))
      for (;;) {
        const left = await ask<string[]>((done) => admin.listTopics({ timeout: CONNECT_MS }, done as never))
        if (!left.includes(topic)) return
        await new Promise((resolve) => setTimeout(resolve, 50))
      }
    },
    async forgetBefore(topic, offset) {
      await ask((done) => admin.deleteRecords([{ topic, partition: 0, offset }], { timeout: CONNECT_MS }, done as never))
    },
    close: () => admin.disconnect(),
  }
}
