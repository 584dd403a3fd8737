import {
  AddTagsToResourceCommand,
  CreateDBInstanceCommand,
  type DBCluster,
  type DBInstance,
  DescribeDBClustersCommand,
  DescribeDBInstancesCommand,
  DescribeEventsCommand,
  RestoreDBClusterToPointInTimeCommand,
} from '@aws-sdk/client-rds'
import { type AddressInfo, createServer } from 'node:net'
import { describe, expect, test } from '@jest/globals'
import { asFailure } from '../../src/aurora/api/explain.ts'
import { shapeDigest } from '../../src/aurora/clone/shape.ts'
import type { CreateInputs } from '../../src/inputs.ts'
import type { PullRequestReading } from '../../src/demand.ts'
import { create } from '../../src/modes/create.ts'
import type { CloneRun } from '../../src/modes/context.ts'
import {
  CLONE,
  CLONE_ARN,
  MINUTE,
  NEXT_CLONE,
  NOW_MS,
  SOURCE_ARN,
  WRITER,
  aShape,
  awsCloneOf,
  awsCluster,
  awsInstance,
  awsSource,
  fault,
  newTags,
  noAnswer,
  someTags,
  tagList,
  unpublishedTags,
} from '../factories.ts'
import {
  CLOSED,
  FROM_FORK,
  OPEN,
  OPEN_WITHOUT_LABEL,
  UNREADABLE,
  type World,
  aContext,
  aPullRequest,
  aWorld,
} from '../world.ts'
import { createInputs } from './create-inputs.ts'

const LABELLED = someTags({ 'aurora-clone:label': 'clone-db' })
const READY = awsCluster({ TagList: tagList(LABELLED) })
const RESTORE = `RestoreDBClusterToPointInTime ${CLONE}`
const CREATE_WRITER = `CreateDBInstance ${WRITER}`
const PAIR = [`DeleteDBInstance ${WRITER}`, `DeleteDBCluster ${CLONE}`]
const RESTORE_NEXT = `RestoreDBClusterToPointInTime ${NEXT_CLONE}`
const CREATE_NEXT_WRITER = `CreateDBInstance ${NEXT_CLONE}-1`

/** The tags of a clone that this very run has asked for. */
function justAskedFor(): Record<string, string> {
  return newTags({ 'aurora-clone:created-at': '2026-11-21T10:00:00.000Z' })
}

/** AWS's answer to a restore: the cluster, made at that moment. */
function accepted(world: World): (input: DBCluster) => { readonly DBCluster: DBCluster } {
  return ({ DBClusterIdentifier }) => ({
    DBCluster: awsCluster({
      ...(DBClusterIdentifier === CLONE
        ? {}
        : { DbClusterResourceId: `cluster-${DBClusterIdentifier?.slice(-8).toUpperCase() ?? ''}` }),
      Status: 'creating',
      DBClusterMembers: [],
      ClusterCreateTime: new Date(world.clock.now()),
    }),
  })
}

const NEXT = awsCloneOf(
  { incarnation: 2 },
  { 'aurora-clone:created-at': '2026-11-21T10:00:00.000Z', 'aurora-clone:ready-at': undefined },
)
const NEXT_WRITER = awsInstance({
  DBInstanceIdentifier: `${NEXT_CLONE}-1`,
  DBClusterIdentifier: NEXT_CLONE,
})

/** A Region with the source and, where there is one, the clone. What is made beside it is ready at once. */
function aRegion(clone?: DBCluster, writer: DBInstance = awsInstance()): World {
  const world = aWorld()
  const listed = clone === undefined ? [awsSource()] : [awsSource(), clone]
  world.mock.on(DescribeDBClustersCommand).resolves({ DBClusters: listed })
  world.mock.on(DescribeDBClustersCommand, { DBClusterIdentifier: CLONE }).resolves({
    DBClusters: [clone ?? awsCluster({ TagList: tagList(justAskedFor()) })],
  })
  world.mock.on(DescribeDBInstancesCommand).resolves({
    DBInstances: [writer, awsInstance({ DBInstanceIdentifier: 'orders-a', DBClusterIdentifier: 'orders' })],
  })
  world.mock
    .on(DescribeDBClustersCommand, { DBClusterIdentifier: NEXT_CLONE })
    .resolves({ DBClusters: [NEXT] })
  world.mock
    .on(DescribeDBInstancesCommand, { Filters: [{ Name: 'db-cluster-id', Values: [NEXT_CLONE] }] })
    .resolves({ DBInstances: [NEXT_WRITER] })
  world.mock.on(RestoreDBClusterToPointInTimeCommand).callsFake(accepted(world))
  world.mock
    .on(CreateDBInstanceCommand)
    .resolves({ DBInstance: awsInstance({ DBInstanceStatus: 'creating' }) })
  return world
}

