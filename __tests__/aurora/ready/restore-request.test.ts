import { describe, expect, test } from '@jest/globals'
import type { RestoreDBClusterToPointInTimeMessage } from '@aws-sdk/client-rds'
import type { CloneShape } from '../../../src/aurora/clone/shape.ts'
import { type CloneOrder, restoreRequest, writerRequest } from '../../../src/aurora/ready/restore-request.ts'
import type { ClusterSnapshot } from '../../../src/aurora/api/snapshot.ts'
import { Failure } from '../../../src/failure.ts'
import {
  CLONE,
  aCluster,
  aShape,
  aSource,
  anIdentity,
  anOrder,
  ownedCloneOf,
  someTags,
  tagList,
} from '../../factories.ts'

const MYSQL = aSource({
  engine: 'aurora-mysql',
  engineVersion: '8.0.mysql_aurora.3.08.0',
  port: 3306,
  parameterGroup: 'orders-mysql',
})

function request(
  shape: Partial<CloneShape> = {},
  source: ClusterSnapshot = aSource(),
  order: Partial<CloneOrder> = {},
): RestoreDBClusterToPointInTimeMessage {
  return restoreRequest(source, anOrder({ shape: aShape(shape), ...order }), 'orders-instance')
}

const ALL_TAGS = {
  ManagedBy: 'aurora-clone-action',
  Ephemeral: 'true',
  Environment: 'PR-42',
  SourceCluster: 'orders',
  'aurora-clone:version': '1',
  'aurora-clone:cluster': 'clone-pr-42-shop-2deea4d997059a7e',
  'aurora-clone:server': 'github.com',
  'aurora-clone:repository-id': '4711',
  'aurora-clone:prefix': 'clone',
  'aurora-clone:key': 'pr-42',
  'aurora-clone:name': '-',
  'aurora-clone:generation': '-',
  'aurora-clone:incarnation': '-',
  'aurora-clone:repository': 'acme/shop',
  'aurora-clone:source': 'orders',
  'aurora-clone:source-resource-id': 'cluster-ORDERS',
  'aurora-clone:created-at': '2026-11-21T10:00:00.000Z',
  'aurora-clone:data-as-of': '2026-11-21T10:00:00.000Z',
  'aurora-clone:expires-at': '2026-11-28T10:00:00.000Z',
  'aurora-clone:instance-class': 'db.serverless',
  'aurora-clone:shape': 'a5b3ae7f',
  'aurora-clone:db-parameter-group': 'orders-instance',
}

function tagsOf({ Tags = [] }: RestoreDBClusterToPointInTimeMessage): Record<string, string | undefined> {
  return Object.fromEntries(Tags.map(({ Key, Value }) => [Key ?? '', Value]))
}

