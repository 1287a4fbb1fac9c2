import { afterAll, beforeAll, expect, test } from 'vitest'
import type { Action } from '../../contract/action.ts'
import type { DeskLog } from '../../contract/desk-log.ts'
import { type Desk, startDesk } from '../desk.ts'
import { memoryLog } from '../store/memory-log.ts'
import { alertOf, openLog, USERS } from '../testing/world.ts'

const written: Action[] = []
let broken = false
let desk: Desk
beforeAll(async () => {
  const log = memoryLog(
    openLog([alertOf(1), alertOf(2, { disclosure: 'supervisor' }), alertOf(3, { institution: 'B0002' }), alertOf(4, { state: 'resolved' })]).alerts,
  )
  const watched: DeskLog = {
    ...log,
    async write(actions) {
      if (broken) throw new Error('broker gone')
      written.push(...actions)
      await log.write(actions)
    },
  }
  desk = await startDesk({ port: 0, users: Object.values(USERS), alerts: watched, publish: () => Promise.resolve(), rules: { list: () => [] } })
})
afterAll(() => desk.close())

type Answer = { status: number; body: { state?: string; actions?: unknown[]; items?: unknown[]; error?: { code: string } } & Record<string, unknown> }

async function call(user: { token: string }, path: string, body?: unknown, headers: Record<string, string> = {}): Promise<Answer> {
  const init = body === undefined ? {} : { method: 'POST', body: JSON.stringify(body) }
  const all = { authorization: `Bearer ${user.token}`, ...(body !== undefined && { 'content-type': 'application/json' }), ...headers }
  const response = await fetch(`${desk.url}/v1${path}`, { ...init, headers: all })
  return { status: response.status, body: (await response.json()) as Answer['body'] }
}
const act = (user: { token: string }, n: number, body: unknown, headers?: Record<string, string>) =>
  call(user, `/alerts/${alertOf(n).id}/actions`, body, headers)
const stateFor = async (user: { token: string }, n: number) => (await call(user, `/alerts/${alertOf(n).id}`)).body.state

test('what the authority says it keeps to itself unless it is disclosed; what a bank says both see', async () => {
  expect((await act(USERS.supervisor, 1, { action: 'acknowledge' })).status).toBe(201)
  expect([await stateFor(USERS.supervisor, 1), await stateFor(USERS.b1, 1)]).toEqual(['acknowledged', 'new'])
  expect((await act(USERS.supervisor, 1, { action: 'comment', text: 'within the authority' })).status).toBe(201)
  expect((await act(USERS.supervisor, 1, { action: 'comment', text: 'to the bank', disclosed: true })).status).toBe(201)
  expect((await act(USERS.b1, 1, { action: 'acknowledge' })).status).toBe(201)
  const [authority, bank] = [await call(USERS.analyst, `/alerts/${alertOf(1).id}`), await call(USERS.b1, `/alerts/${alertOf(1).id}`)]
  expect(authority.body.actions).toMatchObject([
    { action: 'acknowledge', by: { user: 'supervisor' }, disclosed: false },
    { text: 'within the authority' },
    { text: 'to the bank' },
    { action: 'acknowledge', by: { user: 'desk-B0001', institution: 'B0001' } },
  ])
  expect(bank.body.actions).toMatchObject([{ text: 'to the bank', by: { role: 'supervisor', institution: null } }, { by: { user: 'desk-B0001' } }])
  expect(JSON.stringify(bank.body)).not.toMatch(/within the authority|"user":"supervisor"/)
  expect([bank.body.state, (await call(USERS.b1, '/alerts?state=acknowledged')).body.items?.length]).toEqual(['acknowledged', 1])
  expect((await call(USERS.supervisor, '/alerts?state=new')).body.items).toHaveLength(2)
  await act(USERS.supervisor, 4, { action: 'acknowledge' })
  expect(await stateFor(USERS.supervisor, 4)).toBe('resolved')
})

test('whoever only reads may not act, nobody on what is not his to know, and a body is what it should be', async () => {
  expect((await act(USERS.analyst, 1, { action: 'acknowledge' })).body.error?.code).toBe('LT-2112')
  for (const n of [2, 3, 99]) expect((await act(USERS.b1, n, { action: 'acknowledge' })).body.error?.code).toBe('LT-2111')
  for (const body of [{}, { action: 'close' }, { action: 'comment' }, { action: 'comment', text: '' }, { action: 'acknowledge', text: 'x' }])
    expect((await act(USERS.b1, 1, body)).body.error?.code).toBe('LT-2113')
  expect((await call(USERS.b1, `/receipts?alert=${alertOf(1).id}`)).body.error?.code).toBe('LT-2112')
  expect((await call(USERS.supervisor, `/receipts?alert=${alertOf(99).id}`)).body.error?.code).toBe('LT-2111')
  expect((await call(USERS.supervisor, `/receipts?alert=${alertOf(1).id}`)).body.items).toEqual([])
})

test('a repetition under its key is the same action, another body is not; what the log does not take is not shown', async () => {
  const key = { 'idempotency-key': 'note-1' }
  const first = await act(USERS.supervisor, 3, { action: 'comment', text: 'once' }, key)
  const again = await act(USERS.supervisor, 3, { action: 'comment', text: 'once' }, key)
  expect([first.status, again.status, again.body]).toEqual([201, 200, first.body])
  expect((await act(USERS.supervisor, 3, { action: 'comment', text: 'other' }, key)).body.error?.code).toBe('LT-2155')
  expect(written.filter((a) => a.alert === alertOf(3).id)).toHaveLength(1)
  broken = true
  const down = await act(USERS.b2, 3, { action: 'acknowledge' })
  broken = false
  expect([down.status, down.body.error?.code, await stateFor(USERS.b2, 3)]).toEqual([503, 'LT-2126', 'new'])
})
