/**
 * Schema `sys`: how well the data come in, for analysts and the dashboard, from what is committed. Numbers count from the lowest that came of a stream to the
 * highest; times are effective ones; `lag_s` is how far the lowest watermark of the partitions is ahead of the last event, seconds.
 */
import { TICK_MS } from '../contract/tick.ts'
import type { Database } from './database.ts'
import { noted } from './meta.ts'

export const SYS_TABLES = ['institution', 'stream', 'gap'] as const

export async function createSysViews(db: Database): Promise<void> {
  await db.run(`CREATE SCHEMA IF NOT EXISTS sys;
    CREATE VIEW engine.watermark AS SELECT min(greatest(own, raised)) AS watermark FROM engine.partition WHERE greatest(own, raised) > '-inf';
    CREATE VIEW engine.said AS SELECT speaker, min(first) AS first, max(last) AS last, sum(used)::BIGINT AS used, sum(late)::BIGINT AS late,
      sum(duplicate)::BIGINT AS duplicate, sum(dead)::BIGINT AS dead, sum(given_up)::BIGINT AS given_up FROM engine.spoken GROUP BY speaker;
    CREATE VIEW engine.run AS SELECT source, type, min(lowest) AS lowest, max(highest) AS highest, min(tick) AS tick FROM (
      SELECT *, count(*) FILTER (begins) OVER (PARTITION BY source, type ORDER BY lowest, highest ROWS UNBOUNDED PRECEDING) AS nth FROM (
        SELECT *, coalesce(lowest > max(highest) OVER (PARTITION BY source, type ORDER BY lowest, highest ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING) + 1, true) AS begins FROM (
          SELECT s.source, s.type, unnest(numbers[1:-:2]) AS lowest, unnest(numbers[2:-:2]) AS highest, ceil(first / ${TICK_MS}) * ${TICK_MS} AS tick
            FROM engine.spoken n JOIN engine.speaker s ON s.n = n.speaker WHERE first <= ${noted('spoken')}::DOUBLE))) GROUP BY source, type, nth;
    CREATE VIEW engine.gap AS SELECT source, type, highest + 1 AS "from", next - 1 AS "to", greatest(below, above) AS since FROM (
      SELECT source, type, highest, lead(lowest) OVER w AS next, min(tick) OVER (w ROWS UNBOUNDED PRECEDING) AS below,
        min(tick) OVER (w ROWS BETWEEN 1 FOLLOWING AND UNBOUNDED FOLLOWING) AS above FROM engine.run WINDOW w AS (PARTITION BY source, type ORDER BY lowest))
      WHERE next IS NOT NULL;
    CREATE VIEW engine.stream AS SELECT source, type, arg_min(institution, (first, institution)) AS institution FROM engine.said JOIN engine.speaker s ON s.n = speaker
      WHERE first < 'inf' GROUP BY source, type;
    CREATE VIEW sys.gap AS SELECT st.institution, g.source, g.type, g."from", g."to", g."to" - g."from" + 1 AS missing, epoch_ms(g.since::BIGINT) AS since
      FROM engine.gap g JOIN engine.stream st USING (source, type);
    CREATE VIEW engine.counted AS SELECT r.source, r.type, r.lowest, r.highest, coalesce(g.gaps, 0) AS open_gaps, coalesce(g.missing, 0) AS missing
      FROM (SELECT source, type, min(lowest) AS lowest, max(highest) AS highest FROM engine.run GROUP BY source, type) r
      LEFT JOIN (SELECT source, type, count(*) AS gaps, sum("to" - "from" + 1)::BIGINT AS missing FROM engine.gap GROUP BY source, type) g USING (source, type);
    CREATE VIEW sys.stream AS SELECT s.institution, s.source, s.type, ${LAST}, d.used, d.late, d.duplicate, d.dead, c.lowest, c.highest,
      c.highest - c.lowest + 1 AS expected, c.highest - c.lowest + 1 - c.missing - d.given_up AS received, c.open_gaps, d.given_up,
      round((c.highest - c.lowest + 1 - c.missing - d.given_up) / (c.highest - c.lowest + 1), 6) AS completeness
      FROM engine.said d JOIN engine.speaker s ON s.n = d.speaker CROSS JOIN engine.watermark w
      LEFT JOIN engine.stream st ON st.source = s.source AND st.type = s.type AND st.institution = s.institution
      LEFT JOIN engine.counted c ON c.source = st.source AND c.type = st.type;
    CREATE VIEW sys.institution AS SELECT institution, max(last) AS last, min(lag_s) AS lag_s, ${[
      'used',
      'late',
      'duplicate',
      'dead',
      'expected',
      'received',
      'open_gaps',
      'given_up',
    ]
      .map((c) => `sum(${c})::BIGINT AS ${c}`)
      .join(', ')}, round(sum(received) / sum(expected), 6) AS completeness FROM sys.stream GROUP BY institution`)
}

const LAST = `CASE WHEN d.last > '-inf' THEN epoch_ms(d.last::BIGINT) END AS last,
  CASE WHEN d.last > '-inf' THEN greatest(w.watermark - d.last, 0) / 1000 END AS lag_s`
