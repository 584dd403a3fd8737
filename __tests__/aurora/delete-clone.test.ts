import {
  type DBCluster,
  DeleteDBClusterCommand,
  DeleteDBInstanceCommand,
  DescribeDBClustersCommand,
  DescribeDBInstancesCommand,
} from '@aws-sdk/client-rds'
import { describe, expect, test } from '@jest/globals'
import { deleteClone, deleteOrphanInstance } from '../../src/aurora/delete-clone.ts'
import type { DeletionTarget } from '../../src/aurora/ownership.ts'
import type { ClusterSnapshot } from '../../src/aurora/snapshot.ts'
import {
  CLONE,
  CLONE_ARN,
  CLONE_RESOURCE_ID,
  WRITER,
  anIdentity,
  awsCluster,
  awsInstance,
  awsSource,
  fault,
  noAnswer,
  nodeFault,
  someTags,
  tagList,
} from '../factories.ts'
import { type World, aWorld } from '../world.ts'

function aTarget(overrides: Partial<DeletionTarget> = {}): DeletionTarget {
  return {
    identifier: CLONE,
    resourceId: CLONE_RESOURCE_ID,
    identity: anIdentity(),
    source: 'orders',
    ...overrides,
  }
}

/** An AWS that has this cluster. */
function withCluster(cluster: DBCluster = awsCluster()): World {
  const world = aWorld()
  world.mock.on(DescribeDBClustersCommand).resolves({ DBClusters: [cluster] })
  return world
}

const unwanted = (): Promise<boolean> => Promise.resolve(true)

const MEMBERS = [
  { DBInstanceIdentifier: WRITER, IsClusterWriter: true },
  { DBInstanceIdentifier: `${CLONE}-2`, IsClusterWriter: false },
  { DBInstanceIdentifier: `${CLONE}-3`, IsClusterWriter: false },
]
const NON_DELETING = fault('DeleteDBCluster', 'InvalidDBClusterStateFault', {
  message: 'Cluster cannot be deleted, it still contains DB instances in non-deleting state.',
})

test('readers, the writer, then the cluster straight away: no waiting in between', async () => {
  const world = withCluster(awsCluster({ DBClusterMembers: MEMBERS }))
  expect(await deleteClone(world.aws, aTarget(), unwanted)).toEqual({ kind: 'requested' })
  expect(world.calls()).toEqual([
    `DescribeDBClusters ${CLONE}`,
    `DeleteDBInstance ${CLONE}-2`,
    `DeleteDBInstance ${CLONE}-3`,
    `DeleteDBInstance ${WRITER}`,
    `DeleteDBCluster ${CLONE}`,
  ])
  expect(world.clock.sleeps).toEqual([])
})

test('without final snapshots, and with the automated backups', async () => {
  const world = withCluster()
  await deleteClone(world.aws, aTarget(), unwanted)
  expect(world.mock.commandCalls(DeleteDBInstanceCommand)[0]?.args[0].input).toEqual({
    DBInstanceIdentifier: WRITER,
    SkipFinalSnapshot: true,
  })
  expect(world.mock.commandCalls(DeleteDBClusterCommand)[0]?.args[0].input).toEqual({
    DBClusterIdentifier: CLONE,
    SkipFinalSnapshot: true,
    DeleteAutomatedBackups: true,
  })
})

