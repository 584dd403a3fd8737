import {
  type DBCluster,
  DeleteDBClusterCommand,
  DeleteDBInstanceCommand,
  DescribeDBClustersCommand,
  StartDBClusterCommand,
} from '@aws-sdk/client-rds'
import { describe, expect, test } from '@jest/globals'
import { type GoneGoal, convergeGone } from '../../src/aurora/converge-gone.ts'
import {
  CLONE,
  MINUTE,
  NOW_MS,
  WRITER,
  aCluster,
  anIdentity,
  awsCluster,
  fault,
  noAnswer,
  someTags,
  tagList,
} from '../factories.ts'
import { type World, aWorld } from '../world.ts'

function aGoal(overrides: Partial<GoneGoal> = {}): GoneGoal {
  return {
    found: aCluster(),
    identity: anIdentity(),
    source: undefined,
    stillUnwanted: () => Promise.resolve(true),
    waitUntilGone: false,
    pace: { startedAtMs: NOW_MS, limitMs: 30 * MINUTE, pollIntervalMs: 10_000 },
    ...overrides,
  }
}

const GONE = fault('DescribeDBClusters', 'DBClusterNotFoundFault', { httpStatus: 404 })
const NOT_NOW = fault('DeleteDBCluster', 'InvalidDBClusterStateFault', {
  message: 'not in an available state',
})

/** What AWS shows of the cluster, look by look; then nothing, or the last one for ever. */
function looks(world: World, ...clusters: readonly (DBCluster | Error)[]): World {
  let next = 0
  world.mock.on(DescribeDBClustersCommand).callsFake(() => {
    const look = clusters[Math.min(next, clusters.length - 1)]
    next += 1
    if (look instanceof Error) throw look
    return { DBClusters: look === undefined ? [] : [look] }
  })
  return world
}

const PAIR = [`DeleteDBInstance ${WRITER}`, `DeleteDBCluster ${CLONE}`]

test('requests the pair and does not wait', async () => {
  const world = looks(aWorld(), awsCluster())
  expect(await convergeGone(world.aws, aGoal())).toEqual({ kind: 'deleting' })
  expect(world.changes()).toEqual(PAIR)
  expect(world.clock.sleeps).toEqual([])
})

test('wait: stays until AWS has nothing left, even while it shows the cluster as before', async () => {
  const world = looks(aWorld(), awsCluster(), awsCluster(), awsCluster({ Status: 'deleting' }), GONE)
  expect(await convergeGone(world.aws, aGoal({ waitUntilGone: true }))).toEqual({ kind: 'gone' })
  expect(world.changes()).toEqual(PAIR)
  expect(world.clock.sleeps).toHaveLength(3)
})

test('wait: a new cluster of the same name is not the one that was deleted', async () => {
  const world = looks(aWorld(), awsCluster(), awsCluster({ DbClusterResourceId: 'cluster-NEW' }))
  expect(await convergeGone(world.aws, aGoal({ waitUntilGone: true }))).toEqual({ kind: 'gone' })
  expect(world.changes()).toEqual(PAIR)
})

test('wait: somebody else’s deletion, and then a new cluster of the same name: the old one is gone', async () => {
  const world = looks(
    aWorld(),
    awsCluster({ Status: 'deleting' }),
    awsCluster({ DbClusterResourceId: 'cluster-NEW' }),
  )
  const goal = aGoal({ waitUntilGone: true, found: aCluster({ status: 'deleting' }) })
  expect(await convergeGone(world.aws, goal)).toEqual({ kind: 'gone' })
  expect(world.changes()).toEqual([])
})

test('the clone went while nobody looked', async () => {
  const world = looks(aWorld(), GONE)
  expect(await convergeGone(world.aws, aGoal())).toEqual({ kind: 'gone' })
  expect(world.changes()).toEqual([])
})

test('being deleted already: settled without a call', async () => {
  const world = aWorld()
  expect(await convergeGone(world.aws, aGoal({ found: aCluster({ status: 'deleting' }) }))).toEqual({
    kind: 'deleting',
  })
  expect(world.calls()).toEqual([])
})

