import {
  AddTagsToResourceCommand,
  CreateDBInstanceCommand,
  type DBCluster,
  type DBInstance,
  DescribeDBClustersCommand,
  type DescribeDBClustersCommandInput,
  DescribeDBInstancesCommand,
  type DescribeDBInstancesCommandInput,
  RestoreDBClusterToPointInTimeCommand,
  StartDBClusterCommand,
} from '@aws-sdk/client-rds'
import { describe, expect, test } from '@jest/globals'
import type { AwsRun } from '../../../src/aurora/api/aws-run.ts'
import { clusterSnapshot } from '../../../src/aurora/api/snapshot.ts'
import { type ReadyResult, convergeReady } from '../../../src/aurora/ready/converge.ts'
import type { Making, ReadyOrder } from '../../../src/aurora/ready/order.ts'
import type { Demand } from '../../../src/demand.ts'
import {
  CLONE,
  CLONE_ARN,
  CLONE_RESOURCE_ID,
  DAY,
  HOUR,
  MINUTE,
  NEXT_CLONE,
  NOW_MS,
  SECOND,
  WRITER,
  aShape,
  aSource,
  anIdentity,
  awsCluster,
  awsInstance,
  awsSource,
  fault,
  newTags,
  noAnswer,
  tagList,
  unpublishedTags,
} from '../../factories.ts'
import { type World, aWorld } from '../../world.ts'

const WANTED: Demand = { kind: 'wanted' }
const CLOSED: Demand = { kind: 'unwanted', reason: 'pull-request-closed' }
const UNKNOWN: Demand = { kind: 'unknown', because: 'HTTP 502' }

const RESTORE = `RestoreDBClusterToPointInTime ${CLONE}`
const CREATE_WRITER = `CreateDBInstance ${WRITER}`
const START = `StartDBCluster ${CLONE}`
const ADD_TAGS = `AddTagsToResource ${CLONE_ARN}`
const LOOK = `DescribeDBClusters ${CLONE}`
/** Of the clone or, before a restore, of the source. */
const INSTANCES = 'DescribeDBInstances'
const LIST = 'DescribeDBClusters'

/** What AWS says of the clone: a function knows what has happened so far, and `undefined` is an answer without it. */
type Shown = DBCluster | Error | ((world: World) => DBCluster) | undefined
type Look = readonly [cluster: Shown, writer?: DBInstance]
/** One that stays, or those of the first calls. */
type Refusals = Error | readonly Error[]

interface Scene {
  /** The clone as the listing showed it, and its writer. */
  readonly found?: readonly [cluster: DBCluster, writer?: DBInstance] | undefined
  /** What AWS shows from then on, look by look; the last one stays. */
  readonly looks?: readonly Look[]
  readonly restore?: Refusals
  readonly writer?: Refusals
  readonly start?: Refusals
  /** What the answer to a restore has of its own. */
  readonly restored?: DBCluster
}

/** The clone that this run has asked for last, as AWS shows it. */
function made(overrides: DBCluster = {}): (world: World) => DBCluster {
  return ({ mock }) => {
    const [restore] = mock.commandCalls(RestoreDBClusterToPointInTimeCommand).slice(-1)
    const { input } = restore?.args[0] ?? {}
    const { Tags: TagList = [], DBClusterIdentifier = CLONE } = input ?? {}
    const DBClusterMembers = [{ DBInstanceIdentifier: `${DBClusterIdentifier}-1`, IsClusterWriter: true }]
    return awsCluster({
      DBClusterIdentifier,
      DBClusterMembers,
      TagList,
      ServerlessV2ScalingConfiguration: input?.ServerlessV2ScalingConfiguration,
      ...overrides,
    })
  }
}

const BEGUN: DBCluster = { Status: 'creating', DBClusterMembers: [] }
const SECOND_TIME: DBCluster = { DbClusterResourceId: 'cluster-SECOND' }
const RESTORE_NEXT = `RestoreDBClusterToPointInTime ${NEXT_CLONE}`
const CREATE_NEXT_WRITER = `CreateDBInstance ${NEXT_CLONE}-1`
const WRITER_CREATING = awsInstance({ DBInstanceStatus: 'creating' })
const GONE: Look = [fault('DescribeDBClusters', 'DBClusterNotFoundFault', { httpStatus: 404 })]
const UNANSWERED: Look = [noAnswer('DescribeDBClusters')]
/** Made by this run. */
const WITHOUT_WRITER: Look = [made(BEGUN)]
const CREATING: Look = [made(BEGUN), WRITER_CREATING]
const READY: Look = [made(), awsInstance()]
const CREATING_SECOND: Look = [made({ ...BEGUN, ...SECOND_TIME }), WRITER_CREATING]
const READY_SECOND: Look = [made(SECOND_TIME), awsInstance()]
/** Made before. */
const STOPPED = [awsCluster({ Status: 'stopped' }), awsInstance({ DBInstanceStatus: 'stopped' })] as const
const DELETING = [awsCluster({ Status: 'deleting' })] as const
const UP: Look = [awsCluster(), awsInstance()]

/** An AWS that takes every change unless a test says otherwise, and a run that asks it for the clone. */
function aScene({ found, looks = [GONE], restored, ...refusals }: Scene = {}) {
  const world = aWorld()
  const { mock, clock } = world
  let next = 0
  let current: Look = found ?? GONE
  /** The instances of the cluster that was just shown. */
  let isPaired = found !== undefined
  const advance = (): void => {
    current = looks[Math.min(next, looks.length - 1)] ?? GONE
    next += 1
  }
  mock
    .on(DescribeDBClustersCommand)
    .callsFake(({ DBClusterIdentifier: asked }: DescribeDBClustersCommandInput) => {
      if (asked === undefined) return { DBClusters: [awsSource()] }
      advance()
      isPaired = true
      const [shown] = current
      if (shown instanceof Error) throw shown
      const cluster = typeof shown === 'function' ? shown(world) : shown
      return { DBClusters: cluster === undefined ? [] : [cluster] }
    })
  mock.on(DescribeDBInstancesCommand).callsFake((input: DescribeDBInstancesCommandInput) => {
    if (isAboutSource(input)) return { DBInstances: [] }
    const [, ahead] = looks[Math.min(next, looks.length - 1)] ?? GONE
    // A look at the writer alone. One that shows more than a writer in the making is followed by a look at all.
    if (!isPaired && ahead === WRITER_CREATING) advance()
    const [, writer] = isPaired ? current : [undefined, ahead]
    isPaired = false
    if (writer === undefined) return { DBInstances: [] }
    const [name = CLONE] = input.Filters?.[0]?.Values ?? []
    return { DBInstances: [{ ...writer, DBInstanceIdentifier: `${name}-1`, DBClusterIdentifier: name }] }
  })
  const restoredNow = () => ({ ...BEGUN, ClusterCreateTime: new Date(clock.now()), ...restored })
  mock
    .on(RestoreDBClusterToPointInTimeCommand)
    .callsFake(taking(refusals.restore, () => ({ DBCluster: awsCluster(restoredNow()) })))
  mock.on(CreateDBInstanceCommand).callsFake(
    taking(refusals.writer, ({ DBInstanceIdentifier }: DBInstance) => ({
      DBInstance: { ...WRITER_CREATING, DBInstanceIdentifier },
    })),
  )
  mock.on(StartDBClusterCommand).callsFake(taking(refusals.start, () => ({})))
  const run = (overrides: Partial<ReadyOrder> = {}, aws: Partial<AwsRun> = {}): Promise<ReadyResult> =>
    convergeReady(
      { ...world.aws, ...aws },
      aReadyOrder({ found: found && clusterSnapshot(found[0]), ...overrides }),
    )
  return { world, run }
}

