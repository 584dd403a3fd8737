import {
  type DBCluster,
  DeleteDBClusterCommand,
  DeleteDBInstanceCommand,
  DescribeDBClustersCommand,
  DescribeDBInstancesCommand,
  StartDBClusterCommand,
} from '@aws-sdk/client-rds'
import { describe, expect, test } from '@jest/globals'
import { UNCLEAR_ANSWER } from '../../../src/aurora/api/aws-call.ts'
import { type GoneOrder, convergeGone } from '../../../src/aurora/gone/converge.ts'
import {
  CLONE,
  MINUTE,
  NOW_MS,
  WRITER,
  aCluster,
  awsCluster,
  awsInstance,
  awsSource,
  fault,
  noAnswer,
  ownedCloneOf,
  newTags,
  someTags,
  tagList,
} from '../../factories.ts'
import { type World, aWorld } from '../../world.ts'

function anOrder(overrides: Partial<GoneOrder> = {}): GoneOrder {
  return {
    clone: ownedCloneOf(aCluster()),
    source: undefined,
    askIfUnwanted: () => Promise.resolve(() => true),
    isRequested: false,
    waitUntilGone: false,
    pace: { startedAtMs: NOW_MS, limitMs: 30 * MINUTE, pollIntervalMs: 10_000 },
    ...overrides,
  }
}

const GONE = fault('DescribeDBClusters', 'DBClusterNotFoundFault', { httpStatus: 404 })
const NOT_NOW = fault('DeleteDBCluster', 'InvalidDBClusterStateFault', {
  message: 'not in an available state',
})

/**
 * What AWS shows of the cluster, look by look; the last one stays. A deletion looks twice: before the instance goes, and before the
 * cluster goes.
 */
function looks(world: World, ...clusters: readonly (DBCluster | Error)[]): World {
  let next = 0
  world.mock.on(DescribeDBInstancesCommand).resolves({ DBInstances: [awsInstance()] })
  world.mock.on(DescribeDBClustersCommand).callsFake(() => {
    const look = clusters[Math.min(next, clusters.length - 1)]
    next += 1
    if (look instanceof Error) throw look
    return { DBClusters: [look] }
  })
  return world
}

const AVAILABLE = awsCluster()
/** Nothing has its name now. */
const ALL_GONE = { kind: 'gone', isReplaced: false }
const PAIR = [`DeleteDBInstance ${WRITER}`, `DeleteDBCluster ${CLONE}`]

test('requests the pair and does not wait', async () => {
  const world = looks(aWorld(), awsCluster())
  expect(await convergeGone(world.aws, anOrder())).toEqual({ kind: 'deleting' })
  expect(world.changes()).toEqual(PAIR)
  expect(world.clock.sleeps).toEqual([])
})

test('wait: stays until AWS has nothing left, even while it shows the cluster as before', async () => {
  const world = looks(aWorld(), AVAILABLE, AVAILABLE, AVAILABLE, awsCluster({ Status: 'deleting' }), GONE)
  expect(await convergeGone(world.aws, anOrder({ waitUntilGone: true }))).toEqual(ALL_GONE)
  expect(world.changes()).toEqual(PAIR)
  expect(world.clock.sleeps).toHaveLength(3)
})

test('wait: a new cluster of the same name is not the one that was deleted', async () => {
  const world = looks(aWorld(), AVAILABLE, AVAILABLE, awsCluster({ DbClusterResourceId: 'cluster-NEW' }))
  expect(await convergeGone(world.aws, anOrder({ waitUntilGone: true }))).toEqual({
    kind: 'gone',
    isReplaced: true,
  })
  expect(world.changes()).toEqual(PAIR)
})

test('wait: somebody else’s deletion, and then a new cluster of the same name: the old one is gone', async () => {
  const world = looks(
    aWorld(),
    awsCluster({ Status: 'deleting' }),
    awsCluster({ DbClusterResourceId: 'cluster-NEW' }),
  )
  const order = anOrder({ waitUntilGone: true, clone: ownedCloneOf(aCluster({ status: 'deleting' })) })
  expect(await convergeGone(world.aws, order)).toEqual({ kind: 'gone', isReplaced: true })
  expect(world.changes()).toEqual([])
})

