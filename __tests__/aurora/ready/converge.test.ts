import {
  CreateDBInstanceCommand,
  type DBCluster,
  type DBInstance,
  DescribeDBClustersCommand,
  DescribeDBInstancesCommand,
  RestoreDBClusterToPointInTimeCommand,
  StartDBClusterCommand,
} from '@aws-sdk/client-rds'
import { describe, expect, test } from '@jest/globals'
import type { AwsRun, RestoreDecision } from '../../src/aurora/aws-run.ts'
import { type ReadyGoal, convergeReady } from '../../src/aurora/converge-ready.ts'
import { restoreRequest } from '../../src/aurora/restore-request.ts'
import type { ClusterSnapshot } from '../../src/aurora/snapshot.ts'
import type { Demand } from '../../src/demand.ts'
import { Failure } from '../../src/failure.ts'
import {
  CLONE,
  CLONE_RESOURCE_ID,
  HOUR,
  MINUTE,
  NOW_MS,
  SECOND,
  WRITER,
  aCluster,
  aSource,
  anIdentity,
  anOrder,
  awsCluster,
  awsInstance,
  fault,
  newTags,
  noAnswer,
  someTags,
  tagList,
  unpublishedTags,
} from '../factories.ts'
import { type World, aWorld } from '../world.ts'

const DECISION: RestoreDecision = {
  kind: 'restore',
  requestAt: (createdAtMs) => restoreRequest(aSource(), anOrder({ createdAtMs }), 'orders-instance'),
}
const WANTED: Demand = { kind: 'wanted' }
const CLOSED: Demand = { kind: 'unwanted', because: 'pull-request-closed' }
const UNKNOWN: Demand = { kind: 'unknown', because: 'HTTP 502' }
const NOT_FOUND = fault('DescribeDBClusters', 'DBClusterNotFoundFault', { httpStatus: 404 })
/** Of the restore that this run sends at once. */
const UNPUBLISHED = tagList(newTags({ 'aurora-clone:created-at': '2026-11-21T10:00:00.000Z' }))
const NEW = awsCluster({ TagList: UNPUBLISHED })
const CREATING = awsCluster({ TagList: UNPUBLISHED, Status: 'creating', DBClusterMembers: [] })
const WRITER_CREATING = awsInstance({ DBInstanceStatus: 'creating' })
const RESTORE = `RestoreDBClusterToPointInTime ${CLONE}`
const CREATE_WRITER = `CreateDBInstance ${WRITER}`

function aGoal(overrides: Partial<ReadyGoal> = {}): ReadyGoal {
  return {
    identifier: CLONE,
    identity: anIdentity(),
    found: undefined,
    isFromThisSource: () => true,
    hasOtherShape: () => false,
    decideRestore: () => Promise.resolve(DECISION),
    claim: (cluster) => Promise.resolve(cluster),
    removeFailed: () => Promise.resolve(true),
    removeBegun: () => Promise.resolve(true),
    demand: () => Promise.resolve(WANTED),
    refuseUnknownDemand: (because) =>
      new Failure({ title: 'Pull request cannot be read', what: because, remedy: '' }),
    explainFailure: (why, detail) => new Failure({ title: 'Clone failed', what: why, remedy: detail }),
    announce: () => undefined,
    waitUntilReady: true,
    pace: { startedAtMs: NOW_MS, limitMs: 30 * MINUTE, pollIntervalMs: 10 * SECOND },
    ...overrides,
  }
}

type Look = readonly [cluster: DBCluster | Error | undefined, writer?: DBInstance]

/** What AWS shows, look by look; the last look stays. Accepts every change unless a test says otherwise. */
function anAws(...looks: readonly Look[]): World {
  const world = aWorld()
  let next = 0
  let current: Look = [NOT_FOUND]
  world.mock.on(RestoreDBClusterToPointInTimeCommand).callsFake(accepted(world))
  world.mock.on(CreateDBInstanceCommand).resolves({ DBInstance: WRITER_CREATING })
  world.mock.on(DescribeDBClustersCommand).callsFake(() => {
    current = looks[Math.min(next, looks.length - 1)] ?? [NOT_FOUND]
    next += 1
    const [cluster] = current
    if (cluster instanceof Error) throw cluster
    return { DBClusters: cluster === undefined ? [] : [cluster] }
  })
  world.mock.on(DescribeDBInstancesCommand).callsFake(() => {
    const first = firstInstances.get(world)
    firstInstances.delete(world)
    return { DBInstances: first ?? (current[1] === undefined ? [] : [current[1]]) }
  })
  return world
}

/** AWS's answer to a restore: the cluster, made at that moment. */
function accepted(world: World, cluster: DBCluster = CREATING): () => { readonly DBCluster: DBCluster } {
  return () => ({ DBCluster: { ...cluster, ClusterCreateTime: new Date(world.clock.now()) } })
}

const firstInstances = new WeakMap<World, readonly DBInstance[]>()

/** The cluster that the listing showed, with the instances that AWS tells next. */
function found(
  world: World,
  cluster: Partial<ClusterSnapshot>,
  ...instances: readonly DBInstance[]
): ClusterSnapshot {
  firstInstances.set(world, instances)
  return aCluster(cluster)
}

describe('create, from nothing', () => {
  test('both requests at once, then waiting until ready, confirmed by a second look', async () => {
    const world = anAws(
      [CREATING, WRITER_CREATING],
      [NEW, WRITER_CREATING],
      [NEW, awsInstance()],
      [NEW, awsInstance()],
    )
    const result = await convergeReady(world.aws, aGoal())
    expect(result).toMatchObject({
      kind: 'ready',
      cluster: { identifier: CLONE },
      writer: { identifier: WRITER },
    })
    expect(world.changes()).toEqual([RESTORE, CREATE_WRITER])
    expect(world.calls().slice(0, 2)).toEqual([RESTORE, CREATE_WRITER])
    expect(world.clock.sleeps).toHaveLength(4)
    expect(world.clock.sleeps[3]).toBe(500)
  })

  test('without waiting: both requests and nothing else', async () => {
    const world = anAws()
    expect(await convergeReady(world.aws, aGoal({ waitUntilReady: false }))).toMatchObject({
      kind: 'creating',
      cluster: { identifier: CLONE, resourceId: CLONE_RESOURCE_ID, tags: { 'aurora-clone:cluster': CLONE } },
    })
    expect(world.calls()).toEqual([RESTORE, CREATE_WRITER])
    expect(world.clock.sleeps).toEqual([])
  })

  test('a server that repeats neither identifier nor tags: ours are known from the request', async () => {
    const world = anAws()
    const answer = awsCluster({ DBClusterIdentifier: undefined, TagList: undefined, Status: 'creating' })
    world.mock.on(RestoreDBClusterToPointInTimeCommand).callsFake(accepted(world, answer))
    expect(await convergeReady(world.aws, aGoal({ waitUntilReady: false }))).toMatchObject({
      kind: 'creating',
    })
    expect(world.changes()).toEqual([RESTORE, CREATE_WRITER])
  })

  test('NotFound after our own restore is AWS’s delay, for two minutes', async () => {
    const world = anAws(
      [NOT_FOUND],
      [NOT_FOUND],
      [NOT_FOUND],
      [CREATING, WRITER_CREATING],
      [NEW, awsInstance()],
      [NEW, awsInstance()],
    )
    expect(await convergeReady(world.aws, aGoal())).toMatchObject({ kind: 'ready' })
    expect(world.changes()).toEqual([RESTORE, CREATE_WRITER])
  })

  test('not there after two minutes: restored once more; gone again: somebody deletes it', async () => {
    const world = anAws([NOT_FOUND])
    await expect(convergeReady(world.aws, aGoal())).rejects.toMatchObject({ what: 'vanished' })
    expect(world.changes()).toEqual([RESTORE, CREATE_WRITER, RESTORE, CREATE_WRITER])
    expect(world.clock.now() - NOW_MS).toBeGreaterThanOrEqual(4 * MINUTE)
    expect(world.clock.now() - NOW_MS).toBeLessThan(5 * MINUTE)
  })

  test('every look that shows the clone is announced', async () => {
    const world = anAws([CREATING, WRITER_CREATING], [NEW, awsInstance()], [NEW, awsInstance()])
    const told: string[] = []
    await convergeReady(
      world.aws,
      aGoal({ announce: (cluster, writer) => told.push(`${cluster.status} ${writer?.status ?? '-'}`) }),
    )
    expect(told).toEqual([
      'creating -',
      'creating creating',
      'creating creating',
      'available available',
      'available available',
    ])
  })
})