describe('the whole request', () => {
  test('PostgreSQL, Serverless v2, nothing asked for', () => {
    const { Tags, ...fields } = request()
    expect(fields).toEqual({
      DBClusterIdentifier: 'clone-pr-42-shop-2deea4d997059a7e',
      SourceDBClusterIdentifier: 'orders',
      RestoreType: 'copy-on-write',
      UseLatestRestorableTime: true,
      BackupRetentionPeriod: 1,
      DeletionProtection: false,
      EnableIAMDatabaseAuthentication: false,
      VpcSecurityGroupIds: ['sg-0123456789abcdef0'],
      DBSubnetGroupName: 'private',
      DBClusterParameterGroupName: 'orders-cluster',
      Port: 5432,
      NetworkType: 'IPV4',
      EngineLifecycleSupport: 'open-source-rds-extended-support-disabled',
      ServerlessV2ScalingConfiguration: { MinCapacity: 0, MaxCapacity: 4, SecondsUntilAutoPause: 300 },
    })
    expect(tagsOf({ Tags } as RestoreDBClusterToPointInTimeMessage)).toEqual(ALL_TAGS)
  })

  test('MySQL, provisioned', () => {
    const { Tags: _, ...fields } = request({ instanceClass: 'db.r6g.large' }, MYSQL)
    expect(fields).toEqual({
      DBClusterIdentifier: 'clone-pr-42-shop-2deea4d997059a7e',
      SourceDBClusterIdentifier: 'orders',
      RestoreType: 'copy-on-write',
      UseLatestRestorableTime: true,
      BackupRetentionPeriod: 1,
      DeletionProtection: false,
      EnableIAMDatabaseAuthentication: false,
      VpcSecurityGroupIds: ['sg-0123456789abcdef0'],
      DBSubnetGroupName: 'private',
      DBClusterParameterGroupName: 'orders-mysql',
      Port: 3306,
      NetworkType: 'IPV4',
      EngineLifecycleSupport: 'open-source-rds-extended-support-disabled',
    })
  })

  test('a full copy never says copy-on-write or latest restorable time: AWS refuses both together', () => {
    const full = request({ restoreToTime: new Date('2026-11-20T06:00:00Z') })
    expect(full).toMatchObject({ RestoreType: 'full-copy', RestoreToTime: new Date('2026-11-20T06:00:00Z') })
    expect(full.UseLatestRestorableTime).toBeUndefined()
  })

  test('a copy-on-write clone never has a time', () => {
    expect(request().RestoreToTime).toBeUndefined()
  })
})

type Message = RestoreDBClusterToPointInTimeMessage

describe('copy: read from the source and sent; an input overrides it', () => {
  test.each<[keyof Message, Partial<ClusterSnapshot>, unknown, Partial<CloneShape>, unknown]>([
    ['DBSubnetGroupName', { subnetGroup: 'data' }, 'data', { subnetGroup: 'preview' }, 'preview'],
    [
      'VpcSecurityGroupIds',
      { securityGroupIds: ['sg-00000001', 'sg-00000002'] },
      ['sg-00000001', 'sg-00000002'],
      { securityGroupIds: ['sg-00000003'] },
      ['sg-00000003'],
    ],
    [
      'DBClusterParameterGroupName',
      { parameterGroup: 'default.aurora-postgresql16' },
      'default.aurora-postgresql16',
      { clusterParameterGroup: 'preview' },
      'preview',
    ],
    [
      'EnableIAMDatabaseAuthentication',
      { iamAuthentication: true },
      true,
      { iamAuthentication: false },
      false,
    ],
    [
      'EnableIAMDatabaseAuthentication',
      { iamAuthentication: false },
      false,
      { iamAuthentication: true },
      true,
    ],
    ['Port', { port: 6543 }, 6543, {}, 6543],
    ['NetworkType', { networkType: 'DUAL' }, 'DUAL', {}, 'DUAL'],
    [
      'EngineLifecycleSupport',
      { lifecycleSupport: 'open-source-rds-extended-support' },
      'open-source-rds-extended-support',
      {},
      'open-source-rds-extended-support',
    ],
  ])('%s of %j is %j; with %j it is %j', (field, source, copied, shape, overridden) => {
    expect(request({}, aSource(source))[field]).toEqual(copied)
    expect(request(shape, aSource(source))[field]).toEqual(overridden)
  })

  test.each<[keyof Message, Partial<ClusterSnapshot>]>([
    ['DBSubnetGroupName', { subnetGroup: undefined }],
    ['VpcSecurityGroupIds', { securityGroupIds: [] }],
    ['DBClusterParameterGroupName', { parameterGroup: undefined }],
    ['Port', { port: undefined }],
    ['NetworkType', { networkType: undefined }],
    ['EngineLifecycleSupport', { lifecycleSupport: undefined }],
  ])('%s is left to AWS where the source does not tell it', (field, source) => {
    expect(request({}, aSource(source))[field]).toBeUndefined()
  })
})

describe('fixed, whatever the source has', () => {
  test.each<[keyof Message, unknown]>([
    ['BackupRetentionPeriod', 1],
    ['DeletionProtection', false],
  ])('%s is %j', (field, value) => {
    expect(request({}, aSource({ deletionProtection: true }))[field]).toBe(value)
  })
})

