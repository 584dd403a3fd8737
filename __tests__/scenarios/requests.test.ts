import { describe, expect, test } from '@jest/globals'
import { SOURCE, type World, aTableWorld } from './world.ts'

type Input = Readonly<Record<string, unknown>>

function requestOf(world: World, operation: string): Input {
  const request = world.cloud.aws.requests.findLast((record) => record.operation === operation)
  if (request === undefined) throw new Error(`no ${operation} arrived`)
  return request.input
}

function tagsOf(input: Input): Readonly<Record<string, string>> {
  const tags = input['Tags'] as readonly { Key: string; Value: string }[]
  return Object.fromEntries(tags.map(({ Key, Value }) => [Key, Value]))
}

/** A source that differs from AWS's defaults in everything that a clone shall share with it. */
function seedUnusual(world: World, engine: 'aurora-postgresql' | 'aurora-mysql'): void {
  const { region } = world.cloud
  const family = engine === 'aurora-mysql' ? 'aurora-mysql8.0' : 'aurora-postgresql16'
  region.seedSubnetGroup({ name: 'data', vpcId: 'vpc-data', supportedNetworkTypes: ['IPV4', 'DUAL'] })
  region.seedClusterParameterGroup({ name: 'team-cluster', family })
  region.seedParameterGroup({ name: 'team-instance', family })
  world.seedForeign({
    identifier: 'unusual',
    engine,
    engineVersion: engine === 'aurora-mysql' ? '8.0.mysql_aurora.3.08.0' : '16.4',
    port: 6_000,
    subnetGroup: 'data',
    vpcSecurityGroupIds: ['sg-00000001', 'sg-00000002'],
    parameterGroup: 'team-cluster',
    networkType: 'DUAL',
    iamDatabaseAuthentication: true,
    engineLifecycleSupport: 'open-source-rds-extended-support-disabled',
    backupRetentionPeriod: 14,
    backtrackWindow: engine === 'aurora-mysql' ? 3_600 : 0,
    deletionProtection: true,
    tags: { Team: 'payments', 'aurora-clone:key': 'not-yours' },
    instances: [{ instanceClass: 'db.r6g.large', parameterGroup: 'team-instance', writer: true }],
  })
}

const COPIED = {
  DBSubnetGroupName: 'data',
  VpcSecurityGroupIds: ['sg-00000001', 'sg-00000002'],
  DBClusterParameterGroupName: 'team-cluster',
  Port: 6_000,
  NetworkType: 'DUAL',
  EnableIAMDatabaseAuthentication: true,
  EngineLifecycleSupport: 'open-source-rds-extended-support-disabled',
}
const FIXED = {
  RestoreType: 'copy-on-write',
  UseLatestRestorableTime: true,
  BackupRetentionPeriod: 1,
  DeletionProtection: false,
}
const OMITTED = [
  'KmsKeyId',
  'BacktrackWindow',
  'RestoreToTime',
  'EnableCloudwatchLogsExports',
  'StorageType',
  'EnablePerformanceInsights',
  'MonitoringInterval',
  'OptionGroupName',
]

