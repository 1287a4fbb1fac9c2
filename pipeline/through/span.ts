/** A text as UTF-8 among others, from `start` to `end`; `view` over the same memory as `bytes`. */
export type Span = { bytes: Uint8Array; view: DataView; start: number; end: number }
