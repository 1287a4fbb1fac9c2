/** Calls made in the same turn are answered by one load: what many findings of a batch ask for becomes one query. */
export function gather<K, V>(load: (keys: K[]) => Promise<V[]>): (key: K) => Promise<V> {
  let waiting: { key: K; resolve(value: V): void; reject(why: unknown): void }[] = []
  const flush = () => {
    const calls = waiting
    waiting = []
    load(calls.map((call) => call.key)).then(
      (values) =>
        calls.forEach((call, i) => (i < values.length ? call.resolve(values[i] as V) : call.reject(new Error('a load answered fewer keys than asked')))),
      (why: unknown) => calls.forEach((call) => call.reject(why)),
    )
  }
  return (key) =>
    new Promise((resolve, reject) => {
      if (waiting.length === 0) queueMicrotask(flush)
      waiting.push({ key, resolve, reject })
    })
}
