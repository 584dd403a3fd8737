import {
  type DBCluster,
  DescribeDBClustersCommand,
  DescribeDBInstancesCommand,
  DescribeDBSubnetGroupsCommand,
  DescribeEventsCommand,
  type RDSClient,
} from '@aws-sdk/client-rds'
import { describe, expect, test } from '@jest/globals'
import { EMPTY_ANSWER, UNCLEAR_ANSWER } from '../../../src/aurora/api/aws-call.ts'
import { createRdsClients } from '../../../src/aurora/api/client.ts'
import {
  describeCluster,
  describeEvents,
  describeInstance,
  describeInstancesOf,
  describeSubnetGroup,
  listClusters,
} from '../../../src/aurora/api/describe.ts'
import { CLONE, WRITER, awsCluster, awsInstance, awsSource, fault } from '../../factories.ts'
import { aWorld } from '../../world.ts'
import { AnsweringServer } from './answering-server.ts'

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

  test.each<[string, (page: number) => string, number]>([
    ['the same page each time', () => 'again', 2],
    ['two pages in turn', (page) => `page ${page % 2}`, 3],
    ['another page each time', (page) => `page ${page}`, 100],
  ])('%s: no listing, and the end of it', async (_, markerOf, pages) => {
    const { rds, mock } = aWorld()
    mock.on(DescribeDBClustersCommand).callsFake(() => ({
      DBClusters: [awsSource()],
      Marker: markerOf(mock.commandCalls(DescribeDBClustersCommand).length),
    }))
    await expect(listClusters(rds, { includeShared: false })).rejects.toMatchObject({ code: UNCLEAR_ANSWER })
    expect(mock.commandCalls(DescribeDBClustersCommand)).toHaveLength(pages)
  })

  test('a hundred pages are a listing', async () => {
    const { rds, mock } = aWorld()
    mock.on(DescribeDBClustersCommand).callsFake(() => {
      const page = mock.commandCalls(DescribeDBClustersCommand).length
      return { DBClusters: [awsSource()], Marker: page < 100 ? `page ${page}` : '' }
    })
    expect(await listClusters(rds, { includeShared: false })).toHaveLength(100)
  })

  test('a page that is not AWS’s makes the whole listing none', async () => {
    const { rds, mock } = aWorld()
    mock
      .on(DescribeDBClustersCommand)
      .resolvesOnce({ DBClusters: [awsSource()], Marker: 'next' })
      .resolves({})
    await expect(listClusters(rds, { includeShared: false })).rejects.toMatchObject({ code: UNCLEAR_ANSWER })
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

  test('DBClusterNotFoundFault: it is not there', async () => {
    const { rds, mock } = aWorld()
    mock.on(DescribeDBClustersCommand).rejects(fault('DescribeDBClusters', 'DBClusterNotFoundFault'))
    expect(await describeCluster(rds, CLONE)).toBeUndefined()
  })

  test.each<[string, readonly DBCluster[], string]>([
    ['an empty list', [], EMPTY_ANSWER],
    ['another cluster', [awsSource()], UNCLEAR_ANSWER],
    ['another one beside it', [awsCluster(), awsSource()], UNCLEAR_ANSWER],
    ['itself twice', [awsCluster(), awsCluster()], UNCLEAR_ANSWER],
    ['a cluster without a name', [awsCluster({ DBClusterIdentifier: undefined })], UNCLEAR_ANSWER],
  ])('%s is no answer: it may be there or not', async (_, clusters, code) => {
    const { rds, mock } = aWorld()
    mock.on(DescribeDBClustersCommand).resolves({ DBClusters: [...clusters] })
    await expect(describeCluster(rds, CLONE)).rejects.toMatchObject({ operation: 'DescribeDBClusters', code })
  })

  test('any other fault is no answer', async () => {
    const { rds, mock } = aWorld()
    const denied = fault('DescribeDBClusters', 'AccessDenied', { httpStatus: 403 })
    mock.on(DescribeDBClustersCommand).rejects(denied)
    await expect(describeCluster(rds, CLONE)).rejects.toBe(denied)
  })
})