describe('no clone yet', () => {
  test('made, waited for, tagged and handed out', async () => {
    const world = aRegion()
    const context = aContext(world)
    const outcome = await create(context, createInputs())
    expect(outcome).toMatchObject({
      outcome: 'ready',
      created: true,
      clone: { state: 'ready', identifier: CLONE, instanceIdentifier: WRITER },
    })
    expect(world.changes()).toEqual([RESTORE, CREATE_WRITER, `AddTagsToResource ${CLONE_ARN}`])
    expect(context.announced.map(({ state }) => state)).toEqual([
      'creating',
      'creating',
      'creating',
      'creating',
      'ready',
    ])
  })

  test('without waiting: both requests, the endpoint is known', async () => {
    const world = aRegion()
    const context = aContext(world)
    expect(await create(context, createInputs({ wait: false }))).toMatchObject({
      outcome: 'creating',
      created: true,
      clone: { state: 'creating', endpoint: `${CLONE}.cluster-abc.eu-west-1.rds.amazonaws.com` },
    })
    expect(world.changes()).toEqual([RESTORE, CREATE_WRITER, `AddTagsToResource ${CLONE_ARN}`])
    // The comment is looked for meanwhile, and written once.
    expect(context.expected.map(({ state }) => state)).toContain('creating')
    expect(context.announced.map(({ state }) => state)).toEqual(['creating'])
  })

  test.each<[string, Partial<CreateInputs>, boolean]>([
    ['an identifier', {}, false],
    ['an ARN: only that can name another account’s', { source: { kind: 'cluster', name: SOURCE_ARN } }, true],
  ])('a source by %s', async (_, inputs, shared) => {
    const world = aRegion()
    await create(aContext(world), createInputs({ wait: false, ...inputs }))
    const { input } = world.mock.commandCalls(DescribeDBClustersCommand)[0]?.args[0] ?? {}
    expect((input as { IncludeShared?: boolean }).IncludeShared === true).toBe(shared)
  })

  test('by source-key', async () => {
    const world = aRegion()
    const identifier = 'clone-nightly-shop-20261121-0c3e6a5cb4db5ca7'
    const nightly = someTags({
      'aurora-clone:cluster': identifier,
      'aurora-clone:key': 'nightly',
      'aurora-clone:generation': '20261121',
    })
    const made = awsSource({ DBClusterIdentifier: identifier, TagList: tagList(nightly) })
    world.mock.on(DescribeDBClustersCommand, {}).resolves({ DBClusters: [made] })
    world.mock
      .on(DescribeDBClustersCommand, { DBClusterIdentifier: CLONE })
      .resolves({ DBClusters: [awsCluster({ TagList: tagList(justAskedFor()) })] })
    const source = { kind: 'key', key: 'nightly' } as const
    await create(aContext(world), createInputs({ wait: false, hold: 'true', source }))
    const { SourceDBClusterIdentifier, Tags } =
      world.mock.commandCalls(RestoreDBClusterToPointInTimeCommand)[0]?.args[0].input ?? {}
    expect(SourceDBClusterIdentifier).toBe(identifier)
    expect(Tags).toContainEqual({ Key: 'aurora-clone:source-key', Value: 'nightly' })
    expect(Tags).toContainEqual({ Key: 'aurora-clone:hold', Value: 'true' })
  })

  test('a decision on a listing that is old lists again', async () => {
    const world = aRegion()
    const starting = awsSource({ Status: 'starting' })
    world.mock
      .on(DescribeDBClustersCommand)
      .resolvesOnce({ DBClusters: [starting] })
      .resolves({ DBClusters: [awsSource()] })
    world.mock
      .on(DescribeDBClustersCommand, { DBClusterIdentifier: CLONE })
      .rejects(fault('DescribeDBClusters', 'DBClusterNotFoundFault'))
    world.clock.onSleep = () => {
      const [restored] = world.mock.commandCalls(RestoreDBClusterToPointInTimeCommand)
      if (restored !== undefined)
        world.mock
          .on(DescribeDBClustersCommand, { DBClusterIdentifier: CLONE })
          .resolves({ DBClusters: [READY] })
    }
    expect(await create(aContext(world), createInputs())).toMatchObject({ outcome: 'ready' })
    expect(world.changes()).toContain(RESTORE)
  })

  test('the source is not there: nothing is made', async () => {
    const world = aRegion()
    world.mock.on(DescribeDBClustersCommand).resolves({ DBClusters: [] })
    await expect(create(aContext(world), createInputs())).rejects.toMatchObject({
      title: 'Source cluster not found',
    })
    expect(world.changes()).toEqual([])
  })
})

describe('a push to a pull request whose clone is ready', () => {
  test('at most four calls, and no pause', async () => {
    const world = aRegion(READY)
    expect(await create(aContext(world), createInputs())).toMatchObject({ outcome: 'ready', created: false })
    expect(world.calls().length).toBeLessThanOrEqual(4)
    expect(world.clock.sleeps).toEqual([])
  })

  test.each([
    ['the same inputs', shapeDigest(aShape()), 0],
    ['other inputs', '00000000', 1],
    ['inputs that nobody wrote down', undefined, 0],
  ])('made with %s: so it is said', async (_, digest, count) => {
    const tags = { ...LABELLED, ...(digest === undefined ? {} : { 'aurora-clone:shape': digest }) }
    const world = aRegion(awsCluster({ TagList: tagList(tags) }))
    expect(await create(aContext(world), createInputs())).toMatchObject({ outcome: 'ready', created: false })
    expect(world.log.lines.filter((line) => line.includes('made with other inputs'))).toHaveLength(count)
  })

  test.each([
    [undefined, 'is ready and kept until 2026-11-28'],
    ['true', 'is ready and held'],
    ['2026-12-24T18:00:00.000Z', 'is ready and held until 2026-12-24 18:00 UTC'],
  ])('the log tells how long it lives, with hold %s', async (hold, told) => {
    const world = aRegion(READY)
    await create(aContext(world), createInputs({ hold }))
    expect(world.log.lines).toContainEqual(expect.stringContaining(told))
  })

  test('its life is renewed to the later of both', async () => {
    const world = aRegion(READY)
    const outcome = await create(aContext(world), createInputs())
    expect(outcome).toMatchObject({ clone: { expiresAt: '2026-11-28T10:00:00.000Z' } })
    expect(world.mock.commandCalls(AddTagsToResourceCommand)[0]?.args[0].input).toEqual({
      ResourceName: CLONE_ARN,
      Tags: [{ Key: 'aurora-clone:expires-at', Value: '2026-11-28T10:00:00.000Z' }],
    })
  })

  test.each<[string, string | undefined, Record<string, string>, object]>([
    ['put on', 'true', {}, { 'aurora-clone:hold': 'true' }],
    ['taken off', 'false', { 'aurora-clone:hold': 'true' }, { 'aurora-clone:hold': 'false' }],
    ['as it is', undefined, { 'aurora-clone:hold': 'true' }, {}],
  ])('its hold is %s', async (_, hold, tags, written) => {
    const world = aRegion(awsCluster({ TagList: tagList({ ...LABELLED, ...tags }) }))
    const outcome = await create(aContext(world), createInputs({ hold, ttlMs: 60 * MINUTE }))
    const given = world.mock.commandCalls(AddTagsToResourceCommand).flatMap(({ args }) => args[0].input.Tags)
    expect(given).toEqual(tagList({ ...written }))
    expect(outcome).toMatchObject({ clone: { heldUntilMs: hold === 'false' ? undefined : Infinity } })
  })

  test.each<[string, string | undefined, Record<string, string>, object]>([
    ['another', 'Preview', LABELLED, { 'aurora-clone:label': 'preview' }],
    ['the same', 'clone-db', LABELLED, {}],
    ['taken off', undefined, LABELLED, { 'aurora-clone:label': 'NONE' }],
    ['none, as before', undefined, someTags({ 'aurora-clone:label': 'NONE' }), {}],
    ['none, and never was one', undefined, someTags(), {}],
    [
      'put on again',
      'clone-db',
      someTags({ 'aurora-clone:label': 'NONE' }),
      { 'aurora-clone:label': 'clone-db' },
    ],
  ])('its label is %s', async (_, label, tags, written) => {
    const world = aRegion(awsCluster({ TagList: tagList(tags) }))
    const pullRequest = aPullRequest({ kind: 'open', labels: ['clone-db', 'Preview'], fromFork: false })
    const outcome = await create(
      aContext(world, { pullRequest }),
      createInputs({ label, ttlMs: 60 * MINUTE }),
    )
    const given = world.mock.commandCalls(AddTagsToResourceCommand).flatMap(({ args }) => args[0].input.Tags)
    expect(given).toEqual(tagList({ ...written }))
    expect(outcome).toMatchObject({ clone: { hasLabel: label !== undefined } })
  })

  test.each(['PG', undefined])('env-prefix %s', async (envPrefix) => {
    const outcome = await create(aContext(aRegion(READY)), createInputs({ envPrefix }))
    expect(outcome).toMatchObject({ envPrefix })
  })

  test('a shorter life takes nothing away', async () => {
    const world = aRegion(READY)
    await create(aContext(world), createInputs({ ttlMs: 60 * MINUTE }))
    expect(world.changes()).toEqual([])
  })

  test('of a repository that was renamed: found by its tags', async () => {
    const world = aRegion(READY)
    const context = aContext(world, { repositoryName: 'store', repositoryFullName: 'acme/store' })
    expect(await create(context, createInputs())).toMatchObject({
      outcome: 'ready',
      clone: { identifier: CLONE },
    })
  })
})

