import {
  type DBCluster,
  DeleteDBClusterCommand,
  DeleteDBInstanceCommand,
  DescribeDBClustersCommand,
  DescribeDBInstancesCommand,
} from '@aws-sdk/client-rds'
import { describe, expect, test } from '@jest/globals'
import type { DestroyInputs } from '../../src/inputs.ts'
import { destroy } from '../../src/modes/destroy.ts'
import {
  CLONE,
  CLONE_INPUTS,
  CLONE_RESOURCE_ID,
  MINUTE,
  WRITER,
  awsCloneOf,
  awsCluster,
  awsInstance,
  awsSource,
  fault,
  someTags,
  tagList,
} from '../factories.ts'
import {
  CLOSED,
  OPEN,
  OPEN_WITHOUT_LABEL,
  UNREADABLE,
  type World,
  aContext,
  aPullRequest,
  aWorld,
} from '../world.ts'

function someInputs(overrides: Partial<DestroyInputs> = {}): DestroyInputs {
  return {
    ...CLONE_INPUTS,
    mode: 'destroy',
    label: undefined,
    source: 'orders',
    wait: false,
    inHaste: false,
    keepLatest: 0,
    ...overrides,
  }
}

const BILLING = 'clone-pr-42-shop-billing-41fd066075631703'
const PLAIN = awsCluster({ TagList: tagList(someTags({ 'aurora-clone:label': 'clone-db' })) })
const NAMED = awsCluster({
  DBClusterIdentifier: BILLING,
  DbClusterResourceId: 'cluster-BILLING1',
  DBClusterMembers: [{ DBInstanceIdentifier: `${BILLING}-1`, IsClusterWriter: true }],
  TagList: tagList(
    someTags({
      'aurora-clone:cluster': BILLING,
      'aurora-clone:name': 'billing',
      'aurora-clone:label': 'preview',
    }),
  ),
})
const OTHER = awsCluster({
  DBClusterIdentifier: 'clone-pr-43-shop-56cd8ac114f68247',
  TagList: tagList(
    someTags({ 'aurora-clone:cluster': 'clone-pr-43-shop-56cd8ac114f68247', 'aurora-clone:key': 'pr-43' }),
  ),
})
const PAIR = [`DeleteDBInstance ${WRITER}`, `DeleteDBCluster ${CLONE}`]
const NAMED_PAIR = [`DeleteDBInstance ${BILLING}-1`, `DeleteDBCluster ${BILLING}`]

function aRegion(...clusters: readonly DBCluster[]): World {
  const world = aWorld()
  const all = [awsSource(), OTHER, ...clusters]
  const named = (name: string | undefined): DBCluster | undefined =>
    all.find(({ DBClusterIdentifier }) => DBClusterIdentifier === name)
  world.mock.on(DescribeDBClustersCommand).resolves({ DBClusters: all })
  for (const name of [CLONE, BILLING])
    world.mock
      .on(DescribeDBClustersCommand, { DBClusterIdentifier: name })
      .rejects(fault('DescribeDBClusters', 'DBClusterNotFoundFault'))
  for (const cluster of clusters)
    world.mock
      .on(DescribeDBClustersCommand, { DBClusterIdentifier: cluster.DBClusterIdentifier })
      .resolves({ DBClusters: [cluster] })
  world.mock.on(DescribeDBInstancesCommand).callsFake(
    ({
      Filters: [
        {
          Values: [owner],
        },
      ],
    }: {
      Filters: [{ Values: [string] }]
    }) => ({
      DBInstances: (named(owner)?.DBClusterMembers ?? []).map(({ DBInstanceIdentifier }) =>
        awsInstance({ DBInstanceIdentifier, DBClusterIdentifier: owner }),
      ),
    }),
  )
  return world
}

function aRun(world: World, overrides: Parameters<typeof aContext>[1] = {}) {
  return aContext(world, {
    pullRequest: aPullRequest(CLOSED),
    event: { action: 'closed', label: undefined },
    ...overrides,
  })
}

