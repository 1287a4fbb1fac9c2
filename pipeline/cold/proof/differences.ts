/** Where two JSON values differ, each place named by its JSON pointer (RFC 6901). */

/** A side that has nothing at that place is left out. */
export type Difference = { pointer: string; recorded?: unknown; replayed?: unknown }

export function differences(recorded: unknown, replayed: unknown, pointer = ''): Difference[] {
  if (isBranch(recorded) && isBranch(replayed) && Array.isArray(recorded) === Array.isArray(replayed)) {
    const [a, b] = [recorded as Record<string, unknown>, replayed as Record<string, unknown>]
    const keys = [...new Set([...Object.keys(a), ...Object.keys(b)])]
    return keys.flatMap((key) => differences(a[key], b[key], `${pointer}/${key.replaceAll('~', '~0').replaceAll('/', '~1')}`))
  }
  if (recorded === replayed || (isBranch(recorded) && isBranch(replayed) && JSON.stringify(recorded) === JSON.stringify(replayed))) return []
  return [{ pointer, ...(recorded !== undefined && { recorded }), ...(replayed !== undefined && { replayed }) }]
}

function isBranch(value: unknown): boolean {
  return value !== null && typeof value === 'object'
}
