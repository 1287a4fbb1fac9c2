/** Parameters of a rule: numbers with a unit and bounds, set for all or for one institution. */
import Type, { type Static } from 'typebox'
import { parseDuration } from './clock.ts'
import { parseDecimal } from './money.ts'

const Text = Type.String({ minLength: 1 })

/** A number the rule depends on: its value, unit and bounds; `of` holds what differs for single institutions. */
export const Parameter = Type.Union([
  Type.Object({ type: Type.Literal('count'), value: Type.Integer(), min: Type.Integer(), max: Type.Integer(), unit: Text }),
  Type.Object({ type: Type.Literal('ratio'), value: Text, min: Text, max: Text }),
  Type.Object({ type: Type.Literal('duration'), value: Text, min: Text, max: Text }),
  Type.Object({ type: Type.Literal('choice'), value: Text, of: Type.Array(Text) }),
  Type.Object({ type: Type.Literal('words'), value: Text }),
  Type.Object({ type: Type.Literal('amount'), value: Text, min: Text, max: Text, of: Type.Optional(Type.Record(Type.String(), Text)) }),
])
export type Parameter = Static<typeof Parameter>

/** What a value may be: the words there are, or the lowest and the highest; nothing where any words will do. */
export function boundsOf(p: Parameter): readonly (string | number)[] {
  if (p.type === 'words') return []
  return p.type === 'choice' ? p.of : [p.min, p.max]
}

export const count = (value: number, min = 1, max = 1_000_000, unit = 'count'): Parameter => ({ type: 'count', value, min, max, unit })
export const days = (value: number, min = 0, max = 3650): Parameter => ({ type: 'count', value, min, max, unit: 'days' })
export const ratio = (value: string, min = '0', max = '1'): Parameter => ({ type: 'ratio', value, min, max })
/** Money, in CNY; `of`: by institution, where one has its own. */
export const amount = (value: string, options: { min?: string; max?: string; of?: Record<string, string> } = {}): Parameter => ({
  type: 'amount',
  value,
  min: options.min ?? '0',
  max: options.max ?? '1000000000000',
  ...(options.of !== undefined && { of: options.of }),
})
/** One of several words. */
export const choice = (value: string, ...others: string[]): Parameter => ({ type: 'choice', value, of: [value, ...others] })
/** Several words, joined by `,`. */
export const words = (...values: string[]): Parameter => ({ type: 'words', value: values.join(',') })
export const duration = (value: string, min = '1s', max = '35d'): Parameter => ({ type: 'duration', value, min, max })

/** What is wrong with `text` as a value of this parameter, or undefined. */
export function parameterError(p: Parameter, text: string): string | undefined {
  if (p.type === 'count') {
    const n = Number(text)
    return Number.isInteger(n) && n >= p.min && n <= p.max ? undefined : `${text} is not a whole number from ${p.min} to ${p.max}`
  }
  if (p.type === 'choice') return p.of.includes(text) ? undefined : `${text} is none of ${p.of.join(', ')}`
  if (p.type === 'words') return /^\w+(,\w+)*$/.test(text) ? undefined : `${text} is no list of words joined by commas`
  if (p.type === 'duration') {
    const ms = parseDuration(text)
    const ok = ms !== undefined && ms >= (parseDuration(p.min) ?? 0) && ms <= (parseDuration(p.max) ?? 0)
    return ok ? undefined : `${text} is not a duration from ${p.min} to ${p.max} (such as 30s, 10min, 24h, 5d)`
  }
  const [value, low, high] = [text, p.min, p.max].map((x) => parseDecimal(x, 20))
  const ok = value !== undefined && low !== undefined && high !== undefined && value >= low && value <= high
  return ok ? undefined : `${text} is not ${p.type === 'amount' ? 'an amount' : 'a ratio'} from ${p.min} to ${p.max}`
}
