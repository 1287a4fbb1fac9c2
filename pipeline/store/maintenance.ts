/**
 * What the state file needs beside the commits, done between them on the one connection: checkpoints on our own schedule, snapshots,
 * and the upper bounds of tables that only grow. A snapshot is copied while commits go on: between two checkpoints DuckDB writes
 * to the log and to free blocks alone, so the file is, all the while, the state of the last checkpoint.
 */
import { dirname } from 'node:path'
import { failpoint } from '../contract/failpoint.ts'
import type { Database } from './database.ts'
import { freeBytes } from './recovery/disk.ts'
import { copyWhole, modifiedAt, pruneSnapshots, sizeOf, snapshotName, snapshotsOf, walOf } from './recovery/files.ts'
import { type Bounds, BOUNDS, enforceBounds } from './bounds.ts'

export type MaintenanceOptions = {
  /** Between two snapshots, ms. */
  snapshotMs?: number
  /** How many snapshots are kept. */
  keep?: number
  /** A checkpoint when the log is this long, bytes, … */
  walBytes?: number
  /** … or when it has not grown for this long, ms. */
  idleMs?: number
  bounds?: Bounds
  /** Between two looks at the bounds, ms. */
  boundsMs?: number
}

export const MAINTENANCE: Required<MaintenanceOptions> = {
  snapshotMs: 300_000,
  keep: 3,
  walBytes: 64 << 20,
  idleMs: 60_000,
  bounds: BOUNDS,
  boundsMs: 30_000,
}

/** For the metrics; times in wall ms. */
export type MaintenanceReport = {
  /** When the newest snapshot was taken, and how many seconds it took; 0 before the first. */
  snapshotAt: number
  snapshotSeconds: number
  snapshotsFailed: number
  checkpoints: number
  checkpointSeconds: number
  fileBytes: number
  walBytes: number
  memoryBytes: number
  temporaryBytes: number
  /** Rows now, and rows deleted since the start, per bounded table. */
  rows: Record<string, number>
  deleted: Record<string, number>
}

const REPORT_MS = 5000
/** After a snapshot that failed the next is tried this much later, ms. */
const RETRY_MS = 60_000

export class Maintenance {
  readonly #db: Database
  readonly #options: Required<MaintenanceOptions>
  readonly #onReport: (report: MaintenanceReport) => void
  readonly #report: MaintenanceReport = {
    snapshotAt: 0,
    snapshotSeconds: 0,
    snapshotsFailed: 0,
    checkpoints: 0,
    checkpointSeconds: 0,
    fileBytes: 0,
    walBytes: 0,
    memoryBytes: 0,
    temporaryBytes: 0,
    rows: {},
    deleted: {},
  }
  #copying: Promise<void> | undefined
  #wal = { bytes: 0, since: performance.now() }
  /** Something was committed since the last snapshot. */
  #changed = false
  #next = { snapshot: 0, bounds: 0, report: 0 }

  constructor(db: Database, options: MaintenanceOptions = {}, onReport: (report: MaintenanceReport) => void = () => undefined) {
    this.#db = db
    this.#options = { ...MAINTENANCE, ...options }
    this.#onReport = onReport
    this.#next.bounds = performance.now() + this.#options.boundsMs
  }

  /** Call with no transaction open. Throws what DuckDB throws; a snapshot that fails is counted and tried again. */
  async betweenCommits(): Promise<void> {
    const now = performance.now()
    const bytes = await sizeOf(walOf(this.#db.file))
    if (bytes !== this.#wal.bytes) {
      this.#wal = { bytes, since: now }
      this.#changed = true
    }
    this.#report.snapshotAt ||= await this.#lastSnapshot()
    if (this.#copying === undefined) {
      if (this.#changed && now >= this.#next.snapshot) await this.#snapshot()
      else if (bytes >= this.#options.walBytes || (bytes > 0 && now - this.#wal.since >= this.#options.idleMs)) await this.#checkpoint()
    }
    if (now >= this.#next.bounds) {
      const { rows, deleted, more } = await enforceBounds(this.#db, this.#options.bounds)
      this.#report.rows = rows
      for (const [table, n] of Object.entries(deleted)) this.#report.deleted[table] = (this.#report.deleted[table] ?? 0) + n
      this.#next.bounds = now + (more ? this.#options.boundsMs / 10 : this.#options.boundsMs)
    }
    if (now >= this.#next.report) await this.#tell(now)
  }

  /** Waits for a snapshot that is being copied. */
  async finish(): Promise<void> {
    await this.#copying
  }

  /** One of an earlier life counts: an engine that starts over and over does not take one each time. */
  async #lastSnapshot(): Promise<number> {
    const [newest] = await snapshotsOf(this.#db.file)
    const takenAt = newest === undefined ? 0 : await modifiedAt(newest)
    // The time of day may have been put back since.
    const age = Math.max(0, Date.now() - takenAt)
    this.#next.snapshot = Math.max(this.#next.snapshot, performance.now() + this.#options.snapshotMs - age)
    return takenAt
  }

  async #checkpoint(): Promise<void> {
    const started = performance.now()
    const checkpoint = this.#db.run('CHECKPOINT')
    failpoint('during-checkpoint')
    await checkpoint
    failpoint('during-checkpoint')
    this.#report.checkpoints++
    this.#report.checkpointSeconds = (performance.now() - started) / 1000
    this.#wal = { bytes: await sizeOf(walOf(this.#db.file)), since: performance.now() }
  }

  async #snapshot(): Promise<void> {
    const { file } = this.#db
    this.#next.snapshot = performance.now() + this.#options.snapshotMs
    const started = performance.now()
    await this.#checkpoint()
    this.#changed = false
    // One more file of this size, and room for the next checkpoint to write the state anew.
    if ((await freeBytes(dirname(file))) < 2 * (await sizeOf(file))) return this.#failed()
    const [row] = await this.#db.rows(`SELECT (SELECT epoch FROM engine.mark),
      (SELECT max(greatest(own, raised)) FILTER (isfinite(greatest(own, raised))) FROM engine.partition)`)
    const name = snapshotName(file, Number(row?.[0] ?? 0), row?.[1] === null || row === undefined ? -Infinity : Number(row[1]))
    this.#copying = copyWhole(file, name, () => failpoint('during-snapshot'))
      .then(async () => {
        await pruneSnapshots(file, this.#options.keep)
        this.#report.snapshotAt = Date.now()
        this.#report.snapshotSeconds = (performance.now() - started) / 1000
        this.#next.report = 0
      })
      .catch(() => this.#failed())
      .finally(() => (this.#copying = undefined))
  }

  #failed(): void {
    this.#report.snapshotsFailed++
    this.#changed = true
    this.#next.snapshot = performance.now() + Math.min(RETRY_MS, this.#options.snapshotMs)
  }

  async #tell(now: number): Promise<void> {
    this.#next.report = now + REPORT_MS
    const [used] = await this.#db.rows('SELECT sum(memory_usage_bytes), sum(temporary_storage_bytes) FROM duckdb_memory()')
    Object.assign(this.#report, {
      fileBytes: await sizeOf(this.#db.file),
      walBytes: this.#wal.bytes,
      memoryBytes: Number(used?.[0] ?? 0),
      temporaryBytes: Number(used?.[1] ?? 0),
    })
    this.#onReport({ ...this.#report, rows: { ...this.#report.rows }, deleted: { ...this.#report.deleted } })
  }
}
