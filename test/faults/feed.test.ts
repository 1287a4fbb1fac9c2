/** The short forms of the feed's faults; the long ones: `npm run faults -- readers`, `npm run faults -- storm`. */
import { expect, test } from 'vitest'
import { reconnectStorm } from './reconnect-storm.ts'
import { slowReaders } from './slow-readers.ts'

test('clients that stop reading are let go within their bound and come back to all of it; nobody else notices', async () => {
  expect((await slowReaders({ clients: 50, stopped: 5, rate: 40, kib: 60, calmMs: 2000 })).differences).toEqual([])
})

test('clients that all come back at once miss nothing and get nothing twice', async () => {
  expect((await reconnectStorm({ clients: 50, missed: 200 })).differences).toEqual([])
})
