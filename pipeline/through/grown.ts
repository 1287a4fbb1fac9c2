type Numbers = Int32Array | Uint32Array | Float64Array | Uint8Array

/** The array itself while it holds `size` values, else a copy at least twice as long; what is new is 0. */
export function grown<T extends Numbers>(array: T, size: number): T {
  if (size <= array.length) return array
  const longer = new (array.constructor as new (length: number) => T)(Math.max(16, size, array.length * 2))
  longer.set(array)
  return longer
}