describe('closed: every clone that the pull request owns', () => {
  test('each pair goes out back to back, and nobody is waited for', async () => {
    const world = aRegion(PLAIN, NAMED)
    const context = aRun(world)
    const outcome = await destroy(context, someInputs({ label: 'clone-db' }))
    expect(outcome).toMatchObject({
      outcome: 'deleting',
      removals: [
        { clone: { identifier: CLONE, state: 'deleting', removalReason: undefined }, result: 'deleting' },
        { clone: { identifier: BILLING, state: 'deleting' }, result: 'deleting' },
      ],
    })
    expect(outcome).toMatchObject({ clone: undefined })
    const changes = world.changes()
    expect(changes.filter((change) => !change.includes('billing'))).toEqual(PAIR)
    expect(changes.filter((change) => change.includes('billing'))).toEqual(NAMED_PAIR)
    expect(world.clock.sleeps).toEqual([])
    expect(context.announced.map(({ identifier, state }) => [identifier, state])).toEqual([
      [CLONE, 'deleting'],
      [BILLING, 'deleting'],
    ])
  })

  test('with clone-name: only that one', async () => {
    const world = aRegion(PLAIN, NAMED)
    const outcome = await destroy(aRun(world), someInputs({ cloneName: 'billing' }))
    expect(outcome).toMatchObject({ outcome: 'deleting', clone: { identifier: BILLING } })
    expect(world.changes()).toEqual(NAMED_PAIR)
  })

  test('wait: until nothing is left', async () => {
    const world = aRegion(PLAIN)
    const gone = fault('DescribeDBClusters', 'DBClusterNotFoundFault')
    world.mock
      .on(DescribeDBClustersCommand, { DBClusterIdentifier: CLONE })
      .resolvesOnce({ DBClusters: [PLAIN] })
      .resolvesOnce({ DBClusters: [PLAIN] })
      .resolvesOnce({ DBClusters: [{ ...PLAIN, Status: 'deleting' }] })
      .rejects(gone)
    expect(await destroy(aRun(world), someInputs({ wait: true }))).toMatchObject({
      outcome: 'destroyed',
      clone: { state: 'destroyed' },
    })
    expect(world.changes()).toEqual(PAIR)
  })

  test('wait: not gone within the time: nobody is sent to destroy it again', async () => {
    const world = aRegion(PLAIN)
    world.mock
      .on(DescribeDBClustersCommand, { DBClusterIdentifier: CLONE })
      .resolvesOnce({ DBClusters: [PLAIN] })
      .resolvesOnce({ DBClusters: [PLAIN] })
      .resolves({ DBClusters: [{ ...PLAIN, Status: 'deleting' }] })
    expect(await destroy(aRun(world), someInputs({ wait: true, waitTimeoutMs: MINUTE }))).toMatchObject({
      failure: { title: 'Timed out', remedy: 'AWS continues to delete it. Nothing else is needed.' },
    })
    expect(world.changes()).toEqual(PAIR)
  })

  test('wait: reopened when the deletion was under way already: it is not said to be kept', async () => {
    const world = aRegion(PLAIN)
    world.mock
      .on(DescribeDBClustersCommand, { DBClusterIdentifier: CLONE })
      .resolvesOnce({ DBClusters: [PLAIN] })
      .resolvesOnce({ DBClusters: [PLAIN] })
      .resolvesOnce({ DBClusters: [{ ...PLAIN, Status: 'deleting' }] })
      .rejects(fault('DescribeDBClusters', 'DBClusterNotFoundFault'))
    const pullRequest = {
      read: () => Promise.resolve(world.changes().length === 0 ? CLOSED : OPEN),
    }
    const outcome = await destroy(aRun(world, { pullRequest }), someInputs({ wait: true }))
    expect(outcome.outcome).toBe('destroyed')
  })

  test('several at once: one look that takes its time holds up no other', async () => {
    const world = aRegion(PLAIN, NAMED)
    const slow = Promise.withResolvers<undefined>()
    world.mock.on(DescribeDBClustersCommand, { DBClusterIdentifier: CLONE }).callsFake(async () => {
      await slow.promise
      return { DBClusters: [PLAIN] }
    })
    world.mock.on(DeleteDBClusterCommand, { DBClusterIdentifier: BILLING }).callsFake(() => {
      slow.resolve(undefined)
      return {}
    })
    expect(await destroy(aRun(world), someInputs())).toMatchObject({
      outcome: 'deleting',
      removals: [
        { clone: { identifier: CLONE }, result: 'deleting' },
        { clone: { identifier: BILLING }, result: 'deleting' },
      ],
    })
    expect(world.changes()).toEqual([...NAMED_PAIR, ...PAIR])
  })

  test('one that AWS does not take yet does not hold up the others', async () => {
    const world = aRegion({ ...PLAIN, Status: 'creating' }, NAMED)
    const when: number[] = []
    const start = world.clock.now()
    world.mock
      .on(DeleteDBClusterCommand, { DBClusterIdentifier: CLONE })
      .rejects(fault('DeleteDBCluster', 'InvalidDBClusterStateFault', { message: 'not available' }))
    world.mock.on(DeleteDBClusterCommand, { DBClusterIdentifier: BILLING }).callsFake(() => {
      when.push(world.clock.now() - start)
      return {}
    })
    await destroy(aRun(world), someInputs({ waitTimeoutMs: 5 * MINUTE }))
    expect(when).toEqual([0])
  })

  test('one that fails does not keep the others, and fails the step in the end', async () => {
    const world = aRegion(PLAIN, NAMED)
    world.mock
      .on(DeleteDBInstanceCommand, { DBInstanceIdentifier: WRITER })
      .rejects(fault('DeleteDBInstance', 'AccessDenied', { httpStatus: 403, message: 'no' }))
    const outcome = await destroy(aRun(world), someInputs())
    expect(outcome).toMatchObject({
      outcome: 'deleting',
      failure: { title: 'Missing IAM permission' },
      removals: [
        {
          result: 'failed',
          because: 'DeleteDBInstance failed: AccessDenied: no.',
          clone: { identifier: CLONE, state: 'undeleted' },
        },
        { result: 'deleting' },
      ],
    })
    const changes = world.changes()
    expect(changes.filter((change) => !change.includes('billing'))).toEqual([`DeleteDBInstance ${WRITER}`])
    expect(changes.filter((change) => change.includes('billing'))).toEqual(NAMED_PAIR)
    expect(world.log.lines).toContainEqual(expect.stringMatching(`info: Clone "${CLONE}": DeleteDBInstance`))
  })
})

