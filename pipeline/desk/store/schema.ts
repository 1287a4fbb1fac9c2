/**
 * The desk's tables, schema `feed` of `desk.duckdb`. Times in wall ms. `entry`: what a stream says, by sequence, redacted already; `hidden`: alerts that are
 * no longer disclosed to it; `place`: from where the topics are read on; `action`: what people did; `receipt`, `durable`: who has taken what, and how far; `webhook`, `delivery`: where to it is brought, and what came of it.
 */
import type { Database } from '../../store/database.ts'

export const DESK_SCHEMA = '1'

export async function createDeskSchema(db: Database): Promise<void> {
  await db.run(`CREATE SCHEMA feed;
    CREATE TABLE feed.meta(key VARCHAR, value VARCHAR);
    CREATE TABLE feed.place(topic VARCHAR, "partition" INTEGER, next_offset DOUBLE);
    CREATE TABLE feed.stream(name VARCHAR, seq DOUBLE, floor DOUBLE);
    CREATE TABLE feed.entry(stream VARCHAR, seq DOUBLE, alert VARCHAR, revision INTEGER, came DOUBLE, body VARCHAR);
    CREATE TABLE feed.hidden(stream VARCHAR, alert VARCHAR);
    CREATE TABLE feed.action(id VARCHAR, alert VARCHAR, came DOUBLE, body VARCHAR);
    CREATE TABLE feed.receipt(alert VARCHAR, revision INTEGER, stream VARCHAR, subscription VARCHAR, came DOUBLE, body VARCHAR);
    CREATE TABLE feed.durable(stream VARCHAR, name VARCHAR, seq DOUBLE, used DOUBLE);
    CREATE TABLE feed.webhook(id VARCHAR, position DOUBLE, body VARCHAR);
    CREATE TABLE feed.delivery(id VARCHAR, webhook VARCHAR, came DOUBLE, body VARCHAR)`)
}
