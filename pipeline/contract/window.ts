/** What a window is, and what is measured in it. */
import Type, { type Static } from 'typebox'

const Text = Type.String({ minLength: 1 })

/**
 * A measure of a window, declared so that partial results can be merged and the evidence named. `mean` and `stddev` (of a sample) come from exact
 * sums of values and of their squares; `first` and `last` go by (time, source, sequence, id); `top` names the `k` values that occur most often,
 * the more frequent first, at equal counts in the order of their text, joined by `,`; the `median` of an even number lies halfway between the two in the
 * middle. Field `institution` is who reported. `as` counts the rows of one key alone, where a window has several (`per`).
 */
const As = Type.Optional(Text)
export const Measure = Type.Union([
  Type.Object({ kind: Type.Literal('count'), as: As }),
  Type.Object({
    kind: Type.Union([
      Type.Literal('sum'),
      Type.Literal('min'),
      Type.Literal('max'),
      Type.Literal('mean'),
      Type.Literal('stddev'),
      Type.Literal('distinct'),
      Type.Literal('first'),
      Type.Literal('last'),
      Type.Literal('median'),
    ]),
    field: Text,
    as: As,
  }),
  Type.Object({ kind: Type.Literal('top'), field: Text, k: Type.Integer({ minimum: 1, maximum: 100 }), as: As }),
])
export type Measure = Static<typeof Measure>
export const countOf = (as?: string): Measure => ({ kind: 'count', ...(as !== undefined && { as }) })
export const sum = (field: string, as?: string): Measure => ({ kind: 'sum', field, ...(as !== undefined && { as }) })
export const min = (field: string): Measure => ({ kind: 'min', field })
export const max = (field: string): Measure => ({ kind: 'max', field })
export const mean = (field: string): Measure => ({ kind: 'mean', field })
export const stddev = (field: string): Measure => ({ kind: 'stddev', field })
export const median = (field: string): Measure => ({ kind: 'median', field })
export const distinct = (field: string, as?: string): Measure => ({ kind: 'distinct', field, ...(as !== undefined && { as }) })
export const first = (field: string): Measure => ({ kind: 'first', field })
export const last = (field: string): Measure => ({ kind: 'last', field })
export const top = (field: string, k: number): Measure => ({ kind: 'top', field, k })

/**
 * What a window is; durations are names of parameters, `per` is the key within the institution: a field, or an expression over fields. `part` tells windows of
 * one key apart, as `in` and `out`, and is the subject's part; `partAs` also shows it among the values. A row counts under the keys of `also` too; measures
 * may count it under one of them alone, by its name `as`.
 * `partyKind`: keys are parties, and rows count where theirs is known as one of this kind in the tick in which they take effect.
 * `hopping`: [start, start + size) at every multiple of `every` from the Unix epoch, or from local midnight of `calendar`; equal ones are tumbling.
 * `session`: events less than `gap` apart; it ends `gap` after its last. `rolling`: for each event, what came in [time − size, time) before it.
 * `early`: also judged at every tick while open, for measures that only grow. `late`: what becomes of events below the watermark.
 * `alerts`: `episode` joins qualifying windows that overlap into one alert, `window` gives each its own.
 */
const Late = Type.Optional(Type.Union([Type.Literal('drop'), Type.Literal('correct')]))
const OneKey = { per: Text, part: Type.Optional(Text), as: As }
const Key = {
  ...OneKey,
  also: Type.Optional(Type.Array(Type.Object(OneKey), { minItems: 1 })),
  partAs: Type.Optional(Text),
  partyKind: Type.Optional(Text),
}
export const Window = Type.Union([
  Type.Object({
    kind: Type.Optional(Type.Literal('hopping')),
    size: Text,
    every: Text,
    ...Key,
    early: Type.Boolean(),
    calendar: Type.Optional(Type.Literal('Asia/Shanghai')),
    late: Late,
    alerts: Type.Optional(Type.Union([Type.Literal('episode'), Type.Literal('window')])),
  }),
  Type.Object({ kind: Type.Literal('session'), gap: Text, ...Key, early: Type.Boolean(), late: Late }),
  Type.Object({ kind: Type.Literal('rolling'), size: Text, ...Key, late: Late }),
])
export type Window = Static<typeof Window>

/** Names of the parameters that say how long a window is. */
export function durationsOf(window: Window): string[] {
  if (window.kind === 'session') return [window.gap]
  return window.kind === 'rolling' ? [window.size] : [window.size, window.every]
}
