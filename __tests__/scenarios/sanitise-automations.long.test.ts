import { setTimeout as realSleep } from 'node:timers/promises'
import { describe, expect, test } from '@jest/globals'
import type { SqlClient } from '../../local/database/sql-client.ts'
import { working } from '../../local/time/clock.ts'
import type { AwsRequestRecord } from '../../local/aurora/requests.ts'
import {
  FILES,
  LOGINS,
  type PrivateShop,
  aPrivateShop,
  describeMysql,
  errorOf,
  isFirstStatement,
} from './private-shop.ts'
import { IN_PROCESS } from './world.ts'

// What a clone would do by itself: it is switched off before anything else happens in its database, and stays as it is in the source.

function sentSql(shop: PrivateShop): readonly string[] {
  return shop.world.cloud.aws.requests
    .filter(({ operation }) => operation === 'ExecuteStatement')
    .map(({ input }) => String(input['sql']))
}

/** Where the first statement like each of these stands. */
function places(shop: PrivateShop, kinds: readonly RegExp[]): readonly number[] {
  const sent = sentSql(shop)
  return kinds.map((kind) => sent.findIndex((sql) => kind.test(sql)))
}

function expectInOrder(found: readonly number[]): void {
  expect(found).not.toContain(-1)
  expect(found).toEqual(found.toSorted((one, other) => one - other))
}

describeMysql('events', () => {
  test('are off in the clone before its logins are disabled, and on in the source', async () => {
    const shop = await aPrivateShop('aurora-mysql')
    const run = await shop.world.create(shop.inputs)
    expect(errorOf(run)).toBe('no error: ')
    expect(run.log).toContain('Switched off: events: shop.nightly')
    expectInOrder(places(shop, [/^ALTER EVENT `shop`\.`nightly` DISABLE$/, /^ALTER USER/]))
    const status = "SELECT status FROM information_schema.events WHERE event_name = 'nightly'"
    expect(await shop.lookInto('clone', status)).toEqual([{ status: 'DISABLED' }])
    expect(await shop.lookInto('source', status)).toEqual([{ status: 'ENABLED' }])
  })
})

/**
 * A publisher in the database `desk` of the same cluster; a subscriber in `shop`, which follows it; a slot for a physical standby; and
 * jobs of pg_cron. The programs of the local cloud do not have its extension, so its catalogue is made by hand, as that of pg_cron 1.6.
 */
async function startAutomations(shop: PrivateShop): Promise<void> {
  const administrator = await shop.administrator('source')
  // What AWS's rds_replication and rds_superuser may.
  await administrator.query('ALTER ROLE postgres REPLICATION; GRANT pg_create_subscription TO postgres')
  // A worker that did not get its slot tries again so soon.
  await administrator.query("ALTER SYSTEM SET wal_retrieve_retry_interval = '50ms'")
  await administrator.query('SELECT pg_reload_conf()')
  const client = await shop.connectToSource()
  await client.query('CREATE DATABASE desk')
  const desk = await shop.administrator('source', 'desk')
  await desk.query('CREATE TABLE news (line text); GRANT ALL ON news TO postgres')
  await desk.query('CREATE PUBLICATION news FOR TABLE news')
  await desk.query("SELECT pg_create_logical_replication_slot('news', 'pgoutput')")
  await client.query(`
    CREATE TABLE news (line text);
    SELECT pg_create_physical_replication_slot('standby');
    CREATE SCHEMA cron;
    CREATE TABLE cron.job (jobid bigint PRIMARY KEY, command text NOT NULL, active boolean NOT NULL);
    INSERT INTO cron.job VALUES (7, 'DELETE FROM users', true), (8, 'VACUUM', false);
    CREATE FUNCTION cron.alter_job(job_id bigint, schedule text DEFAULT NULL, command text DEFAULT NULL,
      database text DEFAULT NULL, username text DEFAULT NULL, active boolean DEFAULT NULL) RETURNS void LANGUAGE sql
      AS 'UPDATE cron.job SET active = alter_job.active WHERE jobid = alter_job.job_id'`)
  const { port } = shop.source().endpoint
  await client.query(
    `CREATE SUBSCRIPTION news CONNECTION 'host=127.0.0.1 port=${port} dbname=desk user=postgres password=''${LOGINS['aurora-postgresql'][0]?.password ?? ''}'''
     PUBLICATION news WITH (create_slot = false, copy_data = false)`,
  )
  await publish(shop, 'first')
  await untilRow(client, "SELECT FROM news WHERE line = 'first'")
  shop.commit(DECISIONS)
}

