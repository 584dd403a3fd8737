import { ExecuteStatementCommand, RDSDataClient } from '@aws-sdk/client-rds-data'
import type { ExecuteStatementCommandInput } from '@aws-sdk/client-rds-data'
import { ModifyDBClusterCommand, RDSClient } from '@aws-sdk/client-rds'
import { afterEach, describe, expect, test } from '@jest/globals'
import { type LocalCloud, startLocalCloud } from '../../../local/cloud.ts'
import { type SqlClient, connectTo } from '../../../local/database/sql-client.ts'
import { SimulatedClock } from '../../../local/time/simulated-clock.ts'

// The RDS Data API of clusters that nobody can connect to, answered by real servers.

type Engine = 'aurora-postgresql' | 'aurora-mysql'

const closing: (() => Promise<unknown>)[] = []

afterEach(async () => {
  for (const close of closing.splice(0).toReversed()) await close()
})

const MINUTE = 60_000
const CLOSED = 'sg-closed'
const DATABASE = 'shop'

class Shop {
  readonly cloud: LocalCloud
  readonly engine: Engine
  readonly #data: RDSDataClient

  constructor(cloud: LocalCloud, engine: Engine) {
    this.cloud = cloud
    this.engine = engine
    const { url: endpoint } = cloud.aws
    this.#data = new RDSDataClient({ endpoint, region: 'eu-west-1', credentials, maxAttempts: 1 })
  }

  async run(sql: string, input: Partial<ExecuteStatementCommandInput> = {}) {
    const { arn, managedSecret } = this.cloud.region.cluster('orders') ?? {}
    const login = { resourceArn: arn, secretArn: managedSecret?.arn, database: DATABASE }
    const { $metadata: _, ...answer } = await this.#data.send(
      new ExecuteStatementCommand({ ...login, sql, ...input }),
    )
    return answer
  }

  async records(sql: string) {
    return (await this.run(sql)).records
  }

  async administrator(): Promise<SqlClient> {
    const cluster = this.cloud.region.cluster('orders') ?? { resourceId: '' }
    const client = await this.cloud.databases?.connectAsAdministrator(cluster, DATABASE)
    if (client === undefined) throw new Error('no databases')
    closing.push(() => client.close())
    return client
  }

  /** What runs, as the master user sees it. */
  async running(text: string): Promise<number> {
    const sql =
      this.engine === 'aurora-postgresql'
        ? `SELECT count(*) FROM pg_stat_activity WHERE state = 'active' AND query LIKE '%${text}%' AND pid <> pg_backend_pid()`
        : `SELECT count(*) FROM information_schema.PROCESSLIST WHERE INFO LIKE '%${text}%' AND ID <> connection_id()`
    const [row] = (await this.records(sql)) ?? []
    return row?.[0]?.longValue ?? -1
  }
}

const credentials = { accessKeyId: 'AKIAEXAMPLE000000001', secretAccessKey: 'secret' }

async function aShop(engine: Engine): Promise<Shop> {
  const cloud = await startLocalCloud({
    clock: new SimulatedClock(),
    databases: true,
    closedSecurityGroups: [CLOSED],
  })
  closing.push(() => cloud.close())
  const seed = { databaseName: DATABASE, masterUsername: 'app', vpcSecurityGroupIds: [CLOSED] }
  cloud.region.seedCluster({ identifier: 'orders', engine, httpEndpointEnabled: true, ...seed })
  const rds = new RDSClient({ region: 'eu-west-1', endpoint: cloud.aws.url, credentials, maxAttempts: 1 })
  const change = { ManageMasterUserPassword: true, ApplyImmediately: true }
  await rds.send(new ModifyDBClusterCommand({ DBClusterIdentifier: 'orders', ...change }))
  await cloud.clock.sleep(MINUTE)
  return new Shop(cloud, engine)
}

const hasMariadb = await (async () => {
  const cloud = await startLocalCloud({ databases: true })
  const engine = cloud.databases?.engine('aurora-mysql')
  await cloud.close()
  return engine !== undefined && !('missing' in engine)
})()

