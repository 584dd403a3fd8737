import {
  AddTagsToResourceCommand,
  BacktrackDBClusterCommand,
  CreateDBInstanceCommand,
  DescribeDBClusterBacktracksCommand,
  EnableHttpEndpointCommand,
  ModifyDBClusterCommand,
  RDSClient,
  RestoreDBClusterToPointInTimeCommand,
} from '@aws-sdk/client-rds'
import { ExecuteStatementCommand, RDSDataClient } from '@aws-sdk/client-rds-data'
import { afterEach, describe, expect, test } from '@jest/globals'
import type { ClusterView } from '../../../local/aurora/views.ts'
import { type LocalCloud, markMoment, startLocalCloud } from '../../../local/cloud.ts'
import { Databases, type ServedCluster } from '../../../local/database/databases.ts'
import { type SqlClient, connectTo } from '../../../local/database/sql-client.ts'
import { SimulatedClock } from '../../../local/time/simulated-clock.ts'

const MINUTE = 60_000
const CLONE = 'pr-1'
const APP = { user: 'app', password: 'master-password' }
const READER = { user: 'reader', password: 'reader-password' }

const closing: (() => Promise<unknown>)[] = []

afterEach(async () => {
  for (const close of closing.splice(0).toReversed()) await close()
})

interface Account {
  readonly user: string
  readonly password: string
}

/** Where the clone is served, which stays what it is. */
interface Door {
  readonly engine: string
  readonly port: number
  readonly clock: SimulatedClock
}

async function enter({ engine, port, clock }: Door, account: Account): Promise<SqlClient> {
  const client = await connectTo(engine, { host: '127.0.0.1', port, database: 'shop', ...account }, clock)
  closing.push(() => client.close().catch(() => undefined))
  return client
}

async function openDatabases(clock: SimulatedClock): Promise<Databases> {
  const databases = await Databases.open({ clock, listeningAfterMs: 0 })
  closing.push(() => databases.close())
  return databases
}

const installed = await (async () => {
  const databases = await openDatabases(new SimulatedClock())
  return ['aurora-postgresql', 'aurora-mysql'].filter((engine) => !('missing' in databases.engine(engine)))
})()

describe('the data of a marked moment', () => {
  test.each(installed)('come back, with users and passwords (%s)', async (engine) => {
    const clock = new SimulatedClock()
    closing.push(() => clock.close())
    const databases = await openDatabases(clock)
    const { password } = APP
    let served: ServedCluster = {
      resourceId: 'cluster-ONE',
      copy: 'original',
      status: 'available',
      writerStatus: 'available',
      engine,
      masterUsername: APP.user,
      masterPassword: password,
      masterPasswordInForce: password,
      databaseName: 'shop',
      activeSecurityGroups: ['sg-1'],
    }
    const become = async (change: Partial<ServedCluster>): Promise<void> => {
      served = { ...served, ...change }
      await databases.settle()
    }
    databases.watch(() => [served])
    await databases.settle()
    const { resourceId: clusterResourceId } = served
    const { port } = databases.addressOf({
      kind: 'cluster',
      identifier: 'one',
      clusterIdentifier: 'one',
      clusterResourceId,
      engine,
      accountId: '123456789012',
      region: 'eu-west-1',
      port: 1,
    })
    const door = { engine, port, clock }
    const first = await enter(door, APP)
    await first.query('CREATE TABLE orders AS SELECT 1 AS id')
    const moment = { at: clock.now(), data: 1, masterPassword: password }
    await become({ markedMoments: [moment] })
    // Where a server can be held, its copy cuts no connection.
    const isCut = engine === 'aurora-mysql' && process.platform !== 'linux'
    const client = isCut ? await enter(door, APP) : first
    await client.query('INSERT INTO orders VALUES (2)')
    await client.query('CREATE TABLE another AS SELECT 1 AS id')
    await become({ masterPassword: 'second-password', masterPasswordInForce: 'second-password' })
    await enter(door, { ...APP, password: 'second-password' })
    await become({ status: 'backtracking', writerStatus: 'backtracking' })
    await expect(client.query('SELECT 1')).rejects.toThrow()
    await expect(enter(door, APP)).rejects.toThrow('ECONNREFUSED')
    const now = clock.now()
    const times = { requestedAt: now, requestedTo: now, startsAt: now, endsAt: now }
    const failed = { identifier: 'first', fails: true, moment, ...times }
    await become({ status: 'available', writerStatus: 'available', backtracks: [failed] })
    const before = await enter(door, { ...APP, password: 'second-password' })
    expect(await before.query('SELECT id FROM orders ORDER BY id')).toEqual([{ id: 1 }, { id: 2 }])
    const completed = { ...failed, identifier: 'second', fails: false }
    await become({ masterPasswordInForce: password, backtracks: [failed, completed] })
    await expect(before.query('SELECT 1')).rejects.toThrow()
    const after = await enter(door, APP)
    expect(await after.query('SELECT id FROM orders')).toEqual([{ id: 1 }])
    await expect(after.query('SELECT id FROM another')).rejects.toThrow(/exist/)
    // Once is enough.
    await after.query('INSERT INTO orders VALUES (3)')
    await databases.settle()
    expect(await after.query('SELECT id FROM orders ORDER BY id')).toEqual([{ id: 1 }, { id: 3 }])
  })
})

/** The clone of a shop on MariaDB, with a managed password and the Data API. */
class Shop {
  readonly cloud: LocalCloud
  readonly #clock: SimulatedClock
  readonly rds: RDSClient
  readonly #data: RDSDataClient

