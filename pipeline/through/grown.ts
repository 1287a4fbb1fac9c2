type Numbers = Int32Array | Uint32Array | Float64Array | Uint8Array

/** The array itself while it holds `size` values, else a copy at least twice, where it is large a quarter, as long again; what is new is 0. */
export function grown<T extends Numbers>(array: T, size: number): T {
  if (size <= array.length) return array
  const longer = new (array.constructor as new (length: number) => T)(Math.max(16, size, Math.ceil(array.length * (array.length < LARGE ? 2 : 1.25))))
  longer.set(array)
  return longer
}

/** Values: beyond it what is kept should be in use, though it is copied more often. */
const LARGE = 1 << 16
