/** Answers calls made in the same turn with one load. */
export function gather<K, V>(load: (keys: K[]) => Promise<V[]>): (key: K) => Promise<V> {
  let waiting: { keys: K[]; values: Promise<V[]> } | undefined
  return async (key) => {
    if (waiting === undefined) {
      const keys: K[] = []
      const values = Promise.resolve().then(() => {
        waiting = undefined
        return load(keys)
      })
      waiting = { keys, values }
    }
    const at = waiting.keys.push(key) - 1
    return (await waiting.values)[at] as V
  }
}
