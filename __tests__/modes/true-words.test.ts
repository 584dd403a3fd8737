import {
  AddTagsToResourceCommand,
  CreateDBInstanceCommand,
  type DBCluster,
  DeleteDBClusterCommand,
  DescribeDBClustersCommand,
  DescribeDBInstancesCommand,
  RestoreDBClusterToPointInTimeCommand,
} from '@aws-sdk/client-rds'
import { describe, expect, test } from '@jest/globals'
import type { PullRequestReading } from '../../src/demand.ts'
import type { DestroyInputs } from '../../src/inputs.ts'
import { create } from '../../src/modes/create.ts'
import { destroy } from '../../src/modes/destroy.ts'
import type { CloneRun } from '../../src/modes/context.ts'
import { wait } from '../../src/modes/wait.ts'
import {
  CLONE,
  CLONE_INPUTS,
  HOUR,
  MINUTE,
  NOW_MS,
  SECOND,
  awsCloneOf,
  awsCluster,
  awsInstance,
  awsSource,
  fault,
  newTags,
  someTags,
  tagList,
} from '../factories.ts'
import { CLOSED, OPEN, UNREADABLE, type World, aContext, aPullRequest, aWorld } from '../world.ts'
import { createInputs } from './create-inputs.ts'

const GONE = fault('DescribeDBClusters', 'DBClusterNotFoundFault')
const LABEL = { 'aurora-clone:label': 'clone-db' }

function destroyInputs(overrides: Partial<DestroyInputs> = {}): DestroyInputs {
  return {
    ...CLONE_INPUTS,
    mode: 'destroy',
    label: 'clone-db',
    source: 'orders',
    wait: false,
    inHaste: false,
    keepLatest: 0,
    ...overrides,
  }
}

/** AWS that shows this of the clone, asked for by name, and that in its listing. */
function aRegion(shown: () => DBCluster | undefined, ...listed: readonly DBCluster[]): World {
  const world = aWorld()
  world.mock
    .on(DescribeDBClustersCommand)
    .callsFake(({ DBClusterIdentifier: named }: { DBClusterIdentifier?: string }) => {
      if (named === undefined) return { DBClusters: [awsSource(), ...listed] }
      const cluster = named === CLONE ? shown() : undefined
      if (cluster === undefined) throw GONE
      return { DBClusters: [cluster] }
    })
  world.mock.on(DescribeDBInstancesCommand).resolves({ DBInstances: [awsInstance()] })
  return world
}

describe('a deletion that AWS has accepted is under way, whatever comes after', () => {
  const CLONE_NOW = awsCluster({ TagList: tagList(someTags(LABEL)) })

  /** A `destroy` that waits for the end, while AWS shows the clone as before. */
  async function waitForTheEnd(after: {
    readonly reading: PullRequestReading
    readonly cluster: DBCluster
  }): Promise<{ readonly outcome: Awaited<ReturnType<typeof destroy>>; readonly states: readonly string[] }> {
    let isAccepted = false
    const world = aRegion(() => (isAccepted ? after.cluster : CLONE_NOW), CLONE_NOW)
    world.mock.on(DeleteDBClusterCommand).callsFake(() => {
      isAccepted = true
      return {}
    })
    const context = aContext(world, {
      event: { action: 'closed', label: undefined },
      pullRequest: { read: () => Promise.resolve(isAccepted ? after.reading : CLOSED) },
    })
    const outcome = await destroy(context, destroyInputs({ wait: true }))
    return { outcome, states: context.announced.map(({ state }) => state) }
  }

  test('the pull request is opened again: not "kept", and no endpoint', async () => {
    const { outcome } = await waitForTheEnd({ reading: OPEN, cluster: CLONE_NOW })
    expect(outcome).toMatchObject({ outcome: 'deleting', clone: { state: 'deleting' } })
  })

  test('somebody puts it on hold: too late, and not "held"', async () => {
    const held = awsCluster({ TagList: tagList(someTags({ ...LABEL, 'aurora-clone:hold': 'true' })) })
    const { outcome, states } = await waitForTheEnd({ reading: CLOSED, cluster: held })
    expect(outcome).toMatchObject({ outcome: 'deleting', clone: { state: 'deleting' } })
    expect(states).not.toContain('held')
  })
})

test('a run beside create has deleted the clone: its comment does not end with "is being created"', async () => {
  const tags = tagList(newTags({ ...LABEL, 'aurora-clone:created-at': new Date(NOW_MS).toISOString() }))
  const clone = awsCluster({ TagList: tags, ClusterCreateTime: new Date(NOW_MS) })
  const world = aRegion(() => {
    const passedMs = world.clock.now() - NOW_MS
    if (passedMs >= 105 * SECOND) return undefined
    return { ...clone, Status: passedMs < 78 * SECOND ? 'creating' : 'deleting' }
  })
  world.mock.on(DescribeDBInstancesCommand).callsFake(() => {
    const isDeleting = world.clock.now() - NOW_MS >= 78 * SECOND
    return { DBInstances: [awsInstance({ DBInstanceStatus: isDeleting ? 'deleting' : 'creating' })] }
  })
  world.mock.on(RestoreDBClusterToPointInTimeCommand).resolves({
    DBCluster: { ...clone, Status: 'creating', DBClusterMembers: [] },
  })
  world.mock
    .on(CreateDBInstanceCommand)
    .resolves({ DBInstance: awsInstance({ DBInstanceStatus: 'creating' }) })
  const context = aContext(world, { pullRequest: closingAt(world, NOW_MS + 75 * SECOND) })
  expect(await create(context, createInputs())).toMatchObject({ skipReason: 'pull-request-closed' })
  expect(context.announced.at(-1)?.state).toBe('deleting')
})

