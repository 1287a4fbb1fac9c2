/** A file system in memory with few bytes, to be filled up and made read-only. Needs the right to mount. */
import { spawnSync } from 'node:child_process'
import { closeSync, mkdtempSync, openSync, rmdirSync, rmSync, writeSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

export class SmallDisk {
  readonly folder: string

  private constructor(folder: string) {
    this.folder = folder
  }

  /** Undefined where mounting is not permitted. */
  static mount(megabytes: number): SmallDisk | undefined {
    const folder = mkdtempSync(join(tmpdir(), 'lookthrough-disk-'))
    if (run('mount', '-t', 'tmpfs', '-o', `size=${megabytes}m`, 'lookthrough', folder)) return new SmallDisk(folder)
    rmdirSync(folder)
    return undefined
  }

  /** Takes every byte that is left. */
  fill(): void {
    const file = openSync(join(this.folder, 'filler'), 'a')
    try {
      for (let size = 1 << 20; size >= 1; size = size >> 1) while (writes(file, size));
    } finally {
      closeSync(file)
    }
  }

  free(): void {
    rmSync(join(this.folder, 'filler'), { force: true })
  }

  /** Not while a file in it is open for writing. */
  setReadOnly(readOnly: boolean): void {
    if (!run('mount', '-o', `remount,${readOnly ? 'ro' : 'rw'}`, this.folder)) throw new Error(`cannot remount ${this.folder}`)
  }

  unmount(): void {
    if (run('umount', this.folder)) rmdirSync(this.folder)
  }
}

function writes(file: number, size: number): boolean {
  try {
    return writeSync(file, Buffer.alloc(size)) === size
  } catch {
    return false
  }
}

function run(command: string, ...args: string[]): boolean {
  return spawnSync(command, args, { stdio: 'ignore' }).status === 0
}
