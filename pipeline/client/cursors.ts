/** Where a reader keeps its place. One store per reading: the place of one filter says nothing about another's. */
import { open, readFile, rename } from 'node:fs/promises'

export type CursorStore = {
  /** The cursor saved last; undefined: none yet. */
  load(): Promise<string | undefined>
  save(cursor: string): Promise<void>
}

export function memoryCursor(cursor?: string): CursorStore {
  return {
    load: () => Promise.resolve(cursor),
    save: (next) => {
      cursor = next
      return Promise.resolve()
    },
  }
}

/** A file with the cursor alone. It is replaced as a whole, so that after a power cut it holds the old cursor or the new one. */
export function fileCursor(file: string): CursorStore {
  return {
    async load() {
      try {
        return (await readFile(file, 'utf8')).trim() || undefined
      } catch (error) {
        if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined
        throw error
      }
    },
    async save(cursor) {
      const handle = await open(`${file}.new`, 'w', 0o600)
      try {
        await handle.writeFile(`${cursor}\n`)
        await handle.sync()
      } finally {
        await handle.close()
      }
      await rename(`${file}.new`, file)
    },
  }
}

/** Saves the newest cursor in the background, one write at a time; those that came while it wrote but the last are never written. */
export class Keeper {
  readonly #store: CursorStore
  #next: string | undefined
  #saving: Promise<void> | undefined
  #failure: unknown

  constructor(store: CursorStore) {
    this.#store = store
  }

  /** Throws what the write before failed with. */
  keep(cursor: string): void {
    if (this.#failure !== undefined) throw this.#failure
    this.#next = cursor
    this.#saving ??= this.#write()
  }

  /** Until all is saved. */
  async settled(): Promise<void> {
    await this.#saving
    if (this.#failure !== undefined) throw this.#failure
  }

  async #write(): Promise<void> {
    try {
      for (let cursor = this.#next; cursor !== undefined; cursor = this.#next) {
        this.#next = undefined
        await this.#store.save(cursor)
      }
    } catch (error) {
      this.#failure = error
    } finally {
      this.#saving = undefined
    }
  }
}