describe('omitted unless its input is set', () => {
  test.each<[keyof Message, Partial<CloneShape>, unknown]>([
    ['KmsKeyId', { kmsKeyId: 'alias/preview' }, 'alias/preview'],
    ['BacktrackWindow', { backtrackWindowSeconds: 86_400 }, 86_400],
    ['RestoreToTime', { restoreToTime: new Date(0) }, new Date(0)],
  ])('%s', (field, shape, value) => {
    expect(request({}, MYSQL)[field]).toBeUndefined()
    expect(request(shape, MYSQL)[field]).toEqual(value)
  })

  test.each<keyof Message>([
    'EnableCloudwatchLogsExports',
    'StorageType',
    'OptionGroupName',
    'PubliclyAccessible',
    // AWS refuses these for every ordinary Aurora cluster.
    'EnablePerformanceInsights',
    'PerformanceInsightsKMSKeyId',
    'MonitoringInterval',
    'MonitoringRoleArn',
    'DBClusterInstanceClass',
    'EngineMode',
  ])('%s is never sent', (field) => {
    expect(request({ kmsKeyId: 'k' })).not.toHaveProperty(field)
    expect(request({ instanceClass: 'db.r6g.large' }, MYSQL)).not.toHaveProperty(field)
  })
})

describe('the range of a Serverless v2 clone', () => {
  const OLD = aSource({ engineVersion: '15.4' })
  test.each<[string, Partial<CloneShape>, ClusterSnapshot, object]>([
    ['pauses by default', {}, aSource(), { MinCapacity: 0, MaxCapacity: 4, SecondsUntilAutoPause: 300 }],
    ['half an ACU where it cannot pause', {}, OLD, { MinCapacity: 0.5, MaxCapacity: 4 }],
    ['MySQL pauses too', {}, MYSQL, { MinCapacity: 0, MaxCapacity: 4, SecondsUntilAutoPause: 300 }],
    ['a minimum', { minAcu: 1 }, aSource(), { MinCapacity: 1, MaxCapacity: 4 }],
    [
      'a minimum above the default maximum raises it',
      { minAcu: 8 },
      aSource(),
      { MinCapacity: 8, MaxCapacity: 8 },
    ],
    ['a maximum', { maxAcu: 16 }, aSource(), { MinCapacity: 0, MaxCapacity: 16, SecondsUntilAutoPause: 300 }],
    ['both alike', { minAcu: 2, maxAcu: 2 }, aSource(), { MinCapacity: 2, MaxCapacity: 2 }],
    [
      'when it pauses',
      { autoPauseAfterSeconds: 3_600 },
      aSource(),
      { MinCapacity: 0, MaxCapacity: 4, SecondsUntilAutoPause: 3_600 },
    ],
    [
      'a minimum of zero, spelled out',
      { minAcu: 0 },
      aSource(),
      { MinCapacity: 0, MaxCapacity: 4, SecondsUntilAutoPause: 300 },
    ],
  ])('%s', (_, shape, source, range) => {
    expect(request(shape, source).ServerlessV2ScalingConfiguration).toEqual(range)
  })

  test('a provisioned clone has none', () => {
    expect(request({ instanceClass: 'db.t4g.medium' }).ServerlessV2ScalingConfiguration).toBeUndefined()
  })

  test.each<[string, Partial<CloneShape>, ClusterSnapshot, string, string]>([
    [
      'zero where the version cannot pause',
      { minAcu: 0 },
      OLD,
      'min-acu is 0, but aurora-postgresql 15.4 of source cluster "orders" cannot pause.',
      'Set min-acu to 0.5 or more, or upgrade the source.',
    ],
    [
      'a minimum above the maximum',
      { minAcu: 8, maxAcu: 2 },
      aSource(),
      'min-acu (8) is more than max-acu (2).',
      'Set max-acu to at least min-acu.',
    ],
    [
      'a pause with a minimum',
      { minAcu: 1, autoPauseAfterSeconds: 600 },
      aSource(),
      "auto-pause-after is set, but the clone's minimum is 1 ACU: only a minimum of 0 can pause.",
      'Leave auto-pause-after out, or set min-acu to 0 on an engine version that supports it.',
    ],
    [
      'a pause where the version cannot',
      { autoPauseAfterSeconds: 600 },
      OLD,
      "auto-pause-after is set, but the clone's minimum is 0.5 ACU: only a minimum of 0 can pause.",
      'Leave auto-pause-after out, or set min-acu to 0 on an engine version that supports it.',
    ],
    [
      'Backtrack on PostgreSQL',
      { backtrackWindowSeconds: 3_600 },
      aSource(),
      'backtrack-window is set, but source cluster "orders" is aurora-postgresql: only Aurora MySQL has Backtrack.',
      'Leave backtrack-window out.',
    ],
    [
      'a key for a source that is not encrypted',
      { kmsKeyId: 'alias/shop-dev' },
      aSource({ isEncrypted: false }),
      'kms-key-id is set, but source cluster "orders" is not encrypted, and AWS takes no key for a clone of it.',
      'Leave kms-key-id out.',
    ],
  ])('%s: refused before anything is sent', (_, shape, source, what, remedy) => {
    let failure: unknown
    try {
      request(shape, source)
    } catch (error) {
      failure = error
    }
    expect(failure).toBeInstanceOf(Failure)
    expect(failure).toMatchObject({ title: 'Invalid input', what, remedy })
  })
})

