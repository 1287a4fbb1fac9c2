/** `lookthrough/client`: the feed of alerts for other programs. */
export type { AlertsOptions, Feed, FeedAlert, FeedOptions, FeedState, Gap } from './feed.ts'
export { openFeed } from './feed.ts'
export type { CursorStore } from './cursors.ts'
export { fileCursor, memoryCursor } from './cursors.ts'
export type { End } from './session.ts'
export { LookthroughError } from '../contract/errors.ts'
export type { PublishedAlert } from '../contract/alert.ts'
export type { AlertEvent, AlertFilter, FeedFrom } from '../contract/feed.ts'
