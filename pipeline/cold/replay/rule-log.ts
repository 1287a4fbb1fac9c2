/** Changes of rules in a replay: those of the log itself, as the engine decided about them, or those of a file (docs/decisions/0032). */
import { readFile } from 'node:fs/promises'
import { LookthroughError } from '../../contract/index.ts'
import { readRuleRecord } from '../../contract/rule-change.ts'
import type { RuleRecord, Source } from '../../contract/source.ts'

/** The source with the changes of an NDJSON file, all of them accepted. Throws LT-1001, LT-1019 for a line that is none. */
export async function withRuleLog(source: Source, file: string): Promise<Source> {
  const text = await readFile(file, 'utf8').catch((error: unknown) => {
    throw new LookthroughError('LT-1001', { file, why: error instanceof Error ? error.message : String(error) })
  })
  const rules = text
    .split('\n')
    .map((value, offset): RuleRecord => ({ offset, value }))
    .filter(({ value }) => value.trim() !== '')
  for (const { offset, value } of rules) {
    const change = readRuleRecord(value)
    if (typeof change === 'string') throw new LookthroughError('LT-1019', { file, line: offset + 1, why: change })
  }
  const control = [...source.control, ...rules.map(({ offset }) => ({ kind: 'rule' as const, offset, accepted: true as const }))]
  return changed(source, { rules, control })
}

/** The source with changes of these rules alone: no other is judged. */
export function changesOf(source: Source, codes: ReadonlySet<string>): Source {
  return changed(source, { rules: (source.rules ?? []).filter(({ value }) => codes.has(codeIn(value) ?? '')) })
}

/** Undefined for what is no change. */
export function codeIn(value: string): string | undefined {
  const change = readRuleRecord(value)
  return typeof change === 'string' ? undefined : change.code
}

/** The same log with something else beside it. */
export function changed(source: Source, other: Partial<Pick<Source, 'rules' | 'control'>>): Source {
  return {
    partitions: source.partitions,
    control: source.control,
    rules: source.rules ?? [],
    pull: (max, waitMs) => source.pull(max, waitMs),
    release: (raw) => source.release?.(raw),
    silent: () => source.silent(),
    writeControl: (records) => source.writeControl(records),
    close: () => source.close(),
    ...other,
  }
}
