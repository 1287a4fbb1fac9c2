/** Open episodes: what an alert's next revision depends on. In memory, and in `engine.episode` for a restart. */
import type { Alert } from '../../contract/alert.ts'
import { textColumn } from '../../store/columns.ts'
import { type Database, quote } from '../../store/database.ts'

/** `alert`: the last revision. `window`: for window rules, what is shown and which window qualified last. `occurred`: for occurrences, when. */
export type Episode = { alert: Alert; window?: { start: number; end: number; lastStart: number; closed: boolean }; occurred?: number }

export class Episodes {
  readonly #open = new Map<string, Episode>()
  readonly #changed = new Set<string>()

  get(key: string): Episode | undefined {
    return this.#open.get(key)
  }

  set(key: string, episode: Episode): void {
    this.#open.set(key, episode)
    this.#changed.add(key)
  }

  end(key: string): void {
    this.#open.delete(key)
    this.#changed.add(key)
  }

  get size(): number {
    return this.#open.size
  }

  *windows(code: string): Iterable<Episode & Required<Pick<Episode, 'window'>>> {
    for (const episode of this.#open.values())
      if (episode.alert.rule.code === code && episode.window !== undefined) yield { ...episode, window: episode.window }
  }

  /** Windows that no later window can overlap any more need not be remembered. */
  forgetBefore(code: string, time: number): void {
    for (const [key, { alert, window }] of this.#open) {
      if (alert.rule.code === code && window?.closed === true && window.lastStart + 2 * (window.end - window.start) <= time) this.end(key)
    }
  }

  /** Occurrences from before this time can no longer be corrected. */
  forgetOccurrences(before: number): void {
    for (const [key, { occurred }] of this.#open) if (occurred !== undefined && occurred < before) this.end(key)
  }

  async restore(db: Database): Promise<void> {
    for (const [key, body] of await db.rows('SELECT key, body FROM engine.episode')) this.#open.set(String(key), JSON.parse(String(body)) as Episode)
  }

  /** Writes what changed since the last call, inside the transaction. */
  async write(db: Database): Promise<void> {
    if (this.#changed.size === 0) return
    const keys = [...this.#changed]
    this.#changed.clear()
    await db.run(`DELETE FROM engine.episode WHERE key IN (${keys.map(quote).join(', ')})`)
    const rows = keys.flatMap((key) => {
      const episode = this.#open.get(key)
      return episode === undefined ? [] : [[key, JSON.stringify(episode)] as const]
    })
    await db.append('engine', 'episode', [textColumn(rows.map((r) => r[0])), textColumn(rows.map((r) => r[1]))], rows.length)
  }
}