const DECISIONS = {
  'db/columns/aurora-postgresql.txt': `${FILES['db/columns/aurora-postgresql.txt'] ?? ''}
public.news.*: kept
cron.job.*: kept
desk.public.news.*: kept
`,
}

/** In real time: what servers do to each other knows no other. */
async function untilRow(client: SqlClient, sql: string): Promise<void> {
  while ((await client.query(sql)).length === 0) await realSleep(10)
}

async function publish(shop: PrivateShop, line: string): Promise<void> {
  const desk = await shop.administrator('source', 'desk')
  await desk.query(`INSERT INTO news VALUES ('${line}')`)
  await desk.close()
}

const STANDING = `SELECT
  (SELECT string_agg(subname || ' ' || subenabled, ', ') FROM pg_subscription) AS subscriptions,
  (SELECT string_agg(slot_name, ', ' ORDER BY slot_name) FROM pg_replication_slots) AS slots,
  (SELECT string_agg(jobid || ' ' || active, ', ' ORDER BY jobid) FROM cron.job) AS jobs`
const ON = { subscriptions: 'news true', slots: 'news, standby', jobs: '7 true, 8 false' }
const OFF = { subscriptions: 'news false', slots: null, jobs: '7 false, 8 false' }
const WORKERS = `SELECT FROM pg_stat_activity WHERE backend_type LIKE 'logical replication%worker'`

describe('subscriptions, replication slots and pg_cron jobs', () => {
  test('are off in the clone before its logins are disabled, and on in the source', async () => {
    const shop = await aPrivateShop('aurora-postgresql')
    await startAutomations(shop)
    const atFirst: unknown[] = []
    shop.watch({
      beforeApply: async ({ input }) => {
        if (input['sql'] === 'SELECT 1') atFirst.push(...(await shop.lookInto('clone', STANDING)))
      },
    })
    const run = await shop.world.create(shop.inputs)
    expect(errorOf(run)).toBe('no error: ')
    expect(atFirst[0]).toEqual(ON)
    expect(run.log).toContain(
      'Switched off: subscriptions: news, replication slots: news, replication slots: standby, pg_cron jobs: 7',
    )
    expectInOrder(
      places(shop, [/^ALTER SUBSCRIPTION/, /pg_drop_replication_slot/, /cron\.alter_job/, /^ALTER ROLE/]),
    )
    expect(await shop.lookInto('clone', STANDING)).toEqual([OFF])
    expect(await shop.lookInto('clone', WORKERS)).toEqual([])
    expect(await shop.lookInto('source', STANDING)).toEqual([ON])
    await publish(shop, 'second')
    await untilRow(await shop.connectToSource(), "SELECT FROM news WHERE line = 'second'")
    expect(await shop.lookInto('clone', 'SELECT line FROM news')).toEqual([{ line: 'first' }])
    expect(shop.breaches).toEqual([])
    await shop.leave()

    // A worker that is in the middle of a transaction does not see that its subscription is off.
    const held = holdWorker(shop)
    shop.commit(DECISIONS)
    const kept = { ...shop.inputs, 'inherited-logins': 'keep' }
    const next = await shop.world.create(kept, IN_PROCESS)
    expect(errorOf(next)).toBe('no error: ')
    expect(held.isOver).toBe(true)
    expect(await shop.lookInto('clone', WORKERS)).toEqual([])
    expect(await shop.lookInto('clone', "SELECT line FROM news WHERE line = 'third'")).toEqual([])
  })
})

/** In the next clone, and until its first statement. Its slot is free, since the subscription of the source is off. */
function holdWorker(shop: PrivateShop): Readonly<{ isOver: boolean }> {
  const held: { isOver: boolean; by?: SqlClient } = { isOver: false }
  const hold = async (request: AwsRequestRecord): Promise<void> => {
    if (request.input['sql'] === 'SELECT 1' && held.by === undefined) {
      held.by = await shop.administrator('clone')
      await held.by.query('BEGIN; LOCK TABLE news')
      const source = await shop.administrator('source')
      await source.query('ALTER SUBSCRIPTION news DISABLE')
      // Else it may still take what is published for the clone.
      await untilRow(source, `SELECT WHERE NOT EXISTS (${WORKERS})`)
      await publish(shop, 'third')
      // Within its transaction, the holder itself would see the same activity for ever.
      await untilRow(await shop.administrator('clone'), `${WORKERS} AND wait_event_type = 'Lock'`)
    }
    if (!isFirstStatement(request)) return
    await held.by?.query('COMMIT')
    // Time enough for a worker that is there still.
    await realSleep(300)
    held.isOver = true
  }
  // Time stands still meanwhile: the server's own is another.
  shop.watch({ beforeApply: (request) => working(shop.world.clock, 'a worker', () => hold(request)) })
  return held
}
