import { afterEach, expect, test } from '@jest/globals'
import { ModifyDBClusterCommand, RDSClient } from '@aws-sdk/client-rds'
import { type LocalCloud, startLocalCloud } from '../../../local/cloud.ts'
import { type SqlClient, connectTo } from '../../../local/database/sql-client.ts'
import { SimulatedClock } from '../../../local/time/simulated-clock.ts'

// Who may connect is decided by the security groups that are in force.

const QUARANTINE = 'sg-quarantine'
const OPEN = 'sg-open'

const closing: (() => Promise<unknown>)[] = []

afterEach(async () => {
  for (const close of closing.splice(0).toReversed()) await close()
})

async function aCloud(vpcSecurityGroupIds: readonly string[]): Promise<LocalCloud> {
  const cloud = await startLocalCloud({
    clock: new SimulatedClock(),
    databases: true,
    closedSecurityGroups: [QUARANTINE],
  })
  closing.push(() => cloud.close())
  cloud.region.seedCluster({ identifier: 'orders', vpcSecurityGroupIds })
  await cloud.databases?.settle()
  return cloud
}

async function connect(cloud: LocalCloud): Promise<SqlClient> {
  const port = cloud.region.cluster('orders')?.endpoint.port ?? 0
  const login = { host: '127.0.0.1', port, user: 'postgres', password: 'seeded-password' }
  const client = await connectTo('aurora-postgresql', { ...login, database: 'postgres' }, cloud.clock)
  closing.push(() => client.close())
  return client
}

async function moveTo(cloud: LocalCloud, ...VpcSecurityGroupIds: string[]) {
  const rds = new RDSClient({
    region: 'eu-west-1',
    endpoint: cloud.aws.url,
    credentials: { accessKeyId: 'AKIAEXAMPLE000000001', secretAccessKey: 'secret' },
  })
  const command = new ModifyDBClusterCommand({ DBClusterIdentifier: 'orders', VpcSecurityGroupIds })
  return (await rds.send(command)).DBCluster?.VpcSecurityGroups
}

test('a cluster whose groups let nobody in refuses connections, until another one is in force', async () => {
  const cloud = await aCloud([QUARANTINE])
  await expect(connect(cloud)).rejects.toThrow('ECONNREFUSED')
  expect(await moveTo(cloud, OPEN)).toEqual([
    { VpcSecurityGroupId: OPEN, Status: 'adding' },
    { VpcSecurityGroupId: QUARANTINE, Status: 'removing' },
  ])
  await expect(connect(cloud)).rejects.toThrow('ECONNREFUSED')
  await cloud.clock.sleep(10_000)
  expect(await (await connect(cloud)).query('SELECT 1 AS one')).toEqual([{ one: 1 }])
})

test('one group that lets people in is enough', async () => {
  const cloud = await aCloud([QUARANTINE, OPEN])
  expect(await (await connect(cloud)).query('SELECT 1 AS one')).toEqual([{ one: 1 }])
})

test('a connection is cut once only closed groups are in force', async () => {
  const cloud = await aCloud([OPEN])
  const client = await connect(cloud)
  await moveTo(cloud, QUARANTINE)
  expect(await client.query('SELECT 1 AS one')).toEqual([{ one: 1 }])
  await cloud.clock.sleep(10_000)
  await expect(client.query('SELECT 1 AS one')).rejects.toThrow()
  await expect(connect(cloud)).rejects.toThrow('ECONNREFUSED')
})

test('the rules of a group can change, too', async () => {
  const cloud = await aCloud([OPEN])
  const client = await connect(cloud)
  await cloud.databases?.closeSecurityGroups([OPEN])
  await expect(client.query('SELECT 1 AS one')).rejects.toThrow()
  await cloud.databases?.closeSecurityGroups([])
  expect(await (await connect(cloud)).query('SELECT 1 AS one')).toEqual([{ one: 1 }])
})
