import {
  CreateDBClusterCommand,
  ModifyDBClusterCommand,
  StartDBClusterCommand,
  StopDBClusterCommand,
} from '@aws-sdk/client-rds'
import type { CreateDBClusterCommandInput, DBCluster, ModifyDBClusterCommandInput } from '@aws-sdk/client-rds'
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals'
import { DAY, HOUR, MINUTE, SECOND, refusalOf, startCloud } from './cloud.ts'
import type { Cloud } from './cloud.ts'

let cloud: Cloud

beforeEach(async () => {
  cloud = await startCloud()
})

afterEach(async () => {
  await cloud.close()
})

type Changes = Partial<ModifyDBClusterCommandInput>

async function modify(input: Changes): Promise<DBCluster | undefined> {
  const command = new ModifyDBClusterCommand({ DBClusterIdentifier: 'orders', ...input })
  return (await cloud.client.send(command)).DBCluster
}

async function create(input: Partial<CreateDBClusterCommandInput>): Promise<DBCluster | undefined> {
  const command = new CreateDBClusterCommand({
    DBClusterIdentifier: 'fresh',
    Engine: 'aurora-postgresql',
    MasterUsername: 'postgres',
    ...input,
  })
  return (await cloud.client.send(command)).DBCluster
}

describe('starting and stopping', () => {
  const start = (): Promise<unknown> =>
    cloud.client.send(new StartDBClusterCommand({ DBClusterIdentifier: 'orders' }))
  const stop = (): Promise<unknown> =>
    cloud.client.send(new StopDBClusterCommand({ DBClusterIdentifier: 'orders' }))
  const statuses = (): readonly (string | undefined)[] => [
    cloud.region.cluster('orders')?.status,
    cloud.region.instance('orders-1')?.status,
  ]

  test('takes its time, for cluster and instances alike', async () => {
    await stop()
    expect(statuses()).toEqual(['stopping', 'stopping'])
    cloud.clock.pass(5 * MINUTE)
    expect(statuses()).toEqual(['stopped', 'stopped'])
    await start()
    expect(statuses()).toEqual(['starting', 'starting'])
    cloud.clock.pass(5 * MINUTE)
    expect(statuses()).toEqual(['available', 'available'])
  })

  test('only what is available stops, only what is stopped starts', async () => {
    expect(await refusalOf(start())).toMatchObject({ code: 'InvalidDBClusterStateFault' })
    await stop()
    expect(await refusalOf(stop())).toMatchObject({ code: 'InvalidDBClusterStateFault' })
    expect(await refusalOf(start())).toMatchObject({ code: 'InvalidDBClusterStateFault' })
  })

  test('after seven days AWS starts it by itself', async () => {
    cloud.region.stopCluster('orders')
    const restart = (await cloud.describe('orders')).AutomaticRestartTime
    expect(restart).toEqual(new Date(cloud.clock.now() + 7 * DAY))
    cloud.clock.pass(7 * DAY - 1)
    expect(statuses()).toEqual(['stopped', 'stopped'])
    cloud.clock.pass(1)
    expect(statuses()).toEqual(['starting', 'starting'])
    cloud.clock.pass(HOUR)
    expect(statuses()).toEqual(['available', 'available'])
  })
})

