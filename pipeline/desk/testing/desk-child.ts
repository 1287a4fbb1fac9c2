/** A desk over its file in a process of its own, for tests that kill it. Tells its address by IPC. Usage: desk-child.js FOLDER (of the file and of the log). */
import { join } from 'node:path'
import { startDesk } from '../desk.ts'
import { fileLog } from './file-log.ts'
import { USERS } from './world.ts'

const folder = process.argv[2] ?? ''
const desk = await startDesk({
  port: 0,
  users: Object.values(USERS),
  alerts: fileLog(folder, 3),
  store: { file: join(folder, 'desk.duckdb'), onNotice: (notice) => process.send?.({ notice: notice.code }) },
  publish: () => Promise.resolve(),
  rules: { list: () => [] },
})
process.on('disconnect', () => process.exit(1))
process.send?.({ url: desk.url })