describe('refused', () => {
  test('by what was found: no call at all', async () => {
    const world = aWorld()
    const found = aCluster({ tags: someTags({ 'aurora-clone:hold': 'true' }) })
    expect(await convergeGone(world.aws, aGoal({ found }))).toEqual({
      kind: 'refused',
      verdict: { allowed: false, kind: 'held', because: 'its tag aurora-clone:hold is "true"' },
      isHalf: false,
    })
    expect(world.calls()).toEqual([])
  })

  test('by what is there now: nothing was changed', async () => {
    const held = awsCluster({ TagList: tagList(someTags({ 'aurora-clone:hold': 'true' })) })
    const world = looks(aWorld(), held)
    expect(await convergeGone(world.aws, aGoal())).toMatchObject({
      kind: 'refused',
      verdict: { kind: 'held' },
    })
    expect(world.changes()).toEqual([])
  })
})

test('held when its writer is going already: so it is said', async () => {
  const world = aWorld()
  const held = awsCluster({ Status: 'creating', TagList: tagList(someTags({ 'aurora-clone:hold': 'true' })) })
  world.mock.on(DeleteDBClusterCommand).rejects(NOT_NOW)
  world.mock.on(DescribeDBClustersCommand).callsFake(() => ({
    DBClusters: [world.changes().length === 0 ? awsCluster({ Status: 'creating' }) : held],
  }))
  expect(await convergeGone(world.aws, aGoal({ found: aCluster({ status: 'creating' }) }))).toMatchObject({
    kind: 'refused',
    verdict: { kind: 'held' },
    isHalf: true,
  })
})

describe('the pull request has the last word', () => {
  test('wanted again: nothing is deleted', async () => {
    const world = looks(aWorld(), awsCluster())
    const goal = aGoal({ stillUnwanted: () => Promise.resolve(false) })
    expect(await convergeGone(world.aws, goal)).toEqual({ kind: 'wanted', isHalf: false })
    expect(world.calls()).toEqual([`DescribeDBClusters ${CLONE}`])
  })

  test('it is asked before each attempt', async () => {
    const world = looks(aWorld(), awsCluster({ Status: 'creating' }))
    world.mock.on(DeleteDBClusterCommand).rejects(NOT_NOW)
    let asked = 0
    const goal = aGoal({
      found: aCluster({ status: 'creating' }),
      stillUnwanted: () => Promise.resolve((asked += 1) < 3),
    })
    expect(await convergeGone(world.aws, goal)).toEqual({ kind: 'wanted', isHalf: true })
    expect(world.mock.commandCalls(DeleteDBClusterCommand)).toHaveLength(2)
    // Its writer is going: whoever wants it has to know.
    expect(world.changes()).toContain(`DeleteDBInstance ${WRITER}`)
  })

  test('it is asked with the cluster as it is now, not as it was found', async () => {
    const world = looks(aWorld(), awsCluster({ TagList: tagList(someTags({ 'aurora-clone:label': 'new' })) }))
    const asked: unknown[] = []
    const goal = aGoal({
      stillUnwanted: ({ tags }) => {
        asked.push(tags?.['aurora-clone:label'])
        return Promise.resolve(tags?.['aurora-clone:label'] === undefined)
      },
    })
    expect(await convergeGone(world.aws, goal)).toEqual({ kind: 'wanted', isHalf: false })
    expect(asked).toEqual(['new'])
    expect(world.changes()).toEqual([])
  })

  test('before a start it is asked with the cluster that is started', async () => {
    const world = looks(aWorld(), awsCluster())
    const asked: string[] = []
    const goal = aGoal({
      found: aCluster({ status: 'stopped' }),
      stillUnwanted: ({ status }) => {
        asked.push(status)
        return Promise.resolve(true)
      },
    })
    expect(await convergeGone(world.aws, goal)).toEqual({ kind: 'deleting' })
    expect(asked).toEqual(['stopped', 'available'])
  })

  test('it cannot say: nothing is deleted', async () => {
    const world = looks(aWorld(), awsCluster())
    const unreadable = new Error('HTTP 502')
    const goal = aGoal({ stillUnwanted: () => Promise.reject(unreadable) })
    await expect(convergeGone(world.aws, goal)).rejects.toBe(unreadable)
    expect(world.changes()).toEqual([])
  })

  test('a stopped clone is not even started for somebody who wants it', async () => {
    const world = aWorld()
    const goal = aGoal({
      found: aCluster({ status: 'stopped' }),
      stillUnwanted: () => Promise.resolve(false),
    })
    expect(await convergeGone(world.aws, goal)).toEqual({ kind: 'wanted', isHalf: false })
    expect(world.calls()).toEqual([])
  })
})