describe('what reaches AWS', () => {
  describe.each(['aurora-postgresql', 'aurora-mysql'] as const)('from %s', (engine) => {
    test.each([
      ['db.serverless', { MinCapacity: 0, MaxCapacity: 4, SecondsUntilAutoPause: 300 }],
      ['db.r6g.large', undefined],
    ])('for %s', async (instanceClass, range) => {
      const world = await aTableWorld()
      seedUnusual(world, engine)
      const run = await world.create({ 'source-cluster': 'unusual', 'instance-class': instanceClass })
      expect(run.exitCode).toBe(0)

      const restore = requestOf(world, 'RestoreDBClusterToPointInTime')
      expect(restore).toMatchObject({ ...COPIED, ...FIXED, SourceDBClusterIdentifier: 'unusual' })
      expect(restore['ServerlessV2ScalingConfiguration']).toEqual(range)
      for (const member of OMITTED) expect(restore).not.toHaveProperty(member)

      const instance = requestOf(world, 'CreateDBInstance')
      expect(instance).toMatchObject({
        Engine: engine,
        DBInstanceClass: instanceClass,
        DBParameterGroupName: 'team-instance',
        PubliclyAccessible: false,
        AutoMinorVersionUpgrade: false,
        MonitoringInterval: 0,
      })
      expect(Object.keys(instance).toSorted()).toEqual(
        [
          'AutoMinorVersionUpgrade',
          'DBClusterIdentifier',
          'DBInstanceClass',
          'DBInstanceIdentifier',
          'DBParameterGroupName',
          'Engine',
          'MonitoringInterval',
          'PubliclyAccessible',
          'Tags',
        ].toSorted(),
      )
      // What AWS made of it is what the source has.
      expect(world.clone()).toMatchObject({ port: 6_000, copy: 'copy-on-write' })
    })
  })

  test('an input overrides what would be copied', async () => {
    const world = await aTableWorld()
    seedUnusual(world, 'aurora-mysql')
    const { region } = world.cloud
    region.seedSubnetGroup({ name: 'previews', vpcId: 'vpc-previews' })
    region.seedClusterParameterGroup({ name: 'preview-cluster', family: 'aurora-mysql8.0' })
    region.seedParameterGroup({ name: 'preview-instance', family: 'aurora-mysql8.0' })
    const run = await world.create({
      'source-cluster': 'unusual',
      'min-acu': '1',
      'max-acu': '2.5',
      'db-subnet-group-name': 'previews',
      'vpc-security-group-ids': 'sg-0000000a\nsg-0000000b',
      'db-cluster-parameter-group-name': 'preview-cluster',
      'db-parameter-group-name': 'preview-instance',
      'iam-database-authentication': 'false',
      'backtrack-window': '24h',
      tags: 'Team=previews, CostCenter=42',
    })
    expect(run.annotations).not.toContainEqual(expect.objectContaining({ level: 'error' }))
    const restore = requestOf(world, 'RestoreDBClusterToPointInTime')
    expect(restore).toMatchObject({
      DBSubnetGroupName: 'previews',
      VpcSecurityGroupIds: ['sg-0000000a', 'sg-0000000b'],
      DBClusterParameterGroupName: 'preview-cluster',
      EnableIAMDatabaseAuthentication: false,
      BacktrackWindow: 86_400,
      // That subnet group has no IPv6.
      NetworkType: 'IPV4',
      ServerlessV2ScalingConfiguration: { MinCapacity: 1, MaxCapacity: 2.5 },
    })
    expect(requestOf(world, 'CreateDBInstance')).toMatchObject({ DBParameterGroupName: 'preview-instance' })
    expect(tagsOf(restore)).toMatchObject({ Team: 'previews', CostCenter: '42' })
  })

  test('cluster and writer carry all tags from the first moment', async () => {
    const world = await aTableWorld()
    await world.create({ wait: 'false', ttl: '2d' })
    const cluster = tagsOf(requestOf(world, 'RestoreDBClusterToPointInTime'))
    expect(cluster).toMatchObject({
      ManagedBy: 'aurora-clone-action',
      Ephemeral: 'true',
      Environment: 'PR-42',
      SourceCluster: SOURCE,
      'aurora-clone:version': '1',
      'aurora-clone:cluster': 'clone-pr-42-shop-8b540f896d9d0b71',
      'aurora-clone:server': 'github.com',
      'aurora-clone:repository-id': '4200',
      'aurora-clone:repository': 'acme/shop',
      'aurora-clone:key': 'pr-42',
      'aurora-clone:name': '-',
      'aurora-clone:generation': '-',
      'aurora-clone:label': 'clone-db',
      'aurora-clone:source': SOURCE,
      'aurora-clone:source-resource-id': world.cloud.region.cluster(SOURCE)?.resourceId,
      'aurora-clone:instance-class': 'db.serverless',
    })
    const life =
      Date.parse(cluster['aurora-clone:expires-at'] ?? '') -
      Date.parse(cluster['aurora-clone:created-at'] ?? '')
    expect(life).toBe(2 * 86_400_000)
    expect(tagsOf(requestOf(world, 'CreateDBInstance'))).toEqual(cluster)
  })

  test.each([
    ['13.14', 0.5],
    ['16.3', 0],
  ])('PostgreSQL %s gets a minimum of %d ACU', async (engineVersion, minimum) => {
    const world = await aTableWorld()
    world.seedForeign({ identifier: 'versioned', engineVersion })
    await world.create({ 'source-cluster': 'versioned', wait: 'false' })
    expect(requestOf(world, 'RestoreDBClusterToPointInTime')['ServerlessV2ScalingConfiguration']).toEqual(
      minimum === 0
        ? { MinCapacity: 0, MaxCapacity: 4, SecondsUntilAutoPause: 300 }
        : { MinCapacity: 0.5, MaxCapacity: 4 },
    )
  })

  test('an encrypted source with another key', async () => {
    const world = await aTableWorld()
    world.seedForeign({ identifier: 'encrypted', kmsKeyId: 'arn:aws:kms:eu-west-1:123456789012:key/source' })
    await world.create({
      'source-cluster': 'encrypted',
      'kms-key-id': 'arn:aws:kms:eu-west-1:123456789012:key/previews',
      wait: 'false',
    })
    expect(requestOf(world, 'RestoreDBClusterToPointInTime')).toMatchObject({
      KmsKeyId: 'arn:aws:kms:eu-west-1:123456789012:key/previews',
    })
  })

  test('data of an earlier time is a full copy', async () => {
    const world = await aTableWorld()
    const time = new Date(world.cloud.clock.now() - 7_200_000).toISOString()
    const run = await world.create({ 'restore-to-time': time, wait: 'false' })
    const restore = requestOf(world, 'RestoreDBClusterToPointInTime')
    expect(restore).toMatchObject({ RestoreType: 'full-copy' })
    expect(restore).not.toHaveProperty('UseLatestRestorableTime')
    expect(run.outputs['data-as-of']).toBe(time)
    expect(world.clone().copy).toBe('full-copy')
  })

  test('instances may inherit their cluster’s tags or not: it is the same to the action', async () => {
    const world = await aTableWorld({ behaviour: { instancesInheritClusterTags: true } })
    expect((await world.create()).outputs['outcome']).toBe('ready')
    expect((await world.destroy({ wait: 'true' }, { event: world.close() })).outputs['outcome']).toBe(
      'destroyed',
    )
  })
})

describe('a Region with many clusters', () => {
  test('is listed page by page, and other engines are left alone', async () => {
    const world = await aTableWorld({
      behaviour: { clusterQuota: 400, instanceQuota: 400, pageCap: 100 },
    })
    for (let index = 0; index < 250; index += 1)
      world.seedForeign({
        identifier: `other-${index}`,
        engine: index % 5 === 0 ? 'neptune' : 'aurora-mysql',
      })
    const run = await world.create({ wait: 'false' })
    expect(run.outputs['outcome']).toBe('creating')
    expect(run.log).toContain('Aurora clusters in eu-west-1: 201')
    // Two listings, and the look before the tags.
    expect(world.calls().filter((operation) => operation === 'DescribeDBClusters')).toHaveLength(3 + 3 + 1)
  })
})
