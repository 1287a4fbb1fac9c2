/** The files that belong to a state file, and how they are moved and copied so that a crash leaves nothing half done. */
import { constants } from 'node:fs'
import { copyFile, open, readdir, rename, rm, stat } from 'node:fs/promises'
import { basename, dirname, join } from 'node:path'

/** Write-ahead logs DuckDB may leave beside a file, in the order in which they have to be moved away: the file itself goes last. */
export const LOGS = ['.wal.recovery', '.wal.checkpoint', '.wal'] as const

export function walOf(file: string): string {
  return `${file}.wal`
}

/** 0 for a file that is not there. */
export async function sizeOf(file: string): Promise<number> {
  return (await stat(file).catch(() => undefined))?.size ?? 0
}

/** Wall ms; 0 for a file that is not there. */
export async function modifiedAt(file: string): Promise<number> {
  return (await stat(file).catch(() => undefined))?.mtimeMs ?? 0
}

export async function exists(file: string): Promise<boolean> {
  return (await stat(file).catch(() => undefined)) !== undefined
}

/** Removes a state file with its logs. */
export async function removeState(file: string): Promise<void> {
  for (const suffix of [...LOGS, '']) await rm(`${file}${suffix}`, { force: true })
}

/** Snapshots of a file, newest first. Their names sort by epoch, then by the time of the log. */
export async function snapshotsOf(file: string): Promise<string[]> {
  const prefix = `${basename(file)}.snapshot-`
  const names = await readdir(dirname(file)).catch(() => [])
  return names
    .filter((n) => n.startsWith(prefix) && /^\d{6}-\w+$/.test(n.slice(prefix.length)))
    .sort()
    .reverse()
    .map((n) => join(dirname(file), n))
}

/** Deletes all but the newest `keep` snapshots, and copies a kill has left unfinished. */
export async function pruneSnapshots(file: string, keep: number): Promise<void> {
  for (const old of (await snapshotsOf(file)).slice(keep)) await rm(old, { force: true })
  const parts = (await readdir(dirname(file))).filter((n) => n.startsWith(`${basename(file)}.snapshot-`) && n.endsWith('.part'))
  for (const part of parts) await rm(join(dirname(file), part), { force: true })
}

/** `<file>.snapshot-<epoch>-<time of the log>`; `logTime` in ms, -Infinity before the first event. */
export function snapshotName(file: string, epoch: number, logTime: number): string {
  const time = Number.isFinite(logTime) ? new Date(logTime).toISOString().replace(/[-:.]/g, '') : '0'
  return `${file}.snapshot-${String(epoch).padStart(6, '0')}-${time}`
}

/** A copy that is there in full or not at all; shares blocks where the file system can. */
export async function copyWhole(from: string, to: string, copying: () => void = () => undefined): Promise<void> {
  const part = `${to}.part`
  try {
    const copy = copyFile(from, part, constants.COPYFILE_FICLONE)
    copying()
    await copy
    await sync(part)
    copying()
    await rename(part, to)
    await sync(dirname(to))
  } catch (error) {
    await rm(part, { force: true }).catch(() => undefined)
    throw error
  }
}

/** Moves a file and its logs, or its logs alone, to `<file>.quarantine-<n>`; returns that name. */
export async function quarantine(file: string, what: 'all' | 'logs', name?: string): Promise<string> {
  const kept = name ?? (await freeName(file))
  for (const suffix of what === 'all' ? [...LOGS, ''] : LOGS) {
    if (await exists(`${file}${suffix}`)) await rename(`${file}${suffix}`, `${kept}${suffix}`)
  }
  await sync(dirname(file))
  return kept
}

async function freeName(file: string): Promise<string> {
  const names = await readdir(dirname(file))
  for (let n = 1; ; n++) {
    const kept = `${basename(file)}.quarantine-${n}`
    if (!names.some((name) => name === kept || name.startsWith(`${kept}.`))) return join(dirname(file), kept)
  }
}

async function sync(path: string): Promise<void> {
  const handle = await open(path, 'r')
  try {
    await handle.sync()
  } finally {
    await handle.close()
  }
}