describe('unlabelled: only the clones that were made for the label', () => {
  const event = { action: 'unlabeled', label: 'clone-db' }

  test.each([
    ['with the label as input', someInputs({ label: 'clone-db' })],
    ['without it', someInputs()],
  ])('%s', async (_, inputs) => {
    const world = aRegion(PLAIN, NAMED)
    await destroy(aRun(world, { pullRequest: aPullRequest(OPEN_WITHOUT_LABEL), event }), inputs)
    expect(world.changes()).toEqual(PAIR)
  })

  test.each<[string, Record<string, string>]>([
    ['another label', someTags({ 'aurora-clone:label': 'preview' })],
    ['no label', someTags()],
  ])('asked for with %s since the listing: kept', async (_, tags) => {
    const world = aRegion(PLAIN)
    world.mock
      .on(DescribeDBClustersCommand, { DBClusterIdentifier: CLONE })
      .resolves({ DBClusters: [{ ...PLAIN, TagList: tagList(tags) }] })
    const context = aRun(world, { pullRequest: aPullRequest(OPEN_WITHOUT_LABEL), event })
    expect(await destroy(context, someInputs())).toMatchObject({
      outcome: 'skipped',
      removals: [{ clone: { identifier: CLONE }, result: 'kept' }],
    })
    expect(world.changes()).toEqual([])
    expect(context.announced).toEqual([])
  })

  test('labelled again meanwhile: nothing', async () => {
    const world = aRegion(PLAIN)
    const outcome = await destroy(aRun(world, { pullRequest: aPullRequest(OPEN), event }), someInputs())
    expect(outcome).toEqual({ outcome: 'skipped', skipReason: 'pull-request-open' })
    expect(world.changes()).toEqual([])
  })

  test('labelled again right before the deletion: kept', async () => {
    const world = aRegion(PLAIN)
    const pullRequest = aPullRequest(OPEN_WITHOUT_LABEL, OPEN)
    const outcome = await destroy(aRun(world, { pullRequest, event }), someInputs({ label: 'clone-db' }))
    expect(outcome).toMatchObject({
      outcome: 'skipped',
      skipReason: 'pull-request-open',
      removals: [{ result: 'kept', because: 'it is wanted again' }],
    })
    expect(world.changes()).toEqual([])
  })
})