describe('changing a cluster', () => {
  test('plain settings change at once', async () => {
    const changes = { BackupRetentionPeriod: 3, CopyTagsToSnapshot: true }
    expect(await modify(changes)).toMatchObject({ Status: 'available', ...changes })
  })

  test('security groups are in force a little later, and only they tell', async () => {
    const groups = () => cloud.region.cluster('orders')?.activeSecurityGroups
    expect(await modify({ VpcSecurityGroupIds: ['sg-9'] })).toMatchObject({
      Status: 'available',
      VpcSecurityGroups: [
        { VpcSecurityGroupId: 'sg-9', Status: 'adding' },
        { VpcSecurityGroupId: 'sg-default-default', Status: 'removing' },
      ],
    })
    expect(groups()).toEqual(['sg-default-default'])
    cloud.clock.pass(10 * SECOND)
    expect(groups()).toEqual(['sg-9'])
    expect(await cloud.describe('orders')).toMatchObject({
      VpcSecurityGroups: [{ VpcSecurityGroupId: 'sg-9', Status: 'active' }],
    })
  })

  test('a password resets the master credentials for a while', async () => {
    expect(await modify({ MasterUserPassword: 'correct-horse' })).toMatchObject({
      Status: 'resetting-master-credentials',
    })
    cloud.clock.pass(30 * SECOND)
    expect(cloud.region.cluster('orders')?.status).toBe('available')
  })

  test('or counts late, and the status does not tell', async () => {
    await cloud.close()
    cloud = await startCloud({ behaviour: { newPassword: 'silently-late' } })
    const now = cloud.clock.now()
    expect(await modify({ MasterUserPassword: 'correct-horse' })).toMatchObject({ Status: 'available' })
    expect(cloud.region.cluster('orders')).toMatchObject({
      masterPassword: 'correct-horse',
      masterPasswordFrom: now + 30 * SECOND,
    })
  })

  test('a managed secret is creating, then active', async () => {
    const changed = await modify({ ManageMasterUserPassword: true })
    expect(changed?.MasterUserSecret).toMatchObject({ SecretStatus: 'creating' })
    expect(changed?.MasterUserSecret?.SecretArn).toMatch(
      /^arn:aws:secretsmanager:eu-west-1:123456789012:secret:rds!cluster-/,
    )
    cloud.clock.pass(30 * SECOND)
    expect((await cloud.describe('orders')).MasterUserSecret).toMatchObject({ SecretStatus: 'active' })
  })

  test('with no instance the secret stays creating', async () => {
    await cloud.clone('pr-1')
    cloud.clock.pass(HOUR)
    await modify({ DBClusterIdentifier: 'pr-1', ManageMasterUserPassword: true })
    cloud.clock.pass(HOUR)
    expect((await cloud.describe('pr-1')).MasterUserSecret).toMatchObject({ SecretStatus: 'creating' })
  })

  test('a managed secret can be rotated, and given up for a password', async () => {
    const rotate = { RotateMasterUserPassword: true, ApplyImmediately: true }
    expect(await refusalOf(modify(rotate))).toMatchObject({ code: 'InvalidParameterCombination' })
    await modify({ ManageMasterUserPassword: true })
    cloud.clock.pass(HOUR)
    expect(await refusalOf(modify({ RotateMasterUserPassword: true }))).toMatchObject({
      code: 'InvalidParameterCombination',
    })
    const { masterPassword: former } = cloud.region.cluster('orders') ?? {}
    expect(await modify(rotate)).toMatchObject({
      Status: 'resetting-master-credentials',
      MasterUserSecret: { SecretStatus: 'rotating' },
    })
    expect(cloud.region.cluster('orders')?.masterPassword).not.toBe(former)
    cloud.clock.pass(HOUR)
    expect((await cloud.describe('orders')).MasterUserSecret).toMatchObject({ SecretStatus: 'active' })
    expect(await refusalOf(modify({ MasterUserPassword: 'correct-horse' }))).toMatchObject({
      code: 'InvalidParameterCombination',
    })
    expect(await refusalOf(modify({ ManageMasterUserPassword: false }))).toMatchObject({
      code: 'InvalidParameterCombination',
    })
    const plain = await modify({ ManageMasterUserPassword: false, MasterUserPassword: 'correct-horse' })
    expect(plain?.MasterUserSecret).toBeUndefined()
  })

  test('another parameter group waits for a reboot of the members', async () => {
    cloud.region.seedClusterParameterGroup({ name: 'tuned', family: 'aurora-postgresql16' })
    const changed = await modify({ DBClusterParameterGroupName: 'tuned' })
    expect(changed).toMatchObject({
      DBClusterParameterGroup: 'tuned',
      DBClusterMembers: [{ DBClusterParameterGroupStatus: 'pending-reboot' }],
    })
  })

  test('a range lets serverless instances in', async () => {
    const range = { MinCapacity: 0.5, MaxCapacity: 2 }
    expect(await modify({ ServerlessV2ScalingConfiguration: range })).toMatchObject({
      Status: 'modifying',
      ServerlessV2ScalingConfiguration: range,
    })
    cloud.clock.pass(MINUTE)
    await cloud.addInstance('orders', { DBInstanceIdentifier: 'small', DBInstanceClass: 'db.serverless' })
  })

  test('IAM authentication takes a moment', async () => {
    const changed = await modify({ EnableIAMDatabaseAuthentication: true, ApplyImmediately: true })
    expect(changed).toMatchObject({ Status: 'update-iam-db-auth', IAMDatabaseAuthenticationEnabled: true })
  })

  test.each<readonly [string, Changes, string]>([
    ['a short password', { MasterUserPassword: 'seven77' }, 'InvalidParameterValue'],
    ['a long password', { MasterUserPassword: 'x'.repeat(100) }, 'InvalidParameterValue'],
    ['a password with a slash', { MasterUserPassword: 'correct/horse' }, 'InvalidParameterValue'],
    ['a password with a space', { MasterUserPassword: 'correct horse' }, 'InvalidParameterValue'],
    [
      'both ways',
      { MasterUserPassword: 'correct-horse', ManageMasterUserPassword: true },
      'InvalidParameterCombination',
    ],
    ['a key for no secret', { MasterUserSecretKmsKeyId: 'alias/mine' }, 'InvalidParameterCombination'],
    [
      'a missing parameter group',
      { DBClusterParameterGroupName: 'nothing' },
      'DBClusterParameterGroupNotFound',
    ],
    ['no retention', { BackupRetentionPeriod: 0 }, 'InvalidParameterValue'],
    ['a missing cluster', { DBClusterIdentifier: 'nothing' }, 'DBClusterNotFoundFault'],
    ['what this cloud does not know', { EngineVersion: '17.4' }, 'InvalidAction'],
  ])('refuses %s', async (...[, changes, code]) => {
    expect(await refusalOf(modify(changes))).toMatchObject({ code })
  })

  test('refuses while the cluster is not available', async () => {
    await cloud.clone('pr-1')
    const refusal = await refusalOf(modify({ DBClusterIdentifier: 'pr-1', DeletionProtection: true }))
    expect(refusal.code).toBe('InvalidDBClusterStateFault')
  })
})