function taking<Input>(refusals: Refusals = [], answer: (input: Input) => object): (input: Input) => object {
  const left = refusals instanceof Error ? [] : [...refusals]
  return (input) => {
    const error = refusals instanceof Error ? refusals : left.shift()
    if (error !== undefined) throw error
    return answer(input)
  }
}

function isAboutSource({ Filters: [filter] = [] }: DescribeDBInstancesCommandInput): boolean {
  return filter?.Values?.includes('orders') === true
}

function aReadyOrder(overrides: Partial<ReadyOrder>): ReadyOrder {
  return {
    identity: anIdentity(),
    identifier: CLONE,
    found: undefined,
    making: aMaking(),
    ownerName: 'pull request #42',
    pullRequest: 42,
    preparer: 'a1',
    sanitisingDigest: undefined,
    waitUntilReady: true,
    ...within(30 * MINUTE),
    demand: () => Promise.resolve(WANTED),
    announce: () => undefined,
    ...overrides,
  }
}

function aMaking(overrides: Partial<Making> = {}): Making {
  return {
    source: { kind: 'cluster', name: 'orders' },
    listing: { atMs: NOW_MS, clusters: [aSource()] },
    maxClones: 15,
    region: 'eu-west-1',
    repository: 'acme/shop',
    repositoryName: 'shop',
    label: undefined,
    hold: undefined,
    shape: aShape({ parameterGroup: 'orders-instance' }),
    ttlMs: 7 * DAY,
    resets: {},
    replaces: 0,
    ...overrides,
  }
}

function within(limitMs: number): Pick<ReadyOrder, 'pace'> {
  return { pace: { startedAtMs: NOW_MS, limitMs, pollIntervalMs: 10 * SECOND } }
}

/** The run is over as soon as AWS needs nothing more, and renews no tags. */
const LEAVING = { waitUntilReady: false }

/** The changes, but for the tags of a clone that was there. */
function sent(world: World): readonly string[] {
  return world.changes().filter((call) => call !== ADD_TAGS)
}

function looksOf(world: World): number {
  return world.calls().filter((call) => call === LOOK).length
}

function restoreFault(code: string, httpStatus = 400) {
  return fault('RestoreDBClusterToPointInTime', code, { httpStatus })
}

function writerFault(code: string, message = 'no writer') {
  return fault('CreateDBInstance', code, { message })
}

const EXISTS = restoreFault('DBClusterAlreadyExistsFault')
const LOST = noAnswer('RestoreDBClusterToPointInTime')

describe('create, from nothing', () => {
  test('sends both requests at once, waits until ready, and confirms that by a second look', async () => {
    const { world, run } = aScene({ looks: [CREATING, [made(), WRITER_CREATING], READY] })
    expect(await run()).toMatchObject({
      kind: 'ready',
      clone: { cluster: { identifier: CLONE }, identity: anIdentity() },
      writer: { identifier: WRITER },
      created: true,
    })
    expect(world.calls().slice(0, 3)).toEqual([INSTANCES, RESTORE, CREATE_WRITER])
    // Its tags are not renewed: it has its whole lifetime before it.
    expect(world.changes()).toEqual([RESTORE, CREATE_WRITER])
    expect(world.clock.sleeps).toHaveLength(4)
    expect(world.clock.sleeps[3]).toBe(500)
  })

  test('knows the clone from its request where the answer repeats neither identifier nor tags', async () => {
    const { world, run } = aScene({ restored: { DBClusterIdentifier: undefined, TagList: undefined } })
    const tags = { 'aurora-clone:cluster': CLONE }
    expect(await run(LEAVING)).toMatchObject({
      kind: 'creating',
      clone: { cluster: { identifier: CLONE, resourceId: CLONE_RESOURCE_ID, tags } },
    })
    expect(world.calls()).toEqual([INSTANCES, RESTORE, CREATE_WRITER])
    expect(world.clock.sleeps).toEqual([])
  })

  test('restores once more what is not shown for two minutes, and then fails', async () => {
    const { world, run } = aScene()
    await expect(run()).rejects.toMatchObject({
      title: 'Clone failed',
      what: expect.stringContaining('was made 2 times'),
    })
    expect(world.changes()).toEqual([RESTORE, CREATE_WRITER, RESTORE, CREATE_WRITER])
    expect(world.clock.now() - NOW_MS).toBeGreaterThanOrEqual(4 * MINUTE)
    expect(world.clock.now() - NOW_MS).toBeLessThan(5 * MINUTE)
  })

  test('announces nothing of a cluster that is not ours', async () => {
    const { run } = aScene({ found: [awsCluster({ TagList: [] }), awsInstance()] })
    const told: string[] = []
    const announce: ReadyOrder['announce'] = ({ cluster }) => told.push(cluster.identifier)
    await expect(run({ announce })).rejects.toMatchObject({ title: 'Cluster not owned' })
    expect(told).toEqual([])
  })
})

describe('the name exists already (DBClusterAlreadyExistsFault)', () => {
  const TagList = tagList(newTags())
  const OTHERS: Look = [awsCluster({ ...BEGUN, TagList })]
  const OTHERS_READY: Look = [awsCluster({ TagList }), awsInstance()]
  const OF_BILLING = newTags({
    'aurora-clone:source': 'billing',
    'aurora-clone:source-resource-id': 'cluster-BILLING',
  })

  test.each<[string, readonly Look[]]>([
    ['ours', []],
    ['ours, but not shown yet', [GONE, GONE]],
  ])('%s: the run continues with it, and restores nothing again', async (_, hidden) => {
    const { world, run } = aScene({
      restore: EXISTS,
      looks: [...hidden, OTHERS, OTHERS, OTHERS, OTHERS_READY],
    })
    expect(await run()).toMatchObject({ kind: 'ready', created: false })
    expect(sent(world)).toEqual([RESTORE, CREATE_WRITER])
  })

  test('the clone is gone, but its name is not free yet: AWS is not asked all the time', async () => {
    const { world, run } = aScene({
      restore: [EXISTS],
      looks: [GONE, GONE, GONE, WITHOUT_WRITER, READY],
    })
    expect(await run()).toMatchObject({ kind: 'ready' })
    expect(sent(world).filter((call) => call === RESTORE).length).toBeLessThanOrEqual(2)
    expect(world.calls().length).toBeLessThan(30)
  })

  test.each<[string, DBCluster, string]>([
    ['somebody else’s', { TagList: [] }, 'Cluster not owned'],
    ['made from another source', { TagList: tagList(OF_BILLING) }, 'Clone of another source'],
  ])('%s: it is not touched', async (_, cluster, title) => {
    const { world, run } = aScene({ restore: EXISTS, looks: [[awsCluster({ ...BEGUN, ...cluster })]] })
    await expect(run()).rejects.toMatchObject({ title })
    expect(world.changes()).toEqual([RESTORE])
  })
})