describe('stopped', () => {
  test('started, waited for, deleted', async () => {
    const world = looks(
      aWorld(),
      awsCluster({ Status: 'stopped' }),
      awsCluster({ Status: 'starting' }),
      awsCluster(),
    )
    expect(await convergeGone(world.aws, aGoal({ found: aCluster({ status: 'stopped' }) }))).toEqual({
      kind: 'deleting',
    })
    expect(world.changes()).toEqual([`StartDBCluster ${CLONE}`, ...PAIR])
  })

  test.each(['InvalidDBClusterStateFault', 'DBClusterNotFoundFault'])(
    'started by somebody else (%s)',
    async (code) => {
      const world = looks(aWorld(), awsCluster())
      world.mock.on(StartDBClusterCommand).rejects(fault('StartDBCluster', code))
      expect(await convergeGone(world.aws, aGoal({ found: aCluster({ status: 'stopped' }) }))).toEqual({
        kind: 'deleting',
      })
    },
  )

  test('not allowed to start it', async () => {
    const world = aWorld()
    world.mock.on(StartDBClusterCommand).rejects(fault('StartDBCluster', 'AccessDenied', { httpStatus: 403 }))
    await expect(
      convergeGone(world.aws, aGoal({ found: aCluster({ status: 'stopped' }) })),
    ).rejects.toMatchObject({ code: 'AccessDenied' })
  })
})

describe('creating', () => {
  const creating = awsCluster({ Status: 'creating' })
  const found = aCluster({ status: 'creating' })

  test('keeps trying, and deletes it when AWS takes it', async () => {
    const world = looks(aWorld(), creating, creating, creating, awsCluster())
    world.mock.on(DeleteDBClusterCommand).rejectsOnce(NOT_NOW).resolves({})
    world.mock
      .on(DeleteDBInstanceCommand)
      .resolvesOnce({})
      .rejects(
        fault('DeleteDBInstance', 'InvalidDBInstanceStateFault', { message: 'x is already being deleted' }),
      )
    expect(await convergeGone(world.aws, aGoal({ found }))).toEqual({ kind: 'deleting' })
    expect(world.changes()).toEqual([...PAIR, ...PAIR])
  })

  test('not within the time: it keeps its tags, and that is said', async () => {
    const world = looks(aWorld(), creating)
    world.mock.on(DeleteDBClusterCommand).rejects(NOT_NOW)
    const goal = aGoal({ found, pace: { startedAtMs: NOW_MS, limitMs: MINUTE, pollIntervalMs: 10_000 } })
    await expect(convergeGone(world.aws, goal)).rejects.toMatchObject({
      title: 'Timed out',
      what: `Clone "${CLONE}" could not be deleted within 1m (waiting for the clone to be deletable: not in an available state). It keeps its tags, so that a later destroy or sweep finds it.`,
      remedy: 'Run mode destroy again when the cluster is available.',
    })
    expect(world.clock.now()).toBe(NOW_MS + MINUTE)
  })
})

test('wait: not gone within the time, and AWS goes on', async () => {
  const world = looks(aWorld(), awsCluster(), awsCluster({ Status: 'deleting' }))
  const goal = aGoal({
    waitUntilGone: true,
    pace: { startedAtMs: NOW_MS, limitMs: MINUTE, pollIntervalMs: 10_000 },
  })
  await expect(convergeGone(world.aws, goal)).rejects.toMatchObject({
    title: 'Timed out',
    what: `Clone "${CLONE}" was not gone within 1m (waiting for AWS to finish the deletion).`,
    remedy: 'AWS goes on deleting it; nothing else is needed.',
  })
})