describe('tags', () => {
  test('go into the very call, all of them', () => {
    expect(tagsOf(request())).toEqual(ALL_TAGS)
  })

  test('label and source key are kept, in the form that AWS takes', () => {
    const tags = tagsOf(
      request({}, aSource(), {
        label: 'Clone DB!',
        source: { kind: 'key', key: 'nightly' },
        repository: 'acme/shop#1',
      }),
    )
    expect(tags['aurora-clone:label']).toMatch(/^clone db-\.[0-9a-f]{8}$/)
    expect(tags['aurora-clone:source-key']).toBe('nightly')
    expect(tags['aurora-clone:repository']).toMatch(/^acme\/shop-1\.[0-9a-f]{8}$/)
  })

  test.each([
    ['true', 'true'],
    [undefined, undefined],
  ])('a hold that is asked for (%s) is there from the first moment', (hold, tag) => {
    expect(tagsOf(request({}, aSource(), { hold }))['aurora-clone:hold']).toBe(tag)
  })

  test('a key of the user’s is the environment', () => {
    expect(tagsOf(request({}, aSource(), { identity: anIdentity({ key: 'nightly' }) }))).toMatchObject({
      Environment: 'nightly',
      'aurora-clone:key': 'nightly',
    })
  })

  test('a copy of another time says whose data it has', () => {
    const tags = tagsOf(request({ restoreToTime: new Date('2026-11-20T06:00:00Z') }))
    expect(tags).toMatchObject({
      'aurora-clone:data-as-of': '2026-11-20T06:00:00.000Z',
      'aurora-clone:created-at': '2026-11-21T10:00:00.000Z',
    })
  })

  test.each([
    ['behind', '2026-11-21T09:55:00.000Z', '2026-11-21T09:55:00.000Z'],
    ['ahead', '2026-11-21T10:00:01.000Z', '2026-11-21T10:00:00.000Z'],
  ])(
    'a clone is sure to have the data up to the latest restorable time, where that is %s',
    (_, time, asOf) => {
      const source = aSource({ latestRestorableAtMs: Date.parse(time) })
      expect(tagsOf(request({}, source))['aurora-clone:data-as-of']).toBe(asOf)
    },
  )

  test('the user’s tags come along and never displace ownership', () => {
    // For condition keys of IAM they are one tag.
    expect(tagsOf(request({ tags: { environment: 'dev' } }))).toMatchObject({ environment: 'dev' })
    expect(tagsOf(request({ tags: { environment: 'dev' } }))).not.toHaveProperty('Environment')
    const tags = tagsOf(request({ tags: { Team: 'payments', 'aurora-clone:cluster': 'orders' } }))
    expect(tags).toMatchObject({ Team: 'payments', 'aurora-clone:cluster': CLONE })
  })

  test('the source’s own tags do not come along', () => {
    expect(tagsOf(request({}, aSource({ tags: { Team: 'payments' } })))).not.toHaveProperty('Team')
  })

  test('an instance parameter group of the user’s is kept for the writer', () => {
    expect(tagsOf(request({ parameterGroup: 'preview' }))['aurora-clone:db-parameter-group']).toBe('preview')
  })

  test('a source whose writer cannot be seen gives none', () => {
    const tags = tagsOf(restoreRequest(aSource(), anOrder(), undefined))
    expect(tags).not.toHaveProperty('aurora-clone:db-parameter-group')
  })

  test('with the most tags that a user may give, AWS’s limit of 50 is kept', () => {
    const WRITTEN_LATER = 2
    const tags = Object.fromEntries(Array.from({ length: 20 }, (_, index) => [`Tag${index}`, 'x']))
    const { Tags = [] } = request({ tags }, aSource(), {
      label: 'l',
      source: { kind: 'key', key: 'k' },
      hold: 'true',
    })
    expect(Tags.length + WRITTEN_LATER).toBeLessThanOrEqual(50)
  })
})