describe('the name exists already (DBClusterAlreadyExistsFault)', () => {
  const EXISTS = fault('RestoreDBClusterToPointInTime', 'DBClusterAlreadyExistsFault')

  test('ours: the answer to our first attempt was lost, or a run beside this one was faster', async () => {
    const world = anAws([CREATING], [CREATING], [NEW, awsInstance()], [NEW, awsInstance()])
    world.mock.on(RestoreDBClusterToPointInTimeCommand).rejects(EXISTS)
    expect(await convergeReady(world.aws, aGoal())).toMatchObject({ kind: 'ready' })
    expect(world.changes()).toEqual([RESTORE, CREATE_WRITER])
  })

  test('ours, but AWS does not show it yet: wait, and do not hammer AWS', async () => {
    const world = anAws([NOT_FOUND], [NOT_FOUND], [CREATING], [CREATING], [NEW, awsInstance()])
    world.mock.on(RestoreDBClusterToPointInTimeCommand).rejects(EXISTS)
    expect(await convergeReady(world.aws, aGoal())).toMatchObject({ kind: 'ready' })
    expect(world.changes()).toEqual([RESTORE, CREATE_WRITER])
  })

  test('the former clone is gone, but its name is not free yet: no hammering either', async () => {
    const world = anAws([NOT_FOUND], [NOT_FOUND], [NOT_FOUND], [CREATING], [NEW, awsInstance()])
    world.mock.on(RestoreDBClusterToPointInTimeCommand).rejectsOnce(EXISTS).callsFake(accepted(world))
    const cluster = found(world, { status: 'deleting' })
    expect(await convergeReady(world.aws, aGoal({ found: cluster }))).toMatchObject({ kind: 'ready' })
    expect(world.changes().filter((call) => call === RESTORE).length).toBeLessThanOrEqual(2)
    expect(world.calls().length).toBeLessThan(30)
  })

  test('somebody else’s: not touched', async () => {
    const world = anAws([awsCluster({ TagList: [] })])
    world.mock.on(RestoreDBClusterToPointInTimeCommand).rejects(EXISTS)
    await expect(convergeReady(world.aws, aGoal())).rejects.toMatchObject({ what: 'not-owned' })
    expect(world.changes()).toEqual([RESTORE])
  })

  test('made from another source meanwhile: not touched', async () => {
    const world = anAws([CREATING])
    world.mock.on(RestoreDBClusterToPointInTimeCommand).rejects(EXISTS)
    await expect(convergeReady(world.aws, aGoal({ isFromThisSource: () => false }))).rejects.toMatchObject({
      what: 'other-source',
    })
    expect(world.changes()).toEqual([RESTORE])
  })
})

describe('whether this run made the clone, its own time in the tags tells', () => {
  const EXISTS = fault('RestoreDBClusterToPointInTime', 'DBClusterAlreadyExistsFault')
  const LOST = noAnswer('RestoreDBClusterToPointInTime')
  const OTHERS = tagList(newTags())

  test.each<[string, boolean, readonly Error[], ReturnType<typeof tagList>]>([
    ['asked for by this run', true, [], UNPUBLISHED],
    ['by a try of this run whose answer was lost', true, [LOST, EXISTS], UNPUBLISHED],
    ['by a run beside this one', false, [EXISTS], OTHERS],
    ['by a run beside this one, at the very same time', false, [EXISTS], UNPUBLISHED],
  ])('%s: %s', async (_, created, refusals, TagList) => {
    const first: readonly Look[] = refusals[0] === LOST ? [[NOT_FOUND]] : []
    const world = anAws(...first, [awsCluster({ TagList }), awsInstance()])
    if (refusals.length > 0) {
      const restore = world.mock.on(RestoreDBClusterToPointInTimeCommand)
      for (const refusal of refusals) restore.rejectsOnce(refusal)
    }
    expect(await convergeReady(world.aws, aGoal())).toMatchObject({ kind: 'ready', created })
  })

  test('found: no', async () => {
    const world = anAws()
    const goal = aGoal({ found: found(world, {}, awsInstance()) })
    expect(await convergeReady(world.aws, goal)).toMatchObject({ kind: 'ready', created: false })
  })
})

describe('the time in the tags is AWS’s, of each restore that is sent', () => {
  const createdAts = (world: World): readonly (string | undefined)[] =>
    world.mock
      .commandCalls(RestoreDBClusterToPointInTimeCommand)
      .map(({ args: [{ input }] }) => input.Tags?.find(({ Key }) => Key === 'aurora-clone:created-at')?.Value)

  test.each([
    ['not answered', noAnswer('RestoreDBClusterToPointInTime')],
    ['throttled', fault('RestoreDBClusterToPointInTime', 'Throttling')],
    ['answered with what is no answer', fault('RestoreDBClusterToPointInTime', 'x', { httpStatus: 200 })],
  ])('%s: sent again seconds later, also by a run that does not wait', async (_, error) => {
    const world = anAws([NOT_FOUND])
    world.mock
      .on(RestoreDBClusterToPointInTimeCommand)
      .rejectsOnce(error)
      .rejectsOnce(error)
      .callsFake(accepted(world))
    expect(await convergeReady(world.aws, aGoal({ waitUntilReady: false }))).toMatchObject({
      kind: 'creating',
      created: true,
    })
    expect(world.changes()).toEqual([RESTORE, RESTORE, RESTORE, CREATE_WRITER])
    expect(createdAts(world)).toEqual([
      '2026-11-21T10:00:00.000Z',
      '2026-11-21T10:00:02.000Z',
      '2026-11-21T10:00:04.000Z',
    ])
  })

  test('by a runner whose clock is an hour behind', async () => {
    const world = anAws()
    const aws = { ...world.aws, awsNow: () => world.clock.now() + HOUR }
    const answer = { ...CREATING, ClusterCreateTime: new Date(NOW_MS + HOUR) }
    world.mock.on(RestoreDBClusterToPointInTimeCommand).resolves({ DBCluster: answer })
    await convergeReady(aws, aGoal({ waitUntilReady: false }))
    expect(createdAts(world)).toEqual(['2026-11-21T11:00:00.000Z'])
  })

  test('the sixth in a row that is not answered: fails', async () => {
    const error = noAnswer('RestoreDBClusterToPointInTime')
    const world = anAws([NOT_FOUND])
    world.mock.on(RestoreDBClusterToPointInTimeCommand).rejects(error)
    await expect(convergeReady(world.aws, aGoal())).rejects.toBe(error)
    expect(world.changes()).toEqual(Array(6).fill(RESTORE))
  })

  test('AWS does not say what time it is: nothing is created', async () => {
    const world = anAws([NOT_FOUND])
    await expect(convergeReady({ ...world.aws, awsNow: () => undefined }, aGoal())).rejects.toMatchObject({
      title: 'AWS not reachable',
      what: expect.stringContaining('Nothing was created.'),
    })
    expect(world.changes()).toEqual([])
  })
})

