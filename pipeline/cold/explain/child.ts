/** One explanation: reads the lake, answers, and ends. */
import { DuckDBInstance } from '@duckdb/node-api'
import { LookthroughError } from '../../contract/index.ts'
import { SETTINGS } from '../../desk/sql/settings.ts'
import { historyMark, pastViews } from '../lake/past.ts'
import { explain } from './explanation.ts'
import type { ExplainAnswer, ExplainJob } from './over-lake.ts'

process.title = 'lookthrough-through'
process.on('disconnect', () => process.kill(process.pid, 'SIGKILL'))
process.once('message', (job: ExplainJob) => {
  void answer(job).then((result) => process.send?.(result, () => process.exit(0)))
})

async function answer({ lakeDirectory, asked }: ExplainJob): Promise<ExplainAnswer> {
  try {
    const instance = await DuckDBInstance.create(':memory:', SETTINGS)
    const connection = await instance.connect()
    for (;;) {
      const mark = await historyMark(lakeDirectory)
      await connection.run(`DROP SCHEMA IF EXISTS engine CASCADE; ${pastViews(lakeDirectory)}`)
      const told = await outcomeOf(explain(async (sql) => (await connection.runAndReadAll(sql)).getRowObjectsJson(), asked))
      if ((await historyMark(lakeDirectory)) === mark) return told
    }
  } catch (error) {
    return { failed: /out of memory/i.test(String(error)) ? 'memory' : 'no-tables', why: String(error) }
  }
}

async function outcomeOf(explained: ReturnType<typeof explain>): Promise<ExplainAnswer> {
  try {
    return { result: await explained }
  } catch (error) {
    if (error instanceof LookthroughError) return { error: { code: error.code, facts: error.facts } }
    throw error
  }
}