describe('the guard stands inside: nothing happens, whatever the caller believes', () => {
  test.each<[string, DBCluster, Partial<DeletionTarget>, string]>([
    [
      'the source',
      awsSource(),
      { identifier: 'orders', resourceId: 'cluster-ORDERS', source: undefined },
      'not-owned',
    ],
    [
      'the source with the tags of a clone by mistake',
      awsSource({ TagList: tagList(someTags()), DeletionProtection: false }),
      { identifier: 'orders', resourceId: 'cluster-ORDERS', source: undefined },
      'not-owned',
    ],
    ['the configured source, by its identifier', awsCluster(), { source: CLONE }, 'not-owned'],
    ['the configured source, by its ARN', awsCluster(), { source: CLONE_ARN }, 'not-owned'],
    ['no tags', awsCluster({ TagList: [] }), {}, 'not-owned'],
    ['unreadable tags', awsCluster({ TagList: undefined }), {}, 'not-owned'],
    [
      'a hand-made copy of the clone',
      awsCluster({ DBClusterIdentifier: 'copy', DbClusterResourceId: 'cluster-COPY' }),
      { identifier: 'copy', resourceId: 'cluster-COPY' },
      'not-owned',
    ],
    ['another clone’s tags', awsCluster(), { identity: anIdentity({ key: 'pr-43' }) }, 'not-owned'],
    ['another repository’s', awsCluster(), { identity: anIdentity({ repositoryId: '1' }) }, 'not-owned'],
    ['a new cluster of the same name', awsCluster({ DbClusterResourceId: 'cluster-NEW' }), {}, 'not-owned'],
    ['another cluster than the one asked for', awsSource(), {}, 'not-owned'],
    ['a replica', awsCluster({ ReplicationSourceIdentifier: 'arn:x' }), {}, 'not-owned'],
    ['a global member', awsCluster({ GlobalClusterIdentifier: 'global' }), {}, 'not-owned'],
    ['a hold', awsCluster({ TagList: tagList(someTags({ 'aurora-clone:hold': 'true' })) }), {}, 'held'],
    ['deletion protection', awsCluster({ DeletionProtection: true }), {}, 'protected'],
    [
      'a hold on a deleting cluster',
      awsCluster({ Status: 'deleting', TagList: tagList(someTags({ 'aurora-clone:hold': '1' })) }),
      {},
      'held',
    ],
  ])('%s', async (_, cluster, target, kind) => {
    const world = withCluster(cluster)
    const asked: ClusterSnapshot[] = []
    const result = await deleteClone(world.aws, aTarget(target), (now) => {
      asked.push(now)
      return Promise.resolve(true)
    })
    expect(result).toMatchObject({ kind: 'refused', verdict: { kind } })
    expect(world.changes()).toEqual([])
    // What is refused anyway is no question to the caller.
    expect(asked).toEqual([])
  })
})

describe('the caller has the last word, right after the guard', () => {
  test('it is asked once, with the cluster as it is now', async () => {
    const label = tagList(someTags({ 'aurora-clone:label': 'preview' }))
    const world = withCluster(awsCluster({ Status: 'modifying', TagList: label }))
    const asked: (readonly [ClusterSnapshot, readonly string[]])[] = []
    const result = await deleteClone(world.aws, aTarget(), (cluster) => {
      asked.push([cluster, world.calls()])
      return Promise.resolve(true)
    })
    expect(result).toEqual({ kind: 'requested' })
    expect(asked).toEqual([
      [
        expect.objectContaining({
          identifier: CLONE,
          resourceId: CLONE_RESOURCE_ID,
          status: 'modifying',
          tags: someTags({ 'aurora-clone:label': 'preview' }),
        }),
        [`DescribeDBClusters ${CLONE}`],
      ],
    ])
  })

  test('kept: nothing is deleted, nothing more is looked at', async () => {
    const world = withCluster()
    expect(await deleteClone(world.aws, aTarget(), () => Promise.resolve(false))).toEqual({ kind: 'wanted' })
    expect(world.calls()).toEqual([`DescribeDBClusters ${CLONE}`])
  })

  test('it cannot say: nothing is deleted', async () => {
    const world = withCluster()
    const unreadable = new Error('HTTP 502')
    await expect(deleteClone(world.aws, aTarget(), () => Promise.reject(unreadable))).rejects.toBe(unreadable)
    expect(world.changes()).toEqual([])
  })

  test.each<[string, DBCluster | undefined]>([
    ['gone', undefined],
    ['being deleted', awsCluster({ Status: 'deleting' })],
  ])('it is not asked about what is %s already', async (_, cluster) => {
    const world = aWorld()
    world.mock.on(DescribeDBClustersCommand).resolves({ DBClusters: cluster === undefined ? [] : [cluster] })
    let asked = 0
    await deleteClone(world.aws, aTarget(), () => Promise.resolve((asked += 1) > 0))
    expect(asked).toBe(0)
  })

  test('it is not asked again once the first instance is gone: the pair is finished', async () => {
    const world = withCluster()
    world.mock.on(DeleteDBClusterCommand).rejectsOnce(NON_DELETING).resolves({})
    let asked = 0
    expect(await deleteClone(world.aws, aTarget(), () => Promise.resolve((asked += 1) === 1))).toEqual({
      kind: 'requested',
    })
    expect(asked).toBe(1)
  })
})

