#!/usr/bin/env node
// `npm run k6`: the load test of the hot path against a running desk. Finds k6 (on the PATH, then in the cache, else builds it with Go),
// takes address and token from start.json, and ends with k6's exit code. Plain JavaScript without dependencies, as setup.mjs.
import { spawn, spawnSync } from 'node:child_process'
import { existsSync, mkdirSync, readFileSync } from 'node:fs'
import { homedir } from 'node:os'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { parseArgs } from 'node:util'

const VERSION = 'v1.8.1'
const script = join(dirname(fileURLToPath(import.meta.url)), 'k6', 'hot-path.js')
const cache = join(process.env.XDG_CACHE_HOME || join(homedir(), '.cache'), 'lookthrough', 'bin')
const english = /^en/i.test(process.env.LOOKTHROUGH_LANG ?? process.env.LC_ALL ?? process.env.LC_MESSAGES ?? process.env.LANG ?? '')
const t = (zh, en) => (english ? en : zh)
const tell = (text) => process.stderr.write(`${text}\n`)

const options = readOptions()
if (options.help) {
  process.stdout.write(usage())
  process.exit(0)
}
const { url, token } = signIn(options)
const k6 = onPath() ?? inCache() ?? (await build())
process.exitCode = await run(k6, ['run', '--quiet', script], {
  URL: url,
  TOKEN: token,
  RATE: options.rate,
  DURATION: options.duration,
  ...(options.summary && { SUMMARY: options.summary }),
})

function readOptions() {
  try {
    return parseArgs({
      options: {
        data: { type: 'string', default: process.env.LOOKTHROUGH_DATA || '.lookthrough' },
        url: { type: 'string', default: process.env.URL },
        token: { type: 'string', default: process.env.TOKEN },
        'token-file': { type: 'string' },
        rate: { type: 'string', default: process.env.RATE || '1000' },
        duration: { type: 'string', default: process.env.DURATION || '30s' },
        summary: { type: 'string', default: process.env.SUMMARY },
        help: { type: 'boolean', short: 'h' },
      },
    }).values
  } catch (error) {
    tell(`${error.message}\n\n${usage()}`)
    process.exit(2)
  }
}

function usage() {
  return t(
    `npm run k6 -- [--data DIR] [--url URL] [--token T | --token-file FILE] [--rate 1000] [--duration 30s] [--summary FILE.json]
  以每秒 --rate 笔付款压测运行中的监管席，测从应发时刻到告警到达的时间；地址与令牌默认取 DIR/start.json 中的 supervisor
`,
    `npm run k6 -- [--data DIR] [--url URL] [--token T | --token-file FILE] [--rate 1000] [--duration 30s] [--summary FILE.json]
  posts --rate payments a second to a running desk and measures how long alerts take; address and token are those of the supervisor in DIR/start.json
`,
  )
}

/** The supervisor may post for every institution and sees every alert. */
function signIn({ data, url, token, 'token-file': tokenFile }) {
  const given = tokenFile === undefined ? token : readToken(tokenFile)
  if (url && given) return { url, token: given }
  const file = join(data, 'start.json')
  try {
    const start = JSON.parse(readFileSync(file, 'utf8'))
    return { url: url || start.url, token: given || start.users.find((user) => user.role === 'supervisor').token }
  } catch (error) {
    return fail(
      'LT-2311',
      t(`读不到运行中的监管席的地址与令牌：${file}（${error.message}）`, `no address and token of a running desk in ${file} (${error.message})`),
      t('先运行 npm start；或给出 --data DIR，或 --url 与 --token-file', 'run npm start first; or give --data DIR, or --url and --token-file'),
    )
  }
}

function readToken(file) {
  try {
    return readFileSync(file, 'utf8').trim()
  } catch (error) {
    return fail('LT-2311', t(`读不到令牌文件：${error.message}`, `the token file cannot be read: ${error.message}`), '--token-file FILE')
  }
}

/** The npm package `k6` is an empty placeholder; only a program that says it is k6 counts. */
function onPath() {
  return works('k6') ? 'k6' : undefined
}

function inCache() {
  const file = join(cache, 'k6')
  return existsSync(file) && works(file) ? file : undefined
}

function works(command) {
  const { status, stdout } = spawnSync(command, ['version'], { encoding: 'utf8' })
  return status === 0 && /^k6(\.exe)? v\d/.test(stdout)
}

async function build() {
  const fix = t(
    `安装 Go（https://go.dev/dl 或 apt-get install golang）后重试，或从 https://github.com/grafana/k6/releases 取 k6 放到 PATH 上`,
    `install Go (https://go.dev/dl, or apt-get install golang) and try again, or put k6 from https://github.com/grafana/k6/releases on the PATH`,
  )
  if (spawnSync('go', ['version']).status !== 0) fail('LT-2312', t('没有 k6，也没有可用来构建它的 Go', 'there is no k6, and no Go to build it with'), fix)
  mkdirSync(cache, { recursive: true })
  tell(t(`没有找到 k6，用 Go 构建 ${VERSION} 到 ${cache}，约需 80–120 秒，只需一次`, `no k6 found; building ${VERSION} with Go into ${cache}: 80–120 s, once`))
  const started = Date.now()
  const seconds = () => Math.round((Date.now() - started) / 1000)
  const timer = setInterval(() => tell(t(`  … 已用 ${seconds()} 秒`, `  … ${seconds()} s`)), 10_000)
  const code = await run('go', ['install', `go.k6.io/k6@${VERSION}`], { GOBIN: cache })
  clearInterval(timer)
  const built = inCache()
  if (code !== 0 || built === undefined) fail('LT-2312', t(`k6 构建失败（${code}）`, `building k6 failed (${code})`), fix)
  tell(t(`k6 已就绪，用时 ${seconds()} 秒`, `k6 is ready after ${seconds()} s`))
  return built
}

/** Runs to its end with our terminal; Ctrl-C reaches the child by itself, and we wait for its summary. */
function run(command, args, env) {
  return new Promise((resolve) => {
    const ignore = () => undefined
    process.on('SIGINT', ignore)
    const child = spawn(command, args, { stdio: ['ignore', 'inherit', 'inherit'], env: { ...process.env, ...env } })
    const end = (code) => {
      process.off('SIGINT', ignore)
      resolve(code ?? 1)
    }
    child.on('error', (error) => {
      tell(error.message)
      end(127)
    })
    child.on('close', end)
  })
}

function fail(code, what, fix) {
  tell(`${code} ${what}\n  ${t('解决', 'fix')}: ${fix}`)
  process.exit(2)
}
