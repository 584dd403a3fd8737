import {
  type DBCluster,
  DeleteDBClusterCommand,
  DeleteDBInstanceCommand,
  DescribeDBClustersCommand,
  DescribeDBInstancesCommand,
  StartDBClusterCommand,
} from '@aws-sdk/client-rds'
import { describe, expect, test } from '@jest/globals'
import { type CloneLook, type DeletionResult, deleteClone } from '../../../src/aurora/gone/delete-clone.ts'
import type { DeletionTarget } from '../../../src/aurora/clone/ownership.ts'
import {
  CLONE,
  CLONE_ARN,
  CLONE_RESOURCE_ID,
  MINUTE,
  NOW_MS,
  WRITER,
  anIdentity,
  awsCluster,
  awsInstance,
  awsSource,
  fault,
  newTags,
  noAnswer,
  nodeFault,
  someTags,
  tagList,
} from '../../factories.ts'
import { type World, aWorld } from '../../world.ts'

/** An AWS that has this cluster, with these instances. */
function withCluster(cluster: DBCluster = awsCluster(), instances = [awsInstance()]): World {
  const world = aWorld()
  world.mock.on(DescribeDBClustersCommand).resolves({ DBClusters: [cluster] })
  world.mock.on(DescribeDBInstancesCommand).resolves({ DBInstances: instances })
  return world
}

const UNWANTED = (): Promise<() => boolean> => Promise.resolve(() => true)

async function deleting(
  { aws }: World,
  target: Partial<DeletionTarget> = {},
  askIfUnwanted: () => Promise<(look: CloneLook) => boolean> = UNWANTED,
): Promise<DeletionResult> {
  return await deleteClone(aws, {
    target: {
      identifier: CLONE,
      resourceId: CLONE_RESOURCE_ID,
      identity: anIdentity(),
      source: 'orders',
      ...target,
    },
    askIfUnwanted,
    deadlineMs: NOW_MS + 30 * MINUTE,
  })
}

const LOOK = `DescribeDBClusters ${CLONE}`
const INSTANCES = 'DescribeDBInstances'
const DELETE_WRITER = `DeleteDBInstance ${WRITER}`
const DELETE_CLUSTER = `DeleteDBCluster ${CLONE}`
const NON_DELETING = fault('DeleteDBCluster', 'InvalidDBClusterStateFault', {
  message: 'Cluster cannot be deleted, it still contains DB instances in non-deleting state.',
})
const HELD = awsCluster({ TagList: tagList(someTags({ 'aurora-clone:hold': 'true' })) })
const ANOTHER = awsCluster({ DbClusterResourceId: 'cluster-NEW', TagList: tagList({ Owner: 'anna' }) })