describe('cancelled', () => {
  test('while the caller was asked: nothing is deleted', async () => {
    const world = withCluster()
    const result = deleteClone(world.aws, aTarget(), () => {
      world.controller.abort()
      return Promise.resolve(true)
    })
    await expect(result).rejects.toMatchObject({
      title: 'Cancelled',
      what: `The run was cancelled. Clone "${CLONE}" stands at: cluster available.`,
    })
    expect(world.changes()).toEqual([])
  })

  test('after the first instance: the pair is finished', async () => {
    const world = withCluster()
    world.mock.on(DeleteDBInstanceCommand).callsFake(() => {
      world.controller.abort()
      return {}
    })
    world.mock.on(DeleteDBClusterCommand).rejectsOnce(NON_DELETING).resolves({})
    expect(await deleteClone(world.aws, aTarget(), unwanted)).toEqual({ kind: 'requested' })
    expect(world.changes()).toEqual([
      `DeleteDBInstance ${WRITER}`,
      `DeleteDBCluster ${CLONE}`,
      `DeleteDBCluster ${CLONE}`,
    ])
  })
})

test('gone already', async () => {
  const world = aWorld()
  world.mock.on(DescribeDBClustersCommand).rejects(fault('DescribeDBClusters', 'DBClusterNotFoundFault'))
  expect(await deleteClone(world.aws, aTarget(), unwanted)).toEqual({ kind: 'gone' })
  expect(world.changes()).toEqual([])
})

test('being deleted already: nothing to ask for', async () => {
  const world = withCluster(awsCluster({ Status: 'deleting' }))
  expect(await deleteClone(world.aws, aTarget(), unwanted)).toEqual({ kind: 'requested' })
  expect(world.changes()).toEqual([])
})

test('a cluster that cannot be looked at is not deleted', async () => {
  const world = aWorld()
  world.mock
    .on(DescribeDBClustersCommand)
    .rejects(fault('DescribeDBClusters', 'AccessDenied', { httpStatus: 403 }))
  await expect(deleteClone(world.aws, aTarget(), unwanted)).rejects.toMatchObject({ code: 'AccessDenied' })
  expect(world.changes()).toEqual([])
})

