import {
  DescribeDBInstancesCommand,
  DescribeDBSubnetGroupsCommand,
  type RestoreDBClusterToPointInTimeMessage,
} from '@aws-sdk/client-rds'
import { describe, expect, test } from '@jest/globals'
import type { ClusterSnapshot } from '../../../src/aurora/api/snapshot.ts'
import { type RestoreQuestion, decideRestore } from '../../../src/aurora/ready/restore-decision.ts'
import {
  CLONE,
  MINUTE,
  NOW_MS,
  aCluster,
  aShape,
  aSource,
  anOrder,
  awsInstance,
  fault,
} from '../../factories.ts'
import { type World, aWorld } from '../../world.ts'

interface Asked extends Partial<RestoreQuestion> {
  /** Every cluster of the Region. */
  readonly clusters?: readonly ClusterSnapshot[]
}

/** A clone of `orders`, with a listing of this moment. */
function aQuestion({ clusters = [aSource()], ...overrides }: Asked = {}): RestoreQuestion {
  const { createdAtMs: _, sourceName: __, ...order } = anOrder()
  return {
    ...order,
    listing: { atMs: NOW_MS, clusters },
    maxClones: 15,
    region: 'eu-west-1',
    repositoryName: 'shop',
    waitUntilReady: true,
    nowMs: NOW_MS,
    ...overrides,
  }
}

/** The source’s instances, as `DescribeDBInstances` tells them. */
function sourceInstances(...names: readonly (readonly [string, string])[]) {
  return names.map(([identifier, group]) =>
    awsInstance({
      DBInstanceIdentifier: identifier,
      DBClusterIdentifier: 'orders',
      DBParameterGroups: [{ DBParameterGroupName: group }],
    }),
  )
}

/** The call that is decided on, sent now. */
async function requestOf(
  world: World,
  question: RestoreQuestion,
): Promise<RestoreDBClusterToPointInTimeMessage> {
  const decision = await decideRestore(world.rds, question)
  if (decision.kind !== 'restore') throw new Error(decision.waitingFor)
  return decision.requestAt(NOW_MS)
}

async function parameterGroupOf(question: RestoreQuestion, instances: ReturnType<typeof sourceInstances>) {
  const world = aWorld()
  world.mock.on(DescribeDBInstancesCommand).resolves({ DBInstances: instances })
  const request = await requestOf(world, question)
  return request.Tags?.find(({ Key }) => Key === 'aurora-clone:db-parameter-group')?.Value
}

describe('the instance parameter group of the clone', () => {
  test('is that of the source’s writer', async () => {
    const instances = sourceInstances(['orders-b', 'reader-group'], ['orders-a', 'writer-group'])
    expect(await parameterGroupOf(aQuestion(), instances)).toBe('writer-group')
  })

  test('is that of any instance where no writer is named', async () => {
    const source = aSource({
      members: [{ identifier: 'orders-b', isWriter: false, parameterGroupStatus: undefined }],
    })
    const instances = sourceInstances(['orders-b', 'reader-group'])
    expect(await parameterGroupOf(aQuestion({ clusters: [source] }), instances)).toBe('reader-group')
  })

  test('is AWS’s default where the source’s instances cannot be seen', async () => {
    expect(await parameterGroupOf(aQuestion(), [])).toBeUndefined()
  })
})

test('the source is named to AWS as the user named it', async () => {
  const source = { kind: 'cluster', name: 'Orders' } as const
  const request = await requestOf(aWorld(), aQuestion({ source }))
  expect(request).toMatchObject({ DBClusterIdentifier: CLONE, SourceDBClusterIdentifier: 'Orders' })
})

test('the times in its tags are those of the moment when it is sent', async () => {
  const decision = await decideRestore(aWorld().rds, aQuestion())
  if (decision.kind !== 'restore') throw new Error(decision.waitingFor)
  const timesAt = (ms: number): Record<string, string> =>
    Object.fromEntries(
      (decision.requestAt(ms).Tags ?? []).flatMap(({ Key = '', Value = '' }) =>
        /-(?:at|of)$/.test(Key) ? [[Key, Value]] : [],
      ),
    )
  for (const [sentAtMs, now, inAWeek] of [
    [NOW_MS, '2026-11-21T10:00:00.000Z', '2026-11-28T10:00:00.000Z'],
    [NOW_MS + MINUTE, '2026-11-21T10:01:00.000Z', '2026-11-28T10:01:00.000Z'],
  ] as const)
    expect(timesAt(sentAtMs)).toEqual({
      'aurora-clone:created-at': now,
      'aurora-clone:data-as-of': now,
      'aurora-clone:expires-at': inAWeek,
    })
})

