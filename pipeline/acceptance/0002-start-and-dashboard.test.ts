import { type ChildProcess, spawn, spawnSync } from 'node:child_process'
import { existsSync, mkdtempSync, readFileSync } from 'node:fs'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type Browser, chromium, type Page } from 'playwright-core'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'

const CHROMIUM = ['/usr/bin/chromium', '/usr/bin/chromium-browser', '/usr/bin/google-chrome'].find((path) => existsSync(path))
if (CHROMIUM === undefined) {
  console.log('skipped: the dashboard in a browser, because Chromium is missing (apt-get install chromium)')
  if ((process.env['LOOKTHROUGH_REQUIRE'] ?? '').includes('chromium')) throw new Error('Chromium is missing')
}
const FLAGS = [
  '--no-sandbox',
  '--disable-gpu',
  '--disable-quic',
  '--no-first-run',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
]
/** Where to leave pictures for a person to look at; none unless asked for. */
const PICTURES = process.env['LOOKTHROUGH_PICTURES']

type StartFile = { url: string; users: { name: string; role: string; institution: string | null; token: string }[] }

describe('the demonstration', () => {
  const data = mkdtempSync(join(tmpdir(), 'lookthrough-start-'))
  const printed: string[] = []
  let child: ChildProcess
  let start: StartFile
  let exit: Promise<number | null>

  beforeAll(async () => {
    const args = ['pipeline/launch.cjs', 'start', '--port', '0', '--data', data, '--exit-after', '75']
    child = spawn(process.execPath, args, { env: { ...process.env, LOOKTHROUGH_LANG: 'zh' }, stdio: ['ignore', 'pipe', 'inherit'] })
    child.stdout?.setEncoding('utf8').on('data', (text: string) => printed.push(text))
    exit = new Promise((resolve) => child.once('exit', resolve))
    await until(() => printed.join('').includes('控制台'), 15_000)
    start = JSON.parse(readFileSync(join(data, 'start.json'), 'utf8')) as StartFile
  })
  afterAll(() => void child.kill('SIGKILL'))

  const token = (name: string) => start.users.find((u) => u.name === name)?.token ?? ''

  describe.skipIf(CHROMIUM === undefined)('in a browser', () => {
    let browser: Browser

    beforeAll(async () => {
      browser = await chromium.launch({ ...(CHROMIUM !== undefined && { executablePath: CHROMIUM }), args: FLAGS })
    })
    afterAll(() => browser.close())

    const open = async (name: string, locale: string, colorScheme: 'light' | 'dark' = 'light') => {
      const context = await browser.newContext({ locale, colorScheme, viewport: { width: 1440, height: 900 } })
      const page = await context.newPage()
      const errors: string[] = []
      page.on('console', (message) => message.type() === 'error' && errors.push(message.text()))
      page.on('pageerror', (error) => errors.push(error.message))
      await page.goto(`${start.url}/#token=${token(name)}`)
      return { page, errors }
    }
    const ids = (page: Page) => page.locator('[data-alert-id]').evaluateAll((rows) => rows.map((r) => r.getAttribute('data-alert-id') ?? ''))
    const picture = async (page: Page, name: string) => {
      if (PICTURES !== undefined) await page.screenshot({ path: join(PICTURES, `${name}.png`) })
    }

    test('an alert raised after the page was open appears without reload; a bank sees only its own; both languages, no error on the console', {
      timeout: 300_000,
    }, async () => {
      const zh = await open('supervisor', 'zh-CN')
      await zh.page.waitForLoadState('networkidle')
      const before = await ids(zh.page)
      await until(async () => (await ids(zh.page)).some((id) => !before.includes(id)), 40_000)
      await until(async () => (await ids(zh.page)).length >= 5, 60_000)
      await picture(zh.page, 'list-zh')
      await zh.page.locator('[data-alert-id]', { hasText: 'CR-02' }).first().click()
      await zh.page.getByTestId('detail').waitFor()
      await sleep(500)
      expect(await zh.page.getByTestId('detail').textContent()).toContain('穿透')
      await picture(zh.page, 'detail-zh')

      const en = await open('supervisor', 'en-US', 'dark')
      await en.page.locator('[data-alert-id]').first().waitFor()
      await en.page.locator('[data-alert-id]', { hasText: 'CR-02' }).first().click()
      await en.page.getByTestId('detail').waitFor()
      await sleep(500)
      await picture(en.page, 'detail-en-dark')

      const bank = await open('desk-B0001', 'zh-CN')
      await bank.page.locator('[data-alert-id]').first().waitFor({ timeout: 40_000 })
      const seen = await ids(bank.page)
      const all = (await (await fetch(`${start.url}/v1/alerts?limit=1000`, { headers: { authorization: `Bearer ${token('supervisor')}` } })).json()) as {
        items: { id: string; institution: string; disclosure: string }[]
      }
      const own = all.items.filter((a) => a.institution === 'B0001' && a.disclosure === 'institution').map((a) => a.id)
      expect(own.length).toBeGreaterThan(0)
      expect(own.length).toBeLessThan(all.items.length)
      for (const id of seen) expect(own).toContain(id)
      await bank.page.locator('[data-alert-id]', { hasText: 'CR-02' }).first().click()
      await bank.page.getByTestId('detail').waitFor()
      await sleep(500)
      expect(await bank.page.content()).not.toContain('AM001')
      await picture(bank.page, 'detail-bank')
      expect([zh.errors, en.errors, bank.errors]).toEqual([[], [], []])
    })
  })

  test('SQL answers over what the engine wrote, and the metrics are well formed', async () => {
    const count = () =>
      spawnSync(process.execPath, ['pipeline/launch.cjs', 'sql', 'select rule_code, count(*) from alerts group by all order by 1', '--data', data, '--json'], {
        encoding: 'utf8',
      })
    await until(() => count().stdout.includes('CR-09'), 30_000)
    const bad = spawnSync(process.execPath, ['pipeline/launch.cjs', 'sql', 'drop table alerts', '--data', data], {
      encoding: 'utf8',
      env: { ...process.env, LOOKTHROUGH_LANG: 'en' },
    })
    expect([bad.status, bad.stderr]).toEqual([2, expect.stringContaining('LT-1006')])
    const metrics = await (await fetch(`${start.url}/metrics`)).text()
    expect(metrics).toMatch(/lookthrough_events_total\{topic="pay\.payment",outcome="used"\} \d+/)
    const promtool = spawnSync('promtool', ['check', 'metrics'], { input: metrics, encoding: 'utf8' })
    if (promtool.error === undefined) expect([promtool.status, promtool.stderr.trim()]).toEqual([0, ''])
  })

  test('prints at least one alert of each of the five rules as a line, and exits 0 in time', { timeout: 300_000 }, async () => {
    expect(await exit).toBe(0)
    const lines = printed
      .join('')
      .split('\n')
      .filter((l) => l.startsWith('●'))
    for (const code of ['CR-01', 'CR-02', 'CR-05', 'CR-09', 'OP-08']) expect(lines.some((l) => l.includes(` ${code} `))).toBe(true)
  })

  test('a taken port is one message with the fix', async () => {
    const server = createServer().listen(0, '127.0.0.1')
    await until(() => server.listening, 2000)
    const address = server.address()
    const port = typeof address === 'object' && address !== null ? address.port : 0
    const args = ['pipeline/launch.cjs', 'start', '--port', String(port), '--data', mkdtempSync(join(tmpdir(), 'lookthrough-port-'))]
    const result = spawnSync(process.execPath, args, { encoding: 'utf8', env: { ...process.env, LOOKTHROUGH_LANG: 'en' }, timeout: 30_000 })
    server.close()
    expect([result.status, result.stderr]).toEqual([
      1,
      `LT-2101 port 127.0.0.1:${port} is taken\n  fix: take another: npm start -- --port ${port + 1}, or see who has it: ss -ltnp\n`,
    ])
  })
})

async function until(condition: () => boolean | Promise<boolean>, withinMs: number): Promise<void> {
  const deadline = Date.now() + withinMs
  while (!(await condition())) {
    if (Date.now() > deadline) throw new Error(`not within ${withinMs} ms: ${condition.toString()}`)
    await sleep(100)
  }
}

function sleep(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms))
}
