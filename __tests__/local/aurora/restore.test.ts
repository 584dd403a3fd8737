import { ModifyDBClusterCommand, StopDBClusterCommand } from '@aws-sdk/client-rds'
import type { RestoreDBClusterToPointInTimeCommandInput } from '@aws-sdk/client-rds'
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals'
import type { Behaviour } from '../../../local/aurora/behaviour.ts'
import { ACCOUNT, HOUR, MINUTE, REGION, refusalOf, startCloud } from './cloud.ts'
import type { Cloud } from './cloud.ts'

type Input = Partial<RestoreDBClusterToPointInTimeCommandInput>

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

const KEY = `arn:aws:kms:${REGION}:${ACCOUNT}:key/1234abcd-12ab-34cd-56ef-1234567890ab`

function seedRichSource(): void {
  cloud.region.seedSubnetGroup({ name: 'private', vpcId: 'vpc-1', supportedNetworkTypes: ['IPV4', 'DUAL'] })
  cloud.region.seedClusterParameterGroup({ name: 'tuned', family: 'aurora-postgresql16' })
  cloud.region.seedCluster({
    identifier: 'rich',
    port: 6432,
    subnetGroup: 'private',
    vpcSecurityGroupIds: ['sg-0123'],
    parameterGroup: 'tuned',
    networkType: 'DUAL',
    kmsKeyId: KEY,
    databaseName: 'shop',
    masterUsername: 'admin',
    deletionProtection: true,
    iamDatabaseAuthentication: true,
    httpEndpointEnabled: true,
    copyTagsToSnapshot: true,
    backupRetentionPeriod: 14,
    logExports: ['postgresql'],
    storageType: 'aurora-iopt1',
    serverlessV2: { minCapacity: 1, maxCapacity: 8 },
    tags: { team: 'shop' },
  })
}

describe('what a clone gets when nothing is sent', () => {
  test("defaults, not the source's values, except for tags, data and retention", async () => {
    seedRichSource()
    const clone = await cloud.clone('pr-1', { SourceDBClusterIdentifier: 'rich' })
    expect(clone).toMatchObject({
      Port: 5432,
      DBSubnetGroup: 'default',
      DBClusterParameterGroup: 'default.aurora-postgresql16',
      VpcSecurityGroups: [{ VpcSecurityGroupId: 'sg-default-default', Status: 'active' }],
      NetworkType: 'IPV4',
      DeletionProtection: false,
      IAMDatabaseAuthenticationEnabled: false,
      HttpEndpointEnabled: false,
      CopyTagsToSnapshot: false,
      EngineLifecycleSupport: 'open-source-rds-extended-support',
      BackupRetentionPeriod: 14,
      DatabaseName: 'shop',
      MasterUsername: 'admin',
      StorageEncrypted: true,
      KmsKeyId: KEY,
      TagList: [{ Key: 'team', Value: 'shop' }],
    })
    for (const absent of [
      'ServerlessV2ScalingConfiguration',
      'EnabledCloudwatchLogsExports',
      'DBClusterMembers',
      'MasterUserSecret',
      'StorageType',
      'BacktrackWindow',
    ] as const) {
      expect([absent, clone[absent]]).toEqual([absent, undefined])
    }
  })

  test('what is sent is used', async () => {
    seedRichSource()
    const clone = await cloud.clone('pr-1', {
      SourceDBClusterIdentifier: 'rich',
      Port: 6432,
      DBSubnetGroupName: 'Private',
      VpcSecurityGroupIds: ['sg-0123', 'sg-4567'],
      DBClusterParameterGroupName: 'tuned',
      NetworkType: 'DUAL',
      BackupRetentionPeriod: 1,
      DeletionProtection: true,
      EnableIAMDatabaseAuthentication: true,
      EnableCloudwatchLogsExports: ['postgresql'],
      KmsKeyId: 'alias/other',
      StorageType: 'aurora-iopt1',
      EngineLifecycleSupport: 'open-source-rds-extended-support-disabled',
      ServerlessV2ScalingConfiguration: { MinCapacity: 0, MaxCapacity: 4, SecondsUntilAutoPause: 600 },
      Tags: [{ Key: 'own', Value: 'tag' }],
    })
    expect(clone).toMatchObject({
      Port: 6432,
      DBSubnetGroup: 'private',
      VpcSecurityGroups: [{ VpcSecurityGroupId: 'sg-0123' }, { VpcSecurityGroupId: 'sg-4567' }],
      DBClusterParameterGroup: 'tuned',
      NetworkType: 'DUAL',
      BackupRetentionPeriod: 1,
      DeletionProtection: true,
      IAMDatabaseAuthenticationEnabled: true,
      EnabledCloudwatchLogsExports: ['postgresql'],
      KmsKeyId: `arn:aws:kms:${REGION}:${ACCOUNT}:alias/other`,
      StorageType: 'aurora-iopt1',
      EngineLifecycleSupport: 'open-source-rds-extended-support-disabled',
      ServerlessV2ScalingConfiguration: { MinCapacity: 0, MaxCapacity: 4, SecondsUntilAutoPause: 600 },
    })
    expect(clone.TagList).toEqual([{ Key: 'own', Value: 'tag' }])
  })

  test('the Data API is off, or on where the behaviour says that it is inherited', async () => {
    const inheriting = await cloudWith({ dataApiOnClones: 'inherited' })
    inheriting.region.seedCluster({ identifier: 'api', httpEndpointEnabled: true })
    expect(await inheriting.clone('pr-1', { SourceDBClusterIdentifier: 'api' })).toMatchObject({
      HttpEndpointEnabled: true,
    })
    expect(await inheriting.clone('pr-2')).toMatchObject({ HttpEndpointEnabled: false })
  })
})

