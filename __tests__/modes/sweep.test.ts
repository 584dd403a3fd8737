import {
  type DBCluster,
  DeleteDBClusterCommand,
  DeleteDBInstanceCommand,
  DescribeDBClustersCommand,
  DescribeDBInstancesCommand,
} from '@aws-sdk/client-rds'
import { describe, expect, test } from '@jest/globals'
import { repositoryLabels } from '../../src/github/labels.ts'
import { livePullRequests } from '../../src/github/pull-request.ts'
import type { SweepInputs } from '../../src/inputs.ts'
import { sweep } from '../../src/modes/sweep.ts'
import type { CloneReport, Outcome } from '../../src/outcome.ts'
import {
  DAY,
  HOUR,
  MINUTE,
  NOW_MS,
  RUN_INPUTS,
  awsCloneOf,
  awsInstance,
  awsSource,
  fault,
  tagList,
} from '../factories.ts'
import { FakeGitHub, aPull, httpError } from '../github/fake-api.ts'
import { type World, aWorld } from '../world.ts'

type Clone = ReturnType<typeof awsCloneOf>

function someInputs(overrides: Partial<SweepInputs> = {}): SweepInputs {
  return {
    ...RUN_INPUTS,
    mode: 'sweep',
    scope: 'repository',
    dryRun: false,
    maxDeletions: 20,
    keepLatest: 0,
    ...overrides,
  }
}

const at = (ms: number): string => new Date(ms).toISOString()
const LABEL = { 'aurora-clone:label': 'clone-db' }
const EXPIRED = { 'aurora-clone:expires-at': at(NOW_MS - HOUR) }
const HELD = { 'aurora-clone:hold': 'true' }

/** The pull requests of the repository: 42, 44 and 45 are open, 45 without the label; 43 is closed. */
const USED = awsCloneOf({}, LABEL)
const OF_CLOSED = awsCloneOf({ key: 'pr-43' }, LABEL)
const OUTLIVED = awsCloneOf({ key: 'pr-44' }, { ...LABEL, ...EXPIRED })
const UNLABELLED = awsCloneOf({ key: 'pr-45' }, LABEL)
const NIGHTLY = awsCloneOf({ key: 'nightly' }, EXPIRED)
const ALL = [USED, OF_CLOSED, OUTLIVED, UNLABELLED, NIGHTLY]
const DUE = [OF_CLOSED, OUTLIVED, UNLABELLED, NIGHTLY]

const idOf = ({ DBClusterIdentifier: id }: Clone): string => id
const pairOf = (clone: Clone) => [`DeleteDBInstance ${idOf(clone)}-1`, `DeleteDBCluster ${idOf(clone)}`]

function aGitHub(): FakeGitHub {
  const github = new FakeGitHub()
  const unlabelled = aPull({ number: 45, labels: [] })
  github.openPages = [[aPull(), aPull({ number: 44 })], [unlabelled]]
  github.pulls.set(43, aPull({ number: 43, state: 'closed' }))
  github.pulls.set(45, unlabelled)
  return github
}

interface Region extends World {
  /** What AWS shows of a clone from now on, when it is asked for that one. */
  readonly becomes: (clone: Clone, changed: DBCluster) => void
  /** What AWS lists from now on. */
  readonly lists: (...clones: readonly Clone[]) => void
}

/** AWS with these clones, a source, and a moment that passes with each look at a single cluster. */
function aRegion(...clones: readonly Clone[]): Region {
  const world = aWorld()
  let listed = clones
  const now = new Map<string, DBCluster>(clones.map((clone) => [idOf(clone), clone]))
  world.mock
    .on(DescribeDBClustersCommand)
    .callsFake(({ DBClusterIdentifier: id }: { DBClusterIdentifier?: string }) => {
      if (id === undefined) return { DBClusters: [awsSource(), ...listed] }
      world.clock.pass(1)
      const cluster = now.get(id)
      if (cluster === undefined) throw fault('DescribeDBClusters', 'DBClusterNotFoundFault')
      return { DBClusters: [cluster] }
    })
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
      DBInstances: (now.get(owner)?.DBClusterMembers ?? []).map(({ DBInstanceIdentifier }) =>
        awsInstance({ DBInstanceIdentifier, DBClusterIdentifier: owner }),
      ),
    }),
  )
  return {
    ...world,
    becomes(clone, changed) {
      now.set(idOf(clone), { ...clone, ...changed })
    },
    lists(...others) {
      listed = others
    },
  }
}

async function run(
  world: Pick<World, 'aws' | 'clock'>,
  overrides: Partial<SweepInputs> = {},
  github = aGitHub(),
) {
  const told: CloneReport[] = []
  const expiring: string[] = []
  const repository = { id: '4711', owner: 'acme', name: 'shop', visibility: 'private' } as const
  // GitHub takes its time.
  const connect = () => {
    world.clock.pass(1)
    return Promise.resolve(github)
  }
  const outcome = await sweep(
    {
      aws: world.aws,
      region: 'eu-west-1',
      server: 'github.com',
      repositoryId: '4711',
      startedAtMs: NOW_MS,
      announce: (clone) => {
        told.push(clone)
      },
      announceExpiry: ({ identifier }) => {
        expiring.push(identifier)
      },
      pullRequests: livePullRequests({ clock: world.clock, connect, repository }),
      labels: repositoryLabels(connect),
    },
    someInputs(overrides),
  )
  return { outcome, told, expiring, github }
}