describe('AWS does not take the restore', () => {
  test.each([
    'InsufficientDBClusterCapacityFault',
    'InsufficientStorageClusterCapacityFault',
    'InvalidDBClusterStateFault',
  ])('%s: again later', async (code) => {
    const world = anAws([NOT_FOUND], [CREATING, WRITER_CREATING], [NEW, awsInstance()])
    world.mock
      .on(RestoreDBClusterToPointInTimeCommand)
      .rejectsOnce(fault('RestoreDBClusterToPointInTime', code))
      .callsFake(accepted(world))
    expect(await convergeReady(world.aws, aGoal())).toMatchObject({ kind: 'ready' })
    expect(world.changes()).toEqual([RESTORE, RESTORE, CREATE_WRITER])
  })

  test('no capacity until the time is over: that is what is said, not that it took long', async () => {
    const world = anAws([NOT_FOUND])
    world.mock
      .on(RestoreDBClusterToPointInTimeCommand)
      .rejects(fault('RestoreDBClusterToPointInTime', 'InsufficientDBClusterCapacityFault'))
    const pace = { startedAtMs: NOW_MS, limitMs: 5 * MINUTE, pollIntervalMs: 10 * SECOND }
    await expect(convergeReady(world.aws, aGoal({ pace }))).rejects.toMatchObject({ title: 'No capacity' })
    expect(world.clock.now()).toBe(NOW_MS + 5 * MINUTE)
  })

  test('no capacity, without waiting: fails', async () => {
    const world = anAws([NOT_FOUND])
    world.mock
      .on(RestoreDBClusterToPointInTimeCommand)
      .rejects(fault('RestoreDBClusterToPointInTime', 'InsufficientDBClusterCapacityFault'))
    await expect(convergeReady(world.aws, aGoal({ waitUntilReady: false }))).rejects.toMatchObject({
      code: 'InsufficientDBClusterCapacityFault',
    })
  })

  test.each(['AccessDenied', 'DBClusterQuotaExceededFault', 'KMSKeyNotAccessibleFault'])(
    '%s: fails',
    async (code) => {
      const world = anAws([NOT_FOUND])
      world.mock
        .on(RestoreDBClusterToPointInTimeCommand)
        .rejects(fault('RestoreDBClusterToPointInTime', code, { httpStatus: 403 }))
      await expect(convergeReady(world.aws, aGoal())).rejects.toMatchObject({ code })
      expect(world.changes()).toEqual([RESTORE])
    },
  )

  test('the source is not ready for it: waits, and decides again', async () => {
    const world = anAws([NOT_FOUND], [CREATING, WRITER_CREATING], [NEW, awsInstance()])
    let asked = 0
    const goal = aGoal({
      decideRestore: () => {
        asked += 1
        return Promise.resolve(
          asked === 1 ? { kind: 'wait', status: 'waiting for the source cluster (starting)' } : DECISION,
        )
      },
    })
    expect(await convergeReady(world.aws, goal)).toMatchObject({ kind: 'ready' })
    expect(asked).toBe(2)
    expect(world.log.lines).toContain('info: 0s  waiting for the source cluster (starting)')
  })

  test('a mode that may not restore does not', async () => {
    const world = anAws([NOT_FOUND])
    await expect(convergeReady(world.aws, aGoal({ decideRestore: undefined }))).rejects.toMatchObject({
      what: 'no-clone',
    })
    expect(world.calls()).toEqual([])
  })
})

describe('the writer', () => {
  test.each(['InvalidDBClusterStateFault', 'DBClusterNotFoundFault'])(
    'refused while the cluster is creating (%s): asked for again when it is available',
    async (code) => {
      const available = awsCluster({ TagList: UNPUBLISHED, DBClusterMembers: [] })
      const world = anAws([CREATING], [CREATING], [available], [available], [NEW, awsInstance()])
      world.mock
        .on(CreateDBInstanceCommand)
        .rejectsOnce(fault('CreateDBInstance', code))
        .resolves({ DBInstance: WRITER_CREATING })
      expect(await convergeReady(world.aws, aGoal())).toMatchObject({ kind: 'ready' })
      expect(world.changes()).toEqual([RESTORE, CREATE_WRITER, CREATE_WRITER])
    },
  )

  test('refused, without waiting: on its way, `wait` makes it', async () => {
    const world = anAws()
    world.mock.on(CreateDBInstanceCommand).rejects(fault('CreateDBInstance', 'InvalidDBClusterStateFault'))
    expect(await convergeReady(world.aws, aGoal({ waitUntilReady: false }))).toMatchObject({
      kind: 'creating',
    })
  })

  test('refused for its missing range: no waiting helps', async () => {
    const world = anAws([CREATING])
    const message =
      'Set the Serverless v2 scaling configuration on the parent DB cluster before creating a Serverless v2 DB instance.'
    world.mock
      .on(CreateDBInstanceCommand)
      .rejects(fault('CreateDBInstance', 'InvalidDBClusterStateFault', { message }))
    await expect(convergeReady(world.aws, aGoal())).rejects.toMatchObject({ message })
  })

  test('exists already and is ours: its answer was lost', async () => {
    const world = anAws([CREATING, WRITER_CREATING], [NEW, awsInstance()])
    world.mock.on(CreateDBInstanceCommand).rejects(fault('CreateDBInstance', 'DBInstanceAlreadyExistsFault'))
    world.mock
      .on(DescribeDBInstancesCommand, { DBInstanceIdentifier: WRITER })
      .resolves({ DBInstances: [WRITER_CREATING] })
    expect(await convergeReady(world.aws, aGoal())).toMatchObject({ kind: 'ready' })
    expect(world.changes()).toEqual([RESTORE, CREATE_WRITER])
  })

  test('exists already, but cannot be looked at yet: waited for', async () => {
    const world = anAws([CREATING, WRITER_CREATING], [NEW, awsInstance()])
    world.mock.on(CreateDBInstanceCommand).rejects(fault('CreateDBInstance', 'DBInstanceAlreadyExistsFault'))
    world.mock
      .on(DescribeDBInstancesCommand, { DBInstanceIdentifier: WRITER })
      .rejects(fault('DescribeDBInstances', 'DBInstanceNotFoundFault'))
    expect(await convergeReady(world.aws, aGoal())).toMatchObject({ kind: 'ready' })
  })

  test.each([
    ['orders', 'belongs to "orders"'],
    [undefined, 'belongs to "no cluster"'],
  ])('exists already and belongs to %s: fails, touches nothing', async (owner, says) => {
    const world = anAws([CREATING])
    const error = fault('CreateDBInstance', 'DBInstanceAlreadyExistsFault')
    world.mock.on(CreateDBInstanceCommand).rejects(error)
    world.mock
      .on(DescribeDBInstancesCommand, { DBInstanceIdentifier: WRITER })
      .resolves({ DBInstances: [awsInstance({ DBClusterIdentifier: owner })] })
    await expect(convergeReady(world.aws, aGoal())).rejects.toMatchObject({
      title: 'Cluster not owned',
      what: expect.stringContaining(says),
      cause: error,
    })
    expect(world.changes()).toEqual([RESTORE, CREATE_WRITER])
  })

  test('no capacity for it: again later', async () => {
    const world = anAws([CREATING], [CREATING], [NEW, awsInstance()])
    world.mock
      .on(CreateDBInstanceCommand)
      .rejectsOnce(fault('CreateDBInstance', 'InsufficientDBInstanceCapacityFault'))
      .resolves({ DBInstance: WRITER_CREATING })
    expect(await convergeReady(world.aws, aGoal())).toMatchObject({ kind: 'ready' })
    expect(world.changes()).toEqual([RESTORE, CREATE_WRITER, CREATE_WRITER])
  })

  test.each([
    ['no capacity, without waiting', 'InsufficientDBInstanceCapacityFault', false],
    ['a quota', 'InstanceQuotaExceededFault', true],
  ])('%s: fails', async (_, code, waitUntilReady) => {
    const world = anAws([CREATING])
    world.mock.on(CreateDBInstanceCommand).rejects(fault('CreateDBInstance', code))
    await expect(convergeReady(world.aws, aGoal({ waitUntilReady }))).rejects.toMatchObject({ code })
  })

  test('of an existing clone that lost it is made again', async () => {
    const world = anAws(
      [awsCluster({ DBClusterMembers: [] }), WRITER_CREATING],
      [awsCluster(), awsInstance()],
    )
    const cluster = found(world, { members: [] })
    expect(await convergeReady(world.aws, aGoal({ found: cluster }))).toMatchObject({ kind: 'ready' })
    expect(world.changes()).toEqual([CREATE_WRITER])
  })
})

