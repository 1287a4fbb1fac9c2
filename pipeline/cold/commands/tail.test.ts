import { type ChildProcess, execFile, spawn, spawnSync } from 'node:child_process'
import { mkdtempSync, readFileSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, describe, expect, test } from 'vitest'
import { type Desk, startDesk } from '../../desk/desk.ts'
import { alertOf, openLog, USERS } from '../../desk/testing/world.ts'
import { writerFor } from '../tail/lines.ts'

const ENV = { ...process.env, LOOKTHROUGH_LANG: 'en' }
const HISTORY = [
  alertOf(1),
  alertOf(2, { severity: 'red' }),
  alertOf(3, { institution: 'B0002', severity: 'orange', rule: { code: 'LQ-01', id: 'liquidity/one', version: '1.0.0', hash: 'sha256:0' } }),
]

const folder = mkdtempSync(join(tmpdir(), 'lookthrough-tail-'))
const tokenFile = join(folder, 'token')
writeFileSync(tokenFile, `${USERS.supervisor.token}\n`)

let desk: Desk | undefined
const children: ChildProcess[] = []
afterEach(async () => {
  for (const child of children.splice(0)) child.kill('SIGKILL')
  await desk?.close()
  desk = undefined
})

async function open() {
  const log = openLog(HISTORY)
  desk = await startDesk({ port: 0, users: Object.values(USERS), alerts: log.alerts, publish: () => Promise.resolve(), rules: { list: () => [] } })
  return { url: desk.url, push: log.push }
}

/** A command of the command line, and what it has said so far. */
function begin(...args: string[]) {
  const child = spawn(process.execPath, ['pipeline/launch.cjs', ...args], { env: ENV, stdio: ['ignore', 'pipe', 'pipe'] })
  children.push(child)
  const said = { out: '', err: '' }
  child.stdout.setEncoding('utf8').on('data', (text: string) => (said.out += text))
  child.stderr.setEncoding('utf8').on('data', (text: string) => (said.err += text))
  const ended = new Promise<number | null>((resolve) => child.once('close', (code) => resolve(code)))
  return { said, ended, stop: () => child.kill('SIGINT') }
}

function tail(url: string, ...args: string[]) {
  return begin('tail', '--url', url, '--token-file', tokenFile, ...args)
}

async function until(ready: () => boolean): Promise<void> {
  for (const end = Date.now() + 60_000; !ready(); ) {
    if (Date.now() > end) throw new Error(`in vain: ${ready.toString()}`)
    await new Promise((resolve) => setTimeout(resolve, 20))
  }
}

describe('tail', () => {
  test('prints what stands and what comes, in the format asked for, and ends cleanly with Ctrl-C', async () => {
    const { url, push } = await open()
    const all = tail(url, '-o', '%s %r %i %k %n\\n')
    await until(() => all.said.err.includes('live from here'))
    push(alertOf(2, { revision: 2, severity: 'red', state: 'resolved' }))
    await until(() => all.said.out.includes('resolved'))
    all.stop()
    expect(await all.ended).toBe(0)
    expect(all.said.out).toBe('orange LQ-01 B0002 snapshot 1\nred CR-02 B0001 snapshot 1\nblue CR-02 B0001 snapshot 1\nred CR-02 B0001 resolved 2\n')
  })

  test('goes on where the cursor file says; filters; as JSON', async () => {
    const { url, push } = await open()
    const place = join(folder, 'place')
    const wanted = ['--severity', '>=orange', '--rule', 'CR-*', '-i', 'B0001', '-o', 'json', '--cursor-file', place]
    const first = tail(url, ...wanted)
    await until(() => first.said.err.includes('live from here'))
    first.stop()
    expect(await first.ended).toBe(0)
    expect(
      first.said.out
        .trim()
        .split('\n')
        .map((line) => (JSON.parse(line) as { id: string }).id),
    ).toEqual([alertOf(2).id])
    push(alertOf(4, { severity: 'red' }), alertOf(5))
    const second = tail(url, ...wanted)
    await until(() => second.said.err.includes('live from here'))
    second.stop()
    expect(await second.ended).toBe(0)
    expect(JSON.parse(second.said.out)).toMatchObject({ id: alertOf(4).id, kind: 'opened', cursor: expect.any(String) as string })
    expect(second.said.out).not.toContain('"event"')
    expect(readFileSync(place, 'utf8').trim()).not.toBe('')
  })

  test('a gap is said, and with --exit-on-gap is the end, with 1', async () => {
    const { url } = await open()
    const place = join(folder, 'elsewhere')
    writeFileSync(place, 'of-another-desk')
    const strict = tail(url, '--cursor-file', place, '--exit-on-gap')
    expect([await strict.ended, strict.said.err]).toEqual([1, expect.stringContaining('LT-2182')])
    const told = tail(url, '--cursor-file', place)
    await until(() => told.said.err.includes('a gap') && told.said.out.includes(alertOf(1).at))
  })

  test('what is wrong is said with its fix: 1 for a desk that is not there or refuses, 2 for how it is used', async () => {
    const { url } = await open()
    const endOf = async ({ ended, said }: ReturnType<typeof begin>) => [await ended, /LT-\d{4}/.exec(said.err)?.[0]]
    const wrong = join(folder, 'wrong')
    writeFileSync(wrong, 'of-nobody')
    expect(await endOf(tail('http://127.0.0.1:9'))).toEqual([1, 'LT-2102'])
    expect(await endOf(begin('tail', '--url', url, '--token-file', wrong))).toEqual([1, 'LT-2180'])
    expect(await endOf(tail(url, '--severity', 'pink'))).toEqual([2, 'LT-1027'])
    expect(await endOf(tail(url, '-o', '%x'))).toEqual([2, 'LT-1027'])
    expect(await endOf(begin('tail', '--url', url, '--token-file', join(folder, 'none')))).toEqual([2, 'LT-1001'])
  })

  test('a table has a column each; a pattern knows escapes and the percent sign', () => {
    const alert = { ...alertOf(1), kind: 'opened' as const, event: null, cursor: 'c', conflated: 0 }
    expect(writerFor('table', 'en').line(alert)).toBe(`${alert.at}  blue      CR-02   B0001        party:P1                  opened    number 1\n`)
    expect(writerFor('%v\\t%%\\\\ %o %c%m', 'zh').line(alert)).toBe('exposure=132.00\t%\\ party:P1 c第 1 条')
  })
})

