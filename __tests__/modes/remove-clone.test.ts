import {
  AddTagsToResourceCommand,
  type DBCluster,
  DeleteDBClusterCommand,
  DeleteDBInstanceCommand,
  DescribeDBClustersCommand,
  DescribeDBInstancesCommand,
} from '@aws-sdk/client-rds'
import { describe, expect, test } from '@jest/globals'
import type { OwnedClone } from '../../src/aurora/clone/ownership.ts'
import type { ClusterSnapshot } from '../../src/aurora/api/snapshot.ts'
import { type RemoveOrder, removeClone } from '../../src/modes/remove-clone.ts'
import {
  CLONE,
  MINUTE,
  NOW_MS,
  WRITER,
  anOwnedClone,
  awsCluster,
  awsInstance,
  fault,
  newTags,
  someTags,
  tagList,
} from '../factories.ts'
import { type World, aContext, aWorld } from '../world.ts'

function ofClone(
  tags: Readonly<Record<string, string | undefined>> = {},
  overrides: Partial<Omit<ClusterSnapshot, 'tags'>> = {},
): OwnedClone {
  return anOwnedClone({}, tags, { resourceId: 'cluster-CLONE1', ...overrides })
}

const ORDER: RemoveOrder = {
  clone: ofClone(),
  leads: true,
  reason: 'expired',
  source: undefined,
  waitUntilGone: false,
  pace: { startedAtMs: NOW_MS, limitMs: MINUTE, pollIntervalMs: 10_000 },
  askIfUnwanted: () => Promise.resolve(() => true),
}

const PAIR = [`DeleteDBInstance ${WRITER}`, `DeleteDBCluster ${CLONE}`]
const GONE = fault('DescribeDBClusters', 'DBClusterNotFoundFault', { httpStatus: 404 })
const DENIED = fault('DeleteDBInstance', 'AccessDenied', { httpStatus: 403, message: 'no' })
const DELETING = awsCluster({ Status: 'deleting' })
const CUT_OFF = 'the run was cut off before it was done'

/** What AWS shows of the clone, look by look; the last one stays. */
function anAws(...looks: readonly (DBCluster | Error)[]): World {
  const world = aWorld()
  let next = 0
  world.mock.on(DescribeDBInstancesCommand).resolves({ DBInstances: [awsInstance()] })
  world.mock.on(DescribeDBClustersCommand).callsFake(() => {
    const look = looks[Math.min(next, looks.length - 1)]
    next += 1
    if (look instanceof Error) throw look
    return { DBClusters: [look] }
  })
  return world
}

async function removed(world: World, overrides: Partial<RemoveOrder> = {}) {
  const context = aContext(world)
  const removal = await removeClone(context, { ...ORDER, ...overrides })
  return { removal, told: context.announced, expected: context.expected }
}

describe('what is done is what is told', () => {
  test.each<[string, readonly (DBCluster | Error)[], string, readonly string[]]>([
    ['requested', [awsCluster()], 'deleting', PAIR],
    ['gone meanwhile', [GONE], 'destroyed', []],
    ['being deleted meanwhile', [DELETING], 'deleting', []],
  ])('%s', async (_, looks, state, changes) => {
    const world = anAws(...looks)
    const { removal, told } = await removed(world)
    expect(removal).toMatchObject({ result: state, clone: { state, removalReason: 'expired' } })
    expect(removal).not.toHaveProperty('failure')
    expect(told).toEqual([removal.clone])
    expect(world.changes()).toEqual(changes)
  })

  test.each<[string, OwnedClone, string]>([
    ['ready', ORDER.clone, 'ready'],
    ['ready once, and stopped now', ofClone({}, { status: 'stopped' }), 'creating'],
    ['never ready', ofClone({ 'aurora-clone:ready-at': undefined }), 'creating'],
  ])('wanted again, %s: nothing is told, since nothing happened', async (_, clone, state) => {
    const { tags = {}, status } = clone.cluster
    const world = anAws(awsCluster({ Status: status, TagList: tagList(tags) }))
    const { removal, told, expected } = await removed(world, {
      clone,
      askIfUnwanted: () => Promise.resolve(() => false),
    })
    expect(removal).toMatchObject({ result: 'kept', because: 'it is wanted again', clone: { state } })
    expect(told).toEqual([])
    // Nor is it left as one that this run wants to remove, or told of when the run ends.
    expect(expected.at(-1)).toEqual({ ...removal.clone, identityHash: '' })
    expect(world.changes()).toEqual([])
  })

  test('gone, and another cluster has its name now: nothing is told, since that one has its comment', async () => {
    const world = anAws(awsCluster(), awsCluster({ DbClusterResourceId: 'cluster-NEW' }))
    const { removal, told } = await removed(world, { isRequested: true, waitUntilGone: true })
    expect(removal).toMatchObject({ result: 'destroyed', clone: { state: 'destroyed' } })
    expect(told).toEqual([])
    expect(world.changes()).toEqual([])
  })
})

