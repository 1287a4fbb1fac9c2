/** What every suite has in common: topics of its own on a broker, an engine over them, a load, and its figures. */
import type { StateConfig } from '../../pipeline/cold/config/config.ts'
import type { KafkaOptions } from '../../pipeline/kafka/client.ts'
import type { TestBroker } from '../../pipeline/kafka/testing/broker.ts'
import { ensureTopics } from '../../pipeline/kafka/topics.ts'
import { type Books, EngineProcess, unbalanced } from './engine-process.ts'
import { Load, type LoadOptions } from './load.ts'
import { AlertLog, settled, verdict } from './verdict.ts'

/**
 * Empty lists when the suite holds. `differences`: lost, said twice, said wrongly, not in the books, or the engine ended by itself. `exceeded`: bounds of
 * time and memory, which say something of the machine too: the short forms, which run beside other work, do not look at them.
 */
export type Report = { figures: Record<string, number | string>; differences: string[]; exceeded?: string[] }
/** `atEnd`: what only the books of the finished engine tell. */
type Acted = Report & { atEnd?: (books: readonly Books[]) => Report }
export type Suite = (broker: TestBroker, options: Record<string, number>) => Promise<Report>

export type World = { kafka: KafkaOptions; engine: EngineProcess; load: Load; alerts: AlertLog }

const PARTITIONS = 4
const SETTLE_MS = 180_000

/** Topics under a prefix of their own, an engine that does not run yet, a load that does. `act` does the harm; then everything is judged and compared. `state`: the engine's limits. */
export async function underLoad(
  broker: TestBroker,
  load: Omit<LoadOptions, 'kafka'>,
  act: (world: World) => Promise<Acted>,
  state: StateConfig = {},
): Promise<Report> {
  const kafka = { brokers: broker.brokers, prefix: `${load.name}.` }
  await ensureTopics({ ...kafka, partitions: PARTITIONS })
  const world = { kafka, engine: new EngineProcess(kafka, state), load: await Load.start({ ...load, kafka }), alerts: new AlertLog(kafka) }
  try {
    const { atEnd, ...report } = await act(world)
    if (!world.engine.runs) world.engine.start()
    const cutoff = await settled(world.load, world.alerts, SETTLE_MS)
    await world.load.stop()
    await world.engine.end('SIGTERM')
    const judged = await verdict(kafka, world.load.planted, cutoff)
    const books = await world.engine.books()
    const told = atEnd?.(books)
    const figures = { events: world.load.sent, 'planted breaches': world.load.planted.length * 2, 'revisions compared': judged.alerts }
    return {
      ...report,
      figures: { ...report.figures, ...told?.figures, ...figures },
      differences: [...report.differences, ...(told?.differences ?? []), ...judged.differences, ...unbalanced(books)],
    }
  } catch (error) {
    throw new Error(`${error instanceof Error ? (error.stack ?? error.message) : String(error)}\n${world.engine.said}`, { cause: error })
  } finally {
    await world.engine.end('SIGKILL')
    await world.load.stop().catch(() => undefined)
    await world.alerts.close().catch(() => undefined)
  }
}

/** Numbers from 0 to below 1, the same ones for the same seed. */
export function seeded(seed: number): () => number {
  let state = (seed * 2654435761) >>> 0
  return () => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0
    return state / 2 ** 32
  }
}
