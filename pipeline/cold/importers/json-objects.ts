/** Objects out of a JSON file that may be larger than memory: a list of them, or one after the other (JSON lines). */
import { MAX_BULK_BYTES } from '../../contract/index.ts'

const [QUOTE, BACKSLASH, OPEN, CLOSE, LIST, END] = Array.from('"\\{}[]', (c) => c.charCodeAt(0)) as [number, number, number, number, number, number]

/** The text of each object. Throws where anything else stands between them, where the file ends too early, and at an object beyond 16 MiB. */
export async function* jsonObjects(stream: AsyncIterable<Uint8Array>): AsyncGenerator<string> {
  const decoder = new TextDecoder('utf-8', { fatal: true })
  let [parts, length, depth, lists, quoted, escaped] = [[] as string[], 0, 0, 0, false, false]
  for await (const chunk of stream) {
    const text = decoder.decode(chunk, { stream: true })
    let start = depth > 0 ? 0 : -1
    for (let at = 0; at < text.length; at++) {
      const c = text.charCodeAt(at)
      if (escaped) escaped = false
      else if (quoted) {
        if (c === BACKSLASH) escaped = true
        else if (c === QUOTE) quoted = false
      } else if (c === QUOTE && depth > 0) quoted = true
      else if (c === OPEN) {
        if (depth++ === 0) start = at
      } else if (c === CLOSE && depth > 0) {
        if (--depth > 0) continue
        yield parts.join('') + text.slice(start, at + 1)
        ;[parts, length, start] = [[], 0, -1]
      } else if (depth === 0) {
        lists += c === LIST ? 1 : c === END ? -1 : 0
        if (lists < 0 || !/[\s,[\]\uFEFF]/.test(text.charAt(at))) throw new Error(`between its objects stands ${JSON.stringify(text.slice(at, at + 20))}`)
      }
    }
    if (start < 0) continue
    parts.push(text.slice(start))
    length += text.length - start
    if (length > MAX_BULK_BYTES) throw new Error(`an object is longer than ${MAX_BULK_BYTES >> 20} MiB`)
  }
  decoder.decode()
  if (depth > 0 || lists > 0) throw new Error('it ends too early')
}