describe('a workflow whose identifier-prefix was changed', () => {
  const PREVIEW = createInputs({ identifierPrefix: 'preview' })

  test('finds the clone that it made before, and goes on with it', async () => {
    const world = aRegion(READY)
    expect(await create(aContext(world), PREVIEW)).toMatchObject({
      outcome: 'ready',
      created: false,
      clone: { identifier: CLONE },
    })
    expect(world.changes()).toEqual([`AddTagsToResource ${CLONE_ARN}`])
  })

  test('makes another where that one is going away: it blocks nothing', async () => {
    const world = aRegion({ ...READY, Status: 'deleting' })
    const next = awsCloneOf(
      { prefix: 'preview', incarnation: 2 },
      { 'aurora-clone:created-at': '2026-11-21T10:00:00.000Z', 'aurora-clone:ready-at': undefined },
    )
    const identifier = next.DBClusterIdentifier
    world.mock
      .on(DescribeDBClustersCommand, { DBClusterIdentifier: identifier })
      .resolves({ DBClusters: [next] })
    expect(await create(aContext(world), { ...PREVIEW, wait: false })).toMatchObject({
      outcome: 'creating',
      created: true,
      clone: { identifier },
    })
    expect(world.changes()).toEqual([
      `RestoreDBClusterToPointInTime ${identifier}`,
      `CreateDBInstance ${identifier}-1`,
      `AddTagsToResource ${next.DBClusterArn ?? ''}`,
    ])
  })
})

describe('right before it is handed out, it is looked at once more', () => {
  function seenLast(look: DBCluster | Error): World {
    const world = aRegion(READY)
    world.mock.on(DescribeDBClustersCommand, { DBClusterIdentifier: CLONE }).callsFake(() => {
      if (look instanceof Error) throw look
      return { DBClusters: [look] }
    })
    return world
  }

  test.each<[string, DBCluster | Error, string]>([
    ['being deleted', { ...READY, Status: 'deleting' }, 'No clone'],
    ['gone', fault('DescribeDBClusters', 'DBClusterNotFoundFault'), 'No clone'],
    ['another cluster', { ...READY, DbClusterResourceId: 'cluster-OTHER' }, 'Cluster not owned'],
  ])('%s: never said to be ready', async (_, look, title) => {
    const world = seenLast(look)
    const context = aContext(world)
    await expect(create(context, createInputs())).rejects.toMatchObject({ title })
    expect(world.changes()).toEqual([])
    expect(context.announced.map(({ state }) => state)).not.toContain('ready')
  })

  test('with tags of this moment: what a person wrote meanwhile is told', async () => {
    const held = { ...LABELLED, 'aurora-clone:hold': 'true' }
    const world = seenLast({ ...READY, TagList: tagList(held) })
    expect(await create(aContext(world), createInputs())).toMatchObject({
      outcome: 'ready',
      clone: { heldUntilMs: Infinity },
    })
  })
})

describe('of two runs beside each other the later comment stays', () => {
  /** Closed as soon as it was announced in this state. */
  function closedWhenTold(context: ReturnType<typeof aContext>, state: string): PullRequestReading {
    return context.announced.some((clone) => clone.state === state) ? CLOSED : OPEN
  }

  test.each([
    ['ready', true],
    ['creating', false],
  ])('closed while "%s" was told: removed, and so it is told', async (state, waits) => {
    const world = aRegion()
    const context: ReturnType<typeof aContext> = aContext(world, {
      pullRequest: { read: () => Promise.resolve(closedWhenTold(context, state)) },
      told: () => Promise.resolve(true),
    })
    expect(await create(context, createInputs({ wait: waits }))).toMatchObject({
      outcome: 'deleting',
      skipReason: 'pull-request-closed',
    })
    expect(world.changes().slice(-2)).toEqual(PAIR)
    expect(context.announced.at(-1)).toMatchObject({
      state: 'deleting',
      removalReason: 'pull-request-closed',
    })
  })

  test('the pull request is read afresh, once the comment is written', async () => {
    const pullRequest = aPullRequest(OPEN)
    const context = aContext(aRegion(READY), { pullRequest, told: () => Promise.resolve(true) })
    expect(await create(context, createInputs())).toMatchObject({ outcome: 'ready' })
    expect(pullRequest.ages.at(-1)).toBe(0)
  })

  test.each<[string, Partial<CloneRun>]>([
    ['no comment was written', {}],
    [
      'the clone is no pull request’s',
      {
        owner: {
          server: 'github.com',
          repositoryId: '4711',
          key: 'pr-42',
          generation: undefined,
          number: undefined,
        },
        told: () => Promise.resolve(true),
      },
    ],
  ])('not read where %s', async (_, overrides) => {
    const pullRequest = aPullRequest(OPEN)
    const context = aContext(aRegion(READY), { ...overrides, pullRequest })
    expect(await create(context, createInputs())).toMatchObject({ outcome: 'ready' })
    expect(pullRequest.ages.at(-1)).toBe(5_000)
  })

  test('unreadable by then: what was told stays', async () => {
    const world = aRegion(READY)
    const context: ReturnType<typeof aContext> = aContext(world, {
      pullRequest: { read: () => Promise.resolve(context.announced.length > 0 ? UNREADABLE : OPEN) },
      told: () => Promise.resolve(true),
    })
    expect(await create(context, createInputs())).toMatchObject({ outcome: 'ready' })
    expect(world.changes()).toEqual([`AddTagsToResource ${CLONE_ARN}`])
  })
})

