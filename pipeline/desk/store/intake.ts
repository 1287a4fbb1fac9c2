/** From the log into the desk: a batch is numbered, committed with the places to read on from, and only then shown. */
import type { Action } from '../../contract/action.ts'
import type { DeskLog, LogRecord } from '../../contract/desk-log.ts'
import type { Position } from '../../contract/source.ts'
import type { Admitted, AlertLog } from '../feed/log.ts'
import { inBatches } from './batches.ts'
import type { DeskStore } from './desk-store.ts'

const BATCH = { most: 1000, everyMs: 20 }

export type IntakeOptions = { log: DeskLog; store: DeskStore; alerts: AlertLog; onActions(actions: readonly Action[]): void; onFailure(error: unknown): void }

export class Intake {
  readonly #options: IntakeOptions
  readonly #stop = new AbortController()
  readonly #done: Promise<void>
  /** What broke it off. */
  failure: unknown
  /** Resolves once what is there at once has been taken in. */
  readonly begun: Promise<void>

  constructor(options: IntakeOptions) {
    this.#options = options
    const records = options.log.read(options.store.places, this.#stop.signal)
    let begun = () => undefined as void
    this.begun = new Promise((resolve) => (begun = resolve))
    this.#done = inBatches(records, { ...BATCH, signal: this.#stop.signal, take: (batch) => this.#take(batch), onIdle: begun })
      .catch((error: unknown) => {
        if (this.#stop.signal.aborted) return
        this.failure = error
        options.onFailure(error)
      })
      .finally(begun)
  }

  /** Resolves when the batch in hand is committed. */
  async stop(): Promise<void> {
    this.#stop.abort()
    await this.#done
  }

  async #take(batch: readonly LogRecord[]): Promise<void> {
    const { store, alerts, onActions } = this.#options
    const admitted = alerts.admit(batch.flatMap(({ alert, at }) => (alert === undefined ? [] : [{ alert, at }])))
    const actions = batch.flatMap(({ action, at }) => (action === undefined ? [] : [{ action, at }]))
    await store.commit({ admitted, actions, places: nextPlaces(batch) })
    for (const portion of portionsOf(admitted)) {
      alerts.show(portion)
      // Between two of them sockets take something: whoever does not is told apart from whoever has had no chance to.
      await new Promise((resolve) => setImmediate(resolve))
    }
    if (actions.length > 0) onActions(actions.map(({ action }) => action))
  }
}

/** What is shown in one turn of the event loop, in characters of JSON. */
const SHOWN_AT_ONCE = 128 << 10

function* portionsOf(admitted: readonly Admitted[]): Generator<Admitted[]> {
  let portion: Admitted[] = []
  let length = 0
  for (const one of admitted) {
    portion.push(one)
    length += one.length ?? 0
    if (length < SHOWN_AT_ONCE) continue
    yield portion
    portion = []
    length = 0
  }
  if (portion.length > 0) yield portion
}

function nextPlaces(batch: readonly LogRecord[]): Position[] {
  const places = new Map<string, Position>()
  for (const { topic, partition, offset } of batch) places.set(`${topic}/${partition}`, { topic, partition, offset: offset + 1 })
  return [...places.values()]
}
