/** Canonical JSON: keys sorted by code unit, no spaces, undefined left out. Equal values have equal bytes. */
export function canonicalJson(value: unknown): string {
  if (value === null || typeof value !== 'object') return JSON.stringify(value) ?? 'null'
  let text = ''
  if (Array.isArray(value)) {
    for (const v of value) text += `${text === '' ? '' : ','}${canonicalJson(v === undefined ? null : v)}`
    return `[${text}]`
  }
  const record = value as Record<string, unknown>
  for (const k of Object.keys(record).sort()) if (record[k] !== undefined) text += `${text === '' ? '' : ','}${JSON.stringify(k)}:${canonicalJson(record[k])}`
  return `{${text}}`
}
