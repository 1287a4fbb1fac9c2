import fc from 'fast-check'
import { expect, test } from 'vitest'
import { TextColumn, viewOf } from './text.ts'

/** Texts side by side, and room behind them for a word. */
function spansOf(texts: readonly string[]) {
  const column = TextColumn.of(texts)
  const rows = texts.map((_, row) => row)
  return { view: viewOf(column.bytes), starts: Int32Array.from(rows, (r) => column.start(r)), ends: Int32Array.from(rows, (r) => column.end(r)) }
}

test('rows taken over from other texts (side by side, the only one, each by its code, some of them null) are those added one by one', () => {
  const texts = fc.array(fc.string({ unit: 'grapheme', maxLength: 120 }), { minLength: 1, maxLength: 20 })
  const rows = fc.array(fc.record({ code: fc.nat(), valid: fc.integer({ min: 0, max: 9 }) }), { maxLength: 300 })
  fc.assert(
    fc.property(texts, rows, fc.boolean(), fc.boolean(), fc.nat(), (entries, wanted, isCoded, isNullable, cut) => {
      const codes = wanted.map(({ code }) => code % entries.length)
      const count = isCoded ? wanted.length : Math.min(wanted.length, entries.length)
      const valid = isNullable ? Uint8Array.from(wanted, (w) => Math.min(1, w.valid)) : undefined
      const spans = { ...spansOf(entries), codes: isCoded ? codes : undefined }
      const first = count === 0 ? 0 : cut % count
      const taken = TextColumn.of(['before', null])
      for (const [from, to] of [
        [0, first],
        [first, count],
      ] as const)
        taken.addRows(spans, from, to, valid)
      taken.addNulls(2)
      taken.add('behind')
      const each = codes.slice(0, count).map((code, row) => (valid?.[row] === 0 ? null : (entries[isCoded ? code : row] ?? '')))
      expect([...taken]).toEqual(['before', null, ...each, null, null, 'behind'])
    }),
  )
})