describe('the pull request cannot be read: nothing is deleted', () => {
  test('at first', async () => {
    const world = aRegion(PLAIN)
    await expect(
      destroy(aRun(world, { pullRequest: aPullRequest(UNREADABLE) }), someInputs()),
    ).rejects.toMatchObject({ title: 'Pull request cannot be read' })
    expect(world.changes()).toEqual([])
  })

  test('right before the deletion', async () => {
    const world = aRegion(PLAIN)
    const pullRequest = aPullRequest(CLOSED, UNREADABLE)
    expect(await destroy(aRun(world, { pullRequest }), someInputs())).toMatchObject({
      outcome: undefined,
      failure: { title: 'Pull request cannot be read' },
      removals: [
        {
          clone: { identifier: CLONE },
          result: 'failed',
          because:
            'Pull request #42 could not be read (HTTP 502), so nothing more was created or deleted for it.',
        },
      ],
    })
    expect(world.changes()).toEqual([])
  })
})

describe('what is not deleted', () => {
  test.each<[string, DBCluster, object]>([
    [
      'held',
      { ...PLAIN, TagList: [...(PLAIN.TagList ?? []), { Key: 'aurora-clone:hold', Value: 'true' }] },
      { outcome: 'skipped', skipReason: 'held', removals: [{ result: 'held' }], clone: { state: 'held' } },
    ],
    [
      'protected',
      { ...PLAIN, DeletionProtection: true },
      {
        failure: { title: 'Clone is protected' },
        removals: [{ result: 'refused', because: 'deletion protection is on' }],
        clone: {
          state: 'undeleted',
          undeleted: { because: 'deletion protection is on', isProtected: true },
        },
      },
    ],
  ])('%s', async (name, cluster, expected) => {
    const world = aRegion(cluster)
    const context = aRun(world)
    expect(await destroy(context, someInputs())).toMatchObject(expected)
    expect(world.changes()).toEqual([])
    expect(context.announced.map(({ state }) => state)).toEqual([name === 'held' ? 'held' : 'undeleted'])
  })

  test('the source, even where it carries a clone’s tags', async () => {
    const world = aRegion(PLAIN)
    expect(await destroy(aRun(world), someInputs({ source: CLONE }))).toMatchObject({
      failure: {
        title: 'Cluster not owned',
        what: expect.stringContaining('source cluster itself'),
      },
    })
    expect(world.changes()).toEqual([])
  })

  test('a cluster that took the name since the listing', async () => {
    const world = aRegion(PLAIN)
    world.mock
      .on(DescribeDBClustersCommand, { DBClusterIdentifier: CLONE })
      .resolves({ DBClusters: [{ ...PLAIN, DbClusterResourceId: `${CLONE_RESOURCE_ID}2` }] })
    expect(await destroy(aRun(world), someInputs())).toMatchObject({
      failure: { title: 'Cluster not owned' },
    })
    expect(world.changes()).toEqual([])
  })
})

