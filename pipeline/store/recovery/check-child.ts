/**
 * Opens a state file in a process of its own: replaying a damaged write-ahead log may abort the process that does it.
 * A good file is folded together and let go of; a broken one is left exactly as it was found.
 */
import { Database } from '../database.ts'
import type { CheckAnswer, CheckJob, CheckProgress } from './check.ts'
import { isDiskTrouble } from './disk.ts'
import { OtherSchema, type Verify, verify as verifyEngine } from './verify.ts'

process.title = 'lookthrough-check'
process.on('disconnect', () => process.kill(process.pid, 'SIGKILL'))
process.once('message', (job: CheckJob) => {
  // A broken file must not be folded together on the way out.
  void check(job).then((answer) => process.send?.(answer, () => process.kill(process.pid, 'SIGKILL')))
})

async function check({ file, memoryLimit, verifier }: CheckJob): Promise<CheckAnswer> {
  const tell = (progress: CheckProgress) => process.send?.(progress)
  try {
    const verify = verifier === undefined ? verifyEngine : ((await import(verifier)) as { verify: Verify }).verify
    const db = await Database.open(file, { walAutocheckpoint: '1TB', ...(memoryLimit !== undefined && { memoryLimit }) })
    const facts = await verify(db, (done, of) => tell({ done, of }))
    await db.run('CHECKPOINT')
    db.close()
    return { good: facts }
  } catch (error) {
    const why = error instanceof Error ? (error.message.split('\n', 1)[0] ?? '') : String(error)
    if (error instanceof OtherSchema) return { refused: 'schema', why }
    if (isDiskTrouble(error)) return { refused: 'disk', why }
    if (/could not set lock/i.test(why)) return { refused: 'locked', why }
    if (/out of memory|permission denied/i.test(why)) return { refused: 'unreadable', why }
    return { broken: why }
  }
}
