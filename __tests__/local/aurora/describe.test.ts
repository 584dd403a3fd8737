import {
  DescribeDBClustersCommand,
  DescribeDBInstancesCommand,
  DescribeDBSubnetGroupsCommand,
  DescribeEventsCommand,
  paginateDescribeDBClusters,
} from '@aws-sdk/client-rds'
import type { DescribeEventsCommandInput, Filter } from '@aws-sdk/client-rds'
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals'
import type { Behaviour } from '../../../local/aurora/behaviour.ts'
import { ACCOUNT, DAY, HOUR, MINUTE, REGION, SECOND, refusalOf, startCloud } from './cloud.ts'
import type { Cloud } from './cloud.ts'

let clouds: Cloud[] = []
let cloud: Cloud

async function cloudWith(behaviour: Partial<Behaviour> = {}): Promise<Cloud> {
  const started = await startCloud({ behaviour })
  clouds.push(started)
  return started
}

beforeEach(async () => {
  cloud = await cloudWith()
})

afterEach(async () => {
  await Promise.all(clouds.map((one) => one.close()))
  clouds = []
})

const clustersOf = async (of: Cloud, Filters?: Filter[]): Promise<readonly (string | undefined)[]> =>
  ((await of.client.send(new DescribeDBClustersCommand({ Filters }))).DBClusters ?? []).map(
    (cluster) => cluster.DBClusterIdentifier,
  )

const instancesOf = async (of: Cloud, Filters?: Filter[]): Promise<readonly (string | undefined)[]> =>
  ((await of.client.send(new DescribeDBInstancesCommand({ Filters }))).DBInstances ?? []).map(
    (instance) => instance.DBInstanceIdentifier,
  )

describe('filters', () => {
  beforeEach(async () => {
    cloud.region.seedCluster({ identifier: 'books', engine: 'aurora-mysql' })
    cloud.region.seedCluster({ identifier: 'graph', engine: 'neptune' })
    cloud.region.seedCluster({ identifier: 'papers', engine: 'docdb' })
    await cloud.clone('pr-1')
  })

  test.each<readonly [string, () => Filter[], readonly string[]]>([
    ['none: foreign engines too', () => [], ['books', 'graph', 'orders', 'papers', 'pr-1']],
    [
      'engine',
      () => [{ Name: 'engine', Values: ['aurora-mysql', 'aurora-postgresql'] }],
      ['books', 'orders', 'pr-1'],
    ],
    ['identifier', () => [{ Name: 'db-cluster-id', Values: ['PR-1', 'nothing'] }], ['pr-1']],
    ['ARN', () => [{ Name: 'db-cluster-id', Values: [cloud.region.cluster('pr-1')?.arn ?? ''] }], ['pr-1']],
    [
      'resource id',
      () => [{ Name: 'db-cluster-resource-id', Values: [cloud.region.cluster('books')?.resourceId ?? ''] }],
      ['books'],
    ],
    [
      'clone group: source and clone',
      () => [{ Name: 'clone-group-id', Values: [cloud.region.cluster('pr-1')?.cloneGroupId ?? ''] }],
      ['orders', 'pr-1'],
    ],
    ['domain', () => [{ Name: 'domain', Values: ['d-1'] }], []],
    [
      'two of them: both must match',
      () => [
        { Name: 'engine', Values: ['aurora-postgresql'] },
        { Name: 'db-cluster-id', Values: ['books', 'orders'] },
      ],
      ['orders'],
    ],
  ])('clusters by %s', async (...[, filters, expected]) => {
    expect(await clustersOf(cloud, filters())).toEqual(expected)
  })

  test.each<readonly [string, () => Filter[], readonly string[]]>([
    ['cluster', () => [{ Name: 'db-cluster-id', Values: ['Orders'] }], ['orders-1']],
    ['identifier', () => [{ Name: 'db-instance-id', Values: ['BOOKS-1'] }], ['books-1']],
    [
      'resource id',
      () => [{ Name: 'dbi-resource-id', Values: [cloud.region.instance('orders-1')?.resourceId ?? ''] }],
      ['orders-1'],
    ],
    ['engine', () => [{ Name: 'engine', Values: ['neptune', 'docdb'] }], ['graph-1', 'papers-1']],
  ])('instances by %s', async (...[, filters, expected]) => {
    expect(await instancesOf(cloud, filters())).toEqual(expected)
  })

  test.each<readonly [string, Filter]>([
    ['unknown', { Name: 'tag:team', Values: ['shop'] }],
    ['inherited from Object', { Name: 'constructor', Values: ['shop'] }],
    ['without values', { Name: 'engine', Values: [] }],
  ])('%s: refused', async (_name, filter) => {
    expect(await refusalOf(clustersOf(cloud, [filter]))).toMatchObject({ code: 'InvalidParameterValue' })
    expect(await refusalOf(instancesOf(cloud, [filter]))).toMatchObject({ code: 'InvalidParameterValue' })
  })
})