describe('no clone', () => {
  test('absent', async () => {
    const world = aRegion()
    expect(await destroy(aRun(world), someInputs())).toEqual({ outcome: 'absent' })
    expect(world.changes()).toEqual([])
    expect(world.log.lines).toContain('info: There is no clone of pull request #42')
  })

  test.each([
    ['', CLONE, '2deea4d997059a7e'],
    ['billing', BILLING, '41fd066075631703'],
  ])('what its comment says is put right (clone-name "%s")', async (cloneName, identifier, identityHash) => {
    const world = aRegion()
    const context = aRun(world)
    await destroy(context, someInputs({ cloneName }))
    expect(context.announced).toEqual([
      {
        state: 'destroyed',
        removalReason: undefined,
        identifier,
        identityHash,
        key: 'pr-42',
        name: cloneName,
        pullRequest: 42,
        region: 'eu-west-1',
        instanceIdentifier: `${identifier}-1`,
      },
    ])
  })

  test('an answer without the cluster is no word that it is gone: nothing is announced', async () => {
    const world = aRegion()
    world.mock
      .on(DescribeDBClustersCommand, { DBClusterIdentifier: CLONE })
      .resolves({ $metadata: { requestId: 'request-1' } })
    const context = aRun(world)
    await expect(destroy(context, someInputs())).rejects.toMatchObject({ code: 'EmptyAnswer' })
    expect(world.changes()).toEqual([])
    expect(context.announced).toEqual([])
  })

  test('somebody else’s cluster of that name: refused', async () => {
    const world = aRegion(awsCluster({ TagList: [] }))
    await expect(destroy(aRun(world), someInputs())).rejects.toMatchObject({ title: 'Cluster not owned' })
    expect(world.changes()).toEqual([])
  })

  test('the only one was made for another label: absent', async () => {
    const world = aRegion(PLAIN)
    const context = aRun(world, {
      pullRequest: aPullRequest(OPEN_WITHOUT_LABEL),
      event: { action: '', label: undefined },
    })
    expect(await destroy(context, someInputs({ label: 'other' }))).toEqual({ outcome: 'absent' })
    expect(world.calls()).toEqual(['DescribeDBClusters'])
    // It is there: its comment stays as it is.
    expect(context.announced).toEqual([])
  })

  test('a cluster of another name carries its tags: maybe it was renamed, so nothing is said to be gone', async () => {
    const world = aRegion({ ...PLAIN, DBClusterIdentifier: 'my-clone' })
    const context = aRun(world)
    expect(await destroy(context, someInputs())).toEqual({ outcome: 'absent' })
    expect(world.log.lines).toContain(
      `warning: Cluster "my-clone" has the tags of clone "${CLONE}", which does not exist. If it is that clone, give it its old name or delete it by hand.`,
    )
    expect(world.changes()).toEqual([])
    expect(context.announced).toMatchObject([
      {
        identifier: CLONE,
        state: 'undeleted',
        undeleted: { because: 'cluster "my-clone" has its tags under another name', isProtected: false },
      },
    ])
  })
})

