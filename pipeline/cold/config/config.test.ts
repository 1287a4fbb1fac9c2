import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { readConfig } from './config.ts'

let folder = ''
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'lookthrough-config-'))
  await writeFile(join(folder, 'token'), '0123456789abcdef\n')
})
afterAll(() => rm(folder, { recursive: true, force: true }))

async function read(more: string) {
  const file = join(folder, 'config.yaml')
  await writeFile(file, `kafka: { brokers: 'localhost:9092' }\ndata: data\n${more}\n`)
  return readConfig(file)
}
const SIGN_IN = (redirectUri: string) => `jwksUri: 'https://issuer.example/keys', signIn: { clientId: d, redirectUri: '${redirectUri}' }`
const AUTH = `issuer: 'https://issuer.example', audience: lookthrough`

test('users of a file, and an issuer with its keys', async () => {
  const auth = `auth: { ${AUTH}, jwksUri: 'https://issuer.example/keys', algorithms: [ES256], claims: { role: realm_access.roles } }`
  expect(await read(`users: [{ name: d, role: desk, institution: B0001, tokenFile: token }]\n${auth}`)).toMatchObject({
    users: [{ name: 'd', role: 'desk', institution: 'B0001', token: '0123456789abcdef' }],
    auth: { issuer: 'https://issuer.example', audience: 'lookthrough', jwksUri: 'https://issuer.example/keys', algorithms: ['ES256'] },
  })
  expect(await read('')).not.toHaveProperty('auth')
})

test('sign-in of browsers has its secret in a file; metrics are open or by token', async () => {
  const keys = `jwksUri: 'https://issuer.example/keys'`
  const client = `{ clientId: desk, clientSecretFile: token, redirectUri: 'https://desk.example/v1/callback', scopes: [roles] }`
  expect(await read(`auth: { ${AUTH}, ${keys}, signIn: ${client} }\ndesk: { metrics: token }`)).toMatchObject({
    auth: { signIn: { clientId: 'desk', clientSecret: '0123456789abcdef', redirectUri: 'https://desk.example/v1/callback', scopes: ['roles'] } },
    desk: { metricsAccess: 'token' },
  })
})

test.each([
  ['keys that come unprotected', `auth: { ${AUTH}, jwksUri: 'http://issuer.example/keys' }`, 'auth.jwksUri'],
  ['an algorithm of shared secrets', `auth: { ${AUTH}, jwksUri: 'https://issuer.example/keys', algorithms: [HS256] }`, '/auth/algorithms/0'],
  ['an issuer without an audience', `auth: { issuer: x, jwksUri: 'https://issuer.example/keys' }`, '/auth'],
  ['a way back that comes unprotected', `auth: { ${AUTH}, ${SIGN_IN('http://desk.example/v1/callback')} }`, 'auth.signIn.redirectUri'],
  ['a way back to elsewhere', `auth: { ${AUTH}, ${SIGN_IN('https://desk.example/')} }`, 'auth.signIn.redirectUri'],
  ['an issuer to sign in at that comes unprotected', `auth: { issuer: 'http://x', audience: a, ${SIGN_IN('https://d/v1/callback')} }`, 'auth.issuer'],
  [
    'a secret in the file itself',
    `auth: { ${AUTH}, jwksUri: 'https://i/k', signIn: { clientId: d, clientSecret: x, redirectUri: 'https://d/v1/callback' } }`,
    'clientSecret',
  ],
  ['a role there is not', 'users: [{ name: d, role: root, tokenFile: token }]', '/users/0/role'],
  ['a desk of no institution', 'users: [{ name: d, role: desk, tokenFile: token }]', 'd: role desk'],
  ['an analyst of an institution', 'users: [{ name: a, role: analyst, institution: B0001, tokenFile: token }]', 'a: role desk'],
])('%s is refused, and where it stands is said', async (_, text, where) => {
  await expect(read(text)).rejects.toMatchObject({ code: 'LT-1005', facts: { why: expect.stringContaining(where) as string } })
})