describe('pages', () => {
  beforeEach(() => {
    const number = (index: number): string => String(index).padStart(2, '0')
    for (let index = 1; index <= 44; index += 1) {
      cloud.region.seedCluster({ identifier: `many-${number(index)}`, instances: [] })
    }
  })

  test('hold MaxRecords, and the next begins where the last ended', async () => {
    const sizes: number[] = []
    const seen: (string | undefined)[] = []
    for await (const page of paginateDescribeDBClusters({ client: cloud.client, pageSize: 20 }, {})) {
      sizes.push(page.DBClusters?.length ?? 0)
      seen.push(...(page.DBClusters ?? []).map((cluster) => cluster.DBClusterIdentifier))
      // What comes and goes between two pages shifts nothing.
      if (sizes.length === 1) cloud.region.seedCluster({ identifier: 'a-new-one', instances: [] })
    }
    expect(sizes).toEqual([20, 20, 5])
    expect(new Set(seen).size).toBe(45)
  })

  test('hold a hundred by themselves, or what the behaviour allows', async () => {
    const { DBClusters, Marker } = await cloud.client.send(new DescribeDBClustersCommand({}))
    expect([DBClusters?.length, Marker]).toEqual([45, undefined])
    const capped = await cloudWith({ pageCap: 1 })
    capped.region.seedCluster({ identifier: 'second' })
    const first = await capped.client.send(new DescribeDBClustersCommand({}))
    expect(first.DBClusters).toHaveLength(1)
    const second = await capped.client.send(new DescribeDBClustersCommand({ Marker: first.Marker }))
    expect([second.DBClusters?.[0]?.DBClusterIdentifier, second.Marker]).toEqual(['second', undefined])
  })

  test.each([{ MaxRecords: 19 }, { MaxRecords: 101 }, { Marker: 'not a marker' }])(
    'refuses %o',
    async (input) => {
      const call = cloud.client.send(new DescribeDBClustersCommand(input))
      expect(await refusalOf(call)).toMatchObject({ code: 'InvalidParameterValue' })
    },
  )
})

describe('finding one', () => {
  test('by any case, and by ARN of this Region', async () => {
    for (const name of ['ORDERS', `arn:aws:rds:${REGION}:${ACCOUNT}:cluster:orders`]) {
      expect(await cloud.describe(name)).toMatchObject({ DBClusterIdentifier: 'orders' })
    }
    const elsewhere = `arn:aws:rds:us-east-1:${ACCOUNT}:cluster:orders`
    expect(await refusalOf(cloud.describe(elsewhere))).toMatchObject({ code: 'DBClusterNotFoundFault' })
  })

  test('not right after its creation, where the behaviour says so', async () => {
    const late = await cloudWith({ notFoundAfterCreateMs: 30 * SECOND })
    await late.clone('pr-1')
    await late.addInstance('pr-1')
    expect(await refusalOf(late.describe('pr-1'))).toMatchObject({ code: 'DBClusterNotFoundFault' })
    expect(await refusalOf(late.describeInstance('pr-1-1'))).toMatchObject({ code: 'DBInstanceNotFound' })
    expect(await clustersOf(late)).toEqual(['orders'])
    expect(await instancesOf(late)).toEqual(['orders-1'])
    expect(await refusalOf(late.clone('pr-1'))).toMatchObject({ code: 'DBClusterAlreadyExistsFault' })
    late.clock.pass(30 * SECOND)
    expect(await clustersOf(late)).toEqual(['orders', 'pr-1'])
    expect(await late.describeInstance('pr-1-1')).toMatchObject({ DBInstanceStatus: 'creating' })
  })

  test('empty lists are absent, or present where the behaviour says so', async () => {
    const present = await cloudWith({ emptyLists: 'present' })
    const lists = (one: { DBClusterMembers?: unknown; TagList?: unknown }): unknown => [
      one.DBClusterMembers,
      one.TagList,
    ]
    expect(lists(await cloud.clone('pr-1'))).toEqual([undefined, undefined])
    expect(lists(await present.clone('pr-1'))).toEqual([[], []])
  })

  test('IncludeShared is accepted', async () => {
    const { DBClusters } = await cloud.client.send(new DescribeDBClustersCommand({ IncludeShared: true }))
    expect(DBClusters).toHaveLength(1)
  })

  test('a subnet group', async () => {
    cloud.region.seedSubnetGroup({ name: 'private', vpcId: 'vpc-1', availabilityZones: ['a', 'b'] })
    const find = async (DBSubnetGroupName?: string): Promise<unknown> =>
      (await cloud.client.send(new DescribeDBSubnetGroupsCommand({ DBSubnetGroupName }))).DBSubnetGroups
    expect(await find()).toHaveLength(2)
    expect(await find('Private')).toMatchObject([
      {
        VpcId: 'vpc-1',
        Subnets: [
          { SubnetAvailabilityZone: { Name: 'eu-west-1a' } },
          { SubnetAvailabilityZone: { Name: 'eu-west-1b' } },
        ],
      },
    ])
    expect(await refusalOf(find('nothing'))).toMatchObject({ code: 'DBSubnetGroupNotFoundFault' })
  })
})

