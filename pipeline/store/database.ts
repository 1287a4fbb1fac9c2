/**
 * The engine's one DuckDB file: one process owns it, one connection writes it. Opened through the instance cache,
 * because a second instance on the same file within a process is not refused by DuckDB and would corrupt it.
 */
import { parse } from 'node:path'
import {
  type DuckDBConnection,
  type DuckDBDataChunk,
  DuckDBInstance,
  type DuckDBMaterializedResult,
  type DuckDBPreparedStatement,
  type DuckDBResult,
  type DuckDBValue,
} from '@duckdb/node-api'
import { LookthroughError } from '../contract/index.ts'
import { appendColumns, type Column } from './columns.ts'
import { type Relation, relationsOn } from './load.ts'
import { Meta } from './meta.ts'
import { quote } from './quote.ts'

export { name, quote } from './quote.ts'

export type DatabaseOptions = {
  threads?: number
  /** DuckDB's own memory, e.g. `2GB`; beyond it operators that can go to the temporary folder beside the file, the others fail. */
  memoryLimit?: string
  /** The most that folder may hold, e.g. `8GB`. */
  temporaryLimit?: string
  /** Size of the write-ahead log at which a commit folds it into the file; whoever checkpoints on a schedule of its own sets it out of reach. */
  walAutocheckpoint?: string
}

/** Plans kept at once: some per stream, with room. */
const PLANS = 128

/** Rows of a row group, which is what threads share a table by: a smaller batch gives a second one nothing to do. */
const LARGE = 122_880

export class Database {
  readonly connection: DuckDBConnection
  readonly file: string
  /** What has to be written before the next commit. */
  readonly meta = new Meta(this)
  #relations: Map<string, Relation> | undefined
  readonly #instance: DuckDBInstance
  readonly #threads: number
  /** How many of them statements are run by now. */
  #running: number
  readonly #plans = new Map<string, DuckDBPreparedStatement>()

  private constructor(instance: DuckDBInstance, connection: DuckDBConnection, file: string, threads: number) {
    this.#instance = instance
    this.connection = connection
    this.file = file
    this.#threads = threads
    this.#running = threads
  }

  /** `:memory:` or a file, made when absent. Throws LT-1008 for a file named like one of our schemas, which DuckDB could not tell from it. */
  static async open(file: string, options: DatabaseOptions = {}): Promise<Database> {
    if (['lt', 'sys', 'engine'].includes(parse(file).name)) throw new LookthroughError('LT-1008', { file })
    const threads = options.threads ?? 2
    const settings = {
      threads: String(threads),
      memory_limit: options.memoryLimit ?? '2GB',
      max_temp_directory_size: options.temporaryLimit ?? '8GB',
      wal_autocheckpoint: options.walAutocheckpoint ?? '256MB',
      autoinstall_known_extensions: 'false',
      autoload_known_extensions: 'false',
      allow_community_extensions: 'false',
      preserve_insertion_order: 'false',
    }
    const instance = file === ':memory:' ? await DuckDBInstance.create(file, settings) : await DuckDBInstance.fromCache(file, settings)
    const connection = await instance.connect()
    await connection.run(`SET TimeZone = 'UTC'`)
    return new Database(instance, connection, file, threads)
  }