describe('whether this run made the clone, its own time in the tags tells', () => {
  const OWN = newTags({ 'aurora-clone:created-at': '2026-11-21T10:00:00.000Z' })

  test.each<[string, boolean, readonly Error[], Record<string, string>]>([
    ['asked for by this run', true, [], OWN],
    ['by a try of this run whose answer was lost', true, [LOST, EXISTS], OWN],
    ['by a concurrent run', false, [EXISTS], newTags()],
    ['by a concurrent run, at the very same time', false, [EXISTS], OWN],
  ])('%s: %s', async (_, created, restore, tags) => {
    const hidden = restore.includes(LOST) ? [GONE] : []
    const shown: Look = [awsCluster({ TagList: tagList(tags) }), awsInstance()]
    const { run } = aScene({ restore, looks: [...hidden, shown] })
    expect(await run()).toMatchObject({ kind: 'ready', created })
  })

  test('found: no', async () => {
    const { world, run } = aScene({ found: [awsCluster(), awsInstance()] })
    const clone = { cluster: { identifier: CLONE } }
    expect(await run()).toMatchObject({ kind: 'ready', clone, created: false })
    expect(world.calls()).toEqual([INSTANCES])
    expect(world.clock.sleeps).toEqual([])
  })
})

describe('the time in the tags is AWS’s, of each restore that is sent', () => {
  const createdAts = (world: World): readonly (string | undefined)[] =>
    world.mock
      .commandCalls(RestoreDBClusterToPointInTimeCommand)
      .map(({ args: [{ input }] }) => input.Tags?.find(({ Key }) => Key === 'aurora-clone:created-at')?.Value)

  test.each([
    ['not answered', LOST],
    ['throttled', restoreFault('Throttling')],
    ['answered with what is no answer', restoreFault('x', 200)],
  ])('%s: sent again seconds later, also by a run that does not wait', async (_, error) => {
    const { world, run } = aScene({ restore: [error, error] })
    expect(await run(LEAVING)).toMatchObject({ kind: 'creating', created: true })
    expect(world.changes()).toEqual([RESTORE, RESTORE, RESTORE, CREATE_WRITER])
    expect(createdAts(world)).toEqual([
      '2026-11-21T10:00:00.000Z',
      '2026-11-21T10:00:02.000Z',
      '2026-11-21T10:00:04.000Z',
    ])
  })

  test('by a runner whose clock is an hour behind', async () => {
    const { world, run } = aScene({ restored: { ClusterCreateTime: new Date(NOW_MS + HOUR) } })
    await run(LEAVING, { awsNow: () => world.clock.now() + HOUR })
    expect(createdAts(world)).toEqual(['2026-11-21T11:00:00.000Z'])
  })

  test('unanswered for more than a minute: fails', async () => {
    const { world, run } = aScene({ restore: LOST })
    await expect(run()).rejects.toBe(LOST)
    expect(world.changes()).toEqual(Array(35).fill(RESTORE))
    expect(world.clock.now() - NOW_MS).toBeGreaterThan(MINUTE)
  })

  test('any other answer starts the count again', async () => {
    const most = Array<Error>(34).fill(LOST)
    const restore = [...most, restoreFault('InvalidDBClusterStateFault'), ...most]
    const { world, run } = aScene({ restore, looks: [...Array<Look>(69).fill(GONE), READY] })
    expect(await run()).toMatchObject({ kind: 'ready' })
    expect(world.changes()).toEqual([...Array<string>(70).fill(RESTORE), CREATE_WRITER])
  })

  test('AWS does not say what time it is: nothing is created', async () => {
    const { world, run } = aScene()
    await expect(run({}, { awsNow: () => undefined })).rejects.toMatchObject({ title: 'AWS not reachable' })
    expect(world.changes()).toEqual([])
  })
})

describe('AWS does not take the restore', () => {
  const NO_CAPACITY = 'InsufficientDBClusterCapacityFault'

  test.each([NO_CAPACITY, 'InsufficientStorageClusterCapacityFault', 'InvalidDBClusterStateFault'])(
    '%s: it is sent again later',
    async (code) => {
      const { world, run } = aScene({ restore: [restoreFault(code)], looks: [GONE, CREATING, READY] })
      expect(await run()).toMatchObject({ kind: 'ready' })
      expect(world.changes()).toEqual([RESTORE, RESTORE, CREATE_WRITER])
    },
  )

  test('no capacity until the time is over: that is what the run says', async () => {
    const { world, run } = aScene({ restore: restoreFault(NO_CAPACITY) })
    await expect(run(within(5 * MINUTE))).rejects.toMatchObject({ title: 'No capacity' })
    expect(world.clock.now()).toBe(NOW_MS + 5 * MINUTE)
  })

  test.each([
    [NO_CAPACITY, LEAVING],
    ['AccessDenied', {}],
    ['KMSKeyNotAccessibleFault', {}],
  ])('%s with %j: the run fails', async (code, order) => {
    const { world, run } = aScene({ restore: restoreFault(code, 403) })
    await expect(run(order)).rejects.toMatchObject({ code })
    expect(world.changes()).toEqual([RESTORE])
  })

  test('a quota: the run fails with what the listing shows, and lists nothing for that', async () => {
    const { world, run } = aScene({ restore: restoreFault('DBClusterQuotaExceededFault', 403) })
    await expect(run(LEAVING)).rejects.toMatchObject({
      title: 'Quota exceeded',
      what: expect.stringContaining('This Region has 1 Aurora cluster;'),
    })
    expect(world.calls()).not.toContain(LIST)
  })

  test('a quota that the former clone fills until it is gone: after the time is up, the listing is told', async () => {
    const { world, run } = aScene({ restore: restoreFault('DBClusterQuotaExceededFault', 403) })
    world.mock
      .on(DescribeDBClustersCommand)
      .callsFake(({ DBClusterIdentifier: asked }: DescribeDBClustersCommandInput) => {
        if (asked === undefined) return { DBClusters: [awsSource(), ...DELETING] }
        throw fault('DescribeDBClusters', 'DBClusterNotFoundFault', { httpStatus: 404 })
      })
    const listing = { atMs: NOW_MS, clusters: [aSource(), clusterSnapshot(DELETING[0])] }
    const next = {
      identity: anIdentity({ incarnation: 2 }),
      identifier: NEXT_CLONE,
      making: aMaking({ listing }),
    }
    await expect(run({ ...next, ...within(2 * MINUTE) })).rejects.toMatchObject({
      title: 'Quota exceeded',
      what: expect.stringContaining('This Region has 2 Aurora clusters;'),
    })
  })

  test('the source is not ready: the run waits, and lists the Region again after half a minute', async () => {
    const { world, run } = aScene({ looks: [GONE, GONE, GONE, GONE, CREATING, READY] })
    const listing = { atMs: NOW_MS, clusters: [aSource({ status: 'starting' })] }
    expect(await run({ making: aMaking({ listing }) })).toMatchObject({ kind: 'ready' })
    const calls = world.calls()
    const looks = Array.from({ length: 4 }, () => [LOOK, INSTANCES]).flat()
    expect(calls.slice(0, calls.indexOf(RESTORE))).toEqual([...looks, LIST, INSTANCES])
    expect(world.log.lines).toContain('info: 0s  waiting for the source cluster (starting)')
  })
})