describe('an answer without a list', () => {
  const server = AnsweringServer.beforeEach()
  const WITHOUT_LIST =
    '<DescribeDBClustersResponse xmlns="http://rds.amazonaws.com/doc/2014-10-31/"><DescribeDBClustersResult/></DescribeDBClustersResponse>'
  const ask = {
    'a listing': (rds) => listClusters(rds, { includeShared: false }),
    'a question by name': (rds) => describeCluster(rds, CLONE),
    instances: (rds) => describeInstancesOf(rds, CLONE),
    'an instance by name': (rds) => describeInstance(rds, WRITER),
    'a subnet group by name': (rds) => describeSubnetGroup(rds, 'private'),
  } as const satisfies Record<string, (rds: RDSClient) => Promise<unknown>>

  const outcomeOf = async (
    question: keyof typeof ask,
    answer: Pick<AnsweringServer['answer'], 'body' | 'headers'>,
  ): Promise<unknown> => {
    server().answer = { status: 200, ...answer }
    const { once } = createRdsClients({
      region: 'eu-west-1',
      userAgent: ['aurora-clone-action', '1.2.3'],
      env: {},
      signal: new AbortController().signal,
      mask: () => undefined,
    })
    return await ask[question](once).catch((error: unknown) => error)
  }

  test.each([
    ['the page of a portal', '<html><body><h1>Sign in</h1></body></html>'],
    ['nothing', ''],
    ['a result without a list', WITHOUT_LIST],
    ['a text', '{"message":"try later"}'],
  ])('%s, without AWS’s request id: no answer of AWS', async (_, body) => {
    for (const question of Object.keys(ask) as (keyof typeof ask)[])
      expect(await outcomeOf(question, { body, headers: {} })).toMatchObject({ code: UNCLEAR_ANSWER })
  })

  test('with AWS’s request id: none, but not of what was asked for by name', async () => {
    expect(await outcomeOf('a listing', { body: WITHOUT_LIST })).toEqual([])
    expect(await outcomeOf('instances', { body: WITHOUT_LIST })).toEqual([])
    expect(await outcomeOf('a question by name', { body: WITHOUT_LIST })).toMatchObject({
      code: EMPTY_ANSWER,
    })
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

  test.each([
    ['an empty list', undefined],
    ['DBClusterNotFoundFault, which AWS may have for a filter, too', 'DBClusterNotFoundFault'],
  ])('none: %s', async (_, code) => {
    const { rds, mock } = aWorld()
    if (code === undefined) mock.on(DescribeDBInstancesCommand).resolves({ DBInstances: [] })
    else mock.on(DescribeDBInstancesCommand).rejects(fault('DescribeDBInstances', code))
    expect(await describeInstancesOf(rds, CLONE)).toEqual([])
  })

  test('a first page of several is no answer: the writer may be on the second', async () => {
    const { rds, mock } = aWorld()
    mock.on(DescribeDBInstancesCommand).resolves({ DBInstances: [awsInstance()], Marker: 'next' })
    await expect(describeInstancesOf(rds, CLONE)).rejects.toMatchObject({ code: UNCLEAR_ANSWER })
  })

  test('any other fault is no answer', async () => {
    const { rds, mock } = aWorld()
    mock.on(DescribeDBInstancesCommand).rejects(fault('DescribeDBInstances', 'AccessDenied'))
    await expect(describeInstancesOf(rds, CLONE)).rejects.toMatchObject({ code: 'AccessDenied' })
  })
})

describe('describeInstance', () => {
  test('one instance', async () => {
    const { rds, mock } = aWorld()
    mock
      .on(DescribeDBInstancesCommand, { DBInstanceIdentifier: WRITER })
      .resolves({ DBInstances: [awsInstance()] })
    expect(await describeInstance(rds, WRITER)).toMatchObject({
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
