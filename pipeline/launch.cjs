#!/usr/bin/env node
// Kafka's consume, DuckDB's queries and the file system share libuv's threads; four are too few. The size is read
// when the first of them is used, so it is set here, before anything else is loaded.
process.env.UV_THREADPOOL_SIZE ??= '16'
const { existsSync } = require('node:fs')
const { join } = require('node:path')
const { pathToFileURL } = require('node:url')
const main = join(__dirname, '..', 'dist', 'pipeline', 'main.js')
if (!existsSync(main)) {
  process.stderr.write('LT-2301 尚未构建 / not built yet\n  解决 / fix: npm run setup\n')
  process.exit(1)
}
import(pathToFileURL(main).href).catch((error) => {
  process.stderr.write(`${error?.stack ?? error}\n`)
  process.exit(1)
})
