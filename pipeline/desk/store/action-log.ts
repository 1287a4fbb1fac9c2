/**
 * What people did: written to the action log first, and in the desk once it has come back from there, as it will after the loss of the desk's file. Known by
 * heart is only which alerts are acknowledged.
 */
import type { Action, Receipt, SaidAction } from '../../contract/action.ts'
import type { DeskLog } from '../../contract/desk-log.ts'
import { LookthroughError, type PublishedAlert } from '../../contract/index.ts'
import type { Viewer } from '../entitlements/see.ts'
import type { DeskStore } from './desk-store.ts'

export type SeenAction = Omit<SaidAction, 'by'> & { by: Omit<SaidAction['by'], 'user'> & { user?: string } }

/** Told of actions before the log gets them, and of those that it did not take. Nothing is written that it could not be told of. */
export type Witness = { asked(actions: readonly Action[]): Promise<void>; notTaken(actions: readonly Action[]): Promise<void> }

const SLAB = 1000

/** Longer than that nobody is kept waiting for what the log has. */
const APPLIED_MS = 5000

export class ActionLog {
  readonly #log: Pick<DeskLog, 'write'>
  readonly #store: DeskStore
  readonly #witness: Witness | undefined
  readonly #waiting = new Map<string, () => void>()
  /** Acknowledged alerts: by anybody, and as far as their bank sees. */
  readonly #acknowledged = new Map<string, { bank: boolean }>()

  private constructor(log: Pick<DeskLog, 'write'>, store: DeskStore, witness: Witness | undefined) {
    this.#log = log
    this.#store = store
    this.#witness = witness
  }

  static async open(log: Pick<DeskLog, 'write'>, store: DeskStore, witness?: Witness): Promise<ActionLog> {
    const opened = new ActionLog(log, store, witness)
    for (const [body] of await store.read(`SELECT body FROM feed.action WHERE json_extract_string(body, '$.action') = 'acknowledge'`))
      opened.#note(JSON.parse(String(body)) as Action)
    return opened
  }

  /** Resolves once the log has them for good and the desk shows them. Throws LT-2126 when the log does not take them. */
  async write(actions: readonly Action[]): Promise<void> {
    const applied = actions.map(({ id }) => new Promise<void>((resolve) => this.#waiting.set(id, resolve)))
    try {
      await this.#witness?.asked(actions)
      await this.#log.write(actions).catch(async (error: unknown) => {
        await this.#witness?.notTaken(actions)
        throw new LookthroughError('LT-2126', {}, error)
      })
      await within(APPLIED_MS, Promise.all(applied))
    } finally {
      for (const { id } of actions) this.#waiting.delete(id)
    }
  }

  /** Told of what the store has now. */
  applied(actions: readonly Action[]): void {
    for (const action of actions) {
      this.#note(action)
      this.#waiting.get(action.id)?.()
    }
  }

  /** What was done about an alert, as far as this viewer sees it, in order. */
  async of(alert: string, viewer: Viewer): Promise<SeenAction[]> {
    const rows = await this.#store.read('SELECT body FROM feed.action WHERE alert = $1 ORDER BY came, rowid', alert)
    return rows.flatMap(([body]) => seenBy(viewer, JSON.parse(String(body)) as SaidAction))
  }

  /** Who has confirmed which revision of an alert, first to last. */
  async receipts(alert: string): Promise<Receipt[]> {
    const rows = await this.#store.read('SELECT body FROM feed.receipt WHERE alert = $1 ORDER BY revision, came, rowid', alert)
    return rows.map(([body]) => JSON.parse(String(body)) as Receipt)
  }

  /** What was done about any alert, and then every receipt, each as they came. */
  async *all(): AsyncGenerator<Action> {
    for (const table of ['action', 'receipt']) {
      const place = `came, json_extract_string(body, '$.id')`
      let after: [number, string] = [-1, '']
      for (;;) {
        const query = `SELECT ${place}, body FROM feed.${table} WHERE came >= $1 AND (${place}) > ($1, $2) ORDER BY ALL LIMIT ${SLAB}`
        const rows = await this.#store.read(query, ...after)
        for (const [came, id, body] of rows) {
          after = [Number(came), String(id)]
          yield JSON.parse(String(body)) as Action
        }
        if (rows.length < SLAB) break
      }
    }
  }

  /** Whether this one is on its way. */
  isComing(id: string): boolean {
    return this.#waiting.has(id)
  }

  /** The one of this id, if it is known. */
  async find(id: string): Promise<SaidAction | undefined> {
    const [row] = await this.#store.read('SELECT body FROM feed.action WHERE id = $1', id)
    return row === undefined ? undefined : (JSON.parse(String(row[0])) as SaidAction)
  }

  /** The state people see: an alert that stands is `new` until somebody, whom this viewer sees, has acknowledged it. */
  stateOf({ id, state }: PublishedAlert, viewer: Viewer): 'new' | 'acknowledged' | 'resolved' {
    const acknowledged = this.#acknowledged.get(id)
    return state === 'new' && acknowledged !== undefined && (viewer.role !== 'desk' || acknowledged.bank) ? 'acknowledged' : state
  }

  #note(action: Action): void {
    if (action.action !== 'acknowledge') return
    this.#acknowledged.set(action.alert, { bank: action.disclosed || (this.#acknowledged.get(action.alert)?.bank ?? false) })
  }
}

/** A bank's people see what the authority says to them, not which of its people says it. */
function seenBy(viewer: Viewer, action: SaidAction): SeenAction[] {
  if (viewer.role !== 'desk') return [action]
  if (!action.disclosed) return []
  return [action.by.institution === null ? { ...action, by: { role: action.by.role, institution: null } } : action]
}

async function within(ms: number, done: Promise<unknown>): Promise<void> {
  let timer: NodeJS.Timeout | undefined
  const late = new Promise<void>((resolve) => {
    timer = setTimeout(resolve, ms)
  })
  await Promise.race([done, late])
  clearTimeout(timer)
}