describe('a look right before each call', () => {
  test('what waits comes first, then the instances, a look, the writer, a look, the cluster', async () => {
    const world = withCluster()
    const asked: (readonly string[])[] = []
    const result = await deleting(world, {}, () => {
      asked.push(world.calls())
      return UNWANTED()
    })
    expect(result).toEqual({ kind: 'requested' })
    expect(asked).toEqual([[]])
    expect(world.calls()).toEqual([INSTANCES, LOOK, DELETE_WRITER, LOOK, DELETE_CLUSTER])
    expect(world.clock.sleeps).toEqual([])
  })

  test('readers first, the writer last, each after a look of its own', async () => {
    const members = [
      { DBInstanceIdentifier: WRITER, IsClusterWriter: true },
      { DBInstanceIdentifier: `${CLONE}-2`, IsClusterWriter: false },
    ]
    const world = withCluster(awsCluster({ DBClusterMembers: members }))
    expect(await deleting(world)).toEqual({ kind: 'requested' })
    expect(world.calls()).toEqual([
      INSTANCES,
      LOOK,
      `DeleteDBInstance ${CLONE}-2`,
      LOOK,
      DELETE_WRITER,
      LOOK,
      DELETE_CLUSTER,
    ])
  })

  test('nothing is sent that AWS refuses under AWS Backup', async () => {
    const world = withCluster()
    await deleting(world)
    const inputs = [
      world.mock.commandCalls(DeleteDBInstanceCommand),
      world.mock.commandCalls(DeleteDBClusterCommand),
    ].map(([call]) => call?.args[0].input)
    expect(inputs).toEqual([
      { DBInstanceIdentifier: WRITER, SkipFinalSnapshot: true },
      { DBClusterIdentifier: CLONE, SkipFinalSnapshot: true },
    ])
  })

  test.each<[string, DBCluster, string]>([
    ['a hold', HELD, 'held'],
    ['deletion protection', awsCluster({ DeletionProtection: true }), 'protected'],
    ['tags that are gone', awsCluster({ TagList: [] }), 'not-owned'],
    ['tags that cannot be read', awsCluster({ TagList: undefined }), 'not-owned'],
  ])('%s between writer and cluster: the cluster stays, without its writer', async (_, cluster, kind) => {
    const world = withCluster()
    world.mock
      .on(DescribeDBClustersCommand)
      .resolvesOnce({ DBClusters: [awsCluster()] })
      .resolves({ DBClusters: [cluster] })
    expect(await deleting(world)).toMatchObject({ kind: 'refused', verdict: { kind }, writerIsGone: true })
    expect(world.changes()).toEqual([DELETE_WRITER])
  })

  test('another cluster takes the name between writer and cluster: it is not touched', async () => {
    const world = withCluster()
    world.mock
      .on(DescribeDBClustersCommand)
      .resolvesOnce({ DBClusters: [awsCluster()] })
      .resolves({ DBClusters: [ANOTHER] })
    expect(await deleting(world)).toEqual({ kind: 'gone', isReplaced: true })
    expect(world.changes()).toEqual([DELETE_WRITER])
  })

  test('a new member between writer and cluster goes, too', async () => {
    const world = withCluster()
    const members = [...(awsCluster().DBClusterMembers ?? []), { DBInstanceIdentifier: 'reader' }]
    world.mock
      .on(DescribeDBClustersCommand)
      .resolvesOnce({ DBClusters: [awsCluster()] })
      .resolves({ DBClusters: [awsCluster({ DBClusterMembers: members })] })
    expect(await deleting(world)).toEqual({ kind: 'requested' })
    expect(world.changes()).toEqual([DELETE_WRITER, 'DeleteDBInstance reader', DELETE_CLUSTER])
  })
})

describe('the guard stands inside: nothing happens, whatever the caller believes', () => {
  const orders = { identifier: 'orders', resourceId: 'cluster-ORDERS', source: undefined }
  test.each<[string, DBCluster, Partial<DeletionTarget>, string]>([
    ['the source', awsSource(), orders, 'not-owned'],
    [
      'the source with the tags of a clone by mistake',
      awsSource({ TagList: tagList(someTags()), DeletionProtection: false }),
      orders,
      'not-owned',
    ],
    ['the configured source, by its identifier', awsCluster(), { source: CLONE }, 'not-owned'],
    ['the configured source, by its ARN', awsCluster(), { source: CLONE_ARN }, 'not-owned'],
    ['no tags', awsCluster({ TagList: [] }), {}, 'not-owned'],
    ['unreadable tags', awsCluster({ TagList: undefined }), {}, 'not-owned'],
    ['another clone’s tags', awsCluster(), { identity: anIdentity({ key: 'pr-43' }) }, 'not-owned'],
    ['another repository’s', awsCluster(), { identity: anIdentity({ repositoryId: '1' }) }, 'not-owned'],
    ['a new cluster of the same name', awsCluster({ DbClusterResourceId: 'cluster-NEW' }), {}, 'not-owned'],
    ['a replica', awsCluster({ ReplicationSourceIdentifier: 'arn:x' }), {}, 'not-owned'],
    ['a global member', awsCluster({ GlobalClusterIdentifier: 'global' }), {}, 'not-owned'],
    [
      'restored by hand later, with its tags',
      awsCluster({ ClusterCreateTime: new Date('2026-11-21T08:52:00Z') }),
      {},
      'not-owned',
    ],
    ['a hold', HELD, {}, 'held'],
    ['deletion protection', awsCluster({ DeletionProtection: true }), {}, 'protected'],
  ])('%s', async (_, cluster, target, kind) => {
    const world = withCluster(cluster)
    expect(await deleting(world, target)).toMatchObject({ kind: 'refused', verdict: { kind } })
    expect(world.changes()).toEqual([])
  })

  test('without AWS’s time, a hold that has ended still holds', async () => {
    const ended = tagList(someTags({ 'aurora-clone:hold': '2026-11-20T00:00:00Z' }))
    const world = withCluster(awsCluster({ TagList: ended }))
    const timeless = { ...world, aws: { ...world.aws, awsNow: () => undefined } }
    expect(await deleting(timeless)).toMatchObject({ kind: 'refused', verdict: { kind: 'held' } })
    expect(await deleting(world)).toEqual({ kind: 'requested' })
  })
})