describe('instances', () => {
  test('one whose deletion AWS does not answer: later, and nothing has begun', async () => {
    const world = withCluster()
    const error = fault('DeleteDBInstance', 'Throttling', { message: 'Rate exceeded' })
    world.mock.on(DeleteDBInstanceCommand).rejects(error)
    expect(await deleteClone(world.aws, aTarget(), unwanted)).toEqual({
      kind: 'not-yet',
      because: 'Rate exceeded',
      hasBegun: false,
    })
    expect(world.changes()).toEqual([`DeleteDBInstance ${WRITER}`])
  })

  test.each([
    [
      'is being deleted already',
      fault('DeleteDBInstance', 'InvalidDBInstanceStateFault', {
        message: 'Instance x is already being deleted.',
      }),
    ],
    ['is gone already', fault('DeleteDBInstance', 'DBInstanceNotFoundFault', { httpStatus: 404 })],
  ])('one that %s is fine', async (_, error) => {
    const world = withCluster()
    world.mock.on(DeleteDBInstanceCommand).rejects(error)
    expect(await deleteClone(world.aws, aTarget(), unwanted)).toEqual({ kind: 'requested' })
    expect(world.changes()).toEqual([`DeleteDBInstance ${WRITER}`, `DeleteDBCluster ${CLONE}`])
  })

  test.each(['InvalidDBInstanceStateFault', 'InvalidDBClusterStateFault'])(
    'one that AWS does not take now (%s): later',
    async (code) => {
      const world = withCluster()
      world.mock.on(DeleteDBInstanceCommand).rejects(fault('DeleteDBInstance', code, { message: 'not now' }))
      expect(await deleteClone(world.aws, aTarget(), unwanted)).toEqual({
        kind: 'not-yet',
        because: 'not now',
        hasBegun: false,
      })
      expect(world.changes()).toEqual([`DeleteDBInstance ${WRITER}`])
    },
  )

  test('any other fault ends it', async () => {
    const world = withCluster()
    world.mock
      .on(DeleteDBInstanceCommand)
      .rejects(fault('DeleteDBInstance', 'AccessDenied', { httpStatus: 403 }))
    await expect(deleteClone(world.aws, aTarget(), unwanted)).rejects.toMatchObject({ code: 'AccessDenied' })
    expect(world.changes()).toEqual([`DeleteDBInstance ${WRITER}`])
  })

  test('a cluster that is being made may not list its members: they are looked for', async () => {
    const world = withCluster(awsCluster({ Status: 'creating', DBClusterMembers: [] }))
    world.mock.on(DescribeDBInstancesCommand).resolves({
      DBInstances: [
        awsInstance({ DBInstanceStatus: 'creating' }),
        awsInstance({ DBInstanceIdentifier: 'orders-a', DBClusterIdentifier: 'orders' }),
        awsInstance({ DBInstanceIdentifier: `${CLONE}-2`, DBInstanceStatus: 'deleting' }),
      ],
    })
    expect(await deleteClone(world.aws, aTarget(), unwanted)).toEqual({ kind: 'requested' })
    expect(world.changes()).toEqual([`DeleteDBInstance ${WRITER}`, `DeleteDBCluster ${CLONE}`])
  })
})