  constructor(cloud: LocalCloud, clock: SimulatedClock) {
    this.cloud = cloud
    this.#clock = clock
    const credentials = { accessKeyId: 'AKIAEXAMPLE000000001', secretAccessKey: 'secret' }
    const options = { endpoint: cloud.aws.url, region: 'eu-west-1', credentials, maxAttempts: 1 }
    this.rds = new RDSClient(options)
    this.#data = new RDSDataClient(options)
  }

  static async open(): Promise<Shop> {
    const clock = new SimulatedClock()
    const cloud = await startLocalCloud({ clock, databases: true })
    closing.push(() => cloud.close())
    const seed = { engine: 'aurora-mysql', databaseName: 'shop', backtrackWindow: 86_400 }
    const master = { masterUsername: APP.user, masterPassword: APP.password }
    cloud.region.seedCluster({ identifier: 'source', ...seed, ...master })
    const shop = new Shop(cloud, clock)
    const from = { SourceDBClusterIdentifier: 'source', RestoreType: 'copy-on-write' }
    await shop.rds.send(
      new RestoreDBClusterToPointInTimeCommand({
        DBClusterIdentifier: CLONE,
        UseLatestRestorableTime: true,
        BacktrackWindow: 3_600,
        ...from,
      }),
    )
    const writer = { DBInstanceIdentifier: `${CLONE}-1`, DBInstanceClass: 'db.r6g.large' }
    const member = { DBClusterIdentifier: CLONE, Engine: 'aurora-mysql' }
    await shop.rds.send(new CreateDBInstanceCommand({ ...writer, ...member }))
    await clock.sleep(10 * MINUTE)
    await shop.change({ ManageMasterUserPassword: true })
    await shop.rds.send(new EnableHttpEndpointCommand({ ResourceArn: shop.clone().arn }))
    return shop
  }

  clone(): ClusterView {
    const clone = this.cloud.region.cluster(CLONE)
    if (clone === undefined) throw new Error('there is no clone')
    return clone
  }

  /** The team's way in, with the password that the secret has or had. */
  async connect(password: string = this.clone().masterPassword): Promise<SqlClient> {
    return await enter(this.#door(), { ...APP, password })
  }

  async connectAsReader(): Promise<SqlClient> {
    return await enter(this.#door(), READER)
  }

  #door(): Door {
    return { engine: 'aurora-mysql', port: this.clone().endpoint.port, clock: this.#clock }
  }

  async change(change: object): Promise<void> {
    const input = { DBClusterIdentifier: CLONE, ApplyImmediately: true, ...change }
    await this.rds.send(new ModifyDBClusterCommand(input))
    await this.#clock.sleep(MINUTE)
  }

  async logInByDataApi(): Promise<void> {
    const { arn, managedSecret } = this.clone()
    const login = { resourceArn: arn, secretArn: managedSecret?.arn, database: 'shop' }
    await this.#data.send(new ExecuteStatementCommand({ ...login, sql: 'SELECT 1' }))
  }

  async backtrack(to: number): Promise<void> {
    const input = { DBClusterIdentifier: CLONE, BacktrackTo: new Date(to) }
    await this.rds.send(new BacktrackDBClusterCommand(input))
  }
}

const onMariadb = installed.includes('aurora-mysql') ? test : test.skip

describe('a backtrack of a clone', () => {
  onMariadb('rewinds rows, users and passwords, but not the secret; and can be undone', async () => {
    const shop = await Shop.open()
    const { clock } = shop.cloud
    const team = await shop.connect()
    await team.query('CREATE TABLE orders AS SELECT 1 AS id')
    await team.query(`CREATE USER reader IDENTIFIED BY '${READER.password}'`)
    await team.query('GRANT SELECT ON shop.* TO reader')
    const { port } = shop.clone().endpoint
    const { masterPassword: former } = shop.clone()
    const Tags = [{ Key: 'reset-point', Value: 'here' }]
    await shop.rds.send(new AddTagsToResourceCommand({ ResourceName: shop.clone().arn, Tags }))
    const point = clock.now()
    await clock.sleep(10 * MINUTE)

    await team.query('DELETE FROM orders')
    await team.query('DROP USER reader')
    await shop.change({ RotateMasterUserPassword: true })
    await shop.logInByDataApi()
    await markMoment(shop.cloud, CLONE)
    const dirty = clock.now()
    await clock.sleep(10 * MINUTE)

    await shop.backtrack(point)
    // It is pending, and whoever is connected stays connected.
    expect(await team.query('SELECT id FROM orders')).toEqual([])
    await clock.sleep(30_000)
    expect(shop.clone().status).toBe('backtracking')
    await expect(team.query('SELECT 1')).rejects.toThrow()
    await expect(shop.connect()).rejects.toThrow('ECONNREFUSED')
    await clock.sleep(MINUTE)

    expect(shop.clone()).toMatchObject({ status: 'available', endpoint: { port } })
    const listing = new DescribeDBClusterBacktracksCommand({ DBClusterIdentifier: CLONE })
    expect(await shop.rds.send(listing)).toMatchObject({
      DBClusterBacktracks: [
        { Status: 'completed', BacktrackTo: new Date(Math.floor(point / 1_000) * 1_000) },
      ],
    })
    await expect(shop.connect()).rejects.toThrow('Access denied')
    await expect(shop.logInByDataApi()).rejects.toThrow('Access denied')
    expect(await (await shop.connect(former)).query('SELECT id FROM orders')).toEqual([{ id: 1 }])
    await shop.connectAsReader()
    await shop.change({ RotateMasterUserPassword: true })
    await shop.logInByDataApi()
    expect(await (await shop.connect()).query('SELECT id FROM orders')).toEqual([{ id: 1 }])

    await shop.backtrack(dirty)
    await clock.sleep(10 * MINUTE)
    await expect(shop.connectAsReader()).rejects.toThrow('Access denied')
  })
})