describe('a clone that is there and has to be waited for', () => {
  /** AWS shows the tags that are written, and the cluster as available after a minute. */
  function aStoppedRegion(tags: Record<string, string>): World {
    const world = aRegion(awsCluster({ Status: 'stopped', TagList: tagList(tags) }))
    const written = () =>
      Object.fromEntries(
        world.mock
          .commandCalls(AddTagsToResourceCommand)
          .flatMap(({ args }) => args[0].input.Tags ?? [])
          .map(({ Key = '', Value = '' }) => [Key, Value]),
      )
    world.mock.on(DescribeDBClustersCommand, { DBClusterIdentifier: CLONE }).callsFake(() => ({
      DBClusters: [
        awsCluster({
          Status: world.clock.now() < NOW_MS + MINUTE ? 'starting' : 'available',
          TagList: tagList({ ...tags, ...written() }),
        }),
      ],
    }))
    return world
  }
  const EXPIRES_AT = 'aurora-clone:expires-at'
  const OVER = { ...LABELLED, [EXPIRES_AT]: new Date(NOW_MS - MINUTE).toISOString() }
  const writesOf = (world: World) =>
    world.mock.commandCalls(AddTagsToResourceCommand).map(({ args }) => args[0].input.Tags ?? [])

  test('its time is extended before it is started: a sweep beside this run goes by the tags', async () => {
    const world = aStoppedRegion(OVER)
    expect(await create(aContext(world), createInputs())).toMatchObject({ outcome: 'ready' })
    expect(world.changes().slice(0, 2)).toEqual([`AddTagsToResource ${CLONE_ARN}`, `StartDBCluster ${CLONE}`])
    expect(writesOf(world)[0]?.map(({ Key }) => Key)).toEqual([EXPIRES_AT])
    // Once before, and once when it is ready.
    expect(writesOf(world)).toHaveLength(2)
  })

  test('so are its label and its hold', async () => {
    const world = aStoppedRegion({ ...OVER, 'aurora-clone:label': 'former' })
    await create(aContext(world), createInputs({ hold: 'true' }))
    const [first = []] = writesOf(world)
    expect(Object.fromEntries(first.map(({ Key, Value }) => [Key, Value]))).toMatchObject({
      'aurora-clone:label': 'clone-db',
      'aurora-clone:hold': 'true',
    })
  })

  test('unless the pull request cannot be read', async () => {
    const world = aStoppedRegion(OVER)
    const context = aContext(world, { pullRequest: aPullRequest(UNREADABLE) })
    await expect(create(context, createInputs())).rejects.toMatchObject({
      title: 'Pull request cannot be read',
    })
    expect(world.changes()).toEqual([])
  })

  test('tags that AWS does not take at the moment are written with the next look', async () => {
    const world = aStoppedRegion(OVER)
    world.mock.on(AddTagsToResourceCommand).rejectsOnce(fault('AddTagsToResource', 'Throttling')).resolves({})
    expect(await create(aContext(world), createInputs())).toMatchObject({ outcome: 'ready' })
    expect(writesOf(world)).toHaveLength(3)
  })

  test('tags that AWS does not take in this state are written when it is ready', async () => {
    const world = aStoppedRegion(OVER)
    const error = fault('AddTagsToResource', 'InvalidDBClusterStateFault', { httpStatus: 400 })
    world.mock
      .on(AddTagsToResourceCommand)
      .callsFake(() => (world.clock.now() < NOW_MS + MINUTE ? Promise.reject(error) : {}))
    expect(await create(aContext(world), createInputs())).toMatchObject({ outcome: 'ready' })
    expect(writesOf(world).length).toBeGreaterThan(1)
  })

  test('tags that the role may not write: the step fails', async () => {
    const world = aStoppedRegion(OVER)
    world.mock
      .on(AddTagsToResourceCommand)
      .rejects(fault('AddTagsToResource', 'AccessDenied', { httpStatus: 403 }))
    await expect(create(aContext(world), createInputs())).rejects.toMatchObject({ code: 'AccessDenied' })
    expect(world.changes()).toEqual([`AddTagsToResource ${CLONE_ARN}`])
  })
})

describe('what has the name and is not ours', () => {
  test.each([
    ['somebody else’s cluster', awsCluster({ TagList: [] }), 'Cluster not owned', CLONE],
    [
      'the clone of another source',
      awsCluster({
        TagList: tagList(
          someTags({
            'aurora-clone:source': 'billing',
            'aurora-clone:source-resource-id': 'cluster-BILLING',
          }),
        ),
      }),
      'Clone of another source',
      'billing',
    ],
  ])('%s: fails, touches nothing', async (_, clone, title, says) => {
    const world = aRegion(clone)
    await expect(create(aContext(world), createInputs())).rejects.toMatchObject({
      title,
      what: expect.stringContaining(says),
    })
    expect(world.changes()).toEqual([])
  })
})