describe('how the source is named', () => {
  test.each<readonly [string, () => Input]>([
    ['by another case', () => ({ SourceDBClusterIdentifier: 'ORDERS' })],
    ['by ARN', () => ({ SourceDBClusterIdentifier: `arn:aws:rds:${REGION}:${ACCOUNT}:cluster:orders` })],
    [
      'by resource id',
      () => ({
        SourceDBClusterIdentifier: undefined,
        SourceDbClusterResourceId: cloud.region.cluster('orders')?.resourceId,
      }),
    ],
  ])('%s', async (_name, input) => {
    const clone = await cloud.clone('pr-1', input())
    expect(cloud.region.cluster('pr-1')?.copiedFrom).toBe(cloud.region.cluster('orders')?.resourceId)
    expect(clone.Status).toBe('creating')
    expect(cloud.server.requests.at(-1)).toMatchObject({ source: 'orders', clusters: ['pr-1'] })
  })
})

interface Refused {
  readonly input: Input
  readonly code: string
  readonly message?: string
  readonly status?: number
}

const serverless = (MinCapacity: number, MaxCapacity: number, SecondsUntilAutoPause?: number): Input => ({
  ServerlessV2ScalingConfiguration: { MinCapacity, MaxCapacity, SecondsUntilAutoPause },
})

