import { afterEach, describe, expect, test } from '@jest/globals'
import {
  CreateDBInstanceCommand,
  DeleteDBClusterCommand,
  DeleteDBInstanceCommand,
  DescribeDBClustersCommand,
  ModifyDBClusterCommand,
  RDSClient,
  RestoreDBClusterToPointInTimeCommand,
  StartDBClusterCommand,
  StopDBClusterCommand,
} from '@aws-sdk/client-rds'
import { type ChildProcess, spawn } from 'node:child_process'
import { chmod, cp, mkdir, mkdtemp, readFile, readdir, rm, stat, writeFile } from 'node:fs/promises'
import { createConnection } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type LocalCloud, type LocalCloudOptions, startLocalCloud } from '../../../local/cloud.ts'
import { nativeDirectory, postgresql } from '../../../local/database/postgresql.ts'
import { serverUser } from '../../../local/database/server-user.ts'
import { SimulatedClock } from '../../../local/time/simulated-clock.ts'
import { type SqlClient, connectTo } from '../../../local/database/sql-client.ts'

const START = join(import.meta.dirname, '..', '..', '..', 'local', 'start.js')
const PASSWORD = 'master-password'

const closing: (() => Promise<unknown>)[] = []

afterEach(async () => {
  for (const close of closing.splice(0).toReversed()) await close()
})

const QUICK = { startingMs: 1_000, stoppingMs: 1_000, deletingMs: 1_000, resettingMasterCredentialsMs: 1_000 }

async function aCloud(options: LocalCloudOptions = {}): Promise<LocalCloud> {
  const cloud = await startLocalCloud({
    clock: new SimulatedClock(),
    databases: true,
    behaviour: QUICK,
    ...options,
  })
  closing.push(() => cloud.close())
  return cloud
}

function rdsOf({ aws }: LocalCloud, options: { readonly maxAttempts?: number } = {}): RDSClient {
  return new RDSClient({
    ...options,
    region: 'eu-west-1',
    endpoint: aws.url,
    credentials: { accessKeyId: 'AKIAEXAMPLE000000001', secretAccessKey: 'secret' },
  })
}

async function connect(
  cloud: LocalCloud,
  { password = PASSWORD, cluster = 'orders' } = {},
): Promise<SqlClient> {
  const { port } = cloud.region.cluster(cluster)?.endpoint ?? { port: 0 }
  const login = { host: '127.0.0.1', port, user: 'postgres', password, database: 'shop' }
  const client = await connectTo('aurora-postgresql', login, cloud.clock)
  closing.push(() => client.close())
  return client
}

function seedOrders(cloud: LocalCloud): void {
  cloud.region.seedCluster({ identifier: 'orders', databaseName: 'shop', masterPassword: PASSWORD })
}

/** Whether anybody could connect to the source's port before `work` was done. */
async function isReachableDuring(cloud: LocalCloud, work: Promise<unknown>): Promise<boolean> {
  const { port } = cloud.region.cluster('orders')?.endpoint ?? { port: 0 }
  const progress = { isDone: false, reached: 0 }
  void work.finally(() => {
    progress.isDone = true
  })
  while (!progress.isDone) {
    await new Promise((resolve) => {
      const socket = createConnection({ host: '127.0.0.1', port })
      socket.once('connect', () => {
        progress.reached += 1
        socket.destroy()
      })
      socket.once('error', () => undefined)
      socket.once('close', resolve)
    })
    await new Promise((resolve) => setTimeout(resolve, 2))
  }
  await work
  return progress.reached > 0
}

/** For what only real time brings, such as the end of a process. */
async function until(condition: () => Promise<boolean> | boolean): Promise<void> {
  while (!(await condition())) {
    await new Promise((resolve) => setTimeout(resolve, 20))
  }
}

/** Directories of local clouds that a process started. */
async function directoriesOf(pid: number, ...more: readonly string[]): Promise<readonly string[]> {
  const parents = [...new Set([tmpdir(), '/tmp', ...more])]
  const found = await Promise.all(
    parents.map(async (parent) => (await readdir(parent)).map((name) => join(parent, name))),
  )
  return found.flat().filter((path) => path.includes(`aurora-local-${pid}-`))
}

async function postmasterOf(directory: string): Promise<number> {
  const [cluster = ''] = (await readdir(directory)).filter((name) => /^cluster-\w+$/.test(name))
  const text = await readFile(join(directory, cluster, 'postmaster.pid'), 'utf8')
  return Number(text.split('\n')[0])
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0)
    return true
  } catch {
    return false
  }
}

