/** What a client of feed v1 must know beside the frames: the name of the protocol, and what the ends of a connection mean. Without dependencies. */
export const FEED_PROTOCOL = 'lookthrough.feed.v1+json'

/** Why a feed connection ended. What is not `retryable` would end the same way again. */
export const FEED_CLOSE = {
  badFrame: { code: 4400, retryable: false },
  tokenEnded: { code: 4401, retryable: false },
  revoked: { code: 4403, retryable: false },
  noSubscription: { code: 4408, retryable: true },
  sidInUse: { code: 4409, retryable: false },
  cursorGone: { code: 4410, retryable: false },
  tooSlow: { code: 4413, retryable: true },
  tooMany: { code: 4429, retryable: true },
  draining: { code: 4503, retryable: true },
} as const
export type FeedClose = keyof typeof FEED_CLOSE