test('what the inputs make impossible fails now, before anything is removed for it', async () => {
  const shape = aShape({ backtrackWindowSeconds: 3_600 })
  await expect(decideRestore(aWorld().rds, aQuestion({ shape }))).rejects.toMatchObject({
    title: 'Invalid input',
    what: expect.stringContaining('only Aurora MySQL has Backtrack'),
  })
})

describe('the source', () => {
  test('is not there', async () => {
    await expect(decideRestore(aWorld().rds, aQuestion({ clusters: [] }))).rejects.toMatchObject({
      title: 'Source cluster not found',
      what: 'There is no Aurora cluster "orders" in eu-west-1.',
      remedy: 'Check source-cluster, aws-region and the account of the credentials.',
    })
  })

  test('has no ready clone of that key', async () => {
    const question = aQuestion({ source: { kind: 'key', key: 'nightly' } })
    await expect(decideRestore(aWorld().rds, question)).rejects.toMatchObject({
      title: 'Source cluster not found',
      what: 'source-key is "nightly", but this repository has no ready clone of that key in eu-west-1.',
    })
  })

  test('is on its way: wait', async () => {
    const clusters = [aSource({ status: 'starting' })]
    expect(await decideRestore(aWorld().rds, aQuestion({ clusters }))).toEqual({
      kind: 'wait',
      waitingFor: 'waiting for the source cluster (starting)',
    })
  })

  test('cannot be used', async () => {
    const world = aWorld()
    const clusters = [aSource({ status: 'stopped' })]
    await expect(decideRestore(world.rds, aQuestion({ clusters }))).rejects.toMatchObject({
      title: 'Source cluster not usable',
    })
    expect(world.calls()).toEqual([])
  })
})

describe('room for one more copy-on-write clone', () => {
  const clones = (count: number, status = 'available') =>
    Array.from({ length: count }, (_, index) =>
      aCluster({ status, resourceId: `cluster-${status}-${index}` }),
    )

  test('one below the limit: restore', async () => {
    const decision = await decideRestore(aWorld().rds, aQuestion({ clusters: [aSource(), ...clones(14)] }))
    expect(decision.kind).toBe('restore')
  })

  test('at the limit: refuse, the next would silently be a full copy', async () => {
    await expect(
      decideRestore(aWorld().rds, aQuestion({ clusters: [aSource(), ...clones(15)] })),
    ).rejects.toMatchObject({
      title: 'Clone limit reached',
      what: expect.stringContaining('"orders" has 15 other clusters; max-clones is 15'),
    })
  })

  test('at the limit, but one is being deleted: wait for it', async () => {
    const clusters = [aSource(), ...clones(14), ...clones(1, 'deleting')]
    expect(await decideRestore(aWorld().rds, aQuestion({ clusters }))).toEqual({
      kind: 'wait',
      waitingFor: 'waiting for one of 15 clones of "orders" to be gone (max-clones is 15)',
    })
  })

  test('far above the limit, one deletion is not enough: refuse', async () => {
    const clusters = [aSource(), ...clones(15), ...clones(1, 'deleting')]
    await expect(decideRestore(aWorld().rds, aQuestion({ clusters }))).rejects.toMatchObject({
      title: 'Clone limit reached',
    })
  })

  test('a lower max-clones is the user’s', async () => {
    await expect(
      decideRestore(aWorld().rds, aQuestion({ clusters: [aSource(), ...clones(2)], maxClones: 2 })),
    ).rejects.toMatchObject({ title: 'Clone limit reached' })
  })

  test('a copy to a point in time is a full one anyway', async () => {
    const shape = aShape({ restoreToTime: new Date('2026-11-20T06:00:00Z') })
    const decision = await decideRestore(
      aWorld().rds,
      aQuestion({ clusters: [aSource(), ...clones(20)], shape }),
    )
    expect(decision.kind).toBe('restore')
  })
})