describe('the writer', () => {
  const [EARLY, UNKNOWN_CLUSTER] = ['InvalidDBClusterStateFault', 'DBClusterNotFoundFault']
  const NO_CAPACITY = 'InsufficientDBInstanceCapacityFault'

  test.each([EARLY, UNKNOWN_CLUSTER, NO_CAPACITY])('refused (%s): it is asked for again', async (code) => {
    const available: Look = [made({ DBClusterMembers: [] })]
    const looks = [WITHOUT_WRITER, WITHOUT_WRITER, available, available, READY]
    const { world, run } = aScene({ writer: [writerFault(code)], looks })
    expect(await run()).toMatchObject({ kind: 'ready' })
    expect(world.changes()).toEqual([RESTORE, CREATE_WRITER, CREATE_WRITER])
  })

  test.each<[string, string, readonly string[]]>([
    ['leaves it to mode wait', EARLY, [CREATE_WRITER]],
    ['stays for it', UNKNOWN_CLUSTER, [CREATE_WRITER, CREATE_WRITER]],
  ])('refused: a run that does not wait %s (%s)', async (_, code, tries) => {
    const { world, run } = aScene({ writer: [writerFault(code)], looks: [WITHOUT_WRITER] })
    expect(await run(LEAVING)).toMatchObject({ kind: 'creating' })
    expect(world.changes()).toEqual([RESTORE, ...tries])
  })

  /** AWS says that the writer exists, and shows it. */
  function existing(looks: readonly Look[], shown: DBInstance | Error) {
    const scene = aScene({ writer: writerFault('DBInstanceAlreadyExistsFault'), looks })
    scene.world.mock
      .on(DescribeDBInstancesCommand, { DBInstanceIdentifier: WRITER })
      .callsFake(() => (shown instanceof Error ? Promise.reject(shown) : { DBInstances: [shown] }))
    return scene
  }

  test.each<[string, DBInstance | Error]>([
    ['is ours, since an answer was lost', WRITER_CREATING],
    ['cannot be looked at yet', fault('DescribeDBInstances', 'DBInstanceNotFoundFault')],
  ])('exists already and %s: it is waited for', async (_, shown) => {
    const { world, run } = existing([CREATING, READY], shown)
    expect(await run()).toMatchObject({ kind: 'ready' })
    expect(world.changes()).toEqual([RESTORE, CREATE_WRITER])
  })

  test.each([
    ['orders', 'belongs to "orders"'],
    [undefined, 'belongs to "no cluster"'],
  ])('exists already and belongs to %s: the run fails and touches nothing', async (owner, says) => {
    const { world, run } = existing([WITHOUT_WRITER], awsInstance({ DBClusterIdentifier: owner }))
    await expect(run()).rejects.toMatchObject({
      title: 'Cluster not owned',
      what: expect.stringContaining(says),
      cause: { code: 'DBInstanceAlreadyExistsFault' },
    })
    expect(world.changes()).toEqual([RESTORE, CREATE_WRITER])
  })

  test('no capacity for it until the time is over: that is what the run says', async () => {
    const { run } = aScene({ writer: writerFault(NO_CAPACITY), looks: [WITHOUT_WRITER] })
    await expect(run(within(5 * MINUTE))).rejects.toMatchObject({ title: 'No capacity' })
  })

  test.each<[string, Error, Partial<ReadyOrder>]>([
    ['no capacity, without waiting', writerFault(NO_CAPACITY), LEAVING],
    ['a range that no waiting adds', writerFault(EARLY, 'Set the Serverless v2 scaling configuration'), {}],
  ])('%s: the run fails', async (_, writer, order) => {
    const { world, run } = aScene({ writer, looks: [WITHOUT_WRITER] })
    await expect(run(order)).rejects.toBe(writer)
    expect(world.changes()).toEqual([RESTORE, CREATE_WRITER])
  })

  test('a quota: the run fails with what the listing shows', async () => {
    const { world, run } = aScene({
      writer: writerFault('InstanceQuotaExceededFault'),
      looks: [WITHOUT_WRITER],
    })
    await expect(run({})).rejects.toMatchObject({
      title: 'Quota exceeded',
      what: expect.stringContaining('This Region has 1 Aurora instance in 1 cluster;'),
    })
    expect(world.changes()).toEqual([RESTORE, CREATE_WRITER])
  })
})

/** The calls that go by the name of a clone that was there. */
const CALLS = [
  { call: CREATE_WRITER, key: 'writer', found: [awsCluster(BEGUN)] },
  { call: START, key: 'start', found: STOPPED },
] as const