describe('feed', () => {
  test('test reaches the connections of one’s own stream', async () => {
    const { url } = await open()
    const watching = tail(url, '--from', 'now')
    await until(() => watching.said.err.includes('live from here'))
    const sent = begin('feed', 'test', '--url', url, '--token-file', tokenFile)
    expect([await sent.ended, sent.said.out]).toEqual([0, expect.stringContaining('went to 1 connections')])
    await until(() => watching.said.err.includes('this is a test event'))
    expect(watching.said.out.trim().split('\n')).toHaveLength(1)
  })

  test('doctor says of each step how it stands, and of what fails how to mend it', async () => {
    const { url } = await open()
    const well = begin('feed', 'doctor', '--url', url, '--token-file', tokenFile)
    expect([await well.ended, well.said.out.match(/^✓/gm)?.length, well.said.out.match(/^✗/gm)]).toEqual([0, 9, null])
    expect(well.said.out).toContain('role supervisor, sees *')
    const wrong = join(folder, 'wrong')
    writeFileSync(wrong, 'of-nobody')
    const refused = begin('feed', 'doctor', '--url', url, '--token-file', wrong)
    expect([await refused.ended, refused.said.out]).toEqual([1, expect.stringMatching(/^✓ .*\n✗ the token is refused \(401\)\n {2}fix: put a new token/)])
    const away = begin('feed', 'doctor', '--url', 'http://127.0.0.1:9', '--token-file', tokenFile, '--json')
    expect([await away.ended, JSON.parse(away.said.out)]).toMatchObject([1, [{ step: 'reach', ok: false, fix: expect.stringContaining('curl -v') as string }]])
  })
})

const python = spawnSync('python3', ['--version']).status === 0
if (!python) console.log('skipped: the Python recipe, because there is no python3')

test.skipIf(!python)('the recipe in Python prints each alert once over two runs, and goes on from its cursor file', async () => {
  const { url, push } = await open()
  const recipe = (cursorFile: string) => {
    const child = execFile('python3', ['pipeline/client/recipes/feed.py', url, tokenFile, cursorFile])
    children.push(child)
    let out = ''
    child.stdout?.on('data', (text: string) => (out += text))
    const ended = new Promise((resolve) => child.once('close', resolve))
    return {
      ids: () =>
        out
          .split('\n')
          .slice(0, -1)
          .map((line) => (JSON.parse(line) as { id: string }).id),
      kill: () => child.kill('SIGKILL') && ended,
    }
  }
  const place = join(folder, 'recipe')
  const kept = () => readFileSync(place, 'utf8')
  const first = recipe(place)
  await until(() => first.ids().length === 3)
  push(alertOf(4))
  await until(() => first.ids().length === 4)
  const before = kept()
  push(alertOf(5))
  await until(() => first.ids().length === 5 && kept() !== before)
  await first.kill()
  push(alertOf(6), alertOf(6, { revision: 2 }))
  const second = recipe(place)
  await until(() => second.ids().length >= 2)
  expect(new Set(first.ids())).toEqual(new Set([1, 2, 3, 4, 5].map((n) => `${alertOf(n).id}/1`)))
  expect(second.ids()).toEqual([`${alertOf(6).id}/1`, `${alertOf(6).id}/2`])
  expect(readFileSync('pipeline/client/recipes/feed.py', 'utf8').split('\n').length).toBeLessThanOrEqual(61)
})