describe('the writer, from the cluster’s own tags', () => {
  const aClone = (cluster: Partial<ClusterSnapshot> = {}) => ownedCloneOf(aCluster(cluster))

  test('the whole request', () => {
    expect(writerRequest(aClone(), undefined)).toEqual({
      DBInstanceIdentifier: 'clone-pr-42-shop-2deea4d997059a7e-1',
      DBClusterIdentifier: 'clone-pr-42-shop-2deea4d997059a7e',
      Engine: 'aurora-postgresql',
      DBInstanceClass: 'db.serverless',
      PubliclyAccessible: false,
      AutoMinorVersionUpgrade: false,
      MonitoringInterval: 0,
      DBParameterGroupName: 'orders-instance',
      Tags: tagList(someTags()),
    })
  })

  test.each([
    ['its class', { 'aurora-clone:instance-class': 'db.r6g.large' }, { DBInstanceClass: 'db.r6g.large' }],
    ['its parameter group', { 'aurora-clone:db-parameter-group': 'x' }, { DBParameterGroupName: 'x' }],
    [
      'Serverless v2 where no tag says',
      { 'aurora-clone:instance-class': undefined },
      { DBInstanceClass: 'db.serverless' },
    ],
  ])('%s', (_, tags, expected) => {
    expect(writerRequest(aClone({ tags: someTags(tags) }), undefined)).toMatchObject(expected)
  })

  test('no parameter group where no tag names one', () => {
    const tags = someTags({ 'aurora-clone:db-parameter-group': undefined })
    expect(writerRequest(aClone({ tags }), undefined).DBParameterGroupName).toBeUndefined()
  })

  test('holds and AWS’s own tags stay with the cluster', () => {
    const tags = someTags({ 'aurora-clone:hold': 'true', 'aws:createdBy': 'x', Team: 'payments' })
    const keys = (writerRequest(aClone({ tags }), undefined).Tags ?? []).map(({ Key }) => Key)
    expect(keys).toEqual(expect.arrayContaining(['Team', 'aurora-clone:cluster', 'aurora-clone:key']))
    expect(keys).not.toContain('aurora-clone:hold')
    expect(keys).not.toContain('aws:createdBy')
  })

  test.each(['DBSubnetGroupName', 'VpcSecurityGroupIds', 'Port', 'MasterUserPassword', 'DeletionProtection'])(
    '%s belongs to the cluster and is not sent',
    (field) => {
      expect(writerRequest(aClone({ tags: undefined }), undefined)).not.toHaveProperty(field)
    },
  )
})
