import {
  AddTagsToResourceCommand,
  type AddTagsToResourceCommandInput,
  CreateDBInstanceCommand,
  type DBCluster,
  DeleteDBClusterCommand,
  DeleteDBInstanceCommand,
  DescribeDBClustersCommand,
  DescribeDBInstancesCommand,
  RestoreDBClusterToPointInTimeCommand,
} from '@aws-sdk/client-rds'
import { describe, expect, test } from '@jest/globals'
import type { InputName } from '../../src/contract.ts'
import type { PullRequestReading, Unreadable } from '../../src/demand.ts'
import { type AutoInputs, readInputs } from '../../src/inputs.ts'
import { auto } from '../../src/modes/auto.ts'
import {
  CLONE,
  CLONE_ARN,
  NOW_MS,
  SOURCE_ARN,
  WRITER,
  awsCloneOf,
  awsCluster,
  awsInstance,
  awsSource,
  fault,
  newTags,
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

function someInputs(values: Readonly<Partial<Record<InputName, string>>> = {}): AutoInputs {
  const all: typeof values = { 'source-cluster': 'orders', label: 'clone-db', ...values }
  const inputs = readInputs((name) => all[name] ?? '', { AWS_REGION: 'eu-west-1' })
  if (inputs.mode !== 'auto') throw new Error(`read as ${inputs.mode}`)
  return inputs
}

const LABEL = 'aurora-clone:label'
const LABELLED = awsCloneOf({}, { [LABEL]: 'clone-db' })
const PREVIEW = awsCloneOf({ name: 'billing' }, { [LABEL]: 'preview' })
const UNASKED = awsCloneOf({ name: 'by-hand' })
const OTHERS = awsCloneOf({ key: 'pr-43' }, { [LABEL]: 'clone-db' })
const pairOf = ({ DBClusterIdentifier: id }: { readonly DBClusterIdentifier: string }) => [
  `DeleteDBInstance ${id}-1`,
  `DeleteDBCluster ${id}`,
]
const PAIR = pairOf(LABELLED)
const ONE_LISTING = ['DescribeDBClusters']

function aRegion(...clones: readonly (DBCluster & { readonly DBClusterIdentifier: string })[]): World {
  const world = aWorld()
  world.mock.on(DescribeDBClustersCommand).resolves({ DBClusters: [awsSource(), OTHERS, ...clones] })
  world.mock
    .on(DescribeDBClustersCommand, { DBClusterIdentifier: CLONE })
    .rejects(fault('DescribeDBClusters', 'DBClusterNotFoundFault'))
  for (const clone of clones)
    world.mock
      .on(DescribeDBClustersCommand, { DBClusterIdentifier: clone.DBClusterIdentifier })
      .resolves({ DBClusters: [clone] })
  world.mock.on(DescribeDBInstancesCommand).resolves({ DBInstances: [awsInstance()] })
  return world
}

/** A run of this event, with the pull request as it is read one time after the other. */
function aRun(world: World, action: string, ...readings: readonly PullRequestReading[]) {
  const event = { action, label: action === 'unlabeled' ? 'clone-db' : undefined }
  return aContext(world, { event, pullRequest: aPullRequest(...readings) })
}

describe('open, with the label: what create does', () => {
  test.each(['labeled', 'synchronize', 'reopened', 'unlabeled', 'closed', ''])(
    'the clone is made, whatever the event (%j)',
    async (action) => {
      const world = aRegion()
      const mine = awsCluster({ TagList: tagList(newTags()) })
      world.mock
        .on(DescribeDBClustersCommand, { DBClusterIdentifier: CLONE })
        .resolves({ DBClusters: [mine] })
      world.mock.on(RestoreDBClusterToPointInTimeCommand).resolves({
        DBCluster: {
          ...mine,
          Status: 'creating',
          DBClusterMembers: [],
          ClusterCreateTime: new Date(NOW_MS),
        },
      })
      world.mock.on(CreateDBInstanceCommand).resolves({ DBInstance: awsInstance() })
      expect(await auto(aRun(world, action, OPEN), someInputs())).toMatchObject({
        outcome: 'ready',
        clone: { identifier: CLONE },
      })
      expect(world.changes()).toEqual([
        `RestoreDBClusterToPointInTime ${CLONE}`,
        `CreateDBInstance ${WRITER}`,
        `AddTagsToResource ${CLONE_ARN}`,
      ])
    },
  )

  test('the clone that is there is handed out, and the others of the pull request stay', async () => {
    const world = aRegion(LABELLED, PREVIEW, UNASKED)
    const context = aRun(world, 'synchronize', OPEN)
    const outcome = await auto(context, someInputs({ 'env-prefix': 'PG' }))
    expect(outcome).toMatchObject({ outcome: 'ready', created: false, envPrefix: 'PG' })
    expect(world.changes()).toEqual([`AddTagsToResource ${CLONE_ARN}`])
    expect(world.calls().filter((call) => call === 'DescribeDBClusters')).toHaveLength(1)
    expect(world.log.lines).toContain('info: Pull request #42 is open')
  })

  test('a slip in its shape is told now, and nothing is done', async () => {
    const world = aRegion()
    const run = auto(aRun(world, 'labeled', OPEN), someInputs({ 'min-acu': 'one' }))
    await expect(run).rejects.toMatchObject({ title: 'Invalid input' })
    expect(world.changes()).toEqual([])
  })

  test('a key of the user’s is always wanted', async () => {
    const nightly = awsCloneOf({ key: 'nightly' })
    const world = aRegion(nightly)
    const owner = { server: 'github.com', repositoryId: '4711', key: 'nightly' } as const
    const context = aContext(world, { owner: { ...owner, generation: undefined, number: undefined } })
    const inputs = someInputs({ 'clone-key': 'nightly', label: '' })
    const identifier = nightly.DBClusterIdentifier
    const writer = { DBInstanceIdentifier: `${identifier}-1`, DBClusterIdentifier: identifier }
    world.mock.on(DescribeDBInstancesCommand).resolves({ DBInstances: [awsInstance(writer)] })
    expect(await auto(context, inputs)).toMatchObject({ clone: { key: 'nightly' } })
  })

  test.each([
    ['orders', false],
    [SOURCE_ARN, true],
  ])('with source %s, clusters of other accounts are listed: %s', async (source, isShared) => {
    const world = aRegion(LABELLED)
    await auto(aRun(world, 'synchronize', OPEN), someInputs({ 'source-cluster': source }))
    const [listing] = world.mock.commandCalls(DescribeDBClustersCommand)
    expect(listing?.args[0].input.IncludeShared === true).toBe(isShared)
  })
})

describe('open, without the label', () => {
  test('nothing there: one listing, and nothing else', async () => {
    const world = aRegion()
    const context = aRun(world, 'synchronize', OPEN_WITHOUT_LABEL)
    expect(await auto(context, someInputs())).toEqual({ outcome: 'skipped', skipReason: 'label-missing' })
    expect(world.calls()).toEqual(ONE_LISTING)
    expect(context.announced).toEqual([])
    expect(context.pullRequest).toMatchObject({ ages: [0] })
  })

  test('a clone of that label goes, and people are told why', async () => {
    const world = aRegion(LABELLED)
    const context = aRun(world, 'unlabeled', OPEN_WITHOUT_LABEL)
    expect(await auto(context, someInputs())).toMatchObject({
      outcome: 'deleting',
      skipReason: 'label-missing',
      removals: [{ clone: { identifier: CLONE }, result: 'deleting' }],
    })
    expect(world.changes()).toEqual(PAIR)
    expect(context.announced).toMatchObject([{ state: 'deleting', removalReason: 'label-missing' }])
  })

  const open = (...labels: readonly string[]): PullRequestReading => ({
    kind: 'open',
    labels,
    fromFork: false,
  })
  test.each([
    ['made for another label that is there', PREVIEW, open('Preview'), []],
    ['made for another label that is gone too', PREVIEW, open('bug'), pairOf(PREVIEW)],
    ['made for no label', UNASKED, open(), []],
  ])('a clone that was %s', async (_, clone, reading, changes) => {
    const world = aRegion(clone)
    const outcome = await auto(aRun(world, 'unlabeled', reading), someInputs())
    expect(outcome).toMatchObject({
      outcome: changes.length === 0 ? 'skipped' : 'deleting',
      skipReason: 'label-missing',
    })
    expect(world.changes()).toEqual(changes)
    if (changes.length === 0) expect(world.calls()).toEqual(ONE_LISTING)
  })

  test.each<[string, PullRequestReading, DBCluster]>([
    ['the label is back', OPEN, LABELLED],
    ['it was asked for with a label that is there', open('preview'), awsCloneOf({}, { [LABEL]: 'preview' })],
  ])('right before the deletion %s: kept', async (_, reading, now) => {
    const world = aRegion(LABELLED)
    world.mock.on(DescribeDBClustersCommand, { DBClusterIdentifier: CLONE }).resolves({ DBClusters: [now] })
    const readings = [OPEN_WITHOUT_LABEL, reading, OPEN_WITHOUT_LABEL, reading]
    const context = aRun(world, 'unlabeled', ...readings)
    await auto(context, someInputs())
    expect(world.changes()).toEqual([])
    expect(context.announced).toEqual([])
  })

  test('the label is back right before the deletion, to stay: the run makes the clone ready', async () => {
    const world = aRegion(LABELLED)
    const context = aRun(world, 'unlabeled', OPEN_WITHOUT_LABEL, OPEN)
    expect(await auto(context, someInputs())).toMatchObject({
      outcome: 'ready',
      clone: { identifier: CLONE },
    })
    expect(world.changes()).toEqual([`AddTagsToResource ${CLONE_ARN}`])
  })

  describe('the repository does not have the label any more: it may have been renamed', () => {
    const RENAMED = ['clone-database', 'preview']
    /** The labels that the repository has, and how often that was asked. */
    const having = (known: readonly string[] | Unreadable) => {
      const asked: string[] = []
      const list = () => {
        asked.push('list')
        return Promise.resolve(known)
      }
      return { asked, labels: { list } }
    }

    test.each<[readonly string[] | Unreadable, string, string]>([
      [
        RENAMED,
        'Label unknown',
        'does not have the label "clone-db", and its repository no longer has that label either',
      ],
      [{ kind: 'unreadable', because: 'HTTP 502' }, 'Pull request cannot be read', 'HTTP 502'],
    ])('%j: kept, and the step fails', async (known, title, what) => {
      const world = aRegion(LABELLED)
      const { asked, labels } = having(known)
      const context = { ...aRun(world, 'synchronize', OPEN_WITHOUT_LABEL), labels }
      await expect(auto(context, someInputs())).rejects.toMatchObject({
        title,
        what: expect.stringContaining(what) as unknown,
      })
      expect(world.changes()).toEqual([])
      expect(asked).toEqual(['list'])
    })

    test('another lost label keeps no clone', async () => {
      const world = aRegion(LABELLED, PREVIEW)
      const context = { ...aRun(world, 'synchronize', OPEN_WITHOUT_LABEL), ...having(RENAMED) }
      expect(await auto(context, someInputs())).toMatchObject({
        outcome: 'deleting',
        clone: { identifier: PREVIEW.DBClusterIdentifier },
        failure: { title: 'Label unknown' },
      })
      expect(world.changes()).toEqual(pairOf(PREVIEW))
    })

    test.each(['clone-db', 'Clone-DB'])('the event says that %s was taken off: it goes', async (label) => {
      const world = aRegion(LABELLED)
      const { asked, labels } = having(RENAMED)
      const event = { action: 'unlabeled', label }
      const context = aContext(world, { event, labels, pullRequest: aPullRequest(OPEN_WITHOUT_LABEL) })
      expect(await auto(context, someInputs())).toMatchObject({ outcome: 'deleting' })
      expect(asked).toEqual([])
    })

    test('nothing there that was made for it: nobody asks', async () => {
      const { asked, labels } = having(RENAMED)
      const context = { ...aRun(aRegion(UNASKED), 'synchronize', OPEN_WITHOUT_LABEL), labels }
      expect(await auto(context, someInputs())).toMatchObject({ outcome: 'skipped' })
      expect(asked).toEqual([])
    })
  })
})

describe('closed: everything that the pull request owns', () => {
  test('whatever the names and labels, and whatever the inputs say', async () => {
    const world = aRegion(LABELLED, PREVIEW, UNASKED)
    const context = aRun(world, 'closed', CLOSED)
    const inputs = someInputs({ 'clone-name': 'billing', label: 'other', 'min-acu': 'one', ttl: 'x' })
    expect(await auto(context, inputs)).toMatchObject({
      outcome: 'deleting',
      skipReason: 'pull-request-closed',
      removals: [{ result: 'deleting' }, { result: 'deleting' }, { result: 'deleting' }],
    })
    expect(world.changes().toSorted()).toEqual([LABELLED, PREVIEW, UNASKED].flatMap(pairOf).toSorted())
    const removed = { removalReason: 'pull-request-closed' }
    expect(context.announced).toMatchObject([removed, removed, removed])
  })

  test('by a late push: the label that survived the merge asks for nothing', async () => {
    const world = aRegion(LABELLED)
    const outcome = await auto(aRun(world, 'synchronize', CLOSED), someInputs())
    expect(outcome).toMatchObject({ outcome: 'deleting', skipReason: 'pull-request-closed' })
    expect(world.changes()).toEqual(PAIR)
  })

  test('`wait: true` is about a clone that is wanted', async () => {
    const world = aRegion(LABELLED)
    expect(await auto(aRun(world, 'closed', CLOSED), someInputs({ wait: 'true' }))).toMatchObject({
      outcome: 'deleting',
    })
    expect(world.clock.sleeps).toEqual([])
  })

  test('nothing there: absent, and what its comment says is put right', async () => {
    const world = aRegion()
    const context = aRun(world, 'closed', CLOSED)
    expect(await auto(context, someInputs())).toEqual({
      outcome: 'absent',
      skipReason: 'pull-request-closed',
    })
    expect(world.changes()).toEqual([])
    expect(context.announced).toMatchObject([{ identifier: CLONE, state: 'destroyed' }])
  })

  test('held: kept, and said', async () => {
    const world = aRegion(awsCloneOf({}, { 'aurora-clone:hold': 'true' }))
    expect(await auto(aRun(world, 'closed', CLOSED), someInputs())).toMatchObject({
      outcome: 'skipped',
      skipReason: 'held',
    })
    expect(world.changes()).toEqual([])
  })

  test('reopened right before the deletion: kept, and handed out', async () => {
    const world = aRegion(LABELLED)
    expect(await auto(aRun(world, 'closed', CLOSED, OPEN), someInputs())).toMatchObject({
      outcome: 'ready',
      clone: { identifier: CLONE },
    })
    expect(world.changes()).toEqual([`AddTagsToResource ${CLONE_ARN}`])
  })

  test('opened and closed all the time: not for ever', async () => {
    const world = aRegion(LABELLED)
    const context = aRun(world, 'closed', CLOSED, OPEN, CLOSED, OPEN, CLOSED)
    expect(await auto(context, someInputs())).toMatchObject({
      outcome: 'skipped',
      skipReason: 'pull-request-open',
      removals: [{ result: 'kept', because: 'it is wanted again' }],
    })
    expect(world.changes()).toEqual([])
  })

  test('reopened when its writer is going already: a new writer is made', async () => {
    const world = aRegion()
    const busy = fault('DeleteDBCluster', 'InvalidDBClusterStateFault', { message: 'not now' })
    world.mock.on(DeleteDBClusterCommand).rejects(busy)
    const creating = awsCloneOf({}, { [LABEL]: 'clone-db', 'aurora-clone:ready-at': undefined })
    const others = { DBClusters: [awsSource(), OTHERS, creating] }
    world.mock.on(DescribeDBClustersCommand).resolves(others)
    world.mock
      .on(DescribeDBClustersCommand, { DBClusterIdentifier: CLONE })
      .resolves({ DBClusters: [creating] })
    const deleted = () => world.changes().includes(`DeleteDBInstance ${WRITER}`)
    const made = () => world.changes().includes(`CreateDBInstance ${WRITER}`)
    world.mock
      .on(DescribeDBInstancesCommand)
      .callsFake(() => ({ DBInstances: deleted() && !made() ? [] : [awsInstance()] }))
    world.mock.on(CreateDBInstanceCommand).resolves({ DBInstance: awsInstance() })
    const pullRequest = { read: () => Promise.resolve(deleted() ? OPEN : CLOSED) }
    const event = { action: 'closed', label: undefined }
    const outcome = await auto(aContext(world, { event, pullRequest }), someInputs())
    expect(outcome).toMatchObject({ outcome: 'ready' })
    expect(outcome.failure).toBeUndefined()
    expect(world.changes().slice(0, 3)).toEqual([
      `DeleteDBInstance ${WRITER}`,
      `DeleteDBCluster ${CLONE}`,
      `AddTagsToResource ${CLONE_ARN}`,
    ])
    expect(made()).toBe(true)
  })

  test('what is configured as the source is not deleted', async () => {
    const world = aRegion(LABELLED)
    const run = auto(aRun(world, 'closed', CLOSED), someInputs({ 'source-cluster': CLONE }))
    expect(await run).toMatchObject({ outcome: undefined, failure: { title: 'Cluster not owned' } })
    expect(world.changes()).toEqual([])
  })

  test('what cannot be deleted fails the step, with nothing else said', async () => {
    const world = aRegion(LABELLED)
    world.mock
      .on(DeleteDBInstanceCommand)
      .rejects(fault('DeleteDBInstance', 'AccessDenied', { httpStatus: 403 }))
    const outcome = await auto(aRun(world, 'closed', CLOSED), someInputs())
    expect(outcome).toMatchObject({ outcome: undefined, failure: { title: 'Missing IAM permission' } })
    expect(outcome).not.toHaveProperty('skipReason')
  })
})

describe('hold: a person’s word comes before the deletion', () => {
  const HOLD = 'aurora-clone:hold'
  const held = (value: string, overrides: DBCluster = {}) => awsCloneOf({}, { [HOLD]: value }, overrides)
  const LATER = '2026-12-01T00:00:00.000Z'
  const WRITTEN = `AddTagsToResource ${CLONE_ARN}`

  /** AWS shows what is written on the clone of pull request 42. */
  function aTaggingRegion(
    clone: ReturnType<typeof awsCloneOf>,
    ...others: readonly ReturnType<typeof awsCloneOf>[]
  ): World {
    const world = aRegion(clone, ...others)
    let now: DBCluster = clone
    world.mock
      .on(DescribeDBClustersCommand, { DBClusterIdentifier: CLONE })
      .callsFake(() => ({ DBClusters: [now] }))
    world.mock.on(AddTagsToResourceCommand).callsFake(({ Tags = [] }: AddTagsToResourceCommandInput) => {
      const others = (now.TagList ?? []).filter(({ Key }) => !Tags.some((tag) => tag.Key === Key))
      now = { ...now, TagList: [...others, ...Tags] }
      return {}
    })
    return world
  }
  const writtenOn = (world: World) =>
    world.mock.commandCalls(AddTagsToResourceCommand).flatMap(({ args }) => args[0].input.Tags)

  test.each([
    ['true', 'true', Infinity],
    ['a time', LATER, Date.parse(LATER)],
  ])('closed with hold %s: written, kept and said', async (_, hold, heldUntilMs) => {
    const world = aTaggingRegion(LABELLED)
    const context = aRun(world, 'closed', CLOSED)
    expect(await auto(context, someInputs({ hold }))).toMatchObject({
      outcome: 'skipped',
      skipReason: 'held',
      removals: [{ result: 'held', clone: { state: 'held', heldUntilMs } }],
    })
    expect(world.changes()).toEqual([WRITTEN])
    expect(writtenOn(world)).toEqual([{ Key: HOLD, Value: hold }])
    expect(context.announced).toMatchObject([{ state: 'held', heldUntilMs }])
  })

  test('closed with hold false: a held clone is released, and goes', async () => {
    const world = aTaggingRegion(held('true'))
    expect(await auto(aRun(world, 'closed', CLOSED), someInputs({ hold: 'false' }))).toMatchObject({
      outcome: 'deleting',
      skipReason: 'pull-request-closed',
    })
    expect(world.changes()).toEqual([WRITTEN, ...PAIR])
    expect(writtenOn(world)).toEqual([{ Key: HOLD, Value: 'false' }])
  })

  test.each<[string, PullRequestReading]>([
    ['closed', CLOSED],
    ['open without the label', OPEN_WITHOUT_LABEL],
  ])('%s: only the clone of the name that was given', async (_, reading) => {
    const world = aRegion(LABELLED, PREVIEW)
    const hold = 'true'
    await auto(aRun(world, 'closed', reading), someInputs({ hold, 'clone-name': 'billing' }))
    const tagged = world.mock.commandCalls(AddTagsToResourceCommand).map(({ args }) => args[0].input)
    expect(tagged).toEqual([{ ResourceName: PREVIEW.DBClusterArn, Tags: [{ Key: HOLD, Value: 'true' }] }])
    expect(world.changes()).toEqual(expect.arrayContaining(PAIR))
  })

  test('released by name: the others stay held', async () => {
    const [orders, customers] = [held('true'), awsCloneOf({ name: 'customers' }, { [HOLD]: 'true' })]
    const world = aRegion(orders, customers)
    const inputs = someInputs({ hold: 'false', 'clone-name': 'customers' })
    await auto(aRun(world, 'closed', CLOSED), inputs)
    expect(world.changes()).toEqual([`AddTagsToResource ${customers.DBClusterArn ?? ''}`])
  })

  test('open without the label, and nothing is to go: the clone of that name is held all the same', async () => {
    const world = aTaggingRegion(awsCloneOf({}, {}))
    const outcome = await auto(aRun(world, 'synchronize', OPEN_WITHOUT_LABEL), someInputs({ hold: 'true' }))
    expect(outcome).toEqual({ outcome: 'skipped', skipReason: 'label-missing' })
    expect(writtenOn(world)).toEqual([{ Key: HOLD, Value: 'true' }])
  })

  test('a clone that went meanwhile needs no tag: gone is what was wanted', async () => {
    const world = aRegion(LABELLED)
    const gone = { httpStatus: 404 }
    world.mock
      .on(AddTagsToResourceCommand)
      .rejects(fault('AddTagsToResource', 'DBClusterNotFoundFault', gone))
    world.mock
      .on(DescribeDBClustersCommand, { DBClusterIdentifier: CLONE })
      .rejects(fault('DescribeDBClusters', 'DBClusterNotFoundFault', gone))
    expect(await auto(aRun(world, 'closed', CLOSED), someInputs({ hold: 'true' }))).toMatchObject({
      outcome: 'destroyed',
    })
  })

  test('a clone that stays cannot be held: the others go, and the step fails', async () => {
    const world = aRegion(UNASKED, PREVIEW)
    const denied = fault('AddTagsToResource', 'AccessDenied', { httpStatus: 403 })
    world.mock.on(AddTagsToResourceCommand).rejects(denied)
    const inputs = someInputs({ hold: 'true', 'clone-name': 'by-hand' })
    expect(await auto(aRun(world, 'unlabeled', OPEN_WITHOUT_LABEL), inputs)).toMatchObject({
      outcome: 'deleting',
      failure: { title: 'Missing IAM permission' },
    })
    expect(world.changes()).toEqual(expect.arrayContaining(pairOf(PREVIEW)))
  })

  test('held by hand when its writer is going already: the step fails, and nobody is told that it is ready', async () => {
    const creating = awsCloneOf({}, {}, { Status: 'creating' })
    const world = aRegion(creating)
    const busy = fault('DeleteDBCluster', 'InvalidDBClusterStateFault', { message: 'not now' })
    world.mock.on(DeleteDBClusterCommand).rejects(busy)
    world.mock.on(DescribeDBClustersCommand, { DBClusterIdentifier: CLONE }).callsFake(() => ({
      DBClusters: [world.changes().length === 0 ? creating : held('true', { Status: 'creating' })],
    }))
    const context = aRun(world, 'closed', CLOSED)
    expect(await auto(context, someInputs())).toMatchObject({
      outcome: 'skipped',
      skipReason: 'held',
      clone: { state: 'failed' },
      failure: { title: 'Clone without a writer' },
    })
    expect(context.announced).toMatchObject([{ state: 'failed' }])
  })

  test('unlabelled with hold true: the clones of that label alone', async () => {
    const world = aTaggingRegion(LABELLED, UNASKED)
    const outcome = await auto(
      aRun(world, 'unlabeled', OPEN_WITHOUT_LABEL),
      someInputs({ hold: 'true', label: 'clone-db' }),
    )
    expect(outcome).toMatchObject({ skipReason: 'held', removals: [{ clone: { identifier: CLONE } }] })
    expect(world.changes()).toEqual([WRITTEN])
  })

  test.each<[string, ReturnType<typeof awsCloneOf>, string, readonly string[]]>([
    ['held, as it is', held('true'), 'true', []],
    ['held until that time, as it is', held(LATER), LATER, []],
    ['not held, without the tag', LABELLED, 'false', PAIR],
    ['not held, with the tag', held('false'), 'false', PAIR],
    ['being deleted', awsCloneOf({}, {}, { Status: 'deleting' }), 'true', []],
    ['being deleted, held', held('true', { Status: 'deleting' }), 'false', []],
  ])('%s: nothing is written', async (_, clone, hold, changes) => {
    const world = aTaggingRegion(clone)
    await auto(aRun(world, 'closed', CLOSED), someInputs({ hold }))
    expect(world.changes()).toEqual(changes)
  })

  test('a hold that cannot be written: nothing is deleted', async () => {
    const world = aRegion(LABELLED)
    world.mock
      .on(AddTagsToResourceCommand)
      .rejects(fault('AddTagsToResource', 'AccessDenied', { httpStatus: 403 }))
    expect(await auto(aRun(world, 'closed', CLOSED), someInputs({ hold: 'true' }))).toMatchObject({
      outcome: undefined,
      failure: { title: 'Missing IAM permission' },
      removals: [{ result: 'failed' }],
    })
    expect(world.changes()).toEqual([WRITTEN])
  })

  test('a slip in it: nothing is deleted either', () => {
    expect(() => someInputs({ hold: 'yes' })).toThrow('Input hold: got "yes"')
  })
})

describe('the pull request cannot be read', () => {
  test.each(['closed', 'unlabeled'])(
    'after it was %s: nothing is handed out, nothing goes',
    async (action) => {
      const world = aRegion(LABELLED)
      await expect(auto(aRun(world, action, UNREADABLE), someInputs())).rejects.toMatchObject({
        title: 'Pull request cannot be read',
      })
      expect(world.calls()).toEqual(ONE_LISTING)
      expect(world.log.lines).toContain('info: Pull request #42 cannot be read: HTTP 502')
    },
  )

  test('after a push: what is there is handed out, and the step fails', async () => {
    const world = aRegion(LABELLED)
    expect(await auto(aRun(world, 'synchronize', UNREADABLE), someInputs())).toMatchObject({
      outcome: 'ready',
      failure: { title: 'Pull request cannot be read' },
    })
    expect(world.changes()).toEqual([])
  })

  test('after a push, and nothing is there: nothing is made', async () => {
    const world = aRegion()
    await expect(auto(aRun(world, 'synchronize', UNREADABLE), someInputs())).rejects.toMatchObject({
      title: 'Pull request cannot be read',
    })
    expect(world.changes()).toEqual([])
  })

  test('right before the deletion: kept, and the step fails', async () => {
    const world = aRegion(LABELLED)
    expect(await auto(aRun(world, 'closed', CLOSED, UNREADABLE), someInputs())).toMatchObject({
      outcome: undefined,
      failure: { title: 'Pull request cannot be read' },
      removals: [{ result: 'failed' }],
    })
    expect(world.changes()).toEqual([])
  })
})