describe('the live pull request decides', () => {
  test.each([
    ['closed', CLOSED, 'pull-request-closed'],
    ['without the label', OPEN_WITHOUT_LABEL, 'label-missing'],
  ])('%s, no clone: skipped', async (_, reading, skipReason) => {
    const world = aRegion()
    const outcome = await create(aContext(world, { pullRequest: aPullRequest(reading) }), createInputs())
    expect(outcome).toEqual({ outcome: 'skipped', skipReason })
    expect(world.changes()).toEqual([])
  })

  test.each([
    ['closed', CLOSED, 'pull-request-closed'],
    ['without the label', OPEN_WITHOUT_LABEL, 'label-missing'],
  ])('%s, and there is a clone: removed', async (_, reading, skipReason) => {
    const world = aRegion(READY)
    const context = aContext(world, { pullRequest: aPullRequest(reading) })
    expect(await create(context, createInputs())).toMatchObject({
      outcome: 'deleting',
      skipReason,
      clone: { state: 'deleting', identifier: CLONE },
    })
    expect(world.changes()).toEqual(PAIR)
    expect(context.announced.at(-1)).toMatchObject({ state: 'deleting', removalReason: skipReason })
  })

  test('closed, and reopened right before the removal without the label of the clone: ready after all', async () => {
    const world = aRegion(READY)
    const context = aContext(world, { pullRequest: aPullRequest(CLOSED, CLOSED, OPEN_WITHOUT_LABEL) })
    const inputs = createInputs({ label: undefined })
    expect(await create(context, inputs)).toMatchObject({ outcome: 'ready', clone: { identifier: CLONE } })
    expect(world.changes()).not.toEqual(expect.arrayContaining(PAIR))
  })

  test('closed, and reopened right before the removal with a label that was renamed: kept, the step fails', async () => {
    const world = aRegion(READY)
    const labels = { list: () => Promise.resolve(['docs']) }
    const context = aContext(world, { pullRequest: aPullRequest(CLOSED, CLOSED, OPEN_WITHOUT_LABEL), labels })
    await expect(create(context, createInputs())).rejects.toMatchObject({ title: 'Label unknown' })
    expect(world.changes()).toEqual([])
  })

  test('wanted again, and AWS does not answer the next look: the run goes on with what it knows', async () => {
    const world = aRegion(READY)
    let looks = 0
    world.mock.on(DescribeDBClustersCommand, { DBClusterIdentifier: CLONE }).callsFake(() => {
      looks += 1
      if (looks === 2) throw noAnswer('DescribeDBClusters')
      return { DBClusters: [READY] }
    })
    const context = aContext(world, { pullRequest: aPullRequest(CLOSED, CLOSED, OPEN) })
    expect(await create(context, createInputs())).toMatchObject({ outcome: 'ready' })
  })

  test('unlabelled: a clone that another label asked for stays', async () => {
    const world = aRegion(awsCluster({ TagList: tagList(someTags({ 'aurora-clone:label': 'preview' })) }))
    const context = aContext(world, { pullRequest: aPullRequest(OPEN_WITHOUT_LABEL) })
    expect(await create(context, createInputs())).toEqual({ outcome: 'skipped', skipReason: 'label-missing' })
    expect(world.changes()).toEqual([])
  })

  test.each<[string, Record<string, string>]>([
    ['another label', someTags({ 'aurora-clone:label': 'preview' })],
    ['no label', someTags({ 'aurora-clone:label': 'NONE' })],
  ])(
    'unlabelled, and another workflow took the clone over with %s meanwhile: left to it',
    async (_, tags) => {
      const world = aRegion(READY)
      world.mock
        .on(DescribeDBClustersCommand, { DBClusterIdentifier: CLONE })
        .resolves({ DBClusters: [awsCluster({ TagList: tagList(tags) })] })
      const context = aContext(world, { pullRequest: aPullRequest(OPEN_WITHOUT_LABEL) })
      expect(await create(context, createInputs())).toEqual({
        outcome: 'skipped',
        skipReason: 'label-missing',
      })
      expect(world.changes()).toEqual([])
      expect(world.calls().length).toBeLessThanOrEqual(6)
      expect(context.announced).toEqual([])
    },
  )

  test('closed, but held: kept, and said', async () => {
    const world = aRegion(awsCluster({ TagList: tagList({ ...LABELLED, 'aurora-clone:hold': 'true' }) }))
    const context = aContext(world, { pullRequest: aPullRequest(CLOSED) })
    expect(await create(context, createInputs())).toMatchObject({
      outcome: 'skipped',
      skipReason: 'held',
      clone: { state: 'held', heldUntilMs: Infinity },
    })
    expect(world.changes()).toEqual([])
  })

  test.each<[string, PullRequestReading]>([
    ['closed', CLOSED],
    ['without the label', OPEN_WITHOUT_LABEL],
  ])('%s, and this run was told to hold it: written first, and kept', async (_, reading) => {
    const world = aRegion(READY)
    const context = aContext(world, { pullRequest: aPullRequest(reading) })
    expect(await create(context, createInputs({ hold: 'true' }))).toMatchObject({
      outcome: 'skipped',
      skipReason: 'held',
      clone: { state: 'held', heldUntilMs: Infinity },
    })
    expect(world.changes()).toEqual([`AddTagsToResource ${CLONE_ARN}`])
  })

  test('without the label, which the repository does not have either: kept, the step fails', async () => {
    const world = aRegion(READY)
    const labels = { list: () => Promise.resolve(['docs']) }
    const context = aContext(world, { pullRequest: aPullRequest(OPEN_WITHOUT_LABEL), labels })
    await expect(create(context, createInputs())).rejects.toMatchObject({ title: 'Label unknown' })
    expect(world.changes()).toEqual([])
  })

  test('closed, but protected: fails with how to go on', async () => {
    const world = aRegion({ ...READY, DeletionProtection: true })
    const context = aContext(world, { pullRequest: aPullRequest(CLOSED) })
    await expect(create(context, createInputs())).rejects.toMatchObject({ title: 'Clone is protected' })
    expect(world.changes()).toEqual([])
  })

  test('closed, and somebody else’s cluster has the name: skipped, not touched', async () => {
    const world = aRegion(awsCluster({ TagList: [] }))
    const context = aContext(world, { pullRequest: aPullRequest(CLOSED) })
    expect(await create(context, createInputs())).toEqual({
      outcome: 'skipped',
      skipReason: 'pull-request-closed',
    })
    expect(world.changes()).toEqual([])
  })

  test('closed for a moment, open again before anything was deleted: kept', async () => {
    const world = aRegion(READY)
    const pullRequest = aPullRequest(OPEN, CLOSED, OPEN)
    expect(await create(aContext(world, { pullRequest }), createInputs())).toMatchObject({ outcome: 'ready' })
    expect(world.changes()).toEqual([`AddTagsToResource ${CLONE_ARN}`])
  })

  test('closed while the clone is being made: removed again', async () => {
    const world = aRegion()
    const pullRequest = {
      read: () => Promise.resolve(world.changes().includes(CREATE_WRITER) ? CLOSED : OPEN),
    }
    expect(await create(aContext(world, { pullRequest }), createInputs())).toMatchObject({
      outcome: 'deleting',
      skipReason: 'pull-request-closed',
    })
    expect(world.changes()).toEqual([RESTORE, CREATE_WRITER, ...PAIR])
  })

  test('closed while AWS does not show the clone yet: it is waited for, and removed', async () => {
    const world = aRegion()
    const hidden = fault('DescribeDBClusters', 'DBClusterNotFoundFault')
    const creating = awsCluster({
      Status: 'creating',
      TagList: tagList(justAskedFor()),
      DBClusterMembers: [{ DBInstanceIdentifier: WRITER, IsClusterWriter: true }],
    })
    world.mock
      .on(DescribeDBClustersCommand, { DBClusterIdentifier: CLONE })
      .rejectsOnce(hidden)
      .rejectsOnce(hidden)
      .resolves({ DBClusters: [creating] })
    const pullRequest = {
      read: () => Promise.resolve(world.changes().includes(CREATE_WRITER) ? CLOSED : OPEN),
    }
    const outcome = await create(aContext(world, { pullRequest }), createInputs({ wait: false }))
    expect(outcome).toMatchObject({
      outcome: 'deleting',
      skipReason: 'pull-request-closed',
      clone: { identifier: CLONE },
    })
    expect(world.changes()).toEqual([RESTORE, CREATE_WRITER, ...PAIR])
  })

  test('closed, then unreadable right before the removal: nothing is deleted, the step fails', async () => {
    const world = aRegion(READY)
    const context = aContext(world, { pullRequest: aPullRequest(OPEN, CLOSED, UNREADABLE) })
    await expect(create(context, createInputs())).rejects.toMatchObject({
      title: 'Pull request cannot be read',
    })
    expect(world.changes()).toEqual([])
  })

  test('closed while the connection is tried: not handed out, removed', async () => {
    const server = createServer((socket) => socket.destroy())
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
    const { port } = server.address() as AddressInfo
    const world = aRegion({ ...READY, Endpoint: '127.0.0.1', Port: port })
    const pullRequest = {
      read: () => Promise.resolve(world.log.lines.includes('group: Connect to the endpoint') ? CLOSED : OPEN),
    }
    const outcome = await create(aContext(world, { pullRequest }), createInputs({ probe: true }))
    await new Promise((resolve) => server.close(resolve))
    expect(outcome).toMatchObject({ outcome: 'deleting', skipReason: 'pull-request-closed' })
    expect(world.changes()).toEqual(PAIR)
  })

  test('gone before it could be removed', async () => {
    const world = aRegion(READY)
    world.mock
      .on(DescribeDBClustersCommand, { DBClusterIdentifier: CLONE })
      .rejects(fault('DescribeDBClusters', 'DBClusterNotFoundFault'))
    const context = aContext(world, { pullRequest: aPullRequest(CLOSED) })
    expect(await create(context, createInputs())).toMatchObject({ outcome: 'destroyed' })
  })
})