const REFUSED: Readonly<Record<string, Refused>> = {
  'neither time': { input: { UseLatestRestorableTime: undefined }, code: 'InvalidParameterCombination' },
  'both times': {
    input: { RestoreToTime: new Date() },
    code: 'InvalidParameterCombination',
    message: 'both',
  },
  'a time with copy-on-write': {
    input: { UseLatestRestorableTime: false, RestoreToTime: new Date('2026-11-21T09:00:00Z') },
    code: 'InvalidParameterCombination',
    message: 'copy-on-write',
  },
  'a time in the future': {
    input: {
      RestoreType: 'full-copy',
      UseLatestRestorableTime: undefined,
      RestoreToTime: new Date('2027-01-01T00:00:00Z'),
    },
    code: 'InvalidParameterValue',
    message: 'restorable window',
  },
  'another type': { input: { RestoreType: 'thin' }, code: 'InvalidParameterValue' },
  'Performance Insights': {
    input: { EnablePerformanceInsights: false },
    code: 'InvalidParameterCombination',
    message: 'only when restoring from a source Aurora Limitless DB cluster',
  },
  'Enhanced Monitoring': {
    input: { MonitoringInterval: 0 },
    code: 'InvalidParameterCombination',
    message: 'Enhanced Monitoring',
  },
  'a Multi-AZ class': {
    input: { DBClusterInstanceClass: 'db.r6g.large' },
    code: 'InvalidParameterCombination',
  },
  'no source': {
    input: { SourceDBClusterIdentifier: undefined },
    code: 'InvalidParameterCombination',
    message: 'SourceDBClusterIdentifier',
  },
  'two sources': { input: { SourceDbClusterResourceId: 'cluster-X' }, code: 'InvalidParameterCombination' },
  'a missing source': {
    input: { SourceDBClusterIdentifier: 'nothing' },
    code: 'DBClusterNotFoundFault',
    status: 404,
    message: 'could not be found or cannot be accessed: nothing',
  },
  'a missing resource id': {
    input: { SourceDBClusterIdentifier: undefined, SourceDbClusterResourceId: 'cluster-NOTHING' },
    code: 'DBClusterNotFoundFault',
    status: 404,
  },
  'a source of another Region': {
    input: { SourceDBClusterIdentifier: `arn:aws:rds:us-east-1:${ACCOUNT}:cluster:orders` },
    code: 'InvalidParameterValue',
    message: 'same AWS Region',
  },
  'a source of another account': {
    input: { SourceDBClusterIdentifier: `arn:aws:rds:${REGION}:210987654321:cluster:orders` },
    code: 'DBClusterNotFoundFault',
    status: 404,
  },
  'a taken name': { input: { DBClusterIdentifier: 'Orders' }, code: 'DBClusterAlreadyExistsFault' },
  'a digit first': {
    input: { DBClusterIdentifier: '1st' },
    code: 'InvalidParameterValue',
    message: 'begin with',
  },
  'a hyphen last': { input: { DBClusterIdentifier: 'pr-' }, code: 'InvalidParameterValue' },
  'two hyphens': { input: { DBClusterIdentifier: 'pr--1' }, code: 'InvalidParameterValue' },
  '64 characters': {
    input: { DBClusterIdentifier: 'x'.repeat(64) },
    code: 'InvalidParameterValue',
    message: '63',
  },
  'an underscore': { input: { DBClusterIdentifier: 'pr_1' }, code: 'InvalidParameterValue' },
  'a missing subnet group': {
    input: { DBSubnetGroupName: 'nothing' },
    code: 'DBSubnetGroupNotFoundFault',
    status: 404,
  },
  'a subnet group in one shared zone': {
    input: { DBSubnetGroupName: 'narrow' },
    code: 'DBSubnetGroupDoesNotCoverEnoughAZs',
  },
  'a security group of another VPC': {
    input: { VpcSecurityGroupIds: ['sg-elsewhere'] },
    code: 'InvalidParameterCombination',
    message: 'different VPCs',
  },
  'what this cloud has nothing for': {
    input: { OptionGroupName: 'default:aurora-mysql-8-0' },
    code: 'InvalidAction',
    message: 'does not know what RestoreDBClusterToPointInTime does with OptionGroupName',
  },
  'no security group': { input: { VpcSecurityGroupIds: ['default'] }, code: 'InvalidParameterValue' },
  'a missing parameter group': {
    input: { DBClusterParameterGroupName: 'nothing' },
    code: 'DBClusterParameterGroupNotFound',
    status: 404,
  },
  'a parameter group of another family': {
    input: { DBClusterParameterGroupName: 'pg15' },
    code: 'InvalidParameterCombination',
    message: 'aurora-postgresql15',
  },
  'a dual stack that the subnets lack': { input: { NetworkType: 'DUAL' }, code: 'NetworkTypeNotSupported' },
  'another network': { input: { NetworkType: 'IPV6' }, code: 'InvalidParameterValue' },
  'a key for an unencrypted source': { input: { KmsKeyId: KEY }, code: 'InvalidParameterCombination' },
  'a port too low': { input: { Port: 1149 }, code: 'InvalidParameterValue' },
  'a port too high': { input: { Port: 65_536 }, code: 'InvalidParameterValue' },
  'no retention': { input: { BackupRetentionPeriod: 0 }, code: 'InvalidParameterValue' },
  'too long a retention': { input: { BackupRetentionPeriod: 36 }, code: 'InvalidParameterValue' },
  'Backtrack on PostgreSQL': {
    input: { BacktrackWindow: 3600 },
    code: 'InvalidParameterValue',
    message: 'Backtrack is not enabled for the aurora-postgresql engine.',
  },
  'too long a Backtrack window': { input: { BacktrackWindow: 259_201 }, code: 'InvalidParameterValue' },
  'another storage': { input: { StorageType: 'gp3' }, code: 'InvalidParameterValue' },
  'another life cycle': { input: { EngineLifecycleSupport: 'forever' }, code: 'InvalidParameterValue' },
  'a log of MySQL': {
    input: { EnableCloudwatchLogsExports: ['slowquery'] },
    code: 'InvalidParameterCombination',
  },
  'an internet gateway': {
    input: {
      EnableInternetAccessGateway: true,
      EnableVPCNetworking: false,
      EnableIAMDatabaseAuthentication: true,
    },
    code: 'InvalidParameterCombination',
  },
  'a quarter step': { input: serverless(0.25, 4), code: 'InvalidParameterValue', message: '0.5' },
  'too little capacity': { input: serverless(-0.5, 4), code: 'InvalidParameterValue' },
  'too much capacity': { input: serverless(1, 256.5), code: 'InvalidParameterValue' },
  'too small a maximum': { input: serverless(0.5, 0.5), code: 'InvalidParameterValue' },
  'a minimum above the maximum': { input: serverless(4, 2), code: 'InvalidParameterValue' },
  'half a range': {
    input: { ServerlessV2ScalingConfiguration: { MinCapacity: 1 } },
    code: 'InvalidParameterValue',
  },
  'a pause without zero': { input: serverless(0.5, 4, 300), code: 'InvalidParameterCombination' },
  'too short a pause': { input: serverless(0, 4, 299), code: 'InvalidParameterValue' },
  'too long a pause': { input: serverless(0, 4, 86_401), code: 'InvalidParameterValue' },
}

