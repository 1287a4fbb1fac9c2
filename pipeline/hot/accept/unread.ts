/** Messages that a source hands out once more (a repeated fetch, a start before the committed offset) are left out: they stand in the books already. */
import type { RawBatch } from '../../contract/source.ts'

/** `next`: the offset each partition goes on from, moved on as batches pass. */
export function unread(next: number[]): (raw: RawBatch) => RawBatch {
  return (raw) => {
    const fresh: number[] = []
    for (let i = 0; i < raw.count; i++) {
      const p = raw.partition[i] ?? 0
      const offset = raw.offset[i] ?? 0
      if (offset < (next[p] ?? 0)) continue
      next[p] = offset + 1
      fresh.push(i)
    }
    return fresh.length === raw.count ? raw : only(raw, fresh)
  }
}

function only(raw: RawBatch, messages: number[]): RawBatch {
  const values = messages.map((i) => raw.bytes.subarray(i === 0 ? 0 : raw.ends[i - 1], raw.ends[i]))
  let end = 0
  const kept = <T extends Uint8Array | Uint16Array | Uint32Array | Float64Array>(from: T): T => from.filter((_, i) => wanted.has(i)) as T
  const wanted = new Set(messages)
  return {
    ...raw,
    count: messages.length,
    bytes: Buffer.concat(values),
    ends: Uint32Array.from(values, (v) => (end += v.length)),
    partition: kept(raw.partition),
    offset: kept(raw.offset),
    timestamp: kept(raw.timestamp),
    form: kept(raw.form),
    oversize: kept(raw.oversize),
  }
}