describe('events', () => {
  type Query = Partial<DescribeEventsCommandInput>

  const eventsOf = async (input: Query): Promise<readonly (string | undefined)[]> =>
    ((await cloud.client.send(new DescribeEventsCommand(input))).Events ?? []).map(
      (event) => `${event.SourceIdentifier ?? ''}: ${event.Message ?? ''}`,
    )

  test('tell what happened, when it happened, also of what is gone', async () => {
    await cloud.clone('pr-1')
    await cloud.addInstance('pr-1')
    expect(await eventsOf({})).toEqual([])
    cloud.clock.pass(MINUTE)
    expect(await eventsOf({})).toEqual(['pr-1: DB cluster created'])
    cloud.clock.pass(20 * MINUTE)
    await cloud.deleteInstance('pr-1-1')
    await cloud.deleteCluster('pr-1')
    cloud.clock.pass(20 * MINUTE)
    expect(await eventsOf({})).toEqual([
      'pr-1: DB cluster created',
      'pr-1-1: DB instance created',
      'pr-1: DB cluster deleted',
      'pr-1-1: DB instance deleted',
    ])
  })

  test('tell why something failed', async () => {
    cloud.region.failCluster('pr-1', {
      status: 'cloning-failed',
      afterMs: MINUTE / 2,
      message: 'Amazon RDS can’t access the KMS encryption key',
    })
    await cloud.clone('pr-1')
    cloud.clock.pass(MINUTE)
    const query = { SourceIdentifier: 'PR-1', SourceType: 'db-cluster' } as const
    expect(await eventsOf(query)).toEqual(['pr-1: Amazon RDS can’t access the KMS encryption key'])
    expect(await eventsOf({ ...query, SourceType: 'db-instance' })).toEqual([])
    expect(await eventsOf({ ...query, EventCategories: ['failure'] })).toHaveLength(1)
    expect(await eventsOf({ ...query, EventCategories: ['creation'] })).toEqual([])
  })

  test('of the last hour, of a duration, of a period, and for fourteen days', async () => {
    await cloud.clone('pr-1')
    const createdAt = cloud.clock.now() + MINUTE
    cloud.clock.pass(2 * HOUR)
    expect(await eventsOf({})).toEqual([])
    expect(await eventsOf({ Duration: 180 })).toHaveLength(1)
    expect(await eventsOf({ StartTime: new Date(createdAt) })).toHaveLength(1)
    expect(await eventsOf({ StartTime: new Date(createdAt + 1) })).toEqual([])
    expect(await eventsOf({ StartTime: new Date(0), EndTime: new Date(createdAt - 1) })).toEqual([])
    cloud.clock.pass(14 * DAY)
    expect(await eventsOf({ StartTime: new Date(0) })).toEqual([])
  })

  test.each<readonly [Query, string]>([
    [{ SourceIdentifier: 'pr-1' }, 'InvalidParameterCombination'],
    [{ SourceIdentifier: 'pr-1', SourceType: 'db-table' as 'db-cluster' }, 'InvalidParameterValue'],
    [{ Duration: 20_161 }, 'InvalidParameterValue'],
    [{ Duration: 60, StartTime: new Date(0) }, 'InvalidParameterCombination'],
  ])('refuse %o', async (input, code) => {
    expect(await refusalOf(eventsOf(input))).toMatchObject({ code })
  })
})