describe('the cluster', () => {
  test('AWS still counts the instances for a moment: again, the pair is finished', async () => {
    const world = withCluster()
    world.mock.on(DeleteDBClusterCommand).rejectsOnce(NON_DELETING).rejectsOnce(NON_DELETING).resolves({})
    expect(await deleteClone(world.aws, aTarget(), unwanted)).toEqual({ kind: 'requested' })
    expect(world.clock.sleeps).toEqual([2_000, 2_000])
    expect(world.changes()).toEqual([
      `DeleteDBInstance ${WRITER}`,
      `DeleteDBCluster ${CLONE}`,
      `DeleteDBCluster ${CLONE}`,
      `DeleteDBCluster ${CLONE}`,
    ])
  })

  test('and when it counts them for a minute: later', async () => {
    const world = withCluster()
    world.mock.on(DeleteDBClusterCommand).rejects(NON_DELETING)
    expect(await deleteClone(world.aws, aTarget(), unwanted)).toEqual({
      kind: 'not-yet',
      because: NON_DELETING.message,
      hasBegun: true,
    })
    expect(world.clock.sleeps).toHaveLength(30)
  })

  test.each([
    ['throttled', fault('DeleteDBCluster', 'Throttling')],
    ['a fault of AWS’s own', fault('DeleteDBCluster', 'InternalFailure', { httpStatus: 500 })],
    ['out of service', fault('DeleteDBCluster', 'ServiceUnavailable', { httpStatus: 503 })],
    ['not answered', noAnswer('DeleteDBCluster')],
    ['broken off', nodeFault('DeleteDBCluster', 'ECONNRESET')],
  ])('%s after the instances: again within the minute, the pair is finished', async (_, error) => {
    const world = withCluster()
    world.mock.on(DeleteDBClusterCommand).rejectsOnce(error).rejectsOnce(error).resolves({})
    expect(await deleteClone(world.aws, aTarget(), unwanted)).toEqual({ kind: 'requested' })
    expect(world.clock.sleeps).toEqual([2_000, 2_000])
    expect(world.changes()).toEqual([
      `DeleteDBInstance ${WRITER}`,
      `DeleteDBCluster ${CLONE}`,
      `DeleteDBCluster ${CLONE}`,
      `DeleteDBCluster ${CLONE}`,
    ])
  })

  test('a look between two attempts that AWS does not answer: again within the minute', async () => {
    const world = aWorld()
    world.mock
      .on(DescribeDBClustersCommand)
      .resolvesOnce({ DBClusters: [awsCluster()] })
      .rejectsOnce(fault('DescribeDBClusters', 'Throttling'))
      .resolves({ DBClusters: [awsCluster()] })
    world.mock.on(DeleteDBClusterCommand).rejectsOnce(NON_DELETING).resolves({})
    expect(await deleteClone(world.aws, aTarget(), unwanted)).toEqual({ kind: 'requested' })
    // Not without knowing that the name is still that of the clone.
    expect(world.changes()).toEqual([
      `DeleteDBInstance ${WRITER}`,
      `DeleteDBCluster ${CLONE}`,
      `DeleteDBCluster ${CLONE}`,
    ])
  })

  test('throttled for a minute: later', async () => {
    const world = withCluster()
    world.mock
      .on(DeleteDBClusterCommand)
      .rejects(fault('DeleteDBCluster', 'Throttling', { message: 'Rate exceeded' }))
    expect(await deleteClone(world.aws, aTarget(), unwanted)).toEqual({
      kind: 'not-yet',
      because: 'Rate exceeded',
      hasBegun: true,
    })
    expect(world.clock.sleeps).toHaveLength(30)
  })

  test.each<[string, readonly DBCluster[]]>([
    ['is another one now', [awsCluster({ DbClusterResourceId: 'cluster-NEW' })]],
    ['is gone', []],
  ])('while AWS still counts the instances, the cluster of that name %s', async (_, clusters) => {
    const world = aWorld()
    world.mock
      .on(DescribeDBClustersCommand)
      .resolvesOnce({ DBClusters: [awsCluster()] })
      .resolves({ DBClusters: [...clusters] })
    world.mock.on(DeleteDBClusterCommand).rejects(NON_DELETING)
    world.mock
      .on(DescribeDBInstancesCommand)
      .resolves({ DBInstances: [awsInstance(), awsInstance({ DBInstanceIdentifier: 'stray' })] })
    expect(await deleteClone(world.aws, aTarget(), unwanted)).toEqual({ kind: 'gone' })
    // Neither the new cluster nor its instances: the calls go by name.
    expect(world.changes()).toEqual([`DeleteDBInstance ${WRITER}`, `DeleteDBCluster ${CLONE}`])
  })

  test('an instance that it did not list as its member is deleted too', async () => {
    const world = withCluster()
    world.mock.on(DeleteDBClusterCommand).rejectsOnce(NON_DELETING).resolves({})
    world.mock
      .on(DescribeDBInstancesCommand)
      .resolves({ DBInstances: [awsInstance(), awsInstance({ DBInstanceIdentifier: 'stray' })] })
    expect(await deleteClone(world.aws, aTarget(), unwanted)).toEqual({ kind: 'requested' })
    expect(world.changes()).toEqual([
      `DeleteDBInstance ${WRITER}`,
      `DeleteDBCluster ${CLONE}`,
      'DeleteDBInstance stray',
      `DeleteDBCluster ${CLONE}`,
    ])
  })

  test('such an instance that AWS does not take now: later', async () => {
    const world = withCluster()
    world.mock.on(DeleteDBClusterCommand).rejects(NON_DELETING)
    world.mock
      .on(DescribeDBInstancesCommand)
      .resolves({ DBInstances: [awsInstance({ DBInstanceIdentifier: 'stray' })] })
    world.mock
      .on(DeleteDBInstanceCommand, { DBInstanceIdentifier: 'stray' })
      .rejects(fault('DeleteDBInstance', 'InvalidDBInstanceStateFault', { message: 'stray is busy' }))
    expect(await deleteClone(world.aws, aTarget(), unwanted)).toEqual({
      kind: 'not-yet',
      because: 'stray is busy',
      hasBegun: true,
    })
  })

  test.each<[string, ReturnType<typeof fault>, object]>([
    ['is gone', fault('DeleteDBCluster', 'DBClusterNotFoundFault', { httpStatus: 404 }), { kind: 'gone' }],
    [
      'is being deleted already',
      fault('DeleteDBCluster', 'InvalidDBClusterStateFault', { message: 'Cluster is already being deleted' }),
      { kind: 'requested' },
    ],
    [
      'is in no state for it',
      fault('DeleteDBCluster', 'InvalidDBClusterStateFault', { message: 'Db cluster is not available.' }),
      { kind: 'not-yet', because: 'Db cluster is not available.', hasBegun: true },
    ],
  ])('%s', async (_, error, result) => {
    const world = withCluster()
    world.mock.on(DeleteDBClusterCommand).rejects(error)
    expect(await deleteClone(world.aws, aTarget(), unwanted)).toEqual(result)
    expect(world.clock.sleeps).toEqual([])
  })

  test('any other fault ends it', async () => {
    const world = withCluster()
    world.mock
      .on(DeleteDBClusterCommand)
      .rejects(fault('DeleteDBCluster', 'AccessDenied', { httpStatus: 403 }))
    await expect(deleteClone(world.aws, aTarget(), unwanted)).rejects.toMatchObject({ code: 'AccessDenied' })
  })
})