describe('AWS has accepted the deletion already: it is not asked for again', () => {
  const never = (): Promise<never> => Promise.reject(new Error('asked again'))

  test('wait: until AWS has nothing left, even while it shows the cluster as before', async () => {
    const world = looks(aWorld(), AVAILABLE, GONE)
    const order = anOrder({ isRequested: true, waitUntilGone: true, askIfUnwanted: never })
    expect(await convergeGone(world.aws, order)).toEqual(ALL_GONE)
    expect(world.changes()).toEqual([])
    expect(world.clock.sleeps).toHaveLength(2)
  })

  test('wait: a new cluster of the same name is not touched', async () => {
    const world = looks(aWorld(), awsCluster({ DbClusterResourceId: 'cluster-NEW' }))
    const order = anOrder({ isRequested: true, waitUntilGone: true, askIfUnwanted: never })
    expect(await convergeGone(world.aws, order)).toEqual({ kind: 'gone', isReplaced: true })
    expect(world.changes()).toEqual([])
  })

  test('without wait: settled without a call', async () => {
    const world = aWorld()
    expect(await convergeGone(world.aws, anOrder({ isRequested: true }))).toEqual({ kind: 'deleting' })
    expect(world.calls()).toEqual([])
  })
})

test('the clone went while nobody looked', async () => {
  const world = looks(aWorld(), GONE)
  expect(await convergeGone(world.aws, anOrder())).toEqual(ALL_GONE)
  expect(world.changes()).toEqual([])
})

test('being deleted already: settled without a call', async () => {
  const world = aWorld()
  expect(
    await convergeGone(world.aws, anOrder({ clone: ownedCloneOf(aCluster({ status: 'deleting' })) })),
  ).toEqual({
    kind: 'deleting',
  })
  expect(world.calls()).toEqual([])
})

describe('refused', () => {
  test('by what was found: no call at all', async () => {
    const world = aWorld()
    const clone = ownedCloneOf(aCluster({ tags: someTags({ 'aurora-clone:hold': 'true' }) }))
    expect(await convergeGone(world.aws, anOrder({ clone }))).toEqual({
      kind: 'refused',
      verdict: { allowed: false, kind: 'held', because: 'its tag aurora-clone:hold is "true"', clone },
      writerIsGone: false,
    })
    expect(world.calls()).toEqual([])
  })

  test('by what is there now: nothing was changed', async () => {
    const held = awsCluster({ TagList: tagList(someTags({ 'aurora-clone:hold': 'true' })) })
    const world = looks(aWorld(), held)
    expect(await convergeGone(world.aws, anOrder())).toMatchObject({
      kind: 'refused',
      verdict: { kind: 'held' },
    })
    expect(world.changes()).toEqual([])
  })
})

test('held when its writer is going already: so it is said', async () => {
  const creating = awsCluster({ Status: 'creating' })
  const held = awsCluster({ Status: 'creating', TagList: tagList(someTags({ 'aurora-clone:hold': 'true' })) })
  const world = looks(aWorld(), creating, creating, creating, held)
  world.mock.on(DeleteDBClusterCommand).rejects(NOT_NOW)
  expect(
    await convergeGone(world.aws, anOrder({ clone: ownedCloneOf(aCluster({ status: 'creating' })) })),
  ).toMatchObject({
    kind: 'refused',
    verdict: { kind: 'held' },
    writerIsGone: true,
  })
  expect(world.changes()).toEqual(PAIR)
})

