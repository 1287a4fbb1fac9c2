/**
 * The log as a file of `replay --db` holds it: its events in the order in which they lay in their partitions. Sequence numbers are not in it; they count up
 * from 1 per source and type, so that nothing is missing in it, and what was refused is not in it either.
 */
import { DuckDBInstance } from '@duckdb/node-api'
import { formatTime, LookthroughError } from '../../contract/index.ts'
import { batchOf, type Source, type SourcePartition } from '../../contract/source.ts'

/** Throws LT-1001 (cannot be opened), LT-1004 (there are no events in it). */
export async function logOf(file: string): Promise<Source> {
  const instance = await DuckDBInstance.create(file, { access_mode: 'READ_ONLY' }).catch((error: Error) => {
    throw new LookthroughError('LT-1001', { file, why: error.message }, error)
  })
  const connection = await instance.connect()
  const read = async (sql: string) =>
    (
      await connection.runAndReadAll(sql).catch((error: Error) => {
        throw new LookthroughError('LT-1004', { file, format: 'replay --db', why: error.message }, error)
      })
    ).getRowsJson()
  const partitions = (await read('SELECT DISTINCT topic, "partition" FROM lt.events ORDER BY ALL')).map(
    ([topic, partition]): SourcePartition => ({ topic: String(topic), partition: Number(partition) }),
  )
  if (partitions.length === 0) throw new LookthroughError('LT-1004', { file, format: 'replay --db', why: 'lt.events: 0' })
  const places = new Map(partitions.map(({ topic, partition }, i) => [`${topic}/${partition}`, i]))
  let at = 0
  return {
    partitions,
    control: [],
    silent: () => [],
    writeControl: () => Promise.resolve(),
    close() {
      connection.closeSync()
      instance.closeSync()
      return Promise.resolve()
    },
    async pull(most) {
      if (at < 0) return null
      const rows = await read(`${EVENTS} LIMIT ${most} OFFSET ${at}`)
      at = rows.length < most ? -1 : at + rows.length
      const batch = batchOf(rows.map((row) => Buffer.from(JSON.stringify(eventOf(row)))))
      batch.partition.set(rows.map(([topic, partition]) => places.get(`${String(topic)}/${Number(partition)}`) ?? 0))
      batch.offset.set(rows.map((row) => Number(row[2])))
      return { ...batch, ended: at < 0 ? partitions.map((_, i) => i) : [] }
    },
  }
}

/** Partitions side by side, by the time of what lies in them. */
const EVENTS = `SELECT topic, "partition", "offset", id, source, type, institution, subject, epoch_ms(time), epoch_ms(recorded), op, CAST(data AS VARCHAR),
  row_number() OVER (PARTITION BY source, type ORDER BY coalesce(recorded, time), topic, "partition", "offset") FROM lt.events
  ORDER BY max(coalesce(recorded, time)) OVER (PARTITION BY topic, "partition" ORDER BY "offset" ROWS UNBOUNDED PRECEDING), topic, "partition", "offset"`

function eventOf([, , , id, source, type, institution, subject, time, recorded, op, data, sequence]: unknown[]): Record<string, unknown> {
  return {
    specversion: '1.0',
    id,
    source,
    type,
    institution,
    subject,
    time: formatTime(Number(time)),
    ...(recorded !== null && { recordedtime: formatTime(Number(recorded)) }),
    op,
    sequence: String(sequence),
    data: JSON.parse(String(data)) as unknown,
  }
}