describe('whatever ends the run from outside: it names its clone from the start', () => {
  test.each<[string, boolean, object]>([
    ['not asked for yet', false, { state: 'undeleted', undeleted: { because: CUT_OFF, isProtected: false } }],
    ['accepted already', true, { state: 'deleting', removalReason: 'expired' }],
  ])('%s', async (_, isRequested, report) => {
    const world = anAws(awsCluster())
    const seen: unknown[] = []
    const context = aContext(world, {
      expect(clone) {
        seen.push([clone, world.calls()])
      },
    })
    await removeClone(context, { ...ORDER, isRequested })
    expect(seen).toMatchObject([[{ identifier: CLONE, ...report }, []]])
  })

  test('where no one expects anything, as in a sweep', async () => {
    const { aws, region, announce } = aContext(anAws(awsCluster()))
    expect(await removeClone({ aws, region, announce }, ORDER)).toMatchObject({ result: 'deleting' })
  })
})

describe('it stays: people hear that, and why', () => {
  const HELD = awsCluster({ TagList: tagList(someTags({ 'aurora-clone:hold': 'true' })) })

  test('held', async () => {
    const { removal, told } = await removed(anAws(HELD))
    expect(removal).toMatchObject({ result: 'held', clone: { state: 'held' } })
    expect(removal).not.toHaveProperty('failure')
    expect(told).toEqual([removal.clone])
  })

  test.each<[string, DBCluster, string, boolean]>([
    ['protected', { DeletionProtection: true }, 'deletion protection is on', true],
    [
      'another cluster has the name',
      { DbClusterResourceId: 'cluster-OTHER' },
      'another cluster has taken its name meanwhile',
      false,
    ],
    ['without tags', { TagList: [] }, 'it does not have the ownership tags of this action', false],
  ])('refused: %s', async (_, overrides, because, isProtected) => {
    const { removal, told } = await removed(anAws(awsCluster(overrides)))
    expect(removal).toMatchObject({
      result: 'refused',
      because,
      clone: { state: 'undeleted', undeleted: { because, isProtected } },
      failure: { what: `Cluster "${CLONE}" was not deleted: ${because}.` },
    })
    expect(told).toEqual([removal.clone])
  })

  test('AWS refuses', async () => {
    const world = anAws(awsCluster())
    world.mock.on(DeleteDBInstanceCommand).rejects(DENIED)
    const { removal, told } = await removed(world)
    const because = 'DeleteDBInstance failed: AccessDenied: no.'
    expect(removal).toMatchObject({
      result: 'failed',
      because,
      clone: { state: 'undeleted', undeleted: { because, isProtected: false } },
      failure: { title: 'Missing IAM permission' },
    })
    expect(told).toEqual([removal.clone])
  })

  test('AWS denies the cluster after it has taken the writer: the loss of the writer is told', async () => {
    const world = anAws(awsCluster())
    world.mock.on(DeleteDBClusterCommand).rejects(fault('DeleteDBCluster', 'ExpiredToken'))
    const { removal, told } = await removed(world)
    const because = expect.stringMatching(
      /ExpiredToken.*AWS is already deleting the writer instance of the clone\.$/,
    )
    expect(removal).toMatchObject({
      result: 'failed',
      because,
      failure: { title: 'Expired AWS credentials' },
    })
    expect(told).toMatchObject([{ state: 'undeleted', undeleted: { because } }])
  })

  test('AWS keeps refusing until the time is over', async () => {
    const world = anAws(awsCluster())
    world.mock
      .on(DeleteDBClusterCommand)
      .rejects(fault('DeleteDBCluster', 'InvalidDBClusterStateFault', { message: 'a backup is running' }))
    const { removal, told } = await removed(world)
    expect(removal).toMatchObject({ result: 'failed', failure: { title: 'Timed out' } })
    expect(told).toMatchObject([{ state: 'undeleted', undeleted: { isProtected: false } }])
    expect(world.clock.now()).toBe(NOW_MS + MINUTE)
  })

  test('cancelled before anything', async () => {
    const world = anAws(awsCluster())
    world.controller.abort()
    const { removal, told } = await removed(world)
    expect(removal).toMatchObject({ result: 'cancelled', failure: { title: 'Cancelled' } })
    expect(told).toMatchObject([{ state: 'undeleted', undeleted: { because: CUT_OFF } }])
    expect(world.changes()).toEqual([])
  })

  test('a hold that cannot be written: nothing is deleted', async () => {
    const world = anAws(awsCluster())
    world.mock.on(AddTagsToResourceCommand).rejects(fault('AddTagsToResource', 'AccessDenied'))
    const { removal, told } = await removed(world, { hold: 'true' })
    expect(removal).toMatchObject({ result: 'failed' })
    expect(told).toMatchObject([{ state: 'undeleted' }])
    expect(world.changes().filter((change) => change.startsWith('Delete'))).toEqual([])
  })
})