  /** What is loaded, by name (`load.ts`). */
  get relations(): Map<string, Relation> {
    return (this.#relations ??= relationsOn(this.connection))
  }

  async run(sql: string): Promise<void> {
    await this.connection.run(sql)
  }

  /**
   * Begins the transaction of a batch of `rows` rows. The statements of a small one are run by the thread that asks: a second one would take their tasks, and
   * the first wait for it in a loop, which costs more than the tasks.
   */
  async begin(rows: number): Promise<void> {
    const threads = rows < LARGE ? 1 : this.#threads
    await this.run(threads === this.#running ? 'BEGIN' : `SET threads = ${threads}; BEGIN`)
    this.#running = threads
  }

  /**
   * Runs an insert of `rows` rows that one task alone can read, as those of what is loaded (`load.ts`), planned once where they are few. A large one is planned
   * for several threads, so that whole row groups go into the file now and not at the commit; but it is run by the thread that asks, as in a small batch.
   */
  async insert(sql: string, rows: number): Promise<void> {
    if (rows < LARGE) return this.runPlanned(sql)
    if (this.#running === 1) return this.run(sql)
    const plan = await this.connection.prepare(sql)
    try {
      await this.onOneThread(() => plan.run())
    } finally {
      plan.destroySync()
    }
  }

  /** Whatever `work` asks is run by the thread that asks. */
  async onOneThread<T>(work: () => Promise<T>): Promise<T> {
    await this.run('SET threads = 1')
    try {
      return await work()
    } finally {
      // Where even this fails, the reason is what the work threw, or what the next statement says.
      await this.run(`SET threads = ${this.#running}`).catch(() => undefined)
    }
  }

  /** All rows of a query that is known to be small. */
  async rows(sql: string): Promise<DuckDBValue[][]> {
    return chunksOf(await this.connection.run(sql)).flatMap((chunk) => chunk.getRows())
  }

  async objects(sql: string): Promise<Record<string, DuckDBValue>[]> {
    const result = await this.connection.run(sql)
    const names = result.deduplicatedColumnNames()
    return chunksOf(result).flatMap((chunk) => chunk.getRowObjects(names))
  }

  /** Gives the rows of a query that may be large chunk by chunk, 2,048 at most. */
  async eachChunk(sql: string, read: (chunk: DuckDBDataChunk) => void): Promise<void> {
    await drain(await this.connection.stream(sql), read)
  }

  /**
   * As `run`, for a statement that comes with every batch, word for word: it is planned once. Only for what reads nothing but what is loaded (`load.ts`): a
   * plan over a table rests on what lay in it.
   */
  async runPlanned(sql: string): Promise<void> {
    await (await this.#planOf(sql)).run()
  }

  /** As `eachChunk`, for what `runPlanned` is for. */
  async eachPlannedChunk(sql: string, read: (chunk: DuckDBDataChunk) => void): Promise<void> {
    await drain(await (await this.#planOf(sql)).stream(), read)
  }

  /** Plans do not hold any more: what is loaded has other columns than before. */
  forgetPlans(): void {
    for (const plan of this.#plans.values()) plan.destroySync()
    this.#plans.clear()
  }

  /** Another connection, which sees what is committed. Whoever asks for it closes it. */
  async connect(): Promise<DuckDBConnection> {
    const connection = await this.#instance.connect()
    await connection.run(`SET TimeZone = 'UTC'`)
    return connection
  }

  async append(schema: string, table: string, columns: Column[], count: number): Promise<void> {
    await appendColumns(this.connection, schema, table, columns, count)
  }

  async exists(schema: string, table: string): Promise<boolean> {
    const found = await this.rows(`SELECT 1 FROM duckdb_tables() WHERE schema_name = ${quote(schema)} AND table_name = ${quote(table)}`)
    return found.length > 0
  }

  async #planOf(sql: string): Promise<DuckDBPreparedStatement> {
    let plan = this.#plans.get(sql)
    if (plan !== undefined) return plan
    if (this.#plans.size >= PLANS) this.forgetPlans()
    plan = await this.connection.prepare(sql)
    this.#plans.set(sql, plan)
    return plan
  }

  /** Lets go of the file as it is, also where DuckDB has declared it unusable. */
  abandon(): void {
    this.forgetPlans()
    for (const part of [this.connection, this.#instance]) {
      try {
        part.closeSync()
      } catch {
        // What could not be written now is read again from the log when the file is next opened.
      }
    }
  }

  /** Folds the write-ahead log into the file and lets go of it. */
  close(): void {
    this.forgetPlans()
    this.connection.closeSync()
    this.#instance.closeSync()
  }
}

/** Of a result that is whole no chunk is waited for. */
function chunksOf(result: DuckDBMaterializedResult): DuckDBDataChunk[] {
  return Array.from({ length: result.chunkCount }, (_, i) => result.getChunk(i))
}

async function drain(result: DuckDBResult, read: (chunk: DuckDBDataChunk) => void): Promise<void> {
  for (let chunk = await result.fetchChunk(); chunk !== null && chunk.rowCount > 0; chunk = await result.fetchChunk()) read(chunk)
}
