/** What the feed's server sends, as far as the dashboard reads it. Unknown frames and fields are ignored by contract. */
import type { PublishedAlert } from '../../../../pipeline/contract/alert.ts'

export type Frame =
  | { type: 'hello'; heartbeatMs?: number }
  | { type: 'subscribed'; sid: string; recovered?: boolean; cursor?: string }
  | { type: 'snapshot'; sid: string; part: number; last: boolean; items: PublishedAlert[]; cursor?: string }
  | { type: 'live'; sid: string; cursor?: string }
  | { type: 'event'; sid: string; seq: number; prev: number | null; cursor: string; event: { type: string; data: PublishedAlert } }
  | { type: 'heartbeat'; cursors?: Record<string, string> }
  | { type: 'error'; code: string | number; message: string }
  | { type: 'bye'; code: number; reason: string; retryable: boolean; retryAfterMs?: number; cursors?: Record<string, string> }

/** What the dashboard asks for: everything as it stands, or what came after a cursor. */
export type From = 'snapshot' | { cursor: string }

export const FEED_PROTOCOL = 'lookthrough.feed.v1+json'
const KNOWN = new Set(['hello', 'subscribed', 'snapshot', 'live', 'event', 'heartbeat', 'error', 'bye'])

/** The frame in a message, or undefined for what is not one we know. */
export function parseFrame(data: unknown): Frame | undefined {
  if (typeof data !== 'string') return undefined
  try {
    const frame: unknown = JSON.parse(data)
    return typeof frame === 'object' && frame !== null && KNOWN.has((frame as { type?: string }).type ?? '') ? (frame as Frame) : undefined
  } catch {
    return undefined
  }
}

/** Browsers cannot set headers on a WebSocket, so the token travels as a second subprotocol. */
export function bearerProtocol(token: string): string {
  const bytes = String.fromCodePoint(...new TextEncoder().encode(token))
  return `bearer.${btoa(bytes).replaceAll('+', '-').replaceAll('/', '_').replace(/=+$/, '')}`
}