describe('a look of its own right before a call that goes by the name', () => {
  const STOPPED = { DBInstanceStatus: 'stopped' }
  const LOOK = `DescribeDBClusters ${CLONE}`
  interface Case {
    readonly cluster: Partial<ClusterSnapshot>
    readonly instances: readonly DBInstance[]
    readonly seen: readonly [cluster: DBCluster, writer?: DBInstance]
    readonly call: string
    /** AWS fails at the call so often, and then takes it. */
    readonly failing: (world: World, ...errors: readonly Error[]) => void
  }
  const takenAfter = (errors: readonly Error[], answer: object) => {
    const left = [...errors]
    return () => {
      const error = left.shift()
      if (error !== undefined) throw error
      return answer
    }
  }
  const CALLS: readonly (readonly [string, Case])[] = [
    [
      'the writer',
      {
        cluster: { status: 'creating', members: [] },
        instances: [],
        seen: [awsCluster({ Status: 'creating', DBClusterMembers: [] })],
        call: CREATE_WRITER,
        failing: ({ mock }, ...errors) =>
          mock.on(CreateDBInstanceCommand).callsFake(takenAfter(errors, { DBInstance: WRITER_CREATING })),
      },
    ],
    [
      'the start',
      {
        cluster: { status: 'stopped' },
        instances: [awsInstance(STOPPED)],
        seen: [awsCluster({ Status: 'stopped' }), awsInstance(STOPPED)],
        call: `StartDBCluster ${CLONE}`,
        failing: ({ mock }, ...errors) => mock.on(StartDBClusterCommand).callsFake(takenAfter(errors, {})),
      },
    ],
  ]

  test.each(CALLS)('%s', async (_, { cluster, instances, seen, call }) => {
    const world = anAws(seen, [awsCluster(), awsInstance()])
    const goal = aGoal({ found: found(world, cluster, ...instances) })
    expect(await convergeReady(world.aws, goal)).toMatchObject({ kind: 'ready' })
    expect(world.calls().slice(0, 3)).toEqual(['DescribeDBInstances', LOOK, call])
  })

  test.each(CALLS)('%s: not repeated by the SDK', async (_, { cluster, instances, seen, call }) => {
    const world = anAws(seen, [awsCluster(), awsInstance()])
    const once = aWorld()
    once.mock.on(CreateDBInstanceCommand).resolves({ DBInstance: WRITER_CREATING })
    const goal = aGoal({ found: found(world, cluster, ...instances) })
    expect(await convergeReady({ ...world.aws, once: once.rds }, goal)).toMatchObject({ kind: 'ready' })
    expect(once.calls()).toEqual([call])
    expect(world.changes()).toEqual([])
  })

  test.each(CALLS)('%s: not sent to a cluster that took the name', async (_, { cluster, instances }) => {
    const world = anAws([awsCluster({ TagList: [], DbClusterResourceId: 'cluster-OTHER' })])
    const goal = aGoal({ found: found(world, cluster, ...instances) })
    await expect(convergeReady(world.aws, goal)).rejects.toMatchObject({ what: 'not-owned' })
    expect(world.changes()).toEqual([])
  })

  test.each(CALLS)(
    '%s: not sent where another run made the clone anew, which is looked at first',
    async (_, { cluster, instances, seen, call }) => {
      const [shown, writer] = seen
      const second = { ...shown, DbClusterResourceId: 'cluster-SECOND' }
      const next: Look = writer === undefined ? [second] : [second, writer]
      const world = anAws(next, next, next, [awsCluster(), awsInstance()])
      const goal = aGoal({ found: found(world, cluster, ...instances) })
      expect(await convergeReady(world.aws, goal)).toMatchObject({ kind: 'ready' })
      const calls = world.calls()
      expect(calls.slice(0, calls.indexOf(call))).toEqual([
        'DescribeDBInstances',
        LOOK,
        ...[LOOK, 'DescribeDBInstances'],
        LOOK,
      ])
    },
  )

  test.each(CALLS)('%s: not sent to a clone that has gone', async (_, { cluster, instances }) => {
    const world = anAws([NOT_FOUND])
    const goal = aGoal({ found: found(world, cluster, ...instances), decideRestore: undefined })
    await expect(convergeReady(world.aws, goal)).rejects.toMatchObject({ what: 'no-clone' })
    expect(world.changes()).toEqual([])
  })

  test.each(CALLS)('%s: not sent to a clone that is being deleted', async (_, { cluster, instances }) => {
    const world = anAws([awsCluster({ Status: 'deleting' })])
    const goal = aGoal({ found: found(world, cluster, ...instances), decideRestore: undefined })
    await expect(convergeReady(world.aws, goal)).rejects.toMatchObject({ what: 'being-deleted' })
    expect(world.changes()).toEqual([])
  })

  test.each(CALLS)('%s: done by another run meanwhile', async (_, { cluster, instances }) => {
    const world = anAws([awsCluster(), awsInstance()])
    const goal = aGoal({ found: found(world, cluster, ...instances) })
    expect(await convergeReady(world.aws, goal)).toMatchObject({ kind: 'ready' })
    expect(world.changes()).toEqual([])
  })

  test.each(CALLS)(
    '%s: a look that AWS does not answer is none: it looks again seconds later',
    async (_, { cluster, instances, seen, call }) => {
      const unanswered = noAnswer('DescribeDBClusters')
      const world = anAws([unanswered], seen, seen, [awsCluster(), awsInstance()])
      const goal = aGoal({ found: found(world, cluster, ...instances) })
      expect(await convergeReady(world.aws, goal)).toMatchObject({ kind: 'ready' })
      expect(world.clock.sleeps[0]).toBe(2 * SECOND)
      const calls = world.calls()
      expect(calls.slice(0, calls.indexOf(call))).toEqual([
        'DescribeDBInstances',
        LOOK,
        ...[LOOK, 'DescribeDBInstances'],
        LOOK,
      ])
    },
  )

  test.each(CALLS)(
    '%s: each try that AWS does not take has looks of its own, seconds later',
    async (_, { cluster, instances, seen, call, failing }) => {
      const world = anAws(seen, seen, seen, seen, seen, [awsCluster(), awsInstance()])
      const [operation = ''] = call.split(' ')
      failing(world, noAnswer(operation), fault(operation, 'Throttling'))
      const goal = aGoal({ found: found(world, cluster, ...instances) })
      expect(await convergeReady(world.aws, goal)).toMatchObject({ kind: 'ready' })
      const again = [LOOK, 'DescribeDBInstances', LOOK, call]
      expect(world.calls().slice(0, 11)).toEqual(['DescribeDBInstances', LOOK, call, ...again, ...again])
      expect(world.clock.sleeps.slice(0, 2)).toEqual([2 * SECOND, 2 * SECOND])
    },
  )

  test.each(CALLS)(
    '%s: the sixth in a row that is not answered fails',
    async (_, { cluster, instances, seen, call, failing }) => {
      const error = noAnswer(call)
      const world = anAws(seen)
      failing(world, ...Array<Error>(7).fill(error))
      const goal = aGoal({ found: found(world, cluster, ...instances) })
      await expect(convergeReady(world.aws, goal)).rejects.toBe(error)
      expect(world.changes()).toEqual(Array(6).fill(call))
    },
  )

  test('a run that does not wait stays for a writer whose call was not answered', async () => {
    const world = anAws([CREATING])
    world.mock
      .on(CreateDBInstanceCommand)
      .rejectsOnce(noAnswer('CreateDBInstance'))
      .resolves({ DBInstance: WRITER_CREATING })
    expect(await convergeReady(world.aws, aGoal({ waitUntilReady: false }))).toMatchObject({
      kind: 'creating',
    })
    expect(world.changes()).toEqual([RESTORE, CREATE_WRITER, CREATE_WRITER])
  })

  test('AWS’s answer to our own restore is one: the writer follows at once', async () => {
    const world = anAws()
    expect(await convergeReady(world.aws, aGoal({ waitUntilReady: false }))).toMatchObject({
      kind: 'creating',
    })
    expect(world.calls()).toEqual([RESTORE, CREATE_WRITER])
  })
})

