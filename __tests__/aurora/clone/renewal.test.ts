import { AddTagsToResourceCommand, type DBCluster, DescribeDBClustersCommand } from '@aws-sdk/client-rds'
import { describe, expect, test } from '@jest/globals'
import { EMPTY_ANSWER } from '../../../src/aurora/api/aws-call.ts'
import type { AwsRun } from '../../../src/aurora/api/aws-run.ts'
import type { OwnedClone } from '../../../src/aurora/clone/ownership.ts'
import { type Wishes, renewedTags, writeHold, writeTags } from '../../../src/aurora/clone/renewal.ts'
import type { ClusterSnapshot } from '../../../src/aurora/api/snapshot.ts'
import {
  CLONE,
  CLONE_ARN,
  DAY,
  HOUR,
  NOW_MS,
  aCluster,
  anIdentity,
  awsCluster,
  fault,
  newTags,
  noAnswer,
  ownedCloneOf,
  someTags,
  tagList,
  unpublishedTags,
} from '../../factories.ts'
import { type World, aWorld } from '../../world.ts'

const HELD = someTags({ 'aurora-clone:hold': 'true' })
const LABELLED = someTags({ 'aurora-clone:label': 'clone-db' })
const UNLABELLED = someTags({ 'aurora-clone:label': 'NONE' })

describe('renewedTags', () => {
  test.each<[string, Record<string, string>, Wishes, Record<string, string>]>([
    ['nothing asked for', someTags(), {}, {}],
    [
      'a life that ends later now',
      someTags(),
      { ttlMs: 30 * DAY },
      { 'aurora-clone:expires-at': '2026-12-21T10:00:00.000Z' },
    ],
    ['a life that would end sooner is kept', someTags(), { ttlMs: HOUR }, {}],
    [
      'a life that ends at the same moment',
      someTags({ 'aurora-clone:expires-at': '2026-11-21T11:00:00.000Z' }),
      { ttlMs: HOUR },
      {},
    ],
    [
      'no end so far',
      someTags({ 'aurora-clone:expires-at': undefined }),
      { ttlMs: HOUR },
      { 'aurora-clone:expires-at': '2026-11-21T11:00:00.000Z' },
    ],
    [
      'an end that cannot be read',
      someTags({ 'aurora-clone:expires-at': 'soon' }),
      { ttlMs: HOUR },
      { 'aurora-clone:expires-at': '2026-11-21T11:00:00.000Z' },
    ],
    ['another label', LABELLED, { label: { name: 'Preview' } }, { 'aurora-clone:label': 'preview' }],
    ['the same label in capitals', LABELLED, { label: { name: 'CLONE-DB' } }, {}],
    ['a label that nobody speaks of', LABELLED, {}, {}],
    ['no label any more', LABELLED, { label: 'none' }, { 'aurora-clone:label': 'NONE' }],
    ['no label, as before', UNLABELLED, { label: 'none' }, {}],
    ['no label, and none was', someTags(), { label: 'none' }, {}],
    ['a first label', someTags(), { label: { name: 'clone-db' } }, { 'aurora-clone:label': 'clone-db' }],
    ['a label again', UNLABELLED, { label: { name: 'clone-db' } }, { 'aurora-clone:label': 'clone-db' }],
    [
      'a label that is called none',
      UNLABELLED,
      { label: { name: 'NONE' } },
      { 'aurora-clone:label': 'none' },
    ],
    [
      'ready for the first time',
      unpublishedTags(),
      { handOut: 'ready' },
      { 'aurora-clone:ready-at': '2026-11-21T10:00:00.000Z' },
    ],
    ['ready again', someTags(), { handOut: 'ready' }, {}],
    [
      'handed out while AWS creates it',
      unpublishedTags(),
      { handOut: 'creating' },
      { 'aurora-clone:handed-out-at': '2026-11-21T10:00:00.000Z' },
    ],
    ['handed out again', someTags(), { handOut: 'creating' }, {}],
    [
      'the writer of another run',
      someTags({ Team: 'a' }),
      { making: { Team: 'a', 'aurora-clone:instance-class': 'db.r6g.large' } },
      { 'aurora-clone:instance-class': 'db.r6g.large' },
    ],
    [
      'the user’s tags of another run, together with the identity',
      someTags({ Team: 'a' }),
      { making: { Team: 'b', CostCenter: '42', 'aurora-clone:instance-class': 'db.serverless' } },
      {
        Team: 'b',
        CostCenter: '42',
        'aurora-clone:version': '1',
        'aurora-clone:cluster': CLONE,
        'aurora-clone:server': 'github.com',
        'aurora-clone:repository-id': '4711',
        'aurora-clone:prefix': 'clone',
        'aurora-clone:key': 'pr-42',
        'aurora-clone:name': '-',
        'aurora-clone:generation': '-',
        'aurora-clone:incarnation': '-',
      },
    ],
    ['not ready yet', unpublishedTags(), {}, {}],
    ['a first hold', someTags(), { hold: 'true' }, { 'aurora-clone:hold': 'true' }],
    ['the same hold', HELD, { hold: 'true' }, {}],
    [
      'another hold',
      HELD,
      { hold: '2026-12-01T00:00:00.000Z' },
      { 'aurora-clone:hold': '2026-12-01T00:00:00.000Z' },
    ],
    ['no hold any more', HELD, { hold: 'false' }, { 'aurora-clone:hold': 'false' }],
    ['none where none was', someTags(), { hold: 'false' }, {}],
    ['a hold that nobody speaks of', HELD, {}, {}],
  ])('%s', (_, tags, wishes, expected) => {
    expect(renewedTags(ownedCloneOf(aCluster({ tags })), wishes, NOW_MS)).toEqual(expected)
  })

  test('at an unknown time: no longer life, and handed out all the same', () => {
    const clone = ownedCloneOf(aCluster({ tags: unpublishedTags() }))
    const wishes = { ttlMs: 30 * DAY, handOut: 'ready', hold: 'true', label: { name: 'preview' } } as const
    expect(renewedTags(clone, wishes, undefined)).toEqual({
      'aurora-clone:hold': 'true',
      'aurora-clone:label': 'preview',
      'aurora-clone:ready-at': 'unknown',
    })
  })
})

