/** Where the data of an event name an identifier or a currency that cannot be one. */
import { isCurrency, type Namespace, wrongIdentifier } from '../../contract/identifiers.ts'
import { isRecord } from '../../hot/accept/schema.ts'

/** `pointer`: JSON pointer within the data; `standard`: by which the value is wrong. */
export type Wrong = { pointer: string; value: string; standard: Namespace | 'currency' }

/** Every text with a namespace that proves itself, every `ccy`, and the currency of an exchange rate such as `USD/CNY`. */
export function wrongIn(data: Record<string, unknown>): Wrong[] {
  const found: Wrong[] = []
  walk(data, '', (pointer, name, value) => {
    const namespace = wrongIdentifier(value)
    if (namespace !== undefined) found.push({ pointer, value, standard: namespace })
    if (name === 'ccy' && !isCurrency(value)) found.push({ pointer, value, standard: 'currency' })
  })
  const { kind, instrumentId } = data
  if (kind === 'fx' && typeof instrumentId === 'string' && !instrumentId.split('/').every(isCurrency))
    found.push({ pointer: '/instrumentId', value: instrumentId, standard: 'currency' })
  return found
}

function walk(value: unknown, pointer: string, see: (pointer: string, name: string, text: string) => void): void {
  if (typeof value === 'string') return see(pointer, pointer.slice(pointer.lastIndexOf('/') + 1), value)
  if (Array.isArray(value)) value.forEach((item, i) => walk(item, `${pointer}/${i}`, see))
  else if (isRecord(value)) for (const [name, item] of Object.entries(value)) walk(item, `${pointer}/${name}`, see)
}