describe('the pull request cannot be read', () => {
  test('an existing clone is handed out, nothing is changed, the step fails', async () => {
    const world = aRegion(READY)
    const outcome = await create(aContext(world, { pullRequest: aPullRequest(UNREADABLE) }), createInputs())
    expect(outcome).toMatchObject({
      outcome: 'ready',
      clone: { identifier: CLONE },
      failure: { title: 'Pull request cannot be read' },
    })
    expect(world.changes()).toEqual([])
    expect(world.log.lines.filter((line) => line.includes('cannot be read at the moment'))).toEqual([
      'info: The pull request cannot be read at the moment: HTTP 502',
    ])
  })
})

describe('a fork’s pull request', () => {
  test('is refused: this run has credentials', async () => {
    const world = aRegion()
    const context = aContext(world, { pullRequest: aPullRequest(FROM_FORK) })
    await expect(create(context, createInputs())).rejects.toMatchObject({ title: 'Fork refused' })
    expect(world.changes()).toEqual([])
  })

  test('is served where that is allowed', async () => {
    const world = aRegion(READY)
    const context = aContext(world, { pullRequest: aPullRequest(FROM_FORK) })
    expect(await create(context, createInputs({ allowForks: true }))).toMatchObject({ outcome: 'ready' })
  })
})

const MADE_ANEW = { outcome: 'ready', created: true, clone: { identifier: NEXT_CLONE } } as const

describe('a clone that failed before it was ever ready', () => {
  const FAILED = awsCluster({
    Status: 'cloning-failed',
    TagList: tagList(unpublishedTags({ 'aurora-clone:label': 'clone-db' })),
  })

  test('held: kept, and the message says that it is held', async () => {
    const held = {
      ...FAILED,
      TagList: [...(FAILED.TagList ?? []), { Key: 'aurora-clone:hold', Value: 'true' }],
    }
    const world = aRegion(held)
    const error: unknown = await create(aContext(world), createInputs()).catch((thrown: unknown) => thrown)
    expect(error).toMatchObject({ what: expect.stringContaining('aurora-clone:hold') })
    expect((error as Error & { title: string }).title).not.toBe('Cluster not owned')
    expect(world.changes()).toEqual([])
  })

  /** The clone as the listing showed it, and as it is right before the removal; AWS's last look stays. */
  function withLooks(listed: DBCluster, ...looks: readonly DBCluster[]): World {
    const world = aRegion(listed)
    let next = 0
    world.mock.on(DescribeDBClustersCommand, { DBClusterIdentifier: CLONE }).callsFake(() => {
      const look = looks[Math.min(next, looks.length - 1)]
      next += 1
      return { DBClusters: look === undefined ? [] : [look] }
    })
    return world
  }

  test('healed right before the removal: kept and handed out', async () => {
    const healed = { ...FAILED, Status: 'available' }
    const world = withLooks(FAILED, healed)
    expect(await create(aContext(world), createInputs())).toMatchObject({
      outcome: 'ready',
      created: false,
      clone: { resourceId: 'cluster-CLONE1' },
    })
    expect(world.changes()).toEqual([`AddTagsToResource ${CLONE_ARN}`])
  })

  test('somebody said that it was ready right before the removal: not touched', async () => {
    const world = withLooks(FAILED, { ...FAILED, TagList: tagList(LABELLED) })
    await expect(create(aContext(world), createInputs())).rejects.toMatchObject({
      title: 'Clone failed',
      what: expect.stringContaining('It was not changed'),
    })
    expect(world.changes()).toEqual([])
  })

  test('its cluster has healed, its writer has not: still removed', async () => {
    const healed = { ...FAILED, Status: 'available' }
    const world = withLooks(FAILED, healed)
    world.mock
      .on(DescribeDBInstancesCommand, { Filters: [{ Name: 'db-cluster-id', Values: [CLONE] }] })
      .resolves({ DBInstances: [awsInstance({ DBInstanceStatus: 'incompatible-create' })] })
    expect(await create(aContext(world), createInputs())).toMatchObject(MADE_ANEW)
    expect(world.changes().slice(0, 4)).toEqual([...PAIR, RESTORE_NEXT, CREATE_NEXT_WRITER])
  })

  test('its endpoint was given out: it may have been used, and is not touched', async () => {
    const tags = unpublishedTags({ 'aurora-clone:handed-out-at': '2026-11-21T08:31:00.000Z' })
    const world = aRegion({ ...FAILED, Status: 'storage-failure', TagList: tagList(tags) })
    await expect(create(aContext(world), createInputs())).rejects.toMatchObject({
      title: 'Clone failed',
      what: `Clone "${CLONE}" failed after its endpoint had been published: cluster storage-failure, writer available. It was not changed, because it may hold important data.`,
      remedy: 'If its data is not needed, run mode destroy and then create.',
    })
    expect(world.changes()).toEqual([])
  })

  test('protected: fails with how to go on', async () => {
    const world = aRegion({ ...FAILED, DeletionProtection: true })
    await expect(create(aContext(world), createInputs())).rejects.toMatchObject({
      title: 'Clone is protected',
      what: `Cluster "${CLONE}" was not deleted: deletion protection is on.`,
    })
    expect(world.changes()).toEqual([])
  })
})