describe('creating a cluster', () => {
  test('makes a source of its own', async () => {
    const made = await create({
      MasterUserPassword: 'correct-horse',
      DatabaseName: 'shop',
      EngineVersion: '17.4',
    })
    expect(made).toMatchObject({ Status: 'creating', DBClusterParameterGroup: 'default.aurora-postgresql17' })
    cloud.clock.pass(MINUTE)
    await cloud.addInstance('fresh')
    cloud.clock.pass(HOUR)
    expect(await cloud.clone('pr-1', { SourceDBClusterIdentifier: 'fresh' })).toMatchObject({
      DatabaseName: 'shop',
      EngineVersion: '17.4',
    })
  })

  test('with a managed password', async () => {
    const made = await create({ ManageMasterUserPassword: true })
    expect(made?.MasterUserSecret).toMatchObject({ SecretStatus: 'creating' })
  })

  test.each<readonly [string, Partial<CreateDBClusterCommandInput>, string]>([
    [
      'an unknown engine',
      { Engine: 'aurora-oracle', MasterUserPassword: 'correct-horse' },
      'InvalidParameterValue',
    ],
    ['no password', {}, 'InvalidParameterCombination'],
    [
      'no user',
      { MasterUsername: undefined, MasterUserPassword: 'correct-horse' },
      'InvalidParameterCombination',
    ],
    [
      'a taken name',
      { DBClusterIdentifier: 'orders', MasterUserPassword: 'correct-horse' },
      'DBClusterAlreadyExistsFault',
    ],
  ])('refuses %s', async (...[, input, code]) => {
    expect(await refusalOf(create(input))).toMatchObject({ code })
  })
})

test('a renamed cluster keeps its resource id, and its old name is free', async () => {
  const before = cloud.region.cluster('orders')?.resourceId
  await modify({ NewDBClusterIdentifier: 'Orders-2', ApplyImmediately: true })
  expect(cloud.region.cluster('orders')).toBeUndefined()
  expect(cloud.region.cluster('orders-2')).toMatchObject({ resourceId: before, status: 'renaming' })
  cloud.clock.pass(MINUTE)
  expect(cloud.region.cluster('orders-2')?.status).toBe('available')
  await create({ DBClusterIdentifier: 'orders', MasterUserPassword: 'correct-horse' })
  expect(
    await refusalOf(
      modify({ DBClusterIdentifier: 'orders-2', NewDBClusterIdentifier: 'orders', ApplyImmediately: true }),
    ),
  ).toMatchObject({
    code: 'DBClusterAlreadyExistsFault',
  })
})