/** A pull request that is closed at that time, with looks remembered for as long as they are young enough. */
function closingAt({ clock }: World, closedAtMs: number): CloneRun['pullRequest'] {
  let seenAtMs = Number.NEGATIVE_INFINITY
  let reading = OPEN
  return {
    read(maxAgeMs) {
      const nowMs = clock.now()
      if (nowMs - seenAtMs > maxAgeMs) {
        seenAtMs = nowMs
        reading = nowMs < closedAtMs ? OPEN : CLOSED
      }
      return Promise.resolve(reading)
    },
  }
}

test.each(['storage-full', 'incompatible-network', 'deleting'])(
  'a clone that was ready once and whose writer is "%s": it is told of, and not as ready',
  async (status) => {
    const clone = awsCluster({ TagList: tagList(someTags(LABEL)) })
    const world = aRegion(() => clone, clone)
    world.mock.on(DescribeDBInstancesCommand).resolves({
      DBInstances: [awsInstance({ DBInstanceStatus: status })],
    })
    const context = aContext(world)
    await expect(create(context, createInputs())).rejects.toThrow()
    const told = [...context.announced, ...context.expected]
    expect(told.map(({ identifier }) => identifier)).toContain(CLONE)
    expect(context.announced.at(-1)?.state).not.toBe('ready')
  },
)

test('a clone that stays, of a repository that was renamed, is not said to be gone', async () => {
  const clone = awsCluster({ TagList: tagList(someTags(LABEL)) })
  const context = aContext(
    aRegion(() => clone, clone),
    {
      repositoryName: 'store',
      event: { action: 'unlabeled', label: 'docs' },
    },
  )
  expect(await destroy(context, destroyInputs({ label: undefined }))).toMatchObject({ outcome: 'absent' })
  expect(context.announced).toEqual([])
})

test('a clone that is kept while it is being made is not given out as ready', async () => {
  const clone = awsCluster({ Status: 'creating', DBClusterMembers: [], TagList: tagList(newTags(LABEL)) })
  const context = aContext(
    aRegion(() => clone, clone),
    {
      event: { action: 'closed', label: undefined },
      pullRequest: aPullRequest(CLOSED, OPEN),
    },
  )
  const outcome = await destroy(context, destroyInputs())
  expect(outcome).toMatchObject({
    outcome: 'skipped',
    skipReason: 'pull-request-open',
    clone: { state: 'creating' },
  })
})

test('a clone that was given out while GitHub did not answer is not removed when it fails', async () => {
  const clone = awsCluster({ TagList: tagList(newTags(LABEL)) })
  const tagged = { ...clone }
  const world = aRegion(() => tagged, tagged)
  world.mock
    .on(AddTagsToResourceCommand)
    .callsFake(({ Tags = [] }: { Tags?: { Key: string; Value: string }[] }) => {
      tagged.TagList = [...(tagged.TagList ?? []), ...Tags]
      return {}
    })
  const blind = await create(aContext(world, { pullRequest: aPullRequest(UNREADABLE) }), createInputs())
  expect(blind).toMatchObject({ outcome: 'ready', clone: { state: 'ready' } })
  world.mock
    .on(DescribeDBInstancesCommand)
    .resolves({ DBInstances: [awsInstance({ DBInstanceStatus: 'failed' })] })
  const context = aContext(world, { startedAtMs: world.clock.now() })
  await create(context, createInputs({ waitTimeoutMs: MINUTE })).catch(() => undefined)
  const deletions = world.changes().filter((change) => change.startsWith('Delete'))
  expect(deletions).toEqual([])
})

test('of two clones under two prefixes, create and wait give out the same', async () => {
  const made = (prefix: string, agoMs: number) =>
    awsCloneOf({ prefix }, { 'aurora-clone:created-at': new Date(NOW_MS - agoMs).toISOString() })
  const clones = [made('former', 2 * HOUR), made('preview', HOUR)]
  const aRegionOfBoth = (): World => {
    const world = aRegion(() => undefined, ...clones)
    for (const clone of clones) {
      const { DBClusterIdentifier } = clone
      world.mock.on(DescribeDBClustersCommand, { DBClusterIdentifier }).resolves({ DBClusters: [clone] })
      world.mock
        .on(DescribeDBInstancesCommand, {
          Filters: [{ Name: 'db-cluster-id', Values: [DBClusterIdentifier] }],
        })
        .resolves({ DBInstances: [awsInstance({ DBClusterIdentifier })] })
    }
    return world
  }
  const created = await create(aContext(aRegionOfBoth()), createInputs({ label: undefined }))
  const waited = await wait(aContext(aRegionOfBoth()), {
    ...CLONE_INPUTS,
    mode: 'wait',
    label: undefined,
    probe: false,
    allowForks: false,
    envPrefix: undefined,
  })
  const [, newer] = clones
  expect(created).toMatchObject({ clone: { identifier: newer?.DBClusterIdentifier } })
  expect(waited).toMatchObject({ clone: { identifier: newer?.DBClusterIdentifier } })
})