const rowsOf = (outcome: Outcome) => (outcome.outcome === 'swept' ? outcome.sweep.rows : [])
/** AWS's answers do not say what time it is there. */
const timeless = ({ aws, clock }: World): Pick<World, 'aws' | 'clock'> => ({
  aws: { ...aws, awsNow: () => undefined },
  clock,
})
/** The rows, each by the key of its clone. */
function resultsOf(outcome: Outcome): Readonly<Record<string, readonly (string | undefined)[]>> {
  return Object.fromEntries(
    rowsOf(outcome).map(({ clone, reason, result, detail }) => [clone.key, [result, reason, detail]]),
  )
}
/** What people were told of each clone, by its key or another name. */
function fatesOf(
  told: readonly CloneReport[],
  nameOf = ({ key }: CloneReport): string => key,
): Readonly<Record<string, unknown>> {
  return Object.fromEntries(
    told.map((clone) => [
      nameOf(clone),
      {
        state: clone.state,
        ...('removalReason' in clone ? { removalReason: clone.removalReason } : {}),
        ...('undeleted' in clone ? { undeleted: clone.undeleted } : {}),
      },
    ]),
  )
}
const plan = (outcome: Outcome) =>
  rowsOf(outcome).map(({ clone, action, reason }) => [clone.identifier, action, reason])

describe('a dry run', () => {
  test('shows what is due, and changes nothing', async () => {
    const world = aRegion(...ALL)
    const { outcome, told, github } = await run(world, { dryRun: true })
    expect(outcome).toMatchObject({
      outcome: 'swept',
      sweep: { scope: 'repository', dryRun: true, isStopped: false },
    })
    expect(outcome).not.toHaveProperty('failure')
    expect(outcome).not.toHaveProperty('warnings')
    expect(resultsOf(outcome)).toEqual({
      'pr-42': [undefined, 'in-use', undefined],
      'pr-43': [undefined, 'pull-request-closed', undefined],
      'pr-44': [undefined, 'expired', undefined],
      'pr-45': [undefined, 'label-missing', undefined],
      nightly: [undefined, 'expired', undefined],
    })
    expect(world.calls()).toEqual(['DescribeDBClusters'])
    expect(told).toEqual([])
    // Only what is not open needs a call of its own.
    expect(github.calls).toEqual(['openPullRequests', 'openPullRequests', 'pullRequest 43', 'labels'])
  })

  test('tells of each clone what people want to know, in the log too', async () => {
    const world = aRegion(NIGHTLY)
    const { outcome, github } = await run(world, { dryRun: true })
    // No clone is a pull request's: GitHub is not asked.
    expect(github.calls).toEqual([])
    expect(rowsOf(outcome)).toMatchObject([
      {
        clone: { identifier: idOf(NIGHTLY), instanceClass: 'db.serverless', region: 'eu-west-1' },
        repository: 'acme/shop',
        generation: '',
        ageMs: 90 * MINUTE,
        action: 'delete',
      },
    ])
    expect(world.log.lines.slice(-2)).toEqual([
      `info: would delete  ${idOf(NIGHTLY)}  (1h30m old): expired`,
      'info: Dry run: nothing was deleted. Set `dry-run: false` to delete.',
    ])
    expect(world.log.lines).toContain(
      'info: Aurora clusters in eu-west-1: 2, clones of this repository among them: 1',
    )
  })

  test('at an unknown time, and why it stays', async () => {
    const clone = awsCloneOf({ key: 'nightly' }, { ...EXPIRED, 'aurora-clone:repository': undefined })
    const world = aRegion(clone)
    const { outcome } = await run(timeless(world), { dryRun: true })
    expect(rowsOf(outcome)).toMatchObject([
      { ageMs: undefined, repository: undefined, reason: 'time-unknown' },
    ])
    expect(world.log.lines.at(-1)).toBe(
      `info: would keep  ${idOf(clone)}  (of unknown age): AWS did not tell its time`,
    )
  })
})

