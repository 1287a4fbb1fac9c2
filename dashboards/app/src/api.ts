/** The desk's HTTP addresses. Every failure comes back as an ApiError: status 0 when the service could not be reached. */
import type { PublishedAlert } from '../../../pipeline/contract/alert.ts'
import type { Rule } from '../../../pipeline/contract/rule.ts'
import type { Token } from './session.ts'

export type Person = { name: string; role: string; institution: string | null }
export type AlertRecord = PublishedAlert & { revisions: PublishedAlert[] }

export class ApiError extends Error {
  readonly status: number
  constructor(status: number, message: string) {
    super(message)
    this.name = 'ApiError'
    this.status = status
  }
}

/** `GET /v1/me`. */
export async function fetchPerson(token: Token, signal?: AbortSignal): Promise<Person> {
  return personIn(await get(token, '/v1/me', signal))
}

/** `GET /v1/session`: whether one can sign in at an issuer, and who this browser has signed in. */
export async function fetchStanding(): Promise<{ signIn: boolean; person: Person | undefined }> {
  const body = await get(undefined, '/v1/session', undefined)
  const user = isRecord(body) ? body['user'] : undefined
  return { signIn: isRecord(body) && body['signIn'] === true, person: isRecord(user) ? personIn(user) : undefined }
}

/** `POST /v1/logout`; where the issuer ends its own session, if it does. */
export async function signOut(): Promise<string | undefined> {
  const body = await ask('/v1/logout', { method: 'POST' })
  return isRecord(body) && typeof body['address'] === 'string' ? body['address'] : undefined
}

function personIn(body: unknown): Person {
  const text = (field: string) => (isRecord(body) && typeof body[field] === 'string' ? body[field] : undefined)
  return { name: text('name') ?? '', role: text('role') ?? '', institution: text('institution') ?? null }
}

/** `GET /v1/rules`, by code. The answer is a list of records, plain or under `rules`. */
export async function fetchRules(token: Token, signal?: AbortSignal): Promise<ReadonlyMap<string, Rule>> {
  const body = await get(token, '/v1/rules', signal)
  const list = Array.isArray(body) ? body : isRecord(body) && Array.isArray(body['rules']) ? body['rules'] : []
  return new Map((list as Rule[]).map((rule) => [rule.code, rule]))
}

/** `GET /v1/alerts/{id}`: the last revision, and all of them under `revisions`, first to last. */
export async function fetchAlert(token: Token, id: string, signal?: AbortSignal): Promise<AlertRecord> {
  const body = (await get(token, `/v1/alerts/${encodeURIComponent(id)}`, signal)) as PublishedAlert & { revisions?: PublishedAlert[] }
  const revisions = [...(body.revisions ?? [])].sort((a, b) => a.revision - b.revision)
  return { ...body, revisions }
}

function get(token: Token, path: string, signal: AbortSignal | undefined): Promise<unknown> {
  const headers = { accept: 'application/json', 'accept-language': document.documentElement.lang }
  return ask(path, { headers: token === undefined ? headers : { ...headers, authorization: `Bearer ${token}` }, ...(signal && { signal }) })
}

async function ask(path: string, init: RequestInit): Promise<unknown> {
  const response = await fetch(path, init).catch((error: unknown) => {
    if (init.signal?.aborted === true) throw error
    throw new ApiError(0, error instanceof Error ? error.message : String(error))
  })
  const body: unknown = await response.json().catch(() => undefined)
  if (!response.ok) throw new ApiError(response.status, messageIn(body) ?? `HTTP ${response.status}`)
  return body
}

/** `{"error":{"code","message"}}` as one line. */
function messageIn(body: unknown): string | undefined {
  const error = isRecord(body) ? body['error'] : undefined
  return isRecord(error) && typeof error['message'] === 'string' ? `${String(error['code'] ?? '')} ${error['message']}`.trim() : undefined
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}
