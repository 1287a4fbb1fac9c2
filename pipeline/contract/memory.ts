/**
 * Memory that threads share: it goes from one to another without a copy, and none of them counts it as garbage of its own. Who is done with it hands it
 * back, to hold the next batch: new memory for each would cost its pages anew, and stay until every thread has collected its garbage.
 */
export function sharedBytes(size: number): Buffer {
  return Buffer.from(new SharedArrayBuffer(size))
}

type ArrayType<T> = { new (memory: SharedArrayBuffer): T; readonly BYTES_PER_ELEMENT: number }

/** `length` elements of a typed array, all 0. */
export function sharedArray<T>(type: ArrayType<T>, length: number): T {
  return new type(new SharedArrayBuffer(length * type.BYTES_PER_ELEMENT))
}