describe('a real run', () => {
  test('deletes what the dry run listed, oldest first in both, and says so', async () => {
    const clones = ALL.map((clone, index) => {
      const created = { Key: 'aurora-clone:created-at', Value: at(NOW_MS - DAY + index * HOUR) }
      const others = (clone.TagList ?? []).filter(({ Key }) => Key !== created.Key)
      return { ...clone, TagList: [...others, created], ClusterCreateTime: new Date(created.Value) }
    })
    const dry = await run(aRegion(...clones.toReversed()), { dryRun: true })
    const world = aRegion(...clones)
    const real = await run(world)
    expect(plan(real.outcome)).toEqual(plan(dry.outcome))
    expect(rowsOf(real.outcome).map(({ clone }) => clone.key)).toEqual([
      'pr-42',
      'pr-43',
      'pr-44',
      'pr-45',
      'nightly',
    ])
    expect(resultsOf(real.outcome)).toEqual({
      'pr-42': [undefined, 'in-use', undefined],
      'pr-43': ['deleting', 'pull-request-closed', undefined],
      'pr-44': ['deleting', 'expired', undefined],
      'pr-45': ['deleting', 'label-missing', undefined],
      nightly: ['deleting', 'expired', undefined],
    })
    expect(real.outcome).not.toHaveProperty('failure')
    expect(world.changes().toSorted()).toEqual(DUE.flatMap(pairOf).toSorted())
    expect(world.clock.sleeps).toEqual([])
  })

  test('people are told of what went, and why', async () => {
    const { told } = await run(aRegion(...ALL))
    expect(fatesOf(told)).toEqual({
      'pr-43': { state: 'deleting', removalReason: 'pull-request-closed' },
      'pr-44': { state: 'deleting', removalReason: 'expired' },
      'pr-45': { state: 'deleting', removalReason: 'label-missing' },
      nightly: { state: 'deleting', removalReason: 'expired' },
    })
  })

  test('each pull request is read again right before the deletion, keys of the user’s have none', async () => {
    const { github } = await run(aRegion(...ALL))
    expect(github.calls.slice(4).toSorted()).toEqual(['pullRequest 43', 'pullRequest 44', 'pullRequest 45'])
  })

  test('the log says what became of each, in the words of the summary', async () => {
    const going = awsCloneOf({ key: 'pr-44', name: 'going' }, LABEL, { Status: 'deleting' })
    const held = awsCloneOf({ key: 'pr-43', name: 'held' }, { ...LABEL, ...HELD })
    const world = aRegion(USED, OF_CLOSED, going, held)
    await run(world)
    const told = world.log.lines.filter((line) => line.includes('1h30m old'))
    expect(told.toSorted()).toEqual(
      [
        `info: already being deleted  ${idOf(going)}  (1h30m old): AWS is deleting it`,
        `info: deleting  ${idOf(OF_CLOSED)}  (1h30m old): pull request is closed`,
        `info: kept  ${idOf(USED)}  (1h30m old): wanted`,
        `info: kept  ${idOf(held)}  (1h30m old): held (its tag aurora-clone:hold is "true")`,
      ].toSorted(),
    )
    expect(world.log.lines.join()).not.toContain('Dry run')
  })

  test('nothing is due', async () => {
    const world = aRegion(USED)
    const { outcome } = await run(world)
    expect(plan(outcome)).toEqual([[idOf(USED), 'keep', 'in-use']])
    expect(world.calls()).toEqual(['DescribeDBClusters'])
  })

  test('there are no clones', async () => {
    const { outcome } = await run(aRegion())
    expect(outcome).toEqual({
      outcome: 'swept',
      sweep: { scope: 'repository', dryRun: false, isStopped: false, rows: [] },
    })
  })

  describe('what is not ours is not even listed', () => {
    const copy = { ...USED, DBClusterIdentifier: 'my-experiment' }
    const copyElsewhere = { ...awsCloneOf({ repositoryId: '5' }), DBClusterIdentifier: 'their-experiment' }
    const toldOf = (world: World) => world.log.lines.filter((line) => line.includes('experiment'))
    const LEFT = 'Cluster "my-experiment" is left alone, not provably a clone of this action'

    test('a copy of a clone that is there: whoever looks for it finds out why', async () => {
      const world = aRegion(USED, copy)
      const { outcome } = await run(world)
      expect(rowsOf(outcome).map(({ clone }) => clone.identifier)).toEqual([idOf(USED)])
      expect(toldOf(world)).toEqual([expect.stringContaining(`info: ${LEFT}`)])
    })

    test('one whose clone is not there: somebody may have renamed it, and nobody will remove it', async () => {
      const world = aRegion(copy, copyElsewhere, awsCloneOf({ repositoryId: '5', key: 'pr-43' }))
      const { outcome, github } = await run(world)
      expect(rowsOf(outcome)).toEqual([])
      expect(outcome.failure).toBeUndefined()
      expect(github.calls).toEqual([])
      // Of other repositories nothing is said.
      expect(toldOf(world)).toEqual([expect.stringContaining(`warning: ${LEFT}`)])
    })

    test('one that AWS made at another time than its tag says: every sweep tells of it', async () => {
      const clone = { ...awsCloneOf({ key: 'nightly' }, EXPIRED), ClusterCreateTime: new Date(NOW_MS) }
      for (const overrides of [{}, { dryRun: true }, { scope: 'account' as const }]) {
        const world = aRegion(clone)
        const { outcome } = await run(world, overrides)
        expect(rowsOf(outcome)).toEqual([])
        expect(world.changes()).toEqual([])
        expect(world.log.lines).toContainEqual(
          expect.stringContaining(
            `warning: Cluster "${idOf(clone)}" is left alone, not provably a clone of this action: AWS did not make it at the time in its tag`,
          ),
        )
      }
    })

    test.each(
      ['version', 'cluster', 'server', 'repository-id', 'prefix', 'key', 'name', 'generation'].map(
        (tag) => `aurora-clone:${tag}`,
      ),
    )('one that lost its tag %s: the sweeps of its repository tell of it', async (tag) => {
      const clone = awsCloneOf({ key: 'nightly' }, { ...EXPIRED, [tag]: undefined })
      const world = aRegion(clone)
      await run(world)
      expect(world.changes()).toEqual([])
      expect(world.log.lines).toContainEqual(
        expect.stringContaining(`warning: Cluster "${idOf(clone)}" is left alone`),
      )
    })

    test.each(['server', 'repository-id'])(
      'one that lost its tag %s, of another repository by the hash in its name: not told',
      async (tag) => {
        const theirs = awsCloneOf(
          { repositoryId: '5', key: 'nightly' },
          { ...EXPIRED, [`aurora-clone:${tag}`]: undefined },
        )
        const world = aRegion(theirs)
        await run(world)
        expect(world.changes()).toEqual([])
        expect(world.log.lines.join()).not.toContain(idOf(theirs))
      },
    )

    test('of other repositories it is told in a sweep of the account', async () => {
      const world = aRegion(copyElsewhere)
      await run(world, { scope: 'account' })
      expect(toldOf(world)).toEqual([expect.stringContaining('warning: Cluster "their-experiment"')])
    })
  })

  test('keep-latest keeps the newest generation, and no pull request’s clone', async () => {
    const generation = (day: string) =>
      awsCloneOf(
        { key: 'nightly', generation: day },
        { ...EXPIRED, 'aurora-clone:created-at': `2026-11-${day}T03:00:00.000Z` },
      )
    const [older, newest] = [generation('19'), generation('20')]
    const world = aRegion(older, newest, OUTLIVED)
    const { outcome } = await run(world, { keepLatest: 1 })
    expect(rowsOf(outcome).map((row) => [row.generation, row.result, row.reason])).toEqual([
      ['19', 'deleting', 'expired'],
      ['20', undefined, 'latest'],
      ['', 'deleting', 'expired'],
    ])
    expect(world.changes().toSorted()).toEqual([...pairOf(older), ...pairOf(OUTLIVED)].toSorted())
  })
})

