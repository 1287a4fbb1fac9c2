/** Metrics of the engine's file: its size, checkpoints, snapshots, and the tables with an upper bound. */
import { Counter, Gauge, type Registry } from 'prom-client'
import type { Unjudged } from '../../contract/stage.ts'
import type { MaintenanceReport } from '../../store/maintenance.ts'

export type StateMetrics = {
  maintained(report: MaintenanceReport): void
  engine(state: 'running' | 'paused'): void
  grown(): void
  ruleChange(outcome: string): void
  unjudged(unjudged: Unjudged): void
  render(): void
}

export function stateMetrics(registers: Registry[]): StateMetrics {
  const gauge = (name: string, help: string) => new Gauge({ name, help, registers })
  const bytes = new Gauge({
    name: 'lookthrough_state_bytes',
    help: 'The engine’s file, its write-ahead log, its temporary folder, and DuckDB’s memory.',
    labelNames: ['part'],
    registers,
  })
  const rows = new Gauge({ name: 'lookthrough_state_rows', help: 'Rows of tables with an upper bound.', labelNames: ['table'], registers })
  const deleted = new Counter({
    name: 'lookthrough_state_deleted_rows_total',
    help: 'Rows deleted because their table had reached its upper bound.',
    labelNames: ['table'],
    registers,
  })
  const age = gauge('lookthrough_snapshot_age_seconds', 'Since the newest snapshot was taken.')
  const duration = gauge('lookthrough_snapshot_seconds', 'How long the newest snapshot took, its checkpoint included.')
  const failed = new Counter({ name: 'lookthrough_snapshot_failures_total', help: 'Snapshots that could not be taken.', registers })
  const checkpoint = gauge('lookthrough_checkpoint_seconds', 'How long the last checkpoint took.')
  const checkpoints = new Counter({ name: 'lookthrough_checkpoints_total', help: 'Checkpoints made.', registers })
  const paused = gauge('lookthrough_engine_paused', '1 while the engine waits for the disk to take writes again.')
  const pauses = new Counter({ name: 'lookthrough_engine_pauses_total', help: 'Times the engine had to wait for the disk.', registers })
  const growths = new Counter({
    name: 'lookthrough_topic_growths_total',
    help: 'Times the log was opened again because topics had more partitions.',
    registers,
  })
  const changes = new Counter({
    name: 'lookthrough_rule_changes_total',
    help: 'Records of the rules topic, accepted or refused by reason.',
    labelNames: ['outcome'],
    registers,
  })
  const unjudged = new Counter({
    name: 'lookthrough_rule_unjudged_total',
    help: 'Times a condition of a rule could not be computed for a row.',
    labelNames: ['rule'],
    registers,
  })
  let snapshotAt = 0
  let before: Pick<MaintenanceReport, 'checkpoints' | 'snapshotsFailed' | 'deleted'> = { checkpoints: 0, snapshotsFailed: 0, deleted: {} }
  return {
    maintained(report) {
      snapshotAt = report.snapshotAt
      bytes.set({ part: 'file' }, report.fileBytes)
      bytes.set({ part: 'log' }, report.walBytes)
      bytes.set({ part: 'temporary' }, report.temporaryBytes)
      bytes.set({ part: 'memory' }, report.memoryBytes)
      for (const [table, n] of Object.entries(report.rows)) rows.set({ table }, n)
      for (const [table, n] of Object.entries(report.deleted)) deleted.inc({ table }, grown(n, before.deleted[table]))
      if (snapshotAt > 0) duration.set(report.snapshotSeconds)
      checkpoint.set(report.checkpointSeconds)
      checkpoints.inc(grown(report.checkpoints, before.checkpoints))
      failed.inc(grown(report.snapshotsFailed, before.snapshotsFailed))
      before = report
    },
    engine(state) {
      if (state === 'paused') pauses.inc()
      paused.set(state === 'paused' ? 1 : 0)
      // An engine built anew counts from 0.
      before = { checkpoints: 0, snapshotsFailed: 0, deleted: {} }
    },
    grown: () => growths.inc(),
    ruleChange: (outcome) => changes.inc({ outcome }),
    unjudged: ({ rule, times }) => unjudged.inc({ rule }, times),
    render() {
      if (snapshotAt > 0) age.set((Date.now() - snapshotAt) / 1000)
    },
  }
}

/** By how much a count has grown. */
export function grown(now: number, before = 0): number {
  return Math.max(0, now - before)
}