describe.each(CALLS)('a look of its own right before the call: $call', ({ call, key, found }) => {
  const AGAIN = [LOOK, INSTANCES, LOOK]
  const [cluster, writer] = found
  const shown = (overrides: DBCluster): Look => {
    const changed = { ...cluster, ...overrides }
    return writer === undefined ? [changed] : [changed, writer]
  }

  test('shows the same: the call is sent', async () => {
    const { world, run } = aScene({ found, looks: [found] })
    expect(await run(LEAVING)).toMatchObject({ kind: 'creating' })
    expect(world.calls()).toEqual([INSTANCES, LOOK, call])
  })

  test.each<[string, Look, object]>([
    [
      'another cluster under the name',
      shown({ TagList: [], DbClusterResourceId: 'cluster-OTHER' }),
      { title: 'Cluster not owned' },
    ],
    ['that its tags were taken away', shown({ TagList: [] }), { title: 'Cluster not owned' }],
    ['that it is gone', GONE, { what: 'There is no clone for pull request #42.' }],
    ['that it is being deleted', DELETING, { what: expect.stringContaining('is being deleted') }],
    ['that another run has done it', UP, { kind: 'creating', clone: { cluster: { status: 'available' } } }],
  ])('shows %s: the call is not sent', async (_, look, outcome) => {
    const { world, run } = aScene({ found, looks: [look] })
    const result: unknown = await run({ ...LEAVING, making: undefined }).catch((error: unknown) => error)
    expect(result).toMatchObject(outcome)
    expect(world.changes()).toEqual([])
  })

  test('shows a clone that was made again: the call follows a look at that one', async () => {
    const { world, run } = aScene({ found, looks: [shown(SECOND_TIME)] })
    const clone = { cluster: { resourceId: 'cluster-SECOND' } }
    expect(await run(LEAVING)).toMatchObject({ kind: 'creating', clone })
    expect(world.calls()).toEqual([INSTANCES, LOOK, ...AGAIN, call])
  })

  test('is not answered: the run looks again seconds later', async () => {
    const { world, run } = aScene({ found, looks: [UNANSWERED, found] })
    expect(await run(LEAVING)).toMatchObject({ kind: 'creating' })
    expect(world.calls()).toEqual([INSTANCES, LOOK, ...AGAIN, call])
    expect(world.clock.sleeps).toEqual([2 * SECOND])
  })

  test('is not answered seven times: that is no unanswered call', async () => {
    const unanswered = Array.from({ length: 7 }, () => [UNANSWERED, found]).flat()
    const { world, run } = aScene({ found, looks: [...unanswered, found] })
    expect(await run(LEAVING)).toMatchObject({ kind: 'creating' })
    expect(world.changes()).toEqual([call])
  })

  test('is cancelled: the call is not sent', async () => {
    const { world, run } = aScene({ found })
    world.mock.on(DescribeDBClustersCommand).callsFake(() => {
      world.controller.abort()
      return { DBClusters: [cluster] }
    })
    await expect(run(LEAVING)).rejects.toMatchObject({ title: 'Cancelled' })
    expect(world.changes()).toEqual([])
  })

  test('comes before each try that AWS does not take, seconds later', async () => {
    const { world, run } = aScene({
      found,
      looks: [found],
      [key]: [noAnswer(call), fault(call, 'Throttling')],
    })
    expect(await run(LEAVING)).toMatchObject({ kind: 'creating' })
    expect(world.calls()).toEqual([INSTANCES, LOOK, call, ...AGAIN, call, ...AGAIN, call])
    expect(world.clock.sleeps).toEqual([2 * SECOND, 2 * SECOND])
  })

  test('unanswered for more than a minute: fails', async () => {
    const error = noAnswer(call)
    const { world, run } = aScene({ found, looks: [found], [key]: error })
    await expect(run(LEAVING)).rejects.toBe(error)
    expect(world.changes()).toEqual(Array(35).fill(call))
  })

  test('the tags are renewed once before it, where the run waits', async () => {
    const { world, run } = aScene({ found, looks: [found, found, UP] })
    expect(await run()).toMatchObject({ kind: 'ready', created: false })
    expect(world.calls().slice(0, 5)).toEqual([INSTANCES, LOOK, ADD_TAGS, LOOK, call])
    expect(world.changes()).toEqual([ADD_TAGS, call])
  })
})

test.each<[string, Scene, readonly string[]]>([
  ['restore and writer', {}, [RESTORE, CREATE_WRITER]],
  ['start', { found: STOPPED, looks: [STOPPED] }, [START]],
])('%s are not repeated by the SDK', async (_, scene, calls) => {
  const { world, run } = aScene(scene)
  const once = aScene(scene).world
  await run(LEAVING, { once: once.rds })
  expect(once.calls()).toEqual(calls)
  expect(world.changes()).toEqual([])
})

describe('the tags of a clone that was there, before this run waits for it', () => {
  test('are left as they are by mode wait', async () => {
    const { world, run } = aScene({ found: STOPPED, looks: [STOPPED, STOPPED, UP] })
    expect(await run({ making: undefined })).toMatchObject({ kind: 'ready' })
    expect(world.changes()).toEqual([START])
  })

  test.each([
    ['is gone', GONE, [RESTORE, CREATE_WRITER]],
    ['is being deleted', DELETING, [RESTORE_NEXT, CREATE_NEXT_WRITER]],
  ])(
    'are not written where it %s by then: the run looks again, and makes it anew',
    async (_, look, changes) => {
      const { world, run } = aScene({
        found: STOPPED,
        looks: [look, look, CREATING_SECOND, READY_SECOND],
        restored: SECOND_TIME,
      })
      expect(await run()).toMatchObject({ kind: 'ready', created: true })
      expect(world.changes()).toEqual(changes)
      expect(world.clock.sleeps[0]).toBe(2 * SECOND)
    },
  )

  test('are not written to a cluster that took the name: the run fails', async () => {
    const other: Look = [awsCluster({ Status: 'stopped', ...SECOND_TIME })]
    const { world, run } = aScene({ found: STOPPED, looks: [other] })
    await expect(run()).rejects.toMatchObject({ title: 'Cluster not owned' })
    expect(world.changes()).toEqual([])
  })

  test.each([
    ['does not answer', noAnswer('AddTagsToResource')],
    ['takes no tags in this state', fault('AddTagsToResource', 'InvalidDBClusterStateFault')],
  ])('hold up nothing where AWS %s, and are written with the next look', async (_, error) => {
    const { world, run } = aScene({ found: STOPPED, looks: [...Array<Look>(12).fill(STOPPED), UP] })
    world.mock
      .on(AddTagsToResourceCommand)
      .callsFake(() => (world.changes().includes(START) ? {} : Promise.reject(error)))
    expect(await run()).toMatchObject({ kind: 'ready' })
    expect(sent(world)).toEqual([START])
    expect(world.changes().at(-1)).toBe(ADD_TAGS)
  })
})

describe('denied, since AWS does not see the tags of a new clone yet', () => {
  const denied = (operation: string) => fault(operation, 'AccessDenied', { httpStatus: 403 })
  const NO_WRITER = denied('CreateDBInstance')
  const agedTags = (ageMs: number) =>
    tagList(newTags({ 'aurora-clone:created-at': new Date(NOW_MS - ageMs).toISOString() }))

  test.each([true, false])('the writer: asked for again seconds later (wait: %s)', async (waitUntilReady) => {
    const looks = [...Array<Look>(4).fill(WITHOUT_WRITER), READY]
    const { world, run } = aScene({ writer: [NO_WRITER, NO_WRITER], looks })
    expect(await run({ waitUntilReady })).toMatchObject({ kind: waitUntilReady ? 'ready' : 'creating' })
    expect(world.changes()).toEqual([RESTORE, CREATE_WRITER, CREATE_WRITER, CREATE_WRITER])
    expect(world.clock.sleeps.slice(0, 2)).toEqual([2 * SECOND, 2 * SECOND])
  })

  test('the start: likewise', async () => {
    const stopped = [awsCluster({ Status: 'stopped', TagList: agedTags(MINUTE) })] as const
    const { world, run } = aScene({ found: stopped, looks: [stopped], start: [denied('StartDBCluster')] })
    expect(await run(LEAVING)).toMatchObject({ kind: 'creating' })
    expect(world.changes()).toEqual([START, START])
  })

  test('for two minutes, and not longer', async () => {
    const { world, run } = aScene({ writer: NO_WRITER, looks: [WITHOUT_WRITER] })
    await expect(run()).rejects.toMatchObject({ code: 'AccessDenied' })
    expect(world.clock.now()).toBe(NOW_MS + 2 * MINUTE)
  })

  test.each<[string, number, Partial<AwsRun>]>([
    ['of a clone that is not new', 2 * MINUTE, {}],
    ['at an unknown time', 0, { awsNow: () => undefined }],
  ])('%s: the run fails at once', async (_, ageMs, aws) => {
    const found = [awsCluster({ ...BEGUN, TagList: agedTags(ageMs) })] as const
    const { world, run } = aScene({ found, looks: [found], writer: NO_WRITER })
    await expect(run(LEAVING, aws)).rejects.toMatchObject({ code: 'AccessDenied' })
    expect(world.changes()).toEqual([CREATE_WRITER])
  })
})