describe('denied, since AWS does not see the tags of a new clone yet', () => {
  const denied = (operation: string) => fault(operation, 'AccessDenied', { httpStatus: 403 })
  const ageTags = (ageMs: number) =>
    newTags({ 'aurora-clone:created-at': new Date(NOW_MS - ageMs).toISOString() })

  test.each([true, false])('the writer: asked for again seconds later (wait: %s)', async (waitUntilReady) => {
    const world = anAws([CREATING], [CREATING], [CREATING], [CREATING], [NEW, awsInstance()])
    world.mock
      .on(CreateDBInstanceCommand)
      .rejectsOnce(denied('CreateDBInstance'))
      .rejectsOnce(denied('CreateDBInstance'))
      .resolves({ DBInstance: WRITER_CREATING })
    expect(await convergeReady(world.aws, aGoal({ waitUntilReady }))).toMatchObject({
      kind: waitUntilReady ? 'ready' : 'creating',
    })
    expect(world.changes()).toEqual([RESTORE, CREATE_WRITER, CREATE_WRITER, CREATE_WRITER])
    expect(world.clock.sleeps.slice(0, 2)).toEqual([2 * SECOND, 2 * SECOND])
  })

  test('the start: likewise', async () => {
    const tags = ageTags(MINUTE)
    const TagList = tagList(tags)
    const stopped: Look = [
      awsCluster({ TagList, Status: 'stopped' }),
      awsInstance({ DBInstanceStatus: 'stopped' }),
    ]
    const world = anAws(stopped, stopped, stopped, [awsCluster({ TagList }), awsInstance()])
    world.mock.on(StartDBClusterCommand).rejectsOnce(denied('StartDBCluster')).resolves({})
    const cluster = found(world, { status: 'stopped', tags }, awsInstance({ DBInstanceStatus: 'stopped' }))
    expect(await convergeReady(world.aws, aGoal({ found: cluster }))).toMatchObject({ kind: 'ready' })
    expect(world.changes()).toEqual([`StartDBCluster ${CLONE}`, `StartDBCluster ${CLONE}`])
  })

  test('for two minutes, and not longer', async () => {
    const world = anAws([CREATING])
    world.mock.on(CreateDBInstanceCommand).rejects(denied('CreateDBInstance'))
    await expect(convergeReady(world.aws, aGoal())).rejects.toMatchObject({ code: 'AccessDenied' })
    expect(world.clock.now()).toBe(NOW_MS + 2 * MINUTE)
  })

  test.each<[string, number, Partial<AwsRun>]>([
    ['of a clone that is not new', 2 * MINUTE, {}],
    ['at an unknown time', 0, { awsNow: () => undefined }],
  ])('%s: fails at once', async (_, ageMs, run) => {
    const tags = ageTags(ageMs)
    const world = anAws([awsCluster({ Status: 'creating', DBClusterMembers: [], TagList: tagList(tags) })])
    world.mock.on(CreateDBInstanceCommand).rejects(denied('CreateDBInstance'))
    const cluster = found(world, { status: 'creating', members: [], tags })
    await expect(convergeReady({ ...world.aws, ...run }, aGoal({ found: cluster }))).rejects.toMatchObject({
      code: 'AccessDenied',
    })
    expect(world.changes()).toEqual([CREATE_WRITER])
  })
})

describe('an existing clone', () => {
  test('ready: one look at its instances and nothing else', async () => {
    const world = anAws()
    const cluster = found(world, {}, awsInstance())
    expect(await convergeReady(world.aws, aGoal({ found: cluster }))).toMatchObject({
      kind: 'ready',
      cluster,
    })
    expect(world.calls()).toEqual(['DescribeDBInstances'])
    expect(world.clock.sleeps).toEqual([])
  })

  test('being deleted: waits until it is gone, then restores', async () => {
    const world = anAws(
      [awsCluster({ Status: 'deleting' })],
      [NOT_FOUND],
      [CREATING, WRITER_CREATING],
      [NEW, awsInstance()],
    )
    const cluster = found(world, { status: 'deleting' })
    expect(await convergeReady(world.aws, aGoal({ found: cluster }))).toMatchObject({ kind: 'ready' })
    expect(world.changes()).toEqual([RESTORE, CREATE_WRITER])
  })

  test('being deleted, without waiting: still waits for the name, then leaves', async () => {
    const world = anAws([awsCluster({ Status: 'deleting' })], [NOT_FOUND])
    const cluster = found(world, { status: 'deleting' })
    const goal = aGoal({ found: cluster, waitUntilReady: false })
    expect(await convergeReady(world.aws, goal)).toMatchObject({ kind: 'creating' })
    expect(world.changes()).toEqual([RESTORE, CREATE_WRITER])
  })

  test('on its way, without waiting: nothing to send', async () => {
    const world = anAws()
    const cluster = found(world, { status: 'creating', tags: unpublishedTags() }, WRITER_CREATING)
    const goal = aGoal({ found: cluster, waitUntilReady: false })
    expect(await convergeReady(world.aws, goal)).toMatchObject({ kind: 'creating' })
    expect(world.calls()).toEqual(['DescribeDBInstances'])
  })

  test('stopped: started', async () => {
    const starting = awsCluster({ Status: 'starting' })
    const world = anAws(
      [awsCluster({ Status: 'stopped' })],
      [starting, awsInstance({ DBInstanceStatus: 'starting' })],
      [awsCluster(), awsInstance()],
    )
    const cluster = found(world, { status: 'stopped' }, awsInstance({ DBInstanceStatus: 'stopped' }))
    expect(await convergeReady(world.aws, aGoal({ found: cluster }))).toMatchObject({ kind: 'ready' })
    expect(world.changes()).toEqual([`StartDBCluster ${CLONE}`])
  })

  test('stopped, and started by somebody else', async () => {
    const world = anAws([awsCluster({ Status: 'stopped' })], [awsCluster(), awsInstance()])
    world.mock.on(StartDBClusterCommand).rejects(fault('StartDBCluster', 'InvalidDBClusterStateFault'))
    const cluster = found(world, { status: 'stopped' }, awsInstance())
    expect(await convergeReady(world.aws, aGoal({ found: cluster }))).toMatchObject({ kind: 'ready' })
    expect(world.changes()).toEqual([`StartDBCluster ${CLONE}`])
  })

  test('stopped, and it may not be started', async () => {
    const world = anAws([awsCluster({ Status: 'stopped' })])
    world.mock.on(StartDBClusterCommand).rejects(fault('StartDBCluster', 'AccessDenied', { httpStatus: 403 }))
    const cluster = found(world, { status: 'stopped' }, awsInstance())
    await expect(convergeReady(world.aws, aGoal({ found: cluster }))).rejects.toMatchObject({
      code: 'AccessDenied',
    })
    expect(world.changes()).toEqual([`StartDBCluster ${CLONE}`])
  })

  test('heals by itself: incompatible parameters of a Serverless v2 writer', async () => {
    const sick = awsInstance({ DBInstanceStatus: 'incompatible-parameters' })
    const world = anAws([NEW, sick], [NEW, sick], [NEW, awsInstance()])
    const cluster = found(world, { tags: unpublishedTags() }, sick)
    expect(await convergeReady(world.aws, aGoal({ found: cluster }))).toMatchObject({ kind: 'ready' })
    expect(world.changes()).toEqual([])
  })
})

describe('failed before it was ever ready', () => {
  const FAILED = awsCluster({ TagList: UNPUBLISHED, Status: 'cloning-failed', DBClusterMembers: [] })
  const AGAIN = { ...CREATING, DbClusterResourceId: 'cluster-SECOND' }
  const READY_AGAIN = { ...NEW, DbClusterResourceId: 'cluster-SECOND' }

  test('removed and restored, once', async () => {
    const world = anAws(
      [{ ...FAILED, Status: 'deleting' }],
      [NOT_FOUND],
      [AGAIN, WRITER_CREATING],
      [READY_AGAIN, awsInstance()],
    )
    world.mock.on(RestoreDBClusterToPointInTimeCommand).callsFake(accepted(world, AGAIN))
    const removed: string[] = []
    const goal = aGoal({
      found: found(world, { status: 'cloning-failed', tags: unpublishedTags(), members: [] }),
      removeFailed: ({ resourceId }) => {
        removed.push(resourceId)
        return Promise.resolve(true)
      },
    })
    expect(await convergeReady(world.aws, goal)).toMatchObject({ kind: 'ready' })
    expect(removed).toEqual([CLONE_RESOURCE_ID])
    expect(world.changes()).toEqual([RESTORE, CREATE_WRITER])
  })

  test('AWS shows it as before for a moment after its deletion was accepted: that is no second failure', async () => {
    const world = anAws(
      [FAILED],
      [{ ...FAILED, Status: 'deleting' }],
      [NOT_FOUND],
      [AGAIN, WRITER_CREATING],
      [READY_AGAIN, awsInstance()],
    )
    world.mock.on(RestoreDBClusterToPointInTimeCommand).callsFake(accepted(world, AGAIN))
    const goal = aGoal({
      found: found(world, { status: 'cloning-failed', tags: unpublishedTags(), members: [] }),
    })
    expect(await convergeReady(world.aws, goal)).toMatchObject({ kind: 'ready' })
  })

  test('a second time: fails', async () => {
    const world = anAws([NOT_FOUND], [{ ...FAILED, DbClusterResourceId: 'cluster-SECOND' }])
    world.mock.on(RestoreDBClusterToPointInTimeCommand).callsFake(accepted(world, AGAIN))
    const removed: string[] = []
    const goal = aGoal({
      found: found(world, { status: 'cloning-failed', tags: unpublishedTags(), members: [] }),
      removeFailed: ({ resourceId }) => {
        removed.push(resourceId)
        return Promise.resolve(true)
      },
    })
    await expect(convergeReady(world.aws, goal)).rejects.toMatchObject({ what: 'failed-again' })
    expect(removed).toEqual([CLONE_RESOURCE_ID])
  })

  test('by what was asked for in this run: fails at once', async () => {
    const world = anAws([
      awsCluster({ TagList: tagList(newTags()), Status: 'incompatible-network' }),
      WRITER_CREATING,
    ])
    await expect(convergeReady(world.aws, aGoal())).rejects.toMatchObject({
      what: 'misfit-network',
      remedy: 'cluster incompatible-network, writer creating',
    })
  })
})