describe('the pull request has the last word', () => {
  test('wanted again: nothing is deleted', async () => {
    const world = looks(aWorld(), awsCluster())
    const order = anOrder({ askIfUnwanted: () => Promise.resolve(() => false) })
    expect(await convergeGone(world.aws, order)).toEqual({ kind: 'wanted', writerIsGone: false })
    expect(world.changes()).toEqual([])
  })

  test('it is asked before each attempt', async () => {
    const world = looks(aWorld(), awsCluster({ Status: 'creating' }))
    world.mock.on(DeleteDBClusterCommand).rejects(NOT_NOW)
    let asked = 0
    const order = anOrder({
      clone: ownedCloneOf(aCluster({ status: 'creating' })),
      askIfUnwanted: () => {
        const isUnwanted = (asked += 1) < 3
        return Promise.resolve(() => isUnwanted)
      },
    })
    expect(await convergeGone(world.aws, order)).toEqual({ kind: 'wanted', writerIsGone: true })
    expect(world.mock.commandCalls(DeleteDBClusterCommand)).toHaveLength(2)
    // Its writer is going: whoever wants it has to know.
    expect(world.changes()).toContain(`DeleteDBInstance ${WRITER}`)
  })

  test('it is asked with the cluster as it is now, not as it was found', async () => {
    const world = looks(aWorld(), awsCluster({ TagList: tagList(someTags({ 'aurora-clone:label': 'new' })) }))
    const asked: unknown[] = []
    const order = anOrder({
      askIfUnwanted: () =>
        Promise.resolve(({ clone: { cluster, label } }) => {
          asked.push(cluster.tags?.['aurora-clone:label'])
          return label === undefined
        }),
    })
    expect(await convergeGone(world.aws, order)).toEqual({ kind: 'wanted', writerIsGone: false })
    expect(asked).toEqual(['new'])
    expect(world.changes()).toEqual([])
  })

  test('it is asked before a start too, with the cluster that is started', async () => {
    const world = looks(aWorld(), awsCluster({ Status: 'stopped' }), AVAILABLE)
    const asked: string[] = []
    const order = anOrder({
      clone: ownedCloneOf(aCluster({ status: 'stopped' })),
      askIfUnwanted: () => {
        asked.push('asked')
        return Promise.resolve(({ clone }) => asked.push(clone.cluster.status) > 0)
      },
    })
    expect(await convergeGone(world.aws, order)).toEqual({ kind: 'deleting' })
    expect(asked).toEqual(['asked', 'stopped', 'asked', 'available', 'available'])
  })

  test('it cannot say: nothing is deleted', async () => {
    const world = looks(aWorld(), awsCluster())
    const unreadable = new Error('HTTP 502')
    const order = anOrder({ askIfUnwanted: () => Promise.reject(unreadable) })
    await expect(convergeGone(world.aws, order)).rejects.toBe(unreadable)
    expect(world.changes()).toEqual([])
  })

  test('a stopped clone is not even started for somebody who wants it', async () => {
    const world = looks(aWorld(), awsCluster({ Status: 'stopped' }))
    const order = anOrder({
      clone: ownedCloneOf(aCluster({ status: 'stopped' })),
      askIfUnwanted: () => Promise.resolve(() => false),
    })
    expect(await convergeGone(world.aws, order)).toEqual({ kind: 'wanted', writerIsGone: false })
    expect(world.changes()).toEqual([])
  })
})

describe('stopped', () => {
  test('started, waited for, deleted', async () => {
    const world = looks(
      aWorld(),
      awsCluster({ Status: 'stopped' }),
      // As before for a while: it is not asked to start once more.
      awsCluster({ Status: 'stopped' }),
      awsCluster({ Status: 'starting' }),
      AVAILABLE,
    )
    expect(
      await convergeGone(world.aws, anOrder({ clone: ownedCloneOf(aCluster({ status: 'stopped' })) })),
    ).toEqual({
      kind: 'deleting',
    })
    expect(world.changes()).toEqual([`StartDBCluster ${CLONE}`, ...PAIR])
  })

  test.each(['InvalidDBClusterStateFault', 'DBClusterNotFoundFault'])(
    'started by somebody else (%s)',
    async (code) => {
      const world = looks(aWorld(), awsCluster({ Status: 'stopped' }), AVAILABLE)
      world.mock.on(StartDBClusterCommand).rejects(fault('StartDBCluster', code))
      expect(
        await convergeGone(world.aws, anOrder({ clone: ownedCloneOf(aCluster({ status: 'stopped' })) })),
      ).toEqual({
        kind: 'deleting',
      })
    },
  )

  test('not allowed to start it', async () => {
    const world = looks(aWorld(), awsCluster({ Status: 'stopped' }))
    world.mock.on(StartDBClusterCommand).rejects(fault('StartDBCluster', 'AccessDenied', { httpStatus: 403 }))
    await expect(
      convergeGone(world.aws, anOrder({ clone: ownedCloneOf(aCluster({ status: 'stopped' })) })),
    ).rejects.toMatchObject({ code: 'AccessDenied' })
  })
})

