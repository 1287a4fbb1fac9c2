/** The same events as messages of any wire form. */
import fc from 'fast-check'
import { sharedBytes } from '../../pipeline/contract/memory.ts'
import { batchOf, type RawBatch, WIRE_FORMS, type WireForm } from '../../pipeline/contract/source.ts'
import { joinBinary } from '../../pipeline/kafka/binary.ts'
import { type ArrowForm, arrowStream } from './arrow.ts'
import type { WireEvent } from './events.ts'

/** `events`: how many the bytes hold. */
export type WireMessage = { form: WireForm; bytes: Buffer; events: number }

/** `size` events together, where the form can hold as many. */
export type Cut = { size: number; form: WireForm; arrow: ArrowForm }

export const anyCut = (largest: number): fc.Arbitrary<Cut> =>
  fc.record({
    size: fc.integer({ min: 1, max: largest }),
    form: fc.constantFrom(...WIRE_FORMS),
    arrow: fc.record({
      text: fc.constantFrom('plain' as const, 'dictionary' as const),
      money: fc.constantFrom('int64' as const, 'decimal' as const),
      time: fc.constantFrom('s' as const, 'ms' as const, 'us' as const, 'ns' as const, 'text' as const),
      day: fc.constantFrom('text' as const, 'date' as const),
    }),
  })

/**
 * The events cut into messages, the cuts taken in turns; those of one Arrow message are of one type, so their order between types may change. A cut ends
 * before an event that is not `near` its first one.
 */
export function messagesOf(
  events: readonly WireEvent[],
  cuts: readonly Cut[],
  near: (first: WireEvent, other: WireEvent) => boolean = () => true,
): WireMessage[] {
  const messages: WireMessage[] = []
  for (let from = 0, k = 0; from < events.length; k++) {
    const cut = cuts[k % cuts.length] as Cut
    const some = events.slice(from, from + cut.size)
    const far = some.findIndex((e) => !near(some[0] as WireEvent, e))
    const together = far < 0 ? some : some.slice(0, far)
    messages.push(...written(together, cut))
    from += together.length
  }
  return messages
}

function written(events: readonly WireEvent[], { form, arrow }: Cut): WireMessage[] {
  switch (form) {
    case 'event':
      return events.map((e) => ({ form, bytes: Buffer.from(JSON.stringify(e)), events: 1 }))
    case 'batch':
      return [{ form, bytes: Buffer.from(JSON.stringify(events, null, events.length % 3)), events: events.length }]
    case 'binary':
      return events.map((e) => ({ form, bytes: binary(e), events: 1 }))
    case 'arrow':
      return [...new Set(events.map((e) => e.type))].map((type) => {
        const own = events.filter((e) => e.type === type)
        return { form, bytes: arrowStream(own, arrow), events: own.length }
      })
  }
}

function binary({ data, ...attributes }: WireEvent): Buffer {
  const headers = Object.entries(attributes).map(([name, value]) => ({ [`ce_${name}`]: Buffer.from(value) }))
  return joinBinary([...headers, { 'content-type': 'application/json' }], JSON.stringify(data))
}

/** In memory that threads share, as the messages of a topic. */
export function rawOf(messages: readonly WireMessage[], first = 0, ended = false): RawBatch {
  const raw = batchOf(
    messages.map((m) => m.bytes),
    { first, ended },
  )
  const bytes = sharedBytes(raw.bytes.length)
  bytes.set(raw.bytes)
  return { ...raw, bytes, form: Uint8Array.from(messages, (m) => WIRE_FORMS.indexOf(m.form)) }
}