describe('failed, but not to be removed any more when it was looked at again', () => {
  const FAILED = awsCluster({ TagList: tagList(unpublishedTags()), Status: 'cloning-failed' })

  test('it has healed: handed out, and the one removal of this run is not used up', async () => {
    const world = anAws([NEW, awsInstance()], [NEW, awsInstance()])
    let asked = 0
    const goal = aGoal({
      found: found(world, { status: 'cloning-failed', tags: unpublishedTags() }, awsInstance()),
      removeFailed: () => {
        asked += 1
        return Promise.resolve(false)
      },
    })
    expect(await convergeReady(world.aws, goal)).toMatchObject({ kind: 'ready' })
    expect(asked).toBe(1)
    expect(world.changes()).toEqual([])
  })

  test.each<[string, DBCluster, object]>([
    ['healed', NEW, { kind: 'creating', cluster: { status: 'available' } }],
    [
      'said to be ready by somebody',
      { ...FAILED, TagList: tagList(someTags()) },
      { what: 'failed-after-ready' },
    ],
  ])('%s, and the run does not wait: it looks again before it says anything', async (_, now, expected) => {
    const world = anAws([now, awsInstance()], [now, awsInstance()])
    const goal = aGoal({
      waitUntilReady: false,
      found: found(world, { status: 'cloning-failed', tags: unpublishedTags() }, awsInstance()),
      removeFailed: () => Promise.resolve(false),
    })
    const result: unknown = await convergeReady(world.aws, goal).catch((error: unknown) => error)
    expect(result).toMatchObject(expected)
    expect(world.changes()).toEqual([])
  })

  test('it healed for a moment only: removed at the second failure', async () => {
    const world = anAws(
      [FAILED, awsInstance()],
      [NOT_FOUND],
      [{ ...NEW, DbClusterResourceId: 'cluster-SECOND' }, awsInstance()],
    )
    const answers = [false, true]
    const goal = aGoal({
      found: found(world, { status: 'cloning-failed', tags: unpublishedTags() }, awsInstance()),
      removeFailed: () => Promise.resolve(answers.shift() ?? true),
    })
    expect(await convergeReady(world.aws, goal)).toMatchObject({ kind: 'ready' })
    expect(answers).toEqual([])
    expect(world.changes()).toEqual([RESTORE, CREATE_WRITER])
  })

  test('somebody said that it was ready meanwhile: fails, untouched', async () => {
    const world = anAws([{ ...FAILED, TagList: tagList(someTags()) }, awsInstance()])
    const goal = aGoal({
      found: found(world, { status: 'cloning-failed', tags: unpublishedTags() }, awsInstance()),
      removeFailed: () => Promise.resolve(false),
    })
    await expect(convergeReady(world.aws, goal)).rejects.toMatchObject({ what: 'failed-after-ready' })
    expect(world.changes()).toEqual([])
  })

  test('and the looks contradict each other for ever: the time limit ends it, and AWS is not hammered', async () => {
    const world = anAws([FAILED, awsInstance()])
    const goal = aGoal({
      found: found(world, { status: 'cloning-failed', tags: unpublishedTags() }, awsInstance()),
      removeFailed: () => Promise.resolve(false),
      pace: { startedAtMs: NOW_MS, limitMs: 5 * MINUTE, pollIntervalMs: 10 * SECOND },
    })
    await expect(convergeReady(world.aws, goal)).rejects.toMatchObject({ title: 'Timed out' })
    expect(world.calls().length).toBeLessThan(100)
  })
})

describe('unwanted, while AWS does not show the clone that this run has asked for', () => {
  /** Closed from the moment that this call was sent. */
  const closedAfter = (world: World, change: string) => (): Promise<Demand> =>
    Promise.resolve(world.changes().includes(change) ? CLOSED : WANTED)
  const UNWANTED = { kind: 'unwanted', because: 'pull-request-closed' } as const

  test.each([true, false])('it waits until it can be removed (wait: %s)', async (waitUntilReady) => {
    const world = anAws([NOT_FOUND], [NOT_FOUND], [CREATING, WRITER_CREATING])
    const goal = aGoal({ waitUntilReady, demand: closedAfter(world, CREATE_WRITER) })
    expect(await convergeReady(world.aws, goal)).toMatchObject({
      ...UNWANTED,
      cluster: { identifier: CLONE, resourceId: CLONE_RESOURCE_ID, status: 'creating' },
    })
    expect(world.changes()).toEqual([RESTORE, CREATE_WRITER])
    expect(world.mock.commandCalls(DescribeDBClustersCommand)).toHaveLength(3)
    expect(world.log.lines).toContainEqual(
      expect.stringContaining('waiting for AWS to show the clone, to remove it'),
    )
  })

  test('right after the restore: no writer is asked for', async () => {
    const world = anAws([NOT_FOUND], [CREATING])
    const goal = aGoal({ demand: closedAfter(world, RESTORE) })
    expect(await convergeReady(world.aws, goal)).toMatchObject({
      ...UNWANTED,
      cluster: { identifier: CLONE },
    })
    expect(world.changes()).toEqual([RESTORE])
  })

  test('AWS’s answer to the restore is not AWS showing it', async () => {
    const world = anAws([CREATING])
    const goal = aGoal({ demand: closedAfter(world, RESTORE) })
    expect(await convergeReady(world.aws, goal)).toMatchObject(UNWANTED)
    expect(world.calls()).toEqual([RESTORE, `DescribeDBClusters ${CLONE}`, 'DescribeDBInstances'])
  })

  test('once it was shown there is nothing to wait for, even if one look misses it', async () => {
    const world = anAws([CREATING, WRITER_CREATING], [NOT_FOUND])
    const goal = aGoal({
      demand: () =>
        Promise.resolve(world.mock.commandCalls(DescribeDBClustersCommand).length < 2 ? WANTED : CLOSED),
    })
    expect(await convergeReady(world.aws, goal)).toMatchObject(UNWANTED)
    expect(world.mock.commandCalls(DescribeDBClustersCommand)).toHaveLength(2)
  })

  test('the name existed already (an answer was lost), and it is not shown either: waited for as well', async () => {
    const world = anAws([NOT_FOUND], [NOT_FOUND], [CREATING, WRITER_CREATING])
    world.mock
      .on(RestoreDBClusterToPointInTimeCommand)
      .rejects(fault('RestoreDBClusterToPointInTime', 'DBClusterAlreadyExistsFault'))
    const goal = aGoal({ demand: closedAfter(world, RESTORE) })
    expect(await convergeReady(world.aws, goal)).toMatchObject({
      ...UNWANTED,
      cluster: { identifier: CLONE },
    })
  })

  test('the former clone of the name was shown, the one of the lost answer was not: waited for as well', async () => {
    const world = anAws(
      [awsCluster({ Status: 'deleting' })],
      [NOT_FOUND],
      [NOT_FOUND],
      [{ ...CREATING, DbClusterResourceId: 'cluster-SECOND' }],
    )
    world.mock
      .on(RestoreDBClusterToPointInTimeCommand)
      .rejects(fault('RestoreDBClusterToPointInTime', 'DBClusterAlreadyExistsFault'))
    const goal = aGoal({
      found: found(world, { status: 'deleting' }),
      demand: closedAfter(world, RESTORE),
    })
    expect(await convergeReady(world.aws, goal)).toMatchObject({
      ...UNWANTED,
      cluster: { resourceId: 'cluster-SECOND' },
    })
  })

  test('not shown for two minutes: it is not waited for any longer', async () => {
    const world = anAws([NOT_FOUND])
    const goal = aGoal({ demand: closedAfter(world, RESTORE) })
    expect(await convergeReady(world.aws, goal)).toEqual({ ...UNWANTED, cluster: undefined, wasShown: false })
    expect(world.clock.now() - NOW_MS).toBeGreaterThanOrEqual(2 * MINUTE)
    expect(world.clock.now() - NOW_MS).toBeLessThan(2 * MINUTE + 20 * SECOND)
    expect(world.changes()).toEqual([RESTORE])
  })

  test('a look that AWS does not answer shows nothing', async () => {
    const world = anAws([fault('DescribeDBClusters', 'Throttling')], [NOT_FOUND], [CREATING])
    const goal = aGoal({ demand: closedAfter(world, RESTORE) })
    expect(await convergeReady(world.aws, goal)).toMatchObject({
      ...UNWANTED,
      cluster: { identifier: CLONE },
    })
    expect(world.mock.commandCalls(DescribeDBClustersCommand)).toHaveLength(3)
  })

  test('wanted again meanwhile: goes on', async () => {
    const world = anAws([NOT_FOUND], [CREATING], [CREATING], [NEW, awsInstance()])
    let looks = 0
    const goal = aGoal({
      demand: () => Promise.resolve(world.changes().length > 0 && (looks += 1) === 1 ? CLOSED : WANTED),
    })
    expect(await convergeReady(world.aws, goal)).toMatchObject({ kind: 'ready' })
    expect(world.changes()).toEqual([RESTORE, CREATE_WRITER])
  })

  test('the time is over first: that is said, and that AWS goes on', async () => {
    const world = anAws([NOT_FOUND])
    const goal = aGoal({
      demand: closedAfter(world, RESTORE),
      pace: { startedAtMs: NOW_MS, limitMs: MINUTE, pollIntervalMs: 10 * SECOND },
    })
    await expect(convergeReady(world.aws, goal)).rejects.toMatchObject({ title: 'Timed out' })
    expect(world.clock.now()).toBe(NOW_MS + MINUTE)
  })

  test('cancelled while it is hidden: says that it was asked for', async () => {
    const world = anAws([NOT_FOUND])
    let slept = 0
    world.clock.onSleep = () => {
      slept += 1
      if (slept === 2) world.controller.abort()
    }
    await expect(convergeReady(world.aws, aGoal())).rejects.toMatchObject({
      title: 'Cancelled',
      what: `The run was cancelled. Clone "${CLONE}" was asked for; AWS does not show it yet.`,
    })
  })
})

