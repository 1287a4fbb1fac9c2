/** Prometheus metrics of engine and desk; names end in their base unit, no ids as labels. */
import { Counter, Gauge, Histogram, Registry } from 'prom-client'
import type { PublishedAlert } from '../../contract/index.ts'
import type { Unjudged } from '../../contract/stage.ts'
import type { PartitionReport } from '../../engine-thread.ts'
import type { MaintenanceReport } from '../../store/maintenance.ts'
import type { GatewayWatch } from '../../desk/http/events.ts'
import type { Capped } from '../../hot/check/through/capped.ts'
import { cappedMetrics } from './capped.ts'
import { gatewayMetrics } from './gateway.ts'
import { stateMetrics } from './state.ts'

export type Telemetry = {
  contentType: string
  render(): Promise<string>
  committed(commit: { received: number; revisions: PublishedAlert[]; partitions: PartitionReport[]; stages: Record<string, number>; capped: Capped }): void
  /** Called at each scrape. */
  onScrape(read: () => { lag: Map<string, number> }): void
  maintained(report: MaintenanceReport): void
  engine(state: 'running' | 'paused'): void
  /** Topics had more partitions. */
  grown(): void
  /** A record of the rules topic was accepted, or refused for a reason. */
  ruleChange(outcome: string): void
  /** Rows a rule could not be asked about. */
  unjudged(unjudged: Unjudged): void
  feed: { connections(open: number): void; slow(): void }
  gateway: GatewayWatch
}

const OUTCOMES = ['used', 'late', 'duplicate', 'dead'] as const

export function createTelemetry(): Telemetry {
  const registers = [new Registry()]
  const [registry] = registers as [Registry]
  const account = accounting(registers)
  const alerts = new Counter({
    name: 'lookthrough_alert_revisions_total',
    help: 'Alert revisions committed, by rule, severity and state.',
    labelNames: ['rule', 'severity', 'state'],
    registers,
  })
  const stage = new Histogram({
    name: 'lookthrough_stage_seconds',
    help: 'Time a batch spends in a stage of the path.',
    labelNames: ['stage'],
    buckets: [0.001, 0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1, 2],
    registers,
  })
  const lag = new Gauge({
    name: 'lookthrough_kafka_lag_messages',
    help: 'Messages the broker holds that the engine has not read yet.',
    labelNames: ['topic'],
    registers,
  })
  const age = new Gauge({
    name: 'lookthrough_watermark_age_seconds',
    help: 'Wall time less the lowest watermark of the topic.',
    labelNames: ['topic'],
    registers,
  })
  const connections = new Gauge({ name: 'lookthrough_feed_connections', help: 'Open feed connections.', registers })
  const slow = new Counter({ name: 'lookthrough_feed_slow_disconnects_total', help: 'Feed connections cut off because the reader did not keep up.', registers })
  const memory = new Gauge({ name: 'lookthrough_resident_memory_bytes', help: 'Resident memory of the process.', registers })
  const state = stateMetrics(registers)
  const capped = cappedMetrics(registers)
  let partitions: PartitionReport[] = []
  let read: (() => { lag: Map<string, number> }) | undefined
  return {
    ...state,
    contentType: registry.contentType,
    async render() {
      memory.set(process.memoryUsage.rss())
      state.render()
      for (const [topic, messages] of read?.().lag ?? []) lag.set({ topic }, messages)
      for (const [topic, watermark] of lowest(partitions)) if (Number.isFinite(watermark)) age.set({ topic }, (Date.now() - watermark) / 1000)
      return registry.metrics()
    },
    committed(commit) {
      partitions = commit.partitions
      capped.committed(commit.capped)
      account(commit.partitions)
      for (const r of commit.revisions) alerts.inc({ rule: r.rule.code, severity: r.severity, state: r.state })
      for (const [name, seconds] of Object.entries(commit.stages)) stage.observe({ stage: name }, seconds)
    },
    engine(now) {
      state.engine(now)
      capped.started()
    },
    onScrape(reader) {
      read = reader
    },
    feed: { connections: (open) => connections.set(open), slow: () => slow.inc() },
    gateway: gatewayMetrics(registers),
  }
}

/** Counts what came of messages, told the books of the partitions. */
function accounting(registers: Registry[]): (partitions: readonly PartitionReport[]) => void {
  const events = new Counter({
    name: 'lookthrough_events_total',
    help: 'Messages accounted for, by topic and what became of them.',
    labelNames: ['topic', 'outcome'],
    registers,
  })
  const before = new Map<string, number>()
  return (partitions) => {
    for (const p of partitions) {
      for (const outcome of OUTCOMES) {
        const key = `${p.topic}/${p.partition}/${outcome}`
        const delta = p[outcome] - (before.get(key) ?? 0)
        if (delta > 0) events.inc({ topic: p.topic, outcome }, delta)
        before.set(key, p[outcome])
      }
    }
  }
}

function lowest(partitions: PartitionReport[]): Map<string, number> {
  const low = new Map<string, number>()
  for (const p of partitions) low.set(p.topic, Math.min(low.get(p.topic) ?? Infinity, p.watermark))
  return low
}