describe('begun by a run with other inputs', () => {
  const BEGUN = newTags({ 'aurora-clone:label': 'clone-db', 'aurora-clone:shape': shapeDigest(aShape()) })
  const OTHERWISE = { ...BEGUN, 'aurora-clone:shape': '00000000' }
  const begun = (tags: Record<string, string> = OTHERWISE, overrides: DBCluster = {}) =>
    awsCluster({ TagList: tagList(tags), DBClusterMembers: [], ...overrides })
  const ADD_TAGS = `AddTagsToResource ${CLONE_ARN}`

  /** The clone gets its writer with the first request that AWS takes. */
  function aBegunRegion(cluster: DBCluster = begun()): World {
    const world = aRegion(cluster)
    world.mock
      .on(DescribeDBInstancesCommand, { Filters: [{ Name: 'db-cluster-id', Values: [CLONE] }] })
      .callsFake(() => ({ DBInstances: world.changes().includes(CREATE_WRITER) ? [awsInstance()] : [] }))
    world.mock.on(DescribeDBClustersCommand, { DBClusterIdentifier: CLONE }).callsFake(() => {
      const members = world.changes().includes(CREATE_WRITER) ? READY.DBClusterMembers : []
      return { DBClusters: [{ ...cluster, DBClusterMembers: members }] }
    })
    return world
  }

  test('what only a new cluster can change: it is removed, and the next one is made at once', async () => {
    const world = aBegunRegion()
    expect(await create(aContext(world), createInputs())).toMatchObject(MADE_ANEW)
    expect(world.changes().slice(0, 3)).toEqual([
      `DeleteDBCluster ${CLONE}`,
      RESTORE_NEXT,
      CREATE_NEXT_WRITER,
    ])
    expect(world.log.lines).toContainEqual(
      expect.stringContaining(
        'was begun with other inputs and never had an instance; it was removed and is made anew',
      ),
    )
  })

  test('the writer’s class and group, and the user’s tags: those of this run', async () => {
    const shape = {
      ...aShape(),
      instanceClass: 'db.r6g.large',
      parameterGroup: 'own',
      tags: { CostCenter: '42' },
    }
    const tags = { ...BEGUN, CostCenter: 'old', Gone: 'x', 'aurora-clone:shape': shapeDigest(shape) }
    const world = aBegunRegion(begun(tags))
    expect(await create(aContext(world), createInputs({ shape }))).toMatchObject({
      outcome: 'ready',
      created: false,
    })
    const request = world.mock.commandCalls(CreateDBInstanceCommand)[0]?.args[0].input
    expect(request).toMatchObject({ DBInstanceClass: 'db.r6g.large', DBParameterGroupName: 'own' })
    expect(request?.Tags).toContainEqual({ Key: 'CostCenter', Value: '42' })
    expect(request?.Tags).not.toContainEqual(expect.objectContaining({ Key: 'Gone' }))
    const tagged = world.mock
      .commandCalls(AddTagsToResourceCommand)
      .flatMap((call) => call.args[0].input.Tags)
    expect(tagged).toContainEqual({ Key: 'CostCenter', Value: '42' })
    expect(tagged).toContainEqual({ Key: 'aurora-clone:instance-class', Value: 'db.r6g.large' })
  })

  test('without a group of one’s own: that of the source now', async () => {
    const world = aBegunRegion(begun({ ...BEGUN, 'aurora-clone:db-parameter-group': 'mistaken' }))
    await create(aContext(world), createInputs())
    const request = world.mock.commandCalls(CreateDBInstanceCommand)[0]?.args[0].input
    expect(request?.DBParameterGroupName).toBe('orders-instance')
  })

  test.each<[string, DBCluster]>([
    ['held', begun({ ...OTHERWISE, 'aurora-clone:hold': 'true' })],
    ['protected', begun(OTHERWISE, { DeletionProtection: true })],
  ])('%s: it stays and gets its writer', async (_, cluster) => {
    const world = aBegunRegion(cluster)
    expect(await create(aContext(world), createInputs())).toMatchObject({ clone: { identifier: CLONE } })
    expect(world.changes().filter((change) => change !== ADD_TAGS)).toEqual([CREATE_WRITER])
  })

  test('with the same inputs, and AWS refuses its writer: it stays, and the error is the same each time', async () => {
    const world = aBegunRegion(begun(BEGUN))
    world.mock.on(CreateDBInstanceCommand).rejects(
      fault('CreateDBInstance', 'InvalidParameterValue', {
        message: 'Invalid DB Instance class: db.foo.large',
      }),
    )
    world.mock
      .on(DescribeDBInstancesCommand, { Filters: [{ Name: 'db-cluster-id', Values: [CLONE] }] })
      .resolves({ DBInstances: [] })
    world.mock
      .on(DescribeDBClustersCommand, { DBClusterIdentifier: CLONE })
      .resolves({ DBClusters: [begun(BEGUN)] })
    for (const _ of ['once', 'twice'])
      await expect(create(aContext(world), createInputs())).rejects.toMatchObject({
        code: 'InvalidParameterValue',
      })
    expect(world.changes().filter((change) => change !== ADD_TAGS)).toEqual([CREATE_WRITER, CREATE_WRITER])
  })

  test('a new one could not be made: it stays', async () => {
    const world = aBegunRegion()
    world.mock.on(DescribeDBClustersCommand, {}).resolves({ DBClusters: [begun()] })
    await expect(create(aContext(world), createInputs())).rejects.toMatchObject({
      title: 'Source cluster not found',
    })
    expect(world.changes()).toEqual([])
  })

  test('somebody made its writer right before the removal: it stays', async () => {
    const world = aBegunRegion()
    let looks = 0
    world.mock
      .on(DescribeDBInstancesCommand, { Filters: [{ Name: 'db-cluster-id', Values: [CLONE] }] })
      .callsFake(() => ({ DBInstances: (looks += 1) > 1 ? [awsInstance()] : [] }))
    world.mock.on(DescribeDBClustersCommand, { DBClusterIdentifier: CLONE }).callsFake(() => ({
      DBClusters: [looks > 2 ? { ...begun(), DBClusterMembers: READY.DBClusterMembers } : begun()],
    }))
    expect(await create(aContext(world), createInputs())).toMatchObject({ clone: { identifier: CLONE } })
    expect(world.changes()).not.toContain(`DeleteDBCluster ${CLONE}`)
  })

  test('a writer that AWS does not show yet is waited for, whatever the inputs', async () => {
    const world = aRegion(begun(BEGUN))
    world.mock.on(DescribeDBClustersCommand, { DBClusterIdentifier: CLONE }).callsFake(() => ({
      DBClusters: [world.clock.sleeps.length > 0 ? awsCluster({ TagList: tagList(BEGUN) }) : begun(BEGUN)],
    }))
    world.mock
      .on(CreateDBInstanceCommand)
      .rejects(fault('CreateDBInstance', 'DBInstanceAlreadyExistsFault', { httpStatus: 400 }))
    world.mock
      .on(DescribeDBInstancesCommand)
      .callsFake(() => ({ DBInstances: world.clock.sleeps.length > 0 ? [awsInstance()] : [] }))
    expect(await create(aContext(world), createInputs())).toMatchObject({ outcome: 'ready', created: false })
    expect(world.changes()).not.toContain(`DeleteDBCluster ${CLONE}`)
  })
})

