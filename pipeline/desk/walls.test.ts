import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { LookthroughError, type PublishedAlert } from '../contract/index.ts'
import { startDesk } from './desk.ts'
import { may } from './entitlements/roles.ts'
import { ROLES, type StaticUser } from './entitlements/users.ts'
import { alerts, foreignIn, lookthroughs } from './testing/secrets.ts'
import { alertOf, connect, openLog, USERS } from './testing/world.ts'

const AUTHORITY: StaticUser[] = ROLES.filter((role) => role !== 'desk' && may(role, 'see')).map((role) => ({
  name: role,
  role,
  institution: null,
  token: `token-of-${role}`,
}))
const VIEWERS: StaticUser[] = [...AUTHORITY, USERS.b1, USERS.b2]

/** A desk on which half of the alerts are there, and the rest comes when it is pushed. */
async function open(all: readonly PublishedAlert[], paths: object = {}) {
  const half = Math.floor(all.length / 2)
  const log = openLog(all.slice(0, half))
  const desk = await startDesk({
    port: 0,
    users: VIEWERS,
    alerts: log.alerts,
    publish: () => Promise.resolve(),
    rules: { list: () => [] },
    lookThrough: ({ institution, obligor }) => Promise.resolve({ institution, obligor, ...paths } as never),
  })
  const get = async (path: string, { token }: StaticUser) => {
    const response = await fetch(`${desk.url}/v1${path}`, { headers: { authorization: `Bearer ${token}` } })
    return { status: response.status, headers: [...response.headers], text: await response.text() }
  }
  return { desk, get, push: () => log.push(...all.slice(half)) }
}

describe('over any alerts, and whoever asks', () => {
  test('what a bank can obtain by list, id, evidence, feed and paths stems from no other institution alone; the authority gets all', async () => {
    await fc.assert(
      fc.asyncProperty(alerts, lookthroughs, fc.constantFrom(...VIEWERS, USERS.b1, USERS.b2, USERS.b1), async (all, paths, viewer) => {
        const { desk, get, push } = await open(all, paths)
        try {
          const client = await connect(desk.url, viewer.token)
          client.send({ op: 'subscribe', sid: 's' })
          await client.until(() => client.of('live').length === 1)
          push()
          const last = new Map(all.map((alert) => [alert.id, alert]))
          const mine = [...last.values()].filter((a) => viewer.role !== 'desk' || isDisclosedTo(a, viewer))
          await expect.poll(async () => (await get(`/alerts?limit=1000`, viewer)).text.match(/"id":"A-/g)?.length ?? 0).toBe(mine.length)
          await client.until(() => mine.every(({ id, revision }) => JSON.stringify(client.frames).includes(`"id":"${id}","revision":${revision}`)))
          client.socket.close()
          const heard = [JSON.stringify(client.frames), (await get('/alerts?limit=1000', viewer)).text]
          for (const id of last.keys()) for (const path of [`/alerts/${id}`, `/alerts/${id}/evidence`]) heard.push((await get(path, viewer)).text)
          for (const institution of ['B0001', 'B0002']) heard.push((await get(`/lookthrough?institution=${institution}&party=subject0`, viewer)).text)
          if (viewer.role === 'desk') expect(foreignIn(heard.join('\n'), viewer.institution ?? '')).toEqual([])
          else for (const alert of last.values()) expect(heard.join('\n')).toContain(JSON.stringify(alert.values))
        } finally {
          await desk.close()
        }
      }),
      { numRuns: 30, endOnFailure: true },
    )
  })
})

/** By the contract alone: its own, of a rule that is live and disclosed. */
function isDisclosedTo(alert: PublishedAlert, { institution }: StaticUser): boolean {
  return alert.institution === institution && alert.disclosure === 'institution' && alert.mode === 'live'
}

test('a guessed id, another bank’s alert, one for the supervisor and one in shadow are answered alike, to the last header', async () => {
  const known = [alertOf(1, { institution: 'B0002' }), alertOf(2, { disclosure: 'supervisor' }), alertOf(3, { mode: 'shadow' }), alertOf(4)]
  const { desk, get, push } = await open(known)
  push()
  await expect.poll(async () => (await get(`/alerts/${alertOf(4).id}`, USERS.b1)).status).toBe(200)
  for (const suffix of ['', '/evidence']) {
    const answers = await Promise.all([1, 2, 3, 99].map((n) => get(`/alerts/${alertOf(n).id}${suffix}`, USERS.b1)))
    // What counts the caller's own requests says nothing of what was asked for.
    const shapes = answers.map(({ status, headers, text }) => ({
      status,
      headers: headers.filter(([name]) => name !== 'date' && !name.startsWith('x-ratelimit-')),
      text: text.replace(/"ref":"[^"]+"/, '"ref":""'),
    }))
    expect(shapes[0]).toMatchObject({ status: 404, text: expect.stringContaining(new LookthroughError('LT-2111').code) as string })
    for (const shape of shapes) expect(shape).toEqual(shapes[0])
  }
  await desk.close()
})