describe('the caller’s rule', () => {
  test('judges each look, with the cluster and its instances as they are then', async () => {
    const world = withCluster(awsCluster({ Status: 'modifying' }))
    const looks: CloneLook[] = []
    await deleting(world, {}, () =>
      Promise.resolve((look) => {
        looks.push(look)
        return true
      }),
    )
    expect(looks).toHaveLength(2)
    expect(looks[0]).toMatchObject({
      clone: { cluster: { identifier: CLONE, status: 'modifying', tags: someTags() }, hasBeenReady: true },
      instances: [{ identifier: WRITER }],
    })
  })

  test('keeps it: nothing is deleted', async () => {
    const world = withCluster()
    expect(await deleting(world, {}, () => Promise.resolve(() => false))).toEqual({
      kind: 'wanted',
      writerIsGone: false,
    })
    expect(world.changes()).toEqual([])
  })

  test('keeps it after the writer: told that its writer is gone', async () => {
    const world = withCluster()
    let looks = 0
    expect(await deleting(world, {}, () => Promise.resolve(() => ++looks === 1))).toEqual({
      kind: 'wanted',
      writerIsGone: true,
    })
    expect(world.changes()).toEqual([DELETE_WRITER])
  })

  test('cannot say: nothing is deleted', async () => {
    const world = withCluster()
    const unreadable = new Error('HTTP 502')
    await expect(deleting(world, {}, () => Promise.reject(unreadable))).rejects.toBe(unreadable)
    expect(world.calls()).toEqual([])
  })
})

describe('cancelled', () => {
  test('while the caller was asked: nothing is deleted', async () => {
    const world = withCluster()
    const result = deleting(world, {}, () => {
      world.controller.abort()
      return UNWANTED()
    })
    await expect(result).rejects.toMatchObject({
      title: 'Cancelled',
      what: `The run was cancelled. Clone "${CLONE}" stands at: cluster available.`,
    })
    expect(world.changes()).toEqual([])
  })

  test.each([
    ['counts the instances for a moment', NON_DELETING],
    ['does not answer', noAnswer('DeleteDBCluster')],
  ])('after the first instance, and AWS %s: the pair is finished', async (_, error) => {
    const world = withCluster()
    world.mock.on(DeleteDBInstanceCommand).callsFake(() => {
      world.controller.abort()
      return {}
    })
    world.mock.on(DeleteDBClusterCommand).rejectsOnce(error).resolves({})
    expect(await deleting(world)).toEqual({ kind: 'requested' })
    expect(world.changes()).toEqual([DELETE_WRITER, DELETE_CLUSTER, DELETE_CLUSTER])
  })
})

