/** Records of the action log in the desk's tables. One that comes twice (its writer was not sure, or the log was read again) counts once. */
import type { Action, Receipt, SaidAction } from '../../contract/action.ts'
import { doubleColumn, integerColumn, textColumn } from '../../store/columns.ts'
import { type Database, quote } from '../../store/database.ts'

type Timed<A extends Action> = { action: A; at: number }

export async function writeActions(db: Database, actions: readonly { action: Action; at: number }[]): Promise<void> {
  await writeSaid(
    db,
    actions.filter((a): a is Timed<SaidAction> => a.action.action !== 'receipt'),
  )
  await writeReceipts(
    db,
    actions.filter((a): a is Timed<Receipt> => a.action.action === 'receipt'),
  )
}

async function writeSaid(db: Database, actions: readonly Timed<SaidAction>[]): Promise<void> {
  const fresh = await unknown(
    db,
    actions,
    ({ id }) => id,
    (ids) => `SELECT id FROM feed.action WHERE id IN (${ids})`,
  )
  await db.append(
    'feed',
    'action',
    [
      textColumn(fresh.map(({ action }) => action.id)),
      textColumn(fresh.map(({ action }) => action.alert)),
      doubleColumn(fresh.map(({ at }) => at)),
      textColumn(fresh.map(({ action }) => JSON.stringify(action))),
    ],
    fresh.length,
  )
}

async function writeReceipts(db: Database, receipts: readonly Timed<Receipt>[]): Promise<void> {
  const fresh = await unknown(db, receipts, keyOf, (keys) => `SELECT ${KEY} FROM feed.receipt WHERE ${KEY} IN (${keys})`)
  await db.append(
    'feed',
    'receipt',
    [
      textColumn(fresh.map(({ action }) => action.alert)),
      integerColumn(fresh.map(({ action }) => action.revision)),
      textColumn(fresh.map(({ action }) => action.stream)),
      textColumn(fresh.map(({ action }) => action.subscription)),
      doubleColumn(fresh.map(({ at }) => at)),
      textColumn(fresh.map(({ action }) => JSON.stringify(action))),
    ],
    fresh.length,
  )
}

/** What a receipt is one for, and the same as the table has it. */
function keyOf({ alert, revision, stream, subscription }: Receipt): string {
  return [alert, revision, stream, subscription].join('\n')
}
const KEY = `concat_ws(chr(10), alert, revision, stream, subscription)`

/** The first of each key that the table does not have. */
async function unknown<A extends Action>(
  db: Database,
  actions: readonly Timed<A>[],
  keyIn: (action: A) => string,
  query: (keys: string) => string,
): Promise<Timed<A>[]> {
  if (actions.length === 0) return []
  const fresh = new Map([...actions].reverse().map((timed) => [keyIn(timed.action), timed]))
  for (const [key] of await db.rows(query([...fresh.keys()].map(quote).join(', ')))) fresh.delete(String(key))
  return [...fresh.values()].reverse()
}
