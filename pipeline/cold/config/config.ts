/** The configuration of `run`: one YAML file, checked against its schema; tokens come from files, never from the YAML. */
import { readFile } from 'node:fs/promises'
import { dirname, resolve } from 'node:path'
import Type, { type Static } from 'typebox'
import { Compile } from 'typebox/compile'
import { isMap, isSeq, LineCounter, type Node, parseDocument } from 'yaml'
import { LookthroughError } from '../../contract/index.ts'
import { ALGORITHMS, type IssuerOptions } from '../../desk/entitlements/issuer.ts'
import type { SignInOptions } from '../../desk/entitlements/browser-sign-in.ts'
import { isSafeAddress } from '../../desk/entitlements/safe-address.ts'
import { isBank } from '../../desk/entitlements/see.ts'
import { type Role, ROLES, type StaticUser } from '../../desk/entitlements/users.ts'
import type { FeedLimits } from '../../desk/feed/places.ts'
import { overridesIn, type WrittenOverride } from '../overrides/overrides.ts'
import type { WebhookReach } from '../../desk/webhooks/guard.ts'
import type { Metrics } from '../../desk/http/metrics.ts'

const strict = { additionalProperties: false }
/** As DuckDB writes sizes. */
const Size = Type.String({ pattern: '^[0-9]+(MB|GB|TB)$' })
const Text = Type.String({ minLength: 1 })
/** Of the issuer whose tokens are taken. */
const Auth = Type.Object(
  {
    issuer: Text,
    audience: Text,
    jwksUri: Text,
    algorithms: Type.Optional(Type.Array(Type.Enum(ALGORITHMS), { minItems: 1 })),
    claims: Type.Optional(Type.Object({ name: Type.Optional(Text), role: Type.Optional(Text), institution: Type.Optional(Text) }, strict)),
    signIn: Type.Optional(
      Type.Object({ clientId: Text, clientSecretFile: Type.Optional(Text), redirectUri: Text, scopes: Type.Optional(Type.Array(Text)) }, strict),
    ),
  },
  strict,
)
const Config = Type.Object(
  {
    kafka: Type.Object(
      { brokers: Type.String({ minLength: 1 }), prefix: Type.Optional(Type.String()), client: Type.Optional(Type.Record(Type.String(), Type.Unknown())) },
      strict,
    ),
    data: Type.String({ minLength: 1 }),
    desk: Type.Optional(
      Type.Object(
        {
          host: Type.Optional(Type.String()),
          port: Type.Optional(Type.Integer({ minimum: 0, maximum: 65_535 })),
          metrics: Type.Optional(Type.Enum(['open', 'token'])),
          feed: Type.Optional(
            Type.Object(
              {
                connections: Type.Optional(Type.Integer({ minimum: 1, maximum: 100_000 })),
                connectionsPerUser: Type.Optional(Type.Integer({ minimum: 1, maximum: 100_000 })),
              },
              strict,
            ),
          ),
          memory: Type.Optional(Size),
          keepDays: Type.Optional(Type.Integer({ minimum: 1, maximum: 3660 })),
          webhooks: Type.Optional(
            Type.Object(
              { http: Type.Optional(Type.Boolean()), allow: Type.Optional(Type.Array(Type.String({ pattern: '^[0-9a-fA-F.:]+(/[0-9]{1,3})?$' }))) },
              strict,
            ),
          ),
        },
        strict,
      ),
    ),
    users: Type.Optional(
      Type.Array(
        Type.Object(
          {
            name: Type.String({ minLength: 1 }),
            role: Type.Enum(ROLES),
            institution: Type.Optional(Type.Union([Type.String(), Type.Null()])),
            tokenFile: Type.String({ minLength: 1 }),
          },
          strict,
        ),
      ),
    ),
    auth: Type.Optional(Auth),
    state: Type.Optional(
      Type.Object(
        {
          memory: Type.Optional(Size),
          temporary: Type.Optional(Size),
          snapshotMinutes: Type.Optional(Type.Number({ exclusiveMinimum: 0, maximum: 1440 })),
          snapshots: Type.Optional(Type.Integer({ minimum: 1, maximum: 100 })),
        },
        strict,
      ),
    ),
    rules: Type.Optional(Type.Array(Type.String())),
    /** `CODE.name=value` for all, or an override. */
    parameters: Type.Optional(Type.Array(Type.Union([Type.String(), Type.Object({})]))),
  },
  strict,
)
const check = Compile(Config)

/** Limits of the engine's file: DuckDB's memory and temporary folder, minutes between snapshots, how many are kept. */
export type StateConfig = { memory?: string; temporary?: string; snapshotMinutes?: number; snapshots?: number }

/** Of the desk's file: DuckDB's memory, and how long entries of the feed are kept, ms. */
export type DeskConfig = { store: { memoryLimit?: string; keepMs?: number } }
/** The issuer whose tokens are taken, where its keys are published, and how browsers sign in there. */
export type AuthConfig = IssuerOptions & { jwksUri: string; signIn?: SignInOptions }