describe('what is refused', () => {
  beforeEach(() => {
    cloud.region.seedSubnetGroup({ name: 'narrow', availabilityZones: ['c', 'd', 'e'] })
    cloud.region.seedSecurityGroup({ id: 'sg-elsewhere', vpcId: 'vpc-other' })
    cloud.region.seedClusterParameterGroup({ name: 'pg15', family: 'aurora-postgresql15' })
  })

  test.each(Object.entries(REFUSED))('%s', async (_name, { input, code, message = '', status = 400 }) => {
    const refusal = await refusalOf(cloud.clone('pr-1', input))
    expect(refusal).toMatchObject({ code, status })
    expect(refusal.message).toContain(message)
    expect(cloud.region.clusters().map((cluster) => cluster.identifier)).toEqual(['orders'])
  })

  test.each([
    ['another Region', KEY.replace(REGION, 'us-east-1')],
    ['nowhere', 'my key'],
  ])('a key of %s for an encrypted source', async (_name, KmsKeyId) => {
    seedRichSource()
    const refusal = await refusalOf(cloud.clone('pr-1', { SourceDBClusterIdentifier: 'rich', KmsKeyId }))
    expect(refusal).toMatchObject({ code: 'KMSKeyNotAccessibleFault', status: 400 })
  })
})

