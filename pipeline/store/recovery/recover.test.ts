import { copyFileSync, mkdtempSync, readdirSync, rmSync, truncateSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import type { LookthroughError } from '../../contract/index.ts'
import { Database } from '../database.ts'
import { takeOver } from '../restore.ts'
import { checkFile } from './check.ts'
import { recover } from './recover.ts'

const books = { topic: 'credit.loan', partition: 0, index: 0, nextOffset: 7, own: -Infinity, raised: -Infinity, used: 7, late: 0, duplicate: 0, dead: 0 }

/** A state file that has read 7 messages; `more` is run on it last. */
async function stateFile(more?: string): Promise<string> {
  const file = join(mkdtempSync(join(tmpdir(), 'lookthrough-recover-')), 'state.duckdb')
  const db = await Database.open(file)
  const { epoch } = await takeOver(db, [books])
  await db.meta.commit(epoch, [books])
  if (more !== undefined) await db.run(more)
  db.close()
  return file
}

/** SQL that changes the partition's books. */
function booksWith(changes: Record<string, number>): string {
  return `UPDATE engine.mark SET books = json_array(json_merge_patch(books->0, '${JSON.stringify(changes)}'))`
}

function noting(key: string, value: number): string {
  return `UPDATE engine.mark SET notes = json_merge_patch(notes, '{"${key}": "${value}"}')`
}

async function outcome(file: string, canStartOver = false) {
  const notices: LookthroughError[] = []
  try {
    const facts = await recover({ file, canStartOver: () => Promise.resolve(canStartOver), onNotice: (n) => notices.push(n) })
    return { starts: facts.starts.map((s) => s.nextOffset), notices: notices.map((n) => [n.code, n.facts['from']]) }
  } catch (error) {
    return { refused: (error as LookthroughError).code, notices }
  }
}

test('a good file is gone on from, and a folder without one is begun in', async () => {
  expect(await outcome(await stateFile())).toEqual({ starts: [7], notices: [] })
  expect(await outcome(join(mkdtempSync(join(tmpdir(), 'lookthrough-recover-')), 'state.duckdb'))).toEqual({ starts: [], notices: [] })
})

test('a file whose invariants do not hold is broken, and the reason is said', async () => {
  const why = async (sql: string) => {
    const answer = await checkFile({ file: await stateFile(sql) })
    return 'broken' in answer ? answer.broken : answer
  }
  expect(await why('DELETE FROM engine.mark')).toBe('engine.mark is empty')
  expect(await why(booksWith({ late: -1 }))).toBe('the books of partition 0 are not numbers that can be')
  expect(await why(booksWith({ idx: 3 }))).toBe('partition 0 has no books')
  expect(await why(booksWith({ next_offset: 0 }))).toBe('partition 0: events accounted for, but none read')
  expect(await why(`INSERT INTO lt.late("offset") VALUES (1)`)).toBe('1 late events kept, 0 counted')
  expect(await why(`INSERT INTO engine.outbox VALUES (1, 'A', 1, '{}'), (3, 'A', 2, '{}')`)).toBe('outbox: 2 rows numbered 1 to 3, the last number given is 0')
  expect(await why(`${noting('sequence', 1)}; INSERT INTO engine.outbox VALUES (1, 'A', 1, '{}')`)).toBe('outbox: 1 revisions are not among the alerts')
  const counting = `${booksWith({ dead: 3 })}; INSERT INTO lt.dead_letters("offset") VALUES (1)`
  expect(await why(`${counting}; ${noting('letters', 1)}`)).toBe('dead letters: 3 counted, 1 out, 1 kept')
  expect(await why(`${counting}; ${noting('letters', 4)}`)).toBe('dead letters: 3 counted, 4 out, 1 kept')
  expect(await why(`${counting}; ${noting('letters', 2)}`)).toMatchObject({ good: { letters: { counted: 3, unsent: 1 } } })
})

test('a file of another version, and one that another process uses, are refused and left alone', async () => {
  const other = await stateFile(`UPDATE engine.meta SET value = '99' WHERE key = 'schema'`)
  expect(await outcome(other)).toEqual({ refused: 'LT-2404', notices: [] })
  const used = await stateFile()
  const db = await Database.open(used)
  expect(await outcome(used)).toEqual({ refused: 'LT-2402', notices: [] })
  db.close()
  expect(await outcome(used)).toEqual({ starts: [7], notices: [] })
})

test('a broken file gives way to the newest good snapshot, and so does one that is missing', async () => {
  const file = await stateFile()
  const [older, newer] = [`${file}.snapshot-000001-20260302T010000000Z`, `${file}.snapshot-000002-20260302T000000000Z`]
  copyFileSync(file, older)
  writeFileSync(newer, 'not a database')
  truncateSync(file, 5000)
  expect(await outcome(file)).toEqual({ starts: [7], notices: [['LT-2410', older]] })
  expect(readdirSync(join(file, '..')).sort()).toEqual(
    ['state.duckdb', 'state.duckdb.quarantine-1', older, `${newer}.broken`].map((f) => f.replace(/.*\//, '')).sort(),
  )
  rmSync(file)
  expect(await outcome(file)).toEqual({ starts: [7], notices: [['LT-2411', older]] })
})

test('with nothing to go on from, it starts over only where the log still holds its first event', async () => {
  const file = await stateFile()
  truncateSync(file, 5000)
  expect(await outcome(file, false)).toEqual({ refused: 'LT-2403', notices: [] })
  // Nothing was moved: the next start refuses as well.
  expect(await outcome(file, false)).toEqual({ refused: 'LT-2403', notices: [] })
  expect(await outcome(file, true)).toEqual({ starts: [], notices: [['LT-2410', 'the first event']] })
})

test('a check that takes longer than it may is not waited for', async () => {
  expect(await checkFile({ file: await stateFile(), deadlineMs: 1 })).toEqual({ broken: 'no answer within 0 s' })
})
