/**
 * Places where a test makes the process end as `kill -9` would. They do nothing unless `LOOKTHROUGH_FAILPOINT=name:count[:ms]` is set:
 * then the process kills itself the `count`-th time it comes by, or `ms` milliseconds later.
 */
export const FAILPOINTS = [
  'create-tables',
  'before-begin',
  'after-append',
  'before-commit',
  'after-commit-before-deliver',
  'after-deliver-before-mark',
  'during-checkpoint',
  'during-snapshot',
] as const
export type Failpoint = (typeof FAILPOINTS)[number]

const [armed, count, ms] = (process.env['LOOKTHROUGH_FAILPOINT'] ?? '').split(':')
let left = Number(count ?? 1)

export function failpoint(name: Failpoint): void {
  if (name !== armed || --left !== 0) return
  if (ms === undefined) process.kill(process.pid, 'SIGKILL')
  else setTimeout(() => process.kill(process.pid, 'SIGKILL'), Number(ms))
}
