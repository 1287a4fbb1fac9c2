import type { EvidenceRef } from '../../contract/index.ts'
import { grown } from '../grown.ts'
import { Ids } from '../ids.ts'
import { Texts } from '../texts.ts'

/** What a statement of ownership is referred to by, and who made it. */
export type StatementRef = EvidenceRef & { institution?: string }

/** The references of statements by number, in columns. */
export class Refs {
  readonly #events = new Texts()
  readonly #orders = new Texts()
  /** Institutions and topics; 0 where there is none. */
  readonly #names = new Ids()
  #institution = new Int32Array(16)
  #topic = new Int32Array(16)
  #partition = new Int32Array(16)
  #offset = new Float64Array(16)

  /** Of statements that came in columns, by the number of the first. */
  readonly #blocks: { first: number; end: number; of(row: number): StatementRef }[] = []

  constructor() {
    this.#names.of('')
  }

  /** Statements from `first` on are referred to as `of` says by row, until they are set anew. */
  load(first: number, count: number, of: (row: number) => StatementRef): void {
    this.#blocks.push({ first, end: first + count, of })
  }

  set(statement: number, { event, order, institution, position }: StatementRef): void {
    this.#events.set(statement, event)
    this.#orders.set(statement, order)
    this.#institution = grown(this.#institution, statement + 1)
    this.#topic = grown(this.#topic, statement + 1)
    this.#partition = grown(this.#partition, statement + 1)
    this.#offset = grown(this.#offset, statement + 1)
    this.#institution[statement] = institution === undefined ? 0 : this.#names.of(institution)
    this.#topic[statement] = position === undefined ? 0 : this.#names.of(position.topic)
    this.#partition[statement] = position?.partition ?? 0
    this.#offset[statement] = position?.offset ?? 0
  }

  of(statement: number): StatementRef {
    // An event has a name.
    if (this.#events.at(statement) === '') {
      const block = this.#blocks.find(({ first, end }) => statement >= first && statement < end)
      if (block !== undefined) return block.of(statement - block.first)
    }
    const [institution, topic] = [this.#institution[statement] as number, this.#topic[statement] as number]
    const position = { topic: this.#names.text(topic), partition: this.#partition[statement] as number, offset: this.#offset[statement] as number }
    return {
      event: this.#events.at(statement),
      order: this.#orders.at(statement),
      ...(institution !== 0 && { institution: this.#names.text(institution) }),
      ...(topic !== 0 && { position }),
    }
  }

  delete(statement: number): void {
    this.#events.delete(statement)
    this.#orders.delete(statement)
  }
}
