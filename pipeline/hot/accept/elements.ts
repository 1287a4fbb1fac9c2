/** Where the elements of a JSON array lie, by quotes and brackets alone: each can then be judged by itself, so that one bad event takes no other with it. */

const [QUOTE, COMMA, OPEN, BACKSLASH, CLOSE, OPEN_BRACE, CLOSE_BRACE] = [34, 44, 91, 92, 93, 123, 125]

/**
 * Walks through the array in `bytes[from…to)`. `take` is offered the start of each element; it says where it ends if it knows, and else is told by
 * `judge`, with white space behind it left off. False when the text is no array, its brackets do not close, or it has more than `most` elements.
 */
export function eachElement(
  bytes: Uint8Array,
  from: number,
  to: number,
  take: (at: number) => number | undefined,
  judge: (at: number, end: number) => void,
  most = Infinity,
): boolean {
  let at = skipSpace(bytes, from, to)
  if (bytes[at] !== OPEN || at >= to) return false
  at = skipSpace(bytes, at + 1, to)
  if (bytes[at] === CLOSE && at < to) return skipSpace(bytes, at + 1, to) === to
  for (let n = 0; n < most; n++) {
    const known = take(at)
    const end = known === undefined ? endOfElement(bytes, at, to) : skipSpace(bytes, known, to)
    if (end === undefined || end === at) return false
    if (known === undefined) judge(at, trimEnd(bytes, at, end))
    if (bytes[end] === CLOSE) return skipSpace(bytes, end + 1, to) === to
    at = skipSpace(bytes, end + 1, to)
  }
  return false
}

/** Where the comma or bracket behind an element stands. */
function endOfElement(bytes: Uint8Array, from: number, to: number): number | undefined {
  let depth = 0
  for (let at = from; at < to; at++) {
    const c = bytes[at] as number
    if (c === QUOTE) {
      for (at++; at < to && bytes[at] !== QUOTE; at++) if (bytes[at] === BACKSLASH) at++
    } else if (c === OPEN || c === OPEN_BRACE) depth++
    else if (depth === 0 && (c === COMMA || c === CLOSE)) return at
    else if (c === CLOSE || c === CLOSE_BRACE) depth--
  }
  return undefined
}

function skipSpace(bytes: Uint8Array, from: number, to: number): number {
  let at = from
  while (at < to && isSpace(bytes[at] as number)) at++
  return at
}

function trimEnd(bytes: Uint8Array, from: number, to: number): number {
  let end = to
  while (end > from && isSpace(bytes[end - 1] as number)) end--
  return end
}

export function isSpace(c: number): boolean {
  return c === 32 || c === 9 || c === 10 || c === 13
}