describe('a clone that expires within a day', () => {
  const SOON = { ...LABEL, 'aurora-clone:expires-at': at(NOW_MS + 20 * HOUR) }
  const ENDING = awsCloneOf({}, SOON)
  const OF_OTHERS = awsCloneOf({ repositoryId: '4712' }, SOON)
  const ALSO_ENDING = awsCloneOf({ incarnation: 2 }, { ...SOON, 'aurora-clone:ready-at': undefined })

  test.each<[string, Partial<SweepInputs>, readonly Clone[], readonly Clone[]]>([
    ['its users are told', {}, [ENDING, USED], [ENDING]],
    ['not in a dry run', { dryRun: true }, [ENDING], []],
    ['not those of another repository', { scope: 'account' }, [ENDING, OF_OTHERS], [ENDING]],
    ['and of several incarnations, of the one in use', {}, [ENDING, ALSO_ENDING], [ENDING]],
    ['not if it is due for another reason', {}, [awsCloneOf({ key: 'pr-43' }, SOON)], []],
  ])('%s', async (_, inputs, clones, expected) => {
    const { expiring } = await run(aRegion(...clones), inputs)
    expect(expiring).toEqual(expected.map(idOf))
  })
})

describe('something changed between the plan and the deletion', () => {
  const tags = (clone: Clone, changed: Readonly<Record<string, string>>): DBCluster => ({
    TagList: [...(clone.TagList ?? []).filter(({ Key = '' }) => !(Key in changed)), ...tagList(changed)],
  })
  const reopened = aPull({ number: 43 })
  const relabelled = aPull({ number: 45 })

  test.each<[string, Clone, (world: Region, github: FakeGitHub) => void, string, string]>([
    ['reopened', OF_CLOSED, (_, github) => github.pulls.set(43, reopened), 'kept', 'checked again: wanted'],
    [
      'relabelled',
      UNLABELLED,
      (_, github) => github.pulls.set(45, relabelled),
      'kept',
      'checked again: wanted',
    ],
    [
      'made for no label any more',
      UNLABELLED,
      (world) => {
        world.becomes(UNLABELLED, { TagList: awsCloneOf({ key: 'pr-45' }).TagList })
      },
      'kept',
      'checked again: wanted',
    ],
    [
      'extended',
      OUTLIVED,
      (world) => {
        world.becomes(OUTLIVED, tags(OUTLIVED, { 'aurora-clone:expires-at': at(NOW_MS + DAY) }))
      },
      'kept',
      'checked again: wanted',
    ],
    [
      'held',
      NIGHTLY,
      (world) => {
        world.becomes(NIGHTLY, tags(NIGHTLY, HELD))
      },
      'held',
      'its tag aurora-clone:hold is "true"',
    ],
    [
      'unreadable',
      OF_CLOSED,
      (_, github) => github.pulls.set(43, httpError(502)),
      'kept',
      'checked again: pull request cannot be read (GitHub answered 502: HTTP 502)',
    ],
  ])('%s: kept, and said why', async (name, clone, change, result, detail) => {
    const world = aRegion(USED, clone)
    const github = aGitHub()
    const group = world.log.group.bind(world.log)
    world.log.group = async (title, phase) => {
      if (title === 'Delete 1 of 2 clones') change(world, github)
      return await group(title, phase)
    }
    const { outcome, told } = await run(world, {}, github)
    const row = rowsOf(outcome).find(({ clone: { identifier } }) => identifier === idOf(clone))
    expect(row).toMatchObject({ action: 'delete', result, detail })
    // Nothing has changed for those whose clone it is, unless it is held now.
    expect(told.map(({ state }) => state)).toEqual(result === 'held' ? ['held'] : [])
    expect(world.changes()).toEqual([])
    // Whoever reads nothing at the second look has to know as well as at the first.
    expect(outcome.failure?.title).toBe(name === 'unreadable' ? 'Sweep incomplete' : undefined)
  })

  const NIGHTS = ['19', '20'].map((generation) =>
    awsCloneOf(
      { key: 'nightly', generation },
      { ...EXPIRED, 'aurora-clone:created-at': `2026-11-${generation}T03:00:00.000Z` },
    ),
  ) as [Clone, Clone]
  test.each<[string, (older: Clone, newer: Clone) => readonly Clone[]]>([
    ['failed', (older, newer) => [older, { ...newer, Status: 'storage-failure' }]],
    ['gone', (older) => [older]],
  ])('keep-latest, and the newer generation is %s since: the older one is kept', async (_, since) => {
    const world = aRegion(...NIGHTS)
    const group = world.log.group.bind(world.log)
    world.log.group = async (title, phase) => {
      if (title === 'Delete 1 of 2 clones') world.lists(...since(...NIGHTS))
      return await group(title, phase)
    }
    const { outcome } = await run(world, { keepLatest: 1 })
    expect(rowsOf(outcome).map(({ generation, result, detail }) => [generation, result, detail])).toEqual([
      ['19', 'kept', 'checked again: one of the newest generations'],
      ['20', undefined, undefined],
    ])
    expect(world.changes()).toEqual([])
  })

  test('another cluster has taken its name: refused, and the sweep fails', async () => {
    const world = aRegion(OF_CLOSED)
    world.becomes(OF_CLOSED, { DbClusterResourceId: 'cluster-OTHER' })
    const { outcome, told } = await run(world)
    expect(outcome).toMatchObject({
      failure: {
        title: 'Sweep incomplete',
        what: expect.stringContaining('1 of 1 clone could not be deleted. The first: '),
      },
      sweep: { rows: [{ result: 'refused', detail: 'another cluster has taken its name meanwhile' }] },
    })
    expect(world.changes()).toEqual([])
    expect(told.map(({ state }) => state)).toEqual(['undeleted'])
  })

  test('somebody else deleted it', async () => {
    const world = aRegion(OF_CLOSED)
    world.mock
      .on(DescribeDBClustersCommand, { DBClusterIdentifier: idOf(OF_CLOSED) })
      .rejects(fault('DescribeDBClusters', 'DBClusterNotFoundFault'))
    const { outcome } = await run(world)
    expect(resultsOf(outcome)).toEqual({ 'pr-43': ['destroyed', 'pull-request-closed', undefined] })
    expect(outcome.failure).toBeUndefined()
  })
})