describe('a subnet group in another VPC needs groups of its own', () => {
  function vpcs(groups: Readonly<Record<string, string | undefined>>) {
    const world = aWorld()
    world.mock.on(DescribeDBInstancesCommand).resolves({ DBInstances: sourceInstances(['orders-a', 'own']) })
    world.mock
      .on(DescribeDBSubnetGroupsCommand)
      .callsFake(({ DBSubnetGroupName: name }: { DBSubnetGroupName: string }) => ({
        DBSubnetGroups: groups[name] === undefined ? [] : [{ VpcId: groups[name] }],
      }))
    return world
  }

  test('without them: refused before anything is sent', async () => {
    const world = vpcs({ private: 'vpc-1', preview: 'vpc-2' })
    await expect(
      decideRestore(world.rds, aQuestion({ shape: aShape({ subnetGroup: 'preview' }) })),
    ).rejects.toMatchObject({
      title: 'Network configuration rejected',
      what: `db-subnet-group-name "preview" is in VPC vpc-2, source cluster "orders" in vpc-1: the source's security groups do not work there.`,
      remedy: 'Set vpc-security-group-ids to groups of that VPC.',
    })
    expect(world.changes()).toEqual([])
  })

  test('a group that AWS does not show', async () => {
    const world = vpcs({ preview: 'vpc-2' })
    await expect(
      decideRestore(world.rds, aQuestion({ shape: aShape({ subnetGroup: 'preview' }) })),
    ).rejects.toMatchObject({ what: expect.stringContaining('in unknown') })
    const other = vpcs({ private: 'vpc-1' })
    await expect(
      decideRestore(other.rds, aQuestion({ shape: aShape({ subnetGroup: 'preview' }) })),
    ).rejects.toMatchObject({ what: expect.stringContaining('is in VPC unknown') })
  })

  test.each<[string, Parameters<typeof aShape>[0], Record<string, string>]>([
    ['the same VPC', { subnetGroup: 'preview' }, { private: 'vpc-1', preview: 'vpc-1' }],
    ['groups are given', { subnetGroup: 'preview', securityGroupIds: ['sg-00000003'] }, {}],
    ['the source’s own subnet group', { subnetGroup: 'private' }, {}],
    ['none is asked for', {}, {}],
  ])('%s: restore', async (_, shape, groups) => {
    const decision = await decideRestore(vpcs(groups).rds, aQuestion({ shape: aShape(shape) }))
    expect(decision.kind).toBe('restore')
  })

  test('a source whose subnet group AWS does not show is not judged', async () => {
    const clusters = [aSource({ subnetGroup: undefined })]
    const question = aQuestion({ clusters, shape: aShape({ subnetGroup: 'preview' }) })
    expect((await decideRestore(aWorld().rds, question)).kind).toBe('restore')
  })
})

describe('a source of another account, whose instances AWS does not show', () => {
  const whyRefused = async (code: string, shape: Parameters<typeof aShape>[0] = {}) => {
    const decision = await decideRestore(aWorld().rds, aQuestion({ shape: aShape(shape) }))
    if (decision.kind !== 'restore') throw new Error(decision.waitingFor)
    return decision.whyRefused(fault('RestoreDBClusterToPointInTime', code))
  }

  test.each([
    ['DBSubnetGroupNotFoundFault', 'Network configuration rejected', 'private', 'db-subnet-group-name'],
    [
      'DBClusterParameterGroupNotFoundFault',
      'Parameter group rejected',
      'orders-cluster',
      'db-cluster-parameter-group-name',
    ],
  ])(
    '%s: the source’s group is not in this account, and the input is missing',
    async (code, title, group, input) => {
      expect(await whyRefused(code)).toMatchObject({
        title,
        remedy: `Source cluster "orders" belongs to another account, whose group "${group}" does not exist here: set ${input} to a group of this account.`,
      })
    },
  )

  test.each([
    ['DBSubnetGroupNotFoundFault', { subnetGroup: 'mine' }],
    ['DBClusterParameterGroupNotFoundFault', { clusterParameterGroup: 'mine' }],
    ['KMSKeyNotAccessibleFault', {}],
  ])('%s with %j: AWS’s own explanation', async (code, shape) => {
    expect(await whyRefused(code, shape)).toBeUndefined()
  })

  test('its groups are never looked up here, where the name may mean another one', async () => {
    const world = aWorld()
    await decideRestore(world.rds, aQuestion({ shape: aShape({ subnetGroup: 'mine' }) }))
    expect(
      world.mock
        .commandCalls(DescribeDBSubnetGroupsCommand)
        .map(({ args }) => args[0].input.DBSubnetGroupName),
    ).toEqual(['mine'])
  })
})

describe('the network of a dual-stack source', () => {
  const clusters = [aSource({ networkType: 'DUAL' })]

  test.each<[string, Parameters<typeof aShape>[0], readonly string[], string]>([
    ['in its own subnet group', {}, [], 'DUAL'],
    ['in another one that has IPv6', { subnetGroup: 'preview' }, ['IPV4', 'DUAL'], 'DUAL'],
    ['in another one that has none', { subnetGroup: 'preview' }, ['IPV4'], 'IPV4'],
    [
      'in another VPC without IPv6',
      { subnetGroup: 'preview', securityGroupIds: ['sg-00000003'] },
      ['IPV4'],
      'IPV4',
    ],
  ])('%s', async (_, shape, types, networkType) => {
    const world = aWorld()
    world.mock
      .on(DescribeDBSubnetGroupsCommand)
      .resolves({ DBSubnetGroups: [{ VpcId: 'vpc-1', SupportedNetworkTypes: [...types] }] })
    const request = await requestOf(world, aQuestion({ clusters, shape: aShape(shape) }))
    expect(request.NetworkType).toBe(networkType)
  })
})