describe('a key of the user’s', () => {
  const generations = ['20261120', '20261121'].map((generation, index) => {
    const identifier = `clone-nightly-shop-${generation}-${index === 0 ? '4bf4fdac2af23c7b' : '0c3e6a5cb4db5ca7'}`
    const tags = someTags({
      'aurora-clone:cluster': identifier,
      'aurora-clone:key': 'nightly',
      'aurora-clone:generation': generation,
      'aurora-clone:created-at': `2026-11-${generation.slice(-2)}T03:00:00.000Z`,
    })
    return awsCluster({
      DBClusterIdentifier: identifier,
      DbClusterResourceId: `cluster-${generation}`,
      DBClusterMembers: [{ DBInstanceIdentifier: `${identifier}-1`, IsClusterWriter: true }],
      TagList: tagList(tags),
    })
  })
  const owner = { server: 'github.com', repositoryId: '4711', key: 'nightly', number: undefined }

  const pairOf = (identifier: string) => [`DeleteDBInstance ${identifier}-1`, `DeleteDBCluster ${identifier}`]
  const [older = ''] = generations.map(({ DBClusterIdentifier: id }) => id)
  const aRunOfKey = (world: World) =>
    aRun(world, {
      owner: { ...owner, generation: undefined },
      event: { action: '', label: undefined },
      pullRequest: aPullRequest(OPEN),
    })

  test('keep-latest: only the older ones', async () => {
    const world = aRegion(...generations)
    const outcome = await destroy(aRunOfKey(world), someInputs({ keepLatest: 1 }))
    expect(outcome).toMatchObject({ outcome: 'deleting', clone: { identifier: older } })
    expect(world.changes()).toEqual(pairOf(older))
  })

  test('keep-latest: the newer one has gone since the listing: kept, as the one in use now', async () => {
    const world = aRegion(...generations)
    const [first = {}, second = {}] = generations
    world.mock
      .on(DescribeDBClustersCommand, {})
      .resolvesOnce({ DBClusters: [first, second] })
      .resolves({ DBClusters: [first] })
    world.mock.on(DescribeDBClustersCommand, { DBClusterIdentifier: older }).resolves({ DBClusters: [first] })
    expect(await destroy(aRunOfKey(world), someInputs({ keepLatest: 1 }))).toMatchObject({
      outcome: 'skipped',
      skipReason: 'latest',
    })
    expect(world.changes()).toEqual([])
  })

  test('keep-latest keeps all that there are: skipped', async () => {
    const world = aRegion(...generations)
    const outcome = await destroy(aRunOfKey(world), someInputs({ keepLatest: 2 }))
    expect(outcome).toEqual({ outcome: 'skipped', skipReason: 'latest' })
    expect(world.calls()).toEqual(['DescribeDBClusters'])
  })

  describe('keep-latest keeps what a run may be making', () => {
    const night = (generation: string, tags: Readonly<Record<string, string | undefined>> = {}) =>
      awsCloneOf(
        { key: 'nightly', generation },
        { 'aurora-clone:created-at': `2026-11-${generation}T03:00:00.000Z`, ...tags },
      )
    const NEVER_READY = { 'aurora-clone:ready-at': undefined }
    const [FIRST, IN_USE] = [night('19'), night('20')]
    const YOUNG = night('21', { ...NEVER_READY, 'aurora-clone:created-at': '2026-11-21T09:00:00.001Z' })
    const AN_HOUR_OLD = night('21', { ...NEVER_READY, 'aurora-clone:created-at': '2026-11-21T09:00:00.000Z' })
    const deleted = (world: World) =>
      world
        .changes()
        .filter((change) => change.startsWith('DeleteDBCluster '))
        .map((change) => change.slice('DeleteDBCluster '.length))
    const idsOf = (...clones: readonly (typeof FIRST)[]) => clones.map(({ DBClusterIdentifier: id }) => id)

    test.each([
      ['younger than an hour: kept', YOUNG, idsOf(FIRST)],
      ['an hour old: a night that failed', AN_HOUR_OLD, idsOf(FIRST, AN_HOUR_OLD)],
    ])('never ready, %s', async (_, newest, expected) => {
      const world = aRegion(FIRST, IN_USE, newest)
      const outcome = await destroy(aRunOfKey(world), someInputs({ keepLatest: 1 }))
      expect(outcome.outcome).toBe('deleting')
      expect(deleted(world).toSorted()).toEqual(expected)
    })

    test('never ready, at an unknown time: kept, and what is old by number still goes', async () => {
      const world = aRegion(FIRST, IN_USE, AN_HOUR_OLD)
      const context = { ...aRunOfKey(world), aws: { ...world.aws, awsNow: () => undefined } }
      await destroy(context, someInputs({ keepLatest: 1 }))
      expect(deleted(world)).toEqual(idsOf(FIRST))
    })

    test('AWS has been at it for hours, as it is with a full copy: kept', async () => {
      const world = aRegion(FIRST, IN_USE, { ...AN_HOUR_OLD, Status: 'creating' })
      await destroy(aRunOfKey(world), someInputs({ keepLatest: 1 }))
      expect(deleted(world)).toEqual(idsOf(FIRST))
    })

    test('ready right before its deletion: kept, and so it is said', async () => {
      const world = aRegion(IN_USE, AN_HOUR_OLD)
      world.mock
        .on(DescribeDBClustersCommand, {})
        .resolvesOnce({ DBClusters: [awsSource(), IN_USE, AN_HOUR_OLD] })
        .resolves({ DBClusters: [awsSource(), IN_USE, night('21')] })
      for (const clone of [IN_USE, night('21')])
        world.mock
          .on(DescribeDBClustersCommand, { DBClusterIdentifier: clone.DBClusterIdentifier })
          .resolves({ DBClusters: [clone] })
      expect(await destroy(aRunOfKey(world), someInputs({ keepLatest: 1 }))).toMatchObject({
        outcome: 'skipped',
        skipReason: 'latest',
        removals: [{ result: 'kept' }],
      })
      expect(world.changes()).toEqual([])
    })

    test('nothing else is there: skipped', async () => {
      for (const clones of [[YOUNG], [IN_USE, YOUNG]]) {
        const world = aRegion(...clones)
        expect(await destroy(aRunOfKey(world), someInputs({ keepLatest: 1 }))).toEqual({
          outcome: 'skipped',
          skipReason: 'latest',
        })
        expect(world.changes()).toEqual([])
      }
    })

    test('without keep-latest all go', async () => {
      const world = aRegion(IN_USE, YOUNG)
      await destroy(aRunOfKey(world), someInputs())
      expect(deleted(world).toSorted()).toEqual(idsOf(IN_USE, YOUNG))
    })
  })

  test.each([
    [
      undefined,
      ['clone-nightly-shop-20261120-4bf4fdac2af23c7b', 'clone-nightly-shop-20261121-0c3e6a5cb4db5ca7'],
    ],
    ['20261120', ['clone-nightly-shop-20261120-4bf4fdac2af23c7b']],
  ])('generation %s', async (generation, identifiers) => {
    const world = aRegion(...generations)
    await destroy(
      aRun(world, {
        owner: { ...owner, generation },
        event: { action: '', label: undefined },
        pullRequest: aPullRequest(OPEN),
      }),
      someInputs(),
    )
    expect(
      identifiers.map((identifier) => world.changes().filter((change) => change.includes(identifier))),
    ).toEqual(identifiers.map(pairOf))
    expect(world.changes()).toHaveLength(2 * identifiers.length)
  })
})