describe('an existing clone', () => {
  test.each([true, false])(
    'being deleted: the next one is made at once (wait: %s)',
    async (waitUntilReady) => {
      const looks = [CREATING_SECOND, READY_SECOND]
      const { world, run } = aScene({ found: DELETING, looks, restored: SECOND_TIME })
      const kind = waitUntilReady ? 'ready' : 'creating'
      expect(await run({ waitUntilReady })).toMatchObject({ kind, created: true })
      expect(world.changes()).toEqual([RESTORE_NEXT, CREATE_NEXT_WRITER])
    },
  )

  test('being deleted, in mode wait: it does not come back by itself', async () => {
    const { world, run } = aScene({ found: DELETING, looks: [DELETING] })
    await expect(run({ making: undefined })).rejects.toMatchObject({
      title: 'No clone',
      what: `Clone "${CLONE}" of pull request #42 is being deleted.`,
    })
    expect(world.changes()).toEqual([])
  })

  test('being created, without waiting: there is nothing to send', async () => {
    const { world, run } = aScene({ found: [awsCluster({ Status: 'creating' }), WRITER_CREATING] })
    expect(await run(LEAVING)).toMatchObject({ kind: 'creating', created: false })
    expect(world.calls()).toEqual([INSTANCES])
  })

  test('stopped, and started by somebody else meanwhile: it is waited for', async () => {
    const start = fault('StartDBCluster', 'InvalidDBClusterStateFault')
    const { world, run } = aScene({ found: STOPPED, looks: [STOPPED, STOPPED, UP], start })
    expect(await run()).toMatchObject({ kind: 'ready' })
    expect(sent(world)).toEqual([START])
  })

  test('stopped, and the role may not start it: the run fails', async () => {
    const start = fault('StartDBCluster', 'AccessDenied', { httpStatus: 403 })
    const { world, run } = aScene({ found: STOPPED, looks: [STOPPED], start })
    await expect(run()).rejects.toBe(start)
    expect(sent(world)).toEqual([START])
  })
})

describe('failed before it was ever ready', () => {
  const TagList = tagList(unpublishedTags())
  const HEALED: Look = [awsCluster({ TagList }), awsInstance()]
  const FAILED = [awsCluster({ TagList, Status: 'cloning-failed' }), awsInstance()] as const
  const USED: Look = [awsCluster({ Status: 'cloning-failed' }), awsInstance()]
  const ALONE: Scene['found'] & Look = [awsCluster({ ...BEGUN, TagList, Status: 'cloning-failed' })]
  const REMOVED = [`DeleteDBInstance ${WRITER}`, `DeleteDBCluster ${CLONE}`]

  test('removed and made again, once, although AWS shows it as before for a moment', async () => {
    const { world, run } = aScene({
      found: ALONE,
      looks: [ALONE, ALONE, READY_SECOND],
      restored: SECOND_TIME,
    })
    const clone = { cluster: { resourceId: 'cluster-SECOND' } }
    expect(await run()).toMatchObject({ kind: 'ready', clone, created: true })
    expect(world.changes()).toEqual([...REMOVED.slice(1), RESTORE_NEXT, CREATE_NEXT_WRITER])
  })

  test.each<[string, Look, object]>([
    ['has healed', HEALED, { kind: 'creating', clone: { cluster: { status: 'available' } } }],
    [
      'was said to be ready by somebody',
      USED,
      { what: expect.stringContaining('failed after its endpoint had been published') },
    ],
  ])('but %s by then: a run that does not wait looks again before it leaves', async (_, look, outcome) => {
    const { world, run } = aScene({ found: FAILED, looks: [look] })
    const result: unknown = await run(LEAVING).catch((error: unknown) => error)
    expect(result).toMatchObject(outcome)
    expect(world.calls()).toEqual([INSTANCES, INSTANCES, INSTANCES, LOOK, LOOK, INSTANCES])
    expect(world.clock.sleeps).toHaveLength(1)
  })

  test('healed for a moment only: it is removed at the second failure', async () => {
    const looks = [HEALED, FAILED, FAILED, FAILED, READY_SECOND]
    const { world, run } = aScene({ found: FAILED, looks, restored: SECOND_TIME })
    expect(await run()).toMatchObject({ kind: 'ready', created: true })
    expect(world.changes()).toEqual([...REMOVED, RESTORE_NEXT, CREATE_NEXT_WRITER])
  })

  test('and the looks contradict each other: the time limit ends it, with few calls', async () => {
    const looks = Array.from({ length: 100 }, () => [HEALED, FAILED]).flat()
    const { world, run } = aScene({ found: FAILED, looks })
    await expect(run(within(5 * MINUTE))).rejects.toMatchObject({ title: 'Timed out' })
    expect(world.changes()).toEqual([])
    expect(world.calls().length).toBeLessThan(200)
  })
})