describe('what AWS has', () => {
  test('gone, by its own fault', async () => {
    const world = aWorld()
    world.mock.on(DescribeDBClustersCommand).rejects(fault('DescribeDBClusters', 'DBClusterNotFoundFault'))
    expect(await deleting(world)).toEqual({ kind: 'gone', isReplaced: false })
    expect(world.changes()).toEqual([])
  })

  test.each([
    ['an empty list', { DBClusters: [] }],
    ['no list', {}],
    ['another cluster', { DBClusters: [awsSource()] }],
    ['two clusters', { DBClusters: [awsCluster(), awsSource()] }],
  ])('%s is no answer: later', async (_, answer) => {
    const world = aWorld()
    world.mock.on(DescribeDBClustersCommand).resolves(answer)
    expect(await deleting(world)).toMatchObject({ kind: 'not-yet', hasBegun: false })
    expect(world.changes()).toEqual([])
  })

  test('being deleted already: nothing to ask for', async () => {
    const world = withCluster(awsCluster({ Status: 'deleting' }))
    expect(await deleting(world)).toEqual({ kind: 'requested' })
    expect(world.changes()).toEqual([])
  })

  test('a cluster that cannot be looked at is not deleted', async () => {
    const world = aWorld()
    world.mock.on(DescribeDBClustersCommand).rejects(fault('DescribeDBClusters', 'AccessDenied'))
    await expect(deleting(world)).rejects.toMatchObject({ code: 'AccessDenied' })
    expect(world.changes()).toEqual([])
  })

  test('stopped: it is started, and nothing else', async () => {
    const world = withCluster(awsCluster({ Status: 'stopped' }))
    expect(await deleting(world)).toEqual({ kind: 'starting' })
    expect(world.changes()).toEqual([`StartDBCluster ${CLONE}`])
  })

  test('stopped, and started or gone by then: fine', async () => {
    const world = withCluster(awsCluster({ Status: 'stopped' }))
    world.mock.on(StartDBClusterCommand).rejects(fault('StartDBCluster', 'InvalidDBClusterStateFault'))
    expect(await deleting(world)).toEqual({ kind: 'starting' })
  })

  test('left without a writer, and held: so it is said', async () => {
    const world = withCluster({ ...HELD, DBClusterMembers: [] }, [])
    expect(await deleting(world)).toMatchObject({ kind: 'refused', writerIsGone: true })
  })

  test('a member that the listing of instances leaves out says nothing: its writer may be there', async () => {
    expect(await deleting(withCluster(HELD, []))).toMatchObject({ kind: 'refused', writerIsGone: false })
  })

  test('left without a writer by an earlier run: the cluster goes', async () => {
    const world = withCluster(awsCluster({ DBClusterMembers: [] }), [])
    expect(await deleting(world)).toEqual({ kind: 'requested' })
    expect(world.changes()).toEqual([DELETE_CLUSTER])
  })
})

describe('instances', () => {
  test.each([
    [
      'is being deleted already',
      fault('DeleteDBInstance', 'InvalidDBInstanceStateFault', { message: 'It is already being deleted.' }),
    ],
    ['is gone already', fault('DeleteDBInstance', 'DBInstanceNotFoundFault')],
  ])('one that %s is fine', async (_, error) => {
    const world = withCluster()
    world.mock.on(DeleteDBInstanceCommand).rejects(error)
    expect(await deleting(world)).toEqual({ kind: 'requested' })
    expect(world.changes()).toEqual([DELETE_WRITER, DELETE_CLUSTER])
  })

  test.each([
    ['AWS does not take now', fault('DeleteDBInstance', 'InvalidDBInstanceStateFault', { message: 'later' })],
    ['AWS does not take now', fault('DeleteDBInstance', 'InvalidDBClusterStateFault', { message: 'later' })],
    ['is throttled', fault('DeleteDBInstance', 'Throttling', { message: 'later' })],
  ])('one that %s: later, and nothing has begun', async (_, error) => {
    const world = withCluster()
    world.mock.on(DeleteDBInstanceCommand).rejects(error)
    expect(await deleting(world)).toEqual({ kind: 'not-yet', refusal: error, hasBegun: false })
    expect(world.changes()).toEqual([DELETE_WRITER])
  })

  test('one whose answer is lost may be going: asked for again after a look', async () => {
    const world = withCluster()
    world.mock
      .on(DeleteDBInstanceCommand)
      .rejectsOnce(nodeFault('DeleteDBInstance', 'ECONNRESET'))
      .resolves({})
    expect(await deleting(world)).toEqual({ kind: 'requested' })
    expect(world.calls()).toEqual([INSTANCES, LOOK, DELETE_WRITER, LOOK, DELETE_WRITER, LOOK, DELETE_CLUSTER])
  })

  test('any other fault ends it', async () => {
    const world = withCluster()
    world.mock.on(DeleteDBInstanceCommand).rejects(fault('DeleteDBInstance', 'AccessDenied'))
    await expect(deleting(world)).rejects.toMatchObject({ code: 'AccessDenied' })
    expect(world.changes()).toEqual([DELETE_WRITER])
  })

  test('denied to a clone of a minute: AWS may not see its tags yet', async () => {
    const tags = newTags({ 'aurora-clone:created-at': '2026-11-21T09:59:00.000Z' })
    const world = withCluster(awsCluster({ TagList: tagList(tags) }))
    world.mock.on(DeleteDBInstanceCommand).rejects(fault('DeleteDBInstance', 'AccessDenied'))
    expect(await deleting(world)).toMatchObject({ kind: 'not-yet', hasBegun: false })
  })

  test('a cluster that is being made may not list its members: they are looked for', async () => {
    const world = withCluster(awsCluster({ Status: 'creating', DBClusterMembers: [] }), [
      awsInstance({ DBInstanceStatus: 'creating' }),
      awsInstance({ DBInstanceIdentifier: 'orders-a', DBClusterIdentifier: 'orders' }),
      awsInstance({ DBInstanceIdentifier: `${CLONE}-2`, DBInstanceStatus: 'deleting' }),
    ])
    expect(await deleting(world)).toEqual({ kind: 'requested' })
    // Listed again only while there may be one that the cluster does not list.
    expect(world.calls()).toEqual([INSTANCES, LOOK, DELETE_WRITER, INSTANCES, LOOK, DELETE_CLUSTER])
  })
})

