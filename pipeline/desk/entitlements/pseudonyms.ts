/**
 * Persons under other names: at the desk's edge a person's name, telephone, address and papers are tokens, `pd_<key>_<32 hex>`, the HMAC-SHA256 (RFC 2104)
 * of the text by a key of this desk. The same text has the same token as long as the key is in use, so that what is equal stays equal and joins work. With a
 * new key new tokens are made; those of an older one can be told of as long as it is kept.
 */
import { createHmac, randomBytes } from 'node:crypto'
import { readFile, rename, writeFile } from 'node:fs/promises'
import { LookthroughError } from '../../contract/index.ts'

/** Fields of `ref.party` that are a person's own, and their columns. */
export const PERSONAL = { name: 'name', nameEn: 'name_en', phone: 'phone', address: 'address', ids: 'ids' } as const

export type PseudonymKey = { id: string; secret: Buffer }

export type Pseudonyms = {
  /** That by which tokens are made now. */
  current(): PseudonymKey
  /** The key a token was made by; undefined when it is no token, or its key is not kept any more. */
  keyOf(token: string): PseudonymKey | undefined
  /** Makes a new key the current one, once it is on the disk; returns its id. */
  rotate(): Promise<string>
}

const TOKEN = /^pd_([0-9a-f]{8})_[0-9a-f]{32}$/
const KEY_BYTES = 32

/** `file`: `{"k<id>": "<base64>", …}`, newest last; made where there is none. Without a file the keys last as long as the process. Throws LT-1001 and LT-1004. */
export async function openPseudonyms(file: string | undefined): Promise<Pseudonyms> {
  const keys = file === undefined ? [] : await keysIn(file)
  const rotate = async () => {
    const key = { id: randomBytes(4).toString('hex'), secret: randomBytes(KEY_BYTES) }
    if (file !== undefined) await write(file, [...keys, key])
    keys.push(key)
    return key.id
  }
  if (keys.length === 0) await rotate()
  return {
    current: () => keys.at(-1) as PseudonymKey,
    keyOf: (token) => keys.find(({ id }) => id === TOKEN.exec(token)?.[1]),
    rotate,
  }
}

export function pseudonym({ id, secret }: PseudonymKey, text: string): string {
  return `pd_${id}_${createHmac('sha256', secret).update(text).digest('hex').slice(0, 32)}`
}

/**
 * `pseudonym` for DuckDB, which has SHA-256 but no HMAC: the macro `pd(text)` over two variables. They have to be gone, by `FORGET`, before anybody's query
 * is looked at: who can make tokens can try names.
 */
export function macroOf({ id, secret }: PseudonymKey): string {
  const block = Buffer.concat([secret, Buffer.alloc(BLOCK_BYTES - KEY_BYTES)])
  const padded = (byte: number) => Buffer.from(block.map((b) => b ^ byte)).toString('hex')
  return `SET VARIABLE pd_inner = unhex('${padded(0x36)}'); SET VARIABLE pd_outer = unhex('${padded(0x5c)}');
    CREATE TEMP MACRO pd(t) AS 'pd_${id}_' || left(sha256(getvariable('pd_outer') || unhex(sha256(getvariable('pd_inner') || encode(t)))), 32)`
}

export const FORGET = 'DROP MACRO temp.pd; RESET VARIABLE pd_inner; RESET VARIABLE pd_outer'

const BLOCK_BYTES = 64

/** Whole beside the old one, and renamed over it: a key that is lost takes all its tokens along. */
async function write(file: string, keys: readonly PseudonymKey[]): Promise<void> {
  const text = JSON.stringify(Object.fromEntries(keys.map(({ id, secret }) => [`k${id}`, secret.toString('base64')])), null, 2)
  await writeFile(`${file}.new`, `${text}\n`, { mode: 0o600, flush: true })
  await rename(`${file}.new`, file)
}

function keyFrom(base64: string): Buffer {
  const secret = Buffer.from(base64, 'base64')
  if (secret.length !== KEY_BYTES) throw new Error(`a key of ${secret.length} bytes, not ${KEY_BYTES}`)
  return secret
}

async function keysIn(file: string): Promise<PseudonymKey[]> {
  const text = await readFile(file, 'utf8').catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT') return '{}'
    throw new LookthroughError('LT-1001', { file, why: error.message }, error)
  })
  try {
    return Object.entries(JSON.parse(text) as Record<string, string>).map(([id, secret]) => ({ id: id.slice(1), secret: keyFrom(secret) }))
  } catch (error) {
    throw new LookthroughError('LT-1004', { file, format: 'pseudonyms.json', why: (error as Error).message }, error)
  }
}