const WISHES: Wishes = { label: { name: 'preview' } }
const PREVIEW = { 'aurora-clone:label': 'preview' }
const FOUND = ownedCloneOf(aCluster())

/** The clone as a look gives it: the AWS of these tests says nothing of extended support. */
function looked(overrides: Partial<ClusterSnapshot> = {}): OwnedClone {
  return ownedCloneOf(aCluster({ lifecycleSupport: undefined, ...overrides }))
}

/** What AWS shows, look by look; the last one stays. */
function anAws(...looks: readonly (DBCluster | Error)[]): World {
  const world = aWorld()
  let next = 0
  world.mock.on(DescribeDBClustersCommand).callsFake(() => {
    const look = looks[Math.min(next, looks.length - 1)]
    next += 1
    if (look instanceof Error) throw look
    return { DBClusters: [look] }
  })
  return world
}

const LOOK = `DescribeDBClusters ${CLONE}`
const WRITE = `AddTagsToResource ${CLONE_ARN}`
const GONE = fault('DescribeDBClusters', 'DBClusterNotFoundFault', { httpStatus: 404 })
const DENIED = fault('AddTagsToResource', 'AccessDenied', { httpStatus: 403 })
const NEW = awsCluster({
  TagList: tagList(newTags({ 'aurora-clone:created-at': '2026-11-21T09:59:00.000Z' })),
})