test('those that AWS does not take yet hold nobody up, and wait side by side', async () => {
  const stuck = [1, 2, 3, 4, 5, 6].map((index) =>
    awsCloneOf({ key: 'pr-43', name: `n${index}` }, { 'aurora-clone:created-at': at(NOW_MS - 2 * DAY) }),
  )
  const world = aRegion(...stuck.map((clone) => ({ ...clone, Status: 'stopping' })), NIGHTLY)
  for (const clone of stuck) world.becomes(clone, { Status: 'stopping' })
  let deletedAtMs = Number.NaN
  world.mock.on(DeleteDBClusterCommand).callsFake(() => {
    deletedAtMs = world.clock.now()
    return {}
  })
  const { outcome } = await run(world)
  expect(rowsOf(outcome).map(({ result }) => result)).toEqual([...stuck.map(() => 'failed'), 'deleting'])
  expect(deletedAtMs - NOW_MS).toBeLessThan(MINUTE)
  expect(world.clock.now() - NOW_MS).toBeLessThan(32 * MINUTE)
})

describe('GitHub does not answer', () => {
  test('for the list: nothing goes, and the sweep fails', async () => {
    const world = aRegion(...ALL)
    const github = aGitHub()
    github.faults.set('openPullRequests', httpError(403))
    const { outcome } = await run(world, {}, github)
    expect(outcome).toMatchObject({
      outcome: 'swept',
      failure: {
        title: 'Sweep incomplete',
        what: 'The pull requests could not be read (GitHub answered 403: HTTP 403), so 5 clones could not be judged and were kept.',
        remedy: expect.stringContaining('pull-requests: write'),
      },
    })
    expect(world.changes()).toEqual([])
    expect(github.calls).toEqual(['openPullRequests'])
    expect(world.log.lines).toContain(
      'warning: The open pull requests could not be listed: GitHub answered 403: HTTP 403',
    )
  })

  test('for a later page of the list: the same', async () => {
    const world = aRegion(USED, OF_CLOSED)
    const github = aGitHub()
    github.openPages[1] = new Proxy([], {
      get() {
        throw httpError(502)
      },
    })
    const { outcome } = await run(world, {}, github)
    expect(outcome.failure?.title).toBe('Sweep incomplete')
    expect(world.changes()).toEqual([])
  })

  test.each([403, 404, 502])(
    'for one (%i): its clones stay, the others go, the sweep fails',
    async (status) => {
      const world = aRegion(
        OF_CLOSED,
        NIGHTLY,
        awsCloneOf({ key: 'pr-46', name: 'a' }),
        awsCloneOf({ key: 'pr-46' }),
      )
      const github = aGitHub()
      github.pulls.set(46, httpError(status))
      const { outcome } = await run(world, {}, github)
      expect(outcome.failure).toMatchObject({
        title: 'Sweep incomplete',
        what: `The pull requests could not be read (GitHub answered ${status}: HTTP ${status}), so 2 clones could not be judged and were kept.`,
      })
      expect(world.changes().toSorted()).toEqual([OF_CLOSED, NIGHTLY].flatMap(pairOf).toSorted())
      // Both clones are of one pull request: it is asked for once.
      expect(github.calls.filter((call) => call === 'pullRequest 46')).toEqual(['pullRequest 46'])
    },
  )

  test('in a dry run: a warning', async () => {
    const github = aGitHub()
    github.faults.set('openPullRequests', httpError(403))
    const { outcome } = await run(aRegion(USED), { dryRun: true }, github)
    expect(outcome.failure).toBeUndefined()
    expect(outcome).toMatchObject({
      warnings: [expect.stringContaining('so 1 clone could not be judged and was kept')],
    })
  })
})