describe('capacity zero', () => {
  test.each([
    ['aurora-postgresql', '13.14', false],
    ['aurora-postgresql', '13.15', true],
    ['aurora-postgresql', '14.11', false],
    ['aurora-postgresql', '14.12', true],
    ['aurora-postgresql', '15.6', false],
    ['aurora-postgresql', '15.7', true],
    ['aurora-postgresql', '16.2', false],
    ['aurora-postgresql', '16.3', true],
    ['aurora-postgresql', '17.1', true],
    ['aurora-postgresql', '12.22', false],
    ['aurora-mysql', '8.0.mysql_aurora.3.07.1', false],
    ['aurora-mysql', '8.0.mysql_aurora.3.08.0', true],
    ['aurora-mysql', '8.0.mysql_aurora.3.10.0', true],
    ['aurora-mysql', '5.7.mysql_aurora.2.12.0', false],
  ] as const)('%s %s: %s', async (...[engine, engineVersion, isSupported]) => {
    cloud.region.seedCluster({ identifier: 'versioned', engine, engineVersion })
    const call = cloud.clone('pr-1', { SourceDBClusterIdentifier: 'versioned', ...serverless(0, 4) })
    if (isSupported) {
      expect((await call).ServerlessV2ScalingConfiguration).toEqual({
        MinCapacity: 0,
        MaxCapacity: 4,
        SecondsUntilAutoPause: 300,
      })
    } else {
      expect(await refusalOf(call)).toMatchObject({ code: 'InvalidParameterValue' })
    }
  })
})

describe('Backtrack', () => {
  test('a clone of a source with Backtrack can have it, and of no other', async () => {
    cloud.region.seedCluster({ identifier: 'tracked', engine: 'aurora-mysql', backtrackWindow: 7200 })
    cloud.region.seedCluster({ identifier: 'plain', engine: 'aurora-mysql' })
    const tracked = await cloud.clone('pr-1', { SourceDBClusterIdentifier: 'tracked', BacktrackWindow: 3600 })
    expect(tracked).toMatchObject({
      BacktrackWindow: 3600,
      EarliestBacktrackTime: new Date(cloud.clock.now()),
    })
    const plain = await refusalOf(
      cloud.clone('pr-2', { SourceDBClusterIdentifier: 'plain', BacktrackWindow: 3600 }),
    )
    expect(plain).toMatchObject({
      code: 'InvalidParameterCombination',
      message: 'Backtrack cannot currently be enabled for this cluster',
    })
  })
})