describe('cancelled: nothing new is started, what stands is reported', () => {
  test('before anything', async () => {
    const world = aRegion(PLAIN, NAMED)
    const context = aRun(world)
    world.controller.abort()
    const outcome = await destroy(context, someInputs())
    expect(outcome).toMatchObject({
      outcome: undefined,
      failure: { title: 'Cancelled' },
      removals: [
        {
          clone: {
            identifier: CLONE,
            state: 'undeleted',
            undeleted: { because: 'the run was cut off before it was done', isProtected: false },
          },
          result: 'cancelled',
          because: `The run was cancelled. Clone "${CLONE}" stands at: cluster available.`,
        },
        { clone: { identifier: BILLING, state: 'undeleted' }, result: 'cancelled' },
      ],
    })
    expect(world.changes()).toEqual([])
    // Their comments must not go on to say that they are ready.
    expect(context.announced.map(({ state }) => state)).toEqual(['undeleted', 'undeleted'])
  })

  test('after one deletion was accepted, while another waits to be taken: both are reported', async () => {
    const world = aRegion({ ...PLAIN, Status: 'creating' }, NAMED)
    world.mock
      .on(DeleteDBClusterCommand, { DBClusterIdentifier: CLONE })
      .rejects(fault('DeleteDBCluster', 'InvalidDBClusterStateFault', { message: 'not available' }))
    world.clock.onSleep = () => {
      world.controller.abort()
    }
    const outcome = await destroy(aRun(world), someInputs())
    expect(outcome).toMatchObject({
      outcome: 'deleting',
      failure: { title: 'Cancelled' },
      removals: [
        { clone: { identifier: CLONE }, result: 'cancelled' },
        { clone: { identifier: BILLING }, result: 'deleting' },
      ],
    })
  })

  test('while waiting for the end of a deletion: AWS goes on with it', async () => {
    const world = aRegion(PLAIN)
    world.mock
      .on(DescribeDBClustersCommand, { DBClusterIdentifier: CLONE })
      .resolvesOnce({ DBClusters: [PLAIN] })
      .resolvesOnce({ DBClusters: [PLAIN] })
      .resolves({ DBClusters: [{ ...PLAIN, Status: 'deleting' }] })
    world.clock.onSleep = () => {
      world.controller.abort()
    }
    const outcome = await destroy(aRun(world), someInputs({ wait: true }))
    expect(outcome).toMatchObject({
      failure: { title: 'Cancelled' },
      removals: [{ clone: { identifier: CLONE }, result: 'deleting' }],
    })
    expect(world.changes()).toEqual(PAIR)
  })

  test('a look that was broken off is a cancellation too', async () => {
    const world = aRegion(PLAIN)
    world.mock
      .on(DescribeDBClustersCommand, { DBClusterIdentifier: CLONE })
      .rejects(fault('DescribeDBClusters', 'AbortError', { httpStatus: undefined }))
    expect(await destroy(aRun(world), someInputs())).toMatchObject({
      failure: { title: 'Cancelled' },
      removals: [{ result: 'cancelled' }],
    })
  })

  test('without any clone: nothing is said to be gone', async () => {
    const world = aRegion()
    const context = aRun(world)
    world.controller.abort()
    await expect(destroy(context, someInputs())).rejects.toMatchObject({
      title: 'Cancelled',
      what: 'The run was cancelled. There is no clone of pull request #42 in the listing.',
    })
    expect(world.changes()).toEqual([])
    expect(context.announced).toEqual([])
  })
})
