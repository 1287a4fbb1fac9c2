import { spawnSync } from 'node:child_process'
import { mkdtempSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, test } from 'vitest'

/** A PATH with these commands alone. */
function pathWith(commands: Record<string, string>): string {
  const folder = mkdtempSync(join(tmpdir(), 'lookthrough-path-'))
  for (const [name, script] of Object.entries(commands)) {
    if (script.startsWith('/')) symlinkSync(script, join(folder, name))
    else writeFileSync(join(folder, name), `#!/bin/sh\n${script}\n`, { mode: 0o755 })
  }
  return folder
}

const check = (path: string, language: string) => {
  const { status, stderr } = spawnSync(process.execPath, ['pipeline/setup.mjs', '--check'], {
    encoding: 'utf8',
    env: { PATH: path, LOOKTHROUGH_LANG: language },
  })
  return { status, lines: stderr.trim().split('\n') }
}

test('a missing compiler is named in one line, in the language of the terminal', () => {
  const path = pathWith({ make: 'exit 0', python3: 'exit 0' })
  expect(check(path, 'en')).toEqual({ status: 1, lines: ['c++ is missing (the Kafka client is compiled with it); fix: apt-get install -y g++'] })
  expect(check(path, 'zh')).toEqual({ status: 1, lines: ['缺少 c++（编译 Kafka 客户端需要）；解决：apt-get install -y g++'] })
})

test('a missing header is named with the package that has it', () => {
  const path = pathWith({ make: 'exit 0', python3: 'exit 0', 'c++': 'read line; case "$line" in *openssl*) exit 1;; esac; exit 0' })
  expect(check(path, 'en')).toEqual({ status: 1, lines: ['header openssl/ssl.h is missing; fix: apt-get install -y libssl-dev'] })
})

test('where nothing is missing nothing is said', () => {
  const path = pathWith({ make: 'exit 0', python3: 'exit 0', 'c++': 'exit 0' })
  expect(check(path, 'en')).toEqual({ status: 0, lines: [''] })
})
