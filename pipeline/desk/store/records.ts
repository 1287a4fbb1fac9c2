/** Everything the desk keeps, opened together: its file, the streams in memory, what people did, and the log that all of it comes from. */
import type { DeskLog } from '../../contract/desk-log.ts'
import { AlertLog } from '../feed/log.ts'
import { ActionLog, type Witness } from './action-log.ts'
import { DeskStore, type StoreOptions } from './desk-store.ts'
import { StoredDurables } from './durables.ts'
import { Intake } from './intake.ts'
import { forgetBefore, KEEP_MS } from './retention.ts'

export type RecordsOptions = StoreOptions & {
  log: DeskLog
  /** How long entries are kept, wall ms. */
  keepMs?: number | undefined
  /** Told of what people do before it is written. */
  witness?: Witness
  /** Told what broke off the reading, or the forgetting. */
  onFailure(error: unknown): void
}

const FORGET_EVERY_MS = 600_000

export type Records = {
  store: DeskStore
  alerts: AlertLog
  actions: ActionLog
  durables: StoredDurables
  /** Whether the log is being read: nothing has broken that off, nor does it wait for the disk. */
  readonly isFollowing: boolean
  /** Begins to read the log; resolves once what is there at once has been taken in. */
  follow(): Promise<void>
  /** Resolves when the batch in hand is committed, or, where the disk takes no writes, given up: the next start reads it again. */
  stop(): Promise<void>
  close(): Promise<void>
}

/** Throws what `DeskStore.open` throws, and LT-2001, LT-2002 of the log. */
export async function openRecords(options: RecordsOptions): Promise<Records> {
  const { log, keepMs = KEEP_MS, onFailure } = options
  const store = await goingOn(await DeskStore.open(options), options)
  const alerts = new AlertLog({ epoch: store.epoch, key: store.key, archive: store })
  for (const [name, state] of await store.streams()) alerts.stream(name).restore(state)
  const actions = await ActionLog.open(log, store, options.witness)
  const forget = () => void forgetBefore(store, alerts, Date.now() - keepMs).catch(onFailure)
  let intake: Intake | undefined
  let timer: NodeJS.Timeout | undefined
  return {
    store,
    alerts,
    actions,
    durables: new StoredDurables(store, alerts, actions),
    get isFollowing() {
      return intake !== undefined && intake.failure === undefined && !store.isPaused
    },
    follow() {
      intake = new Intake({ log, store, alerts, onActions: (applied) => actions.applied(applied), onFailure })
      timer = setInterval(forget, FORGET_EVERY_MS)
      forget()
      return intake.begun
    },
    async stop() {
      clearInterval(timer)
      store.endWaiting()
      await intake?.stop()
    },
    close: () => store.close(),
  }
}

/** A store of another log, or of one that was made anew, is set aside: its places lead nowhere. */
async function goingOn(store: DeskStore, options: RecordsOptions): Promise<DeskStore> {
  try {
    const missing = await options.log.isMissing(store.places)
    if (missing === undefined) return store
    return await store.startOver(options, `${missing.topic}/${missing.partition} ends before ${missing.offset}`)
  } catch (error) {
    await store.close()
    throw error
  }
}
