import type { CreateDBInstanceCommandInput } from '@aws-sdk/client-rds'
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals'
import type { Behaviour } from '../../../local/aurora/behaviour.ts'
import { HOUR, MINUTE, refusalOf, startCloud } from './cloud.ts'
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
  await cloud.clone('pr-1')
  cloud.clock.pass(MINUTE)
})

afterEach(async () => {
  await Promise.all(clouds.map((one) => one.close()))
  clouds = []
})

type Input = Partial<CreateDBInstanceCommandInput>

const REFUSED: Readonly<Record<string, { input: Input; code: string; message?: string; status?: number }>> = {
  'a missing cluster': {
    input: { DBClusterIdentifier: 'nothing' },
    code: 'DBClusterNotFoundFault',
    status: 404,
    message: 'The source cluster could not be found or cannot be accessed: nothing',
  },
  'no cluster': { input: { DBClusterIdentifier: undefined }, code: 'InvalidParameterCombination' },
  'another engine': {
    input: { Engine: 'aurora-mysql' },
    code: 'InvalidParameterCombination',
    message: "doesn't match",
  },
  'no class at all': { input: { DBInstanceClass: 'large' }, code: 'InvalidParameterValue' },
  'a class of plain RDS': {
    input: { DBInstanceClass: 'db.m6g.large' },
    code: 'InvalidParameterCombination',
    message: 'DBInstanceClass=db.m6g.large, Engine=aurora-postgresql',
  },
  'a class too small': { input: { DBInstanceClass: 'db.t3.small' }, code: 'InvalidParameterCombination' },
  'a taken name': {
    input: { DBInstanceIdentifier: 'Orders-1' },
    code: 'DBInstanceAlreadyExists',
  },
  'a bad name': { input: { DBInstanceIdentifier: 'pr--1' }, code: 'InvalidParameterValue' },
  'a missing parameter group': {
    input: { DBParameterGroupName: 'nothing' },
    code: 'DBParameterGroupNotFound',
    status: 404,
  },
  'a parameter group of another family': {
    input: { DBParameterGroupName: 'mysql' },
    code: 'InvalidParameterCombination',
  },
  'another subnet group': {
    input: { DBSubnetGroupName: 'private' },
    code: 'InvalidParameterCombination',
    message: 'Subnet group private is different from subnet group of cluster pr-1',
  },
  'a promotion tier': { input: { PromotionTier: 16 }, code: 'InvalidParameterValue' },
  'serverless without a range': {
    input: { DBInstanceClass: 'db.serverless' },
    code: 'InvalidDBClusterStateFault',
    message: 'Set the Serverless v2 scaling configuration on the parent DB cluster',
  },
  'a port': { input: { Port: 5432 }, code: 'InvalidParameterCombination', message: 'member of a DB Cluster' },
  'a password': { input: { MasterUserPassword: 'long-enough' }, code: 'InvalidParameterCombination' },
  'security groups': { input: { VpcSecurityGroupIds: ['sg-1'] }, code: 'InvalidParameterCombination' },
  'a tag of AWS': { input: { Tags: [{ Key: 'aws:x', Value: '' }] }, code: 'InvalidParameterValue' },
}

describe('what is refused', () => {
  beforeEach(() => {
    cloud.region.seedParameterGroup({ name: 'mysql', family: 'aurora-mysql8.0' })
    cloud.region.seedSubnetGroup({ name: 'private' })
  })

  test.each(Object.entries(REFUSED))('%s', async (_name, { input, code, message = '', status = 400 }) => {
    const refusal = await refusalOf(cloud.addInstance('pr-1', input))
    expect(refusal).toMatchObject({ code, status })
    expect(refusal.message).toContain(message)
    expect(cloud.region.instances().map((instance) => instance.identifier)).toEqual(['orders-1'])
  })

  test('one instance too many, wherever it stands', async () => {
    const small = await cloudWith({ instanceQuota: 2 })
    small.region.seedCluster({ identifier: 'graph', engine: 'neptune' })
    await small.clone('pr-1')
    expect(await refusalOf(small.addInstance('pr-1'))).toMatchObject({
      code: 'InstanceQuotaExceeded',
      status: 400,
    })
  })
})