describe('deleteOrphanInstance', () => {
  const question = { instanceIdentifier: WRITER, clusterIdentifier: CLONE, identity: anIdentity() }

  function withInstance(instance = awsInstance()): World {
    const world = aWorld()
    world.mock.on(DescribeDBClustersCommand).rejects(fault('DescribeDBClusters', 'DBClusterNotFoundFault'))
    world.mock.on(DescribeDBInstancesCommand).resolves({ DBInstances: [instance] })
    return world
  }

  test('ours, and its cluster is gone: deleted', async () => {
    const world = withInstance()
    expect(await deleteOrphanInstance(world.aws, question)).toBe(true)
    expect(world.changes()).toEqual([`DeleteDBInstance ${WRITER}`])
  })

  test.each([
    ['is being deleted already', awsInstance({ DBInstanceStatus: 'deleting' })],
    ['has no tags', awsInstance({ TagList: [] })],
    ['has tags that cannot be read', awsInstance({ TagList: undefined })],
    ['belongs to another cluster', awsInstance({ DBClusterIdentifier: 'orders' })],
    [
      'carries another clone’s tags',
      awsInstance({ TagList: tagList(someTags({ 'aurora-clone:key': 'pr-43' })) }),
    ],
    ['is held', awsInstance({ TagList: tagList(someTags({ 'aurora-clone:hold': 'true' })) })],
  ])('one that %s is left alone', async (_, instance) => {
    const world = withInstance(instance)
    expect(await deleteOrphanInstance(world.aws, question)).toBe(false)
    expect(world.changes()).toEqual([])
  })

  test('there is none', async () => {
    const world = aWorld()
    expect(await deleteOrphanInstance(world.aws, question)).toBe(false)
  })

  test('its cluster is there after all, only missing in the listing: no orphan', async () => {
    const world = withInstance()
    world.mock
      .on(DescribeDBClustersCommand)
      .resolves({ DBClusters: [awsCluster({ TagList: tagList(someTags({ 'aurora-clone:hold': 'true' })) })] })
    expect(await deleteOrphanInstance(world.aws, question)).toBe(false)
    expect(world.changes()).toEqual([])
  })

  test('AWS does not take it now', async () => {
    const world = withInstance()
    world.mock
      .on(DeleteDBInstanceCommand)
      .rejects(fault('DeleteDBInstance', 'InvalidDBInstanceStateFault', { message: 'busy' }))
    await expect(deleteOrphanInstance(world.aws, question)).rejects.toMatchObject({ message: 'busy' })
  })
})
