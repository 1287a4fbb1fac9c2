/** Files as they come: plain, `.gz`, or an archive `.tgz` / `.tar.gz` whose members of the wanted ending are read one after the other. */
import { createReadStream } from 'node:fs'
import { stat } from 'node:fs/promises'
import { pipeline, Readable } from 'node:stream'
import { createGunzip } from 'node:zlib'
import { extract } from 'tar-stream'
import { LookthroughError } from '../../contract/index.ts'

/** `name` is empty for a file that is no archive. */
export type Member = { name: string; stream: Readable }

/** Of a document that is read as a whole. */
const MAX_DOCUMENT_BYTES = 256 << 20

/** Endings are of `/` and the path. Throws LT-1001 when the file cannot be opened; a broken archive, or one without any wanted member, is an error too. */
export async function* members(file: string, endings: string[]): AsyncGenerator<Member> {
  await stat(file).catch((error: unknown) => {
    throw new LookthroughError('LT-1001', { file, why: error instanceof Error ? error.message : String(error) }, error)
  })
  const raw = createReadStream(file)
  if (!/\.(gz|tgz)$/.test(file)) return yield { name: '', stream: raw }
  const unpacked = pipeline(raw, createGunzip(), () => undefined)
  if (/\.(tgz|tar\.gz)$/.test(file)) yield* wantedOf(unpacked, endings)
  else yield { name: '', stream: unpacked }
}

/** The text of a stream. Throws when it is not UTF-8 or longer than 256 MiB. */
export async function wholeText(stream: Readable): Promise<string> {
  const decoder = new TextDecoder('utf-8', { fatal: true })
  let [text, bytes] = ['', 0]
  for await (const chunk of stream as AsyncIterable<Buffer>) {
    bytes += chunk.length
    if (bytes > MAX_DOCUMENT_BYTES) throw new Error(`longer than ${MAX_DOCUMENT_BYTES >> 20} MiB`)
    text += decoder.decode(chunk, { stream: true })
  }
  return text + decoder.decode()
}

async function* wantedOf(unpacked: Readable, endings: string[]): AsyncGenerator<Member> {
  const archive = extract()
  unpacked.on('error', (error) => archive.destroy(error))
  unpacked.pipe(archive)
  let found = 0
  for await (const entry of archive) {
    const { name, type } = entry.header
    if (type === 'file' && endings.some((ending) => `/${name}`.endsWith(ending))) {
      found++
      yield { name, stream: Readable.from(entry) }
    }
    entry.resume()
  }
  if (found === 0) throw new Error(`no file in it ends in ${endings.join(', ')}`)
}