describe('creating', () => {
  const creating = awsCluster({ Status: 'creating' })
  const clone = ownedCloneOf(aCluster({ status: 'creating' }))

  test('keeps trying, and deletes it when AWS takes it', async () => {
    const world = looks(aWorld(), creating, creating, creating, AVAILABLE)
    world.mock.on(DeleteDBClusterCommand).rejectsOnce(NOT_NOW).resolves({})
    world.mock
      .on(DeleteDBInstanceCommand)
      .resolvesOnce({})
      .rejects(
        fault('DeleteDBInstance', 'InvalidDBInstanceStateFault', { message: 'x is already being deleted' }),
      )
    expect(await convergeGone(world.aws, anOrder({ clone }))).toEqual({ kind: 'deleting' })
    expect(world.changes()).toEqual([...PAIR, ...PAIR])
  })

  test('not within the time: it keeps its tags, and that is said', async () => {
    const world = looks(aWorld(), creating)
    world.mock.on(DeleteDBClusterCommand).rejects(NOT_NOW)
    const order = anOrder({ clone, pace: { startedAtMs: NOW_MS, limitMs: MINUTE, pollIntervalMs: 10_000 } })
    await expect(convergeGone(world.aws, order)).rejects.toMatchObject({
      title: 'Timed out',
      what: `Clone "${CLONE}" could not be deleted within 1m (waiting for the clone to be deletable: not in an available state). It keeps its tags, so that a later destroy or sweep finds it.`,
      remedy: 'Run mode destroy again when the cluster is available.',
    })
    expect(world.clock.now()).toBe(NOW_MS + MINUTE)
  })

  test('denied until the time is over: the denial is the error', async () => {
    const tags = newTags({ 'aurora-clone:created-at': new Date(NOW_MS).toISOString() })
    const world = looks(aWorld(), awsCluster({ TagList: tagList(tags), ClusterCreateTime: new Date(NOW_MS) }))
    world.mock
      .on(DeleteDBInstanceCommand)
      .rejects(fault('DeleteDBInstance', 'AccessDenied', { httpStatus: 403 }))
    const order = anOrder({
      clone: ownedCloneOf(aCluster({ tags })),
      pace: { startedAtMs: NOW_MS, limitMs: MINUTE, pollIntervalMs: 10_000 },
    })
    await expect(convergeGone(world.aws, order)).rejects.toMatchObject({ title: 'Missing IAM permission' })
  })
})

test('wait: not gone within the time, and AWS goes on', async () => {
  const world = looks(aWorld(), AVAILABLE, AVAILABLE, awsCluster({ Status: 'deleting' }))
  const order = anOrder({
    waitUntilGone: true,
    pace: { startedAtMs: NOW_MS, limitMs: MINUTE, pollIntervalMs: 10_000 },
  })
  await expect(convergeGone(world.aws, order)).rejects.toMatchObject({
    title: 'Timed out',
    what: `Clone "${CLONE}" was not gone within 1m (waiting for AWS to finish the deletion).`,
    remedy: 'AWS continues to delete it. Nothing else is needed.',
  })
})

test('wait: a deletion that was under way before, not gone within the time: AWS goes on all the same', async () => {
  const world = looks(aWorld(), awsCluster({ Status: 'deleting' }))
  const order = anOrder({
    clone: ownedCloneOf(aCluster({ status: 'deleting' })),
    waitUntilGone: true,
    pace: { startedAtMs: NOW_MS, limitMs: MINUTE, pollIntervalMs: 10_000 },
  })
  await expect(convergeGone(world.aws, order)).rejects.toMatchObject({
    title: 'Timed out',
    what: `Clone "${CLONE}" was not gone within 1m (waiting for AWS to finish the deletion).`,
    remedy: 'AWS continues to delete it. Nothing else is needed.',
  })
  expect(world.changes()).toEqual([])
})

