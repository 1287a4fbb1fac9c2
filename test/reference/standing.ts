/** What stands of state, statement by statement (contract §1). */
import { STREAMS } from '../../pipeline/contract/index.ts'
import { type Arrived, thingOf } from './arrivals.ts'

/** What stands for each thing; a deletion stands too, so that an older statement cannot raise the dead. */
export class Standing {
  readonly #things = new Map<string, Arrived>()

  /** False when it changes nothing: it is about an earlier time than what stands, or another source's word on a shared thing. */
  take(a: Arrived): boolean {
    const { shared } = STREAMS[a.event.type]
    const thing = shared ? thingOf(a.event, 'everywhere') : a.thing
    const before = this.#things.get(thing)
    if (before !== undefined && ((shared && before.event.source !== a.event.source) || a.time < before.time)) return false
    this.#things.set(thing, a)
    return true
  }

  /** Statements in force that are no deletions. */
  live(type: string, institution: string): Arrived[] {
    return [...this.#things.values()].filter((a) => a.event.type === type && a.event.institution === institution && a.event.op !== 'delete')
  }
}