describe('the repository does not have the label any more', () => {
  const unknown = (...clones: readonly Clone[]): string =>
    `The label of clones ${clones.map((clone) => `"${idOf(clone)}"`).join(', ')} no longer exists in the repository; they are kept until they expire.`
  const renamed = (): FakeGitHub => {
    const github = aGitHub()
    github.repositoryLabels = ['Database', 'docs']
    return github
  }
  const TWIN = awsCloneOf({ key: 'pr-45', name: 'twin' }, LABEL)

  test('that a pull request lacks it says nothing: kept, and the sweep says what to do', async () => {
    const world = aRegion(UNLABELLED, NIGHTLY)
    const { outcome } = await run(world, {}, renamed())
    expect(resultsOf(outcome)).toEqual({
      'pr-45': [undefined, 'label-unknown', 'the repository has no label "clone-db"'],
      nightly: ['deleting', 'expired', undefined],
    })
    expect(outcome.failure).toMatchObject({
      title: 'Sweep incomplete',
      what: unknown(UNLABELLED),
      remedy:
        'If the label was renamed, rename it in the workflow too: the next run takes its clone over. If it was deleted, run mode destroy for the pull request.',
    })
    expect(world.changes()).toEqual(pairOf(NIGHTLY))
  })

  test('in a dry run: a warning', async () => {
    const { outcome } = await run(aRegion(UNLABELLED), { dryRun: true }, renamed())
    expect(outcome.failure).toBeUndefined()
    expect(outcome).toMatchObject({
      warnings: [expect.stringMatching(/no longer exists in the repository; they are kept .*rename it/)],
    })
  })

  test('it has expired: it goes', async () => {
    const clone = awsCloneOf({ key: 'pr-45' }, { ...LABEL, ...EXPIRED })
    const world = aRegion(clone)
    const { outcome } = await run(world, {}, renamed())
    expect(resultsOf(outcome)).toEqual({ 'pr-45': ['deleting', 'expired', undefined] })
    expect(outcome.failure).toBeUndefined()
    expect(world.changes()).toEqual(pairOf(clone))
  })

  test('its pull request is closed: it goes, and the labels are nobody’s business', async () => {
    const { outcome, github } = await run(aRegion(OF_CLOSED), {}, renamed())
    expect(resultsOf(outcome)).toEqual({ 'pr-43': ['deleting', 'pull-request-closed', undefined] })
    expect(github.calls).not.toContain('labels')
  })

  test('listed once, for however many clones', async () => {
    const world = aRegion(UNLABELLED, TWIN)
    const { outcome, github } = await run(world, {}, renamed())
    expect(outcome.failure?.what).toBe(unknown(UNLABELLED, TWIN))
    expect(github.calls.filter((call) => call === 'labels')).toHaveLength(1)
  })

  test('whether it has, cannot be read: kept, and the sweep fails', async () => {
    const world = aRegion(UNLABELLED, TWIN, NIGHTLY)
    const github = aGitHub()
    github.faults.set('labels', httpError(403))
    const { outcome } = await run(world, {}, github)
    expect(
      rowsOf(outcome)
        .map(({ reason }) => reason)
        .toSorted(),
    ).toEqual(['expired', 'pull-request-unreadable', 'pull-request-unreadable'])
    expect(outcome.failure).toMatchObject({
      title: 'Sweep incomplete',
      what: 'The pull requests could not be read (GitHub answered 403: HTTP 403), so 2 clones could not be judged and were kept.',
    })
    expect(world.changes()).toEqual(pairOf(NIGHTLY))
    expect(github.calls.filter((call) => call === 'labels')).toHaveLength(1)
  })
})

