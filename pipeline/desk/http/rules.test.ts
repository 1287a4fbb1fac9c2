import { afterAll, beforeAll, expect, test } from 'vitest'
import { LookthroughError } from '../../contract/index.ts'
import { type Desk, startDesk } from '../desk.ts'
import { openLog, USERS } from '../testing/world.ts'
import type { RuleAsked } from './rules.ts'

let desk: Desk
const asked: RuleAsked[] = []

beforeAll(async () => {
  desk = await startDesk({
    port: 0,
    users: Object.values(USERS),
    alerts: openLog().alerts,
    publish: () => Promise.resolve(),
    rules: {
      list: () => [{ code: 'CR-02', isInForce: true }],
      change(one) {
        asked.push(one)
        if ('code' in one && one.code === 'CR-99') throw new LookthroughError('LT-3010', { code: one.code, reason: 'not-in-force', why: 'it is not there' })
        return Promise.resolve({ code: 'CR-02', version: '1.0.0', hash: 'sha256:', effective: '2026-03-02T01:00:00.000Z' })
      },
    },
  })
})
afterAll(() => desk.close())

async function change(token: string, body: unknown) {
  const headers = { authorization: `Bearer ${token}`, 'content-type': 'application/json', 'accept-language': 'en' }
  const answer = await fetch(`${desk.url}/v1/rules`, { method: 'POST', headers, body: JSON.stringify(body) })
  return { status: answer.status, body: (await answer.json()) as { error?: { code: string; detail: Record<string, unknown> } } }
}
const retire = { act: 'retired', effective: '2026-03-02T01:00:00Z', code: 'CR-02' }

test('on 2026-03-02 an approver or admin changes rules, nobody else does', async () => {
  for (const { role, token } of Object.values(USERS)) {
    const { status } = await change(token, retire)
    expect([role, status]).toEqual([role, role === 'approver' || role === 'admin' ? 200 : 403])
  }
  expect(asked.every((a) => a.effective === Date.UTC(2026, 2, 2, 1))).toBe(true)
})

test('what is no change is refused before anybody is asked, and a refusal comes with its reason', async () => {
  const admin = Object.values(USERS).find((u) => u.role === 'admin' || u.role === 'approver')?.token ?? ''
  const before = asked.length
  for (const body of [{}, { ...retire, effective: 'soon' }, { ...retire, more: 1 }, { act: 'activated', effective: retire.effective }])
    expect(await change(admin, body)).toMatchObject({ status: 400, body: { error: { code: 'LT-2113' } } })
  const broken = await change(admin, { act: 'activated', effective: retire.effective, rule: { kind: 'each', code: 'CR-02' } })
  expect(broken).toMatchObject({ status: 409, body: { error: { code: 'LT-3010', detail: { reason: 'broken' } } } })
  expect(asked).toHaveLength(before)
  expect(await change(admin, { ...retire, code: 'CR-99' })).toMatchObject({
    status: 409,
    body: { error: { code: 'LT-3010', detail: { reason: 'not-in-force' } } },
  })
})