describe('the cluster', () => {
  test.each([
    ['AWS still counts the instances', NON_DELETING],
    ['throttled', fault('DeleteDBCluster', 'Throttling')],
    ['a fault of AWS’s own', fault('DeleteDBCluster', 'InternalFailure', { httpStatus: 500 })],
    ['not answered', noAnswer('DeleteDBCluster')],
    ['broken off', nodeFault('DeleteDBCluster', 'ECONNRESET')],
  ])('%s after the instances: again within the minute, after a look', async (_, error) => {
    const world = withCluster()
    world.mock.on(DeleteDBClusterCommand).rejectsOnce(error).rejectsOnce(error).resolves({})
    expect(await deleting(world)).toEqual({ kind: 'requested' })
    expect(world.clock.sleeps).toEqual([2_000, 2_000])
    const calls = world.calls().filter((call) => call !== INSTANCES)
    expect(calls.slice(2)).toEqual([LOOK, DELETE_CLUSTER, LOOK, DELETE_CLUSTER, LOOK, DELETE_CLUSTER])
  })

  test.each([
    ['AWS counts the instances', NON_DELETING],
    ['AWS throttles', fault('DeleteDBCluster', 'Throttling', { message: 'Rate exceeded' })],
  ])('%s for a minute: later', async (_, error) => {
    const world = withCluster()
    world.mock.on(DeleteDBClusterCommand).rejects(error)
    expect(await deleting(world)).toEqual({ kind: 'not-yet', refusal: error, hasBegun: true })
    expect(world.clock.sleeps).toHaveLength(30)
  })

  test('no longer than the run may take', async () => {
    const world = withCluster()
    world.mock.on(DeleteDBClusterCommand).rejects(NON_DELETING)
    world.clock.pass(30 * MINUTE - 6_000)
    expect(await deleting(world)).toMatchObject({ kind: 'not-yet' })
    expect(world.clock.sleeps).toHaveLength(3)
  })

  test('a look between two tries that AWS does not answer: again within the minute', async () => {
    const world = withCluster()
    world.mock
      .on(DescribeDBClustersCommand)
      .resolvesOnce({ DBClusters: [awsCluster()] })
      .rejectsOnce(fault('DescribeDBClusters', 'Throttling'))
      .resolves({ DBClusters: [awsCluster()] })
    expect(await deleting(world)).toEqual({ kind: 'requested' })
    // Not without knowing that the name is still that of the clone.
    expect(world.changes()).toEqual([DELETE_WRITER, DELETE_CLUSTER])
  })

  test('an instance that it did not list as its member is deleted too', async () => {
    const world = withCluster()
    world.mock.on(DeleteDBClusterCommand).rejectsOnce(NON_DELETING).resolves({})
    world.mock
      .on(DescribeDBInstancesCommand)
      .resolvesOnce({ DBInstances: [awsInstance()] })
      .resolves({ DBInstances: [awsInstance(), awsInstance({ DBInstanceIdentifier: 'stray' })] })
    expect(await deleting(world)).toEqual({ kind: 'requested' })
    expect(world.changes()).toEqual([DELETE_WRITER, DELETE_CLUSTER, 'DeleteDBInstance stray', DELETE_CLUSTER])
  })

  test.each<[string, ReturnType<typeof fault>, object]>([
    ['is gone', fault('DeleteDBCluster', 'DBClusterNotFoundFault'), { kind: 'gone', isReplaced: false }],
    [
      'is being deleted already',
      fault('DeleteDBCluster', 'InvalidDBClusterStateFault', { message: 'Cluster is already being deleted' }),
      { kind: 'requested' },
    ],
    [
      'is in no state for it',
      fault('DeleteDBCluster', 'InvalidDBClusterStateFault', { message: 'Db cluster is not available.' }),
      { kind: 'not-yet', refusal: expect.anything(), hasBegun: true },
    ],
  ])('%s', async (_, error, result) => {
    const world = withCluster()
    world.mock.on(DeleteDBClusterCommand).rejects(error)
    expect(await deleting(world)).toEqual(result)
    expect(world.clock.sleeps).toEqual([])
  })

  test('any other fault ends it', async () => {
    const world = withCluster()
    world.mock.on(DeleteDBClusterCommand).rejects(fault('DeleteDBCluster', 'AccessDenied'))
    await expect(deleting(world)).rejects.toMatchObject({
      message: 'The deletion failed half way',
      cause: { code: 'AccessDenied' },
    })
  })
})

