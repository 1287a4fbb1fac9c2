/** What the gateway takes at most. Everything that bounds its memory stands here; how deep and how large one event may be is in the contract (MAX_DEPTH, MAX_MESSAGE_BYTES). */
import { MAX_BULK_BYTES } from '../../contract/index.ts'

export const LIMITS = {
  /** Of a body as it is sent with gzip. */
  packedBytes: 8 << 20,
  /** Of a body as it is read: unpacking stops here. */
  bodyBytes: MAX_BULK_BYTES,
  /** In one request. */
  events: 20_000,
  /** Of all bodies that are being read, judged or published, and of the rows of Arrow streams as JSON. */
  heldBytes: 128 << 20,
  /** On their way to the log, of all requests. */
  inFlightEvents: 50_000,
  /** Idempotency keys; beyond them the oldest is forgotten before its time. */
  keys: 200_000,
  keepKeyMs: 86_400_000,
  keyLength: 255,
} as const