describe('writeTags', () => {
  test('looks, writes them on the cluster that it saw, and shows them', async () => {
    const world = anAws(awsCluster({ Status: 'backing-up', TagList: tagList(HELD) }))
    expect(await writeTags(world.aws, FOUND, WISHES)).toEqual(
      looked({ status: 'backing-up', tags: { ...HELD, ...PREVIEW } }),
    )
    expect(world.calls()).toEqual([LOOK, WRITE])
    expect(world.mock.commandCalls(AddTagsToResourceCommand)[0]?.args[0].input).toEqual({
      ResourceName: CLONE_ARN,
      Tags: [{ Key: 'aurora-clone:label', Value: 'preview' }],
    })
  })

  test('what is wanted follows from the tags that it saw', async () => {
    const world = anAws(awsCluster({ TagList: tagList(HELD) }))
    expect(await writeTags(world.aws, FOUND, { hold: 'true' })).toMatchObject({ cluster: { tags: HELD } })
    expect(world.changes()).toEqual([])
  })

  test.each<[string, DBCluster, string]>([
    ['without our tags', { TagList: [] }, 'it does not have the ownership tags'],
    [
      'with the tags of another clone',
      { TagList: tagList(someTags({ 'aurora-clone:key': 'pr-43' })) },
      'its identifier is not one that this action makes',
    ],
    ['with a copy of them', { DbClusterResourceId: 'cluster-OTHER' }, 'another cluster has taken its name'],
    ['made at another time', { ClusterCreateTime: new Date(NOW_MS) }, 'AWS did not make it at the time'],
  ])('another cluster has the name, %s: not touched, and the run fails', async (_, other, because) => {
    const world = anAws(awsCluster(other))
    await expect(writeTags(world.aws, FOUND, WISHES)).rejects.toMatchObject({
      title: 'Cluster not owned',
      what: expect.stringContaining(because),
    })
    expect(world.changes()).toEqual([])
  })

  test('a clone of another identity than was judged: not touched', async () => {
    const world = anAws(awsCluster())
    const found = { ...FOUND, identity: anIdentity({ repositoryId: '9' }) }
    await expect(writeTags(world.aws, found, WISHES)).rejects.toMatchObject({
      what: expect.stringContaining('its tags name another clone'),
    })
    expect(world.changes()).toEqual([])
  })

  test('gone when it was looked at: no tags, no cluster', async () => {
    const world = anAws(GONE)
    expect(await writeTags(world.aws, FOUND, WISHES)).toBeUndefined()
    expect(world.changes()).toEqual([])
  })

  test('gone when they were written: no cluster', async () => {
    const world = anAws(awsCluster())
    world.mock
      .on(AddTagsToResourceCommand)
      .rejects(fault('AddTagsToResource', 'DBClusterNotFoundFault', { httpStatus: 404 }))
    expect(await writeTags(world.aws, FOUND, WISHES)).toBeUndefined()
  })

  test('being deleted: as it is, without tags', async () => {
    const world = anAws(awsCluster({ Status: 'deleting' }))
    expect(await writeTags(world.aws, FOUND, WISHES)).toEqual(looked({ status: 'deleting' }))
    expect(world.changes()).toEqual([])
  })

  test('a fault that passes: looked at again before it is written again', async () => {
    const world = anAws(awsCluster(), awsCluster({ TagList: tagList(HELD) }))
    world.mock.on(AddTagsToResourceCommand).rejectsOnce(fault('AddTagsToResource', 'Throttling')).resolves({})
    expect(await writeTags(world.aws, FOUND, WISHES)).toMatchObject({
      label: 'preview',
      hold: { untilMs: Infinity },
      cluster: { tags: { ...HELD, ...PREVIEW } },
    })
    expect(world.calls()).toEqual([LOOK, WRITE, LOOK, WRITE])
  })

  test('the name is taken between two tries: the second is not sent', async () => {
    const world = anAws(awsCluster(), awsCluster({ DbClusterResourceId: 'cluster-OTHER' }))
    world.mock.on(AddTagsToResourceCommand).rejects(fault('AddTagsToResource', 'Throttling'))
    await expect(writeTags(world.aws, FOUND, WISHES)).rejects.toMatchObject({
      title: 'Cluster not owned',
    })
    expect(world.changes()).toEqual([WRITE])
  })

  test('a fault that does not pass after all: it fails after a minute', async () => {
    const world = anAws(awsCluster())
    world.mock.on(AddTagsToResourceCommand).rejects(noAnswer('AddTagsToResource'))
    await expect(writeTags(world.aws, FOUND, WISHES)).rejects.toMatchObject({
      operation: 'AddTagsToResource',
    })
    expect(world.changes()).toHaveLength(35)
    expect(world.clock.now() - NOW_MS).toBeGreaterThan(60_000)
  })

  test('denied on a new clone: until AWS sees its tags', async () => {
    const world = anAws(NEW)
    world.mock
      .on(AddTagsToResourceCommand)
      .callsFake(() => (world.clock.now() < NOW_MS + 30_000 ? Promise.reject(DENIED) : {}))
    expect(await writeTags(world.aws, FOUND, WISHES)).toMatchObject({ cluster: { tags: PREVIEW } })
    expect(world.clock.now()).toBe(NOW_MS + 30_000)
  })

  test('denied until the clone is new no more: two minutes after its creation', async () => {
    const world = anAws(NEW)
    world.mock.on(AddTagsToResourceCommand).rejects(DENIED)
    await expect(writeTags(world.aws, FOUND, WISHES)).rejects.toBe(DENIED)
    expect(world.clock.now()).toBe(NOW_MS + 60_000)
  })

  test.each<[string, DBCluster, Partial<AwsRun>]>([
    ['on one that is not new', awsCluster(), {}],
    ['at an unknown time', NEW, { awsNow: () => undefined }],
  ])('denied %s: fails at once', async (_, cluster, run) => {
    const world = anAws(cluster)
    world.mock.on(AddTagsToResourceCommand).rejects(DENIED)
    await expect(writeTags({ ...world.aws, ...run }, FOUND, WISHES)).rejects.toBe(DENIED)
    expect(world.changes()).toEqual([WRITE])
  })

  test('cancelled meanwhile: not tried again', async () => {
    const world = anAws(awsCluster())
    world.mock.on(AddTagsToResourceCommand).callsFake(() => {
      world.controller.abort()
      throw fault('AddTagsToResource', 'Throttling')
    })
    await expect(writeTags(world.aws, FOUND, WISHES)).rejects.toMatchObject({ code: 'Throttling' })
    expect(world.changes()).toEqual([WRITE])
  })

  test('a look that AWS does not answer is no look: it looks again', async () => {
    const world = anAws(fault('DescribeDBClusters', EMPTY_ANSWER), awsCluster())
    expect(await writeTags(world.aws, FOUND, WISHES)).toMatchObject({ cluster: { tags: PREVIEW } })
    expect(world.calls()).toEqual([LOOK, LOOK, WRITE])
  })

  test('no look for a minute: nothing is written', async () => {
    const world = anAws(fault('DescribeDBClusters', EMPTY_ANSWER))
    await expect(writeTags(world.aws, FOUND, WISHES)).rejects.toMatchObject({ code: EMPTY_ANSWER })
    expect(world.calls()).toEqual(Array(35).fill(LOOK))
  })

  test('denied where it has gone, as a policy that goes by tags does: no cluster', async () => {
    const world = anAws(awsCluster(), GONE)
    world.mock.on(AddTagsToResourceCommand).rejects(DENIED)
    expect(await writeTags(world.aws, FOUND, WISHES)).toBeUndefined()
    expect(world.calls()).toEqual([LOOK, WRITE, LOOK])
  })

  test('a look that is denied: fails at once', async () => {
    const world = anAws(fault('DescribeDBClusters', 'AccessDenied', { httpStatus: 403 }))
    await expect(writeTags(world.aws, FOUND, WISHES)).rejects.toMatchObject({ code: 'AccessDenied' })
    expect(world.calls()).toEqual([LOOK])
  })
})

describe('writeHold', () => {
  test.each<[string, Partial<ClusterSnapshot>, string | undefined]>([
    ['no one asks for one', {}, undefined],
    ['it says so already', { tags: HELD }, 'true'],
    ['none is to be taken off', {}, 'false'],
    ['it is being deleted', { status: 'deleting' }, 'true'],
  ])('no call where %s', async (_, overrides, hold) => {
    const world = anAws(awsCluster())
    const clone = ownedCloneOf(aCluster(overrides))
    expect(await writeHold(world.aws, clone, hold)).toBe(clone)
    expect(world.calls()).toEqual([])
  })

  test('written, after a look of its own', async () => {
    const world = anAws(awsCluster())
    expect(await writeHold(world.aws, FOUND, 'true')).toEqual(looked({ tags: HELD }))
    expect(world.calls()).toEqual([LOOK, WRITE])
  })

  test('gone meanwhile: as it was found', async () => {
    const world = anAws(GONE)
    expect(await writeHold(world.aws, FOUND, 'true')).toBe(FOUND)
  })
})