describe('a look is old as soon as something is waited for', () => {
  test('instances that AWS lists slowly: what was done meanwhile counts', async () => {
    const world = withCluster()
    let isListed = false
    world.mock
      .on(DescribeDBClustersCommand)
      .callsFake(() => ({ DBClusters: [isListed ? HELD : awsCluster()] }))
    world.mock.on(DescribeDBInstancesCommand).callsFake(async () => {
      await new Promise(setImmediate)
      isListed = true
      return { DBInstances: [awsInstance()] }
    })
    expect(await deleting(world)).toMatchObject({ kind: 'refused', verdict: { kind: 'held' } })
    expect(world.changes()).toEqual([])
  })

  test('instances that AWS lists slowly: the name may belong to another cluster by then', async () => {
    const world = withCluster()
    let isListed = false
    world.mock
      .on(DescribeDBClustersCommand)
      .callsFake(() => ({ DBClusters: [isListed ? ANOTHER : awsCluster({ DBClusterMembers: [] })] }))
    world.mock.on(DescribeDBInstancesCommand).callsFake(async () => {
      await new Promise(setImmediate)
      isListed = true
      return { DBInstances: [] }
    })
    expect(await deleting(world)).toMatchObject({ kind: 'refused', verdict: { kind: 'not-owned' } })
    expect(world.changes()).toEqual([])
  })
})

test.each<[string, DBCluster]>([
  ['put on hold', { TagList: tagList(someTags({ 'aurora-clone:hold': 'true' })) }],
  ['protected', { DeletionProtection: true }],
])('what AWS is deleting already goes, although it was %s since', async (_, changed) => {
  const world = withCluster(awsCluster({ Status: 'deleting', ...changed }))
  expect(await deleting(world)).toEqual({ kind: 'requested' })
  expect(world.changes()).toEqual([])
})

test('an instance of an old listing is not deleted: its name may be another’s by then', async () => {
  const world = withCluster()
  const reader = awsInstance({ DBInstanceIdentifier: `${CLONE}-2` })
  world.mock
    .on(DescribeDBInstancesCommand)
    .resolvesOnce({ DBInstances: [awsInstance(), reader] })
    .resolves({ DBInstances: [awsInstance({ DBInstanceStatus: 'deleting' })] })
  expect(await deleting(world)).toEqual({ kind: 'requested' })
  expect(world.changes()).toEqual([DELETE_WRITER, DELETE_CLUSTER])
})