describe('while the cluster is', () => {
  test('creating, it is accepted and waits', async () => {
    await cloud.clone('pr-2')
    await cloud.addInstance('pr-2')
    cloud.clock.pass(MINUTE + 4 * MINUTE - 1)
    expect(cloud.region.instance('pr-2-1')?.status).toBe('creating')
    cloud.clock.pass(1)
    expect(cloud.region.instance('pr-2-1')?.status).toBe('modifying')
  })

  test('creating, it is refused where the behaviour says so', async () => {
    const strict = await cloudWith({ createInstanceWhileCreating: 'refuse' })
    await strict.clone('pr-1')
    expect(await refusalOf(strict.addInstance('pr-1'))).toMatchObject({ code: 'InvalidDBClusterStateFault' })
    strict.clock.pass(MINUTE)
    await strict.addInstance('pr-1')
  })

  test('failed to clone, an instance accepted before never comes up', async () => {
    cloud.region.failCluster('pr-2', { status: 'cloning-failed', afterMs: 1_000 })
    await cloud.clone('pr-2')
    await cloud.addInstance('pr-2')
    cloud.clock.pass(HOUR)
    expect(cloud.region.cluster('pr-2')?.status).toBe('cloning-failed')
    expect(cloud.region.instance('pr-2-1')?.status).toBe('creating')
  })

  test.each(['stopped', 'stopping', 'cloning-failed', 'upgrading'])('%s, it is refused', async (status) => {
    cloud.region.seedCluster({ identifier: 'odd', status, instances: [] })
    expect(await refusalOf(cloud.addInstance('odd'))).toMatchObject({ code: 'InvalidDBClusterStateFault' })
  })

  test('being deleted, it is refused', async () => {
    await cloud.deleteCluster('pr-1')
    expect(await refusalOf(cloud.addInstance('pr-1'))).toMatchObject({ code: 'InvalidDBClusterStateFault' })
  })
})

describe('what an instance gets', () => {
  test('when nothing is said', async () => {
    const instance = await cloud.addInstance('pr-1')
    expect(instance).toMatchObject({
      PubliclyAccessible: false,
      AutoMinorVersionUpgrade: true,
      PromotionTier: 1,
      PerformanceInsightsEnabled: false,
      MonitoringInterval: 0,
      DBParameterGroups: [{ DBParameterGroupName: 'default.aurora-postgresql16' }],
    })
  })

  test('a class is offered', async () => {
    for (const [index, DBInstanceClass] of ['db.t4g.medium', 'db.t3.medium', 'db.r7g.16xlarge'].entries()) {
      const made = await cloud.addInstance('pr-1', { DBInstanceIdentifier: `i-${index}`, DBInstanceClass })
      expect(made.DBInstanceClass).toBe(DBInstanceClass)
    }
  })

  test.each<readonly [string, Input, boolean]>([
    ['no subnet group', {}, false],
    ['the group called default', { DBSubnetGroupName: 'default' }, true],
    ['default, but private by wish', { DBSubnetGroupName: 'default', PubliclyAccessible: false }, false],
    ['public by wish', { PubliclyAccessible: true }, true],
  ])('public access: %s', async (...[, input, isPublic]) => {
    expect(await cloud.addInstance('pr-1', input)).toMatchObject({ PubliclyAccessible: isPublic })
  })

  test('no public access without a way to the internet', async () => {
    cloud.region.seedSubnetGroup({ name: 'private', internetGateway: false })
    await cloud.clone('pr-2', { DBSubnetGroupName: 'private' })
    const call = cloud.addInstance('pr-2', { PubliclyAccessible: true })
    expect(await refusalOf(call)).toMatchObject({ code: 'InvalidVPCNetworkStateFault' })
    expect(await cloud.addInstance('pr-2', { DBSubnetGroupName: 'private' })).toMatchObject({
      PubliclyAccessible: false,
    })
  })

  test('serverless with a range', async () => {
    await cloud.clone('pr-2', { ServerlessV2ScalingConfiguration: { MinCapacity: 0.5, MaxCapacity: 4 } })
    const instance = await cloud.addInstance('pr-2', { DBInstanceClass: 'db.serverless' })
    expect(instance.DBInstanceClass).toBe('db.serverless')
  })

  test.each([
    [false, {}],
    [true, { team: 'shop' }],
  ])('the tags of its cluster: %s', async (instancesInheritClusterTags, tags) => {
    const either = await cloudWith({ instancesInheritClusterTags })
    await either.clone('pr-1', { Tags: [{ Key: 'team', Value: 'shop' }] })
    await either.addInstance('pr-1')
    expect(either.region.instance('pr-1-1')?.tags).toEqual(tags)
    await either.addInstance('pr-1', { DBInstanceIdentifier: 'own', Tags: [{ Key: 'own', Value: '1' }] })
    expect(either.region.instance('own')?.tags).toEqual({ own: '1' })
  })
})