describe('a database follows its cluster', () => {
  test('nobody can connect while it is being made', async () => {
    const cloud = await aCloud({ behaviour: { ...QUICK, listeningAfterMs: 365 * 24 * 3_600_000 } })
    seedOrders(cloud)
    expect(await isReachableDuring(cloud, cloud.databases?.settle() ?? Promise.reject(new Error()))).toBe(
      false,
    )
    await expect(connect(cloud)).rejects.toThrow('ECONNREFUSED')
  })

  test('stopped, it refuses connections; started again, it has its rows', async () => {
    const cloud = await aCloud()
    const rds = rdsOf(cloud)
    seedOrders(cloud)
    await cloud.databases?.settle()
    await (await connect(cloud)).query('CREATE TABLE kept AS SELECT 1 AS one')
    await rds.send(new StopDBClusterCommand({ DBClusterIdentifier: 'orders' }))
    await expect(connect(cloud)).rejects.toThrow('ECONNREFUSED')
    await cloud.clock.sleep(QUICK.stoppingMs)
    expect(cloud.region.cluster('orders')?.status).toBe('stopped')
    await rds.send(new StartDBClusterCommand({ DBClusterIdentifier: 'orders' }))
    await cloud.clock.sleep(QUICK.startingMs)
    expect(cloud.region.cluster('orders')?.status).toBe('available')
    expect(await (await connect(cloud)).query('SELECT one FROM kept')).toEqual([{ one: 1 }])
  })

  test('a server that somebody ends is started again', async () => {
    const cloud = await aCloud()
    seedOrders(cloud)
    await cloud.databases?.settle()
    const [directory = ''] = await directoriesOf(process.pid)
    const pid = await postmasterOf(directory)
    process.kill(pid, 'SIGTERM')
    await until(() => !isAlive(pid))
    await cloud.databases?.settle()
    expect(await (await connect(cloud)).query('SELECT 1 AS one')).toEqual([{ one: 1 }])
  })

  test('takes the password that ModifyDBCluster sets', async () => {
    const cloud = await aCloud()
    seedOrders(cloud)
    await cloud.databases?.settle()
    await rdsOf(cloud).send(
      new ModifyDBClusterCommand({ DBClusterIdentifier: 'orders', MasterUserPassword: 'another-password' }),
    )
    await expect(connect(cloud)).rejects.toThrow('password authentication failed')
    expect(await (await connect(cloud, { password: 'another-password' })).query('SELECT 1 AS one')).toEqual([
      { one: 1 },
    ])
  })

  test('deleted, it leaves neither a server nor files, while AWS still lists the cluster', async () => {
    const cloud = await aCloud({ behaviour: { ...QUICK, deletingMs: 3_600_000 } })
    const rds = rdsOf(cloud)
    seedOrders(cloud)
    await cloud.databases?.settle()
    const [directory = ''] = await directoriesOf(process.pid)
    const pid = await postmasterOf(directory)
    const port = cloud.region.cluster('orders')?.endpoint.port
    await rds.send(new DeleteDBInstanceCommand({ DBInstanceIdentifier: 'orders-1' }))
    await rds.send(new DeleteDBClusterCommand({ DBClusterIdentifier: 'orders', SkipFinalSnapshot: true }))
    expect(isAlive(pid)).toBe(false)
    expect((await readdir(directory)).filter((name) => name.startsWith('cluster-'))).toEqual([])
    expect(cloud.region.cluster('orders')).toMatchObject({ status: 'deleting', endpoint: { port } })
  })

  test('of a clone that was asked for just before its source was deleted, it has the files', async () => {
    const cloud = await aCloud({ behaviour: { ...QUICK, deletingMs: 3_600_000 } })
    const rds = rdsOf(cloud, { maxAttempts: 1 })
    seedOrders(cloud)
    await cloud.databases?.settle()
    // What is asked for while this one's files are made has to wait, and is then looked at together.
    cloud.region.seedCluster({ identifier: 'another' })
    const busy = cloud.databases?.settle()
    const restore = new RestoreDBClusterToPointInTimeCommand({
      DBClusterIdentifier: 'clone',
      SourceDBClusterIdentifier: 'orders',
      RestoreType: 'copy-on-write',
      UseLatestRestorableTime: true,
    })
    const deleteInstance = new DeleteDBInstanceCommand({ DBInstanceIdentifier: 'orders-1' })
    const deleteCluster = new DeleteDBClusterCommand({
      DBClusterIdentifier: 'orders',
      SkipFinalSnapshot: true,
    })
    const applied = (): number => cloud.aws.requests.filter((request) => request.applied).length
    const answers: Promise<unknown>[] = []
    for (const send of [
      () => rds.send(restore),
      () => rds.send(deleteInstance),
      () => rds.send(deleteCluster),
    ]) {
      answers.push(send())
      await until(() => applied() === answers.length)
    }
    await busy
    await Promise.all(answers)
    expect(cloud.region.cluster('clone')?.status).not.toBe('deleting')
    const [directory = ''] = await directoriesOf(process.pid)
    expect((await readdir(directory)).filter((name) => /^cluster-\w+$/.test(name))).toHaveLength(2)
  })

  test('of a clone is as old as its source’s LatestRestorableTime, where that stands still', async () => {
    const cloud = await aCloud()
    const rds = rdsOf(cloud)
    seedOrders(cloud)
    await cloud.databases?.settle()
    const source = await connect(cloud)
    await source.query('CREATE TABLE events AS SELECT 1 AS id')
    cloud.region.holdRestorableTime('orders')
    await cloud.databases?.settle()
    const heldAt = cloud.clock.now()
    await source.query('INSERT INTO events VALUES (2)')
    await cloud.clock.sleep(1_000)
    const { DBClusters: [described] = [] } = await rds.send(new DescribeDBClustersCommand())
    expect(described?.LatestRestorableTime?.getTime()).toBe(heldAt)
    const idsIn = async (clone: string): Promise<number> => {
      const restore = { RestoreType: 'copy-on-write', UseLatestRestorableTime: true }
      const from = { DBClusterIdentifier: clone, SourceDBClusterIdentifier: 'orders' }
      await rds.send(new RestoreDBClusterToPointInTimeCommand({ ...from, ...restore }))
      const instance = { DBInstanceIdentifier: `${clone}-1`, DBInstanceClass: 'db.r6g.large' }
      const engine = { DBClusterIdentifier: clone, Engine: 'aurora-postgresql' }
      await rds.send(new CreateDBInstanceCommand({ ...instance, ...engine }))
      await cloud.clock.sleep(3_600_000)
      return (await (await connect(cloud, { cluster: clone })).query('SELECT id FROM events')).length
    }
    expect(await idsIn('early')).toBe(1)
    cloud.region.letRestorableTimeGo('orders')
    expect(await idsIn('late')).toBe(2)
  })

  test('with no software for its engine, an endpoint is only a name', async () => {
    const cloud = await aCloud()
    cloud.region.seedCluster({ identifier: 'elsewhere', engine: 'aurora-postgresql' })
    const withoutDatabases = await aCloud({ databases: false })
    withoutDatabases.region.seedCluster({ identifier: 'elsewhere' })
    expect(cloud.region.cluster('elsewhere')?.endpoint.address).toBe('127.0.0.1')
    expect(withoutDatabases.region.cluster('elsewhere')?.endpoint.address).toMatch(/\.rds\.amazonaws\.com$/)
    expect(cloud.databases?.engine('oracle')).toEqual({ missing: 'nothing stands in for oracle' })
  })
})

