#!/usr/bin/env node
// Install and build, saying what is happening. Plain JavaScript without dependencies: it runs on a fresh clone, before anything is installed.
// Does nothing that is already done: dependencies follow package-lock.json, the build follows the sources.
import { spawn, spawnSync } from 'node:child_process'
import { createHash } from 'node:crypto'
import { existsSync, mkdirSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'

const root = dirname(dirname(fileURLToPath(import.meta.url)))
const english = /^en/i.test(process.env.LOOKTHROUGH_LANG ?? process.env.LC_ALL ?? process.env.LC_MESSAGES ?? process.env.LANG ?? '')
const t = (zh, en) => (english ? en : zh)
const tell = (text) => process.stderr.write(`${text}\n`)

const APT = 'apt-get install -y g++ make python3 libssl-dev zlib1g-dev'

if (process.argv.includes('--check')) {
  const missing = missingTools()
  for (const line of missing) tell(line)
  process.exit(missing.length === 0 ? 0 : 1)
}
checkNode()
await install()
await build()

function checkNode() {
  const [major, minor] = process.versions.node.split('.').map(Number)
  if (major > 20 || (major === 20 && minor >= 19)) return
  fail(
    'LT-2302',
    t(`Node ${process.versions.node} 太旧，需要 20.19 或更新`, `Node ${process.versions.node} is too old; 20.19 or newer is needed`),
    t('安装 Node 20.19 以上（https://nodejs.org）后重试', 'install Node 20.19 or newer (https://nodejs.org) and try again'),
  )
}

async function install() {
  const stamp = join(root, 'node_modules', '.lookthrough-installed')
  const wanted = createHash('sha256')
    .update(readFileSync(join(root, 'package-lock.json')))
    .update(process.versions.modules)
    .digest('hex')
  if (existsSync(stamp) && readFileSync(stamp, 'utf8') === wanted) return
  const missing = missingTools()
  if (missing.length > 0 && !(await prebuiltReachable())) fail('LT-2303', missing.join('\n'), APT)
  tell(
    t(
      '安装依赖；若取不到 Kafka 客户端的预编译包，则从源码编译，约需 1–3 分钟',
      'installing; where the Kafka client has no prebuilt binary it is compiled from source, which takes 1–3 minutes',
    ),
  )
  const result = await run('npm', ['install', '--no-save', '--no-audit', '--no-fund', '--loglevel', 'error'], {
    CKJS_LINKING: process.env.CKJS_LINKING ?? 'dynamic',
  })
  if (result.code !== 0)
    fail(
      'LT-2304',
      t(`npm install 失败（${result.code}）：`, `npm install failed (${result.code}):`) + `\n${result.tail}`,
      missing.length > 0 ? APT : t('检查网络与 npm 源：npm ping', 'check the network and the registry: npm ping'),
    )
  const client = spawnSync(process.execPath, ['-e', 'require("@confluentinc/kafka-javascript")'], { cwd: root, encoding: 'utf8' })
  if (client.status !== 0)
    fail(
      'LT-2305',
      t('Kafka 客户端装好了却加载不了：', 'the Kafka client was installed but does not load:') + `\n${client.stderr.trim().split('\n').slice(0, 6).join('\n')}`,
      `${APT} && CKJS_LINKING=dynamic npm rebuild @confluentinc/kafka-javascript`,
    )
  writeFileSync(stamp, wanted)
}

async function build() {
  const compiled = join(root, 'dist', 'pipeline', 'main.js')
  if (newest(['pipeline', 'rules', 'loadtest', 'tsconfig.json', 'package.json']) > modified(compiled)) {
    const result = await run(join(root, 'node_modules/.bin/tsc'), ['-p', 'tsconfig.json'])
    if (result.code !== 0) fail('LT-2306', t('编译失败：', 'the build failed:') + `\n${result.tail}`, 'npm run setup')
    touch(compiled)
  }
  const page = join(root, 'dist', 'dashboard', 'index.html')
  if (
    existsSync(join(root, 'dashboards/app/index.html')) &&
    newest(['dashboards/app', 'pipeline/messages', 'pipeline/contract', 'package.json']) > modified(page)
  ) {
    const result = await run(join(root, 'node_modules/.bin/vite'), ['build', 'dashboards/app', '--logLevel', 'warn'])
    if (result.code !== 0) fail('LT-2306', t('控制台构建失败：', 'the dashboard build failed:') + `\n${result.tail}`, 'npm run setup')
    touch(page)
  }
}

/** What compiling the Kafka client lacks, one line each with its fix. */
function missingTools() {
  const lines = []
  const add = (zh, en, debian) => lines.push(t(`${zh}；解决：apt-get install -y ${debian}`, `${en}; fix: apt-get install -y ${debian}`))
  const tools = { 'c++': 'g++', make: 'make', python3: 'python3' }
  for (const [tool, debian] of Object.entries(tools)) {
    if (spawnSync(tool, ['--version']).error) add(`缺少 ${tool}（编译 Kafka 客户端需要）`, `${tool} is missing (the Kafka client is compiled with it)`, debian)
  }
  if (lines.length > 0) return lines
  const headers = { 'openssl/ssl.h': 'libssl-dev', 'zlib.h': 'zlib1g-dev' }
  for (const [header, debian] of Object.entries(headers)) {
    const found = spawnSync('c++', ['-E', '-x', 'c++', '-'], { input: `#include <${header}>\n` })
    if (found.status !== 0) add(`缺少头文件 ${header}`, `header ${header} is missing`, debian)
  }
  return lines
}

async function prebuiltReachable() {
  try {
    await fetch('https://github.com', { method: 'HEAD', signal: AbortSignal.timeout(5000) })
    return true
  } catch {
    return false
  }
}

/** Runs a command quietly; every ten seconds a line says that it goes on. Keeps the last lines of its output. */
function run(command, args, env = {}) {
  return new Promise((resolve) => {
    const started = Date.now()
    const child = spawn(command, args, { cwd: root, env: { ...process.env, ...env }, stdio: ['ignore', 'pipe', 'pipe'] })
    const lines = []
    for (const stream of [child.stdout, child.stderr]) stream.setEncoding('utf8').on('data', (text) => lines.push(...text.split('\n').filter(Boolean)))
    const timer = setInterval(
      () => tell(t(`  … 已用 ${Math.round((Date.now() - started) / 1000)} 秒`, `  … ${Math.round((Date.now() - started) / 1000)} s`)),
      10_000,
    )
    const end = (code) => {
      clearInterval(timer)
      resolve({ code, tail: lines.slice(-12).join('\n') })
    }
    child.on('error', (error) => {
      lines.push(error.message)
      end(127)
    })
    child.on('close', end)
  })
}

function newest(paths) {
  let latest = 0
  const visit = (path) => {
    if (!existsSync(path)) return
    const info = statSync(path)
    latest = Math.max(latest, info.mtimeMs)
    if (info.isDirectory()) for (const name of readdirSync(path)) visit(join(path, name))
  }
  for (const path of paths) visit(join(root, path))
  return latest
}

function modified(file) {
  const stamp = `${file}.built`
  return existsSync(file) && existsSync(stamp) ? statSync(stamp).mtimeMs : 0
}

function touch(file) {
  mkdirSync(dirname(file), { recursive: true })
  writeFileSync(`${file}.built`, '')
}

function fail(code, what, fix) {
  tell(`${code} ${what}\n  ${t('解决', 'fix')}: ${fix}`)
  process.exit(1)
}