describe.each<Engine>(hasMariadb ? ['aurora-postgresql', 'aurora-mysql'] : ['aurora-postgresql'])(
  '%s',
  (engine) => {
    const isPostgresql = engine === 'aurora-postgresql'

    test('nobody can connect, and statements have their effect, one a call', async () => {
      const shop = await aShop(engine)
      const port = shop.cloud.region.cluster('orders')?.endpoint.port ?? 0
      const login = { host: '127.0.0.1', port, user: 'app', password: '' }
      await expect(connectTo(engine, login, shop.cloud.clock)).rejects.toThrow('ECONNREFUSED')
      expect(await shop.run('CREATE TABLE users (id integer PRIMARY KEY, mail varchar(40))')).toEqual({
        numberOfRecordsUpdated: 0,
        generatedFields: [],
      })
      const inserted = await shop.run("INSERT INTO users VALUES (1, 'a@b.c'), (2, 'd@e.f'), (3, NULL)")
      expect(inserted.numberOfRecordsUpdated).toBe(3)
      // Rows that match count, whether or not they change.
      expect((await shop.run("UPDATE users SET mail = 'a@b.c' WHERE id < 3")).numberOfRecordsUpdated).toBe(2)
      const answer = await shop.run('SELECT id, mail FROM users WHERE id <> 2 ORDER BY id', {
        includeResultMetadata: true,
      })
      expect(answer).toMatchObject({
        numberOfRecordsUpdated: 0,
        records: [
          [{ longValue: 1 }, { stringValue: 'a@b.c' }],
          [{ longValue: 3 }, { isNull: true }],
        ],
        columnMetadata: [{ name: 'id' }, { name: 'mail' }],
      })
      await expect(shop.run("SELECT ';'; DELETE FROM users")).rejects.toMatchObject({
        name: 'ValidationException',
        message: "Multistatements aren't supported.",
      })
      expect(await shop.records('SELECT count(*) FROM users;')).toEqual([[{ longValue: 3 }]])
    })

    test('values come with their types', async () => {
      const shop = await aShop(engine)
      const sql = isPostgresql
        ? String.raw`SELECT true, 7::bigint, 0.5::float8, 1.50::numeric, '\x00ff'::bytea, ARRAY['a', NULL], date '2026-01-02', '{"a":1}'::jsonb`
        : "SELECT 1 = 1, CAST(7 AS SIGNED), 0.5e0, 1.50, x'00ff', 'ä', date '2026-01-02'"
      expect(await shop.records(sql)).toEqual([
        isPostgresql
          ? [
              { booleanValue: true },
              { longValue: 7 },
              { doubleValue: 0.5 },
              { stringValue: '1.50' },
              { blobValue: new Uint8Array([0, 255]) },
              { arrayValue: { stringValues: ['a', null] } },
              { stringValue: '2026-01-02' },
              { stringValue: '{"a": 1}' },
            ]
          : [
              { longValue: 1 },
              { longValue: 7 },
              { doubleValue: 0.5 },
              { stringValue: '1.50' },
              { blobValue: new Uint8Array([0, 255]) },
              { stringValue: 'ä' },
              { stringValue: '2026-01-02' },
            ],
      ])
      if (!isPostgresql) return
      for (const value of ["'1'::money", 'ARRAY[[1], [2]]'])
        await expect(shop.run(`SELECT ${value}`)).rejects.toMatchObject({
          name: 'UnsupportedResultException',
        })
    })

    test('errors and limits are told as AWS tells them', async () => {
      const shop = await aShop(engine)
      await shop.run('CREATE TABLE users (id integer PRIMARY KEY)')
      await shop.run('INSERT INTO users VALUES (1)')
      await expect(shop.run('INSERT INTO users VALUES (1)')).rejects.toMatchObject({
        name: 'DatabaseErrorException',
        message: isPostgresql
          ? 'ERROR: duplicate key value violates unique constraint "users_pkey"\n  Detail: Key (id)=(1) already exists.; SQLState: 23505'
          : "Duplicate entry '1' for key 'PRIMARY'; Error code: 1062; SQLState: 23000",
      })
      await expect(shop.run('SELECT 1 FRM users')).rejects.toMatchObject({ name: 'DatabaseErrorException' })
      const big = `SELECT repeat('x', 60000) FROM (${Array.from({ length: 18 }, (_, n) => `SELECT ${n}`).join(' UNION ')}) AS n`
      await expect(shop.run(big)).rejects.toMatchObject({
        name: 'BadRequestException',
        message: 'Database returned more than the allowed response size limit',
      })
      const missing = shop.run('SELECT 1', { database: 'elsewhere' })
      await expect(missing).rejects.toThrow(isPostgresql ? '; SQLState: 3D000' : 'Error code: 1049')
    })

    describe('a statement that takes time', () => {
      async function aSlowShop(takesMs: number, script: { fails?: string } = {}): Promise<Shop> {
        const shop = await aShop(engine)
        await shop.run('CREATE TABLE users (id integer, mail varchar(40))')
        await shop.run("INSERT INTO users VALUES (1, 'a@b.c')")
        shop.cloud.aws.scriptedStatements.push({ matches: /^UPDATE users/, takesMs, ...script })
        return shop
      }
      const UPDATE = "UPDATE users /* masked */ SET mail = 'x'"
      const mails = async (shop: Shop) =>
        (await shop.records('SELECT mail FROM users'))?.[0]?.[0]?.stringValue

      test('shows as running, and has its effect at its end', async () => {
        const shop = await aSlowShop(40_000)
        const { clock } = shop.cloud
        const start = clock.now()
        const update = shop.run(UPDATE)
        await clock.sleep(39_000)
        expect(await shop.running('UPDATE users / * masked')).toBe(1)
        expect(await mails(shop)).toBe('a@b.c')
        expect((await update).numberOfRecordsUpdated).toBe(1)
        expect(clock.now() - start).toBe(40_000)
        expect(await mails(shop)).toBe('x')
      })

      test('ends the call after 45 s, and is given up', async () => {
        const shop = await aSlowShop(50_000)
        const { clock } = shop.cloud
        const start = clock.now()
        await expect(shop.run(UPDATE)).rejects.toMatchObject({ name: 'StatementTimeoutException' })
        expect(clock.now() - start).toBe(45_000)
        expect(await shop.running('UPDATE users')).toBe(0)
        await clock.sleep(MINUTE)
        expect(await mails(shop)).toBe('a@b.c')
      })

      test('or goes on where the call says so', async () => {
        const shop = await aSlowShop(50_000)
        const update = shop.run(UPDATE, { continueAfterTimeout: true })
        await expect(update).rejects.toMatchObject({ name: 'StatementTimeoutException' })
        expect(await shop.running('UPDATE users')).toBe(1)
        expect(await mails(shop)).toBe('a@b.c')
        await shop.cloud.clock.sleep(5_001)
        expect(await shop.running('UPDATE users')).toBe(0)
        expect(await mails(shop)).toBe('x')
      })

      test('may fail at its end', async () => {
        const fails = 'ERROR: out of memory; SQLState: 53200'
        const shop = await aSlowShop(1_000, { fails })
        await expect(shop.run(UPDATE)).rejects.toMatchObject({
          name: 'DatabaseErrorException',
          message: fails,
        })
        expect(await mails(shop)).toBe('a@b.c')
      })

      test('can be ended by the master user', async () => {
        const shop = await aSlowShop(HOUR)
        await expect(shop.run(UPDATE, { continueAfterTimeout: true })).rejects.toThrow()
        if (isPostgresql) {
          await shop.run(
            "SELECT pg_terminate_backend(pid, 5000) FROM pg_stat_activity WHERE query LIKE '%UPDATE users%' AND pid <> pg_backend_pid()",
          )
        } else {
          const [row] =
            (await shop.records(
              "SELECT ID FROM information_schema.PROCESSLIST WHERE INFO LIKE '%UPDATE users%' AND ID <> connection_id()",
            )) ?? []
          await shop.run(`CALL mysql.rds_kill(${row?.[0]?.longValue ?? 0})`)
        }
        expect(await shop.running('UPDATE users')).toBe(0)
        await shop.cloud.clock.sleep(2 * HOUR)
        expect(await mails(shop)).toBe('a@b.c')
      })
    })

    test('logins can be seen and locked, and AWS’s own are there', async () => {
      const shop = await aShop(engine)
      if (isPostgresql) {
        await shop.run("CREATE ROLE web LOGIN PASSWORD 'x'")
        await (await shop.administrator()).query('CREATE ROLE untouchable LOGIN SUPERUSER')
        await shop.run('ALTER ROLE web NOLOGIN PASSWORD NULL')
        await expect(shop.run('ALTER ROLE untouchable NOLOGIN')).rejects.toThrow('SQLState: 42501')
        await expect(shop.run('ALTER ROLE rdsadmin NOLOGIN')).rejects.toThrow('SQLState: 42501')
        // It is listed, and nobody gets in.
        expect(await shop.records("SELECT datname FROM pg_database WHERE datname LIKE 'rds%'")).toHaveLength(
          1,
        )
        await expect(shop.run('SELECT 1', { database: 'rdsadmin' })).rejects.toThrow('SQLState: 28000')
        expect(await shop.records('SELECT rolname FROM pg_roles WHERE rolcanlogin ORDER BY 1')).toEqual(
          ['app', 'rdsadmin', 'rdstopmgr', 'rdswriteforwarduser', 'untouchable'].map((name) => [
            { stringValue: name },
          ]),
        )
      } else {
        await shop.run("CREATE USER web IDENTIFIED BY 'x'")
        await shop.run('CREATE EVENT tick ON SCHEDULE EVERY 1 SECOND DO SET @x = 1')
        await shop.run('ALTER EVENT tick DISABLE')
        await shop.run('ALTER USER web ACCOUNT LOCK')
        expect(await shop.records('SELECT user, host, account_locked FROM mysql.user ORDER BY 1')).toEqual(
          [
            ['app', '%', 'N'],
            ['mariadb.sys', 'localhost', 'Y'],
            ['mysql.infoschema', 'localhost', 'Y'],
            ['mysql.session', 'localhost', 'Y'],
            ['mysql.sys', 'localhost', 'Y'],
            ['rdsadmin', '127.0.0.1', 'N'],
            ['web', '%', 'Y'],
          ].map((row) => row.map((stringValue) => ({ stringValue }))),
        )
        expect(await shop.records('SELECT @@event_scheduler')).toEqual([[{ stringValue: 'OFF' }]])
      }
      await shop.run('CREATE DATABASE scratch')
    })
  },
)

const HOUR = 60 * MINUTE