describe('another run has done what this one could not', () => {
  test.each<[string, DBCluster | Error, string]>([
    ['AWS is deleting it', DELETING, 'deleting'],
    ['it is gone', GONE, 'destroyed'],
  ])('%s: so it is told, and nothing has failed', async (_, look, state) => {
    const world = anAws(awsCluster(), look)
    world.mock.on(DeleteDBInstanceCommand).rejects(DENIED)
    const { removal, told } = await removed(world)
    expect(removal).toMatchObject({ result: state, clone: { state }, because: undefined })
    expect(removal).not.toHaveProperty('failure')
    expect(told).toEqual([removal.clone])
  })

  test.each<[string, DBCluster | Error]>([
    ['it stands as before', awsCluster()],
    ['it cannot be read', fault('DescribeDBClusters', 'ExpiredToken', { httpStatus: 403 })],
    ['an answer without it', fault('DescribeDBClusters', 'EmptyAnswer', { httpStatus: undefined })],
    ['another cluster of the name is being deleted', { ...DELETING, DbClusterResourceId: 'cluster-OTHER' }],
  ])('not where %s', async (_, look) => {
    const world = anAws(awsCluster(), look)
    world.mock.on(DeleteDBInstanceCommand).rejects(DENIED)
    const { removal } = await removed(world)
    expect(removal).toMatchObject({ result: 'failed', clone: { state: 'undeleted' } })
  })

  test.each<[string, Partial<RemoveOrder>]>([
    ['it was being deleted', { clone: ofClone({}, { status: 'deleting' }) }],
    ['AWS had accepted its deletion', { isRequested: true }],
  ])('%s when this run began to wait: that stands, whatever became of the wait', async (_, order) => {
    const world = anAws(fault('DescribeDBClusters', 'ExpiredToken', { httpStatus: 403 }))
    const { removal, told } = await removed(world, { ...order, waitUntilGone: true })
    expect(removal).toMatchObject({ result: 'deleting', failure: { title: 'Expired AWS credentials' } })
    expect(told).toMatchObject([{ state: 'deleting' }])
  })
})

describe('half deleted, and it is to stay: never said to be ready', () => {
  const HALF = { DBInstances: [awsInstance({ DBInstanceStatus: 'deleting' })] }

  test.each<[string, DBCluster, boolean, string]>([
    ['wanted again', awsCluster(), false, 'kept'],
    ['held', awsCluster({ TagList: tagList(someTags({ 'aurora-clone:hold': 'true' })) }), true, 'held'],
    ['protected', awsCluster({ DeletionProtection: true }), true, 'refused'],
  ])('%s', async (_, look, isUnwanted, result) => {
    const world = anAws(look)
    world.mock.on(DescribeDBInstancesCommand).resolves(HALF)
    const { removal, told } = await removed(world, {
      askIfUnwanted: () => Promise.resolve(() => isUnwanted),
    })
    expect(removal).toMatchObject({ result, failure: { title: 'Clone without a writer' } })
    expect(told).toMatchObject([{ state: 'failed' }])
  })
})

test('of another cluster of the name it is not said that its writer is going', async () => {
  const world = anAws(awsCluster({ DbClusterResourceId: 'cluster-OTHER' }))
  world.mock.on(DescribeDBInstancesCommand).resolves({ DBInstances: [] })
  const { removal } = await removed(world)
  expect(removal).toMatchObject({ result: 'refused', failure: { title: 'Cluster not owned' } })
})

test('denied while AWS does not see the tags of a new clone yet: waited out', async () => {
  const tags = { 'aurora-clone:created-at': '2026-11-21T09:59:00.000Z', 'aurora-clone:ready-at': undefined }
  const clone = ofClone(tags)
  const world = anAws(awsCluster({ TagList: tagList(newTags(tags)) }))
  world.mock.on(DeleteDBInstanceCommand).rejectsOnce(DENIED).resolves({})
  const { removal } = await removed(world, { clone })
  expect(removal.result).toBe('deleting')
  expect(world.changes()).toEqual([`DeleteDBInstance ${WRITER}`, ...PAIR])
})