describe('a run that does not wait looks at the pull request again after its restore', () => {
  /** A pull request that is looked at again only if the last look is older than allowed. */
  function aged(
    world: World,
    ...readings: readonly Demand[]
  ): ReadyGoal['demand'] & { readonly atMs: number[] } {
    const atMs: number[] = []
    const demand = (maxAgeMs: number): Promise<Demand> => {
      const last = atMs.at(-1)
      if (last === undefined || world.clock.now() - last > maxAgeMs) atMs.push(world.clock.now())
      return Promise.resolve(readings[Math.min(atMs.length, readings.length) - 1] ?? WANTED)
    }
    return Object.assign(demand, { atMs })
  }

  test('the last look is older than the restore: closed meanwhile', async () => {
    const world = anAws([CREATING, WRITER_CREATING])
    world.mock.on(RestoreDBClusterToPointInTimeCommand).callsFake(() => {
      world.clock.pass(3 * SECOND)
      return { DBCluster: CREATING }
    })
    const demand = aged(world, WANTED, CLOSED)
    const result = await convergeReady(world.aws, aGoal({ waitUntilReady: false, demand }))
    expect(result).toMatchObject({
      kind: 'unwanted',
      because: 'pull-request-closed',
      cluster: { identifier: CLONE, status: 'creating' },
    })
    expect(world.changes()).toEqual([RESTORE, CREATE_WRITER])
    expect(demand.atMs).toHaveLength(2)
  })

  test('the last look is younger than the restore: no look more', async () => {
    const world = anAws()
    world.mock.on(RestoreDBClusterToPointInTimeCommand).callsFake(() => {
      world.clock.pass(10 * SECOND)
      return { DBCluster: CREATING }
    })
    world.mock.on(CreateDBInstanceCommand).callsFake(() => {
      world.clock.pass(SECOND)
      return { DBInstance: WRITER_CREATING }
    })
    const demand = aged(world, WANTED)
    expect(await convergeReady(world.aws, aGoal({ waitUntilReady: false, demand }))).toMatchObject({
      kind: 'creating',
    })
    // Before the restore, and before the writer, which came after it.
    expect(demand.atMs).toEqual([NOW_MS, NOW_MS + 10 * SECOND])
  })

  test('the pull request cannot be read: it is on its way', async () => {
    const world = anAws()
    world.mock.on(RestoreDBClusterToPointInTimeCommand).callsFake(() => {
      world.clock.pass(3 * SECOND)
      return { DBCluster: CREATING }
    })
    const demand = aged(world, WANTED, UNKNOWN)
    expect(await convergeReady(world.aws, aGoal({ waitUntilReady: false, demand }))).toMatchObject({
      kind: 'creating',
    })
  })
})

describe('ready, confirmed', () => {
  test('a look that AWS did not answer confirms nothing', async () => {
    const modifying = awsInstance({ DBInstanceStatus: 'modifying' })
    const world = anAws(
      [NEW, awsInstance()],
      [fault('DescribeDBClusters', 'Throttling')],
      [NEW, modifying],
      [NEW, awsInstance()],
      [NEW, awsInstance()],
    )
    const cluster = found(world, { status: 'creating', tags: unpublishedTags() }, WRITER_CREATING)
    expect(await convergeReady(world.aws, aGoal({ found: cluster }))).toMatchObject({ kind: 'ready' })
    expect(world.mock.commandCalls(DescribeDBClustersCommand)).toHaveLength(5)
  })

  test('a status that flaps starts the count again', async () => {
    const world = anAws(
      [NEW, awsInstance()],
      [CREATING, awsInstance()],
      [NEW, awsInstance()],
      [NEW, awsInstance()],
    )
    const cluster = found(world, { status: 'creating', tags: unpublishedTags() }, WRITER_CREATING)
    expect(await convergeReady(world.aws, aGoal({ found: cluster }))).toMatchObject({ kind: 'ready' })
    expect(world.mock.commandCalls(DescribeDBClustersCommand)).toHaveLength(4)
  })
})

describe('a look that AWS does not answer', () => {
  test.each([fault('DescribeDBClusters', 'Throttling'), noAnswer('DescribeDBClusters')])(
    '%s: asked again at the next poll',
    async (error) => {
      const world = anAws([error], [error], [CREATING, WRITER_CREATING], [NEW, awsInstance()])
      expect(await convergeReady(world.aws, aGoal())).toMatchObject({ kind: 'ready' })
      expect(world.changes()).toEqual([RESTORE, CREATE_WRITER])
      expect(world.log.lines.filter((line) => line.startsWith('warning'))).toHaveLength(2)
    },
  )

  test('an answer without the cluster is no word that it is gone: nothing is restored again', async () => {
    const world = anAws([CREATING, WRITER_CREATING], [undefined])
    const pace = { startedAtMs: NOW_MS, limitMs: 10 * MINUTE, pollIntervalMs: 10 * SECOND }
    await expect(convergeReady(world.aws, aGoal({ pace }))).rejects.toMatchObject({ title: 'Timed out' })
    expect(world.changes()).toEqual([RESTORE, CREATE_WRITER])
  })

  test.each(['AccessDenied', 'ExpiredToken'])('%s: fails', async (code) => {
    const world = anAws([fault('DescribeDBClusters', code, { httpStatus: 403 })])
    await expect(convergeReady(world.aws, aGoal())).rejects.toMatchObject({ code })
  })
})