describe('the members of a cluster', () => {
  test('the first writes, and hands over to the lowest tier', async () => {
    await cloud.addInstance('pr-1')
    await cloud.addInstance('pr-1', { DBInstanceIdentifier: 'second', PromotionTier: 5 })
    await cloud.addInstance('pr-1', { DBInstanceIdentifier: 'third', PromotionTier: 0 })
    cloud.clock.pass(HOUR)
    const writers = async (): Promise<(string | undefined)[]> =>
      ((await cloud.describe('pr-1')).DBClusterMembers ?? [])
        .filter((member) => member.IsClusterWriter)
        .map((member) => member.DBInstanceIdentifier)
    expect(await writers()).toEqual(['pr-1-1'])
    await cloud.deleteInstance('pr-1-1')
    expect(await writers()).toEqual(['third'])
    cloud.clock.pass(HOUR)
    expect(await writers()).toEqual(['third'])
  })
})

describe('a scripted failure', () => {
  test('hits the next instance once, and heals', async () => {
    cloud.region.failInstance((instance) => instance.clusterIdentifier === 'pr-1', {
      status: 'incompatible-parameters',
      afterMs: 10 * MINUTE,
      healsAfterMs: MINUTE,
    })
    await cloud.addInstance('pr-1')
    await cloud.addInstance('pr-1', { DBInstanceIdentifier: 'spared' })
    const both = (): (string | undefined)[] =>
      ['pr-1-1', 'spared'].map((identifier) => cloud.region.instance(identifier)?.status)
    cloud.clock.pass(9 * MINUTE)
    expect(both()).toEqual(['available', 'available'])
    cloud.clock.pass(MINUTE)
    expect(both()).toEqual(['incompatible-parameters', 'available'])
    cloud.clock.pass(MINUTE)
    expect(both()).toEqual(['available', 'available'])
  })

  test('hits every next cluster where it is to', async () => {
    cloud.region.failCluster((cluster) => cluster.copy !== 'original', {
      status: 'cloning-failed',
      afterMs: MINUTE / 2,
      applies: 'every-next',
    })
    await cloud.clone('pr-2')
    await cloud.clone('pr-3')
    cloud.clock.pass(HOUR)
    const statuses = cloud.region.clusters().map(({ identifier, status }) => [identifier, status])
    expect(Object.fromEntries(statuses)).toEqual({
      orders: 'available',
      'pr-1': 'available',
      'pr-2': 'cloning-failed',
      'pr-3': 'cloning-failed',
    })
  })

  test('hits what is there now, and nothing later', async () => {
    cloud.region.failCluster('pr-1', { status: 'inaccessible-encryption-credentials' })
    expect(cloud.region.cluster('pr-1')?.status).toBe('inaccessible-encryption-credentials')
    await cloud.deleteCluster('pr-1')
    cloud.clock.pass(HOUR)
    await cloud.clone('pr-1')
    cloud.clock.pass(HOUR)
    expect(cloud.region.cluster('pr-1')?.status).toBe('available')
  })
})
