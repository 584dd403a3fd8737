import { afterEach, beforeEach, describe, expect, test } from '@jest/globals'
import { type Account, openAccount } from './account.ts'
import { FIRST_USE_TIMEOUT_MS } from './python.ts'

let account: Account

beforeEach(async () => {
  account = await openAccount()
  account.region.seedCluster({ identifier: 'orders', databaseName: 'shop', tags: { team: 'orders' } })
}, FIRST_USE_TIMEOUT_MS)

afterEach(async () => {
  await account.close()
})

const rds = async (...args: readonly string[]): Promise<unknown> =>
  await account.client.awsAnswer('rds', ...args)
const restore = async (identifier: string, ...args: readonly string[]): Promise<unknown> =>
  await rds(
    ...['restore-db-cluster-to-point-in-time', '--source-db-cluster-identifier', 'orders'],
    ...['--db-cluster-identifier', identifier, '--restore-type', 'copy-on-write'],
    ...['--use-latest-restorable-time', ...args],
  )

describe('the AWS CLI', () => {
  test('is told by STS whose credentials these are', async () => {
    expect(await account.client.awsAnswer('sts', 'get-caller-identity')).toEqual({
      Account: '123456789012',
      Arn: 'arn:aws:sts::123456789012:assumed-role/ci/session',
      UserId: 'AROAEXAMPLEROLEID0001:session',
    })
  })

  test('lists what AWS filters and it picks from', async () => {
    account.region.seedCluster({ identifier: 'graph', engine: 'neptune' })
    const identifiers = ['--query', 'DBClusters[].DBClusterIdentifier']
    const filtered = ['--filters', 'Name=engine,Values=neptune,docdb']
    expect(await rds('describe-db-clusters', ...identifiers)).toEqual(['graph', 'orders'])
    expect(await rds('describe-db-clusters', ...filtered, ...identifiers)).toEqual(['graph'])
    expect(await rds('describe-db-instances', '--filters', 'Name=db-cluster-id,Values=orders')).toMatchObject(
      {
        DBInstances: [{ DBInstanceIdentifier: 'orders-1', Endpoint: { Port: 5432 } }],
      },
    )
    expect(await rds('describe-db-subnet-groups')).toMatchObject({
      DBSubnetGroups: [{ DBSubnetGroupName: 'default', Subnets: [{}, {}, {}] }],
    })
  })

  test('turns pages, and goes on where it stopped', async () => {
    for (let n = 10; n < 54; n += 1) account.region.seedCluster({ identifier: `pool-${n}` })
    const identifiers = ['describe-db-clusters', '--query', '[DBClusters[].DBClusterIdentifier,NextToken]']
    const [all] = (await rds(...identifiers, '--page-size', '20')) as [readonly string[]]
    expect(all).toEqual(
      account.region
        .clusters()
        .map(({ identifier }) => identifier)
        .toSorted(),
    )
    expect(all).toHaveLength(45)
    expect(account.aws.requests.map(({ input }) => input['MaxRecords'])).toEqual([20, 20, 20])

    const [few, token] = (await rds(...identifiers, '--page-size', '20', '--max-items', '25')) as [
      string[],
      string,
    ]
    expect(few).toEqual(all.slice(0, 25))
    const [rest] = (await rds(...identifiers, '--starting-token', token)) as [string[]]
    expect(rest).toEqual(all.slice(25))
  })

  test('makes a clone, waits for it, and takes it away', async () => {
    expect(await restore('clone', '--tags', 'Key=owner,Value=cli', '--port', '5433')).toMatchObject({
      DBCluster: { DBClusterIdentifier: 'clone', Status: 'creating', Port: 5433, DatabaseName: 'shop' },
    })
    await rds('wait', 'db-cluster-available', '--db-cluster-identifier', 'clone')
    // A minute of making, three looks of 20 s each, and the one that sees it.
    expect(account.newCalls()).toEqual([
      'RestoreDBClusterToPointInTime',
      ...Array.from({ length: 4 }, () => 'DescribeDBClusters'),
    ])
    expect(account.region.cluster('clone')).toMatchObject({ status: 'available', copy: 'copy-on-write' })

    const instance = ['--db-instance-identifier', 'clone-1']
    const shape = [
      '--db-cluster-identifier',
      'clone',
      '--engine',
      'aurora-postgresql',
      '--db-instance-class',
      'db.r6g.large',
    ]
    expect(await rds('create-db-instance', ...instance, ...shape)).toMatchObject({
      DBInstance: { DBInstanceStatus: 'creating', DBClusterIdentifier: 'clone' },
    })
    await rds('wait', 'db-instance-available', ...instance)
    expect(account.newCalls().length).toBeGreaterThan(2)
    expect(account.region.instance('clone-1')).toMatchObject({ status: 'available', isWriter: true })

    await rds('delete-db-instance', ...instance)
    expect(
      await rds('delete-db-cluster', '--db-cluster-identifier', 'clone', '--skip-final-snapshot'),
    ).toMatchObject({
      DBCluster: { DBClusterIdentifier: 'clone' },
    })
    expect(account.region.cluster('clone')).toMatchObject({ status: 'deleting' })
    account.newCalls()
    await rds('wait', 'db-instance-deleted', ...instance)
    expect(account.newCalls().length).toBeGreaterThan(1)
    await rds('wait', 'db-cluster-deleted', '--db-cluster-identifier', 'clone')
    expect(account.region.clusters().map(({ identifier }) => identifier)).toEqual(['orders'])
    expect(account.region.instances().map(({ identifier }) => identifier)).toEqual(['orders-1'])

    const events = await rds(
      ...['describe-events', '--source-type', 'db-cluster', '--source-identifier', 'clone'],
      ...['--duration', '120', '--query', 'Events[].[Message,EventCategories[0]]'],
    )
    expect(events).toEqual([
      ['DB cluster created', 'creation'],
      ['DB cluster deleted', 'deletion'],
    ])
  })

  test('puts tags on, reads them and takes them off', async () => {
    const resource = ['--resource-name', account.region.cluster('orders')?.arn ?? '']
    await rds('add-tags-to-resource', ...resource, '--tags', 'Key=owner,Value=a b', 'Key=hold,Value=')
    expect(await rds('list-tags-for-resource', ...resource)).toEqual({
      TagList: [
        { Key: 'team', Value: 'orders' },
        { Key: 'owner', Value: 'a b' },
        { Key: 'hold', Value: '' },
      ],
    })
    await rds('remove-tags-from-resource', ...resource, '--tag-keys', 'team', 'hold')
    expect(account.region.cluster('orders')?.tags).toEqual({ owner: 'a b' })
  })

  test('modifies a cluster', async () => {
    const range = ['--serverless-v2-scaling-configuration', 'MinCapacity=0.5,MaxCapacity=4']
    const changes = [
      '--deletion-protection',
      '--backup-retention-period',
      '3',
      ...range,
      '--apply-immediately',
    ]
    expect(await rds('modify-db-cluster', '--db-cluster-identifier', 'orders', ...changes)).toMatchObject({
      DBCluster: {
        DeletionProtection: true,
        BackupRetentionPeriod: 3,
        ServerlessV2ScalingConfiguration: { MinCapacity: 0.5, MaxCapacity: 4 },
      },
    })
    await rds('wait', 'db-cluster-available', '--db-cluster-identifier', 'orders')
    expect(account.region.cluster('orders')).toMatchObject({ status: 'available', deletionProtection: true })
  })

  test('makes a source of its own, stops it and starts it', async () => {
    const cluster = ['--db-cluster-identifier', 'invoices']
    const user = ['--master-username', 'postgres', '--manage-master-user-password']
    expect(
      await rds('create-db-cluster', ...cluster, '--engine', 'aurora-postgresql', ...user),
    ).toMatchObject({
      DBCluster: { Status: 'creating', MasterUserSecret: { SecretStatus: 'creating' } },
    })
    await rds('wait', 'db-cluster-available', ...cluster)
    expect(await rds('stop-db-cluster', ...cluster)).toMatchObject({ DBCluster: { Status: 'stopping' } })
    account.clock.pass(3_600_000)
    expect(account.region.cluster('invoices')).toMatchObject({ status: 'stopped' })
    expect(await rds('start-db-cluster', ...cluster)).toMatchObject({ DBCluster: { Status: 'starting' } })
    await rds('wait', 'db-cluster-available', ...cluster)
  })
})