describe('on failure', () => {
  test('AWS’s own events are printed', async () => {
    const world = aRegion(awsCluster({ Status: 'storage-failure', TagList: tagList(LABELLED) }))
    world.mock.on(DescribeEventsCommand, { SourceType: 'db-cluster' }).resolves({
      Events: [
        { Date: new Date('2026-11-21T08:29:59Z'), SourceIdentifier: CLONE, Message: 'DB cluster deleted' },
        { Date: new Date('2026-11-21T08:30:00Z'), SourceIdentifier: CLONE, Message: 'disk on fire' },
      ],
    })
    await expect(create(aContext(world), createInputs())).rejects.toMatchObject({
      title: 'Clone failed',
      what: expect.stringContaining('failed after its endpoint had been published'),
    })
    expect(world.log.lines).toContain(`info: 2026-11-21T08:30:00.000Z  ${CLONE}: disk on fire`)
    // That was a former clone of the same name.
    expect(world.log.lines.join()).not.toContain('DB cluster deleted')
  })

  test('but not where the action refuses by itself', async () => {
    const tags = {
      ...LABELLED,
      'aurora-clone:source': 'billing',
      'aurora-clone:source-resource-id': 'cluster-B',
    }
    const world = aRegion(awsCluster({ TagList: tagList(tags) }))
    await expect(create(aContext(world), createInputs())).rejects.toMatchObject({
      title: 'Clone of another source',
    })
    expect(world.calls()).not.toContain('DescribeEvents')
  })

  test('events that cannot be read hide nothing', async () => {
    const world = aRegion(awsCluster({ Status: 'storage-failure', TagList: tagList(LABELLED) }))
    world.mock.on(DescribeEventsCommand).rejects(noAnswer('DescribeEvents'))
    await expect(create(aContext(world), createInputs())).rejects.toMatchObject({ title: 'Clone failed' })
    expect(world.log.lines.at(-1)).toBe('info: The events of AWS could not be read: socket hang up')
  })

  test('a run that was cancelled in its first look says so', async () => {
    const world = aRegion()
    const broken = fault('DescribeDBClusters', 'AbortError', {
      message: 'Request aborted',
      httpStatus: undefined,
    })
    world.mock.on(DescribeDBClustersCommand).callsFake(() => {
      world.controller.abort()
      throw broken
    })
    const error: unknown = await create(aContext(world), createInputs()).catch((thrown: unknown) => thrown)
    expect(asFailure(error).title).toBe('Cancelled')
  })

  test.each<[string, string, RegExp]>([
    ['incompatible-parameters', 'Parameter group rejected', /"orders-instance".*db-parameter-group-name/],
    ['inaccessible-encryption-credentials', 'Clone failed', /KMS key/],
    ['incompatible-network', 'Clone failed', /db-subnet-group-name/],
    ['incompatible-option-group', 'Clone failed', /what the status names/],
  ])('by what was asked for (%s): says what to correct', async (status, title, remedy) => {
    const provisioned = { DBInstanceClass: 'db.r6g.large', DBInstanceStatus: status }
    const world = aRegion(undefined, awsInstance(provisioned))
    await expect(create(aContext(world), createInputs())).rejects.toMatchObject({
      title,
      remedy: expect.stringMatching(remedy),
    })
    expect(world.changes()).toEqual([RESTORE, CREATE_WRITER])
  })
})

describe('probe', () => {
  test('the endpoint accepts a connection from here before it is handed out', async () => {
    const server = createServer((socket) => socket.destroy())
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
    const { port } = server.address() as AddressInfo
    const world = aRegion({ ...READY, Endpoint: '127.0.0.1', Port: port })
    const outcome = await create(aContext(world), createInputs({ probe: true }))
    await new Promise((resolve) => server.close(resolve))
    expect(outcome).toMatchObject({ outcome: 'ready', clone: { endpoint: '127.0.0.1', port } })
    expect(world.log.lines).toContain('group: Connect to the endpoint')
  })

  test('nobody listens: the clone is not said to be ready', async () => {
    const world = aRegion({ ...READY, Endpoint: '127.0.0.1', Port: 1, TagList: tagList(unpublishedTags()) })
    const inputs = createInputs({ probe: true, waitTimeoutMs: MINUTE })
    await expect(create(aContext(world), inputs)).rejects.toMatchObject({ title: 'Timed out' })
    expect(world.changes()).toEqual([])
  })
})

test('somebody deletes the clone each time that it is made', async () => {
  const world = aRegion()
  world.mock
    .on(DescribeDBClustersCommand, { DBClusterIdentifier: CLONE })
    .rejects(fault('DescribeDBClusters', 'DBClusterNotFoundFault'))
  await expect(create(aContext(world), createInputs())).rejects.toMatchObject({
    title: 'Clone failed',
    what: `Clone "${CLONE}" was made 2 times, and was gone again each time: something else deleted it.`,
  })
})