describe('unwanted, while AWS does not show the clone that this run has asked for', () => {
  const UNWANTED = { kind: 'unwanted', reason: 'pull-request-closed' } as const
  /** Closed from the moment that this call was sent. */
  const closedAfter = (world: World, change: string) => () =>
    Promise.resolve(world.changes().includes(change) ? CLOSED : WANTED)

  test('waits until it is shown and can be removed; an unanswered look shows nothing', async () => {
    const { world, run } = aScene({ looks: [UNANSWERED, GONE, CREATING] })
    expect(await run({ demand: closedAfter(world, CREATE_WRITER) })).toMatchObject({
      ...UNWANTED,
      clone: { cluster: { identifier: CLONE, resourceId: CLONE_RESOURCE_ID, status: 'creating' } },
      wasShown: true,
    })
    expect(world.changes()).toEqual([RESTORE, CREATE_WRITER])
    expect(looksOf(world)).toBe(3)
    expect(world.clock.sleeps).toHaveLength(2)
    const told = 'waiting for AWS to show the clone, to remove it'
    expect(world.log.lines).toContainEqual(expect.stringContaining(told))
  })

  test('asks for no writer after the restore, and takes AWS’s answer for no look', async () => {
    const { world, run } = aScene({ looks: [WITHOUT_WRITER] })
    expect(await run({ demand: closedAfter(world, RESTORE) })).toMatchObject({ ...UNWANTED, wasShown: true })
    expect(world.calls()).toEqual([INSTANCES, RESTORE, LOOK, INSTANCES])
    expect(world.clock.sleeps).toEqual([])
  })

  test('does not wait once it was shown, even if one look misses it', async () => {
    const { world, run } = aScene({ looks: [CREATING, GONE] })
    const demand = () => Promise.resolve(looksOf(world) < 2 ? WANTED : CLOSED)
    expect(await run({ demand })).toEqual({ ...UNWANTED, clone: undefined, wasShown: true })
    expect(looksOf(world)).toBe(2)
  })

  test.each<[string, Scene, string]>([
    [
      'the name existed already, since an answer was lost',
      { looks: [GONE, GONE, [made(SECOND_TIME)]] },
      RESTORE,
    ],
    [
      'only the former incarnation was shown',
      { found: DELETING, looks: [GONE, GONE, [made(SECOND_TIME)]] },
      RESTORE_NEXT,
    ],
  ])('waits as well where %s', async (_, scene, restore) => {
    const { world, run } = aScene({ ...scene, restore: EXISTS })
    const clone = { cluster: { resourceId: 'cluster-SECOND' } }
    expect(await run({ demand: closedAfter(world, restore) })).toMatchObject({ ...UNWANTED, clone })
    expect(world.changes()).toEqual([restore])
  })

  test('waits as well where AWS did not answer the restore: it may have accepted it', async () => {
    const { world, run } = aScene({ restore: LOST, looks: [GONE, GONE, [made(SECOND_TIME)]] })
    const clone = { cluster: { resourceId: 'cluster-SECOND' } }
    expect(await run({ demand: closedAfter(world, RESTORE) })).toMatchObject({ ...UNWANTED, clone })
    expect(world.changes()).toEqual([RESTORE])
  })

  test('tells nothing of a cluster that is no longer provably ours', async () => {
    const { world, run } = aScene({ looks: [CREATING, [awsCluster({ TagList: [] })]] })
    const demand = () => Promise.resolve(looksOf(world) < 2 ? WANTED : CLOSED)
    expect(await run({ demand })).toEqual({ ...UNWANTED, clone: undefined, wasShown: false })
  })

  test('does not wait longer than two minutes', async () => {
    const { world, run } = aScene()
    const result = await run({ demand: closedAfter(world, RESTORE) })
    expect(result).toEqual({ ...UNWANTED, clone: undefined, wasShown: false })
    expect(world.clock.now() - NOW_MS).toBeGreaterThanOrEqual(2 * MINUTE)
    expect(world.clock.now() - NOW_MS).toBeLessThan(2 * MINUTE + 20 * SECOND)
    expect(world.changes()).toEqual([RESTORE])
  })

  test('continues where it is wanted again meanwhile', async () => {
    const { world, run } = aScene({ looks: [GONE, WITHOUT_WRITER, WITHOUT_WRITER, READY] })
    let readings = 0
    const demand = () =>
      Promise.resolve(world.changes().length > 0 && (readings += 1) === 1 ? CLOSED : WANTED)
    expect(await run({ demand })).toMatchObject({ kind: 'ready' })
    expect(world.changes()).toEqual([RESTORE, CREATE_WRITER])
  })

  test('says so where the time is over first', async () => {
    const { world, run } = aScene()
    await expect(run({ demand: closedAfter(world, RESTORE), ...within(MINUTE) })).rejects.toMatchObject({
      title: 'Timed out',
      what: `Clone "${CLONE}" was not ready within 1m (waiting for AWS to show the clone, to remove it).`,
      remedy: 'Run again, with a longer wait-timeout if necessary.',
    })
    expect(world.clock.now()).toBe(NOW_MS + MINUTE)
  })
})

describe('a run that does not wait reads the pull request again after its restore', () => {
  /** A pull request that is read again only if the last reading is older than allowed. */
  function aged(...readings: readonly Demand[]) {
    const atMs: number[] = []
    const of =
      ({ clock }: World) =>
      (maxAgeMs: number) => {
        const last = atMs.at(-1)
        if (last === undefined || clock.now() - last > maxAgeMs) atMs.push(clock.now())
        return Promise.resolve(readings[Math.min(atMs.length, readings.length) - 1] ?? WANTED)
      }
    return { atMs, of }
  }

  /** AWS takes its time for the restore, and for the writer. */
  function aSlowScene(restoreMs: number, writerMs = 0) {
    const scene = aScene({ looks: [CREATING] })
    const { clock, mock } = scene.world
    mock.on(RestoreDBClusterToPointInTimeCommand).callsFake(() => {
      clock.pass(restoreMs)
      return { DBCluster: awsCluster({ ...BEGUN, ClusterCreateTime: new Date(clock.now()) }) }
    })
    mock.on(CreateDBInstanceCommand).callsFake(() => {
      clock.pass(writerMs)
      return { DBInstance: WRITER_CREATING }
    })
    return scene
  }

  test.each<[string, Demand, object]>([
    ['it was closed meanwhile', CLOSED, { kind: 'unwanted', reason: 'pull-request-closed' }],
    ['it cannot be read', UNKNOWN, { kind: 'creating' }],
  ])('where the last reading is older than that: %s', async (_, reading, outcome) => {
    const { world, run } = aSlowScene(3 * SECOND)
    const readings = aged(WANTED, reading)
    const clone = { cluster: { identifier: CLONE, status: 'creating' } }
    const demand = readings.of(world)
    expect(await run({ ...LEAVING, demand })).toMatchObject({ ...outcome, clone })
    expect(world.changes()).toEqual([RESTORE, CREATE_WRITER])
    expect(readings.atMs).toHaveLength(2)
  })

  test('but not where the last reading is younger', async () => {
    const { world, run } = aSlowScene(10 * SECOND, SECOND)
    const readings = aged(WANTED)
    expect(await run({ ...LEAVING, demand: readings.of(world) })).toMatchObject({ kind: 'creating' })
    // Before the restore, and before the writer, which came after it.
    expect(readings.atMs).toEqual([NOW_MS, NOW_MS + 10 * SECOND])
  })
})

test.each<[string, readonly Look[]]>([
  ['a look that AWS did not answer', [UNANSWERED, [made(), awsInstance({ DBInstanceStatus: 'modifying' })]]],
  ['a status that flaps', [[made(BEGUN), awsInstance()]]],
])('%s does not confirm that a clone is ready', async (_, between) => {
  const { world, run } = aScene({ looks: [READY, ...between, READY, READY] })
  expect(await run()).toMatchObject({ kind: 'ready' })
  expect(looksOf(world)).toBe(between.length + 3)
})

test('what AWS made otherwise than asked is told by the run that made it, once it is ready', async () => {
  const described = made({ DBSubnetGroup: 'default' })
  const { world, run } = aScene({ looks: [CREATING, [described, awsInstance()]] })
  await run()
  expect(world.log.lines.filter((line) => line.startsWith('warning'))).toEqual([
    `warning: AWS made clone "${CLONE}" otherwise than asked: db-subnet-group-name is "default", not "private".`,
  ])
})