describe('what cannot be done', () => {
  test('is told to whoever asks AWS, with what the server printed', async () => {
    const cloud = await aCloud()
    seedOrders(cloud)
    await cloud.databases?.settle()
    const [directory = ''] = await directoriesOf(process.pid)
    const pid = await postmasterOf(directory)
    const [cluster = ''] = (await readdir(directory)).filter((name) => /^cluster-\w+$/.test(name))
    await writeFile(join(directory, cluster, 'postgresql.auto.conf'), 'no_such_setting = on\n')
    process.kill(pid, 'SIGTERM')
    await until(() => !isAlive(pid))
    await expect(cloud.databases?.settle()).rejects.toThrow(/PostgreSQL ended by itself.*no_such_setting/s)
    const rds = rdsOf(cloud, { maxAttempts: 1 })
    await expect(rds.send(new DescribeDBClustersCommand())).rejects.toThrow('PostgreSQL ended by itself')
  })
})

describe('nothing stays behind', () => {
  test('when the cloud is closed', async () => {
    const cloud = await startLocalCloud({ databases: true })
    seedOrders(cloud)
    await cloud.databases?.settle()
    const [directory = ''] = await directoriesOf(process.pid)
    const pid = await postmasterOf(directory)
    await cloud.close()
    expect(isAlive(pid)).toBe(false)
    expect(await directoriesOf(process.pid)).toEqual([])
  })

  /** `npm run local`, as another program starts it. */
  async function aServingProcess(env: NodeJS.ProcessEnv = {}): Promise<{ child: ChildProcess; pid: number }> {
    const child = spawn(process.execPath, [START, 'serve', '--json'], {
      env: { ...process.env, ...env },
      stdio: ['pipe', 'pipe', 'inherit'],
    })
    const { pid = 0 } = child
    closing.push(async () => {
      child.kill('SIGKILL')
      await until(() => !isAlive(pid))
    })
    let printed = ''
    child.stdout.setEncoding('utf8').on('data', (text: string) => {
      printed += text
    })
    await until(() => printed.includes('\n'))
    return { child, pid }
  }

  test('when the cloud is killed', async () => {
    const place = await aPlace()
    const { child, pid } = await aServingProcess({ TMPDIR: place })
    const [directory = ''] = await directoriesOf(pid, place)
    const postmaster = await postmasterOf(directory)
    child.kill('SIGKILL')
    await until(async () => (await directoriesOf(pid, place)).length === 0)
    expect(isAlive(postmaster)).toBe(false)
  })

  /** Of its own: any other cloud that starts meanwhile would clear it away, too. */
  async function aPlace(): Promise<string> {
    const place = await mkdtemp(join(tmpdir(), 'place-'))
    closing.push(() => rm(place, { recursive: true, force: true, maxRetries: 10 }))
    await chmod(place, 0o755)
    return place
  }

  // The guardian is found by what only Linux tells of other processes.
  const onLinux = process.platform === 'linux' ? test : test.skip

  onLinux('when everything of the cloud is killed, once another one starts', async () => {
    const place = await aPlace()
    const { child, pid } = await aServingProcess({ TMPDIR: place })
    const [directory = ''] = await directoriesOf(pid, place)
    const postmaster = await postmasterOf(directory)
    const guardian = await guardianOf(directory)
    process.kill(guardian, 'SIGKILL')
    child.kill('SIGKILL')
    await until(() => !isAlive(pid) && !isAlive(guardian))
    expect(isAlive(postmaster)).toBe(true)
    await aServingProcess({ TMPDIR: place })
    expect(await directoriesOf(pid, place)).toEqual([])
    expect(isAlive(postmaster)).toBe(false)
  })

  test('when a program that started it goes away', async () => {
    const { child, pid } = await aServingProcess()
    child.stdin?.end()
    await until(() => child.exitCode !== null)
    expect(child.exitCode).toBe(0)
    expect(await directoriesOf(pid)).toEqual([])
  })

  /** Its directory is in its environment. */
  async function guardianOf(directory: string): Promise<number> {
    for (const name of await readdir('/proc')) {
      if (!/^\d+$/.test(name)) continue
      const environment = await readFile(join('/proc', name, 'environ'), 'utf8').catch(() => '')
      if (environment.includes(`AURORA_LOCAL_DIRECTORY=${directory}\0`)) return Number(name)
    }
    throw new Error(`Nobody guards ${directory}.`)
  }
})