describe('a look that AWS does not answer', () => {
  test.each([fault('DescribeDBClusters', 'Throttling'), noAnswer('DescribeDBClusters')])(
    '%s: asked again',
    async (error) => {
      const world = looks(aWorld(), AVAILABLE, AVAILABLE, error, error, GONE)
      expect(await convergeGone(world.aws, anOrder({ waitUntilGone: true }))).toEqual(ALL_GONE)
      expect(world.log.lines.filter((line) => line.startsWith('warning'))).toHaveLength(2)
    },
  )

  test('any other fault ends it', async () => {
    const denied = fault('DescribeDBClusters', 'ExpiredToken', { httpStatus: 403 })
    const world = looks(aWorld(), AVAILABLE, AVAILABLE, denied)
    await expect(convergeGone(world.aws, anOrder({ waitUntilGone: true }))).rejects.toBe(denied)
  })
})

describe('an answer without the cluster, where AWS has a fault for it', () => {
  const EMPTY = 'empty'
  const UNCLEAR = fault('DescribeDBClusters', UNCLEAR_ANSWER, { httpStatus: undefined })
  type Answer = DBCluster | Error | typeof EMPTY
  interface Told {
    readonly byName: readonly Answer[]
    /** What the listing of the Region has, time after time; the last one stays. */
    readonly listings: readonly (readonly DBCluster[] | Error)[]
  }
  const pace = { startedAtMs: NOW_MS, limitMs: 5 * MINUTE, pollIntervalMs: 10_000 }

  function told({ byName, listings }: Told): World {
    const world = aWorld()
    let [looked, listed] = [0, 0]
    world.mock.on(DescribeDBInstancesCommand).resolves({ DBInstances: [awsInstance()] })
    world.mock
      .on(DescribeDBClustersCommand)
      .callsFake(({ DBClusterIdentifier }: { DBClusterIdentifier?: string }) => {
        if (DBClusterIdentifier === undefined) {
          const listing = listings[Math.min(listed++, listings.length - 1)] ?? []
          if (listing instanceof Error) throw listing
          return { DBClusters: [...listing] }
        }
        const answer = byName[Math.min(looked++, byName.length - 1)]
        if (answer instanceof Error) throw answer
        return { DBClusters: answer === EMPTY ? [] : [answer] }
      })
    return world
  }
  const listingsOf = (world: World): number =>
    world.calls().filter((call) => call === 'DescribeDBClusters').length
  const OURS = [AVAILABLE, AVAILABLE]

  test('three in a row after our own deletion, and a listing without it: gone', async () => {
    const world = told({ byName: [...OURS, EMPTY, EMPTY, EMPTY], listings: [[awsSource()]] })
    expect(await convergeGone(world.aws, anOrder({ waitUntilGone: true, pace }))).toEqual(ALL_GONE)
    expect(world.clock.sleeps).toHaveLength(3)
    expect(listingsOf(world)).toBe(1)
  })

  test('the listing still has it: waited for, and listed again', async () => {
    const world = told({ byName: [...OURS, EMPTY], listings: [[AVAILABLE], [AVAILABLE], []] })
    expect(await convergeGone(world.aws, anOrder({ waitUntilGone: true, pace }))).toEqual(ALL_GONE)
    expect(listingsOf(world)).toBe(3)
  })

  test('a listing that AWS does not answer says nothing', async () => {
    const world = told({ byName: [...OURS, EMPTY], listings: [UNCLEAR, []] })
    expect(await convergeGone(world.aws, anOrder({ waitUntilGone: true, pace }))).toEqual(ALL_GONE)
    expect(listingsOf(world)).toBe(2)
  })

  test.each<[string, Told, number]>([
    ['never in a row', { byName: [...OURS, EMPTY, EMPTY, AVAILABLE, EMPTY, EMPTY, GONE], listings: [[]] }, 6],
    [
      'an unclear one between them',
      { byName: [...OURS, EMPTY, EMPTY, UNCLEAR, EMPTY, GONE], listings: [] },
      5,
    ],
    ['unclear ones alone', { byName: [...OURS, UNCLEAR, UNCLEAR, UNCLEAR, UNCLEAR, GONE], listings: [] }, 5],
  ])('%s: only AWS’s fault counts', async (_, answers, polls) => {
    const world = told(answers)
    expect(await convergeGone(world.aws, anOrder({ waitUntilGone: true, pace }))).toEqual(ALL_GONE)
    expect(world.clock.sleeps).toHaveLength(polls)
    expect(listingsOf(world)).toBe(0)
  })

  test.each<[string, Partial<GoneOrder>, readonly Answer[], string]>([
    ['before our deletion', {}, [EMPTY], 'could not be deleted within 5m'],
    [
      'while AWS did not take it yet',
      { clone: ownedCloneOf(aCluster({ status: 'starting' })) },
      [EMPTY],
      'could not be deleted within 5m',
    ],
    [
      'after another run’s deletion',
      { clone: ownedCloneOf(aCluster({ status: 'deleting' })), waitUntilGone: true },
      [EMPTY],
      'was not gone within 5m',
    ],
    ['never an empty one', { waitUntilGone: true }, [...OURS, UNCLEAR], 'was not gone within 5m'],
  ])('%s: nothing is said to be gone, however often', async (_, overrides, byName, what) => {
    const world = told({ byName, listings: [[]] })
    await expect(convergeGone(world.aws, anOrder({ pace, ...overrides }))).rejects.toMatchObject({
      title: 'Timed out',
      what: expect.stringContaining(what),
    })
    expect(world.changes()).toEqual(byName.length === 1 ? [] : PAIR)
    expect(listingsOf(world)).toBe(0)
  })
})

