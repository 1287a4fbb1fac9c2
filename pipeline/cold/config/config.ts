/** The configuration of `run`: one YAML file, checked against its schema; tokens come from files, never from the YAML. */
import { readFile } from 'node:fs/promises'
import { dirname, resolve } from 'node:path'
import Type, { type Static } from 'typebox'
import { Compile } from 'typebox/compile'
import { parseDocument } from 'yaml'
import { LookthroughError } from '../../contract/index.ts'
import type { DeskUser } from '../../desk/entitlements/users.ts'
import type { FeedLimits } from '../../desk/feed/places.ts'

const strict = { additionalProperties: false }
/** As DuckDB writes sizes. */
const Size = Type.String({ pattern: '^[0-9]+(MB|GB|TB)$' })
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
          feed: Type.Optional(
            Type.Object(
              {
                connections: Type.Optional(Type.Integer({ minimum: 1, maximum: 100_000 })),
                connectionsPerUser: Type.Optional(Type.Integer({ minimum: 1, maximum: 100_000 })),
              },
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
            role: Type.Union(['supervisor', 'approver', 'desk', 'analyst', 'auditor', 'admin'].map((r) => Type.Literal(r))),
            institution: Type.Optional(Type.Union([Type.String(), Type.Null()])),
            tokenFile: Type.String({ minLength: 1 }),
          },
          strict,
        ),
      ),
    ),
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
    parameters: Type.Optional(Type.Array(Type.String())),
  },
  strict,
)
const check = Compile(Config)

/** Limits of the engine's file: DuckDB's memory and temporary folder, minutes between snapshots, how many are kept. */
export type StateConfig = { memory?: string; temporary?: string; snapshotMinutes?: number; snapshots?: number }

export type RunConfig = {
  kafka: { brokers: string; prefix?: string; client?: Record<string, unknown> }
  data: string
  desk: { host: string; port: number; feedLimits: Partial<FeedLimits> }
  users: DeskUser[]
  state: StateConfig
  rules: string[]
  parameters: string[]
}

/** Paths in the file are relative to it. Throws LT-1001 (a file cannot be read) and LT-1005 (what is wrong, at which line). */
export async function readConfig(file: string): Promise<RunConfig> {
  const text = await readText(file)
  const document = parseDocument(text)
  const broken = document.errors[0]
  if (broken !== undefined) throw new LookthroughError('LT-1005', { file, why: broken.message })
  const value: unknown = document.toJS()
  if (!check.Check(value)) throw new LookthroughError('LT-1005', { file, why: explain(value) })
  const config = value as Static<typeof Config>
  const near = (path: string) => resolve(dirname(file), path)
  const users = await Promise.all(
    (config.users ?? []).map(async (u): Promise<DeskUser> => {
      const token = (await readText(near(u.tokenFile))).trim()
      if (token.length < 16) throw new LookthroughError('LT-1005', { file, why: `the token of ${u.name} in ${u.tokenFile} is shorter than 16 characters` })
      return { name: u.name, role: u.role as DeskUser['role'], institution: u.institution ?? null, token }
    }),
  )
  return {
    kafka: config.kafka as RunConfig['kafka'],
    data: near(config.data),
    desk: { host: config.desk?.host ?? '127.0.0.1', port: config.desk?.port ?? 7700, feedLimits: config.desk?.feed ?? {} },
    users,
    state: (config.state ?? {}) as StateConfig,
    rules: config.rules ?? [],
    parameters: config.parameters ?? [],
  }
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