describe('a source that cannot be cloned', () => {
  test.each(['creating', 'starting', 'deleting', 'cloning-failed', 'upgrading'])('%s', async (status) => {
    cloud.region.seedCluster({ identifier: 'odd', status })
    const refusal = await refusalOf(cloud.clone('pr-1', { SourceDBClusterIdentifier: 'odd' }))
    expect(refusal).toMatchObject({ code: 'InvalidDBClusterStateFault', status: 400 })
    expect(refusal.message).toContain(status)
  })

  test.each(['available', 'backing-up', 'modifying'])('but %s can', async (status) => {
    cloud.region.seedCluster({ identifier: 'odd', status })
    expect(await cloud.clone('pr-1', { SourceDBClusterIdentifier: 'odd' })).toMatchObject({
      Status: 'creating',
    })
  })

  test.each(['InvalidDBClusterStateFault', 'InvalidParameterCombination'] as const)(
    'stopped, or without an instance: %s',
    async (unusableSourceFault) => {
      const either = await cloudWith({ unusableSourceFault })
      either.region.seedCluster({ identifier: 'asleep', status: 'stopped' })
      either.region.seedCluster({ identifier: 'bare', instances: [] })
      for (const source of ['asleep', 'bare']) {
        const refusal = await refusalOf(either.clone('pr-1', { SourceDBClusterIdentifier: source }))
        expect(refusal.code).toBe(unusableSourceFault)
      }
      await either.client.send(new StopDBClusterCommand({ DBClusterIdentifier: 'orders' }))
      expect((await refusalOf(either.clone('pr-1'))).code).toBe(unusableSourceFault)
    },
  )

  test('but a full copy of one that is stopped, or has no instance, can be made', async () => {
    cloud.region.seedCluster({ identifier: 'asleep', status: 'stopped' })
    cloud.region.seedCluster({ identifier: 'bare', instances: [] })
    for (const [index, source] of ['asleep', 'bare'].entries())
      expect(
        await cloud.clone(`pr-${index}`, { SourceDBClusterIdentifier: source, RestoreType: 'full-copy' }),
      ).toMatchObject({ Status: 'creating' })
  })

  test('of a foreign engine', async () => {
    cloud.region.seedCluster({ identifier: 'graph', engine: 'neptune' })
    const refusal = await refusalOf(cloud.clone('pr-1', { SourceDBClusterIdentifier: 'graph' }))
    expect(refusal.code).toBe('InvalidParameterCombination')
  })

  test('while another clone is being made, where the behaviour says so', async () => {
    const strict = await cloudWith({ cloneWhileAnotherIsBeingMade: 'refuse' })
    await strict.clone('pr-1')
    expect(await refusalOf(strict.clone('pr-2'))).toMatchObject({ code: 'InvalidDBClusterStateFault' })
    strict.clock.pass(MINUTE)
    await strict.clone('pr-2')

    await cloud.clone('pr-1')
    await cloud.clone('pr-2')
  })
})

describe('copy-on-write', () => {
  const kinds = (of: Cloud): Readonly<Record<string, string>> =>
    Object.fromEntries(of.region.clusters().map(({ identifier, copy }) => [identifier, copy]))

  test('the sixteenth clone is silently a full copy, and slow', async () => {
    for (let number = 1; number <= 15; number += 1) await cloud.clone(`pr-${number}`)
    const sixteenth = await cloud.clone('pr-16')
    const fifteenth = await cloud.describe('pr-15')
    expect(kinds(cloud)).toMatchObject({ 'pr-15': 'copy-on-write', 'pr-16': 'full-copy' })
    expect(sixteenth.CloneGroupId).toBe(fifteenth.CloneGroupId)
    cloud.clock.pass(MINUTE)
    expect((await cloud.describe('pr-15')).Status).toBe('available')
    expect((await cloud.describe('pr-16')).Status).toBe('creating')
    cloud.clock.pass(29 * MINUTE)
    expect((await cloud.describe('pr-16')).Status).toBe('available')
  })

  test.each([
    ['when-deletion-starts', 'copy-on-write'],
    ['when-gone', 'full-copy'],
  ] as const)('a slot is free %s: the next clone is %s', async (deletedCloneFreesItsSlot, next) => {
    const one = await cloudWith({ deletedCloneFreesItsSlot, copyOnWriteLimit: 1 })
    await one.clone('pr-1')
    one.clock.pass(MINUTE)
    await one.deleteCluster('pr-1')
    await one.clone('pr-2')
    expect(kinds(one)).toMatchObject({ 'pr-2': next })
    one.clock.pass(HOUR)
    if (next === 'full-copy') {
      await one.clone('pr-3')
      expect(kinds(one)).toMatchObject({ 'pr-3': 'copy-on-write' })
    }
  })

  test.each([
    [true, 'full-copy'],
    [false, 'copy-on-write'],
  ] as const)('clones of clones count: %s, so the third is %s', async (clonesOfClonesCount, third) => {
    const two = await cloudWith({ clonesOfClonesCount, copyOnWriteLimit: 2 })
    await two.readyClone('pr-1')
    await two.readyClone('pr-2', { SourceDBClusterIdentifier: 'pr-1' })
    await two.clone('pr-3', { SourceDBClusterIdentifier: 'pr-2' })
    expect(kinds(two)).toMatchObject({ 'pr-2': 'copy-on-write', 'pr-3': third })
  })

  test('a full copy begins a family of its own', async () => {
    const one = await cloudWith({ copyOnWriteLimit: 1 })
    await one.readyClone('pr-1')
    await one.clone('pr-2')
    one.clock.pass(HOUR)
    await one.addInstance('pr-2')
    await one.clone('pr-3', { SourceDBClusterIdentifier: 'pr-2' })
    expect(kinds(one)).toMatchObject({
      'pr-1': 'copy-on-write',
      'pr-2': 'full-copy',
      'pr-3': 'copy-on-write',
    })
  })

  test('a restore to a time is a full copy', async () => {
    await cloud.clone('pr-1', {
      RestoreType: 'full-copy',
      UseLatestRestorableTime: undefined,
      RestoreToTime: new Date(cloud.clock.now() - HOUR),
    })
    expect(kinds(cloud)).toMatchObject({ 'pr-1': 'full-copy' })
  })

  test('without a type it is a full copy too', async () => {
    await cloud.clone('pr-1', { RestoreType: undefined })
    expect(kinds(cloud)).toMatchObject({ 'pr-1': 'full-copy' })
  })
})

