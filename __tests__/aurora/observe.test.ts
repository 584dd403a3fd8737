import {
  DescribeDBClustersCommand,
  DescribeDBInstancesCommand,
  DescribeDBSubnetGroupsCommand,
  DescribeEventsCommand,
} from '@aws-sdk/client-rds'
import { describe, expect, test } from '@jest/globals'
import {
  describeCluster,
  describeEvents,
  describeInstance,
  describeInstancesOf,
  describeSubnetGroup,
  listClusters,
} from '../../src/aurora/observe.ts'
import { CLONE, WRITER, awsCluster, awsInstance, awsSource, fault } from '../factories.ts'
import { aWorld } from '../world.ts'

const ENGINES = [{ Name: 'engine', Values: ['aurora-mysql', 'aurora-postgresql'] }]

describe('listClusters', () => {
  test('asks for Aurora alone, 100 a call, page by page', async () => {
    const { rds, mock } = aWorld()
    const asked: object[] = []
    // The paginator uses one object for every page.
    mock.on(DescribeDBClustersCommand).callsFake((input: object) => {
      asked.push({ ...input })
      return asked.length === 1
        ? { DBClusters: [awsSource()], Marker: 'next' }
        : { DBClusters: [awsCluster()] }
    })
    const clusters = await listClusters(rds, { includeShared: false })
    expect(clusters.map(({ identifier }) => identifier)).toEqual(['orders', CLONE])
    expect(asked).toEqual([
      { Filters: ENGINES, MaxRecords: 100 },
      { Filters: ENGINES, MaxRecords: 100, Marker: 'next' },
    ])
  })

  test('asks for shared clusters where it is told to, and can be stopped', async () => {
    const { rds, mock, controller } = aWorld()
    expect(await listClusters(rds, { includeShared: true, signal: controller.signal })).toEqual([])
    expect(mock.commandCalls(DescribeDBClustersCommand)[0]?.args[0].input).toMatchObject({
      IncludeShared: true,
    })
  })
})

describe('describeCluster', () => {
  test('one cluster', async () => {
    const { rds, mock } = aWorld()
    mock
      .on(DescribeDBClustersCommand, { DBClusterIdentifier: CLONE })
      .resolves({ DBClusters: [awsCluster()] })
    expect(await describeCluster(rds, CLONE, new AbortController().signal)).toMatchObject({
      identifier: CLONE,
      status: 'available',
    })
  })

  test.each([
    ['DBClusterNotFoundFault', { rejects: true }],
    ['an empty list', { rejects: false }],
  ])('%s: it is not there', async (_, { rejects }) => {
    const { rds, mock } = aWorld()
    if (rejects)
      mock.on(DescribeDBClustersCommand).rejects(fault('DescribeDBClusters', 'DBClusterNotFoundFault'))
    expect(await describeCluster(rds, CLONE)).toBeUndefined()
  })

  test('any other fault is no answer', async () => {
    const { rds, mock } = aWorld()
    const denied = fault('DescribeDBClusters', 'AccessDenied', { httpStatus: 403 })
    mock.on(DescribeDBClustersCommand).rejects(denied)
    await expect(describeCluster(rds, CLONE)).rejects.toBe(denied)
  })
})

describe('describeInstancesOf', () => {
  test('those of the cluster, even where the server ignores the filter: they may be deleted', async () => {
    const { rds, mock } = aWorld()
    mock.on(DescribeDBInstancesCommand).resolves({
      DBInstances: [
        awsInstance({ DBInstanceIdentifier: 'orders-a', DBClusterIdentifier: 'orders' }),
        awsInstance(),
        awsInstance({ DBInstanceIdentifier: 'alone', DBClusterIdentifier: undefined }),
      ],
    })
    const instances = await describeInstancesOf(rds, CLONE, new AbortController().signal)
    expect(instances.map(({ identifier }) => identifier)).toEqual([WRITER])
    expect(mock.commandCalls(DescribeDBInstancesCommand)[0]?.args[0].input).toEqual({
      Filters: [{ Name: 'db-cluster-id', Values: [CLONE] }],
    })
  })

  test('none', async () => {
    expect(await describeInstancesOf(aWorld().rds, CLONE)).toEqual([])
  })
})

describe('describeInstance', () => {
  test('one instance', async () => {
    const { rds, mock } = aWorld()
    mock
      .on(DescribeDBInstancesCommand, { DBInstanceIdentifier: WRITER })
      .resolves({ DBInstances: [awsInstance()] })
    expect(await describeInstance(rds, WRITER, new AbortController().signal)).toMatchObject({
      identifier: WRITER,
    })
  })

  test('DBInstanceNotFoundFault and an empty list: it is not there', async () => {
    const { rds, mock } = aWorld()
    expect(await describeInstance(rds, WRITER)).toBeUndefined()
    mock.on(DescribeDBInstancesCommand).rejects(fault('DescribeDBInstances', 'DBInstanceNotFoundFault'))
    expect(await describeInstance(rds, WRITER)).toBeUndefined()
  })

  test('any other fault is no answer', async () => {
    const { rds, mock } = aWorld()
    mock.on(DescribeDBInstancesCommand).rejects(fault('DescribeDBInstances', 'Throttling'))
    await expect(describeInstance(rds, WRITER)).rejects.toMatchObject({ code: 'Throttling' })
  })
})

test('describeSubnetGroup', async () => {
  const { rds, mock } = aWorld()
  expect(await describeSubnetGroup(rds, 'private')).toEqual({ vpcId: undefined, networkTypes: [] })
  mock
    .on(DescribeDBSubnetGroupsCommand, { DBSubnetGroupName: 'private' })
    .resolves({ DBSubnetGroups: [{ VpcId: 'vpc-1', SupportedNetworkTypes: ['IPV4', 'DUAL'] }] })
  expect(await describeSubnetGroup(rds, 'private')).toEqual({
    vpcId: 'vpc-1',
    networkTypes: ['IPV4', 'DUAL'],
  })
})

describe('describeEvents', () => {
  test('those of cluster and writer, in the order of time, the last ten', async () => {
    const { rds, mock } = aWorld()
    const at = (minute: number) => new Date(Date.UTC(2026, 10, 21, 9, minute))
    mock
      .on(DescribeEventsCommand, { SourceType: 'db-cluster', SourceIdentifier: CLONE, Duration: 360 })
      .resolves({
        Events: [
          { Date: at(20), SourceIdentifier: CLONE, Message: 'cluster 20' },
          { Date: at(1), SourceIdentifier: CLONE, Message: 'cluster 1' },
          { Message: 'without a time' },
          { Date: at(2) },
        ],
      })
    mock
      .on(DescribeEventsCommand, { SourceType: 'db-instance', SourceIdentifier: WRITER, Duration: 360 })
      .resolves({
        Events: [
          ...Array.from({ length: 9 }, (_, index) => ({
            Date: at(5 + index),
            Message: `writer ${5 + index}`,
          })),
        ],
      })
    const events = await describeEvents(rds, { cluster: CLONE, instance: WRITER, sinceMs: 0 })
    expect(events.map(({ source, message }) => `${source}|${message}`)).toEqual([
      '|writer 5',
      '|writer 6',
      '|writer 7',
      '|writer 8',
      '|writer 9',
      '|writer 10',
      '|writer 11',
      '|writer 12',
      '|writer 13',
      `${CLONE}|cluster 20`,
    ])
  })

  test('none', async () => {
    expect(await describeEvents(aWorld().rds, { cluster: CLONE, instance: WRITER, sinceMs: 0 })).toEqual([])
  })
})
