import { afterEach, beforeEach, describe, expect, test } from '@jest/globals'
import { type Account, openAccount } from './account.ts'
import { FIRST_USE_TIMEOUT_MS } from './python.ts'

let account: Account

beforeEach(async () => {
  account = await openAccount()
  account.region.seedCluster({ identifier: 'orders', databaseName: 'shop' })
}, FIRST_USE_TIMEOUT_MS)

afterEach(async () => {
  await account.close()
})

type Request = readonly [operation: string, parameters: Readonly<Record<string, unknown>>]
/** Its class in boto3, its code on the wire, the HTTP status and how many times boto3 asked. */
type Refusal = readonly [exception: string, code: string, httpStatus: number, attempts: number]

const restore = (parameters: Readonly<Record<string, unknown>>): Request => [
  'restore_db_cluster_to_point_in_time',
  {
    DBClusterIdentifier: 'clone',
    SourceDBClusterIdentifier: 'orders',
    RestoreType: 'copy-on-write',
    UseLatestRestorableTime: true,
    ...parameters,
  },
]

const instance = (parameters: Readonly<Record<string, unknown>>): Request => [
  'create_db_instance',
  {
    DBClusterIdentifier: 'orders',
    DBInstanceIdentifier: 'another',
    DBInstanceClass: 'db.r6g.large',
    Engine: 'aurora-postgresql',
    ...parameters,
  },
]

describe('boto3', () => {
  test('makes a clone, waits for it, changes it and takes it away', async () => {
    expect(await account.client.run('boto3_life.py')).toEqual({
      afterwards: 'DBClusterNotFoundFault',
      events: expect.arrayContaining(['DB cluster created', 'DB cluster stopped', 'DB cluster deleted']),
      clusters: ['orders'],
    })
    expect([...new Set(account.newCalls())]).toEqual([
      'RestoreDBClusterToPointInTime',
      'DescribeDBClusters',
      'CreateDBInstance',
      'DescribeDBInstances',
      'AddTagsToResource',
      'RemoveTagsFromResource',
      'ListTagsForResource',
      'ModifyDBCluster',
      'StopDBCluster',
      'StartDBCluster',
      'DeleteDBInstance',
      'DeleteDBCluster',
      'DescribeEvents',
    ])
    expect(account.region.instances().map(({ identifier }) => identifier)).toEqual(['orders-1'])
  })

  test('turns pages and filters', async () => {
    account.region.seedCluster({ identifier: 'graph', engine: 'neptune' })
    for (let n = 10; n < 53; n += 1) account.region.seedCluster({ identifier: `pool-${n}`, instances: [] })
    expect(await account.client.run('boto3_listing.py')).toEqual({
      clusters: account.region
        .clusters()
        .map(({ identifier }) => identifier)
        .toSorted(),
      instances: ['graph-1', 'orders-1'],
      groups: ['default'],
      'by engine': ['graph'],
      'by identifier': ['orders', 'pool-10'],
      'by resource id': ['orders'],
      'by nothing that is there': [],
      members: ['orders-1'],
    })
  })

  test('gives up waiting when AWS says that it is over, and only then', async () => {
    account.region.seedCluster({ identifier: 'failed', status: 'incompatible-parameters' })
    account.region.seedCluster({ identifier: 'never', status: 'creating' })
    expect(await account.client.run('boto3_waiters.py')).toEqual({
      failed: expect.stringContaining('we matched expected path: "incompatible-parameters" at least once'),
      nobody: expect.stringContaining('An error occurred (DBClusterNotFoundFault)'),
      never: expect.stringContaining('Max attempts exceeded'),
      'not there': 'came about',
    })
  })

  test('raises its own exception for every refusal', async () => {
    const { aws, client, region } = account
    region.seedCluster({ identifier: 'empty', instances: [] })
    region.seedCluster({ identifier: 'stopped', status: 'stopped' })
    region.seedSubnetGroup({ name: 'one-zone', availabilityZones: ['a'] })
    const arn = 'arn:aws:rds:eu-west-1:123456789012:db:nobody'
    aws.deny('rds:StopDBCluster')
    aws.faults.add({ operation: 'StartDBCluster', fault: 'throttle' })
    const table: readonly (readonly [Request, Refusal])[] = [
      [
        ['describe_db_clusters', { DBClusterIdentifier: 'nobody' }],
        ['DBClusterNotFoundFault', 'DBClusterNotFoundFault', 404, 1],
      ],
      [
        ['describe_db_instances', { DBInstanceIdentifier: 'nobody' }],
        ['DBInstanceNotFoundFault', 'DBInstanceNotFound', 404, 1],
      ],
      [
        ['list_tags_for_resource', { ResourceName: arn }],
        ['DBInstanceNotFoundFault', 'DBInstanceNotFound', 404, 1],
      ],
      [
        restore({ DBClusterIdentifier: 'orders' }),
        ['DBClusterAlreadyExistsFault', 'DBClusterAlreadyExistsFault', 400, 1],
      ],
      [
        restore({ SourceDBClusterIdentifier: 'empty' }),
        ['InvalidDBClusterStateFault', 'InvalidDBClusterStateFault', 400, 1],
      ],
      [
        restore({ DBSubnetGroupName: 'one-zone' }),
        ['DBSubnetGroupDoesNotCoverEnoughAZs', 'DBSubnetGroupDoesNotCoverEnoughAZs', 400, 1],
      ],
      [
        restore({ DBClusterParameterGroupName: 'none' }),
        ['DBClusterParameterGroupNotFoundFault', 'DBClusterParameterGroupNotFound', 404, 1],
      ],
      [
        instance({ DBInstanceIdentifier: 'orders-1' }),
        ['DBInstanceAlreadyExistsFault', 'DBInstanceAlreadyExists', 400, 1],
      ],
      [
        instance({ DBParameterGroupName: 'none' }),
        ['DBParameterGroupNotFoundFault', 'DBParameterGroupNotFound', 404, 1],
      ],
      [
        ['delete_db_instance', { DBInstanceIdentifier: 'stopped-1' }],
        ['InvalidDBInstanceStateFault', 'InvalidDBInstanceState', 400, 1],
      ],
      // Codes that no model holds have no class of their own.
      [restore({ DBClusterIdentifier: '4ever' }), ['ClientError', 'InvalidParameterValue', 400, 1]],
      [
        ['delete_db_cluster', { DBClusterIdentifier: 'empty' }],
        ['ClientError', 'InvalidParameterCombination', 400, 1],
      ],
      [
        ['stop_db_cluster', { DBClusterIdentifier: 'orders' }],
        ['ClientError', 'AccessDenied', 403, 1],
      ],
      [
        ['start_db_cluster', { DBClusterIdentifier: 'stopped' }],
        ['ClientError', 'Throttling', 400, 3],
      ],
    ]
    const refusals = await client.run(
      'boto3_faults.py',
      table.map(([request]) => request),
    )
    expect(refusals).toEqual(table.map(([, refusal]) => refusal))
  })
})