describe('cancelled', () => {
  test('before anything: nothing is started', async () => {
    const world = aWorld()
    world.controller.abort()
    await expect(convergeGone(world.aws, anOrder())).rejects.toMatchObject({
      title: 'Cancelled',
      what: `The run was cancelled. Clone "${CLONE}" stands at: cluster available.`,
    })
    expect(world.calls()).toEqual([])
  })

  test('while the pull request is read: nothing is started', async () => {
    const world = looks(aWorld(), awsCluster())
    const order = anOrder({
      askIfUnwanted: () => {
        world.controller.abort()
        return Promise.resolve(() => true)
      },
    })
    await expect(convergeGone(world.aws, order)).rejects.toMatchObject({ title: 'Cancelled' })
    expect(world.changes()).toEqual([])
  })

  test('while the pull request is read before a start: not started', async () => {
    const world = looks(aWorld(), awsCluster({ Status: 'stopped' }))
    const order = anOrder({
      clone: ownedCloneOf(aCluster({ status: 'stopped' })),
      askIfUnwanted: () => {
        world.controller.abort()
        return Promise.resolve(() => true)
      },
    })
    await expect(convergeGone(world.aws, order)).rejects.toMatchObject({
      title: 'Cancelled',
      what: `The run was cancelled. Clone "${CLONE}" stands at: cluster stopped.`,
    })
    expect(world.changes()).toEqual([])
  })

  test('in the middle of the pair: the pair is finished', async () => {
    const world = looks(aWorld(), awsCluster())
    world.mock.on(DeleteDBInstanceCommand).callsFake(() => {
      world.controller.abort()
      return {}
    })
    expect(await convergeGone(world.aws, anOrder())).toEqual({ kind: 'deleting' })
    expect(world.changes()).toEqual(PAIR)
  })

  test('while waiting', async () => {
    const world = looks(aWorld(), awsCluster())
    world.clock.onSleep = () => {
      world.controller.abort()
    }
    await expect(convergeGone(world.aws, anOrder({ waitUntilGone: true }))).rejects.toMatchObject({
      title: 'Cancelled',
    })
    expect(world.changes()).toEqual(PAIR)
  })

  test('a look that was broken off is no fault of AWS', async () => {
    const world = looks(aWorld(), awsCluster())
    world.mock.on(DescribeDBClustersCommand).callsFake(() => {
      if (world.changes().length < PAIR.length) return { DBClusters: [AVAILABLE] }
      world.controller.abort()
      throw noAnswer('DescribeDBClusters')
    })
    await expect(convergeGone(world.aws, anOrder({ waitUntilGone: true }))).rejects.toMatchObject({
      title: 'Cancelled',
    })
  })
})