describe('where npm has not made the links that PostgreSQL’s libraries are found by', () => {
  test('a second tree with links is used', async () => {
    const directory = await mkdtemp(join(tmpdir(), 'native-test-'))
    closing.push(() => rm(directory, { recursive: true }))
    await chmod(directory, 0o755)
    const native = nativeDirectory() ?? ''
    const links = JSON.parse(await readFile(join(native, 'pg-symlinks.json'), 'utf8')) as { target: string }[]
    const incomplete = join(directory, 'native')
    await cp(native, incomplete, { recursive: true })
    for (const { target } of links) await rm(join(directory, target), { force: true })

    const site = { directory, user: await serverUser() }
    expect(await postgresql(site, incomplete)).toMatchObject({
      product: expect.stringMatching(/^PostgreSQL \d/),
    })
    expect(await readdir(join(directory, 'postgresql', 'lib'))).toContain('libpq.so.5')
    const [original, second] = await Promise.all(
      [incomplete, join(directory, 'postgresql')].map((tree) => stat(join(tree, 'bin', 'postgres'))),
    )
    expect(second?.ino).toBe(original?.ino)
  })

  // Only for root are there users of servers who cannot look into what is root's own.
  test('a copy with links of its own is used where the server’s user cannot look', async () => {
    const directory = await mkdtemp(join(tmpdir(), 'native-test-'))
    closing.push(() => rm(directory, { recursive: true }))
    await chmod(directory, 0o755)
    const home = join(directory, 'home')
    await mkdir(home, { mode: 0o700 })
    const native = join(home, 'native')
    await cp(nativeDirectory() ?? '', native, { recursive: true, verbatimSymlinks: true })
    const postgres = join(native, 'bin', 'postgres')
    for (const path of [native, join(native, 'bin'), join(native, 'lib'), postgres]) await chmod(path, 0o700)

    expect(await postgresql({ directory, user: await serverUser() }, native)).toMatchObject({
      product: expect.stringMatching(/^PostgreSQL \d/),
    })
  })

  test('and what does not run at all is said to be missing', async () => {
    const directory = await mkdtemp(join(tmpdir(), 'native-test-'))
    closing.push(() => rm(directory, { recursive: true }))
    const site = { directory, user: await serverUser() }
    expect(await postgresql(site, join(directory, 'nothing'))).toEqual({
      missing: expect.stringContaining('PostgreSQL does not run here'),
    })
    expect(await postgresql(site, undefined)).toMatchObject({
      missing: expect.stringContaining('npm has installed no PostgreSQL'),
    })
  })
})