test('wait: a deletion that was under way before, not gone within the time: AWS goes on all the same', async () => {
  const world = looks(aWorld(), awsCluster({ Status: 'deleting' }))
  const goal = aGoal({
    found: aCluster({ status: 'deleting' }),
    waitUntilGone: true,
    pace: { startedAtMs: NOW_MS, limitMs: MINUTE, pollIntervalMs: 10_000 },
  })
  await expect(convergeGone(world.aws, goal)).rejects.toMatchObject({
    title: 'Timed out',
    what: `Clone "${CLONE}" was not gone within 1m (waiting for AWS to finish the deletion).`,
    remedy: 'AWS goes on deleting it; nothing else is needed.',
  })
  expect(world.changes()).toEqual([])
})

describe('a look that AWS does not answer', () => {
  test.each([fault('DescribeDBClusters', 'Throttling'), noAnswer('DescribeDBClusters')])(
    '%s: asked again',
    async (error) => {
      const world = looks(aWorld(), awsCluster(), error, error, GONE)
      expect(await convergeGone(world.aws, aGoal({ waitUntilGone: true }))).toEqual({ kind: 'gone' })
      expect(world.log.lines.filter((line) => line.startsWith('warning'))).toHaveLength(2)
    },
  )

  test('any other fault ends it', async () => {
    const denied = fault('DescribeDBClusters', 'ExpiredToken', { httpStatus: 403 })
    const world = looks(aWorld(), awsCluster(), denied)
    await expect(convergeGone(world.aws, aGoal({ waitUntilGone: true }))).rejects.toBe(denied)
  })
})

describe('cancelled', () => {
  test('before anything: nothing is started', async () => {
    const world = aWorld()
    world.controller.abort()
    await expect(convergeGone(world.aws, aGoal())).rejects.toMatchObject({
      title: 'Cancelled',
      what: `The run was cancelled. Clone "${CLONE}" stands at: cluster available.`,
    })
    expect(world.calls()).toEqual([])
  })

  test('while the pull request is read: nothing is started', async () => {
    const world = looks(aWorld(), awsCluster())
    const goal = aGoal({
      stillUnwanted: () => {
        world.controller.abort()
        return Promise.resolve(true)
      },
    })
    await expect(convergeGone(world.aws, goal)).rejects.toMatchObject({ title: 'Cancelled' })
    expect(world.calls()).toEqual([`DescribeDBClusters ${CLONE}`])
  })

  test('while the pull request is read before a start: not started', async () => {
    const world = aWorld()
    const goal = aGoal({
      found: aCluster({ status: 'stopped' }),
      stillUnwanted: () => {
        world.controller.abort()
        return Promise.resolve(true)
      },
    })
    await expect(convergeGone(world.aws, goal)).rejects.toMatchObject({
      title: 'Cancelled',
      what: `The run was cancelled. Clone "${CLONE}" stands at: cluster stopped.`,
    })
    expect(world.calls()).toEqual([])
  })

  test('in the middle of the pair: the pair is finished', async () => {
    const world = looks(aWorld(), awsCluster())
    world.mock.on(DeleteDBInstanceCommand).callsFake(() => {
      world.controller.abort()
      return {}
    })
    expect(await convergeGone(world.aws, aGoal())).toEqual({ kind: 'deleting' })
    expect(world.changes()).toEqual(PAIR)
  })

  test('while waiting', async () => {
    const world = looks(aWorld(), awsCluster())
    world.clock.onSleep = () => {
      world.controller.abort()
    }
    await expect(convergeGone(world.aws, aGoal({ waitUntilGone: true }))).rejects.toMatchObject({
      title: 'Cancelled',
    })
    expect(world.changes()).toEqual(PAIR)
  })

  test('a look that was broken off is no fault of AWS', async () => {
    const world = looks(aWorld(), awsCluster())
    let look = 0
    world.mock.on(DescribeDBClustersCommand).callsFake(() => {
      look += 1
      if (look === 1) return { DBClusters: [awsCluster()] }
      world.controller.abort()
      throw noAnswer('DescribeDBClusters')
    })
    await expect(convergeGone(world.aws, aGoal({ waitUntilGone: true }))).rejects.toMatchObject({
      title: 'Cancelled',
    })
  })
})