describe('out of time', () => {
  test('says how it stands and how to go on', async () => {
    const world = anAws([CREATING, WRITER_CREATING])
    const pace = { startedAtMs: NOW_MS, limitMs: 5 * MINUTE, pollIntervalMs: 10 * SECOND }
    await expect(convergeReady(world.aws, aGoal({ pace }))).rejects.toMatchObject({
      title: 'Timed out',
      what: `Clone "${CLONE}" was not ready within 5m (cluster creating, writer creating).`,
      remedy:
        'AWS goes on with it: run the job again, which waits on, with a longer wait-timeout if need be.',
    })
    expect(world.clock.now()).toBe(NOW_MS + 5 * MINUTE)
  })
})

describe('cancelled before each change: nothing new is started', () => {
  test.each<[string, Partial<ClusterSnapshot> | undefined, readonly DBInstance[], string]>([
    ['restore', undefined, [], `Clone "${CLONE}" does not exist yet.`],
    [
      'writer',
      { status: 'creating', members: [] },
      [],
      `Clone "${CLONE}" stands at: cluster creating, writer not there yet.`,
    ],
    [
      'start',
      { status: 'stopped' },
      [awsInstance({ DBInstanceStatus: 'stopped' })],
      `Clone "${CLONE}" stands at: cluster stopped, writer stopped.`,
    ],
    [
      'removal',
      { status: 'cloning-failed', tags: unpublishedTags() },
      [],
      `Clone "${CLONE}" stands at: cluster cloning-failed, writer not there yet.`,
    ],
  ])('%s', async (_, cluster, instances, standing) => {
    const world = anAws()
    let removed = 0
    const goal = aGoal({
      found: cluster === undefined ? undefined : found(world, cluster, ...instances),
      removeFailed: () => {
        removed += 1
        return Promise.resolve(true)
      },
    })
    world.controller.abort()
    await expect(convergeReady(world.aws, goal)).rejects.toMatchObject({
      title: 'Cancelled',
      what: `The run was cancelled. ${standing}`,
    })
    expect(world.changes()).toEqual([])
    expect(removed).toBe(0)
  })

  test('while the pull request is read', async () => {
    const world = anAws()
    const goal = aGoal({
      demand: () => {
        world.controller.abort()
        return Promise.resolve(WANTED)
      },
    })
    await expect(convergeReady(world.aws, goal)).rejects.toMatchObject({ title: 'Cancelled' })
    expect(world.changes()).toEqual([])
  })

  test('while the restore is decided about', async () => {
    const world = anAws()
    const goal = aGoal({
      decideRestore: () => {
        world.controller.abort()
        return Promise.resolve(DECISION)
      },
    })
    await expect(convergeReady(world.aws, goal)).rejects.toMatchObject({ title: 'Cancelled' })
    expect(world.changes()).toEqual([])
  })

  test('between restore and writer', async () => {
    const world = anAws()
    world.mock.on(RestoreDBClusterToPointInTimeCommand).callsFake(() => {
      world.controller.abort()
      return { DBCluster: CREATING }
    })
    await expect(convergeReady(world.aws, aGoal())).rejects.toMatchObject({ title: 'Cancelled' })
    expect(world.changes()).toEqual([RESTORE])
  })

  test('while waiting', async () => {
    const world = anAws([CREATING, WRITER_CREATING])
    world.clock.onSleep = () => {
      world.controller.abort()
    }
    await expect(convergeReady(world.aws, aGoal())).rejects.toMatchObject({ title: 'Cancelled' })
    expect(world.calls()).toEqual([RESTORE, CREATE_WRITER])
  })

  test('a look that was broken off is no fault of AWS', async () => {
    const world = anAws()
    world.mock.on(DescribeDBClustersCommand).callsFake(() => {
      world.controller.abort()
      throw noAnswer('DescribeDBClusters')
    })
    await expect(convergeReady(world.aws, aGoal())).rejects.toMatchObject({ title: 'Cancelled' })
  })
})

describe('the pull request has the last word before each change', () => {
  test.each<[string, Partial<ClusterSnapshot> | undefined]>([
    ['restore', undefined],
    ['writer', { status: 'creating', members: [] }],
    ['start', { status: 'stopped' }],
    ['removal', { status: 'cloning-failed', tags: unpublishedTags() }],
  ])('%s', async (_, cluster) => {
    for (const [demand, outcome] of [
      [CLOSED, { kind: 'unwanted', because: 'pull-request-closed' }],
      [UNKNOWN, { title: 'Pull request cannot be read', what: 'HTTP 502' }],
    ] as const) {
      const world = anAws()
      const ages: number[] = []
      const goal = aGoal({
        found: cluster === undefined ? undefined : found(world, cluster),
        demand: (maxAgeMs) => {
          ages.push(maxAgeMs)
          return Promise.resolve(demand)
        },
      })
      const result: unknown = await convergeReady(world.aws, goal).catch((error: unknown) => error)
      expect(result).toMatchObject(outcome)
      expect(world.changes()).toEqual([])
      expect(ages).toEqual([5_000])
    }
  })

  test('it is looked at every minute of a wait, and right before the end', async () => {
    const world = anAws([CREATING, WRITER_CREATING], [NEW, awsInstance()])
    const ages: number[] = []
    await convergeReady(
      world.aws,
      aGoal({
        demand: (maxAgeMs) => {
          ages.push(maxAgeMs)
          return Promise.resolve(WANTED)
        },
      }),
    )
    // Restore, writer, two waits, the second look, settled.
    expect(ages).toEqual([5_000, 5_000, 60_000, 60_000, 60_000, 5_000])
  })

  test('closed while waiting', async () => {
    const world = anAws([CREATING, WRITER_CREATING])
    const goal = aGoal({
      demand: () => Promise.resolve(world.clock.now() > NOW_MS + MINUTE ? CLOSED : WANTED),
    })
    expect(await convergeReady(world.aws, goal)).toMatchObject({
      kind: 'unwanted',
      because: 'pull-request-closed',
      cluster: { identifier: CLONE },
    })
  })

  test('unreadable while waiting: goes on, and an existing clone is still handed out', async () => {
    const world = anAws([NEW, awsInstance()])
    const cluster = found(world, { status: 'creating', tags: unpublishedTags() }, WRITER_CREATING)
    const goal = aGoal({ found: cluster, demand: () => Promise.resolve(UNKNOWN) })
    expect(await convergeReady(world.aws, goal)).toMatchObject({ kind: 'ready' })
    expect(world.changes()).toEqual([])
  })

  test.each<[string, Partial<ClusterSnapshot> | undefined, Partial<ReadyGoal>]>([
    ['there is no clone to wait for', undefined, { decideRestore: undefined }],
    ['the clone has failed', { status: 'storage-failure' }, {}],
    ['the clone is another source’s', {}, { isFromThisSource: () => false }],
    ['the clone is being deleted already', { status: 'deleting' }, { decideRestore: undefined }],
  ])('closed, and %s: it is not wanted, and that is no failure', async (_, cluster, overrides) => {
    const world = anAws()
    const goal = aGoal({
      ...overrides,
      found: cluster === undefined ? undefined : found(world, cluster, awsInstance()),
      demand: () => Promise.resolve(CLOSED),
    })
    expect(await convergeReady(world.aws, goal)).toMatchObject({
      kind: 'unwanted',
      because: 'pull-request-closed',
    })
  })
})

test('tags of the clone decide the writer’s shape, not today’s inputs', async () => {
  const tags = someTags({
    'aurora-clone:instance-class': 'db.r6g.large',
    'aurora-clone:db-parameter-group': 'x',
  })
  const world = anAws([awsCluster({ Status: 'creating', DBClusterMembers: [], TagList: tagList(tags) })])
  const cluster = found(world, { status: 'creating', members: [], tags })
  await convergeReady(world.aws, aGoal({ found: cluster, waitUntilReady: false }))
  expect(world.mock.commandCalls(CreateDBInstanceCommand)[0]?.args[0].input).toMatchObject({
    DBInstanceClass: 'db.r6g.large',
    DBParameterGroupName: 'x',
  })
})