describe('what only a person can decide fails the sweep, in one sentence each', () => {
  const NO_TIME = awsCloneOf({ key: 'no-time' }, { 'aurora-clone:expires-at': 'soon' })
  const NO_TIME_EITHER = awsCloneOf({ key: 'none-either' }, { 'aurora-clone:expires-at': undefined })
  const PROTECTED = awsCloneOf({ key: 'protected' }, EXPIRED, { DeletionProtection: true })
  const EXPIRY_SAYS = 'have no readable time in their tag aurora-clone:expires-at, so they were kept.'

  test('no readable time in the tag', async () => {
    const world = aRegion(NO_TIME, NIGHTLY)
    const { outcome } = await run(world)
    expect(rowsOf(outcome)).toContainEqual(
      expect.objectContaining({ action: 'keep', reason: 'expiry-unreadable' }),
    )
    expect(outcome.failure).toMatchObject({
      title: 'Sweep incomplete',
      what: `Clones "${idOf(NO_TIME)}" ${EXPIRY_SAYS}`,
      remedy: 'Run mode create or destroy for them.',
    })
    expect(world.changes()).toEqual(pairOf(NIGHTLY))
  })

  test('AWS does not say what time it is: nothing goes by its time, what is closed goes', async () => {
    const world = aRegion(OF_CLOSED, NIGHTLY)
    const { outcome } = await run(timeless(world))
    expect(resultsOf(outcome)).toEqual({
      'pr-43': ['deleting', 'pull-request-closed', undefined],
      nightly: [undefined, 'time-unknown', undefined],
    })
    expect(outcome.failure).toMatchObject({
      title: 'Sweep incomplete',
      what: `Clones "${idOf(NIGHTLY)}" were kept: AWS’s answers did not tell its time, so it is unknown whether they have expired.`,
      remedy: 'Let the proxy between the runner and AWS pass the Date header.',
    })
    expect(world.changes()).toEqual(pairOf(OF_CLOSED))
  })

  test('several of one kind share it, and the kinds stand side by side', async () => {
    const github = aGitHub()
    github.repositoryLabels = []
    const { outcome } = await run(aRegion(NO_TIME, NO_TIME_EITHER, UNLABELLED), {}, github)
    const what = outcome.failure?.what ?? ''
    expect(what.match(/clones "/gi)).toHaveLength(2)
    for (const clone of [NO_TIME, NO_TIME_EITHER, UNLABELLED]) expect(what).toContain(`"${idOf(clone)}"`)
    expect(what.split(EXPIRY_SAYS)).toHaveLength(2)
  })

  test('protected and due: a warning, since somebody wanted it so', async () => {
    const world = aRegion(PROTECTED)
    const { outcome } = await run(world)
    expect(resultsOf(outcome)).toEqual({
      protected: [undefined, 'protected', 'deletion protection is on'],
    })
    expect(world.log.lines).toContainEqual(
      expect.stringMatching(/^warning: Clone "clone-protected-.*" is due, but .*deletion protection/),
    )
    expect(outcome.failure).toBeUndefined()
  })

  test('protected, but not due: in use, and nobody’s concern', async () => {
    const { outcome } = await run(aRegion({ ...USED, DeletionProtection: true }))
    expect(resultsOf(outcome)).toEqual({ 'pr-42': [undefined, 'in-use', undefined] })
    expect(outcome.failure).toBeUndefined()
  })
})

describe('due, and it stays: people hear why, where they were told that it is ready', () => {
  const HELD_CLOSED = awsCloneOf({ key: 'pr-43', name: 'held' }, HELD)
  const PROTECTED_CLOSED = awsCloneOf({ key: 'pr-43', name: 'guarded' }, {}, { DeletionProtection: true })
  const GOING_CLOSED = awsCloneOf({ key: 'pr-43', name: 'going' }, {}, { Status: 'deleting' })
  const STAYING = [HELD_CLOSED, PROTECTED_CLOSED]

  test('held, and protected', async () => {
    const world = aRegion(...STAYING)
    const { outcome, told } = await run(world)
    expect(outcome.failure).toBeUndefined()
    expect(fatesOf(told, ({ name }) => name)).toEqual({
      held: { state: 'held' },
      guarded: {
        state: 'undeleted',
        undeleted: { because: 'deletion protection is on', isProtected: true },
      },
    })
    expect(world.changes()).toEqual([])
  })

  test('AWS is deleting it, as another run asked: so it is told, with the reason where that is known', async () => {
    const going = [43, 44].map((number) => awsCloneOf({ key: `pr-${number}` }, LABEL, { Status: 'deleting' }))
    const world = aRegion(...going)
    const { outcome, told } = await run(world)
    expect(outcome.failure).toBeUndefined()
    expect(fatesOf(told)).toEqual({
      'pr-43': { state: 'deleting', removalReason: 'pull-request-closed' },
      'pr-44': { state: 'deleting', removalReason: undefined },
    })
    expect(told).toHaveLength(2)
    expect(world.changes()).toEqual([])
  })

  test('in use: nothing is told', async () => {
    const { told } = await run(aRegion(USED, awsCloneOf({ key: 'pr-44' }, { ...LABEL, ...HELD })))
    expect(told).toEqual([])
  })

  test('in a dry run: nothing is told', async () => {
    expect((await run(aRegion(...STAYING, GOING_CLOSED), { dryRun: true })).told).toEqual([])
  })

  test('of another repository: nothing is told', async () => {
    const theirs = awsCloneOf({ repositoryId: '5', key: 'pr-43' }, { ...EXPIRED, ...HELD })
    const ours = awsCloneOf({ key: 'pr-43' }, { ...EXPIRED, ...HELD })
    const { told } = await run(aRegion(theirs, ours), { scope: 'account' })
    expect(told.map(({ identifier }) => identifier)).toEqual([idOf(ours)])
  })
})

describe('max-deletions', () => {
  test('exceeded: none is deleted, and the step fails', async () => {
    const world = aRegion(...ALL)
    const { outcome, told } = await run(world, { maxDeletions: 3 })
    expect(outcome).toMatchObject({
      outcome: 'swept',
      sweep: { isStopped: true },
      failure: {
        title: 'Sweep stopped',
        what: '4 clones are due, more than max-deletions (3), so none was deleted.',
        remedy:
          'Check the table in the summary: if it is right, run the sweep once by hand with `max-deletions: 4` and `dry-run: false`.',
      },
    })
    expect(world.changes()).toEqual([])
    expect(told).toEqual([])
    expect(rowsOf(outcome).every(({ result }) => result === undefined)).toBe(true)
  })

  test('exceeded in a dry run: a warning', async () => {
    const { outcome } = await run(aRegion(...ALL), { maxDeletions: 3, dryRun: true })
    expect(outcome.failure).toBeUndefined()
    expect(outcome).toMatchObject({
      sweep: { isStopped: true },
      warnings: [expect.stringMatching(/^4 clones are due.*Check the table/)],
    })
  })

  test('exactly reached: all go', async () => {
    const world = aRegion(...ALL)
    expect((await run(world, { maxDeletions: 4 })).outcome.failure).toBeUndefined()
    expect(world.changes()).toHaveLength(8)
  })

  test('held and young ones do not count', async () => {
    const held = awsCloneOf({ key: 'pr-43', name: 'held' }, HELD)
    const young = awsCloneOf({ key: 'weekly' }, { ...EXPIRED, 'aurora-clone:created-at': at(NOW_MS) })
    const world = aRegion(OF_CLOSED, held, young)
    expect((await run(world, { maxDeletions: 1 })).outcome.failure).toBeUndefined()
    expect(world.changes()).toEqual(pairOf(OF_CLOSED))
  })
})

test('a deletion that fails does not keep the others', async () => {
  const world = aRegion(...ALL)
  world.mock
    .on(DeleteDBInstanceCommand, { DBInstanceIdentifier: `${idOf(OF_CLOSED)}-1` })
    .rejects(fault('DeleteDBInstance', 'AccessDenied', { httpStatus: 403, message: 'no' }))
  const { outcome } = await run(world)
  expect(outcome).toMatchObject({
    outcome: 'swept',
    failure: {
      title: 'Sweep incomplete',
      what: '1 of 4 clones could not be deleted. The first: DeleteDBInstance failed: AccessDenied: no.',
    },
  })
  expect(resultsOf(outcome)).toEqual({
    'pr-42': [undefined, 'in-use', undefined],
    'pr-43': ['failed', 'pull-request-closed', 'DeleteDBInstance failed: AccessDenied: no.'],
    'pr-44': ['deleting', 'expired', undefined],
    'pr-45': ['deleting', 'label-missing', undefined],
    nightly: ['deleting', 'expired', undefined],
  })
})

test('failed deletions and unreadable pull requests are told together', async () => {
  const world = aRegion(OF_CLOSED, awsCloneOf({ key: 'pr-46' }))
  world.mock.on(DeleteDBClusterCommand).rejects(fault('DeleteDBCluster', 'AccessDenied', { httpStatus: 403 }))
  const github = aGitHub()
  github.pulls.set(46, httpError(404))
  const { outcome } = await run(world, {}, github)
  expect(outcome.failure?.what).toMatch(/^1 of 1 clone could not be deleted\. .* could not be read /)
})

describe('cancelled', () => {
  test('in between: what was begun is finished, nothing new is started, and all of it is told', async () => {
    const clones = [1, 2, 3, 4, 5, 6].map((index) =>
      awsCloneOf({ key: 'nightly', name: `n${index}` }, EXPIRED),
    )
    const world = aRegion(...clones)
    world.mock.on(DeleteDBInstanceCommand).callsFake(() => {
      world.controller.abort()
      return {}
    })
    const { outcome } = await run(world)
    expect(outcome).toMatchObject({ outcome: 'swept', failure: { title: 'Cancelled' } })
    const results = rowsOf(outcome).map(({ result }) => result)
    expect(results.slice(4)).toEqual(['cancelled', 'cancelled'])
    expect(results).toContain('deleting')
    const begun = world.changes().filter((call) => call.startsWith('DeleteDBInstance'))
    const finished = world.changes().filter((call) => call.startsWith('DeleteDBCluster'))
    expect(begun.map((call) => call.slice('DeleteDBInstance '.length, -2)).toSorted()).toEqual(
      finished.map((call) => call.slice('DeleteDBCluster '.length)).toSorted(),
    )
    expect(results.filter((result) => result === 'deleting')).toHaveLength(begun.length)
  })

  test('before anything', async () => {
    const world = aRegion(...DUE)
    world.controller.abort()
    const { outcome, told } = await run(world)
    expect(outcome.failure?.title).toBe('Cancelled')
    expect(rowsOf(outcome).map(({ result }) => result)).toEqual(DUE.map(() => 'cancelled'))
    expect(world.changes()).toEqual([])
    const undeleted = { because: 'the run was cut off before it was done' }
    expect(told).toMatchObject(DUE.map(() => ({ state: 'undeleted', undeleted })))
  })
})

describe('scope account', () => {
  const ELSEWHERE = awsCloneOf(
    { repositoryId: '5', key: 'pr-43' },
    { ...EXPIRED, 'aurora-clone:repository': 'acme/pay' },
  )
  const ELSEWHERE_USED = awsCloneOf({ repositoryId: '5', key: 'pr-7' }, LABEL)
  const OTHER_SERVER = awsCloneOf({ server: 'ghe.acme.example', repositoryId: '9', key: 'pr-1' }, EXPIRED)

  test('all repositories of this server go by time alone, without a word with GitHub', async () => {
    const world = aRegion(...ALL, ELSEWHERE, ELSEWHERE_USED, OTHER_SERVER)
    const { outcome, told, github } = await run(world, { scope: 'account' })
    expect(outcome).toMatchObject({ sweep: { scope: 'account' } })
    expect(outcome.failure).toBeUndefined()
    expect(world.changes().toSorted()).toEqual([OUTLIVED, NIGHTLY, ELSEWHERE].flatMap(pairOf).toSorted())
    expect(rowsOf(outcome).map(({ clone }) => clone.identifier)).not.toContain(idOf(OTHER_SERVER))
    expect(rowsOf(outcome).map(({ repository }) => repository)).toContain('acme/pay')
    expect(github.calls).toEqual([])
    // Comments only where this token may write them.
    expect(told.map(({ identifier }) => identifier).toSorted()).toEqual(
      [OUTLIVED, NIGHTLY].map(idOf).toSorted(),
    )
  })

  test('extended right before the deletion: kept', async () => {
    const world = aRegion(ELSEWHERE)
    world.becomes(ELSEWHERE, { TagList: awsCloneOf({ repositoryId: '5', key: 'pr-43' }).TagList })
    const { outcome } = await run(world, { scope: 'account' })
    expect(resultsOf(outcome)).toEqual({ 'pr-43': ['kept', 'expired', 'checked again: wanted'] })
  })

  test('keep-latest counts each repository’s generations by themselves', async () => {
    const of = (repositoryId: string) =>
      awsCloneOf({ repositoryId, key: 'nightly', generation: '20' }, EXPIRED)
    const world = aRegion(of('4711'), of('5'))
    await run(world, { scope: 'account', keepLatest: 1 })
    expect(world.changes()).toEqual([])
  })
})

test('a hundred clusters: one call, and five for each deletion', async () => {
  const clones = Array.from({ length: 99 }, (_, index) => awsCloneOf({ key: `pr-${1_000 + index}` }))
  const github = aGitHub()
  github.openPages = [clones.map((_, index) => aPull({ number: 1_000 + index }))]
  github.openPages[0]?.splice(0, 2)
  for (const number of [1_000, 1_001]) github.pulls.set(number, aPull({ number, state: 'closed' }))
  const world = aRegion(...clones)
  await run(world, {}, github)
  expect(world.calls()).toHaveLength(1 + 2 * 5)
  expect(world.mock.commandCalls(DescribeDBClustersCommand)[0]?.args[0].input).toMatchObject({
    MaxRecords: 100,
  })
})

describe('the comment of a clone whose former cluster a sweep has deleted', () => {
  const pair = (of: Parameters<typeof awsCloneOf>[0], tags: Readonly<Record<string, string>> = {}) => [
    awsCloneOf(of, tags),
    awsCloneOf({ ...of, incarnation: 2 }, { 'aurora-clone:replaces': '1' }),
  ]
  const [FORMER, NEXT] = pair({})

  test.each<[string, readonly Clone[], readonly (Clone | undefined)[], Partial<SweepInputs>]>([
    ['says that it is ready', pair({}), [NEXT], {}],
    ['also where the former one has expired before that', pair({}, EXPIRED), [NEXT], {}],
    [
      'but not of another repository: its pull request has the same number',
      pair({ repositoryId: '9' }),
      [],
      { scope: 'account' },
    ],
    [
      'and not while a reset of it is not finished',
      [
        FORMER,
        awsCloneOf({ incarnation: 2 }, { 'aurora-clone:replaces': '1', 'aurora-clone:resetting': 'run-7' }),
      ].filter((clone) => clone !== undefined),
      [],
      {},
    ],
  ])('%s', async (_, clones, expected, inputs) => {
    const { told } = await run(aRegion(...clones), inputs)
    const ready = told.filter(({ state }) => state === 'ready').map(({ identifier }) => identifier)
    expect(ready).toEqual(expected.map((clone) => clone && idOf(clone)))
  })
})
