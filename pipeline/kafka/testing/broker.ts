/**
 * A real single-node Kafka 4.3.1 for tests and measurements: jars from Maven Central, cached outside the repository; KRaft, loopback only,
 * everything in a temporary directory. Needs Java 17 and, the first time, Maven.
 */
import { type ChildProcess, execFileSync, spawn, spawnSync } from 'node:child_process'
import { existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:net'
import { homedir, tmpdir } from 'node:os'
import { join } from 'node:path'
import { connectProducer, disconnect } from '../client.ts'

export type TestBroker = {
  brokers: string
  pid: number
  /** Clean stop; the data go with it. */
  stop(): Promise<void>
  /** SIGKILL, data kept; `restart` starts it again over them. */
  kill(): Promise<void>
  restart(): Promise<void>
}

const VERSION = '4.3.1'
const CACHE = join(process.env['XDG_CACHE_HOME'] ?? join(homedir(), '.cache'), 'lookthrough', `kafka-${VERSION}`)
const LIBS = join(CACHE, 'libs')
const READY_MS = 60_000

/** Whether a broker can be had here; `why` says what is missing. */
export function brokerAvailable(): { ok: true } | { ok: false; why: string } {
  const java = spawnSync('java', ['-version'], { encoding: 'utf8' })
  const version = Number(/version "(\d+)/.exec(java.stderr ?? '')?.[1] ?? 0)
  if (java.error !== undefined || version < 17) return { ok: false, why: 'Java 17 or newer is missing (apt-get install openjdk-17-jre-headless)' }
  if (!existsSync(LIBS) && spawnSync('mvn', ['-v']).error !== undefined) return { ok: false, why: 'Maven is missing (apt-get install maven)' }
  return { ok: true }
}

/** The same for the tests of `what`: where there is none they are skipped with a line that says why, or fail where CI requires one. */
export function brokerFor(what: string): boolean {
  const available = brokerAvailable()
  if (available.ok) return true
  console.log(`skipped: ${what}, because ${available.why}`)
  if ((process.env['LOOKTHROUGH_REQUIRE'] ?? '').includes('broker')) throw new Error(available.why)
  return false
}

export async function startBroker(): Promise<TestBroker> {
  fetchJars()
  const folder = mkdtempSync(join(tmpdir(), 'lookthrough-kafka-'))
  const [port, controller] = [await freePort(), await freePort()]
  const brokers = `127.0.0.1:${port}`
  const properties = join(folder, 'server.properties')
  writeFileSync(properties, config(folder, port, controller))
  const classpath = join(LIBS, '*')
  const uuid =
    execFileSync('java', ['-cp', classpath, 'kafka.tools.StorageTool', 'random-uuid'], { encoding: 'utf8', stdio: ['ignore', 'pipe', 'ignore'] })
      .trim()
      .split('\n')
      .at(-1) ?? ''
  execFileSync('java', ['-cp', classpath, 'kafka.tools.StorageTool', 'format', '-t', uuid, '-c', properties], { stdio: 'ignore' })
  let child = await launch(properties, folder, brokers)
  const onExit = () => child.kill('SIGKILL')
  process.once('exit', onExit)
  const end = (signal: NodeJS.Signals) => ended(child, signal)
  return {
    brokers,
    get pid() {
      return child.pid ?? 0
    },
    async stop() {
      await end('SIGTERM')
      process.off('exit', onExit)
      rmSync(folder, { recursive: true, force: true })
    },
    kill: () => end('SIGKILL'),
    async restart() {
      if (child.exitCode === null && child.signalCode === null) await end('SIGTERM')
      child = await launch(properties, folder, brokers)
    },
  }
}

/** Resolves the jars once; a half-finished download is never taken for a whole one. */
function fetchJars(): void {
  if (existsSync(LIBS)) return
  mkdirSync(CACHE, { recursive: true })
  const work = mkdtempSync(join(CACHE, 'fetch-'))
  writeFileSync(
    join(work, 'pom.xml'),
    `<project xmlns="http://maven.apache.org/POM/4.0.0"><modelVersion>4.0.0</modelVersion><groupId>x</groupId><artifactId>x</artifactId><version>1</version><packaging>pom</packaging><dependencies><dependency><groupId>org.apache.kafka</groupId><artifactId>kafka_2.13</artifactId><version>${VERSION}</version></dependency></dependencies></project>`,
  )
  execFileSync('mvn', ['-q', '-B', 'dependency:copy-dependencies', '-DoutputDirectory=libs', '-DincludeScope=runtime'], {
    cwd: work,
    stdio: ['ignore', 'ignore', 'inherit'],
  })
  if (!existsSync(LIBS)) renameSync(join(work, 'libs'), LIBS)
  rmSync(work, { recursive: true, force: true })
  if (readdirSync(LIBS).length < 10) throw new Error(`the jars in ${LIBS} are incomplete; delete the folder and try again`)
}

function config(folder: string, port: number, controller: number): string {
  return [
    'process.roles=broker,controller',
    'node.id=1',
    `controller.quorum.voters=1@127.0.0.1:${controller}`,
    `listeners=PLAINTEXT://127.0.0.1:${port},CONTROLLER://127.0.0.1:${controller}`,
    `advertised.listeners=PLAINTEXT://127.0.0.1:${port}`,
    'controller.listener.names=CONTROLLER',
    'listener.security.protocol.map=CONTROLLER:PLAINTEXT,PLAINTEXT:PLAINTEXT',
    `log.dirs=${join(folder, 'data')}`,
    'num.partitions=4',
    'offsets.topic.replication.factor=1',
    'offsets.topic.num.partitions=4',
    'transaction.state.log.replication.factor=1',
    'transaction.state.log.min.isr=1',
    'share.coordinator.state.topic.replication.factor=1',
    'share.coordinator.state.topic.min.isr=1',
    'group.initial.rebalance.delay.ms=0',
    'auto.create.topics.enable=false',
    'message.max.bytes=17825792',
    'log.cleaner.dedupe.buffer.size=8388608',
    'log.retention.ms=-1',
  ].join('\n')
}

async function launch(properties: string, folder: string, brokers: string): Promise<ChildProcess> {
  const log = join(folder, 'broker.log')
  const child = spawn('sh', ['-c', `exec java -Xms256m -Xmx768m -cp '${join(LIBS, '*')}' kafka.Kafka '${properties}' > '${log}' 2>&1`], { stdio: 'ignore' })
  const deadline = Date.now() + READY_MS
  while (Date.now() < deadline) {
    if (child.exitCode !== null) break
    try {
      await disconnect(await connectProducer({ brokers, client: { 'socket.connection.setup.timeout.ms': 1000 } }))
      return child
    } catch {
      await new Promise((resolve) => setTimeout(resolve, 300))
    }
  }
  child.kill('SIGKILL')
  throw new Error(`Kafka did not come up:\n${existsSync(log) ? readFileSync(log, 'utf8').split('\n').slice(-15).join('\n') : ''}`)
}

function ended(child: ChildProcess, signal: NodeJS.Signals): Promise<void> {
  return new Promise((resolve) => {
    if (child.exitCode !== null || child.signalCode !== null) return resolve()
    child.once('exit', () => resolve())
    child.kill(signal)
  })
}

function freePort(): Promise<number> {
  return new Promise((resolve, reject) => {
    const server = createServer()
    server.on('error', reject)
    server.listen(0, '127.0.0.1', () => {
      const address = server.address()
      server.close(() => resolve(typeof address === 'object' && address !== null ? address.port : 0))
    })
  })
}