describe('a look that AWS does not answer', () => {
  test.each([
    ['throttled', fault('DescribeDBClusters', 'Throttling')],
    ['not answered', noAnswer('DescribeDBClusters')],
  ])('is taken again at the next poll: %s', async (_, error) => {
    const { world, run } = aScene({ looks: [[error], [error], CREATING, READY] })
    expect(await run()).toMatchObject({ kind: 'ready' })
    expect(world.changes()).toEqual([RESTORE, CREATE_WRITER])
    expect(world.log.lines.filter((line) => line.startsWith('warning'))).toHaveLength(2)
  })

  test('does not say that the clone is gone, nor does an answer without it', async () => {
    const { world, run } = aScene({ looks: [CREATING, [undefined]] })
    await expect(run(within(10 * MINUTE))).rejects.toMatchObject({ title: 'Timed out' })
    expect(world.changes()).toEqual([RESTORE, CREATE_WRITER])
  })

  test.each(['AccessDenied', 'ExpiredToken'])('is not one that AWS refuses: %s fails', async (code) => {
    const { run } = aScene({ looks: [[fault('DescribeDBClusters', code, { httpStatus: 403 })]] })
    await expect(run()).rejects.toMatchObject({ code })
  })
})

test('out of time: the run says where the clone stands and how to continue', async () => {
  const { world, run } = aScene({ looks: [CREATING] })
  await expect(run(within(5 * MINUTE))).rejects.toMatchObject({
    title: 'Timed out',
    what: `Clone "${CLONE}" was not ready within 5m (cluster creating, writer creating).`,
    remedy:
      'AWS continues with it: run the job again, which continues to wait, with a longer wait-timeout if necessary.',
  })
  expect(world.clock.now()).toBe(NOW_MS + 5 * MINUTE)
})

/** The clone that each change begins from, and where it stands. */
const CHANGES: readonly (readonly [string, Scene['found'], string])[] = [
  ['the restore', undefined, 'does not exist yet.'],
  ['the writer', [awsCluster(BEGUN)], 'stands at: cluster creating, writer not there yet.'],
  ['the start', STOPPED, 'stands at: cluster stopped, writer stopped.'],
  [
    'the removal',
    [awsCluster({ Status: 'cloning-failed', TagList: tagList(unpublishedTags()) })],
    'stands at: cluster cloning-failed, writer not there yet.',
  ],
]

describe('cancelled: nothing new is started', () => {
  const CANCELLED = { title: 'Cancelled' }

  test.each(CHANGES)('before %s', async (_, found, standing) => {
    const { world, run } = aScene({ found, looks: [found ?? GONE] })
    world.controller.abort()
    const what = `The run was cancelled. Clone "${CLONE}" ${standing}`
    await expect(run()).rejects.toMatchObject({ title: 'Cancelled', what })
    expect(world.changes()).toEqual([])
  })

  test.each(CHANGES)('while the pull request is read before %s', async (_, found) => {
    const { world, run } = aScene({ found, looks: [found ?? GONE] })
    const demand = () => {
      world.controller.abort()
      return Promise.resolve(WANTED)
    }
    await expect(run({ demand })).rejects.toMatchObject(CANCELLED)
    expect(world.changes()).toEqual([])
  })

  test.each<[string, Scene['found'], readonly string[]]>([
    ['made', undefined, []],
    [
      'made again, since it was begun with other inputs',
      [awsCluster({ ...BEGUN, TagList: tagList(newTags({ 'aurora-clone:shape': '00000000' })) })],
      [],
    ],
  ])('while it is decided whether the clone can be %s', async (_, found, changes) => {
    const writer = writerFault('InvalidParameterValue', 'Invalid DB Instance class: db.foo.large')
    const { world, run } = aScene({ found, looks: [found ?? GONE], writer })
    world.mock.on(DescribeDBInstancesCommand).callsFake((input: DescribeDBInstancesCommandInput) => {
      if (isAboutSource(input)) world.controller.abort()
      return { DBInstances: [] }
    })
    await expect(run(LEAVING)).rejects.toMatchObject(CANCELLED)
    expect(world.changes()).toEqual(changes)
    expect(world.log.lines.filter((line) => line.startsWith('warning'))).toEqual([])
  })

  test('between restore and writer', async () => {
    const { world, run } = aScene()
    world.mock.on(RestoreDBClusterToPointInTimeCommand).callsFake(() => {
      world.controller.abort()
      return { DBCluster: awsCluster(BEGUN) }
    })
    await expect(run()).rejects.toMatchObject(CANCELLED)
    expect(world.changes()).toEqual([RESTORE])
  })

  test('while the run waits: it does not look again', async () => {
    const { world, run } = aScene({ looks: [CREATING] })
    world.clock.onSleep = () => {
      world.controller.abort()
    }
    await expect(run()).rejects.toMatchObject(CANCELLED)
    expect(world.calls()).toEqual([INSTANCES, RESTORE, CREATE_WRITER])
  })

  test('while AWS does not show the clone: the run says that it was requested', async () => {
    const { world, run } = aScene()
    world.clock.onSleep = () => {
      if (world.clock.sleeps.length === 2) world.controller.abort()
    }
    const what = `The run was cancelled. Clone "${CLONE}" was requested; AWS does not show it yet.`
    await expect(run()).rejects.toMatchObject({ title: 'Cancelled', what })
  })

  test('while AWS is looked at: the look that was broken off is no fault of AWS', async () => {
    const { world, run } = aScene()
    world.mock.on(DescribeDBClustersCommand).callsFake(() => {
      world.controller.abort()
      throw fault('DescribeDBClusters', 'AbortError', { httpStatus: undefined })
    })
    await expect(run()).rejects.toMatchObject(CANCELLED)
  })
})

describe('the pull request is read', () => {
  /** A pull request that always reads the same, and how old each reading might have been, in seconds. */
  function reading(demand: Demand) {
    const ages: number[] = []
    const read = (maxAgeMs: number) => {
      ages.push(maxAgeMs / SECOND)
      return Promise.resolve(demand)
    }
    return { ages, demand: read }
  }
  const UNREADABLE = {
    title: 'Pull request cannot be read',
    what: expect.stringContaining('Pull request #42 could not be read (HTTP 502)'),
  }

  test.each(CHANGES)('afresh before %s, and decides about it', async (_, found) => {
    for (const [demand, outcome] of [
      [CLOSED, { kind: 'unwanted', reason: 'pull-request-closed' }],
      [UNKNOWN, UNREADABLE],
    ] as const) {
      const { world, run } = aScene({ found, looks: [found ?? GONE] })
      const pullRequest = reading(demand)
      const result: unknown = await run({ demand: pullRequest.demand }).catch((error: unknown) => error)
      expect(result).toMatchObject(outcome)
      expect(world.changes()).toEqual([])
      expect(pullRequest.ages).toEqual([5])
    }
  })

  test('every minute of a wait, and right before the end', async () => {
    const { run } = aScene({ looks: [CREATING, READY] })
    const { ages, demand } = reading(WANTED)
    await run({ demand })
    // Restore, writer, two waits, the second look, settled.
    expect(ages).toEqual([5, 5, 60, 60, 60, 5])
  })

  test('in vain: an existing clone is waited for and handed out, unchanged', async () => {
    const { world, run } = aScene({
      found: [awsCluster({ Status: 'creating' }), WRITER_CREATING],
      looks: [UP],
    })
    expect(await run({ demand: reading(UNKNOWN).demand })).toMatchObject({ kind: 'ready' })
    expect(world.changes()).toEqual([])
  })
})