describe('the clone group', () => {
  test('cloning gives source and clone the same one, for good', async () => {
    expect((await cloud.describe('orders')).CloneGroupId).toBeUndefined()
    await cloud.readyClone('pr-1')
    const group = (await cloud.describe('orders')).CloneGroupId
    expect(group).toMatch(/^clone-group-/)
    expect((await cloud.describe('pr-1')).CloneGroupId).toBe(group)
    await cloud.deleteInstance('pr-1-1')
    await cloud.deleteCluster('pr-1')
    cloud.clock.pass(HOUR)
    expect((await cloud.describe('orders')).CloneGroupId).toBe(group)
    const later = await cloud.clone('pr-2', { RestoreType: 'full-copy' })
    expect(later.CloneGroupId).toBe(group)
  })

  test('a full copy of a source without a group has none', async () => {
    const copy = await cloud.clone('pr-1', { RestoreType: 'full-copy' })
    expect(copy.CloneGroupId).toBeUndefined()
    expect((await cloud.describe('orders')).CloneGroupId).toBeUndefined()
  })
})

test('the quota counts every cluster of the Region', async () => {
  const small = await cloudWith({ clusterQuota: 2 })
  await small.clone('pr-1')
  expect(await refusalOf(small.clone('pr-2'))).toMatchObject({
    code: 'DBClusterQuotaExceededFault',
    status: 403,
  })
})

test('tags travel over generations when none are sent', async () => {
  await cloud.readyClone('pr-1', { Tags: [{ Key: 'marker', Value: 'pr-1' }] })
  await cloud.clone('by-hand', { SourceDBClusterIdentifier: 'pr-1' })
  expect(cloud.region.cluster('by-hand')?.tags).toEqual({ marker: 'pr-1' })
})

test('an internet gateway is possible where the behaviour says so', async () => {
  const open = await cloudWith({ internetAccessGatewayOnClones: 'accept' })
  const gateway = { EnableInternetAccessGateway: true, EnableVPCNetworking: false }
  const clone = await open.clone('pr-1', { ...gateway, EnableIAMDatabaseAuthentication: true })
  expect(clone.InternetAccessGatewayEnabled).toBe(true)
  expect(await refusalOf(open.clone('pr-2', gateway))).toMatchObject({ code: 'InvalidParameterCombination' })
})

test('protection is changed on the clone alone', async () => {
  await cloud.readyClone('pr-1')
  await cloud.client.send(
    new ModifyDBClusterCommand({ DBClusterIdentifier: 'pr-1', DeletionProtection: true }),
  )
  expect(cloud.region.cluster('pr-1')?.deletionProtection).toBe(true)
  expect(cloud.region.cluster('orders')?.deletionProtection).toBe(false)
})
