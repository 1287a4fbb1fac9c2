import fc from 'fast-check'
import { expect, test } from 'vitest'
import { Database } from '../../store/database.ts'
import { aboutHash, createSchema } from '../../store/schema.ts'
import { statementsAsOf } from './evidence.ts'

const SUBJECTS = ['P1', 'P2', "P'3"]

test('what a subject rests on is the same asked alone and beside others, found in memory and by the query, at every tick', async () => {
  const row = fc.record({
    subject: fc.constantFrom(...SUBJECTS),
    e: fc.integer({ min: 1, max: 40 }),
    source: fc.constantFrom('a', 'ab', 'a\uffee', 'a\u{10000}'),
    op: fc.constantFrom('upsert', 'upsert', 'correct', 'delete'),
    until: fc.option(fc.integer({ min: 1, max: 40 })),
  })
  await fc.assert(
    fc.asyncProperty(fc.array(row, { maxLength: 60 }), async (rows) => {
      const db = await Database.open(':memory:')
      await createSchema(db)
      for (const [i, r] of rows.entries()) {
        await db.run(`INSERT INTO engine.state_loan(slot, about, e, time, sequence, source, id, institution, op, part, log_offset, "loanId", "customerId", balance, ccy)
          VALUES (${i + 1}, ${aboutHash('B1', r.subject)}, ${r.e}, ${r.e}, ${i % 3}, '${r.source}', '${i}', 'B1', '${r.op}', 0, ${i}, 'L${i}', '${r.subject.replace("'", "''")}', ${i}.5, 'CNY')`)
        if (r.until !== null) await db.run(`INSERT INTO engine.gone_loan VALUES (${i + 1}, ${r.until})`)
      }
      const loans = (most?: number) => statementsAsOf(db, { type: 'credit.loan', by: 'customerId', fields: ['balance'] }, () => undefined, most)
      const [ask, query] = [loans(), loans(0)]
      const ticks = [5, 20, 40]
      const of = (subject: string, how = ask) => ticks.map((at) => how({ institution: 'B1', subject, at }))
      const together = await Promise.all(SUBJECTS.flatMap((subject) => of(subject)))
      const alone = []
      for (const subject of SUBJECTS) alone.push(...(await Promise.all(of(subject))))
      expect(alone).toEqual(together)
      expect(await Promise.all(SUBJECTS.flatMap((subject) => of(subject, query)))).toEqual(together)
      const books = [undefined, 0].map((most) => statementsAsOf(db, { type: 'credit.loan', fields: [] }, () => undefined, most))
      const [inMemory, byQuery] = await Promise.all(books.map((book) => Promise.all(ticks.map((at) => book({ institution: 'B1', at })))))
      expect(inMemory).toEqual(byQuery)
      expect(inMemory?.map((b) => b.count)).toEqual(ticks.map((_, i) => together.reduce((n, s, k) => n + (k % ticks.length === i ? s.count : 0), 0)))
      db.close()
    }),
    { numRuns: 15 },
  )
}, 300_000)