export type RunConfig = {
  kafka: { brokers: string; prefix?: string; client?: Record<string, unknown> }
  data: string
  desk: { host: string; port: number; feedLimits: Partial<FeedLimits>; metricsAccess?: Metrics['access'] }
  store: DeskConfig['store']
  /** Where webhooks may go beside public addresses over TLS. */
  webhooks?: WebhookReach
  users: StaticUser[]
  auth?: AuthConfig
  state: StateConfig
  rules: string[]
  parameters: string[]
  overrides: WrittenOverride[]
}

/** Paths in the file are relative to it. Throws LT-1001 (a file cannot be read) and LT-1005 (what is wrong, at which line). */
export async function readConfig(file: string): Promise<RunConfig> {
  const text = await readText(file)
  const lines = new LineCounter()
  const document = parseDocument(text, { lineCounter: lines })
  const broken = document.errors[0]
  if (broken !== undefined) throw new LookthroughError('LT-1005', { file, why: broken.message })
  const value: unknown = document.toJS()
  if (!check.Check(value)) throw new LookthroughError('LT-1005', { file, why: explain(value) })
  const config = value as Static<typeof Config>
  const near = (path: string) => resolve(dirname(file), path)
  const users = await Promise.all(
    (config.users ?? []).map(async (u): Promise<StaticUser> => {
      const token = (await readText(near(u.tokenFile))).trim()
      if (token.length < 16) throw new LookthroughError('LT-1005', { file, why: `the token of ${u.name} in ${u.tokenFile} is shorter than 16 characters` })
      const institution = u.institution ?? null
      // Another role sees what is everybody's: with an institution, that was hardly meant.
      if ((u.role === 'desk') !== (institution !== null && isBank(institution)))
        throw new LookthroughError('LT-1005', { file, why: `${u.name}: role desk has an institution, and no other role` })
      return { name: u.name, role: u.role as Role, institution, token }
    }),
  )
  return {
    kafka: config.kafka as RunConfig['kafka'],
    data: near(config.data),
    desk: {
      host: config.desk?.host ?? '127.0.0.1',
      port: config.desk?.port ?? 7700,
      feedLimits: config.desk?.feed ?? {},
      metricsAccess: config.desk?.metrics as Metrics['access'],
    },
    users,
    store: {
      ...(config.desk?.memory !== undefined && { memoryLimit: config.desk.memory }),
      ...(config.desk?.keepDays !== undefined && { keepMs: config.desk.keepDays * 86_400_000 }),
    },
    ...(config.desk?.webhooks !== undefined && { webhooks: config.desk.webhooks }),
    ...(config.auth !== undefined && { auth: await authIn(file, config.auth as WrittenAuth) }),
    state: (config.state ?? {}) as StateConfig,
    rules: config.rules ?? [],
    parameters: (config.parameters ?? []).filter((p) => typeof p === 'string'),
    overrides: overridesIn(itemsOf(document.get('parameters', true)), file, lines),
  }
}

/** Those of `parameters` that are no plain texts. */
function itemsOf(list: unknown): Node[] {
  return isSeq(list) ? (list.items as Node[]).filter((item) => isMap(item)) : []
}

type WrittenAuth = Omit<AuthConfig, 'signIn'> & { signIn?: Omit<SignInOptions, 'clientSecret'> & { clientSecretFile?: string } }

/** Keys that come unprotected could be anybody's, and so could whoever signs in over an address that does. */
async function authIn(file: string, { signIn, ...auth }: WrittenAuth): Promise<AuthConfig> {
  const mustBeSafe = {
    'auth.jwksUri': auth.jwksUri,
    ...(signIn !== undefined && { 'auth.issuer': auth.issuer, 'auth.signIn.redirectUri': signIn.redirectUri }),
  }
  for (const [name, address] of Object.entries(mustBeSafe))
    if (!isSafeAddress(address)) throw new LookthroughError('LT-1005', { file, why: `${name}: an https address (http on this machine only), not ${address}` })
  if (signIn === undefined) return auth
  const { clientSecretFile, ...client } = signIn
  if (new URL(client.redirectUri).pathname !== '/v1/callback')
    throw new LookthroughError('LT-1005', { file, why: `auth.signIn.redirectUri: https://…/v1/callback, not ${client.redirectUri}` })
  const clientSecret = clientSecretFile === undefined ? undefined : (await readText(resolve(dirname(file), clientSecretFile))).trim()
  return { ...auth, signIn: { ...client, ...(clientSecret !== undefined && { clientSecret }) } }
}

function explain(value: unknown): string {
  const error = check.Errors(value)[0] as { instancePath: string; message: string; params?: { additionalProperties?: string[] } } | undefined
  const unknown = error?.params?.additionalProperties?.join(', ')
  return `${error?.instancePath || '/'} ${error?.message ?? ''}${unknown === undefined ? '' : `: ${unknown}`}`
}

async function readText(file: string): Promise<string> {
  try {
    return await readFile(file, 'utf8')
  } catch (error) {
    throw new LookthroughError('LT-1001', { file, why: (error as Error).message }, error)
  }
}
